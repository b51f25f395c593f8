// All uploads of this page: who is next, and what has to be known of them together.

import { createEmitter } from '../emitter.js';
import { isGone, onGone } from '../events.js';
import { h } from '../dom.js';
import { texts } from '../texts.js';
import { say } from '../toast.js';
import { createItem } from './item.js';

/** @typedef {import('./item.js').Item} Item */

/** At a time: one alone leaves the line idle between pieces, many make each of them slow. */
const PARALLEL = 2;
/** In one go; a whole disk dropped by mistake is no upload. */
const FILES_MAX = 2000;
/**
 * What the server knows what to do with; the file dialog offers these first. HEIC is not named: where it is, iPhones no longer
 * make JPEG of what is chosen, which is ready sooner.
 */
const ACCEPTED = 'video/*,image/*,audio/*,application/pdf,.mkv,.mov,.mp4,.m4v,.webm,.avi,.wmv,.ts,.m2ts,.mts,.mpg,.flv,.3gp,.ogv,.mp3,.m4a,.aac,.flac,.wav,.ogg,.opus,.wma,.tif,.tiff,.avif,.srt,.vtt,.svg,.pdf';

/** @type {ReturnType<typeof createEmitter<null>>} */
const news = createEmitter();
/** @type {Item[]} */
let items = [];
let announced = false;

function changed() {
  if (!announced) {
    announced = true;
    // Progress comes far more often than a screen is drawn.
    window.setTimeout(() => {
      announced = false;
      news.tell(null);
    }, 100);
  }
}

function startNext() {
  const busy = items.filter((item) => item.state === 'sending' || item.state === 'resting').length;
  items.filter((item) => item.state === 'waiting').slice(0, Math.max(0, PARALLEL - busy)).forEach(async (item) => {
    await item.run();
    startNext();
  });
  changed();
}

/** @param {File} file */
function isSubtitles(file) {
  return /\.(srt|vtt)$/i.test(file.name);
}

/** @type {HTMLInputElement|null} */
let input = null;
/** @type {(files: File[]) => unknown} */
let take = () => undefined;

function fileInput() {
  if (!input) {
    const made = h('input', { type: 'file', multiple: true, accept: ACCEPTED, hidden: true, 'aria-label': texts.upload.action });
    made.addEventListener('change', () => {
      take(Array.from(made.files || []));
      made.value = '';
    });
    document.body.append(made);
    input = made;
  }
  return input;
}

export const uploads = {
  /** @param {(nothing: null) => void} listener */
  on: (listener) => news.on(listener),
  all: () => items,
  /** Under way, or to be. */
  open: () => items.filter((item) => item.state !== 'done' && item.state !== 'failed'),

  /** Opens the browser's own file dialog. @param {(files: File[]) => unknown} [taken] what is done with them: uploaded */
  choose(taken) {
    take = taken || uploads.add;
    fileInput().click();
  },

  /** @param {File[]} files @returns {Item[]} */
  add(files) {
    /** @type {Item[]} */
    const added = [];
    const usable = files.filter((file) => file.size > 0).slice(0, FILES_MAX);
    if (usable.length < files.length) {
      const empty = files.length > FILES_MAX ? null : files.find((file) => !file.size);
      say(empty ? texts.upload.emptyFile(empty.name) : texts.upload.tooMany(FILES_MAX), { bad: true });
    }
    // Subtitles belong to a video that has to be known by then.
    for (const file of usable.sort((a, b) => Number(isSubtitles(a)) - Number(isSubtitles(b)))) {
      const same = items.find((item) => item.file.name === file.name && item.file.size === file.size
        && item.file.lastModified === file.lastModified && item.state !== 'done');
      if (!same) {
        const item = createItem(file, changed);
        items.push(item);
        added.push(item);
        continue;
      }
      added.push(same);
      if (same.state === 'failed' || same.state === 'paused') {
        same.again();
      }
    }
    startNext();
    return added;
  },

  /** @param {Item} item */
  resume(item) {
    item.again();
    startNext();
  },

  /** @param {Item} item */
  async cancel(item) {
    items = items.filter((each) => each !== item);
    changed();
    await item.cancel();
    startNext();
  },

  /** Those that are over leave the list. */
  clear() {
    items = items.filter((item) => item.state !== 'done' && item.state !== 'failed');
    changed();
  },
};

/** Called once, by the document that has uploads. */
export function startUploads() {
  onGone((gone) => !gone && items.forEach((item) => item.wake()));
  window.addEventListener('online', () => !isGone() && items.forEach((item) => item.wake()));
  window.addEventListener('beforeunload', (event) => {
    // Asked only where something would stop; it can be taken up again, but not by itself.
    if (uploads.open().some((item) => item.state !== 'paused')) {
      event.preventDefault();
    }
  });
}
