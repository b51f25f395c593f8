// Windows of the schedule as blocks on the days of a week, and what moving and stretching a block makes of its window.
// Pure.

import { DAY_MIN, dayOn, minutesOf, timeOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('../signage/types.js').Day} Day */

/** @type {Day[]} */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** What one drags by. */
export const STEP_MIN = 15;

/**
 * A piece of a window on one day. One that crosses midnight has two: it belongs to the day on which it starts.
 * @typedef {Object} Block
 * @property {TimeWindow} window
 * @property {number} day 0 is Monday
 * @property {number} starts day on which its window starts; -1: on the Sunday before this week
 * @property {number} from minutes since midnight
 * @property {number} until
 * @property {boolean} begins the window begins with it
 * @property {boolean} ends
 * @property {number} lane place beside others of the same time
 * @property {number} lanes
 */

/** How long it is. @param {TimeWindow} window */
export function lengthOf(window) {
  const minutes = minutesOf(window.until) - minutesOf(window.from);
  return minutes > 0 ? minutes : minutes + DAY_MIN;
}

/** @param {TimeWindow} window @param {string} date @param {number} weekday */
function startsOn(window, date, weekday) {
  return window.days.indexOf(DAYS[weekday]) >= 0 && (!window.first || date >= window.first)
    && (!window.last || date <= window.last);
}

/**
 * @param {TimeWindow[]} windows
 * @param {string} monday
 * @returns {Block[]}
 */
export function blocksOf(windows, monday) {
  /** @type {Block[]} */
  const blocks = [];
  for (const window of windows) {
    for (let starts = -1; starts < 7; starts += 1) {
      if (startsOn(window, dayOn(monday, starts), (starts + 7) % 7)) {
        const from = minutesOf(window.from);
        const until = from + lengthOf(window);
        const add = (/** @type {number} */ day, /** @type {number} */ begin, /** @type {number} */ end) => {
          if (day >= 0 && day < 7 && end > begin) {
            const begins = day === starts;
            blocks.push({ window, day, starts, from: begin, until: end, begins, ends: begins ? until <= DAY_MIN : true, lane: 0, lanes: 1 });
          }
        };
        add(starts, from, Math.min(until, DAY_MIN));
        add(starts + 1, 0, until - DAY_MIN);
      }
    }
  }
  for (let day = 0; day < 7; day += 1) {
    layLanes(blocks.filter((block) => block.day === day));
  }
  return blocks;
}

/** Blocks of one day that overlap stand beside each other. @param {Block[]} blocks */
function layLanes(blocks) {
  blocks.sort((a, b) => a.from - b.from || b.until - a.until || a.window.id - b.window.id);
  /** @type {Block[]} those that touch each other, directly or by others */
  let cluster = [];
  let end = -1;
  const close = () => {
    const lanes = cluster.reduce((most, block) => Math.max(most, block.lane + 1), 1);
    cluster.forEach((block) => (block.lanes = lanes));
  };
  for (const block of blocks) {
    if (block.from >= end) {
      close();
      cluster = [];
    }
    const taken = cluster.filter((other) => other.until > block.from).map((other) => other.lane);
    while (taken.indexOf(block.lane) >= 0) {
      block.lane += 1;
    }
    cluster.push(block);
    end = Math.max(end, block.until);
  }
  close();
}

/** @param {number} minutes */
function snapped(minutes) {
  return Math.round(minutes / STEP_MIN) * STEP_MIN;
}

/** @param {number} value @param {number} least @param {number} most */
function within(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

/** The end as the server takes it: midnight is 24:00. @param {number} from @param {number} length */
function untilOf(from, length) {
  const until = from + length;
  return timeOf(until > DAY_MIN ? until - DAY_MIN : until);
}

/**
 * What becomes of a window when a block of it is moved: its time moves on all its days, this one day to another.
 * @param {Block} block
 * @param {number} days
 * @param {number} minutes
 * @returns {{days: Day[], from: string, until: string}}
 */
export function moved(block, days, minutes) {
  const { window } = block;
  const from = within(minutesOf(window.from) + snapped(minutes), 0, DAY_MIN - STEP_MIN);
  const start = (block.starts + 7) % 7;
  const day = DAYS[within(start + days, 0, 6)];
  const others = window.days.filter((each) => each !== DAYS[start]);
  const moves = others.indexOf(day) < 0 ? others.concat(day) : window.days;
  return {
    days: DAYS.filter((each) => moves.indexOf(each) >= 0),
    from: timeOf(from),
    until: untilOf(from, lengthOf(window)),
  };
}

/**
 * What becomes of it when an edge of a block is drawn.
 * @param {Block} block
 * @param {'from'|'until'} edge
 * @param {number} minutes by which
 * @returns {{from: string, until: string}}
 */
export function stretched(block, edge, minutes) {
  const from = minutesOf(block.window.from);
  const until = from + lengthOf(block.window);
  if (edge === 'from') {
    const begin = within(from + snapped(minutes), Math.max(0, until - DAY_MIN), Math.min(until, DAY_MIN) - STEP_MIN);
    return { from: timeOf(begin), until: block.window.until };
  }
  const end = within(until + snapped(minutes), from + STEP_MIN, from + DAY_MIN);
  return { from: block.window.from, until: untilOf(from, end - from) };
}

/**
 * A new window, drawn from one time to another of a day.
 * @param {number} day
 * @param {number} one
 * @param {number} other
 * @returns {{days: Day[], from: string, until: string}}
 */
export function drawn(day, one, other) {
  const from = within(Math.floor(Math.min(one, other) / STEP_MIN) * STEP_MIN, 0, DAY_MIN - STEP_MIN);
  const until = within(Math.ceil(Math.max(one, other) / STEP_MIN) * STEP_MIN, from + STEP_MIN, DAY_MIN);
  return { days: [DAYS[day]], from: timeOf(from), until: timeOf(until) };
}

/**
 * Whether a window concerns a screen or a group, or one that has neither asks for all.
 * @param {TimeWindow} window
 * @param {{screen: number|null, group: number|null}} target
 */
export function concerns(window, target) {
  const all = target.screen === null && target.group === null;
  return all || window.everywhere || (target.screen !== null && window.screens.indexOf(target.screen) >= 0)
    || (target.group !== null && window.groups.indexOf(target.group) >= 0);
}
