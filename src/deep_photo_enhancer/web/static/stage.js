// The large photo: where it lies on the canvas, and what pointers and keys do to that.

import { createRenderer } from "./renderer.js";

const GAP = 8;
const MOST_ZOOM = 8;
const STEP = 0.02;
const TAG = 12; // from the rim
const SLOW = 50; // milliseconds of a frame
const REST = 200; // without a movement
const LEAST_SHARE = 0.25;

export class Stage {
  // elements: canvas, divider, tagBefore, tagAfter.
  constructor(elements) {
    Object.assign(this, elements);
    this.renderer = createRenderer(this.canvas);
    this.renderer.onrestored = () => this.redraw();
    this.mode = "split";
    this.zoom = "fit"; // or pixels of the screen for one of the photo
    this.centre = [0.5, 0.5];
    this.split = 0.5;
    this.held = false;
    this.of = { light: 1, colour: 1 };
    this.fingers = new Map();
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    this.listen();
    this.resize();
  }

  show(view, tiles) {
    const isOther = this.tiles?.id !== tiles.id;
    this.view = view;
    this.tiles = tiles;
    this.renderer.show(view);
    if (isOther) {
      this.centre = [0.5, 0.5];
      this.setZoom("fit");
    }
    this.redraw();
  }

  clear() {
    this.view = null;
    this.redraw();
  }

  // Amounts that are moving: where frames take long, they come in fewer pixels until the movement rests.
  move(of) {
    this.isMoving = true;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.isMoving = false;
      this.redraw();
    }, REST);
    this.set({ of });
  }

  // The share of the canvas's pixels a side that a frame has while amounts move.
  pace() {
    const now = performance.now(), took = now - this.lastFrame;
    this.lastFrame = now;
    if (!this.isMoving) return 1;
    if (took > SLOW && took < REST && this.share > LEAST_SHARE && ++this.slowFrames > 1) {
      this.share /= 2;
      this.slowFrames = 0;
    }
    return this.share;
  }

  set(values) {
    Object.assign(this, values);
    this.redraw();
  }

  setZoom(zoom, at = [0.5, 0.5]) {
    const before = this.scale;
    const least = this.view ? this.fitScale() : 0;
    this.zoom = zoom === "fit" || zoom <= least * 1.001 ? "fit" : Math.min(zoom, MOST_ZOOM);
    if (this.view && this.zoom !== "fit") {
      // What is below the pointer stays there.
      const pane = this.panes()[0];
      const shift = [(at[0] - 0.5) * pane.width, (at[1] - 0.5) * pane.height];
      const size = [this.view.width, this.view.height];
      this.centre = this.centre.map((c, i) => c + (shift[i] / before - shift[i] / this.scale) / size[i]);
    }
    this.onzoom?.(this.zoom);
    this.redraw();
  }

  get scale() {
    return this.zoom === "fit" ? this.fitScale() : this.zoom;
  }

  fitScale() {
    const pane = this.panes()[0];
    const margin = 2 * Math.min(20 * this.density, 0.03 * Math.min(pane.width, pane.height));
    const room = [Math.max(40, pane.width - margin), Math.max(40, pane.height - margin)];
    return Math.min(room[0] / this.view.width, room[1] / this.view.height, 1);
  }

  panes() {
    const { width, height } = this.canvas;
    if (this.mode === "split") return [{ kind: this.held ? "before" : "split", left: 0, top: 0, width, height }];
    const across = width >= height;
    const gap = GAP * this.density;
    const half = Math.round(((across ? width : height) - gap) / 2);
    const second = (across ? width : height) - half;
    return ["before", this.held ? "before" : "after"].map((kind, i) =>
      across ? { kind, left: i * second, top: 0, width: half, height } : { kind, left: 0, top: i * second, width, height: half });
  }

  imageIn(pane) {
    const { scale } = this;
    const size = [this.view.width * scale, this.view.height * scale];
    const room = [pane.width, pane.height];
    const start = size.map((side, i) => {
      if (side <= room[i]) return (room[i] - side) / 2;
      const least = room[i] / 2 / side;
      this.centre[i] = Math.min(Math.max(this.centre[i], least), 1 - least);
      return room[i] / 2 - this.centre[i] * side;
    });
    return { left: pane.left + Math.round(start[0]), top: pane.top + Math.round(start[1]), width: size[0], height: size[1] };
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const isShown = Boolean(this.view);
    const isSplit = isShown && this.mode === "split";
    this.divider.hidden = !isSplit || this.held;
    this.tagBefore.hidden = !isShown || (isSplit && !this.held && this.split < 0.12);
    this.tagAfter.hidden = !isShown || this.held || (isSplit && this.split > 0.88);
    if (!isShown) {
      this.renderer.clear();
      return;
    }
    const panes = this.panes();
    for (const pane of panes) pane.image = this.imageIn(pane);
    const [first] = panes;
    const left = Math.max(first.image.left, 0);
    const right = Math.min(first.image.left + first.image.width, first.width);
    const split = left + this.split * (right - left);
    this.divider.style.left = `${split / this.density}px`;
    this.divider.setAttribute("aria-valuenow", String(Math.round(100 * this.split)));
    this.shown = { left, right };
    this.placeTags(first, panes.at(-1));
    this.canvas.classList.toggle("pan", this.zoom !== "fit");
    this.renderer.draw({ panes, of: this.of, split, tiles: this.visibleTiles(first), share: this.pace() });
  }

  // Inside the photo's upper corners, or the panes' where the photo is too narrow for both.
  placeTags(first, last) {
    const isNarrow = this.mode === "split" && first.image.width < 300 * this.density;
    const left = isNarrow ? first.left : Math.max(first.left, first.image.left);
    const right = isNarrow ? last.left + last.width : Math.min(last.left + last.width, last.image.left + last.image.width);
    this.tagBefore.style.left = `${left / this.density + TAG}px`;
    this.tagAfter.style.right = `${(this.canvas.width - right) / this.density + TAG}px`;
    for (const [tag, pane] of [[this.tagBefore, first], [this.tagAfter, last]]) {
      tag.style.top = `${Math.max(pane.top, pane.image.top) / this.density + TAG}px`;
    }
  }

  // Where the preview has too few pixels for the screen.
  visibleTiles(pane) {
    const { view, scale } = this;
    if (scale * view.width <= view.photo.width * 1.05 || view.after) return [];
    const left = -pane.image.left / scale, top = -pane.image.top / scale;
    return [...this.tiles.within(left, top, left + pane.width / scale, top + pane.height / scale, view.width, view.height)];
  }

  resize() {
    this.density = window.devicePixelRatio || 1;
    const { width, height } = this.canvas.getBoundingClientRect();
    this.canvas.width = Math.max(1, Math.round(width * this.density));
    this.canvas.height = Math.max(1, Math.round(height * this.density));
    this.share = 1;
    this.slowFrames = 0;
    this.redraw();
  }

  moveSplit(x) {
    if (!this.shown) return;
    const { left, right } = this.shown;
    this.set({ split: Math.min(1, Math.max(0, (x * this.density - left) / (right - left))) });
  }

  pan(across, down) {
    if (!this.view) return;
    const sizes = [this.view.width, this.view.height];
    [across, down].forEach((way, i) => (this.centre[i] -= (way * this.density) / this.scale / sizes[i]));
    this.redraw();
  }

  listen() {
    const { canvas, divider } = this;
    divider.addEventListener("pointerdown", (event) => divider.setPointerCapture(event.pointerId));
    divider.addEventListener("pointermove", (event) => {
      if (event.buttons) this.moveSplit(event.clientX - canvas.getBoundingClientRect().left);
    });
    divider.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5, Home: -50, End: 50 }[event.key];
      if (!way) return;
      event.preventDefault();
      event.stopPropagation();
      this.set({ split: Math.min(1, Math.max(0, this.split + way * STEP)) });
    });
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
      if (this.zoom === "fit" && this.mode === "split" && this.fingers.size === 1) {
        this.moveSplit(event.clientX - canvas.getBoundingClientRect().left);
      }
    });
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, (event) => this.fingers.delete(event.pointerId));
    }
    canvas.addEventListener("dblclick", (event) => this.setZoom(this.zoom === "fit" ? 1 : "fit", this.within(event)));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      if (this.view) this.setZoom(this.scale * Math.exp(-event.deltaY / 400), this.within(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (!way || this.zoom === "fit") return;
      event.preventDefault();
      event.stopPropagation();
      this.pan(...way);
    });
  }

  drag(event) {
    const last = this.fingers.get(event.pointerId);
    if (!last) return;
    const now = [event.clientX, event.clientY];
    this.fingers.set(event.pointerId, now);
    if (this.fingers.size === 2) {
      const [other] = [...this.fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const apart = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]);
      this.setZoom((this.scale * apart(now)) / Math.max(1, apart(last)), this.within(event));
    } else if (this.zoom === "fit") {
      if (this.mode === "split") this.moveSplit(now[0] - this.canvas.getBoundingClientRect().left);
    } else {
      this.pan(now[0] - last[0], now[1] - last[1]);
    }
  }

  // A pointer's place in its pane, from 0 to 1.
  within(event) {
    const { left, top } = this.canvas.getBoundingClientRect();
    const at = [(event.clientX - left) * this.density, (event.clientY - top) * this.density];
    const pane = this.panes().find((p) => at[0] < p.left + p.width && at[1] < p.top + p.height) ?? this.panes()[0];
    return [(at[0] - pane.left) / pane.width, (at[1] - pane.top) / pane.height];
  }
}
