// The strip of the same photo through every model and method.

import { pack } from "./net.js";

const METHODS = {
  native: ["Native", "The network at the photo’s own size: slow, half a minute for 24 megapixels"],
  fllf: ["Laplacian", "Classical: fast local Laplacian filter"],
  npea: ["Naturalness", "Classical: naturalness preserved enhancement"],
  clhe: ["Equalised", "Classical: contrast-limited histogram equalisation"],
};

export class Looks {
  constructor(element, choose) {
    Object.assign(this, { element, choose, buttons: new Map(), urls: [] });
  }

  // Buttons for looks that have none yet.
  fill(models) {
    for (const { name, description } of models) this.add(name, "fast", name[0].toUpperCase() + name.slice(1), description);
    for (const [method, [label, title]] of Object.entries(METHODS)) this.add(models[0].name, method, label, title);
  }

  add(model, method, label, title) {
    if (this.buttons.has(`${model}/${method}`)) return;
    const button = document.createElement("button");
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", "false");
    button.title = title;
    const image = Object.assign(document.createElement("img"), { alt: "" });
    const name = Object.assign(document.createElement("span"), { textContent: label });
    button.append(image, name);
    button.addEventListener("click", () => this.choose(model, method));
    this.element.append(button);
    this.buttons.set(`${model}/${method}`, button);
  }

  select({ model, method }) {
    for (const [key, button] of this.buttons) button.setAttribute("aria-checked", String(key === `${model}/${method}`));
  }

  // No photo is shown.
  clear() {
    this.id = null;
    for (const button of this.buttons.values()) button.firstChild.removeAttribute("src");
  }

  async show(id, wished, models) {
    this.fill(models);
    this.select(wished);
    this.clear();
    this.id = id;
    const { parts } = await pack(`page/photos/${id}/strip`).catch(() => ({ parts: {} }));
    if (this.id !== id) return;
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
    for (const [key, content] of Object.entries(parts)) {
      const url = URL.createObjectURL(new Blob([content], { type: "image/jpeg" }));
      this.urls.push(url);
      const image = this.buttons.get(key)?.firstChild;
      if (image) image.src = url;
    }
  }
}
