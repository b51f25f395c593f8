// The pages of a slide, one at a time.

import { request } from '../api.js';
import { urlOf } from '../base_path.js';
import { h, setText } from '../dom.js';
import { assetPath } from '../library/changes.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */

const words = texts.asset;
/** Looked at for this long it was seen. */
const WATCHED_MS = 2000;
/** A finger that moves this far means another page. */
const SWIPE_PX = 50;

/**
 * @param {FullAsset} asset
 * @returns {import('./video.js').Stage}
 */
export function createSlides(asset) {
  const pages = asset.pages;
  let at = 0;
  const image = h('img', { class: 'stage-media', alt: '' });
  const count = h('span', { class: 'figures', role: 'status' });
  const back = iconButton('previous', words.pageBack, () => turn(-1));
  const on = iconButton('next', words.pageOn, () => turn(1));
  const bar = h('div', { class: 'stage-bar', hidden: pages.length < 2 }, back, count, on);
  const element = h('div', { class: 'stage' }, image, bar);

  function show() {
    const page = pages[at];
    element.style.setProperty('--ratio', String(Math.max(page.width / page.height || 16 / 9, 4 / 3)));
    image.src = urlOf(page.url);
    image.alt = pages.length > 1 ? words.pageOf(asset.name, at + 1, pages.length) : asset.name;
    setText(count, words.page(at + 1, pages.length));
    back.disabled = at === 0;
    on.disabled = at === pages.length - 1;
    if (pages[at + 1]) {
      new Image().src = urlOf(pages[at + 1].url); // Already there when it is turned to.
    }
  }

  /** @param {number} by */
  function turn(by) {
    const goal = Math.min(Math.max(0, at + by), pages.length - 1);
    if (goal !== at) {
      const focused = document.activeElement;
      at = goal;
      show();
      // A button that has just been switched off would lose the focus to nowhere.
      if ((focused === back && back.disabled) || (focused === on && on.disabled)) {
        (back.disabled ? on : back).focus();
      }
    }
  }

  let from_px = 0;
  element.addEventListener('touchstart', (event) => (from_px = event.touches[0].clientX), { passive: true });
  element.addEventListener('touchend', (event) => {
    const moved_px = event.changedTouches[0].clientX - from_px;
    if (Math.abs(moved_px) > SWIPE_PX) {
      turn(moved_px < 0 ? 1 : -1);
    }
  });
  show();
  const timer = window.setTimeout(
    () => request(`${assetPath(asset.id)}/watched`, { method: 'POST' }).catch(() => undefined),
    WATCHED_MS,
  );

  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
    ' ': () => turn(1),
    Home: () => turn(-pages.length),
    End: () => turn(pages.length),
  };
  return {
    element,
    full: element,
    act(key) {
      if (!(key in keys) || (key === ' ' && document.activeElement instanceof HTMLButtonElement)) {
        return false;
      }
      keys[key]();
      return true;
    },
    leave: () => window.clearTimeout(timer),
  };
}
