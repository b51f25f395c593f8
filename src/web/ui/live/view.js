// The dashboard: every source as a tile, and below them what the library has for one.

import { Problem, sources as fetchSources } from '../api.js';
import { h, setText } from '../dom.js';
import { isGone, onGone, onSources } from '../events.js';
import { createShelves } from '../front/shelves.js';
import { icon } from '../icons.js';
import { copyText } from '../parts.js';
import { isAdmin } from '../session.js';
import { frame } from '../shell.js';
import { recall, remember } from '../store.js';
import { texts } from '../texts.js';
import { createTile } from './tile.js';

/** Quick answers show no skeleton at all. */
const SKELETON_AFTER_MS = 150;
/** As many as there were tiles the last time. */
const COUNT_KEY = 'marquee.tiles';
const SKELETONS_MAX = 6;
/** From this many tiles on the grid is the same. */
const LAYOUTS_MAX = 5;

/** @typedef {import('../types.js').Source} Source */

/** @returns {import('../router.js').View} */
export function open() {
  const live = createTiles();
  const shelves = createShelves();
  return {
    element: h('div', {}, live.element, shelves.element),
    title: texts.live.documentTitle,
    ready: shelves.ready,
    leave() {
      live.leave();
      shelves.leave();
    },
  };
}

function skeleton() {
  return h('div', { class: 'tile skeleton', 'aria-hidden': 'true' },
    h('div', { class: 'stage' }),
    h('div', { class: 'tile-body' }, h('span', { class: 'bone' }), h('span', { class: 'bone short' })));
}

function createTiles() {
  const summary = h('p', { class: 'muted figures' });
  const grid = h('div', { class: 'tiles', 'aria-busy': 'true' });
  const notice = h('div', {});
  const element = h('div', {},
    h('header', { class: 'page-head' }, h('h1', {}, texts.live.title), summary), notice, grid);

  /** @type {Map<string, import('./tile.js').Tile>} */
  const tiles = new Map();
  let loaded = false;
  let over = false;
  /** @type {(() => HTMLElement)|null} the notice that stands there */
  let told = null;

  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const tile = tiles.get(/** @type {HTMLElement} */ (entry.target).dataset.source || '');
      if (tile) {
        tile.setInView(entry.isIntersecting);
      }
    }
  }, { threshold: 0.05 });

  window.setTimeout(() => {
    if (!loaded && !over && !told) {
      const length = Math.min(Number(recall(COUNT_KEY)) || 1, SKELETONS_MAX);
      const label = h('span', { class: 'sr-only', role: 'status' }, texts.live.loading);
      setCount(length);
      grid.replaceChildren(label, ...Array.from({ length }, skeleton));
    }
  }, SKELETON_AFTER_MS);

  /** @param {number} length */
  function setCount(length) {
    grid.dataset.count = String(Math.min(length, LAYOUTS_MAX));
  }

  function settleAll() {
    tiles.forEach((tile) => tile.settle());
  }

  function closeAll() {
    tiles.forEach((tile) => tile.close());
  }

  /** @param {PageTransitionEvent} event */
  function comeBack(event) {
    if (event.persisted) {
      settleAll();
    }
  }

  /** @param {boolean} gone */
  function followGone(gone) {
    if (gone && !loaded) {
      explain();
    }
  }

  /** @param {Source[]} sources */
  function show(sources) {
    if (!loaded) {
      loaded = true;
      grid.replaceChildren();
      grid.removeAttribute('aria-busy');
    }
    for (const tile of Array.from(tiles.values())) {
      if (!sources.some((source) => source.id === tile.id)) {
        observer.unobserve(tile.element);
        tile.close();
        tile.element.remove();
        tiles.delete(tile.id);
      }
    }
    sources.forEach((source, index) => place(source, index));
    setCount(sources.length);
    remember(COUNT_KEY, sources.length);
    tell(sources.length ? null : emptyNotice);
    setText(summary, sources.length ? texts.live.summary(count(sources)) : '');
  }

  /**
   * @param {Source} source
   * @param {number} index
   */
  function place(source, index) {
    let tile = tiles.get(source.id);
    if (tile) {
      tile.patch(source);
    } else {
      tile = createTile(source);
      tiles.set(source.id, tile);
    }
    const there = grid.children[index];
    if (there !== tile.element) {
      grid.insertBefore(tile.element, there || null);
      observer.observe(tile.element);
    }
  }

  /**
   * Shows a notice in the place of tiles; the same one is not built again.
   * @param {(() => HTMLElement)|null} make
   */
  function tell(make) {
    if (make !== told) {
      told = make;
      notice.replaceChildren(...(make ? [make()] : []));
    }
  }

  /** No list has come: says why, if the server says so. A server that is away has its bar. */
  async function explain() {
    try {
      const sources = await fetchSources();
      frame.showGone(false);
      show(sources);
    } catch (error) {
      if (loaded || over || !(error instanceof Problem) || error.status === 0) {
        return;
      }
      frame.showGone(false);
      grid.replaceChildren();
      const reason = error.message;
      tell(() => h('section', { class: 'problem', role: 'alert' },
        h('h2', {}, icon('warn'), texts.live.failedTitle),
        h('p', {}, reason),
        h('button', { type: 'button', class: 'button main', click: () => location.reload() }, texts.live.failedAction)));
    }
  }

  document.addEventListener('visibilitychange', settleAll);
  // A page kept for the back button must not keep its connections.
  window.addEventListener('pagehide', closeAll);
  window.addEventListener('pageshow', comeBack);
  const ends = [onSources(show), onGone(followGone)];
  if (isGone()) {
    explain();
  }
  return {
    element,
    leave() {
      over = true;
      observer.disconnect();
      closeAll();
      document.removeEventListener('visibilitychange', settleAll);
      window.removeEventListener('pagehide', closeAll);
      window.removeEventListener('pageshow', comeBack);
      ends.forEach((end) => end());
    },
  };
}

/** @param {Source[]} sources */
function count(sources) {
  const total = { live: 0, lost: 0, idle: 0 };
  for (const source of sources) {
    if (source.state !== 'starting') {
      total[source.state] += 1;
    }
  }
  return total;
}

function emptyNotice() {
  if (!isAdmin()) {
    return h('section', { class: 'problem empty' }, h('h2', {}, texts.live.emptyTitle));
  }
  const label = h('span', {}, texts.live.emptyAction);
  const sample = h('pre', { tabindex: 0, 'aria-label': texts.live.emptySampleLabel }, texts.live.emptySample);
  return h('section', { class: 'problem empty' },
    h('h2', {}, texts.live.emptyTitle),
    h('p', {}, texts.live.empty),
    sample,
    h('button', { type: 'button', class: 'button main icon-small', click: () => copyText(texts.live.emptySample) && setText(label, texts.live.copied) },
      icon('copy'), label));
}
