// Learning a look: photos that somebody likes are sent, looked at, and learned from.

import { chosen } from "./files.js";
import { ask, json, sleep, upload } from "./net.js";

const LEAST = 30;
const $ = (id) => document.getElementById(id);

export class Learning {
  // tools: say, warn, and learned, which is called with the name of a look.
  constructor(tools) {
    Object.assign(this, tools);
    $("liked-files").addEventListener("click", () => $("liked").click());
    $("liked-folder").addEventListener("click", () => $("liked-dir").click());
    for (const id of ["liked", "liked-dir"]) {
      $(id).addEventListener("change", () => {
        const found = chosen($(id));
        $(id).value = "";
        this.add(found);
      });
    }
    $("liked-clear").addEventListener("click", () => this.attempt(async () => {
      await ask("page/learning/photos", { method: "DELETE" });
      this.show(await json("page/learning"));
    }));
    $("learn-start").addEventListener("click", () => this.attempt(async () => {
      await ask("page/learning", {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: $("learn-name").value.trim() }),
      });
      await this.follow();
    }));
    $("learn-stop").addEventListener("click", () => this.attempt(async () => {
      $("learn-stop").disabled = true;
      await ask("page/learning", { method: "DELETE" });
    }));
    $("learn-picture").addEventListener("error", () => (this.step = null)); // it is being written; ask again
    $("learn-close").addEventListener("click", () => $("learning").close());
  }

  get isOpen() {
    return $("learning").open;
  }

  async attempt(act) {
    try {
      await act();
    } catch (error) {
      $("liked-count").textContent = error.message;
    }
  }

  async open() {
    $("learning").showModal();
    await this.resume();
  }

  // Show how far it is, and go on with what is being learned, also after a reload.
  resume() {
    return this.attempt(async () => {
      const state = await json("page/learning");
      this.show(state);
      if (state.running && state.name) await this.follow();
    });
  }

  add(found) {
    return this.attempt(async () => {
      const bar = $("liked-progress");
      bar.hidden = false;
      $("learn-start").disabled = true;
      for (const [i, { file, name }] of found.entries()) {
        const query = new URLSearchParams({ name });
        await upload(`page/learning/photos?${query}`, file, (share) => (bar.value = (i + share) / found.length));
        $("liked-count").textContent = `${i + 1} of ${found.length} photos are here`;
      }
      bar.hidden = true;
      $("liked-count").textContent = "Looking at the photos …";
      await ask("page/learning/check", { method: "POST" });
      this.show(await json("page/learning"));
    });
  }

  show(state) {
    const { install, count, usable, left_out: out, running, done, problem, name, step, steps, distance } = state;
    const isLearning = running && name;
    $("learn-install").hidden = !install;
    $("learn-install").textContent = install ? `Learning needs PyTorch on the computer that runs this page: ${install}` : "";
    $("learn-photos").hidden = Boolean(install) || Boolean(isLearning);
    $("learn-run").hidden = !isLearning && !done;
    $("learn-start").hidden = Boolean(install) || Boolean(isLearning);
    $("learn-start").disabled = !(usable >= LEAST);
    $("learn-stop").hidden = !isLearning;
    $("learn-file").hidden = !done;
    $("liked-count").textContent = problem ?? (usable === null ? (count ? `${count} photos` : "Drop photos here, or choose them.") : counted(usable));
    $("liked-clear").hidden = !count;
    $("liked-out").hidden = !out.length;
    $("liked-out").querySelector("summary").textContent = `${out.length} left out`;
    $("liked-out").querySelector("ul").replaceChildren(...out.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    $("learn-progress").value = done ? 1 : step / steps;
    const away = distance === null ? "" : `, ${distance.toFixed(2)} from the liked photos`;
    $("learn-state").textContent = done ? `“${name}” is learned; it stands among the looks${away}.` : `Step ${step} of ${steps}${remaining(state)}${away}`;
    $("learn-picture").hidden = !state.picture;
    if (state.picture && this.step !== step) $("learn-picture").src = `page/learning/picture?step=${step}`;
    this.step = step;
  }

  async follow() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    try {
      await this.untilItEnds();
    } finally {
      this.isFollowing = false;
    }
  }

  async untilItEnds() {
    for (;;) {
      const state = await json("page/learning");
      this.show(state);
      if (!state.running) {
        $("learn-stop").disabled = false;
        if (state.done) this.learned(state.name);
        else if (state.problem) this.warn(state.problem);
        return;
      }
      await sleep(1000);
    }
  }
}

const counted = (usable) =>
  usable >= LEAST ? `${usable} photos fit; 100 are better than 30.` : `${usable} photos fit; ${LEAST - usable} more are needed.`;

function remaining({ seconds_left: seconds }) {
  if (seconds === null) return "";
  return seconds < 90 ? `, ${Math.ceil(seconds)} s left` : `, ${Math.round(seconds / 60)} minutes left`;
}
