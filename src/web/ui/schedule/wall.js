// Dates and minutes on the wall clock of a zone. Pure.

const DAY_MS = 24 * 3600 * 1000;
export const DAY_MIN = 24 * 60;

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/** @param {string} zone */
function formatOf(zone) {
  let format = formats.get(zone);
  if (!format) {
    /** @type {Intl.DateTimeFormatOptions} */
    const options = {
      year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false,
    };
    try {
      format = new Intl.DateTimeFormat('en-US', Object.assign({ timeZone: zone }, options));
    } catch (error) {
      format = new Intl.DateTimeFormat('en-US', options); // A zone that this browser does not know yet.
    }
    formats.set(zone, format);
  }
  return format;
}

/**
 * What the clock on the wall shows, as if it were UTC.
 * @param {number} at_ms
 * @param {string} zone
 */
function shownAsUtc(at_ms, zone) {
  /** @type {Record<string, number>} */
  const part = {};
  formatOf(zone).formatToParts(new Date(at_ms)).forEach((each) => (part[each.type] = Number(each.value)));
  // Some browsers say 24 for midnight.
  return Date.UTC(part.year, part.month - 1, part.day, part.hour % 24, part.minute, part.second);
}

/**
 * @param {Date} when
 * @param {string} zone IANA name
 * @returns {{date: string, minutes: number}} minutes since midnight
 */
export function wallOf(when, zone) {
  const shown = new Date(shownAsUtc(when.getTime(), zone));
  return { date: shown.toISOString().slice(0, 10), minutes: shown.getUTCHours() * 60 + shown.getUTCMinutes() };
}

/**
 * The moment at which the wall clock shows this. A time that the clock skips is the moment after the gap's length more;
 * one that it shows twice is the first.
 * @param {string} date YYYY-MM-DD
 * @param {number} minutes since midnight, 1440 too
 * @param {string} zone
 */
export function instantOf(date, minutes, zone) {
  const wanted = Date.parse(`${date}T00:00:00Z`) + minutes * 60000;
  // Seen from before and from after a change of the clock: the earlier one that shows what is wanted.
  const before = wanted - (shownAsUtc(wanted - DAY_MS, zone) - (wanted - DAY_MS));
  const after = wanted - (shownAsUtc(wanted + DAY_MS, zone) - (wanted + DAY_MS));
  const fits = [before, after].filter((at) => shownAsUtc(at, zone) === wanted);
  return new Date(fits.length ? Math.min.apply(null, fits) : before);
}

/**
 * @param {string} date
 * @param {number} days later; negative: earlier
 */
export function dayOn(date, days) {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** 0 is Monday. @param {string} date */
export function weekdayOf(date) {
  return (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
}

/** The Monday of its week. @param {string} date */
export function mondayOf(date) {
  return dayOn(date, -weekdayOf(date));
}

/** Whether an address or a form has a date. @param {string|null} text */
export function isDate(text) {
  return Boolean(text && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)));
}

/** @param {string} time HH:MM */
export function minutesOf(time) {
  const [hours, minutes] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** @param {number} minutes @returns {string} HH:MM, 24:00 too */
export function timeOf(minutes) {
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
