// What there is to say about one item: how long, which part, how it fills the screen, its sound.

import { h, setText } from '../dom.js';
import { lengthText } from '../format.js';
import { icon } from '../icons.js';
import { choiceRow, iconButton } from '../parts.js';
import { checkBox, fieldRow } from '../signage/dialog.js';
import { texts } from '../texts.js';
import {
  DURATION_MS_MAX, DURATION_MS_MIN, lengthField, LIVE_MS, pagesText, parseLength, parsePages,
} from './draft.js';
import { itemName } from './tile.js';

/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('../signage/types.js').Playlist} Playlist */
/** @typedef {import('./strip.js').Entry} Entry */

const words = texts.signage.playlists;

/**
 * @param {{
 *   catalog: import('./catalog.js').Catalog,
 *   change: (uid: number, change: Partial<PlaylistItem>) => void,
 *   move: (uid: number, by: number) => void,
 *   copy: (uid: number) => void,
 *   remove: (uid: number) => void,
 *   close: () => void,
 * }} actions
 */
export function createInspector(actions) {
  const { catalog } = actions;
  const element = h('section', { class: 'inspector card-box', 'aria-label': words.inspector, hidden: true });
  const title = h('h2', { tabindex: -1 });
  const problem = h('p', { class: 'form-problem icon-small', role: 'status' });
  const fields = h('div', { class: 'form' });
  const earlier = iconButton('previous', words.earlier, () => shown && actions.move(shown.uid, -1));
  const later = iconButton('next', words.later, () => shown && actions.move(shown.uid, 1));
  element.append(h('div', { class: 'more-head' }, title, iconButton('close', texts.nav.close, actions.close)), problem, fields,
    h('div', { class: 'row' }, earlier, later, iconButton('copy', words.copyItem, () => shown && actions.copy(shown.uid)),
      h('span', { class: 'spacer' }),
      h('button', { type: 'button', class: 'button bad icon-small', click: () => shown && actions.remove(shown.uid) },
        icon('bin'), words.removeItem)));
  /** @type {Entry|null} */
  let shown = null;
  /** What the fields were built for: they are not built anew under the fingers. */
  let built = '';

  /** @param {Entry} entry @param {Playlist} playlist */
  function build(entry, playlist) {
    const { item } = entry;
    const asset = item.kind === 'asset' ? catalog.asset(item.asset) || null : null;
    const key = `${entry.uid} ${asset ? asset.id : ''} ${playlist.slide_ms}`;
    if (key === built) {
      return;
    }
    built = key;
    const change = (/** @type {Partial<PlaylistItem>} */ now) => actions.change(entry.uid, now);
    const video = item.kind === 'asset' && asset && asset.kind !== 'slide';
    const usual = item.kind === 'live' ? LIVE_MS : playlist.slide_ms;
    const parts = [
      video ? null : lengthRow(item.kind === 'tag' ? words.slideDuration : words.duration, words.durationHint(lengthText(usual)),
        item.duration_ms, usual, true, (ms) => change({ duration_ms: ms })),
      asset && asset.kind === 'slide' && asset.pages.length > 1 ? pagesRow(item, asset.pages.length, change) : null,
      video && asset ? partRows(item, asset.duration_ms, change) : null,
      item.kind === 'live' ? checkBox(words.untilNoSignal, item.until_no_signal, (on) => change({ until_no_signal: on })).element : null,
      h('div', { class: 'form-row' }, h('span', { class: 'label' }, words.fit), choiceRow(words.fit, [
        { value: 'contain', text: words.fits.contain }, { value: 'cover', text: words.fits.cover },
      ], item.fit, (fit) => change({ fit: /** @type {PlaylistItem['fit']} */ (fit) })).element),
      item.kind === 'asset' && !video ? null : checkBox(words.sound, item.sound, (on) => change({ sound: on })).element,
      item.kind === 'tag' ? h('p', { class: 'muted small-text' }, words.tagHint) : null,
    ];
    fields.replaceChildren(.../** @type {HTMLElement[]} */ (parts.filter(Boolean)));
  }

  return {
    element,
    /**
     * @param {Entry|null} entry
     * @param {Playlist} playlist
     * @param {string} wrong
     * @param {number} index
     * @param {number} count
     */
    show(entry, playlist, wrong, index, count) {
      shown = entry;
      element.hidden = !entry;
      if (!entry) {
        built = '';
        return;
      }
      setText(title, itemName(entry.item, catalog));
      problem.replaceChildren(...(wrong ? [icon('warn'), h('span', {}, wrong)] : []));
      earlier.disabled = index <= 0;
      later.disabled = index >= count - 1;
      build(entry, playlist);
    },
    focus: () => title.focus({ preventScroll: true }),
  };
}

/** What was typed makes no sense, and is not taken. @param {HTMLInputElement} input @param {boolean} invalid */
function markInvalid(input, invalid) {
  if (invalid) {
    input.setAttribute('aria-invalid', 'true');
  } else {
    input.removeAttribute('aria-invalid');
  }
}

/**
 * @param {string} label
 * @param {string} hint
 * @param {number|null} value
 * @param {number} usual
 * @param {boolean} empty may be left empty
 * @param {(ms: number|null) => void} take
 */
export function lengthRow(label, hint, value, usual, empty, take) {
  const input = h('input', {
    class: 'field', type: 'text', autocomplete: 'off', size: 8, placeholder: empty ? lengthField(usual) : '',
    value: value === null ? '' : lengthField(value),
  });
  input.addEventListener('change', () => {
    const text = input.value.trim();
    const ms = parseLength(text);
    const cleared = empty && !text;
    const good = cleared || (ms !== null && ms >= DURATION_MS_MIN && ms <= DURATION_MS_MAX);
    markInvalid(input, !good);
    if (good) {
      input.value = cleared || ms === null ? '' : lengthField(ms);
      take(cleared ? null : ms);
    }
  });
  return fieldRow(label, input, hint);
}

/** @param {PlaylistItem} item @param {number} count @param {(change: Partial<PlaylistItem>) => void} change */
function pagesRow(item, count, change) {
  const input = h('input', {
    class: 'field', type: 'text', autocomplete: 'off', placeholder: words.allPages(count), value: pagesText(item.pages),
  });
  input.addEventListener('change', () => {
    const pages = parsePages(input.value, count);
    markInvalid(input, pages === null);
    if (pages !== null) {
      input.value = pagesText(pages);
      change({ pages });
    }
  });
  return fieldRow(words.pages, input, words.pagesHint);
}

/**
 * The whole video, or a part of it.
 * @param {PlaylistItem} item
 * @param {number} duration_ms
 * @param {(change: Partial<PlaylistItem>) => void} change
 */
function partRows(item, duration_ms, change) {
  const field = (/** @type {number|null} */ value, /** @type {string} */ placeholder) => h('input', {
    class: 'field', type: 'text', autocomplete: 'off', size: 8, placeholder,
    value: value === null ? '' : lengthField(value),
  });
  const from = field(item.from_ms, lengthField(0));
  const until = field(item.until_ms, lengthField(duration_ms));
  const take = () => {
    const begin = from.value.trim() ? parseLength(from.value) : 0;
    const end = until.value.trim() ? parseLength(until.value) : duration_ms;
    const good = begin !== null && end !== null && end - begin >= DURATION_MS_MIN && begin < duration_ms;
    markInvalid(from, begin === null || (!good && end !== null));
    markInvalid(until, end === null || (!good && begin !== null));
    if (good) {
      change({ from_ms: begin ? begin : null, until_ms: end < duration_ms ? end : null });
    }
  };
  from.addEventListener('change', take);
  until.addEventListener('change', take);
  return h('div', { class: 'field-pair' }, fieldRow(words.partFrom, from), fieldRow(words.partUntil, until, words.partHint(lengthText(duration_ms))));
}
