// The items of a playlist as a filmstrip: arranged by dragging, or with the keys: arrows go from one to the next, with Shift
// they take it along, Space lifts and drops it.

import { h, setText } from '../dom.js';
import { texts } from '../texts.js';
import { dropIndex, movedItem } from './draft.js';
import { followDrags } from './reorder.js';
import { createTile, entryName } from './tile.js';

/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('../signage/types.js').Playlist} Playlist */
/** @typedef {{uid: number, item: PlaylistItem, incoming?: import('./incoming.js').Incoming}} Entry incoming: it is no item yet */

const words = texts.signage.playlists;

/**
 * @param {{
 *   editable: boolean,
 *   catalog: import('./catalog.js').Catalog,
 *   select: (uid: number|null) => void,
 *   reorder: (entries: Entry[]) => void,
 *   remove: (uid: number) => void,
 * }} actions
 */
export function createStrip({ editable, catalog, select, reorder, remove }) {
  const list = h('ol', { class: 'strip', 'aria-label': words.strip });
  const spoken = h('p', { class: 'sr-only', role: 'status' });
  const help = h('p', { class: 'sr-only', id: 'film-help' }, editable ? words.stripHelp : '');
  const element = h('div', {}, help, list, spoken);
  /** @type {Map<number, import('./tile.js').Tile>} */
  const tiles = new Map();
  /** @type {Entry[]} */
  let entries = [];
  /** @type {Playlist|null} */
  let playlist = null;
  /** @type {number|null} */
  let selected = null;
  /** The stop for Tab. @type {number|null} */
  let at = null;
  /** Lifted with the keys; where it stood. @type {{uid: number, before: Entry[]}|null} */
  let lifted = null;
  /** @type {Entry[]|null} the order while one drags */
  let hovering = null;

  function shown() {
    return hovering || entries;
  }

  function render() {
    const now = shown();
    const focused = document.activeElement && list.contains(document.activeElement);
    const kept = new Set(now.map((entry) => entry.uid));
    tiles.forEach((tile, uid) => {
      if (!kept.has(uid)) {
        tile.element.remove();
        tiles.delete(uid);
      }
    });
    if (at === null || !kept.has(at)) {
      at = now.length ? now[Math.min(lastIndex, now.length - 1)].uid : null;
    }
    now.forEach((entry, index) => {
      const tile = tiles.get(entry.uid) || createTile(entry.uid);
      tiles.set(entry.uid, tile);
      if (list.children[index] !== tile.element) {
        list.insertBefore(tile.element, list.children[index] || null);
      }
      const problem = problemOf(entry);
      tile.patch(entry, index, now.length, /** @type {Playlist} */ (playlist), problem, entry.uid === selected, catalog);
      tile.button.tabIndex = entry.uid === at ? 0 : -1;
      tile.element.classList.toggle('lifted', Boolean(lifted && lifted.uid === entry.uid));
    });
    // Moving a node takes the focus from it.
    if (focused && at !== null && !list.contains(document.activeElement)) {
      focus(at);
    }
  }
  let lastIndex = 0;

  /** Those the server has told, by the order it knows. @param {Entry} entry */
  function problemOf(entry) {
    return problems.get(entry.uid) || '';
  }
  /** @type {Map<number, string>} */
  let problems = new Map();

  /** @param {number} uid */
  function focus(uid) {
    const tile = tiles.get(uid);
    if (tile) {
      tile.button.focus();
    }
  }

  /** @param {EventTarget|null} target */
  function uidAt(target) {
    const item = target instanceof Element ? target.closest('[data-uid]') : null;
    return item ? Number(item.getAttribute('data-uid')) : null;
  }

  /** How many stand beside each other. */
  function columns() {
    const boxes = Array.from(list.children).map((each) => each.getBoundingClientRect().top);
    const first = boxes.filter((top) => Math.abs(top - boxes[0]) < 4).length;
    return Math.max(1, first);
  }

  /** @param {number} index @param {number} by @param {boolean} take along */
  function step(index, by, take) {
    const goal = Math.max(0, Math.min(entries.length - 1, index + by));
    if (goal === index) {
      return;
    }
    if (take) {
      const name = entryName(entries[index], catalog);
      reorder(movedItem(entries, index, goal));
      setText(spoken, words.movedTo(name, goal + 1, entries.length));
    } else {
      at = entries[goal].uid;
      render();
    }
    focus(/** @type {number} */ (at));
  }

  /** @param {number} index */
  function lift(index) {
    const entry = entries[index];
    const name = entryName(entry, catalog);
    if (lifted) {
      lifted = null;
      setText(spoken, words.dropped(name, index + 1, entries.length));
    } else {
      lifted = { uid: entry.uid, before: entries };
      setText(spoken, words.lifted(name, index + 1, entries.length));
    }
    render();
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const uid = uidAt(event.target);
    const index = entries.findIndex((entry) => entry.uid === uid);
    if (index < 0 || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    /** @type {Record<string, () => number>} */
    const steps = {
      ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -columns(), ArrowDown: () => columns(),
      Home: () => -entries.length, End: () => entries.length,
    };
    const take = editable && (event.shiftKey || Boolean(lifted));
    if (steps[event.key]) {
      step(index, steps[event.key](), take);
    } else if (event.key === ' ' && editable) {
      lift(index);
    } else if (event.key === 'Escape' && lifted) {
      const { before } = lifted;
      lifted = null;
      reorder(before);
      setText(spoken, words.putBack);
    } else if (event.key === 'Delete' && editable && uid !== null) {
      remove(uid);
    } else {
      return;
    }
    event.preventDefault();
  }

  list.addEventListener('keydown', onKey);
  list.addEventListener('focusin', (event) => {
    const uid = uidAt(event.target);
    if (uid !== null && uid !== at) {
      at = uid;
      tiles.forEach((tile) => (tile.button.tabIndex = tile.uid === at ? 0 : -1));
    }
    lastIndex = Math.max(0, entries.findIndex((entry) => entry.uid === at));
  });
  list.addEventListener('focusout', (event) => {
    if (lifted && !list.contains(/** @type {Node|null} */ (event.relatedTarget)) && event.relatedTarget) {
      lifted = null; // It stays where it is.
      render();
    }
  });
  list.addEventListener('click', (event) => {
    const uid = uidAt(event.target);
    if (uid !== null) {
      select(uid === selected ? null : uid);
    }
  });

  const drags = editable ? followDrags(list, {
    move(uid, index) {
      const now = shown();
      const from = now.findIndex((entry) => entry.uid === uid);
      if (from >= 0 && from !== index) {
        hovering = movedItem(now, from, index);
        render();
      }
    },
    done(uid) {
      const now = hovering;
      hovering = null;
      if (now) {
        reorder(now);
        at = uid;
      }
      render();
    },
    cancelled() {
      hovering = null;
      render();
    },
  }) : null;
  const endCatalog = catalog.on(() => playlist && render());

  return {
    element,
    /**
     * @param {Playlist} of
     * @param {Entry[]} now
     * @param {number|null} chosen
     * @param {Map<number, string>} found what is wrong, by uid
     */
    show(of, now, chosen, found) {
      playlist = of;
      entries = now;
      selected = chosen;
      problems = found;
      render();
    },
    /** Where it can be seen beside its settings. @param {number} uid */
    reveal(uid) {
      const tile = tiles.get(uid);
      if (tile) {
        tile.element.scrollIntoView({ block: 'nearest' });
      }
    },
    /** @param {number} uid */
    focus(uid) {
      at = uid;
      render();
      focus(uid);
    },
    /** Shows where something would come to stand. @param {number} x @param {number} y @returns {number} */
    gapAt(x, y) {
      const all = Array.from(list.children);
      const index = dropIndex(all.map((each) => each.getBoundingClientRect()), x, y);
      all.forEach((each, at) => {
        each.classList.toggle('gap-before', at === index);
        each.classList.toggle('gap-after', at === index - 1 && index === all.length);
      });
      return index;
    },
    noGap: () => Array.from(list.children).forEach((each) => each.classList.remove('gap-before', 'gap-after')),
    leave() {
      endCatalog();
      if (drags) {
        drags.leave();
      }
    },
  };
}
