// The viewer's own sound setting, remembered on this device.

import { recall, remember } from '../store.js';

const KEY = 'marquee.sound';
const STEP = 0.1;

/** @typedef {{on: boolean, volume: number}} Sound */

/** @returns {Sound} */
export function loadSound() {
  const stored = recall(KEY) || {};
  const volume = Number(stored.volume);
  return { on: stored.on !== false, volume: volume > 0 && volume <= 1 ? volume : 1 };
}

/** @param {Sound} sound */
export function saveSound(sound) {
  remember(KEY, sound);
}

/**
 * One step louder or quieter. Louder switches the sound on, down to nothing switches it off.
 * @param {Sound} sound
 * @param {1|-1} direction
 * @returns {Sound}
 */
export function stepVolume(sound, direction) {
  const volume = Math.round((sound.volume + direction * STEP) * 10) / 10;
  if (volume <= 0) {
    return { on: false, volume: sound.volume };
  }
  return { on: direction > 0 || sound.on, volume: Math.min(1, volume) };
}
