// All windows one under the other: what the week shows, for who does not see it, and for a phone.

import { dateText, spanText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { DAYS } from './blocks.js';
import { dayName, hueOf, windowName, windowPlace } from './block.js';
import { minutesOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */

const words = texts.signage.schedule;

/** @param {{open: (window: TimeWindow) => void, remove: (window: TimeWindow) => void, editable: boolean}} actions */
export function createWindowList(actions) {
  const list = h('ul', { class: 'window-list' });
  const element = h('section', { class: 'windows', hidden: true }, h('h2', {}, words.all), list);

  /** @param {TimeWindow} window */
  function line(window) {
    const name = windowName(window);
    const parts = [daysText(window), spanText(minutesOf(window.from), minutesOf(window.until)), windowPlace(window), datesText(window),
      window.priority ? words.priorityIs(window.priority) : ''];
    return h('li', { class: 'window-line' },
      h('span', { class: `swatch ${hueOf(window.playlist)}`, 'aria-hidden': 'true' }),
      h('div', { class: 'window-text' }, h('b', {}, window.playlist === null ? icon('night') : null, name),
        h('span', { class: 'muted small-text figures' }, parts.filter(Boolean).join(' · '))),
      ...(actions.editable ? [
        iconButton('edit', words.editNamed(name), () => actions.open(window)),
        iconButton('bin', words.removeNamed(name), () => actions.remove(window)),
      ] : []));
  }

  return {
    element,
    /** @param {TimeWindow[]} windows */
    show(windows) {
      const sorted = windows.slice().sort((a, b) => DAYS.indexOf(a.days[0]) - DAYS.indexOf(b.days[0]) || a.from.localeCompare(b.from));
      const focused = document.activeElement && list.contains(document.activeElement)
        ? document.activeElement.getAttribute('aria-label') : null;
      list.replaceChildren(...sorted.map(line));
      element.hidden = !windows.length;
      const same = focused ? Array.from(list.querySelectorAll('button')).find((each) => each.getAttribute('aria-label') === focused) : null;
      if (same) {
        same.focus();
      }
    },
  };
}

/** @param {TimeWindow} window */
function daysText(window) {
  const all = window.days.length;
  if (all === 7) {
    return words.everyDay;
  }
  const weekdays = DAYS.slice(0, 5);
  if (all === 5 && weekdays.every((day) => window.days.indexOf(day) >= 0)) {
    return words.weekdays;
  }
  return DAYS.map((day, index) => (window.days.indexOf(day) >= 0 ? dayName(index, 'short') : '')).filter(Boolean).join(', ');
}

/** @param {TimeWindow} window */
function datesText(window) {
  if (window.first && window.last) {
    return window.first === window.last ? dateText(window.first) : words.between(dateText(window.first), dateText(window.last));
  }
  return window.first ? words.since(dateText(window.first)) : window.last ? words.upTo(dateText(window.last)) : '';
}
