// What can be done to all that are chosen.

import { h, setText } from '../dom.js';
import { countText } from '../format.js';
import { icon } from '../icons.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { createStars } from './stars.js';
import { createTagField, loadTags } from './tags.js';

/** @typedef {import('./types.js').Chosen} Chosen */
/** @typedef {import('./types.js').Change} Change */

const words = texts.library;
/** Of tags to be removed from everything; more would be no list to choose from. */
const TAGS_LISTED_MAX = 500;

/**
 * @param {{
 *   chosen: () => Chosen, edit: (change: Change) => void, bin: () => void, toPlaylist: () => void, all: () => void, clear: () => void,
 * }} actions
 */
export function createSelectBar(actions) {
  const count = h('b', { class: 'figures' });
  const all = h('button', { type: 'button', class: 'button figures', click: actions.all });
  const tags = createTagDialog(actions);
  const stars = createStars((rating) => actions.edit({ rating }), true);
  const text = (/** @type {string} */ name, /** @type {string} */ label, /** @type {() => void} */ act) =>
    h('button', { type: 'button', class: 'button icon-small', title: label, click: act },
      icon(name), h('span', { class: 'wide-text' }, label));
  const element = h('div', { class: 'select-bar', role: 'toolbar', 'aria-label': words.selectedActions, hidden: true },
    iconButton('close', words.clearSelection, actions.clear),
    count,
    all,
    h('span', { class: 'spacer' }),
    stars.element,
    text('tag', words.tagAction, () => tags.open()),
    text('heart', words.favoriteAction, () => {
      const { assets, everything } = actions.chosen();
      actions.edit({ favorite: everything || !assets.every((asset) => asset.favorite) });
    }),
    text('playlist', words.toPlaylist.action, actions.toPlaylist),
    text('bin', words.binAction, actions.bin));
  const spoken = h('p', { class: 'sr-only', role: 'status' });

  return {
    element,
    spoken,
    /** @param {import('./selection.js').Selection} selection @param {number|null} total of what could be selected */
    show(selection, total) {
      element.hidden = !selection.any();
      const text = selectedText(selection, total);
      setText(count, text);
      setText(spoken, selection.any() ? text : '');
      showAll(all, selection, total);
      const ratings = new Set(actions.chosen().assets.map((asset) => asset.rating));
      stars.set(ratings.size === 1 ? Array.from(ratings)[0] : 0);
    },
  };
}

/** @param {import('./selection.js').Selection} selection @param {number|null} total */
export function selectedText(selection, total) {
  const size = selection.size(total);
  return size === null ? words.allSelected : words.selected(countText(size));
}

/** The button that selects all says how many that are. @param {HTMLElement} button @param {import('./selection.js').Selection} selection @param {number|null} total */
export function showAll(button, selection, total) {
  setText(button, total === null ? words.selectAll : words.selectAllOf(countText(total)));
  button.hidden = selection.isEverything() && selection.size(total) === total;
}

/** @param {{chosen: () => Chosen, edit: (change: Change) => void}} actions */
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

  /** @param {string[]} known */
  function list(known) {
    const tags = Array.from(new Set(known.concat(...chosen().assets.map((asset) => asset.tags)))).sort();
    setText(hint, tags.length ? words.removeTagHint : '');
    there.replaceChildren(...tags.map((tag) => h('button', {
      type: 'button', class: 'chip icon-small', 'aria-label': words.removeTag(tag),
      click: () => {
        edit({ remove_tags: [tag] });
        dialog.close();
      },
    }, tag, icon('close'))));
  }

  return {
    open() {
      list([]);
      document.body.append(dialog);
      dialog.showModal();
      // At once: what is typed now belongs into it.
      field.input.focus();
      if (chosen().everything) {
        // Not all of it is here, and so not all of its tags.
        loadTags().then((all) => list(all.slice(0, TAGS_LISTED_MAX).map((tag) => tag.name)), () => undefined);
      }
    },
  };
}
