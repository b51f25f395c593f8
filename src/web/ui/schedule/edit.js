// Changes to the schedule: shown at once, told to the server, taken back with the reason if it refuses, and undone.

import { api } from '../api.js';
import { boxNow, boxZone } from '../clock.js';
import { windows } from '../signage/data.js';
import { texts } from '../texts.js';
import { sayError, sayUndo } from '../toast.js';
import { DAYS } from './blocks.js';
import { timeOf, wallOf, weekdayOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('./week.js').WindowTimes} WindowTimes */

const words = texts.signage.schedule;
/** What a form begins with that nobody has drawn. */
const HOUR_MIN = 60;

/** A step with the keys is one of many: what undoes them all says so once. @type {{id: number, before: TimeWindow, at_ms: number}|null} */
let last = null;
const ONE_MOVE_MS = 3000;

/** Makes a window so, here and then at the server. @param {TimeWindow} now */
function change(now) {
  const all = (windows.value() || []).map((each) => (each.id === now.id ? now : each));
  const { days, from, until } = now;
  return windows.change(all, () => api.send('PATCH', `/api/windows/${now.id}`, { days, from, until }));
}

/** @param {TimeWindow} window @param {WindowTimes} times */
export async function changeWindow(window, times) {
  const now = Object.assign({}, window, times);
  if (now.from === window.from && now.until === window.until && String(now.days) === String(window.days)) {
    return;
  }
  const same = last && last.id === window.id && performance.now() - last.at_ms < ONE_MOVE_MS ? last : null;
  const before = same ? same.before : window;
  last = { id: window.id, before, at_ms: performance.now() };
  try {
    await change(now);
    if (!same) {
      sayUndo(words.moved, () => {
        last = null; // What comes next is another move, and has an undo of its own.
        change(before).catch(sayError);
      });
    }
  } catch (error) {
    sayError(error);
  }
}

/** At once: what was scheduled ends on the screens now. @param {TimeWindow} window */
export async function removeWindow(window) {
  const others = (windows.value() || []).filter((each) => each.id !== window.id);
  const { playlist, screens, groups, everywhere, days, from, until, first, last: lastDay, priority } = window;
  const again = { playlist, screens, groups, everywhere, days, from, until, first, last: lastDay, priority };
  try {
    await windows.change(others, () => api.send('DELETE', `/api/windows/${window.id}`));
    sayUndo(words.removed, () => api.send('POST', '/api/windows', again).then(() => windows.load()).catch(sayError));
  } catch (error) {
    sayError(error);
  }
}

/** @param {Omit<TimeWindow, 'id'>} window @returns {Promise<number>} id */
export async function createWindow(window) {
  const made = await api.send('POST', '/api/windows', window);
  await windows.load();
  sayUndo(words.added, () => {
    api.send('DELETE', `/api/windows/${made.id}`).catch(sayError).then(() => windows.load());
  });
  return made.id;
}

/**
 * What a new window begins with.
 * @param {{screen: number|null, group: number|null}} target whose week is seen
 * @param {number|null} day null: nobody has drawn anything
 * @param {number} from
 * @param {number} until
 * @returns {Omit<TimeWindow, 'id'>}
 */
export function newWindow(target, day, from, until) {
  const wall = wallOf(boxNow(), boxZone());
  const start = day === null ? Math.min(Math.floor(wall.minutes / HOUR_MIN) * HOUR_MIN, 22 * HOUR_MIN) : from;
  return {
    playlist: 0,
    screens: target.screen === null ? [] : [target.screen],
    groups: target.screen === null && target.group !== null ? [target.group] : [],
    everywhere: target.screen === null && target.group === null,
    days: [DAYS[day === null ? weekdayOf(wall.date) : day]],
    from: timeOf(start),
    until: timeOf(day === null ? start + 2 * HOUR_MIN : until),
    first: null,
    last: null,
    priority: 0,
  };
}
