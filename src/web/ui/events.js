// What the server pushes, for every page of the document over one connection.

import { createEmitter } from './emitter.js';
import { followEvents } from './feed.js';

/** @typedef {import('./types.js').Source} Source */
/** @typedef {import('./library/types.js').LibraryState} LibraryState */

/** @typedef {{problems: import('./types.js').Problem[], problems_total: number}} Problems */

/** A library that can't be used has nobody who works for it. @type {LibraryState['work']} */
const NO_WORK = { waiting: 0, running: [] };

/** @type {{sources: Source[]|null, library: LibraryState|null, gone: boolean}} */
const newest = { sources: null, library: null, gone: false };
/** @type {ReturnType<typeof createEmitter<Source[]>>} */
const sources = createEmitter();
/** @type {ReturnType<typeof createEmitter<LibraryState>>} */
const library = createEmitter();
/** @type {ReturnType<typeof createEmitter<Problems>>} */
const problems = createEmitter();
/** @type {ReturnType<typeof createEmitter<null>>} */
const screens = createEmitter();
/** @type {ReturnType<typeof createEmitter<boolean>>} */
const gone = createEmitter();

/** Called once, when the document is ready for it. */
export function startEvents() {
  followEvents({
    sources(now) {
      newest.sources = now;
      sources.tell(now);
    },
    library(now) {
      newest.library = Object.assign({ work: NO_WORK }, now);
      library.tell(newest.library);
    },
    problems: (now) => problems.tell(now),
    screens: () => screens.tell(null),
    gone(now) {
      newest.gone = now;
      if (!now) {
        screens.tell(null); // What happened meanwhile was told to nobody.
      }
      gone.tell(now);
    },
  });
}

/** @param {(now: Source[]) => void} listener told at once what is known already */
export function onSources(listener) {
  if (newest.sources) {
    listener(newest.sources);
  }
  return sources.on(listener);
}

/** @param {(now: LibraryState) => void} listener told at once what is known already */
export function onLibrary(listener) {
  if (newest.library) {
    listener(newest.library);
  }
  return library.on(listener);
}

/** @param {(now: Problems) => void} listener told of changes only */
export function onProblems(listener) {
  return problems.on(listener);
}

/** @param {() => void} listener told when something of the signage has changed */
export function onScreens(listener) {
  return screens.on(listener);
}

/** @param {(gone: boolean) => void} listener told of changes only */
export function onGone(listener) {
  return gone.on(listener);
}

export function libraryNow() {
  return newest.library;
}

export function isGone() {
  return newest.gone;
}
