// One asset in a grid, list or shelf.

import { h, setAttribute, setText } from '../dom.js';
import { dayText } from '../clock.js';
import { countText, percentText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { texts } from '../texts.js';
import { kindIcon, lastsText } from './kinds.js';
import { attachPreview } from './preview.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {ReturnType<typeof createCard>} Card */

const words = texts.library;

/**
 * @param {Asset} first
 * @param {string} href
 * @param {'div'|'li'} tag
 * @param {'high'|'low'|'auto'} [urgency] of its picture among others that come over a slow link at the same time
 */
export function createCard(first, href, tag, urgency) {
  let asset = first;
  const image = h('img', { alt: '', decoding: 'async', draggable: 'false', fetchpriority: urgency || 'auto' });
  const blank = icon('video');
  const length = h('span', { class: 'card-length figures' });
  const bar = h('span', { class: 'card-resume' });
  const work = h('span', { class: 'card-work icon-small' });
  const picture = h('span', { class: 'card-picture', 'aria-hidden': 'true' }, blank, image, length, bar, work);
  const name = h('span', { class: 'card-name' });
  const spoken = h('span', { class: 'sr-only' });
  const link = h('a', { class: 'card-link', href }, name, spoken);
  const favorite = h('span', { class: 'card-favorite' }, icon('heart-full'));
  const line = h('span', { class: 'card-line figures' });
  const stars = h('span', { class: 'card-stars' });
  const meta = h('span', { class: 'card-meta icon-small', 'aria-hidden': 'true' }, favorite, stars, line);
  const box = h('input', { type: 'checkbox', tabindex: -1 });
  const check = h('label', { class: 'card-check' }, box);
  const element = h(tag, { class: 'card' }, picture, link, meta);
  const endPreview = attachPreview(element, picture, () => asset.preview);
  image.addEventListener('error', () => {
    image.hidden = true;
    blank.toggleAttribute('hidden', false);
  });

  /** @param {Asset} now */
  function patch(now) {
    asset = now;
    setAttribute(element, 'data-id', String(now.id));
    setText(name, now.name);
    link.title = now.name;
    setIcon(blank, kindIcon(now.kind));
    if (now.thumbnail && setAttribute(image, 'src', now.thumbnail)) {
      image.hidden = false;
    }
    image.hidden = image.hidden || !now.thumbnail;
    blank.toggleAttribute('hidden', !image.hidden);
    setText(length, lastsText(now));
    length.hidden = !length.textContent;
    const share = now.resume_ms === null ? 0 : now.resume_ms / now.duration_ms;
    bar.hidden = !share;
    bar.style.setProperty('--share', String(share));
    favorite.hidden = !now.favorite;
    stars.hidden = !now.rating;
    setText(stars, '★'.repeat(now.rating));
    setText(line, lineOf(now));
    setText(spoken, spokenOf(now, share));
    setAttribute(box, 'aria-label', words.select(now.name));
    showWork(now.work, null);
  }

  /**
   * @param {Asset['work']} state
   * @param {number|null} progress 0 to 1, where it is known
   */
  function showWork(state, progress) {
    work.hidden = state === 'done';
    if (state !== 'done' && work.dataset.state !== state) {
      work.dataset.state = state;
      work.replaceChildren(icon(state === 'failed' ? 'warn' : 'starting'), h('span', {}));
    }
    if (state !== 'done' && work.lastElementChild) {
      const text = progress === null ? words.work[state] : percentText(progress);
      setText(work.lastElementChild, text);
    }
  }

  patch(first);
  return {
    element,
    link,
    check,
    box,
    patch,
    showWork,
    asset: () => asset,
    end: endPreview,
    /** @param {boolean} on */
    select(on) {
      box.checked = on;
      setAttribute(element, 'aria-selected', String(on));
    },
  };
}

/** @param {Asset} asset */
function lineOf(asset) {
  const parts = [asset.binned ? words.binnedOn(dayText(asset.binned)) : dayText(asset.added)];
  if (asset.views) {
    parts.push(words.views(asset.views, countText(asset.views)));
  }
  return parts.join(' · ');
}

/** What the picture and the line say, for who does not see them. @param {Asset} asset @param {number} share */
function spokenOf(asset, share) {
  const parts = [lastsText(asset, true)];
  if (asset.favorite) {
    parts.push(words.favorite);
  }
  if (asset.rating) {
    parts.push(words.stars(asset.rating));
  }
  if (share) {
    parts.push(words.seen(percentText(share)));
  }
  if (asset.work !== 'done') {
    parts.push(words.work[asset.work]);
  }
  return `, ${parts.join(', ')}`;
}
