// Lists of the signage as the server has them, shared by its pages. Read when a page follows them, and again when the
// server says that something changed.

import { api } from '../api.js';
import { createEmitter } from '../emitter.js';
import { onScreens } from '../events.js';
import { sayDeferred, sayError } from '../toast.js';

/** Changes in a row are one reading. */
const SETTLE_MS = 150;

/**
 * @template T
 * @param {string} path
 * @param {(answer: any) => T[]} take
 */
function createShared(path, take) {
  /** @type {ReturnType<typeof createEmitter<T[]>>} */
  const news = createEmitter();
  /** @type {T[]|null} */
  let value = null;
  /** Deleted here, while it can still be undone: the server does not know yet. @type {Set<number>} */
  const hidden = new Set();
  let followers = 0;
  /** Rises with each reading: an answer that was overtaken says nothing any more. */
  let reading = 0;
  let timer = 0;
  let endEvents = () => undefined;

  const shared = {
    /** What is known of it; null before the first answer. */
    value: () => value,

    async load() {
      window.clearTimeout(timer);
      reading += 1;
      const mine = reading;
      const now = take(await api.get(path));
      if (mine === reading) {
        shared.set(now);
      }
      return now;
    },

    /** It is so now: shown at once, before the server has said it. @param {T[]} now */
    set(now) {
      value = now.filter((each) => !hidden.has(/** @type {any} */ (each).id));
      news.tell(value);
    },

    /**
     * Takes one out. The server hears of it when it can no longer be undone.
     * @param {number} id
     * @param {string} text what is said
     */
    remove(id, text) {
      const back = () => {
        hidden.delete(id);
        shared.refresh();
      };
      hidden.add(id);
      shared.set(value || []);
      sayDeferred(text, (leaving) => {
        api.send('DELETE', `${path}/${id}`, undefined, { keepalive: leaving }).catch(sayError).then(back);
      }, back);
    },

    /** As it is now, soon. */
    refresh() {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => shared.load().catch(() => undefined), SETTLE_MS);
    },

    /**
     * @param {(now: T[]) => void} listener told at once what is known
     * @returns {() => void} ends it
     */
    follow(listener) {
      const end = news.on(listener);
      followers += 1;
      if (followers === 1) {
        endEvents = /** @type {() => undefined} */ (onScreens(shared.refresh));
      }
      if (value) {
        listener(value);
      }
      return () => {
        end();
        followers -= 1;
        if (!followers) {
          endEvents();
          window.clearTimeout(timer);
        }
      };
    },
  };
  return shared;
}

/** @typedef {import('./types.js').TvScreen} TvScreen */
/** @typedef {import('./types.js').Group} Group */
/** @typedef {import('./types.js').Playlist} Playlist */
/** @typedef {import('./types.js').TimeWindow} TimeWindow */
/** @typedef {import('./types.js').Message} Message */

/** @param {{name: string}} a @param {{name: string}} b */
const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });

export const screens = createShared('/api/screens', (answer) => /** @type {TvScreen[]} */ (answer.screens).sort(byName));
export const groups = createShared('/api/groups', (answer) => /** @type {Group[]} */ (answer.groups).sort(byName));
export const playlists = createShared('/api/playlists', (answer) => /** @type {Playlist[]} */ (answer.playlists).sort(byName));
export const windows = createShared('/api/windows', (answer) => /** @type {TimeWindow[]} */ (answer.windows));
/** An empty list while nothing is shown over everything: null stands for "not read yet". */
export const messages = createShared('/api/message', (answer) => /** @type {Message[]} */ (
  answer && (answer.text || answer.playlist) ? [answer] : []));

/**
 * @param {number} id
 * @returns {string} empty if there is no such playlist
 */
export function playlistName(id) {
  const found = (playlists.value() || []).find((playlist) => playlist.id === id);
  return found ? found.name : '';
}
