// One problem in words: what is wrong, what to do, and where.

import { bytesText } from '../format.js';
import { texts } from '../texts.js';

/** @typedef {import('../types.js').Problem} Problem */

const words = texts.problems;
/** Pages on which somebody who may only look can do nothing. */
const ADMIN_PAGES = ['/bin', '/settings'];

/** @param {Problem} problem */
export function whatIsWrong(problem) {
  const name = problem.subject ? problem.subject.name : '';
  if (problem.code === 'source_lost') {
    return words.sourceLost(name, causeOf(problem).text);
  }
  const known = words.codes[problem.code];
  if (!known) {
    return words.other.what;
  }
  const { free_bytes, kept_bytes } = problem;
  return free_bytes === null || kept_bytes === null ? known.what(name, '') : known.what(bytesText(free_bytes), bytesText(kept_bytes));
}

/** @param {Problem} problem */
export function cureOf(problem) {
  if (problem.code === 'source_lost') {
    return causeOf(problem).cure;
  }
  return (words.codes[problem.code] || words.other).cure;
}

/** @param {Problem} problem */
function causeOf(problem) {
  return words.causes[problem.cause || ''] || words.causes.failed;
}

/**
 * Where it is mended; null where that is no page, or none for this visitor.
 * @param {Problem} problem
 * @param {boolean} admin
 * @returns {{href: string, text: string}|null}
 */
export function wayOf(problem, admin) {
  const href = problem.page;
  if (!href || (!admin && ADMIN_PAGES.some((page) => href.startsWith(page)))) {
    return null;
  }
  const known = words.links.find(([beginning]) => href.startsWith(beginning));
  return { href, text: known ? known[1] : href };
}
