// What of the library is shown, as the address has it. Pure.

/** @typedef {'added'|'taken'|'name'|'length'|'rating'|'views'|'last_watched'} Order */
/** @typedef {'short'|'medium'|'long'|'longest'} Length */

/**
 * @typedef {Object} Filter
 * @property {string} q
 * @property {string[]} tags all of them
 * @property {''|import('./types.js').Kind} kind
 * @property {boolean} favorite
 * @property {string} rating stars at least; `0`: none given; empty: any
 * @property {Length|''} length
 * @property {string} year in which it was taken
 * @property {string} type ending of the file
 * @property {Order} order
 * @property {'asc'|'desc'} direction
 */

/** @type {import('./types.js').Kind[]} */
export const KINDS = ['video', 'slide', 'sound'];
/** @type {Order[]} */
export const ORDERS = ['added', 'taken', 'name', 'length', 'rating', 'views', 'last_watched'];

/** Seconds from and to; null: no end. @type {Record<Length, [number|null, number|null]>} */
const LENGTHS_S = { short: [null, 60], medium: [60, 300], long: [300, 1200], longest: [1200, null] };
/** @type {Length[]} */
export const LENGTHS = ['short', 'medium', 'long', 'longest'];

/** @param {URLSearchParams} params @returns {string} */
function readRating(params) {
  const least = params.get('rating_min') || '';
  return params.get('rating_max') === '0' ? '0' : /^[1-5]$/.test(least) ? least : '';
}

/** @param {URLSearchParams} params @returns {Length|''} */
function readLength(params) {
  const asked = ['length_min_s', 'length_max_s'].map((name) => params.get(name));
  return LENGTHS.find((length) => LENGTHS_S[length].every((bound, at) => (bound === null ? null : String(bound)) === asked[at])) || '';
}

/** @param {string|null} text @param {RegExp} pattern */
function readText(text, pattern) {
  return text && pattern.test(text) ? text : '';
}

/**
 * Names go up the alphabet, all else begins with the newest or the most.
 * @param {Order} order
 * @returns {'asc'|'desc'}
 */
export function usualDirection(order) {
  return order === 'name' ? 'asc' : 'desc';
}

/**
 * Whatever an address says, a filter comes of it.
 * @param {URLSearchParams} params
 * @returns {Filter}
 */
export function readFilter(params) {
  const order = ORDERS.find((known) => known === params.get('order')) || 'added';
  const direction = params.get('direction');
  return {
    q: (params.get('q') || '').trim(),
    tags: Array.from(new Set(params.getAll('tag').filter(Boolean))),
    kind: KINDS.find((kind) => kind === params.get('kind')) || '',
    favorite: params.get('favorite') === 'true',
    rating: readRating(params),
    length: readLength(params),
    year: readText(params.get('year'), /^(19[7-9]|20)\d+$/),
    type: readText(params.get('type'), /^[a-z0-9]{2,5}$/),
    order,
    direction: direction === 'asc' || direction === 'desc' ? direction : usualDirection(order),
  };
}

/**
 * The query of an address, without what goes without saying; the same filter always gives the same text.
 * @param {Filter} filter
 */
export function queryText(filter) {
  const params = new URLSearchParams();
  if (filter.q) {
    params.set('q', filter.q);
  }
  filter.tags.forEach((tag) => params.append('tag', tag));
  if (filter.kind) {
    params.set('kind', filter.kind);
  }
  if (filter.favorite) {
    params.set('favorite', 'true');
  }
  if (filter.rating) {
    params.set(filter.rating === '0' ? 'rating_max' : 'rating_min', filter.rating);
  }
  const [least, most] = filter.length ? LENGTHS_S[filter.length] : [null, null];
  if (least !== null) {
    params.set('length_min_s', String(least));
  }
  if (most !== null) {
    params.set('length_max_s', String(most));
  }
  if (filter.year) {
    params.set('year', filter.year);
  }
  if (filter.type) {
    params.set('type', filter.type);
  }
  if (filter.order !== 'added') {
    params.set('order', filter.order);
  }
  if (filter.direction !== usualDirection(filter.order)) {
    params.set('direction', filter.direction);
  }
  return params.toString();
}

/** @param {string} path @param {string} query */
export function address(path, query) {
  return query ? `${path}?${query}` : path;
}

/** @param {Filter} filter narrowed by anything but its order */
export function isNarrowed(filter) {
  return Boolean(filter.q || filter.tags.length || filter.kind || filter.favorite || filter.rating || filter.length
    || filter.year || filter.type);
}
