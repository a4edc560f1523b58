// What is wished for each photo, with undo; kept in this browser.

const KEY = "deep-photo-enhancer";
const MOST_STEPS = 200;
export const PLAIN = { strength: 1, light: 1, colour: 1 };

export class Edits {
  constructor() {
    try {
      this.kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      this.kept = {};
    }
    this.kept.photos ??= {};
    this.kept.settings ??= {};
    this.past = [];
    this.future = [];
  }

  // For a new photo: as the last one that was changed.
  get(id) {
    return this.kept.photos[id] ?? { ...PLAIN, model: this.kept.model, method: this.kept.method ?? "fast" };
  }

  // Changes of the same kind within a moment, as of a slider, are one step.
  change(ids, values, kind = null) {
    const last = this.past.at(-1);
    const isSame = kind && last?.kind === kind && Date.now() - last.time < 800;
    const step = isSame ? last : { kind, before: Object.fromEntries(ids.map((id) => [id, this.get(id)])) };
    step.time = Date.now();
    for (const id of ids) this.kept.photos[id] = { ...this.get(id), ...values };
    step.after = Object.fromEntries(ids.map((id) => [id, this.get(id)]));
    if (!isSame) this.past.push(step);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    if (values.model) Object.assign(this.kept, { model: values.model, method: values.method });
    this.keep();
  }

  // A photo that was sent goes by another id.
  move(from, to) {
    if (this.kept.photos[from]) this.kept.photos[to] = this.kept.photos[from];
    delete this.kept.photos[from];
    for (const step of [...this.past, ...this.future]) {
      for (const wishes of [step.before, step.after]) {
        if (wishes[from]) wishes[to] = wishes[from];
        delete wishes[from];
      }
    }
    this.keep();
  }

  undo() {
    return this.step(this.past, this.future, "before");
  }

  redo() {
    return this.step(this.future, this.past, "after");
  }

  step(from, to, which) {
    const step = from.pop();
    if (!step) return false;
    to.push({ ...step, kind: null });
    Object.assign(this.kept.photos, step[which]);
    this.keep();
    return true;
  }

  get settings() {
    return this.kept.settings;
  }

  // Forget photos that are no longer there.
  only(ids) {
    for (const id of Object.keys(this.kept.photos)) if (!ids.includes(id)) delete this.kept.photos[id];
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(KEY, JSON.stringify(this.kept));
    } catch {
      // Without room, or where it is forbidden, settings last as long as the page.
    }
  }
}
