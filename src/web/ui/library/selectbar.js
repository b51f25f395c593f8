// What can be done to all that are chosen.

import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { createStars } from './stars.js';
import { createTagField } from './tags.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./types.js').Change} Change */

const words = texts.library;

/**
 * @param {{
 *   chosen: () => Asset[], edit: (change: Change) => void, bin: () => void, all: () => void, clear: () => void,
 * }} actions
 */
export function createSelectBar(actions) {
  const count = h('b', { class: 'figures' });
  const tags = createTagDialog(actions);
  const stars = createStars((rating) => actions.edit({ rating }), true);
  const text = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act) =>
    h('button', { type: 'button', class: 'button icon-small', title: label, click: act },
      icon(name), h('span', { class: 'wide-text' }, label));
  const element = h('div', { class: 'select-bar', role: 'toolbar', 'aria-label': words.selectedActions, hidden: true },
    iconButton('close', words.clearSelection, actions.clear),
    count,
    h('button', { type: 'button', class: 'button', click: actions.all }, words.selectAll),
    h('span', { class: 'spacer' }),
    stars.element,
    text('tag', words.tagAction, () => tags.open()),
    text('heart', words.favoriteAction, () => {
      const all = actions.chosen().every((asset) => asset.favorite);
      actions.edit({ favorite: !all });
    }),
    text('bin', words.binAction, actions.bin));
  const spoken = h('p', { class: 'sr-only', role: 'status' });

  return {
    element,
    spoken,
    /** @param {Asset[]} chosen @param {number} size */
    show(chosen, size) {
      element.hidden = size === 0;
      setText(count, words.selected(size));
      setText(spoken, size ? words.selected(size) : '');
      const ratings = new Set(chosen.map((asset) => asset.rating));
      stars.set(ratings.size === 1 ? chosen[0].rating : 0);
    },
  };
}

/** @param {{chosen: () => Asset[], edit: (change: Change) => void}} actions */
function createTagDialog({ chosen, edit }) {
  const there = h('div', { class: 'chips' });
  const field = createTagField(words.newTag, (tag) => {
    edit({ add_tags: [tag] });
    dialog.close();
  });
  const hint = h('p', { class: 'muted' });
  const dialog = h('dialog', { class: 'tag-dialog', 'aria-label': words.tagAction },
    h('div', { class: 'more-head' }, h('h2', {}, words.tagAction),
      h('button', { type: 'button', class: 'button icon-button', 'aria-label': texts.nav.close, click: () => dialog.close() },
        icon('close'))),
    field.element, hint, there);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());

  return {
    open() {
      const tags = Array.from(new Set(/** @type {string[]} */ ([]).concat(...chosen().map((asset) => asset.tags)))).sort();
      setText(hint, tags.length ? words.removeTagHint : '');
      there.replaceChildren(...tags.map((tag) => h('button', {
        type: 'button', class: 'chip icon-small', 'aria-label': words.removeTag(tag),
        click: () => {
          edit({ remove_tags: [tag] });
          dialog.close();
        },
      }, tag, icon('close'))));
      document.body.append(dialog);
      dialog.showModal();
      field.input.focus();
    },
  };
}
