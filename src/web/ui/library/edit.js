// What a change makes of an asset. Pure.

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./types.js').Change} Change */

/**
 * @template {Asset} T
 * @param {T} asset
 * @param {Change} change
 * @returns {T} as it will be
 */
export function applied(asset, change) {
  const now = Object.assign({}, asset);
  if (change.name !== undefined) {
    now.name = change.name;
  }
  if (change.favorite !== undefined) {
    now.favorite = change.favorite;
  }
  if (change.rating !== undefined) {
    now.rating = change.rating;
  }
  const removed = change.remove_tags || [];
  const kept = asset.tags.filter((tag) => removed.indexOf(tag) < 0);
  now.tags = kept.concat((change.add_tags || []).filter((tag) => kept.indexOf(tag) < 0)).sort();
  return now;
}

/**
 * A tag as it is stored: no spaces around, single ones inside.
 * @param {string} text
 */
export function tagName(text) {
  return text.trim().replace(/\s+/g, ' ').slice(0, TAG_CHARS_MAX);
}

/** As the server takes them. */
export const TAG_CHARS_MAX = 60;
