// What of the library is shown, as the address has it. Pure.

/** @typedef {'added'|'name'|'length'|'rating'|'views'|'last_watched'} Order */

/**
 * @typedef {Object} Filter
 * @property {string} q
 * @property {string[]} tags all of them
 * @property {''|'video'|'slide'} kind
 * @property {boolean} favorite
 * @property {Order} order
 * @property {'asc'|'desc'} direction
 */

/** @type {Order[]} */
export const ORDERS = ['added', 'name', 'length', 'rating', 'views', 'last_watched'];

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
  const kind = params.get('kind');
  const direction = params.get('direction');
  return {
    q: (params.get('q') || '').trim(),
    tags: Array.from(new Set(params.getAll('tag').filter(Boolean))),
    kind: kind === 'video' || kind === 'slide' ? kind : '',
    favorite: params.get('favorite') === 'true',
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
  return Boolean(filter.q || filter.tags.length || filter.kind || filter.favorite);
}
