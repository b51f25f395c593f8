// Texts of messages that were shown from this browser before: to be shown again without being typed.

import { h } from '../dom.js';
import { recall, remember } from '../store.js';
import { texts } from '../texts.js';
import { fieldRow } from './dialog.js';

const words = texts.signage.message;
const KEY = 'marquee.messages';
/** As many as one looks through without searching. */
const EARLIER_MAX = 12;

/** @returns {string[]} the newest first */
function earlier() {
  const kept = recall(KEY);
  return Array.isArray(kept) ? kept.filter((text) => typeof text === 'string' && text).slice(0, EARLIER_MAX) : [];
}

/** @param {string} text of a message that is shown */
export function keepText(text) {
  remember(KEY, [text].concat(earlier().filter((each) => each !== text)).slice(0, EARLIER_MAX));
}

/**
 * What one chooses an earlier text with; null if there is none.
 * @param {HTMLTextAreaElement} into
 */
export function createEarlier(into) {
  const kept = earlier();
  if (!kept.length) {
    return null;
  }
  const select = h('select', {
    class: 'field',
    change: () => {
      into.value = select.value;
      select.value = '';
      into.focus();
    },
  }, h('option', { value: '' }, words.chooseEarlier), ...kept.map((text) => h('option', { value: text }, text.replace(/\s+/g, ' '))));
  return fieldRow(words.earlier, select);
}
