// Times as the box tells them: its clock and its zone, not those of the device that shows the page.

import { locale } from './language.js';

let skew_ms = 0;
let zone = 'UTC';

/**
 * @param {string} time RFC 3339, the box's "now"
 * @param {string} time_zone IANA name
 */
export function setBoxTime(time, time_zone) {
  skew_ms = Date.parse(time) - Date.now();
  zone = time_zone;
}

/** The box's "now". */
export function boxNow() {
  return new Date(Date.now() + skew_ms);
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
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { hour: '2-digit', minute: '2-digit' };
  return format(today ? options : Object.assign({ day: 'numeric', month: 'short' }, options)).format(when);
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
