// A look into a video before one opens it: the pictures of its preview, one after the other.

import { urlOf } from '../base_path.js';
import { h } from '../dom.js';

/** Who only passes by starts nothing. */
const START_MS = 350;
const STEP_MS = 450;

/**
 * @param {HTMLElement} card reacts when pointed at or focused
 * @param {HTMLElement} picture takes the pictures
 * @param {() => {url: string, frames: number}|null} preview
 */
export function attachPreview(card, picture, preview) {
  /** @type {HTMLElement|null} */
  let strip = null;
  let timer = 0;

  function begin() {
    const now = preview();
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (!now || now.frames < 2 || strip || still) {
      return;
    }
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      // Looked at first: an empty box is worse than none.
      const image = new Image();
      image.addEventListener('load', () => timer && play(now));
      image.src = urlOf(now.url);
    }, START_MS);
  }

  /** @param {{url: string, frames: number}} now */
  function play(now) {
    let at = 0;
    const element = h('span', { class: 'card-preview' });
    element.style.backgroundImage = `url("${encodeURI(now.url)}")`;
    element.style.backgroundSize = `${now.frames * 100}% 100%`;
    const show = () => {
      element.style.backgroundPositionX = `${at / (now.frames - 1) * 100}%`;
      at = (at + 1) % now.frames;
    };
    show();
    end();
    strip = element;
    picture.append(element);
    timer = window.setInterval(show, STEP_MS);
  }

  function end() {
    window.clearTimeout(timer);
    window.clearInterval(timer);
    timer = 0;
    if (strip) {
      strip.remove();
      strip = null;
    }
  }

  card.addEventListener('pointerenter', (event) => event.pointerType !== 'touch' && begin());
  card.addEventListener('pointerleave', end);
  card.addEventListener('focusin', (event) => /** @type {Element} */ (event.target).matches(':focus-visible') && begin());
  card.addEventListener('focusout', end);
  return end;
}
