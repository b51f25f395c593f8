// Files dropped anywhere on the page, folders too.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';
import { uploads } from './uploads.js';

/** Of one drop; also what ends a folder that contains itself by a link. */
const FILES_MAX = 2000;

/**
 * A page on which files are dropped at a place.
 * @typedef {Object} DropPlace
 * @property {(x: number, y: number) => void} over
 * @property {() => void} out
 * @property {(files: File[]) => void} drop where they were over last
 */

/** @type {DropPlace|null} */
let place = null;

/** @param {DropPlace} page @returns {() => void} ends it */
export function takeDrops(page) {
  place = page;
  return () => {
    page.out();
    place = place === page ? null : place;
  };
}

/** @param {DataTransfer|null} data */
function hasFiles(data) {
  return Boolean(data) && Array.from(/** @type {DataTransfer} */ (data).types).indexOf('Files') >= 0;
}

export function acceptDrops() {
  const veil = h('div', { class: 'drop', 'aria-hidden': 'true', hidden: true },
    h('div', { class: 'drop-box' }, icon('upload'), h('b', {}, texts.upload.drop), h('span', {}, texts.upload.dropKinds)));
  document.body.append(veil);
  // Entering and leaving are told for every element one moves over.
  let depth = 0;
  const show = (/** @type {number} */ now) => {
    depth = Math.max(0, now);
    veil.hidden = depth === 0 || Boolean(place);
    if (place && !depth) {
      place.out();
    }
  };
  document.addEventListener('dragenter', (event) => {
    if (hasFiles(event.dataTransfer)) {
      event.preventDefault();
      show(depth + 1);
    }
  });
  document.addEventListener('dragleave', (event) => hasFiles(event.dataTransfer) && show(depth - 1));
  document.addEventListener('dragover', (event) => {
    if (hasFiles(event.dataTransfer) && event.dataTransfer) {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      if (place) {
        place.over(event.clientX, event.clientY);
      }
    }
  });
  document.addEventListener('drop', async (event) => {
    if (!hasFiles(event.dataTransfer)) {
      return;
    }
    event.preventDefault();
    const at = place; // The page may be left while folders are read.
    const files = filesOf(/** @type {DataTransfer} */ (event.dataTransfer));
    if (at) {
      at.drop(await files);
    } else {
      uploads.add(await files);
    }
    show(0);
  });
}

/** @param {DataTransfer} data */
async function filesOf(data) {
  // Taken at once: the list is empty after the first wait.
  const entries = Array.from(data.items).map((item) => (item.webkitGetAsEntry ? item.webkitGetAsEntry() : null));
  const plain = Array.from(data.files);
  if (!entries.some((entry) => entry && entry.isDirectory)) {
    return plain;
  }
  /** @type {File[]} */
  const files = [];
  const waiting = entries.filter(Boolean);
  while (waiting.length && files.length < FILES_MAX) {
    const entry = waiting.shift();
    if (entry && entry.isFile) {
      const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry)).catch(() => null);
      if (file && !file.name.startsWith('.')) {
        files.push(file);
      }
    } else if (entry) {
      waiting.push(...await entriesOf(/** @type {FileSystemDirectoryEntry} */ (entry)).catch(() => []));
    }
  }
  return files;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** @param {FileSystemDirectoryEntry} folder @returns {Promise<FileSystemEntry[]>} */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const all = [];
  // They come some at a time, and an empty answer is the end.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || all.length >= FILES_MAX) {
      return all;
    }
    all.push(...some);
  }
}
