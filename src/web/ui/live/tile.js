// One source on the Live page: its picture while it can be seen, and what there is to say about it.
//
// A tile is patched, never built again, so that its picture plays on.

import { livePath, restartSource } from '../api.js';
import { h, setAttribute, setText } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';
import { adviceText, factsText, sizeText, stateIcon, stateText } from './describe.js';
import { Player } from './player.js';

/** A tile that is only scrolled past opens nothing, and one that is left for a moment closes nothing. */
const OPEN_AFTER_MS = 150;
const CLOSE_AFTER_MS = 1000;
/** Without MJPEG: a browser allows six connections to a server, and each such stream would hold one for good. */
const TILE_ORDER = /** @type {import('../types.js').TransportName[]} */ (['webrtc', 'mse', 'jpeg']);
/** Tiles are small: 15 single pictures per second are plenty. */
const TILE_INTERVAL_MS = 66;

/** @typedef {ReturnType<typeof createTile>} Tile */

/** @param {import('../types.js').Source} first */
export function createTile(first) {
  const id = first.id;
  const stage = h('div', { class: 'stage', 'aria-hidden': 'true' });
  const stateMark = icon('ring');
  const link = h('a', { class: 'tile-link', href: livePath(id) });
  const state = h('span', {});
  const size = h('span', { class: 'figures' });
  const viewers = h('span', { class: 'tile-viewers figures' });
  const viewersText = h('span', { class: 'sr-only' });
  const viewersCount = h('span', { 'aria-hidden': 'true' });
  viewers.append(icon('eye'), viewersCount, viewersText);
  const advice = h('p', { class: 'tile-advice' });
  const facts = h('p', { class: 'tile-facts muted figures' });
  const retry = h('button', { type: 'button', class: 'button tile-retry icon-small' }, icon('retry'), texts.tryNow);
  retry.addEventListener('click', () => retrySource(id, retry));
  const element = h('article', { class: 'tile', id: `source-${id}`, 'data-source': id, tabindex: -1 },
    stage,
    h('div', { class: 'tile-body' },
      h('h2', { class: 'tile-name' }, link),
      viewers,
      h('p', { class: 'tile-state icon-small' }, stateMark, h('span', {}, state, size)),
      advice,
      facts,
      retry));

  const player = new Player(stage, livePath(id), {
    sound: false,
    order: TILE_ORDER,
    interval_ms_min: TILE_INTERVAL_MS,
    changed() {
      setAttribute(element, 'data-player', player.state);
      if (player.current) {
        showViewers(); // Of one that broke the box says it.
      }
    },
  });

  let viewersTotal = 0;
  let newest = first;
  /** Counts down to the next try. */
  let ticks = 0;

  /** For who can do something about it: where it is, what it said, and when it is tried again. */
  function showFacts() {
    const text = isAdmin() ? factsText(newest) : '';
    setText(facts, text);
    facts.hidden = !text;
  }

  /** This tile itself is none of whom one asks for. */
  function showViewers() {
    const others = Math.max(0, viewersTotal - (player.current ? 1 : 0));
    setText(viewersCount, String(others));
    setText(viewersText, texts.viewers(others));
  }

  /** @param {import('../types.js').Source} source */
  function patch(source) {
    const dimensions = sizeText(source);
    const hint = source.state === 'lost' ? adviceText(source) : '';
    setAttribute(element, 'data-state', source.state);
    setText(link, source.name);
    setIcon(stateMark, stateIcon(source));
    setText(state, stateText(source));
    setText(size, dimensions ? ` · ${dimensions}` : '');
    viewersTotal = source.viewers.total;
    newest = source;
    showFacts();
    window.clearInterval(ticks);
    ticks = source.next_try ? window.setInterval(showFacts, 1000) : 0;
    showViewers();
    setText(advice, hint);
    advice.hidden = !hint;
    retry.hidden = source.state !== 'lost' || !isAdmin();
    setAttribute(retry, 'aria-label', texts.tryNowLabel(source.name));
  }

  let inView = false;
  let timer = 0;

  /** Opens and closes the picture, a little after what the page and the scrolling say. */
  function settle() {
    const wanted = inView && !document.hidden;
    window.clearTimeout(timer);
    timer = window.setTimeout(
      () => (wanted ? player.start() : player.stop()),
      wanted ? OPEN_AFTER_MS : CLOSE_AFTER_MS,
    );
  }

  patch(first);
  return {
    id,
    element,
    patch,
    settle,
    /** @param {boolean} now */
    setInView(now) {
      inView = now;
      settle();
    },
    close() {
      window.clearTimeout(timer);
      window.clearInterval(ticks);
      player.stop();
    },
  };
}

/**
 * @param {string} id
 * @param {HTMLButtonElement} button
 */
async function retrySource(id, button) {
  button.disabled = true;
  try {
    await restartSource(id);
  } catch (error) {
    button.title = /** @type {Error} */ (error).message;
  } finally {
    button.disabled = false;
  }
}
