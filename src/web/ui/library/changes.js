// Changes to assets: shown at once, told to the server, and taken back with the reason if it refuses.

import { api } from '../api.js';
import { createEmitter } from '../emitter.js';
import { texts } from '../texts.js';
import { say, sayDeferred, sayError, sayUndo } from '../toast.js';
import { applied, inverse } from './edit.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./types.js').FullAsset} FullAsset */
/** @typedef {import('./types.js').Change} Change */

/** Ids in one request, as the server takes them. */
const IDS_MAX = 1000;

/** An asset is to be shown as it is now. @type {ReturnType<typeof createEmitter<Asset>>} */
export const changed = createEmitter();
/** Assets have left where they were: into the bin, out of it, or for good. @type {ReturnType<typeof createEmitter<number[]>>} */
export const taken = createEmitter();
/** They are back. @type {ReturnType<typeof createEmitter<number[]>>} */
export const putBack = createEmitter();

/** @param {number} id */
export function assetPath(id) {
  return `/api/assets/${id}`;
}

/**
 * @param {Asset} asset as it is shown
 * @param {Change} change
 * @returns {Promise<FullAsset|null>} null: the server refused, which has been said
 */
export async function edit(asset, change) {
  changed.tell(applied(asset, change));
  try {
    const now = await api.send('PATCH', assetPath(asset.id), change);
    changed.tell(now);
    return now;
  } catch (error) {
    changed.tell(asset);
    sayError(error);
    return null;
  }
}

/**
 * The same change to many, which can be undone.
 * @param {Asset[]} assets
 * @param {Change} change
 */
export async function editMany(assets, change) {
  if (!assets.length) {
    return;
  }
  assets.forEach((asset) => changed.tell(applied(asset, change)));
  try {
    await inParts('/api/assets/edit', assets.map((asset) => asset.id), change);
    sayUndo(texts.library.changed(assets.length), () => takeBack(assets, change));
  } catch (error) {
    assets.forEach((asset) => changed.tell(asset));
    sayError(error);
  }
}

/** @param {Asset[]} assets as they were @param {Change} change */
async function takeBack(assets, change) {
  assets.forEach((asset) => changed.tell(asset));
  try {
    for (const part of inverse(assets, change)) {
      await inParts('/api/assets/edit', part.ids, part.change);
    }
  } catch (error) {
    assets.forEach((asset) => changed.tell(applied(asset, change)));
    sayError(error);
  }
}

/**
 * @param {string} path
 * @param {number[]} ids
 * @param {object} [more]
 * @param {{keepalive?: boolean}} [options]
 */
async function inParts(path, ids, more, options) {
  for (let at = 0; at < ids.length; at += IDS_MAX) {
    await api.send('POST', path, Object.assign({ ids: ids.slice(at, at + IDS_MAX) }, more), options);
  }
}

/** @param {Asset[]} assets */
export function moveToBin(assets) {
  return move(assets, '/api/assets/bin', '/api/assets/restore', texts.library.binned);
}

/** @param {Asset[]} assets */
export function restore(assets) {
  return move(assets, '/api/assets/restore', '/api/assets/bin', texts.bin.restored);
}

/**
 * @param {Asset[]} assets
 * @param {string} there
 * @param {string} back
 * @param {(count: number, name: string) => string} words
 */
async function move(assets, there, back, words) {
  const ids = assets.map((asset) => asset.id);
  if (!ids.length) {
    return;
  }
  taken.tell(ids);
  try {
    await inParts(there, ids);
    sayUndo(words(ids.length, assets[0].name), () => {
      putBack.tell(ids);
      inParts(back, ids).catch((error) => {
        taken.tell(ids);
        sayError(error);
      });
    });
  } catch (error) {
    putBack.tell(ids);
    sayError(error);
  }
}

/**
 * For good. The server hears of it when the time to undo is over.
 * @param {Asset[]} assets of the bin
 * @param {boolean} all empties the bin, also of what is not shown yet
 */
export function purge(assets, all) {
  const ids = assets.map((asset) => asset.id);
  taken.tell(ids);
  sayDeferred(all ? texts.bin.emptied : texts.bin.purged(ids.length, assets[0].name), (leaving) => {
    const options = { keepalive: leaving };
    const done = all ? api.send('POST', '/api/assets/purge', { all: true }, options)
      : inParts('/api/assets/purge', ids, {}, options);
    done.catch((error) => {
      putBack.tell(ids);
      sayError(error);
    });
  }, () => putBack.tell(ids));
}

/**
 * @param {number} id
 * @param {string} step
 * @param {'retry'|'cancel'} what
 */
export async function steer(id, step, what) {
  try {
    await api.send('POST', `${assetPath(id)}/jobs/${step}/${what}`);
  } catch (error) {
    sayError(error);
  }
}

/** @param {number} id */
export async function convert(id) {
  try {
    await api.send('POST', `${assetPath(id)}/convert`);
    say(texts.asset.convertAsked);
  } catch (error) {
    sayError(error);
  }
}
