// The page: photos that come and go, the one that is shown, and what is wished for it.

import { Edits, PLAIN } from "./edits.js";
import { chosen, dropped } from "./files.js";
import { Film } from "./film.js";
import { Learning } from "./learning.js";
import { Looks } from "./looks.js";
import { ask, json, upload } from "./net.js";
import { Saving } from "./saving.js";
import { Stage } from "./stage.js";
import { Tiles, Views } from "./views.js";

const AMOUNTS = ["strength", "light", "colour"];
const AT_ONCE = 2;
const SIGN_OF_LIFE = 60_000;
const $ = (id) => document.getElementById(id);

const edits = new Edits();
const views = new Views();
const photos = new Map(); // by id: {id, name, item, state: "sending", "reading", "ready" or "failed", problem}
let current = null;
let server = { models: [], output: null, tile: 1024, body: Infinity };
let counter = 0;

const stage = new Stage({ canvas: $("canvas"), divider: $("divider"), tagBefore: $("tag-before"), tagAfter: $("tag-after") });
const film = new Film($("film"), show, remove);
const looks = new Looks($("looks"), (model, method) => change({ model, method }));
const saving = new Saving({ wish, edits, list: () => [...photos.values()], current: () => photos.get(current), say, warn });

const learning = new Learning({ say, warn, learned });

function say(text) {
  $("said").textContent = text;
}

let warning;
function warn(text) {
  $("alert").textContent = text;
  clearTimeout(warning);
  warning = setTimeout(() => ($("alert").textContent = ""), 8000);
}

function wish(id) {
  const kept = edits.get(id);
  const isThere = server.models.some((model) => model.name === kept.model);
  return { ...kept, model: isThere ? kept.model : server.models[0]?.name };
}

const parts = (wished) => ({ light: wished.strength * wished.light, colour: wished.strength * wished.colour });

// Photos come: sent one after the other, looked at two at a time, the shown one first.

const waiting = [];
let sending = 0;

function add(found) {
  for (const { file, name } of found) {
    const id = `new-${counter++}`;
    const photo = { id, name, item: film.add(id, name), state: "sending" };
    photos.set(id, photo);
    if (file.size > server.body) fail(photo, `${name}: larger than ${Math.round(server.body / 2 ** 20)} MB, which is the limit.`);
    else waiting.push({ photo, file });
  }
  document.body.classList.toggle("empty", photos.size === 0);
  stage.resize();
  if (!current && photos.size) show(photos.keys().next().value);
  if (found.length) say(found.length === 1 ? "1 photo added" : `${found.length} photos added`);
  send();
}

async function send() {
  while (sending < AT_ONCE && waiting.length) {
    const { photo, file } = waiting.shift();
    if (!photos.has(photo.id)) continue;
    sending++;
    try {
      const query = new URLSearchParams({ name: photo.name });
      const kept = await upload(`page/photos?${query}`, file, (share) => film.progress(photo.item, share, "sending"));
      if (photos.has(photo.id)) {
        rename(photo, kept);
        look(photo);
      } else ask(`page/photos/${kept.id}`, { method: "DELETE" }).catch(() => {}); // it was removed meanwhile
    } catch (error) {
      fail(photo, error.message);
    }
    sending--;
  }
}

function rename(photo, { id, name }) {
  const isCurrent = current === photo.id;
  edits.move(photo.id, id);
  const others = [...photos].map(([key, value]) => (value === photo ? [id, value] : [key, value]));
  Object.assign(photo, { id, name, state: "reading" });
  photo.item.dataset.id = id;
  photos.clear();
  for (const [key, value] of others) photos.set(key, value);
  film.describe(photo.item, name, "waiting");
  if (isCurrent) {
    current = null;
    show(id);
  }
}

const toLook = [];
let looking = 0;

async function look(photo) {
  film.progress(photo.item, undefined, "being looked at");
  photo.id === current ? toLook.unshift(photo) : toLook.push(photo);
  while (looking < AT_ONCE && toLook.length) {
    const next = toLook.shift();
    if (!photos.has(next.id)) continue;
    looking++;
    await refresh(next);
    looking--;
  }
}

// The photo's thumbnail by what is wished for it now.
async function refresh(photo) {
  const wished = wish(photo.id);
  try {
    const view = await views.get(photo.id, wished.model, wished.method);
    photo.state = "ready";
    photo.warnings = view.warnings;
    film.ready(photo.item, view, parts(wish(photo.id)));
    return view;
  } catch (error) {
    if (error.status === 401) return location.reload();
    fail(photo, error.message);
    return null;
  }
}

function fail(photo, sentence) {
  Object.assign(photo, { state: "failed", problem: sentence });
  film.fail(photo.item, sentence);
  if (photo.id === current) showProblem(photo);
  else say(sentence);
}

async function remove(id) {
  const photo = photos.get(id);
  if (!photo) return;
  const ids = [...photos.keys()];
  const next = ids[ids.indexOf(id) + 1] ?? ids[ids.indexOf(id) - 1] ?? null;
  const hadFocus = photo.item.contains(document.activeElement);
  photos.delete(id);
  photo.item.remove();
  views.forget(id);
  if (photo.state !== "sending" && !id.startsWith("new-")) ask(`page/photos/${id}`, { method: "DELETE" }).catch(() => {});
  document.body.classList.toggle("empty", photos.size === 0);
  say(`${photo.name} removed`);
  if (id !== current) return;
  current = null;
  if (next) {
    show(next);
    if (hadFocus) film.item(next).focus();
  } else {
    stopAwaiting();
    stage.clear();
  }
}

// A look was learned: it joins the others, and is shown.
async function learned(name) {
  server = await json("page/state");
  looks.fill(server.models);
  if (!current) return;
  await looks.show(current, wish(current), server.models);
  change({ model: name, method: "fast" });
}

// One photo is shown.

async function show(id) {
  const photo = photos.get(id);
  if (!photo || (id === current && stage.view)) return;
  current = id;
  edits.settings.shown = id;
  edits.keep();
  film.select(id);
  $("problem").hidden = true;
  controls();
  $("canvas").setAttribute("aria-label", `${photo.name}, before and after`);
  stopAwaiting();
  if (photo.state === "failed") return showProblem(photo);
  if (photo.state === "sending") return stage.clear();
  await showView();
  if (current === id) looks.show(id, wish(id), server.models);
}

let awaited; // the view that is on its way to the stage
let slow;

function stopAwaiting() {
  awaited = null;
  clearTimeout(slow);
  $("busy").hidden = true;
}

async function showView() {
  const id = current, photo = photos.get(id);
  stopAwaiting();
  const own = (awaited = {});
  slow = setTimeout(() => ($("busy").hidden = false), 150);
  const view = await refresh(photo);
  if (awaited !== own) return;
  stopAwaiting();
  if (!view) return;
  const now = wish(id);
  const tiles = stage.tiles?.id === id ? stage.tiles : new Tiles(id, server.tile, () => stage.redraw());
  stage.set({ of: parts(now) });
  stage.look = lookOf(id, now);
  stage.show(view, tiles);
  $("notes").textContent = view.warnings.join(" ");
  say(`${photo.name} is shown`);
  document.body.dataset.shown = id;
}

function showProblem(photo) {
  stopAwaiting();
  stage.clear();
  looks.clear();
  $("problem").hidden = false;
  $("problem").querySelector("h2").textContent = "This photo cannot be shown";
  $("problem").querySelector("p").textContent = photo.problem;
  say(photo.problem);
}

function controls() {
  const wished = current ? wish(current) : PLAIN;
  for (const name of AMOUNTS) {
    $(name).value = Math.round(100 * wished[name]);
    $(`${name}-out`).textContent = String(Math.round(100 * wished[name]));
  }
  looks.select(wished);
  $("undo").disabled = !edits.past.length;
  $("redo").disabled = !edits.future.length;
  $("all").disabled = photos.size < 2;
}

const lookOf = (id, { model, method }) => `${id} ${model} ${method}`;

let refreshing;
async function apply() {
  controls();
  if (!current) return;
  const wished = wish(current);
  const isSameLook = stage.view && stage.look === lookOf(current, wished);
  if (isSameLook) {
    stopAwaiting();
    stage.move(parts(wished));
  } else if (photos.get(current).state !== "sending") await showView();
  clearTimeout(refreshing);
  const photo = photos.get(current);
  refreshing = setTimeout(() => photo.state === "ready" && refresh(photo), 250);
}

function change(values, kind = null) {
  if (!current) return;
  edits.change([current], values, kind);
  apply();
}

// Controls.

for (const name of AMOUNTS) {
  $(name).addEventListener("input", () => change({ [name]: $(name).value / 100 }, name));
  $(name).addEventListener("dblclick", () => change({ [name]: 1 }));
}
$("reset").addEventListener("click", () => change({ ...PLAIN }));
$("undo").addEventListener("click", () => edits.undo() && apply());
$("redo").addEventListener("click", () => edits.redo() && apply());
$("all").addEventListener("click", () => {
  const { strength, light, colour, model, method } = wish(current);
  edits.change([...photos.keys()], { strength, light, colour, model, method });
  say(`All ${photos.size} photos have this look`);
  controls();
  for (const photo of photos.values()) if (photo.state === "ready" && photo.id !== current) look(photo);
});

function setMode(mode) {
  stage.set({ mode });
  $("mode-split").setAttribute("aria-checked", String(mode === "split"));
  $("mode-both").setAttribute("aria-checked", String(mode === "both"));
  edits.settings.mode = mode;
  edits.keep();
}
$("mode-split").addEventListener("click", () => setMode("split"));
$("mode-both").addEventListener("click", () => setMode("both"));
$("zoom-fit").addEventListener("click", () => stage.setZoom("fit"));
$("zoom-full").addEventListener("click", () => stage.setZoom(1));
stage.onzoom = (zoom) => {
  $("zoom-fit").setAttribute("aria-checked", String(zoom === "fit"));
  $("zoom-full").setAttribute("aria-checked", String(zoom === 1));
};

function hold(isHeld) {
  $("hold").setAttribute("aria-pressed", String(isHeld));
  stage.set({ held: isHeld });
}
$("hold").addEventListener("pointerdown", () => hold(true));
for (const end of ["pointerup", "pointercancel", "pointerleave"]) $("hold").addEventListener(end, () => hold(false));

const takesKeys = (element) => element.matches("input, select, textarea, dialog *");
document.addEventListener("keydown", (event) => {
  if ($("saving").open || $("learning").open) return;
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key.toLowerCase() === "z") {
    event.preventDefault();
    (event.shiftKey ? edits.redo() : edits.undo()) && apply();
    return;
  }
  if (isCommand || event.altKey || !current) return;
  if (event.key === " " && !event.target.matches("button, select")) {
    event.preventDefault();
    if (!event.repeat) hold(true);
    return;
  }
  if (takesKeys(event.target)) return;
  const act = {
    s: () => setMode(stage.mode === "split" ? "both" : "split"),
    f: () => stage.setZoom("fit"),
    0: () => stage.setZoom("fit"),
    1: () => stage.setZoom(1),
    "+": () => stage.setZoom(stage.scale * 1.5),
    "-": () => stage.setZoom(stage.scale / 1.5),
    ArrowLeft: () => film.go(-1),
    ArrowRight: () => film.go(1),
    Delete: () => remove(current),
    r: () => change({ ...PLAIN }),
  }[event.key];
  if (!act || event.defaultPrevented) return;
  event.preventDefault();
  act();
});
document.addEventListener("keyup", (event) => event.key === " " && stage.held && hold(false));
window.addEventListener("blur", () => stage.held && hold(false));

// A group of radio buttons is one stop for the Tab key; arrows go on.
for (const group of document.querySelectorAll("[role=radiogroup]")) {
  const rove = () => {
    const radios = [...group.querySelectorAll("[role=radio]")];
    const chosenOne = radios.find((radio) => radio.getAttribute("aria-checked") === "true") ?? radios[0];
    for (const radio of radios) radio.tabIndex = radio === chosenOne ? 0 : -1;
  };
  new MutationObserver(rove).observe(group, { subtree: true, childList: true, attributeFilter: ["aria-checked"] });
  rove();
  group.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    const radios = [...group.querySelectorAll("[role=radio]")];
    const next = radios[(radios.indexOf(event.target) + way + radios.length) % radios.length];
    next.click();
    next.focus();
  });
}

// Where photos come from.

$("choose").addEventListener("click", () => $("files").click());
$("add").addEventListener("click", () => $("files").click());
$("choose-folder").addEventListener("click", () => $("folder").click());
for (const id of ["files", "folder"]) {
  $(id).addEventListener("change", () => {
    add(chosen($(id)));
    $(id).value = "";
  });
}
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
document.addEventListener("dragleave", (event) => event.relatedTarget || document.body.classList.remove("dropping"));
document.addEventListener("drop", async (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const found = await dropped(event.dataTransfer);
  learning.isOpen ? learning.add(found) : add(found);
});
document.addEventListener("paste", async (event) => {
  if (event.clipboardData.files.length) add(await dropped(event.clipboardData));
});
$("learn").addEventListener("click", () => learning.open());
$("save").addEventListener("click", () => saving.open(server.output));

// The start: what the server knows, and the photos of before a reload.

setInterval(() => photos.size && json("page/state").catch(() => {}), SIGN_OF_LIFE);

async function start() {
  server = await json("page/state");
  edits.only(server.photos.map(({ id }) => id));
  looks.fill(server.models);
  if (edits.settings.mode === "both") setMode("both");
  for (const { id, name } of server.photos) {
    photos.set(id, { id, name, item: film.add(id, name), state: "reading" });
  }
  document.body.classList.toggle("empty", photos.size === 0);
  stage.resize();
  controls();
  document.body.dataset.ready = "";
  if (server.learning) learning.resume();
  const first = photos.has(edits.settings.shown) ? edits.settings.shown : photos.keys().next().value;
  if (first) await show(first);
  for (const photo of photos.values()) if (photo.state === "reading") look(photo);
}

start().catch((error) => warn(error.message));
