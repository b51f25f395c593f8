// What narrows and orders the library: search, kind, favourites, tags, order, shape.

import { h, setAttribute, setText } from '../dom.js';
import { countText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { choiceRow, toggleButton } from '../parts.js';
import { texts } from '../texts.js';
import { createNarrowing } from './narrowing.js';
import { KINDS, ORDERS, usualDirection } from './query.js';
import { loadTags } from './tags.js';

/** @typedef {import('./query.js').Filter} Filter */
/** @typedef {import('./types.js').Tag} Tag */

const words = texts.library;
/** While one types on, nothing is asked. */
const TYPING_MS = 180;
/** As the server takes them. */
const SEARCH_CHARS_MAX = 200;
/** Tags in the row; the others are in the list behind it. */
const TAGS_SHOWN = 8;
/** Of those in the list behind it; more would be no list to choose from. */
const TAGS_LISTED_MAX = 500;

/**
 * @typedef {Object} FilterActions
 * @property {(change: Partial<Filter>, typing: boolean) => void} change
 * @property {(shape: 'grid'|'list') => void} reshape
 */

/** @param {FilterActions} actions */
export function createFilters(actions) {
  const search = createSearch(actions);
  const kind = choiceRow(words.kindLabel, [
    { value: '', text: words.kinds.all },
    ...KINDS.map((kind) => ({ value: kind, text: words.kinds[kind] })),
  ], '', (value) => actions.change({ kind: /** @type {Filter['kind']} */ (value) }, false));
  const favorite = toggleButton('heart', words.favorites, (on) => actions.change({ favorite: on }, false));
  const order = createOrder(actions);
  const shape = choiceRow(words.shapeLabel, [
    { value: 'grid', text: words.shapes.grid, icon: 'grid' },
    { value: 'list', text: words.shapes.list, icon: 'list' },
  ], 'grid', (value) => actions.reshape(/** @type {'grid'|'list'} */ (value)));
  const tags = createTagChips(actions);
  const narrowing = createNarrowing((now) => actions.change(now, false));
  const element = h('section', { class: 'filters', 'aria-label': words.filters },
    h('div', { class: 'filters-line' }, search.element, order.element, shape.element),
    h('div', { class: 'filters-line chips' }, kind.element, favorite.button, narrowing.element, tags.element));

  return {
    element,
    focusSearch: () => search.focus(),
    loadTags() {
      tags.load();
      narrowing.load();
    },
    /** @param {Filter} filter @param {'grid'|'list'} shapeNow */
    show(filter, shapeNow) {
      search.set(filter.q);
      kind.set(filter.kind);
      favorite.set(filter.favorite, filter.favorite ? 'heart-full' : 'heart');
      order.set(filter);
      shape.set(shapeNow);
      tags.set(filter.tags);
      narrowing.set(filter);
    },
  };
}

/** @param {FilterActions} actions */
function createSearch(actions) {
  let timer = 0;
  const input = h('input', {
    class: 'field', type: 'search', 'aria-label': words.search, placeholder: words.search,
    maxlength: SEARCH_CHARS_MAX, autocomplete: 'off', spellcheck: 'false', enterkeyhint: 'search',
    'aria-keyshortcuts': '/',
  });
  const send = (/** @type {boolean} */ typing) => {
    window.clearTimeout(timer);
    timer = 0;
    actions.change({ q: input.value.trim() }, typing);
  };
  input.addEventListener('input', () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => send(true), TYPING_MS);
  });
  const element = h('form', { class: 'search', role: 'search', submit: (event) => { event.preventDefault(); send(true); } },
    icon('search'), input);
  return {
    element,
    focus: () => input.focus(),
    /** @param {string} text */
    set(text) {
      // Not under the fingers of who types: what they type is newer than what the address says.
      if (!timer && input.value.trim() !== text) {
        input.value = text;
      }
    },
  };
}

/** @param {FilterActions} actions */
function createOrder(actions) {
  /** @type {Filter['direction']} */
  let direction = 'desc';
  const select = h('select', {
    class: 'field', 'aria-label': words.order,
    change: () => {
      const order = /** @type {Filter['order']} */ (select.value);
      actions.change({ order, direction: usualDirection(order) }, false);
    },
  }, ...ORDERS.map((order) => h('option', { value: order }, words.orders[order])));
  const mark = icon('sort-down');
  const button = h('button', {
    type: 'button', class: 'button icon-button',
    click: () => actions.change({ direction: direction === 'asc' ? 'desc' : 'asc' }, false),
  }, mark);
  return {
    element: h('div', { class: 'order' }, select, button),
    /** @param {Filter} filter */
    set(filter) {
      direction = filter.direction;
      select.value = filter.order;
      setIcon(mark, direction === 'asc' ? 'sort-up' : 'sort-down');
      setAttribute(button, 'aria-label', words.directions[direction]);
      button.title = words.directions[direction];
    },
  };
}

/** @param {FilterActions} actions */
function createTagChips(actions) {
  /** @type {Tag[]} */
  let tags = [];
  /** @type {string[]} */
  let chosen = [];
  const element = h('div', { class: 'chips tags', role: 'group', 'aria-label': words.tags });
  const dialog = createTagDialog((tag) => toggle(tag));

  /** @param {string} tag */
  function toggle(tag) {
    const next = chosen.indexOf(tag) < 0 ? chosen.concat(tag) : chosen.filter((each) => each !== tag);
    actions.change({ tags: next }, false);
  }

  /** @param {string} name @param {number|null} count */
  function chip(name, count) {
    const on = chosen.indexOf(name) >= 0;
    return h('button', {
      type: 'button', class: 'chip', 'aria-pressed': String(on), 'data-tag': name, click: () => toggle(name),
    }, name, count === null ? null : h('span', { class: 'chip-count figures' }, countText(count)));
  }

  function show() {
    const used = tags.filter((tag) => tag.assets);
    const shown = used.slice(0, TAGS_SHOWN).map((tag) => tag.name);
    const names = chosen.concat(shown.filter((name) => chosen.indexOf(name) < 0));
    const focused = document.activeElement && document.activeElement.getAttribute('data-tag');
    const countOf = (/** @type {string} */ name) => {
      const tag = tags.find((each) => each.name === name);
      return tag ? tag.assets : null;
    };
    const more = used.length > TAGS_SHOWN && h('button', {
      type: 'button', class: 'chip', 'aria-haspopup': 'dialog', click: () => dialog.open(used, chosen),
    }, words.moreTags(used.length));
    element.replaceChildren(...names.map((name) => chip(name, countOf(name))), ...(more ? [more] : []));
    element.hidden = !names.length;
    const same = focused && Array.from(element.children).find((each) => each.getAttribute('data-tag') === focused);
    if (same) {
      /** @type {HTMLElement} */ (same).focus();
    }
  }

  return {
    element,
    /** @param {string[]} now */
    set(now) {
      chosen = now;
      show();
    },
    async load() {
      try {
        tags = await loadTags();
        show();
      } catch (error) {
        // The list itself says what is wrong.
      }
    },
  };
}

/** @param {(tag: string) => void} toggle */
function createTagDialog(toggle) {
  const list = h('div', { class: 'chips' });
  const input = h('input', { class: 'field', type: 'search', 'aria-label': words.findTag, placeholder: words.findTag });
  const none = h('p', { class: 'muted', role: 'status' });
  const dialog = h('dialog', { class: 'tag-dialog', 'aria-label': words.tags },
    h('div', { class: 'more-head' }, h('h2', {}, words.tags),
      h('button', { type: 'button', class: 'button icon-button', 'aria-label': texts.nav.close, click: () => dialog.close() },
        icon('close'))),
    input, list, none);
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());

  return {
    /** @param {Tag[]} tags @param {string[]} chosen */
    open(tags, chosen) {
      const show = () => {
        const text = input.value.trim().toLowerCase();
        const found = tags.filter((tag) => tag.name.toLowerCase().indexOf(text) >= 0).slice(0, TAGS_LISTED_MAX);
        list.replaceChildren(...found.map((tag) => h('button', {
          type: 'button', class: 'chip', 'aria-pressed': String(chosen.indexOf(tag.name) >= 0),
          click: () => {
            dialog.close();
            toggle(tag.name);
          },
        }, tag.name, h('span', { class: 'chip-count figures' }, countText(tag.assets)))));
        setText(none, found.length ? '' : words.noTag);
      };
      input.value = '';
      input.oninput = show;
      show();
      document.body.append(dialog);
      dialog.showModal();
    },
  };
}
