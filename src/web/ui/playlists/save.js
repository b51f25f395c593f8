// Keeps what is edited: soon after the last change, one request at a time, never over what somebody else has changed.

import { Problem, request } from '../api.js';
import { onGone } from '../events.js';

/** Changes in a row are one. */
const SETTLE_MS = 500;

/** @typedef {'saved'|'waiting'|'saving'|'conflict'|'failed'} SaveState */

/**
 * @param {string} path
 * @param {string} etag of what is edited
 * @param {{
 *   read: () => object, saved: (answer: any) => void, changed: (state: SaveState, reason: string) => void,
 * }} page saved: told what the server made of it
 */
export function createSaver(path, etag, page) {
  /** @type {SaveState} */
  let state = 'saved';
  let timer = 0;
  /** Something changed while a request was on its way. */
  let again = false;
  let over = false;

  /** @param {SaveState} now @param {string} [reason] */
  function tell(now, reason) {
    state = now;
    page.changed(now, reason || '');
  }

  /** @param {boolean} leaving */
  async function send(leaving) {
    window.clearTimeout(timer);
    tell('saving');
    again = false;
    try {
      const response = await request(path, {
        method: 'PUT',
        headers: { 'Content-Type': 'application/json', 'If-Match': etag },
        body: JSON.stringify(page.read()),
        keepalive: leaving,
      });
      etag = response.headers.get('ETag') || etag;
      const text = await response.text();
      tell('saved');
      if (text && !over) {
        page.saved(JSON.parse(text));
      }
      if (again) {
        touch();
      }
    } catch (error) {
      const conflict = error instanceof Problem && error.status === 412;
      tell(conflict ? 'conflict' : 'failed', /** @type {Error} */ (error).message);
    }
  }

  function touch() {
    window.clearTimeout(timer);
    if (state === 'conflict') {
      return; // Whose it is is to be said first.
    }
    if (state === 'saving') {
      again = true;
      return;
    }
    tell('waiting');
    timer = window.setTimeout(() => send(false), SETTLE_MS);
  }

  /** What waits goes now; the page may be closed before it is answered. */
  function flush() {
    if (state === 'waiting' || again) {
      send(true);
    }
  }

  const endGone = onGone((gone) => !gone && state === 'failed' && touch());
  window.addEventListener('pagehide', flush);
  return {
    touch,
    retry: () => send(false),
    /** Over what somebody else has made of it. @param {string} now its tag */
    overwrite(now) {
      etag = now;
      send(false);
    },
    leave() {
      flush();
      over = true;
      endGone();
      window.removeEventListener('pagehide', flush);
    },
  };
}
