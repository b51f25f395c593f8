// Lists of the signage as the server has them, shared by its pages. Read when a page follows them, and again when the
// server says that something changed.

import { api } from '../api.js';
import { createEmitter } from '../emitter.js';
import { onScreens } from '../events.js';
import { sayDeferred, sayError } from '../toast.js';

/** Changes in a row are one reading. */
const SETTLE_MS = 150;
/** A hundred TVs change their items all the time: what they show is read again at most so often. */
const SCREENS_MS = 1000;
/** What people change; who has changed it here has read it already. */
const OTHERS_MS = 3000;

/**
 * @template T
 * @param {string} path
 * @param {number} every_ms at most so often for news
 * @param {(answer: any) => T[]} take
 */
function createShared(path, every_ms, take) {
  /** @type {ReturnType<typeof createEmitter<T[]>>} */
  const news = createEmitter();
  /** @type {T[]|null} */
  let value = null;
  /** Deleted here, while it can still be undone: the server does not know yet. @type {Set<number>} */
  const hidden = new Set();
  let followers = 0;
  /** Rises with each reading: an answer that was overtaken says nothing any more. */
  let reading = 0;
  /** Changes made here that the server has not answered yet: what it says meanwhile may be from before them. */
  let changing = 0;
  /** The server hears of them one after the other: two requests at once may arrive in any order. */
  let queue = Promise.resolve();
  let timer = 0;
  let read_ms = -Infinity;
  /** Of what was told: nothing is drawn anew that is as it was. */
  let told = '';
  let endEvents = () => undefined;

  const shared = {
    /** What is known of it; null before the first answer. */
    value: () => value,

    async load() {
      window.clearTimeout(timer);
      timer = 0;
      read_ms = performance.now();
      reading += 1;
      const mine = reading;
      const now = take(await api.get(path));
      if (mine === reading && !changing) {
        shared.set(now);
      }
      return now;
    },

    /** It is so now: shown at once, before the server has said it. @param {T[]} now */
    set(now) {
      value = now.filter((each) => !hidden.has(/** @type {any} */ (each).id));
      const text = JSON.stringify(value);
      if (text !== told) {
        told = text;
        news.tell(value);
      }
    },

    /**
     * Changed here: shown at once, and not taken back by what the server said before it knew.
     * @param {T[]} now
     * @param {() => Promise<unknown>} send tells the server
     */
    async change(now, send) {
      changing += 1;
      shared.set(now);
      const sent = queue.then(send);
      queue = sent.then(() => undefined, () => undefined);
      const answered = (/** @type {() => unknown} */ read) => {
        changing -= 1;
        reading += 1;
        read();
      };
      await sent.then(() => answered(shared.refresh), (error) => {
        answered(() => shared.load().catch(() => undefined));
        throw error;
      });
    },

    /**
     * Takes some out. The server hears of it when it can no longer be undone.
     * @param {number[]} ids
     * @param {string} text what is said
     */
    remove(ids, text) {
      const back = () => {
        ids.forEach((id) => hidden.delete(id));
        shared.refresh();
      };
      ids.forEach((id) => hidden.add(id));
      shared.set(value || []);
      sayDeferred(text, (leaving) => {
        const send = (/** @type {number} */ id) => api.send('DELETE', `${path}/${id}`, undefined, { keepalive: leaving });
        // One after the other; a page that is left has no time for that.
        const sent = leaving ? Promise.all(ids.map(send)) : ids.reduce((before, id) => before.then(() => send(id)), Promise.resolve());
        sent.catch(sayError).then(back);
      }, back);
    },

    /** As it is now, soon. */
    refresh() {
      if (!timer) {
        const wait_ms = Math.max(SETTLE_MS, read_ms + every_ms - performance.now());
        timer = window.setTimeout(() => shared.load().catch(() => undefined), wait_ms);
      }
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
          timer = 0;
        }
      };
    },
  };
  return shared;
}

/** @typedef {import('./types.js').TvScreen} TvScreen */
/** @typedef {import('./types.js').Group} Group */
/** @typedef {import('./types.js').Idle} Idle */
/** @typedef {import('./types.js').Playlist} Playlist */
/** @typedef {import('./types.js').TimeWindow} TimeWindow */
/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Template} Template */

/** @param {{name: string}} a @param {{name: string}} b */
const byName = (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true });

/** What screens show while nothing is scheduled, unless they have a choice of their own. @type {Idle} */
let idle = { show: 'splash', id: null };
export const idleOfAll = () => idle;

export const screens = createShared('/api/screens', SCREENS_MS, (answer) => {
  idle = answer.idle;
  return /** @type {TvScreen[]} */ (answer.screens).sort(byName);
});
export const groups = createShared('/api/groups', OTHERS_MS, (answer) => /** @type {Group[]} */ (answer.groups).sort(byName));
export const playlists = createShared('/api/playlists', OTHERS_MS, (answer) => /** @type {Playlist[]} */ (answer.playlists).sort(byName));
export const windows = createShared('/api/windows', OTHERS_MS, (answer) => /** @type {TimeWindow[]} */ (answer.windows));
/** An empty list while nothing is shown over everything: null stands for "not read yet". */
export const messages = createShared('/api/message', OTHERS_MS, (answer) => /** @type {Message[]} */ (
  answer && (answer.text || answer.playlist) ? [answer] : []));
/** Messages that are kept, to be shown again. */
export const templates = createShared('/api/message/templates', OTHERS_MS, (answer) => /** @type {Template[]} */ (answer.templates).sort(byName));

/**
 * @param {number} id
 * @returns {string} empty if there is no such playlist
 */
export function playlistName(id) {
  const found = (playlists.value() || []).find((playlist) => playlist.id === id);
  return found ? found.name : '';
}
