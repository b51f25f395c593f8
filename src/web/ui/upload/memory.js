// Which file belongs to which upload, so that one that broke off is taken up again after the page was closed. A page can't
// keep the file itself: it has to be chosen again.

import { recall, remember } from '../store.js';

const KEY = 'marquee.uploads';
/** The oldest are forgotten; the server drops them by then too. */
const KEPT_MAX = 200;

/** @typedef {{url: string, name: string, bytes: number}} Kept */

/** @returns {Record<string, Kept>} */
function all() {
  const kept = recall(KEY);
  return kept && typeof kept === 'object' ? kept : {};
}

/** What tells files apart without reading them. @param {{name: string, size: number, lastModified: number}} file */
export function fingerprint(file) {
  return [file.name, file.size, file.lastModified].join('|');
}

/** @param {File} file @returns {string|null} */
export function urlFor(file) {
  const kept = all()[fingerprint(file)];
  return kept ? kept.url : null;
}

/** @param {File} file @param {string} url */
export function keep(file, url) {
  const kept = all();
  kept[fingerprint(file)] = { url, name: file.name, bytes: file.size };
  const keys = Object.keys(kept);
  keys.slice(0, Math.max(0, keys.length - KEPT_MAX)).forEach((key) => delete kept[key]);
  remember(KEY, kept);
}

/** @param {string} url */
export function drop(url) {
  const kept = all();
  Object.keys(kept).filter((key) => kept[key].url === url).forEach((key) => delete kept[key]);
  remember(KEY, kept);
}

/** @returns {Kept[]} */
export function unfinished() {
  return Object.values(all());
}
