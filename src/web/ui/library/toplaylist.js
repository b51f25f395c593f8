// Puts what is chosen in the library into a playlist, an old one or a new one.

import { api, request } from '../api.js';
import { h } from '../dom.js';
import { countText } from '../format.js';
import { playlists } from '../signage/data.js';
import { fieldRow, openForm } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { say, sayError, sayUndo } from '../toast.js';
import { namedBy } from './changes.js';

/** @typedef {import('./types.js').Chosen} Chosen */

const words = texts.library.toPlaylist;
/** As the server takes them. */
const NAME_CHARS_MAX = 200;
const NEW = 'new';

/** @param {Chosen} chosen */
export async function openToPlaylist(chosen) {
  const known = await playlists.load().catch((error) => {
    sayError(error);
    return null;
  });
  if (!known) {
    return;
  }
  const select = h('select', { class: 'field' }, ...known.map((each) => h('option', { value: each.id }, each.name)),
    h('option', { value: NEW }, words.fresh));
  const name = h('input', { class: 'field', type: 'text', maxlength: NAME_CHARS_MAX, required: true, autocomplete: 'off' });
  const row = fieldRow(words.name, name);
  const patch = () => {
    row.hidden = select.value !== NEW;
    name.disabled = row.hidden;
  };
  select.addEventListener('change', patch);
  patch();
  openForm({
    title: words.title,
    action: words.action,
    send: async () => {
      if (select.value === NEW) {
        const made = await api.send('POST', '/api/playlists', { name: name.value.trim(), items: [] });
        await append(made.id, made.name, chosen);
      } else {
        const id = Number(select.value);
        const playlist = known.find((each) => each.id === id);
        await append(id, playlist ? playlist.name : '', chosen);
      }
    },
  }, fieldRow(words.which, select), row);
}

/** @param {number} id @param {string} name @param {Chosen} chosen */
async function append(id, name, chosen) {
  const path = `/api/playlists/${id}`;
  const before = await (await request(path, { cache: 'no-store' })).json();
  const { to, which } = namedBy(`${path}/items`, chosen);
  const headers = { 'Content-Type': 'application/json' };
  const response = await request(to, { method: 'POST', headers, body: JSON.stringify(which) });
  const etag = response.headers.get('ETag') || '';
  /** @type {{added: number, left_out: number}} */
  const done = await response.json();
  playlists.refresh();
  const text = words.done(done.added, countText(done.added), name);
  if (done.left_out) {
    say(words.leftOut(countText(done.left_out)), { bad: true });
  }
  if (!done.added) {
    return;
  }
  const { shuffle, transition, slide_ms, items } = before;
  sayUndo(text, () => request(path, {
    // Only if nobody has changed it since.
    method: 'PUT', headers: Object.assign({ 'If-Match': etag }, headers),
    body: JSON.stringify({ name: before.name, shuffle, transition, slide_ms, items }),
  }).then(playlists.refresh).catch(sayError));
}
