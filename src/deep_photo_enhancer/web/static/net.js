// What the page asks its server; a problem's sentence becomes an Error's message.

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// A full queue (503) is asked again when it says; `signal` ends that.
export async function ask(path, settings = {}) {
  for (;;) {
    const answer = await fetch(path, settings);
    if (answer.ok) return answer;
    if (answer.status !== 503) throw await sentence(answer);
    await sleep(1000 * Math.min(5, Number(answer.headers.get("Retry-After")) || 1));
    settings.signal?.throwIfAborted();
  }
}

async function sentence(answer) {
  const content = await answer.json().catch(() => ({}));
  const error = new Error(content.detail ?? `The server answered ${answer.status}.`);
  error.status = answer.status;
  return error;
}

export const json = async (path, settings) => (await ask(path, settings)).json();

export const post = (path, content) =>
  json(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(content) });

// fetch cannot say how far an upload is.
export function upload(path, file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Error("The server cannot be reached."));
    request.onload = () => {
      const content = JSON.parse(request.responseText || "{}");
      request.status < 300 ? resolve(content) : reject(new Error(content.detail ?? `The server answered ${request.status}.`));
    };
    request.send(file);
  });
}

// Several files in one answer (web/views.py, pack): the head, and the parts by name.
export async function pack(path, settings) {
  const buffer = await (await ask(path, settings)).arrayBuffer();
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  let start = 8 + length;
  const parts = {};
  for (const [name, size] of head.parts) {
    parts[name] = new Uint8Array(buffer, start, size);
    start += size + ((8 - (size % 8)) % 8);
  }
  return { head, parts };
}
