// Times as the box tells them: its clock and its zone, not those of the device that shows the page.

import { HOURS, locale } from './language.js';
import { dayOn, wallOf } from './schedule/wall.js';

/** A difference below this is how long the answer took, and no clock that was set. */
const SKEW_MS_MIN = 1000;

let skew_ms = 0;
let zone = 'UTC';

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

/**
 * Hours and minutes; with the day if it is not today.
 * @param {Date} when
 */
export function timeText(when) {
  const day = format({ year: 'numeric', month: 'numeric', day: 'numeric' });
  const today = day.format(when) === day.format(boxNow());
  return format(today ? HOURS : Object.assign({ day: 'numeric', month: 'short' }, HOURS)).format(when);
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
