// A recent picture on each card: while somebody looks at the page, the TVs whose card is in sight are asked for one.

import { api } from '../api.js';
import { boxNow } from '../clock.js';
import { isAdmin } from '../session.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */

/** A picture costs a TV a few hundredths of a second, in which it draws nothing else. */
const EVERY_MS = 30000;
const LOOK_MS = 3000;
/** Asked at each look: a hundred TVs do not answer in the same moment. */
const AT_ONCE_MAX = 4;

export function createShots() {
  /** @type {Set<Element>} */
  const seen = new Set();
  /** When each was asked last, by this page. @type {Map<number, number>} */
  const asked = new Map();
  /** @type {TvScreen[]} */
  let screens = [];
  const sights = new IntersectionObserver((entries) => entries.forEach((entry) =>
    (entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target))));
  const timer = window.setInterval(look, LOOK_MS);

  /** @param {TvScreen} screen */
  function isDue(screen) {
    const card = Array.from(seen).find((each) => each.isConnected && each.getAttribute('data-id') === String(screen.id));
    const taken_ms = screen.screenshot_at ? boxNow().getTime() - Date.parse(screen.screenshot_at) : Infinity;
    // One that does not answer is asked no more often than one that does.
    const asked_ms = performance.now() - (asked.has(screen.id) ? Number(asked.get(screen.id)) : -Infinity);
    return Boolean(card) && screen.active && taken_ms >= EVERY_MS && asked_ms >= EVERY_MS;
  }

  function look() {
    if (document.hidden || !isAdmin()) {
      return;
    }
    screens.filter(isDue).slice(0, AT_ONCE_MAX).forEach((screen) => {
      asked.set(screen.id, performance.now());
      api.send('POST', `/api/screens/${screen.id}/screenshot`).catch(() => undefined); // It is switched off just now.
    });
  }

  return {
    /** @param {Element} card */
    watch: (card) => sights.observe(card),
    /** @param {Element} card */
    forget(card) {
      sights.unobserve(card);
      seen.delete(card);
    },
    /** @param {TvScreen[]} now */
    show(now) {
      screens = now;
    },
    leave() {
      window.clearInterval(timer);
      sights.disconnect();
    },
  };
}
