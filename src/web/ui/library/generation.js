// Changes by others: uploads that came in, thumbnails that were made, a second person at work.

import { onLibrary } from '../events.js';
import { staleLists } from './list.js';

/** Many changes in a row are one. */
const SETTLE_MS = 1500;

/**
 * Calls after the library has changed, at most once in a while.
 * @param {() => void} act
 * @returns {() => void} ends it
 */
export function followGeneration(act) {
  /** @type {number|null} */
  let known = null;
  let timer = 0;
  const end = onLibrary((now) => {
    if (known !== null && now.generation !== known && !timer) {
      timer = window.setTimeout(() => {
        timer = 0;
        staleLists();
        act();
      }, SETTLE_MS);
    }
    known = now.generation;
  });
  return () => {
    window.clearTimeout(timer);
    end();
  };
}
