// One block of the week.

import { spanText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { locale } from '../language.js';
import { groups, playlistName, screens } from '../signage/data.js';
import { texts } from '../texts.js';
import { minutesOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('./blocks.js').Block} Block */

const words = texts.signage.schedule;
/** As many colours as can be told apart beside each other; names say the rest. */
const HUES = 8;
/** Monday, 1 January 2024. */
const MONDAY_MS = Date.UTC(2024, 0, 1, 12);
const DAY_MS = 24 * 3600 * 1000;

/**
 * Figures that the style sheet places it by. (The page's policy lets no style be written into an attribute.)
 * @template {HTMLElement} T
 * @param {T} element
 * @param {Record<string, number>} figures
 */
export function placed(element, figures) {
  Object.keys(figures).forEach((name) => element.style.setProperty(`--${name}`, String(figures[name])));
  return element;
}

/** The class of a playlist's colour. @param {number|null} playlist null: standby */
export function hueOf(playlist) {
  return playlist === null ? 'hue-night' : `hue-${playlist % HUES}`;
}

/** @param {number} day 0 is Monday @param {'long'|'short'} width */
export function dayName(day, width) {
  return new Intl.DateTimeFormat(locale, { weekday: width, timeZone: 'UTC' }).format(new Date(MONDAY_MS + day * DAY_MS));
}

/** @param {TimeWindow} window */
export function windowName(window) {
  return window.playlist === null ? words.standby : playlistName(window.playlist) || words.unknownPlaylist;
}

/** Where it plays, in few words. @param {TimeWindow} window */
export function windowPlace(window) {
  if (window.everywhere) {
    return words.everywhere;
  }
  const names = (/** @type {{id: number, name: string}[]|null} */ all, /** @type {number[]} */ ids) =>
    (all || []).filter((each) => ids.indexOf(each.id) >= 0).map((each) => each.name);
  const all = names(groups.value(), window.groups).concat(names(screens.value(), window.screens));
  return all.length > 2 ? words.places(all[0], all.length - 1) : all.join(', ') || words.nowhere;
}

/**
 * @param {Block} block
 * @param {boolean} moving
 * @param {boolean} editable
 * @param {(event: KeyboardEvent, block: Block) => void} onKey
 */
export function createBlock(block, moving, editable, onKey) {
  const { window } = block;
  const name = windowName(window);
  const times = spanText(minutesOf(window.from), minutesOf(window.until));
  const place = windowPlace(window);
  const element = h('button', {
    type: 'button',
    class: `block ${hueOf(window.playlist)}`,
    'data-block': `${window.id} ${block.day}`,
    'data-moving': moving,
    'data-short': block.until - block.from < 45,
    'data-narrow': block.lanes > 1,
    'aria-haspopup': 'dialog',
    title: `${name}, ${times}, ${place}`,
    keydown: (event) => onKey(event, block),
  }, h('span', { class: 'block-text' }, h('b', { class: 'block-name' }, window.playlist === null ? icon('night') : null, name),
    h('span', { class: 'sr-only' }, `, ${dayName((block.starts + 7) % 7, 'long')} `),
    h('span', { class: 'block-time figures' }, times), h('span', { class: 'sr-only' }, ', '),
    h('span', { class: 'block-place' }, place)));
  if (editable && block.begins) {
    element.append(h('span', { class: 'block-grip', 'data-edge': 'from', 'aria-hidden': 'true' }));
  }
  if (editable && block.ends) {
    element.append(h('span', { class: 'block-grip', 'data-edge': 'until', 'aria-hidden': 'true' }));
  }
  return placed(element, { from: block.from, until: block.until, lane: block.lane, lanes: block.lanes });
}
