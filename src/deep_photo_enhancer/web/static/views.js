// What the server sends of a photo, once for each look: pictures, and the grid of affine transforms.

import { ask, pack } from "./net.js";

const KEPT = 8;
const PIXELS = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

export const picture = (bytes) => createImageBitmap(new Blob([bytes]), PIXELS);

export async function loadView(id, model, method) {
  const query = new URLSearchParams({ model, method });
  const { head, parts } = await pack(`page/photos/${id}/view?${query}`);
  const view = { width: head.width, height: head.height, warnings: head.warnings, photo: await picture(parts.photo) };
  if (parts.grid) {
    const [columns, rows] = head.grid;
    const offset = parts.grid.byteOffset;
    view.grid = { columns, rows, halves: new Uint16Array(parts.grid.buffer, offset, columns * rows * 24) };
  }
  if (parts.after) view.after = await picture(parts.after);
  if (parts.lut) view.lut = parts.lut;
  return view;
}

// Views that were shown last; a photo that is shown again is there at once.
export class Views {
  constructor() {
    this.found = new Map();
  }

  get(id, model, method) {
    const key = `${id} ${model} ${method}`;
    const view = this.found.get(key) ?? loadView(id, model, method);
    this.found.delete(key);
    this.found.set(key, view);
    view.catch(() => this.found.delete(key));
    if (this.found.size > KEPT) this.found.delete(this.found.keys().next().value);
    return view;
  }

  forget(id) {
    for (const key of this.found.keys()) if (key.startsWith(id)) this.found.delete(key);
  }
}

// The photo at full size, in squares that are fetched when they are looked at.
export class Tiles {
  constructor(id, side, ready) {
    Object.assign(this, { id, side, ready, found: new Map() });
  }

  // The squares that are there of those in a part of the photo, in its pixels.
  *within(left, top, right, bottom, width, height) {
    for (let row = Math.floor(Math.max(0, top) / this.side); row * this.side < Math.min(bottom, height); row++) {
      for (let column = Math.floor(Math.max(0, left) / this.side); column * this.side < Math.min(right, width); column++) {
        const bitmap = this.get(column, row);
        if (bitmap) yield { bitmap, left: column * this.side, top: row * this.side };
      }
    }
  }

  get(column, row) {
    const key = `${column}/${row}`;
    if (!this.found.has(key)) {
      this.found.set(key, null);
      ask(`page/photos/${this.id}/tiles/${key}`)
        .then(async (answer) => {
          this.found.set(key, await createImageBitmap(await answer.blob(), PIXELS));
          this.ready();
        })
        .catch(() => this.found.delete(key));
    }
    return this.found.get(key);
  }
}
