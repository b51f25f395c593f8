// A playlist while it is edited: its items in their order, and what typed texts mean. Pure.

/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('../signage/types.js').Playlist} Playlist */

/** As the server takes them. */
export const ITEMS_MAX = 500;
export const DURATION_MS_MIN = 1000;
export const DURATION_MS_MAX = 24 * 3600 * 1000;
/** What a live picture lasts where nobody says. */
export const LIVE_MS = 60000;
const PAGES_MAX = 500;

/**
 * @param {Partial<PlaylistItem> & {kind: PlaylistItem['kind']}} what
 * @returns {PlaylistItem}
 */
export function newItem(what) {
  return Object.assign({
    asset: null, pages: null, tag: null, source: null, duration_ms: null, from_ms: null, until_ms: null, fit: 'contain',
    sound: true, until_no_signal: false,
  }, what);
}

/**
 * @template T
 * @param {T[]} all
 * @param {number} from
 * @param {number} to index it has afterwards
 * @returns {T[]}
 */
export function movedItem(all, from, to) {
  const rest = all.slice(0, from).concat(all.slice(from + 1));
  const at = Math.max(0, Math.min(rest.length, to));
  return rest.slice(0, at).concat([all[from]], rest.slice(at));
}

/**
 * Where something dropped at a point comes to stand among boxes in lines.
 * @param {{left: number, top: number, right: number, bottom: number}[]} boxes in their order
 * @param {number} x
 * @param {number} y
 * @returns {number} index among them, their number at the end
 */
export function dropIndex(boxes, x, y) {
  for (let index = 0; index < boxes.length; index += 1) {
    const box = boxes[index];
    const next = boxes[index + 1];
    const inLine = y < box.bottom;
    if (inLine && x < (box.left + box.right) / 2) {
      return index;
    }
    // The last of its line: behind it, and before the next line.
    if (inLine && (!next || next.top >= box.bottom)) {
      return index + 1;
    }
  }
  return boxes.length;
}

/**
 * A length as people type it: `90`, `1:30`, `1:00:00`, `2.5`.
 * @param {string} text
 * @returns {number|null} null: it is none
 */
export function parseLength(text) {
  const parts = text.trim().replace(',', '.').split(':');
  if (!parts.length || parts.length > 3 || parts.some((part) => !/^\d{1,6}(\.\d{1,3})?$/.test(part))) {
    return null;
  }
  const seconds = parts.reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round(seconds * 1000);
}

/**
 * The same the other way: `1:30`, and seconds with a part of them where there is one.
 * @param {number} ms
 */
export function lengthField(ms) {
  const seconds = ms / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = Math.round((seconds % 60) * 1000) / 1000;
  const two = (/** @type {number} */ value) => (value < 10 ? '0' : '') + value;
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * Pages as people type them: `1-3, 7`. Empty: all.
 * @param {string} text
 * @param {number} count there are
 * @returns {'all'|number[]|null} null: that makes no sense
 */
export function parsePages(text, count) {
  const parts = text.split(',').map((part) => part.trim()).filter(Boolean);
  if (!parts.length) {
    return 'all';
  }
  /** @type {number[]} */
  const pages = [];
  for (const part of parts) {
    const found = /^(\d{1,5})(?:\s*[-–]\s*(\d{1,5}))?$/.exec(part);
    if (!found) {
      return null;
    }
    const [from, to] = [Number(found[1]), Number(found[2] || found[1])];
    if (from < 1 || to < from || to > count || pages.length + to - from >= PAGES_MAX) {
      return null;
    }
    for (let page = from; page <= to; page += 1) {
      pages.push(page);
    }
  }
  return pages;
}

/** @param {'all'|number[]|null} pages @returns {string} `1–3, 7`; empty: all */
export function pagesText(pages) {
  if (!pages || pages === 'all') {
    return '';
  }
  /** @type {string[]} */
  const parts = [];
  for (let at = 0; at < pages.length; at += 1) {
    const from = pages[at];
    while (pages[at + 1] === pages[at] + 1) {
      at += 1;
    }
    parts.push(from === pages[at] ? String(from) : `${from}–${pages[at]}`);
  }
  return parts.join(', ');
}

/**
 * How long an item is on, as far as one can know it here.
 * @param {PlaylistItem} item
 * @param {Playlist} playlist
 * @param {{kind: import('../library/types.js').Kind, duration_ms: number, pages: unknown[]}|null} asset
 * @returns {number|null} null: as many as the tag has
 */
export function itemLength(item, playlist, asset) {
  if (item.kind === 'tag') {
    return null;
  }
  if (item.kind === 'live') {
    return item.duration_ms || LIVE_MS;
  }
  if (!asset) {
    return item.duration_ms;
  }
  if (asset.kind !== 'slide') {
    const until = item.until_ms === null ? asset.duration_ms : Math.min(item.until_ms, asset.duration_ms);
    return Math.max(0, until - (item.from_ms || 0));
  }
  const pages = Array.isArray(item.pages) ? item.pages.length : Math.max(1, asset.pages.length);
  return pages * (item.duration_ms || playlist.slide_ms);
}
