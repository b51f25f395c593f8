// Times as people read them, all of them: by the clock and the zone of the box, not of the device that shows the page, and with
// hours from 0 to 23 or with AM and PM as the reader's language and region have it.

import { locale } from './language.js';
import { dayOn, timeOf, wallOf } from './schedule/wall.js';

/** Whether the reader's day has two halves of twelve hours. */
const halves = new Intl.DateTimeFormat(locale, { hour: 'numeric' }).resolvedOptions().hour12 === true;
/** `7:05 AM`, `07:05`. @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: halves ? 'numeric' : '2-digit', minute: '2-digit' };
/** @type {Intl.DateTimeFormatOptions} */
const DAY = { day: 'numeric', month: 'short' };

/** A difference below this is how long the answer took, and no clock that was set. */
const SKEW_MS_MIN = 1000;

let skew_ms = 0;
/** The page brings it along, so that nothing is ever shown in another. */
let zone = (typeof document !== 'undefined' && document.documentElement.dataset.zone) || 'UTC';

/**
 * @param {string} time RFC 3339, the box's "now"
 * @param {string} time_zone IANA name
 */
export function setBoxTime(time, time_zone) {
  const now_skew_ms = Date.parse(time) - Date.now();
  // Else a minute would begin twice whenever an answer was slow.
  if (Math.abs(now_skew_ms - skew_ms) >= SKEW_MS_MIN) {
    skew_ms = now_skew_ms;
  }
  zone = time_zone;
}

/** The box's "now". */
export function boxNow() {
  return new Date(Date.now() + skew_ms);
}

/** IANA name of the box's zone. */
export function boxZone() {
  return zone;
}

/**
 * The date at the box, so many days from today.
 * @param {number} days
 * @returns {string} YYYY-MM-DD
 */
export function boxDate(days) {
  return dayOn(wallOf(boxNow(), zone).date, days);
}

/** @param {Intl.DateTimeFormatOptions} options */
function format(options) {
  try {
    return new Intl.DateTimeFormat(locale, Object.assign({ timeZone: zone }, options));
  } catch (error) {
    return new Intl.DateTimeFormat(locale, options); // A zone that this browser does not know yet.
  }
}

/** @param {Date} when */
const yearOf = (when) => wallOf(when, zone).date.slice(0, 4);

/**
 * Hours and minutes; with the day if it is not today.
 * @param {Date} when
 */
export function timeText(when) {
  const today = wallOf(when, zone).date === boxDate(0);
  return format(today ? TIME : Object.assign({}, DAY, TIME)).format(when);
}

/**
 * The day at the box, and the year if it is another one.
 * @param {string} time RFC 3339
 */
export function dayText(time) {
  const when = new Date(time);
  return format(yearOf(when) === yearOf(boxNow()) ? DAY : Object.assign({ year: 'numeric' }, DAY)).format(when);
}

/** @param {string} time RFC 3339 @param {string} [timeZone] IANA name; of the box */
export function momentText(time, timeZone) {
  const zoned = timeZone ? { timeZone } : {};
  return format(Object.assign({ year: 'numeric' }, DAY, TIME, zoned)).format(new Date(time));
}

/**
 * A date of the calendar, in whatever zone, and the year if it is another one.
 * @param {string} date YYYY-MM-DD
 */
export function dateText(date) {
  const year = date.slice(0, 4) === boxDate(0).slice(0, 4) ? {} : { year: 'numeric' };
  return format(Object.assign({ timeZone: 'UTC' }, year, DAY)).format(new Date(`${date}T12:00:00Z`));
}

/**
 * A time of the day, as the schedule has them.
 * @param {number} minutes since midnight, at most 24 hours
 */
export function minutesText(minutes) {
  // The end of a day has a name of its own only where hours are counted to 24.
  return minutes === 24 * 60 && !halves ? '24:00' : ofDay(minutes, TIME);
}

/**
 * The same of a whole hour, as short as one has it.
 * @param {number} hour
 */
export function hourText(hour) {
  return halves ? ofDay(hour * 60, { hour: 'numeric' }) : minutesText(hour * 60);
}

/** @param {number} minutes @param {Intl.DateTimeFormatOptions} options */
function ofDay(minutes, options) {
  return format(Object.assign({ timeZone: 'UTC' }, options)).format(new Date(minutes * 60000));
}

/** The box's "now" for the name of a file: `2026-11-30-09-05-07`. */
export function stampText() {
  const now = boxNow();
  const wall = wallOf(now, zone);
  return `${wall.date}-${timeOf(wall.minutes)}-${String(now.getUTCSeconds()).padStart(2, '0')}`.replace(/:/g, '-');
}

/** From one time of the day to another. @param {number} from @param {number} until minutes */
export function spanText(from, until) {
  return `${minutesText(from)} – ${minutesText(until)}`;
}

/**
 * Calls at once, and whenever a minute of the box begins, as long as the page is seen.
 * @param {() => void} show
 */
export function everyMinute(show) {
  let timer = 0;
  const tick = () => {
    window.clearTimeout(timer);
    if (!document.hidden) {
      show();
      timer = window.setTimeout(tick, 60000 - (boxNow().getTime() % 60000) + 20);
    }
  };
  document.addEventListener('visibilitychange', tick);
  tick();
  return tick;
}
