// What a change makes of an asset, and what would take it back. Pure.

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
  const added = (change.add_tags || []).filter((tag) => asset.tags.indexOf(tag) < 0);
  now.tags = asset.tags.filter((tag) => removed.indexOf(tag) < 0).concat(added).sort();
  return now;
}

/**
 * Requests that make all of them again what they were: those that had the tag already keep it.
 * @param {Asset[]} assets as they were
 * @param {Change} change
 * @returns {{ids: number[], change: Change}[]}
 */
export function inverse(assets, change) {
  /** @type {Map<string, {ids: number[], change: Change}>} */
  const parts = new Map();
  const add = (/** @type {number} */ id, /** @type {Change} */ back) => {
    const key = JSON.stringify(back);
    const part = parts.get(key) || { ids: [], change: back };
    part.ids.push(id);
    parts.set(key, part);
  };
  for (const asset of assets) {
    if (change.favorite !== undefined && asset.favorite !== change.favorite) {
      add(asset.id, { favorite: asset.favorite });
    }
    if (change.rating !== undefined && asset.rating !== change.rating) {
      add(asset.id, { rating: asset.rating });
    }
    (change.add_tags || []).filter((tag) => asset.tags.indexOf(tag) < 0)
      .forEach((tag) => add(asset.id, { remove_tags: [tag] }));
    (change.remove_tags || []).filter((tag) => asset.tags.indexOf(tag) >= 0)
      .forEach((tag) => add(asset.id, { add_tags: [tag] }));
  }
  return Array.from(parts.values());
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
