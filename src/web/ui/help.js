// The list of keys of a page.

import { h } from './dom.js';
import { texts } from './texts.js';

/** @param {[string, string][]} keys */
export function createHelp(keys) {
  const list = h('dl', {}, ...keys.map((pair) => h('div', {}, h('dt', {}, pair[0]), h('dd', {}, pair[1]))));
  const dialog = h('dialog', { class: 'help', 'aria-label': texts.player.helpTitle },
    h('h2', {}, texts.player.helpTitle), list,
    h('button', { type: 'button', class: 'button', click: () => dialog.close() }, texts.nav.close));
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return dialog;
}
