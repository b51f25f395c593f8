// Figures as people read them: lengths, sizes, rates. (Times are in clock.js.)

import { locale } from './language.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** @param {number} value @param {number} digits behind the point */
function fixed(value, digits) {
  return value.toLocaleString(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** @param {number} count */
export function countText(count) {
  return count.toLocaleString(locale);
}

/**
 * In powers of 1000, as disks are sold.
 * @param {number} bytes
 */
export function bytesText(bytes) {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${fixed(value, unit > 1 && value < 99.5 ? 1 : 0)} ${UNITS[unit]}`;
}

/**
 * A length or position: `4:05`, `1:04:05`.
 * @param {number} ms
 */
export function lengthText(ms) {
  const seconds = Math.floor(ms / 1000);
  const two = (/** @type {number} */ value) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return hours ? `${hours}:${two(minutes % 60)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** @param {number} share 0 to 1 */
export function percentText(share) {
  return share.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 0 });
}

/** @param {number} value @param {number} [digits] */
export function figureText(value, digits) {
  return value.toLocaleString(locale, { maximumFractionDigits: digits || 0 });
}
