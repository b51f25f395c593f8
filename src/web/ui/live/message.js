// What the player says in the middle of the picture while there is none.

import { texts } from '../texts.js';

const words = texts.player;

/**
 * @param {import('./player.js').Player} player
 * @returns {string} empty: there is nothing to say
 */
export function messageFor(player) {
  if (player.state === 'playing' || player.state === 'stopped') {
    return '';
  }
  const ending = player.ending;
  const name = words.transports[player.mode].name;
  if (ending && ending.kind === 'unreachable') {
    return words.unreachable;
  }
  if (ending && ending.kind === 'unsupported' && player.mode !== 'auto') {
    return words.unsupported(name);
  }
  if (player.state === 'broken') {
    return words.broken;
  }
  return ending && player.mode !== 'auto' ? words.noPicture(name) : words.connecting;
}
