// Name, rating, favourite, tags: what a person says about an asset.

import { h, setText } from '../dom.js';
import { dayText } from '../clock.js';
import { countText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { createStars } from '../library/stars.js';
import { createTagField } from '../library/tags.js';
import { iconButton } from '../parts.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */
/** @typedef {import('../library/types.js').Change} Change */

const words = texts.asset;
/** As the server takes them. */
const NAME_CHARS_MAX = 200;

/**
 * @param {{edit: (change: Change) => void, bin: () => void}} actions
 */
export function createHead({ edit, bin }) {
  const admin = isAdmin();
  const name = h('h1', { class: 'asset-name' });
  const line = h('p', { class: 'muted figures' });
  const rename = renameForm(name, edit);
  const stars = createStars((rating) => edit({ rating }), admin);
  const heart = icon('heart');
  let favorite = false;
  const favoriteButton = h('button', {
    type: 'button', class: 'chip icon-small', disabled: !admin, click: () => edit({ favorite: !favorite }),
  }, heart, texts.library.favorite);
  const tags = h('ul', { class: 'chips', 'aria-label': texts.library.tags });
  const field = createTagField(texts.library.newTag, (tag) => edit({ add_tags: [tag] }));
  const element = h('header', { class: 'asset-head' },
    h('div', { class: 'asset-title' }, name, rename.form,
      admin ? h('div', { class: 'row' }, rename.button, iconButton('bin', words.bin, bin)) : null),
    line,
    h('div', { class: 'row' }, stars.element, favoriteButton),
    h('div', { class: 'row tag-row' }, tags, admin ? field.element : null));

  return {
    element,
    focusTags: () => field.input.focus(),
    /** @param {FullAsset} asset */
    patch(asset) {
      favorite = asset.favorite;
      setText(name, asset.name);
      setText(line, [texts.library.views(asset.views, countText(asset.views)), words.addedOn(dayText(asset.added))].join(' · '));
      stars.set(asset.rating);
      favoriteButton.setAttribute('aria-pressed', String(asset.favorite));
      setIcon(heart, asset.favorite ? 'heart-full' : 'heart');
      showTags(asset.tags);
    },
  };

  /** @param {string[]} now */
  function showTags(now) {
    const key = now.join('\n');
    if (tags.dataset.key === key) {
      return;
    }
    tags.dataset.key = key;
    const focused = tags.contains(document.activeElement);
    tags.hidden = !now.length;
    tags.replaceChildren(...now.map((tag) => h('li', { class: 'chip tag-chip' },
      h('a', { href: `/library?${new URLSearchParams({ tag })}` }, tag),
      admin ? iconButton('close', texts.library.removeTag(tag), () => edit({ remove_tags: [tag] })) : null)));
    if (focused) {
      field.input.focus();
    }
  }
}

/**
 * @param {HTMLElement} name
 * @param {(change: Change) => void} edit
 */
function renameForm(name, edit) {
  const input = h('input', { class: 'field', 'aria-label': words.name, maxlength: NAME_CHARS_MAX, required: true });
  const form = h('form', { class: 'rename', hidden: true }, input,
    h('button', { type: 'submit', class: 'button main' }, texts.save),
    h('button', { type: 'button', class: 'button', click: () => close() }, texts.cancel));
  const button = iconButton('edit', words.rename, () => {
    input.value = name.textContent || '';
    name.hidden = true;
    button.hidden = true;
    form.hidden = false;
    input.select();
    input.focus();
  });

  function close() {
    name.hidden = false;
    button.hidden = false;
    form.hidden = true;
    button.focus();
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (text && text !== name.textContent) {
      edit({ name: text });
    }
    close();
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
  });
  return { form, button };
}
