// Which assets are chosen for what is done to many at once: some, or all there are but some.

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./types.js').Chosen} Chosen */
/** @typedef {ReturnType<typeof createSelection>} Selection */

/** @param {() => void} changed */
export function createSelection(changed) {
  /** Those that are chosen, or, of all, those that are not. @type {Set<number>} */
  const ids = new Set();
  let everything = false;
  /** Where a range begins: the one that was chosen last by itself. @type {number|null} */
  let anchor = null;

  const has = (/** @type {number} */ id) => ids.has(id) !== everything;
  const set = (/** @type {number} */ id, /** @type {boolean} */ on) => (on === everything ? ids.delete(id) : ids.add(id));

  return {
    has,
    /** Anything is. */
    any: () => everything || ids.size > 0,
    /** Also what is not shown yet. */
    isEverything: () => everything,
    /** @param {number|null} total of all there are; null: unknown */
    size: (total) => (!everything ? ids.size : total === null ? null : Math.max(0, total - ids.size)),

    /**
     * @param {{assets: Asset[], query: string}} list
     * @returns {Chosen}
     */
    of(list) {
      const assets = list.assets.filter((asset) => has(asset.id));
      const except = everything ? Array.from(ids) : [];
      return { assets, everything, except, query: list.query };
    },

    /** @param {number} id */
    toggle(id) {
      set(id, !has(id));
      anchor = id;
      changed();
    },

    /**
     * From where the last one was chosen to this one, both included.
     * @param {number[]} order ids as they stand
     * @param {number} to
     */
    extend(order, to) {
      const end = order.indexOf(to);
      const begin = anchor === null ? end : order.indexOf(anchor);
      if (end >= 0) {
        const first = begin < 0 ? end : Math.min(begin, end);
        order.slice(first, Math.max(begin, end) + 1).forEach((id) => set(id, true));
        anchor = anchor === null ? to : anchor;
        changed();
      }
    },

    all() {
      everything = true;
      ids.clear();
      changed();
    },

    clear() {
      if (everything || ids.size) {
        everything = false;
        ids.clear();
        anchor = null;
        changed();
      }
    },
  };
}

/** @param {Asset[]} assets @returns {Chosen} these and no others */
export function only(assets) {
  return { assets, everything: false, except: [], query: '' };
}
