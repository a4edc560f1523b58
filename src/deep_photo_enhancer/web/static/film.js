// The strip of photos, with the progress of each.

import { enhanced } from "./plain.js";

const SIDE = 208;

export class Film {
  // list: the element; choose and remove: called with an id.
  constructor(list, choose, remove) {
    Object.assign(this, { list, choose, remove });
    list.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 }[event.key];
      if (way) {
        event.preventDefault();
        this.go(way, true);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        event.preventDefault();
        this.remove(document.activeElement.closest("li")?.dataset.id);
      }
    });
  }

  get items() {
    return [...this.list.children];
  }

  // To another photo, so many places further.
  go(way, focus = false) {
    const { items } = this;
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    const item = items[Math.min(items.length - 1, Math.max(0, at + way))];
    if (!item) return;
    this.choose(item.dataset.id);
    if (focus) item.focus();
  }

  add(id, name) {
    const item = document.createElement("li");
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    item.dataset.id = id;
    item.tabIndex = -1;
    const canvas = document.createElement("canvas");
    const progress = Object.assign(document.createElement("progress"), { max: 1, value: 0 });
    progress.setAttribute("aria-hidden", "true");
    const label = Object.assign(document.createElement("span"), { className: "name", textContent: name });
    // For pointers; an option holds nothing that keys could reach, and Delete does the same.
    const cross = Object.assign(document.createElement("span"), { className: "cross", textContent: "×", title: "Remove (Delete)" });
    cross.setAttribute("aria-hidden", "true");
    cross.addEventListener("click", (event) => {
      event.stopPropagation();
      this.remove(item.dataset.id);
    });
    item.append(canvas, label, progress, cross);
    item.addEventListener("click", () => this.choose(item.dataset.id));
    this.list.append(item);
    this.describe(item, name, "waiting");
    return item;
  }

  item(id) {
    return this.items.find((item) => item.dataset.id === id);
  }

  describe(item, name, state) {
    item.dataset.name = name;
    item.setAttribute("aria-label", `${name}, ${state}`);
    item.title = name;
    item.querySelector(".name").textContent = name.split("/").pop();
  }

  // value: 0 to 1; nothing for work of unknown length.
  progress(item, value, state) {
    const bar = item.querySelector("progress");
    if (value === undefined) bar?.removeAttribute("value");
    else if (bar) bar.value = value;
    this.describe(item, item.dataset.name, state);
  }

  ready(item, view, of) {
    item.querySelector("progress")?.remove();
    item.classList.remove("failed");
    const scale = SIDE / Math.max(view.photo.width, view.photo.height);
    const [width, height] = [view.photo.width, view.photo.height].map((side) => Math.max(1, Math.round(side * Math.min(1, scale))));
    const canvas = item.querySelector("canvas");
    Object.assign(canvas, { width, height });
    canvas.getContext("2d").putImageData(enhanced(view, width, height, of), 0, 0);
    this.describe(item, item.dataset.name, "ready");
  }

  fail(item, sentence) {
    item.querySelector("progress")?.remove();
    item.classList.add("failed");
    this.describe(item, item.dataset.name, sentence);
  }

  select(id) {
    for (const item of this.items) {
      const isIt = item.dataset.id === id;
      item.setAttribute("aria-selected", String(isIt));
      item.tabIndex = isIt ? 0 : -1;
      if (isIt) item.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
}
