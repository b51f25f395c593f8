// Changes to assets: shown at once, told to the server, and taken back with the reason if it refuses.

import { api } from '../api.js';
import { createEmitter } from '../emitter.js';
import { texts } from '../texts.js';
import { say, sayDeferred, sayError, sayUndo } from '../toast.js';
import { applied } from './edit.js';
import { address } from './query.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./types.js').FullAsset} FullAsset */
/** @typedef {import('./types.js').Change} Change */
/** @typedef {import('./types.js').Chosen} Chosen */

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
 * @param {Chosen} chosen
 * @param {Change} change
 */
export async function editMany(chosen, change) {
  const assets = chosen.assets;
  assets.forEach((asset) => changed.tell(applied(asset, change)));
  try {
    const done = await post('/api/assets/edit', chosen, change);
    sayDone(texts.library.changed(done.assets), done, () => assets.forEach((asset) => changed.tell(asset)),
      () => assets.forEach((asset) => changed.tell(applied(asset, change))));
  } catch (error) {
    assets.forEach((asset) => changed.tell(asset));
    sayError(error);
  }
}

/**
 * How a request names at most `IDS_MAX` of what is chosen, or everything.
 * @param {string} path
 * @param {Chosen} chosen
 * @returns {{to: string, which: object}}
 */
export function namedBy(path, chosen) {
  return chosen.everything ? { to: address(path, chosen.query), which: { all: true, except: chosen.except } }
    : { to: path, which: { ids: chosen.assets.slice(0, IDS_MAX).map((asset) => asset.id) } };
}

/**
 * Asks for a change: of all by one request, else by as many as the server wants.
 * @param {string} path
 * @param {Chosen} chosen
 * @param {object} [more]
 * @param {{keepalive?: boolean}} [options]
 * @returns {Promise<Done>}
 */
async function post(path, chosen, more, options) {
  /** @type {Done} */
  const done = { assets: 0, undos: [] };
  const send = async (/** @type {string} */ to, /** @type {object} */ which) => {
    const answer = await api.send('POST', to, Object.assign({}, which, more), options);
    done.assets += answer.assets;
    done.undos.push(answer.undo);
  };
  if (chosen.everything) {
    const { to, which } = namedBy(path, chosen);
    await send(to, which);
    return done;
  }
  const ids = chosen.assets.map((asset) => asset.id);
  for (let at = 0; at < ids.length; at += IDS_MAX) {
    await send(path, { ids: ids.slice(at, at + IDS_MAX) });
  }
  return done;
}

/**
 * @typedef {Object} Done
 * @property {number} assets how many were changed
 * @property {(string|null)[]} undos what takes it back; null: nothing does
 */

/**
 * Says what was done, and takes it back if somebody wants that.
 * @param {string} text
 * @param {Done} done
 * @param {() => void} back shows it as it was
 * @param {() => void} again shows it as it is after all
 */
function sayDone(text, done, back, again) {
  const names = done.undos.filter(Boolean);
  if (!names.length || names.length < done.undos.length) {
    say(text);
    return;
  }
  sayUndo(text, async () => {
    back();
    try {
      for (const undo of names) {
        await api.send('POST', '/api/assets/undo', { undo });
      }
    } catch (error) {
      again();
      sayError(error);
    }
  });
}

/** @param {Chosen} chosen */
export function moveToBin(chosen) {
  return move(chosen, '/api/assets/bin', texts.library.binned);
}

/** @param {Chosen} chosen */
export function restore(chosen) {
  return move(chosen, '/api/assets/restore', texts.bin.restored);
}

/**
 * @param {Chosen} chosen
 * @param {string} path
 * @param {(count: number, name: string) => string} words
 */
async function move(chosen, path, words) {
  const ids = chosen.assets.map((asset) => asset.id);
  if (!ids.length) {
    return;
  }
  // Of everything more would come up in the place of what is gone, until the server knows it.
  const atOnce = !chosen.everything;
  if (atOnce) {
    taken.tell(ids);
  }
  try {
    const done = await post(path, chosen);
    if (!atOnce) {
      taken.tell(ids);
    }
    sayDone(words(done.assets, chosen.assets[0].name), done, () => putBack.tell(ids), () => taken.tell(ids));
  } catch (error) {
    if (atOnce) {
      putBack.tell(ids);
    }
    sayError(error);
  }
}

/**
 * For good. The server hears of it when the time to undo is over.
 * @param {Chosen} chosen of the bin, the newest first
 * @param {string} text what is said
 */
export function purge(chosen, text) {
  const ids = chosen.assets.map((asset) => asset.id);
  // What comes into the bin meanwhile is not what somebody saw there.
  const until = chosen.everything ? { binned_until: chosen.assets[0].binned } : {};
  taken.tell(ids);
  sayDeferred(text, (leaving) => {
    post('/api/assets/purge', chosen, until, { keepalive: leaving }).catch((error) => {
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
