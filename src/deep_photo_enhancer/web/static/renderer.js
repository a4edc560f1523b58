// Draws a photo before and after with WebGL 2: the product's own transforms, at each pixel of the screen.

import { PlainRenderer, halves } from "./plain.js";

const VERTEX = `#version 300 es
in vec2 corner;
uniform vec4 box;    // of the picture on the canvas: left, bottom, width, height, from -1 to 1
uniform vec4 inside; // of the picture in the photo: left, top, width, height, from 0 to 1
out vec2 texel;
out vec2 place;
void main() {
  texel = vec2(corner.x, 1.0 - corner.y);
  place = inside.xy + texel * inside.zw;
  gl_Position = vec4(box.xy + corner * box.zw, 0.0, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler2DArray;
precision highp sampler3D;
in vec2 texel;
in vec2 place;
uniform sampler2D photo;
uniform sampler2D after;
uniform sampler2DArray grid; // light * A_light + colour * A_colour: three layers, one a channel
uniform sampler3D lut;
uniform vec2 of;             // light and colour, each times strength; for a mixture
uniform float split;         // left of it, in pixels of the canvas, the photo stays as it was
uniform int kind;            // 0: affine transforms; 1: a mixture with \`after\`
uniform bool hasLut;
out vec4 result;

const vec3 LUMA = vec3(0.2126, 0.7152, 0.0722);
const float BLACK = 0.02;
const float SHARPER = -0.4; // of the mipmaps' levels, whose mean is soft

vec3 change(vec3 x) {
  vec4 colour = vec4(x, 1.0);
  return vec3(
    dot(texture(grid, vec3(place, 0.0)), colour),
    dot(texture(grid, vec3(place, 1.0)), colour),
    dot(texture(grid, vec3(place, 2.0)), colour));
}

vec3 shown(vec3 own) {
  return hasLut ? texture(lut, clamp(own, 0.0, 1.0) * (32.0 / 33.0) + 0.5 / 33.0).rgb : own;
}

vec3 mixed(vec3 x, vec3 y) {
  float gain = (dot(y, LUMA) + BLACK) / (dot(x, LUMA) + BLACK);
  vec3 light = max((x + BLACK) * gain - BLACK, 0.0);
  float high = max(light.r, max(light.g, light.b));
  float grey = min(dot(light, LUMA), 1.0);
  if (high > 1.0) light = grey + (1.0 - grey) / (high - grey) * (light - grey);
  return x + of.x * (light - x) + of.y * (y - light);
}

void main() {
  vec4 pixel = texture(photo, texel, SHARPER);
  vec3 colour;
  if (gl_FragCoord.x < split) colour = shown(pixel.rgb);
  else if (kind == 0) colour = shown(pixel.rgb + change(pixel.rgb));
  else colour = mixed(shown(pixel.rgb), texture(after, place).rgb);
  result = vec4(clamp(colour, 0.0, 1.0) * pixel.a, pixel.a);
}`;

const UNITS = { photo: 0, after: 1, grid: 2, lut: 3 };
const MOST_TILES = 64;

export function createRenderer(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, preserveDrawingBuffer: false });
  return gl ? new Renderer(canvas, gl) : new PlainRenderer(canvas);
}

class Renderer {
  constructor(canvas, gl) {
    this.canvas = canvas;
    this.gl = gl;
    this.prepare();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.prepare();
      if (this.view) this.show(this.view);
      this.onrestored?.();
    });
  }

  prepare() {
    const { gl } = this;
    this.program = link(gl);
    gl.useProgram(this.program);
    const corners = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(gl.getAttribLocation(this.program, "corner"));
    gl.vertexAttribPointer(gl.getAttribLocation(this.program, "corner"), 2, gl.FLOAT, false, 0, 0);
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    this.textures = {};
    this.aside = null;
    this.tiles = new Map();
    for (const [name, unit] of Object.entries(UNITS)) gl.uniform1i(this.at(name), unit);
    this.picture("after", null);
    this.volume(null);
    this.layers(null);
  }

  at(name) {
    return this.gl.getUniformLocation(this.program, name);
  }

  // A photo to draw, of views.js.
  show(view) {
    const { gl } = this;
    this.view = view;
    for (const texture of this.tiles.values()) gl.deleteTexture(texture);
    this.tiles.clear();
    this.picture("photo", view.photo);
    this.picture("after", view.after ?? null);
    this.layers(view.grid ?? null);
    this.volume(view.lut ?? null);
    gl.uniform1i(this.at("kind"), view.grid ? 0 : 1);
    gl.uniform1i(this.at("hasLut"), view.lut ? 1 : 0);
  }

  // panes: {kind: "split", "before" or "after", left, top, width, height, image: {left, top, width, height}}, in pixels of the
  // canvas; tiles: {bitmap, left, top}, in pixels of the photo, to be drawn over its preview; share: of the canvas's pixels a
  // side that are drawn, and then enlarged.
  draw({ panes, of, split, tiles, share }) {
    const { gl, canvas } = this;
    this.mixGrid(of);
    const width = Math.round(canvas.width * share), height = Math.round(canvas.height * share);
    if (share < 1) this.drawAside(width, height);
    gl.viewport(0, 0, width, height);
    this.clear();
    gl.enable(gl.SCISSOR_TEST);
    gl.uniform2f(this.at("of"), of.light, of.colour);
    for (const pane of panes) {
      const bottom = canvas.height - pane.top - pane.height;
      gl.scissor(...[pane.left, bottom, pane.width, pane.height].map((side) => Math.round(side * share)));
      gl.uniform1f(this.at("split"), { split: split * share, before: canvas.width + 1, after: -1 }[pane.kind]);
      this.quad(pane.image, this.textures.photo, [0, 0, 1, 1]);
      const scale = pane.image.width / this.view.width;
      for (const tile of tiles ?? []) {
        const { bitmap } = tile;
        const box = {
          left: pane.image.left + tile.left * scale, top: pane.image.top + tile.top * scale,
          width: bitmap.width * scale, height: bitmap.height * scale,
        };
        const { width, height } = this.view;
        const inside = [tile.left / width, tile.top / height, bitmap.width / width, bitmap.height / height];
        this.quad(box, this.tile(bitmap), inside);
      }
    }
    if (share < 1) this.enlarge(width, height);
  }

  clear() {
    const { gl } = this;
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
  }

  // What follows goes into a small picture, which `enlarge` brings to the canvas.
  drawAside(width, height) {
    const { gl } = this;
    this.aside ??= { frame: gl.createFramebuffer(), picture: gl.createRenderbuffer() };
    const { aside } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, aside.frame);
    if (aside.width === width && aside.height === height) return;
    gl.bindRenderbuffer(gl.RENDERBUFFER, aside.picture);
    gl.renderbufferStorage(gl.RENDERBUFFER, gl.RGBA8, width, height);
    gl.framebufferRenderbuffer(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.RENDERBUFFER, aside.picture);
    Object.assign(aside, { width, height });
  }

  enlarge(width, height) {
    const { gl, canvas } = this;
    gl.disable(gl.SCISSOR_TEST);
    gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
    gl.blitFramebuffer(0, 0, width, height, 0, 0, canvas.width, canvas.height, gl.COLOR_BUFFER_BIT, gl.LINEAR);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  }

  quad(box, texture, inside) {
    const { gl, canvas } = this;
    gl.activeTexture(gl.TEXTURE0 + UNITS.photo);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.uniform4f(
      this.at("box"), (2 * box.left) / canvas.width - 1, 1 - (2 * (box.top + box.height)) / canvas.height,
      (2 * box.width) / canvas.width, (2 * box.height) / canvas.height,
    );
    gl.uniform4f(this.at("inside"), ...inside);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
  }

  tile(bitmap) {
    let texture = this.tiles.get(bitmap);
    if (!texture) {
      if (this.tiles.size >= MOST_TILES) {
        const [oldest, old] = this.tiles.entries().next().value;
        this.gl.deleteTexture(old);
        this.tiles.delete(oldest);
      }
      texture = this.gl.createTexture();
      this.tiles.set(bitmap, texture);
      this.fill(texture, bitmap);
    }
    return texture;
  }

  picture(name, bitmap) {
    const { gl } = this;
    if (this.textures[name]) gl.deleteTexture(this.textures[name]);
    this.textures[name] = gl.createTexture();
    gl.activeTexture(gl.TEXTURE0 + UNITS[name]);
    this.fill(this.textures[name], bitmap);
  }

  fill(texture, bitmap) {
    const { gl } = this;
    gl.bindTexture(gl.TEXTURE_2D, texture);
    if (bitmap) gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
    else gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    clamp(gl, gl.TEXTURE_2D);
  }

  layers(grid) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + UNITS.grid);
    if (this.textures.grid) gl.deleteTexture(this.textures.grid);
    this.textures.grid = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, this.textures.grid);
    const { columns, rows } = grid ?? { columns: 1, rows: 1 };
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA16F, columns, rows, 3);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    clamp(gl, gl.TEXTURE_2D_ARRAY);
    this.mixture = grid && { numbers: new Float32Array(columns * rows * 12) };
  }

  // The grid for these amounts: so small that it costs less here than in each pixel.
  mixGrid({ light, colour }) {
    const { gl, mixture } = this;
    if (!mixture || (mixture.light === light && mixture.colour === colour)) return;
    const { grid } = this.view, { numbers } = mixture, count = numbers.length;
    grid.floats ??= halves(grid.halves);
    for (let i = 0; i < count; i++) numbers[i] = light * grid.floats[i] + colour * grid.floats[count + i];
    gl.activeTexture(gl.TEXTURE0 + UNITS.grid);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, grid.columns, grid.rows, 3, gl.RGBA, gl.FLOAT, numbers);
    Object.assign(mixture, { light, colour });
  }

  volume(lut) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + UNITS.lut);
    if (this.textures.lut) gl.deleteTexture(this.textures.lut);
    this.textures.lut = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_3D, this.textures.lut);
    const side = lut ? 33 : 1;
    gl.texImage3D(gl.TEXTURE_3D, 0, gl.RGBA8, side, side, side, 0, gl.RGBA, gl.UNSIGNED_BYTE, lut ?? new Uint8Array(4));
    gl.texParameteri(gl.TEXTURE_3D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    clamp(gl, gl.TEXTURE_3D);
  }
}

function clamp(gl, target) {
  for (const side of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) gl.texParameteri(target, side, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
}

function link(gl) {
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(gl.getProgramInfoLog(program));
  return program;
}
