// Which assets are chosen for what is done to many at once.

/** @typedef {ReturnType<typeof createSelection>} Selection */

/** @param {() => void} changed */
export function createSelection(changed) {
  /** @type {Set<number>} */
  const ids = new Set();
  /** Where a range begins: the one that was chosen last by itself. @type {number|null} */
  let anchor = null;

  return {
    /** @param {number} id */
    has: (id) => ids.has(id),
    size: () => ids.size,
    ids: () => Array.from(ids),

    /** @param {number} id */
    toggle(id) {
      if (!ids.delete(id)) {
        ids.add(id);
      }
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
        order.slice(first, Math.max(begin, end) + 1).forEach((id) => ids.add(id));
        anchor = anchor === null ? to : anchor;
        changed();
      }
    },

    /** @param {number[]} order */
    all(order) {
      order.forEach((id) => ids.add(id));
      changed();
    },

    clear() {
      if (ids.size) {
        ids.clear();
        anchor = null;
        changed();
      }
    },

    /** What is no longer there can't be chosen. @param {number} id */
    drop(id) {
      if (ids.delete(id)) {
        changed();
      }
    },
  };
}
