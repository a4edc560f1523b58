// Saving: one photo, all as a ZIP, or all into the folder of `dpe web -o`.

import { json, post, sleep } from "./net.js";

const $ = (id) => document.getElementById(id);

export class Saving {
  // tools: wish (of an id), edits, list and current (photos), say and warn.
  constructor(tools) {
    Object.assign(this, tools);
    const { settings } = this.edits;
    $("format").value = settings.format ?? "";
    $("quality").value = settings.quality ?? 0;
    $("strip-gps").checked = settings.stripGps ?? false;
    const keep = () => {
      Object.assign(settings, { format: $("format").value, quality: Number($("quality").value), stripGps: $("strip-gps").checked });
      $("quality-out").textContent = settings.quality || "as the photo";
      this.edits.keep();
    };
    for (const id of ["format", "quality", "strip-gps"]) $(id).addEventListener("input", keep);
    keep();
    $("saving").addEventListener("close", () => this.save($("saving").returnValue).catch((error) => this.warn(error.message)));
  }

  open(output) {
    $("save-folder").hidden = !output;
    $("save-folder").textContent = `All into ${output}`;
    $("save-one").disabled = this.current()?.state !== "ready";
    $("saving").returnValue = "";
    $("saving").showModal();
  }

  options(photo) {
    const { strength, light, colour, model, method } = this.wish(photo.id);
    const { format, quality, stripGps } = this.edits.settings;
    const options = { strength, light, colour, method, strip_gps: stripGps };
    if (model) options.model = model;
    if (format) options.format = format;
    if (quality) options.quality = quality;
    return options;
  }

  async save(kind) {
    if (kind === "one") return this.one(this.current());
    if (kind !== "zip" && kind !== "folder") return;
    const ready = this.list().filter((photo) => photo.state !== "failed" && photo.state !== "sending");
    const { key } = await post("page/jobs", { kind, photos: ready.map((photo) => ({ id: photo.id, options: this.options(photo) })) });
    if (kind === "zip") download(`page/jobs/${key}/zip`);
    await this.follow(key, kind);
  }

  one(photo) {
    download(`page/photos/${photo.id}/save?${new URLSearchParams(this.options(photo))}`);
    this.say(`${photo.name} is being saved`);
  }

  async follow(key, kind) {
    const button = $("save");
    for (;;) {
      const { done, total, failed, finished } = await json(`page/jobs/${key}`);
      button.textContent = `Saving ${done} of ${total}`;
      this.say(button.textContent);
      if (finished) {
        button.textContent = "Save";
        const where = kind === "zip" ? "in the ZIP" : "in the folder";
        this.warn([`${Math.max(0, done - failed.length)} of ${total} photos are ${where}.`, ...failed].join("\n"));
        return;
      }
      await sleep(500);
    }
  }
}

// The browser saves what comes, while it comes.
function download(path) {
  const link = Object.assign(document.createElement("a"), { href: path, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}
