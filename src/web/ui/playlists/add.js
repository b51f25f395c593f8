// What can be put into a playlist: files of the library, whole tags, live sources.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { countText } from '../format.js';
import { icon } from '../icons.js';
import { kindIcon, lastsText } from '../library/kinds.js';
import { loadTags } from '../library/tags.js';
import { choiceRow } from '../parts.js';
import { openDialog } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { uploads } from '../upload/uploads.js';
import { newItem } from './draft.js';

/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('../library/types.js').Asset} Asset */

const words = texts.signage.playlists;
/** While one types on, nothing is asked. */
const TYPING_MS = 180;
const PAGE = 60;

/**
 * @param {import('./catalog.js').Catalog} catalog
 * @param {(items: PlaylistItem[]) => void} add
 * @param {(files: File[]) => void} bring uploads files into the playlist
 */
export function openAdd(catalog, add, bring) {
  /** In the order in which they were chosen. @type {Map<string, PlaylistItem>} */
  const chosen = new Map();
  const submit = h('button', { type: 'button', class: 'button main', click: take });
  const content = h('div', { class: 'add-content' });
  const parts = { library: createLibrary(toggle, isChosen), tags: createTags(toggle, isChosen), live: createLive(catalog, toggle, isChosen) };
  const kind = choiceRow(words.addFrom, [
    { value: 'library', text: texts.nav.library }, { value: 'tags', text: texts.library.tags }, { value: 'live', text: texts.nav.live },
  ], 'library', show);
  const dialog = openDialog(words.addTitle, true, kind.element, content, h('div', { class: 'form-actions' }, submit,
    h('button', { type: 'button', class: 'button', click: () => dialog.close() }, texts.cancel),
    h('span', { class: 'spacer' }),
    h('button', { type: 'button', class: 'button icon-small', click: choose }, icon('upload'), words.uploadHere)));
  dialog.classList.add('add-dialog');

  /** @param {'library'|'tags'|'live'} which */
  function show(which) {
    content.replaceChildren(parts[which].element);
    parts[which].load();
  }

  /** @param {string} key */
  function isChosen(key) {
    return chosen.has(key);
  }

  /** @param {string} key @param {PlaylistItem} item @param {boolean} on */
  function toggle(key, item, on) {
    if (on) {
      chosen.set(key, item);
    } else {
      chosen.delete(key);
    }
    patch();
  }

  function patch() {
    setText(submit, words.addCount(chosen.size));
    submit.disabled = !chosen.size;
  }

  function choose() {
    uploads.choose((files) => {
      dialog.close();
      bring(files);
    });
  }

  function take() {
    add(Array.from(chosen.values()));
    dialog.close();
  }

  patch();
  show('library');
}

/** @typedef {(key: string, item: PlaylistItem, on: boolean) => void} Toggle */
/** @typedef {(key: string) => boolean} IsChosen */

/**
 * A line one can check.
 * @param {string} key
 * @param {PlaylistItem} item
 * @param {Toggle} toggle
 * @param {IsChosen} isChosen
 * @param {Node} picture
 * @param {string} name
 * @param {string} meta
 */
function pickLine(key, item, toggle, isChosen, picture, name, meta) {
  const input = h('input', { type: 'checkbox' });
  input.checked = isChosen(key);
  input.addEventListener('change', () => toggle(key, item, input.checked));
  return h('li', {}, h('label', { class: 'pick' }, input, h('span', { class: 'pick-picture', 'aria-hidden': 'true' }, picture),
    h('span', { class: 'pick-text' }, h('span', { class: 'pick-name' }, name), h('span', { class: 'muted small-text figures' }, meta))));
}

/** @param {Toggle} toggle @param {IsChosen} isChosen */
function createLibrary(toggle, isChosen) {
  const list = h('ul', { class: 'picks' });
  const note = h('p', { class: 'muted', role: 'status' });
  const more = h('button', { type: 'button', class: 'button', hidden: true, click: () => read(false) }, texts.library.more);
  const search = h('input', {
    class: 'field', type: 'search', 'aria-label': texts.library.search, placeholder: texts.library.search, autocomplete: 'off',
    enterkeyhint: 'search',
  });
  const element = h('div', { class: 'add-part' }, h('div', { class: 'search' }, icon('search'), search), note, list, more);
  let timer = 0;
  let next = '';
  let reading = 0;
  let loaded = false;
  search.addEventListener('input', () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => read(true), TYPING_MS);
  });
  // Enter belongs to the search, not to a form around it.
  search.addEventListener('keydown', (event) => event.key === 'Enter' && event.preventDefault());

  /** @param {boolean} anew */
  async function read(anew) {
    reading += 1;
    const mine = reading;
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (search.value.trim()) {
      query.set('q', search.value.trim());
    }
    if (!anew && next) {
      query.set('after', next);
    }
    try {
      const answer = await api.get(`/api/assets?${query}`);
      if (mine !== reading) {
        return;
      }
      const lines = answer.assets.map((/** @type {Asset} */ asset) => pickLine(`asset ${asset.id}`, newItem({ kind: 'asset', asset: asset.id }),
        toggle, isChosen, pictureOf(asset), asset.name, lastsText(asset)));
      list.replaceChildren(...(anew ? [] : Array.from(list.children)), ...lines);
      next = answer.next || '';
      more.hidden = !next;
      setText(note, list.children.length ? '' : search.value.trim() ? texts.library.nothingFoundTitle : texts.library.emptyTitle);
    } catch (error) {
      setText(note, /** @type {Error} */ (error).message);
    }
  }

  return {
    element,
    load() {
      if (!loaded) {
        loaded = true;
        read(true);
      }
      search.focus();
    },
  };
}

/** @param {Asset} asset */
function pictureOf(asset) {
  return asset.thumbnail ? h('img', { src: asset.thumbnail, alt: '', loading: 'lazy', decoding: 'async' })
    : icon(kindIcon(asset.kind));
}

/** @param {Toggle} toggle @param {IsChosen} isChosen */
function createTags(toggle, isChosen) {
  const list = h('ul', { class: 'picks' });
  const note = h('p', { class: 'muted' }, words.tagsLead);
  return {
    element: h('div', { class: 'add-part' }, note, list),
    async load() {
      try {
        const tags = await loadTags();
        list.replaceChildren(...tags.map((tag) => pickLine(`tag ${tag.name}`, newItem({ kind: 'tag', tag: tag.name }), toggle, isChosen,
          icon('tag'), tag.name, texts.library.count(tag.assets, countText(tag.assets)))));
        setText(note, tags.length ? words.tagsLead : words.noTags);
      } catch (error) {
        setText(note, /** @type {Error} */ (error).message);
      }
    },
  };
}

/** @param {import('./catalog.js').Catalog} catalog @param {Toggle} toggle @param {IsChosen} isChosen */
function createLive(catalog, toggle, isChosen) {
  const list = h('ul', { class: 'picks' });
  const note = h('p', { class: 'muted' });
  return {
    element: h('div', { class: 'add-part' }, note, list),
    load() {
      const sources = catalog.sources();
      list.replaceChildren(...sources.map((source) => pickLine(`live ${source.id}`, newItem({ kind: 'live', source: source.id }), toggle,
        isChosen, icon('live'), source.name, texts.state[source.state])));
      setText(note, sources.length ? words.liveLead : texts.live.emptyTitle);
    },
  };
}
