// The renderer's mathematics in JavaScript: for thumbnails, and for browsers without WebGL 2.

const LUMA = [0.2126, 0.7152, 0.0722];
const BLACK = 0.02;
const LUT = 33;

// Numbers of 16 bits as floats.
export function halves(numbers) {
  const floats = new Float32Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const bits = numbers[i], exponent = (bits >> 10) & 31, fraction = bits & 1023;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024);
    floats[i] = bits & 0x8000 ? -size : size;
  }
  return floats;
}

// A picture's pixels, scaled to a size: RGBA.
export function pixels(bitmap, width, height) {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

// The enhanced photo, width by height: ImageData. of: {light, colour}, each times strength.
export function enhanced(view, width, height, of) {
  const image = pixels(view.photo, width, height);
  const after = view.after && pixels(view.after, width, height).data;
  if (view.grid) affine(image, view.grid, of);
  if (view.lut) throughLut(image.data, view.lut);
  if (after) mix(image.data, after, of);
  return image;
}

export function before(view, width, height) {
  const image = pixels(view.photo, width, height);
  if (view.lut) throughLut(image.data, view.lut);
  return image;
}

function affine({ data, width, height }, grid, of) {
  const { columns, rows } = grid;
  grid.floats ??= halves(grid.halves);
  const layer = columns * rows * 4, number = new Float32Array(24);
  for (let y = 0, i = 0; y < height; y++) {
    const [top, down] = place(y, height, rows);
    for (let x = 0; x < width; x++, i += 4) {
      const [left, across] = place(x, width, columns);
      const right = Math.min(left + 1, columns - 1), bottom = Math.min(top + 1, rows - 1);
      const corners = [4 * (top * columns + left), 4 * (top * columns + right), 4 * (bottom * columns + left), 4 * (bottom * columns + right)];
      const shares = [(1 - down) * (1 - across), (1 - down) * across, down * (1 - across), down * across];
      for (let n = 0; n < 24; n++) {
        const at = (n >> 2) * layer + (n & 3);
        number[n] = 0;
        for (let corner = 0; corner < 4; corner++) number[n] += shares[corner] * grid.floats[at + corners[corner]];
      }
      const r = data[i], g = data[i + 1], b = data[i + 2];
      for (let c = 0; c < 3; c++) {
        const l = 4 * c, k = 12 + 4 * c;
        const light = number[l] * r + number[l + 1] * g + number[l + 2] * b + 255 * number[l + 3];
        const colour = number[k] * r + number[k + 1] * g + number[k + 2] * b + 255 * number[k + 3];
        data[i + c] = [r, g, b][c] + of.light * light + of.colour * colour;
      }
    }
  }
}

// Of a fine place among coarse ones over the same extent: the first of two, and the share of the second.
function place(i, fine, coarse) {
  const at = Math.min(Math.max(((i + 0.5) * coarse) / fine - 0.5, 0), coarse - 1);
  return [Math.floor(at), at - Math.floor(at)];
}

function throughLut(data, lut) {
  for (let i = 0; i < data.length; i += 4) {
    const sum = [0, 0, 0];
    const at = [0, 1, 2].map((c) => (data[i + c] / 255) * (LUT - 1));
    const low = at.map((value) => Math.min(Math.floor(value), LUT - 2));
    for (let corner = 0; corner < 8; corner++) {
      const step = [corner & 1, (corner >> 1) & 1, corner >> 2];
      const share = step.reduce((product, s, c) => product * (s ? at[c] - low[c] : 1 - at[c] + low[c]), 1);
      const node = 4 * (low[0] + step[0] + LUT * (low[1] + step[1] + LUT * (low[2] + step[2])));
      for (let c = 0; c < 3; c++) sum[c] += share * lut[node + c];
    }
    for (let c = 0; c < 3; c++) data[i + c] = sum[c];
  }
}

const luma = (colour) => LUMA[0] * colour[0] + LUMA[1] * colour[1] + LUMA[2] * colour[2];

// As enhancement/split.py: blend.
function mix(data, after, of) {
  for (let i = 0; i < data.length; i += 4) {
    const x = [data[i] / 255, data[i + 1] / 255, data[i + 2] / 255];
    const y = [after[i] / 255, after[i + 1] / 255, after[i + 2] / 255];
    const gain = (luma(y) + BLACK) / (luma(x) + BLACK);
    let light = x.map((value) => Math.max((value + BLACK) * gain - BLACK, 0));
    const high = Math.max(...light);
    if (high > 1) {
      const grey = Math.min(luma(light), 1), share = (1 - grey) / (high - grey);
      light = light.map((value) => grey + share * (value - grey));
    }
    for (let c = 0; c < 3; c++) data[i + c] = 255 * (x[c] + of.light * (light[c] - x[c]) + of.colour * (y[c] - light[c]));
  }
}

// As Renderer (renderer.js), on a canvas without WebGL 2: the enhanced picture is worked out at a modest size.
export class PlainRenderer {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  show(view) {
    const scale = Math.min(1, Math.sqrt(4e5 / (view.photo.width * view.photo.height)));
    this.size = [view.photo.width, view.photo.height].map((side) => Math.max(1, Math.round(side * scale)));
    this.view = view;
    this.before = canvasOf(before(view, ...this.size));
    this.of = null;
  }

  draw({ panes, of, split }) {
    if (this.of?.light !== of.light || this.of?.colour !== of.colour) {
      this.after = canvasOf(enhanced(this.view, ...this.size, of));
      this.of = { ...of };
    }
    const { canvas } = this;
    this.clear();
    for (const pane of panes) {
      const border = pane.kind === "split" ? split : pane.kind === "before" ? canvas.width : 0;
      this.part(pane, this.before, pane.left, border);
      this.part(pane, this.after, border, pane.left + pane.width);
    }
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  part(pane, picture, from, to) {
    const { context } = this, { image } = pane;
    context.save();
    context.beginPath();
    const left = Math.max(from, pane.left), right = Math.min(to, pane.left + pane.width);
    context.rect(left, pane.top, Math.max(0, right - left), pane.height);
    context.clip();
    context.drawImage(picture, image.left, image.top, image.width, image.height);
    context.restore();
  }
}

function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
