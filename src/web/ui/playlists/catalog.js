// What items stand for: names, thumbnails and lengths of assets, asked for once.

import { api } from '../api.js';
import { onSources } from '../events.js';
import { createEmitter } from '../emitter.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */
/** @typedef {import('../types.js').Source} Source */

/** Requests at once: a browser has six connections to a server, and others need some too. */
const AT_ONCE_MAX = 3;

export function createCatalog() {
  /** @type {Map<number, FullAsset|null>} null: there is none any more */
  const assets = new Map();
  /** @type {Set<number>} */
  const asked = new Set();
  /** @type {number[]} */
  const waiting = [];
  /** @type {ReturnType<typeof createEmitter<null>>} */
  const news = createEmitter();
  /** @type {Source[]} */
  let sources = [];
  let busy = 0;
  let over = false;

  async function next() {
    const id = waiting.shift();
    if (id === undefined || over) {
      return;
    }
    busy += 1;
    try {
      assets.set(id, await api.get(`/api/assets/${id}`));
    } catch (error) {
      assets.set(id, null);
    }
    busy -= 1;
    if (!over) {
      news.tell(null);
      next();
    }
  }

  const endSources = onSources((now) => {
    const names = (/** @type {Source[]} */ all) => all.map((each) => `${each.id} ${each.name} ${each.state}`).join();
    const other = names(now) !== names(sources);
    sources = now;
    if (other) {
      news.tell(null);
    }
  });

  return {
    on: news.on,
    sources: () => sources,
    /** @param {string|null} id */
    source: (id) => sources.find((each) => each.id === id) || null,

    /**
     * @param {number|null} id
     * @returns {FullAsset|null|undefined} undefined: it is being asked for
     */
    asset(id) {
      if (id === null) {
        return null;
      }
      if (!asked.has(id)) {
        asked.add(id);
        waiting.push(id);
        if (busy < AT_ONCE_MAX) {
          next();
        }
      }
      return assets.get(id);
    },
    leave() {
      over = true;
      endSources();
    },
  };
}

/** @typedef {ReturnType<typeof createCatalog>} Catalog */
