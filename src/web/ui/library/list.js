// Lists of assets as the server has them, page by page. Kept for a while: the watch page knows what comes next, and who
// comes back finds all as it was.

import { api } from '../api.js';
import { createEmitter } from '../emitter.js';
import { changed, putBack, taken } from './changes.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {ReturnType<typeof createList>} List */

/** A screenful and a half of small cards. */
const PAGE = 60;
/** The most that one answer has. */
const LIMIT_MAX = 200;
/** Of a search the server lists the newest so many, however many there are. */
const MATCHES_MAX = 2000;
/** Lists that are kept. */
const LISTS_MAX = 4;

/** @type {Map<string, List>} */
const lists = new Map();

/**
 * @param {string} query as in `queryText`, or `bin=true`
 * @returns {List}
 */
export function listOf(query) {
  const list = lists.get(query) || createList(query);
  lists.delete(query);
  lists.set(query, list);
  if (lists.size > LISTS_MAX) {
    lists.delete(lists.keys().next().value || '');
  }
  return list;
}

/** Lists that are not shown are read anew when they are needed: something came or went. */
export function staleLists() {
  for (const list of Array.from(lists.values())) {
    list.stale = true;
  }
}

changed.on((asset) => lists.forEach((list) => list.patch(asset)));
taken.on((ids) => lists.forEach((list) => list.take(ids)));
putBack.on((ids) => lists.forEach((list) => list.putBack(ids)));

/** @param {string} query */
function createList(query) {
  /** @type {ReturnType<typeof createEmitter<null>>} */
  const news = createEmitter();
  /** @type {string|null} */
  let next = null;
  /** @type {Promise<void>|null} */
  let reading = null;
  /** Taken out here but not lost: they may be put back. @type {Map<number, {asset: Asset, at: number}>} */
  const out = new Map();

  const list = {
    query,
    /** @type {Asset[]} */
    assets: [],
    /** How many there are in all, where the server knows it. @type {number|null} */
    total: null,
    /** Nothing is called as was typed: these are spelt like it. */
    similar: false,
    /** Something of it has come. */
    loaded: false,
    /** There is nothing more to read. */
    complete: false,
    stale: false,
    /** @type {Error|null} why the last reading failed */
    problem: null,
    /** The asset one was at, for who comes back. @type {number|null} */
    at: null,

    /** @param {(nothing: null) => void} listener */
    on: (listener) => news.on(listener),
    isReading: () => reading !== null,

    /** The next page, or the first. */
    more() {
      if (!reading && !list.complete) {
        reading = read(false);
      }
      return reading || Promise.resolve();
    },

    /** What is shown, as it is now. */
    async refresh() {
      while (reading) {
        await reading;
      }
      reading = read(true);
      return reading;
    },

    /** @param {Asset} asset */
    patch(asset) {
      const at = list.assets.findIndex((each) => each.id === asset.id);
      if (at >= 0) {
        list.assets[at] = asset;
        news.tell(null);
      }
    },

    /** @param {number[]} ids */
    take(ids) {
      const gone = new Set(ids);
      // From the end, so that each is remembered where it stood while those before it were there.
      for (let at = list.assets.length - 1; at >= 0; at -= 1) {
        const asset = list.assets[at];
        if (gone.has(asset.id)) {
          out.set(asset.id, { asset, at });
          list.assets.splice(at, 1);
          list.total = list.total === null ? null : list.total - 1;
        }
      }
      news.tell(null);
    },

    /** @param {number[]} ids */
    putBack(ids) {
      const back = ids.map((id) => out.get(id)).filter(Boolean);
      const there = /** @type {{asset: Asset, at: number}[]} */ (back).sort((a, b) => a.at - b.at);
      for (const { asset, at } of there) {
        out.delete(asset.id);
        list.assets.splice(at, 0, asset);
        list.total = list.total === null ? null : list.total + 1;
      }
      list.stale = list.stale || !there.length;
      news.tell(null);
    },

    /** The one behind this asset; undefined if it is the last, or not among those read. @param {number} id */
    after(id) {
      const at = list.assets.findIndex((each) => each.id === id);
      return at < 0 ? undefined : list.assets[at + 1];
    },

    /** @param {number} id */
    before(id) {
      const at = list.assets.findIndex((each) => each.id === id);
      return at < 0 ? undefined : list.assets[at - 1];
    },
  };

  /** @param {boolean} anew from the beginning, in place of what is there */
  async function read(anew) {
    const limit = anew ? Math.min(Math.max(list.assets.length, PAGE), LIMIT_MAX) : PAGE;
    const params = new URLSearchParams(query);
    params.set('limit', String(limit));
    if (!anew && next) {
      params.set('after', next);
    }
    try {
      const answer = await api.get(`/api/assets?${params}`);
      take(answer, anew);
      if (list.total === null) {
        count();
      }
      list.problem = null;
      list.loaded = true;
      list.stale = list.stale && !anew;
    } catch (error) {
      list.problem = /** @type {Error} */ (error);
    }
    reading = null;
    news.tell(null);
  }

  /** There are no others than those that were read. */
  function isAll() {
    return list.complete && list.assets.length < MATCHES_MAX;
  }

  /** The server counts only when it is asked to: it takes longer than a page. */
  async function count() {
    const params = new URLSearchParams(query);
    try {
      const total = (await api.get(`/api/assets/count?${params}`)).assets;
      // What was taken out here and is not yet there is counted by the server.
      list.total = isAll() ? list.assets.length : Math.max(total, list.assets.length);
      news.tell(null);
    } catch (error) {
      // "More than 60" stays.
    }
  }

  /**
   * @param {{assets: Asset[], next: string|null, total: number|null, similar: boolean}} answer
   * @param {boolean} anew
   */
  function take(answer, anew) {
    const fresh = answer.assets.filter((asset) => !out.has(asset.id));
    const known = new Set(fresh.map((asset) => asset.id));
    if (!anew) {
      // One that moved while one read on is shown where it came first.
      const there = new Set(list.assets.map((asset) => asset.id));
      list.assets = list.assets.concat(fresh.filter((asset) => !there.has(asset.id)));
    } else if (list.assets.length > LIMIT_MAX) {
      // Far down: the beginning is as it is now, and one goes on where one was.
      const rest = list.assets.slice(LIMIT_MAX).filter((asset) => !known.has(asset.id));
      list.assets = fresh.concat(rest);
    } else {
      list.assets = fresh;
    }
    if (!anew || list.assets.length <= LIMIT_MAX) {
      next = answer.next;
      list.complete = !answer.next;
    }
    list.similar = answer.similar;
    list.total = answer.total === null ? (isAll() ? list.assets.length : null) : answer.total;
  }

  return list;
}
