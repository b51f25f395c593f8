// What the server sends by itself, for as long as the page is seen: the list of sources, the library's state, what is
// wrong, that something of the signage has changed.

import { urlOf } from './base_path.js';

/** The server sends at least every 2 s; after this long without a word the connection is dead, whatever it says. */
const SILENCE_MS_MAX = 7000;
const RECONNECT_MS = 2000;
/** A connection that comes back within this time was never missed by anybody. */
const GONE_AFTER_MS = 1000;

/**
 * @typedef {Object} FeedHandlers
 * @property {(sources: import('./types.js').Source[]) => void} sources
 * @property {(library: import('./library/types.js').LibraryState) => void} [library]
 * @property {(now: {problems: import('./types.js').Problem[], problems_total: number}) => void} [problems]
 * @property {() => void} [screens] something of the signage has changed
 * @property {(gone: boolean) => void} gone told on changes only
 */

/**
 * Follows `/api/events`. A hidden page follows nothing: browsers allow six connections to a server, all tabs together.
 * @param {FeedHandlers} handlers
 */
export function followEvents(handlers) {
  /** @type {EventSource|null} */
  let stream = null;
  let gone = false;
  let silence = 0;
  let reconnect = 0;
  let patience = 0;

  function open() {
    close();
    stream = new EventSource(urlOf('/api/events'));
    stream.addEventListener('sources', (event) => {
      heard();
      handlers.sources(JSON.parse(event.data).sources);
    });
    stream.addEventListener('library', (event) => {
      heard();
      if (handlers.library) {
        handlers.library(JSON.parse(event.data));
      }
    });
    stream.addEventListener('problems', (event) => {
      heard();
      if (handlers.problems) {
        handlers.problems(JSON.parse(event.data));
      }
    });
    stream.addEventListener('screens', () => {
      heard();
      if (handlers.screens) {
        handlers.screens();
      }
    });
    stream.addEventListener('open', heard);
    stream.addEventListener('error', lost);
    silence = window.setTimeout(lost, SILENCE_MS_MAX);
  }

  function close() {
    if (stream) {
      stream.close();
      stream = null;
    }
    window.clearTimeout(silence);
    window.clearTimeout(reconnect);
  }

  function heard() {
    window.clearTimeout(silence);
    silence = window.setTimeout(lost, SILENCE_MS_MAX);
    window.clearTimeout(patience);
    patience = 0;
    tell(false);
  }

  // Browsers differ in what they retry by themselves and how soon, so this closes and opens anew.
  function lost() {
    close();
    reconnect = window.setTimeout(open, RECONNECT_MS);
    if (!patience) {
      patience = window.setTimeout(() => tell(true), GONE_AFTER_MS);
    }
  }

  /** @param {boolean} now */
  function tell(now) {
    if (now !== gone) {
      gone = now;
      handlers.gone(gone);
    }
  }

  function hush() {
    close();
    window.clearTimeout(patience);
    patience = 0;
  }

  document.addEventListener('visibilitychange', () => (document.hidden ? hush() : open()));
  window.addEventListener('pagehide', hush);
  window.addEventListener('pageshow', (event) => event.persisted && open());
  if (!document.hidden) {
    open();
  }
}
