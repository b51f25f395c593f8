// One upload: its state, and what brings it from one to the next.

import { createSpeed } from './speed.js';
import { drop, keep, urlFor } from './memory.js';
import { Broken, createUpload, offsetOf, removeUpload, sendFrom } from './tus.js';

/** Waits between tries; the last for all that follow. Who pulled the cable comes back in minutes, not hours. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];

/**
 * - `waiting`: for its turn
 * - `sending`
 * - `resting`: the server can't be reached; tried again by itself
 * - `paused`: by a person
 * - `failed`: with a reason
 * - `done`
 * @typedef {'waiting'|'sending'|'resting'|'paused'|'failed'|'done'} ItemState
 */

/** @typedef {ReturnType<typeof createItem>} Item */

let items = 0;

/**
 * @param {File} file
 * @param {() => void} changed
 */
export function createItem(file, changed) {
  items += 1;
  const speed = createSpeed();
  let abort = new AbortController();
  /** Cuts a rest short. */
  let wake = () => undefined;
  let tries = 0;

  const item = {
    id: items,
    file,
    /** @type {ItemState} */
    state: 'waiting',
    sent: 0,
    problem: '',
    /** @type {number|null} what came of it */
    asset: null,
    /** @type {string|null} */
    url: urlFor(file),
    /** It goes on with what an earlier visit sent. */
    resumed: false,
    bytes_per_s: () => (item.state === 'sending' ? speed.bytes_per_s() : 0),

    /** Sends until it is done, paused or failed. Never throws. */
    async run() {
      abort = new AbortController();
      tries = 0;
      while (item.state !== 'paused' && item.state !== 'done' && item.state !== 'failed') {
        set('sending');
        try {
          await once();
        } catch (error) {
          await onBroken(error instanceof Broken ? error : new Broken('refused', String(error)));
        }
      }
    },

    pause() {
      if (item.state !== 'done') {
        set('paused');
        abort.abort();
        wake();
      }
    },

    /** To be run again, after a pause or a failure. */
    again() {
      item.problem = '';
      set('waiting');
    },

    /** The server is back: no need to wait on. */
    wake: () => wake(),

    /** Ends it, and takes away what the server has. */
    async cancel() {
      item.pause();
      if (item.url) {
        drop(item.url);
        await removeUpload(item.url).catch(() => undefined); // It expires by itself.
      }
    },
  };

  /** @param {ItemState} state */
  function set(state) {
    item.state = state;
    changed();
  }

  async function once() {
    const signal = abort.signal;
    const known = item.url;
    item.sent = known ? await offsetOf(known, signal) : 0;
    item.resumed = item.resumed || (Boolean(known) && item.sent > 0);
    const url = known || await createUpload(file, signal);
    item.url = url;
    keep(file, url);
    speed.reset();
    item.asset = await sendFrom(url, file, item.sent, signal, (bytes) => {
      tries = bytes > item.sent ? 0 : tries;
      item.sent = bytes;
      speed.add(performance.now(), bytes);
      changed();
    });
    item.sent = file.size;
    drop(url);
    set('done');
  }

  /** @param {Broken} broken */
  async function onBroken(broken) {
    if (broken.kind === 'stopped') {
      return;
    }
    if (broken.kind === 'lost' && item.url) {
      drop(item.url);
      item.url = null;
      return;
    }
    item.problem = broken.message;
    if (broken.kind !== 'gone') {
      set('failed');
      return;
    }
    set('resting');
    const wait_ms = Math.max(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)], broken.retry_s * 1000);
    tries += 1;
    await new Promise((resolve) => {
      const timer = window.setTimeout(resolve, wait_ms);
      wake = () => {
        window.clearTimeout(timer);
        resolve(null);
        return undefined;
      };
    });
    wake = () => undefined;
  }

  return item;
}
