// The kinds of what the library holds, as pictures and words.

import { lengthText } from '../format.js';
import { texts } from '../texts.js';

/** @typedef {import('./types.js').Kind} Kind */

const ICONS = { video: 'video', slide: 'slide', sound: 'note' };

/** Of icons.svg. @param {Kind} kind */
export function kindIcon(kind) {
  return ICONS[kind];
}

/** How long it is, or that it is none that lasts; `spoken`: for who does not see the note. @param {{kind: Kind, duration_ms: number}} asset */
export function lastsText({ kind, duration_ms }, spoken = false) {
  if (kind === 'slide') {
    return texts.library.slide;
  }
  const length = duration_ms ? lengthText(duration_ms) : '';
  if (kind === 'video') {
    return length;
  }
  return spoken ? `${texts.library.sound} ${length}`.trim() : `♪ ${length}`.trim();
}
