// A time in the week that was pressed: what plays then, and what can be done there, said where one pressed.

import { minutesText, spanText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { locale } from '../language.js';
import { screens } from '../signage/data.js';
import { fieldRow, openDialog } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { momentAnswer } from './ask.js';
import { blocksOf } from './blocks.js';
import { windowName, windowPlace } from './block.js';
import { minutesOf, mondayOf, weekdayOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */

const words = texts.signage.schedule;
/** Between it and the edges of the window. */
const EDGE_PX = 8;

/**
 * @param {{
 *   date: string, minutes: number, point: {x: number, y: number}, windows: TimeWindow[],
 *   target: {screen: number|null, group: number|null},
 *   add: (() => void)|null, edit: ((window: TimeWindow) => void)|null,
 * }} pressed windows: of whom is looked at; add, edit: null for who only looks
 */
export function openMoment({ date, minutes, point, windows, target, add, edit }) {
  const answer = h('p', { class: 'ask-answer', role: 'status' });
  const all = (screens.value() || []).filter((each) => target.screen !== null ? each.id === target.screen
    : target.group === null || each.group === target.group);
  const select = h('select', { class: 'field', change: ask }, ...all.map((each) => h('option', { value: each.id }, each.name)));
  const act = (/** @type {() => void} */ go) => () => {
    dialog.close();
    go();
  };
  const there = blocksOf(windows, mondayOf(date)).filter((block) => block.day === weekdayOf(date)
    && block.from <= minutes && minutes < block.until).map((block) => block.window);
  const lines = there.map((window) => h('li', {}, edit
    ? h('button', { type: 'button', class: 'button icon-small', click: act(() => edit(window)) }, icon('edit'), entryText(window))
    : entryText(window)));
  const dialog = openDialog(titleOf(date, minutes), false,
    all.length > 1 ? fieldRow(words.askScreen, select) : null, answer,
    lines.length ? h('div', {}, h('h3', {}, words.entriesThen), h('ul', { class: 'moment-entries' }, ...lines)) : null,
    add ? h('div', { class: 'form-actions' },
      h('button', { type: 'button', class: 'button main icon-small', click: act(add) }, icon('plus'), words.addHere)) : null);
  dialog.classList.add('moment-dialog');
  let asked = 0;

  async function ask() {
    asked += 1;
    const mine = asked;
    const said = await momentAnswer(Number(select.value), date, minutes);
    if (mine === asked) {
      answer.replaceChildren(...said);
      placeAt(dialog, point);
    }
  }

  placeAt(dialog, point);
  if (all.length) {
    ask();
  } else {
    answer.append(icon('screen'), h('span', {}, words.noScreens));
  }
}

/** @param {TimeWindow} window */
function entryText(window) {
  return `${windowName(window)}, ${spanText(minutesOf(window.from), minutesOf(window.until))}, ${windowPlace(window)}`;
}

/** @param {string} date @param {number} minutes */
export function titleOf(date, minutes) {
  const day = new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' });
  return `${day.format(new Date(`${date}T12:00:00Z`))}, ${minutesText(minutes)}`;
}

/** Beside the point, and whole in the window. @param {HTMLElement} dialog @param {{x: number, y: number}} point */
function placeAt(dialog, point) {
  const box = dialog.getBoundingClientRect();
  const within = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ room) =>
    Math.max(EDGE_PX, Math.min(at, room - size - EDGE_PX));
  const below = point.y + EDGE_PX + box.height + EDGE_PX <= window.innerHeight;
  dialog.style.left = `${within(point.x - box.width / 3, box.width, window.innerWidth)}px`;
  dialog.style.top = `${within(below ? point.y + EDGE_PX : point.y - EDGE_PX - box.height, box.height, window.innerHeight)}px`;
}
