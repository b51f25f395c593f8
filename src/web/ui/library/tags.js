// All tags, for suggestions and filters; and the field one types a tag into.

import { api } from '../api.js';
import { h } from '../dom.js';
import { texts } from '../texts.js';
import { TAG_CHARS_MAX, tagName } from './edit.js';

/** @typedef {import('./types.js').Tag} Tag */

/** Offered at once; who wants others types a letter. */
const SUGGESTIONS_MAX = 200;
let fields = 0;

/** @returns {Promise<Tag[]>} the most used first */
export async function loadTags() {
  /** @type {Tag[]} */
  const tags = (await api.get('/api/tags')).tags;
  return tags.sort((a, b) => b.assets - a.assets || a.name.localeCompare(b.name));
}

/**
 * A field for one tag; Enter or a comma adds it.
 * @param {string} label
 * @param {(tag: string) => void} add
 */
export function createTagField(label, add) {
  fields += 1;
  const id = `tags-${fields}`;
  const list = h('datalist', { id });
  const input = h('input', {
    class: 'field tag-field', type: 'text', list: id, 'aria-label': label, placeholder: label,
    maxlength: TAG_CHARS_MAX, autocomplete: 'off', enterkeyhint: 'done',
  });
  const form = h('form', {
    class: 'tag-form',
    submit: (event) => {
      event.preventDefault();
      take();
    },
  }, input, list, h('button', { type: 'submit', class: 'button' }, texts.library.addTag));
  let asked = false;

  function take() {
    const tag = tagName(input.value);
    input.value = '';
    if (tag) {
      add(tag);
    }
  }

  input.addEventListener('keydown', (event) => {
    if (event.key === ',') {
      event.preventDefault();
      take();
    }
  });
  input.addEventListener('focus', async () => {
    if (!asked) {
      asked = true;
      try {
        const tags = (await loadTags()).slice(0, SUGGESTIONS_MAX);
        list.replaceChildren(...tags.map((tag) => h('option', { value: tag.name })));
      } catch (error) {
        asked = false; // Suggestions are a help, not a need.
      }
    }
  });
  return { element: form, input };
}
