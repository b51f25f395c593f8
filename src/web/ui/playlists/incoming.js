// Files on their way into a playlist: each gets its place there once the library has it, also where the playlist's page has
// been left meanwhile.

import { Problem, request } from '../api.js';
import { playlists } from '../signage/data.js';
import { texts } from '../texts.js';
import { say, sayError } from '../toast.js';
import { uploads } from '../upload/uploads.js';
import { ITEMS_MAX, newItem } from './draft.js';

/** @typedef {import('../upload/item.js').Item} Upload */
/** @typedef {import('../signage/types.js').Playlist} Playlist */

/** Somebody else changes the same playlist at the same moment; more often than this nobody does. */
const TRIES_MAX = 5;

/**
 * @typedef {Object} Incoming
 * @property {number} playlist
 * @property {Upload} upload
 * @property {number} at place among the items that are there
 */

/**
 * Who shows a playlist is told, and puts it there.
 * @typedef {Object} Shown
 * @property {number} playlist
 * @property {(incoming: Incoming) => void} came the library has it
 * @property {(incoming: Incoming) => void} gone it was cancelled
 * @property {() => void} patch more of it was sent
 */

/** @type {Incoming[]} */
let waiting = [];
/** @type {Shown|null} */
let shown = null;
let following = false;

/** Subtitles belong to a video; the library takes them to it. @param {Upload} upload */
function isItem(upload) {
  return !/\.(srt|vtt)$/i.test(upload.file.name);
}

/**
 * Uploads files, and puts them into a playlist.
 * @param {number} playlist
 * @param {File[]} files
 * @param {number} at
 * @param {number} room for so many
 * @returns {Incoming[]} those that will be items of it
 */
export function bring(playlist, files, at, room) {
  if (!following) {
    following = true;
    uploads.on(look);
  }
  const known = waiting.map((each) => (each.playlist === playlist ? each.upload : null));
  const fresh = uploads.add(files).filter((upload) => isItem(upload) && known.indexOf(upload) < 0);
  if (fresh.length > room) {
    say(texts.signage.playlists.full(ITEMS_MAX), { bad: true });
  }
  const incoming = fresh.slice(0, room).map((upload) => ({ playlist, upload, at }));
  waiting = waiting.concat(incoming);
  return incoming;
}

/** @param {number} playlist */
export function incomingOf(playlist) {
  return waiting.filter((each) => each.playlist === playlist);
}

/** @param {Incoming} incoming is cancelled */
export function callOff(incoming) {
  waiting = waiting.filter((each) => each !== incoming);
  if (incoming.upload.state !== 'done') {
    uploads.cancel(incoming.upload);
  }
}

/**
 * @param {Shown} page
 * @returns {() => void} ends it: from then on this goes on alone
 */
export function showIncoming(page) {
  shown = page;
  return () => {
    shown = shown === page ? null : shown;
  };
}

function look() {
  const all = uploads.all();
  for (const each of waiting) {
    const page = shown && shown.playlist === each.playlist ? shown : null;
    if (each.upload.state === 'done' && each.upload.asset !== null) {
      waiting = waiting.filter((other) => other !== each);
      if (page) {
        page.came(each);
      } else {
        put(each);
      }
    } else if (all.indexOf(each.upload) < 0) {
      waiting = waiting.filter((other) => other !== each);
      if (page) {
        page.gone(each);
      }
    } else if (page) {
      page.patch();
    }
  }
}

let queue = Promise.resolve();
/** One after the other: two at once would be in each other's way. @param {Incoming} incoming */
function put(incoming) {
  queue = queue.then(() => insert(incoming)).catch(sayError);
}

/** @param {Incoming} incoming */
async function insert({ playlist, upload, at }) {
  const path = `/api/playlists/${playlist}`;
  for (let tries = 1; ; tries += 1) {
    const response = await request(path, { cache: 'no-store' });
    /** @type {Playlist} */
    const now = await response.json();
    const { name, shuffle, transition, slide_ms } = now;
    const items = now.items.slice();
    items.splice(Math.min(at, items.length), 0, newItem({ kind: 'asset', asset: upload.asset }));
    const headers = { 'Content-Type': 'application/json', 'If-Match': response.headers.get('ETag') || '' };
    const body = JSON.stringify({ name, shuffle, transition, slide_ms, items });
    try {
      await request(path, { method: 'PUT', headers, body });
      playlists.refresh();
      say(texts.signage.playlists.cameIn(upload.file.name, name));
      return;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412 || tries === TRIES_MAX) {
        throw error;
      }
    }
  }
}
