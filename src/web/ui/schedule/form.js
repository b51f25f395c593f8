// One window of the schedule as a form: all that can be drawn and moved, and more, by keyboard.

import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { choiceRow } from '../parts.js';
import { groups, playlists, screens } from '../signage/data.js';
import { checkBox, fieldRow, fieldSet, openForm } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { DAYS } from './blocks.js';
import { dayName } from './block.js';
import { minutesOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('../signage/types.js').Day} Day */

const words = texts.signage.schedule;
const STANDBY = 'standby';
const PRIORITY_MAX = 9;

/**
 * @param {Omit<TimeWindow, 'id'>} window as it begins
 * @param {{
 *   title: string, action: string, save: (window: Omit<TimeWindow, 'id'>) => Promise<unknown>, remove: (() => void)|null,
 *   done: () => void,
 * }} options done: it is saved, and the form closed
 */
export function openWindowForm(window, { title, action, save, remove, done }) {
  const what = whatField(window);
  const where = whereField(window);
  const when = whenField(window);
  const limits = limitsField(window);
  const more = remove ? h('button', {
    type: 'button', class: 'button bad icon-small',
    click: () => {
      dialog.close();
      remove();
    },
  }, icon('bin'), words.remove) : null;
  const dialog = openForm({
    title,
    action,
    wide: true,
    done,
    more,
    send: () => save(Object.assign({}, what.read(), where.read(), when.read(), limits.read())),
  }, what.element, where.element, when.element, limits.element);
}

/** @param {Omit<TimeWindow, 'id'>} window */
function whatField(window) {
  const select = h('select', { class: 'field', required: true },
    window.playlist === 0 ? h('option', { value: '' }, words.choosePlaylist) : null,
    ...(playlists.value() || []).map((playlist) => h('option', { value: playlist.id }, playlist.name)),
    h('option', { value: STANDBY }, words.standbyOption));
  select.value = window.playlist === null ? STANDBY : window.playlist === 0 ? '' : String(window.playlist);
  return {
    element: fieldRow(words.what, select),
    read: () => ({ playlist: select.value === STANDBY ? null : Number(select.value) }),
  };
}

/** @param {Omit<TimeWindow, 'id'>} window */
function whereField(window) {
  let everywhere = window.everywhere;
  const groupBoxes = (groups.value() || []).map((group) => ({
    id: group.id, box: checkBox(words.groupNamed(group.name), window.groups.indexOf(group.id) >= 0),
  }));
  const screenBoxes = (screens.value() || []).map((screen) => ({
    id: screen.id, box: checkBox(screen.name, window.screens.indexOf(screen.id) >= 0),
  }));
  const list = h('div', { class: 'check-list' }, ...groupBoxes.concat(screenBoxes).map((each) => each.box.element));
  const row = choiceRow(words.where, [
    { value: 'all', text: words.everywhere }, { value: 'some', text: words.chosen },
  ], everywhere ? 'all' : 'some', (value) => {
    everywhere = value === 'all';
    list.hidden = everywhere;
  });
  list.hidden = everywhere;
  const ids = (/** @type {typeof groupBoxes} */ boxes) => boxes.filter((each) => each.box.input.checked).map((each) => each.id);
  return {
    element: fieldSet(words.where, row.element, list),
    read() {
      const chosen = { everywhere, groups: everywhere ? [] : ids(groupBoxes), screens: everywhere ? [] : ids(screenBoxes) };
      if (!everywhere && !chosen.groups.length && !chosen.screens.length) {
        throw new Error(words.chooseWhere);
      }
      return chosen;
    },
  };
}

/** @param {Omit<TimeWindow, 'id'>} window */
function whenField(window) {
  const boxes = DAYS.map((day, index) => checkBox(dayName(index, 'short'), window.days.indexOf(day) >= 0));
  boxes.forEach((box, index) => box.input.setAttribute('aria-label', dayName(index, 'long')));
  const choose = (/** @type {(index: number) => boolean} */ test) =>
    boxes.forEach((box, index) => (box.input.checked = test(index)));
  const quick = (/** @type {string} */ text, /** @type {(index: number) => boolean} */ test) =>
    h('button', { type: 'button', class: 'chip', click: () => choose(test) }, text);
  const from = h('input', { class: 'field', type: 'time', required: true, value: window.from });
  // A clock has no 24:00: midnight, at the end, is 00:00.
  const until = h('input', { class: 'field', type: 'time', required: true, value: window.until === '24:00' ? '00:00' : window.until });
  const note = h('p', { class: 'muted small-text', role: 'status' });
  const patch = () => setText(note, from.value && until.value ? endsText(from.value, until.value) : '');
  from.addEventListener('input', patch);
  until.addEventListener('input', patch);
  patch();
  return {
    element: h('div', { class: 'form' },
      fieldSet(words.days, h('div', { class: 'day-boxes' }, ...boxes.map((box) => box.element)),
        h('div', { class: 'chips' }, quick(words.everyDay, () => true), quick(words.weekdays, (index) => index < 5),
          quick(words.weekend, (index) => index >= 5))),
      h('div', { class: 'field-pair' }, fieldRow(words.from, from), fieldRow(words.until, until)), note),
    read() {
      const days = DAYS.filter((_, index) => boxes[index].input.checked);
      if (!days.length) {
        throw new Error(words.chooseDay);
      }
      return { days, from: from.value, until: until.value === '00:00' ? '24:00' : until.value };
    },
  };
}

/** @param {string} from @param {string} until */
function endsText(from, until) {
  if (until === '00:00') {
    return from === '00:00' ? words.wholeDay : words.atMidnight;
  }
  return minutesOf(until) <= minutesOf(from) ? words.nextDay : '';
}

/** What few need: dates between which it holds, and what wins where two meet. @param {Omit<TimeWindow, 'id'>} window */
function limitsField(window) {
  const first = h('input', { class: 'field', type: 'date', value: window.first || '' });
  const last = h('input', { class: 'field', type: 'date', value: window.last || '' });
  const priority = h('select', { class: 'field' }, ...Array.from({ length: PRIORITY_MAX + 1 }, (_, value) =>
    h('option', { value }, value === 0 ? words.priorityUsual : value === PRIORITY_MAX ? words.priorityHighest : String(value))));
  priority.value = String(window.priority);
  const element = h('details', { class: 'form-more', open: Boolean(window.first || window.last || window.priority) },
    h('summary', {}, words.more),
    h('div', { class: 'form' },
      h('div', { class: 'field-pair' }, fieldRow(words.first, first), fieldRow(words.last, last)),
      fieldRow(words.priority, priority, words.priorityHint)));
  return {
    element,
    read() {
      if (first.value && last.value && last.value < first.value) {
        throw new Error(words.datesOrder);
      }
      return { first: first.value || null, last: last.value || null, priority: Number(priority.value) };
    },
  };
}
