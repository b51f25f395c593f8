// What screens show while nothing is scheduled: one choice for all, and one for each screen that has its own.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { kindIcon, lastsText } from '../library/kinds.js';
import { fieldRow, fieldSet, openForm } from '../signage/dialog.js';
import { idleOfAll, playlists, playlistName, screens } from '../signage/data.js';
import { texts } from '../texts.js';

/** @typedef {import('../signage/types.js').Idle} Idle */
/** @typedef {import('../library/types.js').Asset} Asset */

const words = texts.signage.screens;
/** While one types on, nothing is asked. */
const TYPING_MS = 180;
/** More are found by typing on. */
const FOUND_MAX = 20;
const AS_ALL = 'all';

/** Names of files that were asked for, by id. @type {Map<number, string>} */
const names = new Map();

/** @param {number} id */
async function nameOf(id) {
  if (!names.has(id)) {
    names.set(id, (await api.get(`/api/assets/${id}`)).name);
  }
  return names.get(id) || '';
}

/**
 * @param {Idle} idle
 * @param {(text: string) => void} tell called now, and again when a file's name is known
 */
export function tellIdle(idle, tell) {
  if (idle.show === 'asset') {
    const id = Number(idle.id);
    tell(names.get(id) || words.idleFile);
    nameOf(id).then(tell, () => tell(words.idleGone));
  } else if (idle.show === 'playlist') {
    tell(playlistName(Number(idle.id)) || words.idleGone);
  } else {
    tell(words.idleShort[idle.show]);
  }
}

/**
 * A field to choose it by.
 * @param {Idle|null} idle null: as all screens
 * @param {boolean} own of one screen, which may do as all do
 */
export function createIdleField(idle, own) {
  const lists = playlists.value() || [];
  const asAll = h('option', { value: AS_ALL }, words.idleAsAll('…'));
  const select = h('select', { class: 'field' }, own ? asAll : null,
    h('option', { value: 'splash' }, words.idleSplash), h('option', { value: 'dark' }, words.idleDark),
    lists.length ? h('optgroup', { label: texts.nav.playlists }, ...lists.map((list) => h('option', { value: `playlist ${list.id}` }, list.name)))
      : null,
    h('option', { value: 'asset' }, words.idleAsset));
  const file = createFilePicker(idle && idle.show === 'asset' ? Number(idle.id) : null);
  const pickerRow = fieldSet(words.idleFile, file.element);
  select.value = !idle ? AS_ALL : idle.show === 'playlist' ? `playlist ${idle.id}` : idle.show;
  const patch = () => {
    pickerRow.hidden = select.value !== 'asset';
    if (!pickerRow.hidden) {
      file.load();
    }
  };
  select.addEventListener('change', patch);
  patch();
  tellIdle(idleOfAll(), (text) => setText(asAll, words.idleAsAll(text)));
  return {
    rows: [fieldRow(words.idle, select, words.idleHint), pickerRow],
    /** @returns {Idle|null} */
    value() {
      const [show, id] = select.value.split(' ');
      if (show === AS_ALL) {
        return null;
      }
      if (show === 'asset' && file.chosen() === null) {
        throw new Error(words.idleChoose);
      }
      return { show: /** @type {Idle['show']} */ (show), id: show === 'asset' ? file.chosen() : id ? Number(id) : null };
    },
  };
}

/** One file of the library. @param {number|null} chosen */
function createFilePicker(chosen) {
  const name = `idle-${Math.random()}`;
  const list = h('ul', { class: 'picks' });
  const note = h('p', { class: 'muted', role: 'status' });
  const search = h('input', {
    class: 'field', type: 'search', 'aria-label': texts.library.search, placeholder: texts.library.search, autocomplete: 'off',
    enterkeyhint: 'search',
  });
  let timer = 0;
  let reading = 0;
  let loaded = false;
  search.addEventListener('input', () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(read, TYPING_MS);
  });
  // Enter belongs to the search, not to the form around it.
  search.addEventListener('keydown', (event) => event.key === 'Enter' && event.preventDefault());

  async function read() {
    reading += 1;
    const mine = reading;
    const query = new URLSearchParams({ limit: String(FOUND_MAX) });
    if (search.value.trim()) {
      query.set('q', search.value.trim());
    }
    try {
      const found = /** @type {Asset[]} */ ((await api.get(`/api/assets?${query}`)).assets);
      if (chosen !== null && !search.value.trim() && !found.some((asset) => asset.id === chosen)) {
        found.unshift(...await api.get(`/api/assets/${chosen}`).then((asset) => [asset], () => []));
      }
      if (mine === reading) {
        list.replaceChildren(...found.map(line));
        setText(note, found.length ? '' : search.value.trim() ? texts.library.nothingFoundTitle : texts.library.emptyTitle);
      }
    } catch (error) {
      setText(note, /** @type {Error} */ (error).message);
    }
  }

  /** @param {Asset} asset */
  function line(asset) {
    const input = h('input', { type: 'radio', name });
    input.checked = asset.id === chosen;
    names.set(asset.id, asset.name);
    input.addEventListener('change', () => {
      chosen = asset.id;
    });
    const picture = asset.thumbnail ? h('img', { src: asset.thumbnail, alt: '', loading: 'lazy', decoding: 'async' })
      : icon(kindIcon(asset.kind));
    const meta = lastsText(asset);
    return h('li', {}, h('label', { class: 'pick' }, input, h('span', { class: 'pick-picture', 'aria-hidden': 'true' }, picture),
      h('span', { class: 'pick-text' }, h('span', { class: 'pick-name' }, asset.name),
        h('span', { class: 'muted small-text figures' }, meta))));
  }

  return {
    element: h('div', { class: 'add-part' }, h('div', { class: 'search' }, icon('search'), search), note, list),
    chosen: () => chosen,
    load() {
      if (!loaded) {
        loaded = true;
        read();
      }
    },
  };
}

/** For all screens that have no choice of their own. */
export async function editIdleOfAll() {
  await playlists.load().catch(() => undefined);
  const field = createIdleField(idleOfAll(), false);
  openForm({
    title: words.idle,
    action: texts.save,
    async send() {
      await api.send('PATCH', '/api/screens', { idle: field.value() });
      await screens.load().catch(() => undefined);
    },
  }, ...field.rows, h('p', { class: 'muted small-text' }, words.idleOthers));
}
