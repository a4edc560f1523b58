// Photos that are dropped, pasted or chosen: {file, name}, the name with the folders that were dropped.

const SUFFIXES = new Set(
  ("jpg jpeg jpe jfif jif jfi pjpeg pjp mpo png apng tif tiff webp avif heic heif hif jp2 j2k j2c jpc jpf jpx jxl 3fr arw cr2 cr3 " +
    "crw dcr dng erf fff iiq kdc mef mos mrw nef nrw orf pef raf raw rw2 rwl sr2 srf srw x3f").split(" "),
);

const isPhoto = (name) => SUFFIXES.has(name.split(".").pop().toLowerCase()) && !name.startsWith(".");

// Of a file input: single files as they are, of a folder its photos.
export function chosen(input) {
  const found = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  return input.webkitdirectory ? found.filter(({ file }) => isPhoto(file.name)) : found;
}

// Of a drop or a paste: entries must be taken before the event is over.
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, name: entry.name });
    else if (entry?.isFile) found.push({ file: await fileOf(entry), name: entry.name });
    else if (entry?.isDirectory) await walk(entry, found);
  }
  return found;
}

const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

async function walk(folder, found) {
  const reader = folder.createReader();
  for (;;) {
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.isDirectory) await walk(entry, found);
      else if (isPhoto(entry.name)) found.push({ file: await fileOf(entry), name: entry.fullPath.slice(1) });
    }
  }
}
