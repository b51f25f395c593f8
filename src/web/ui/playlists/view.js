// All playlists.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { lengthText } from '../format.js';
import { icon } from '../icons.js';
import { afterAMoment, emptyNotice, failedNotice, iconButton } from '../parts.js';
import { goFromHere } from '../router.js';
import { isAdmin } from '../session.js';
import { messages, playlists, windows } from '../signage/data.js';
import { fieldRow, openForm } from '../signage/dialog.js';
import { createMessageBar, messageButton } from '../signage/message.js';
import { texts } from '../texts.js';
import { say, sayError } from '../toast.js';

/** @typedef {import('../signage/types.js').Playlist} Playlist */

const words = texts.signage.playlists;
/** As the server takes them. */
const NAME_CHARS_MAX = 200;
const SKELETONS = 3;

/** @returns {import('../router.js').View} */
export function open() {
  const list = h('ul', { class: 'playlist-list' });
  const notice = h('div', {});
  const message = createMessageBar();
  const count = h('p', { class: 'muted figures', role: 'status' });
  const element = h('div', { class: 'signage' },
    h('header', { class: 'page-head' }, h('h1', {}, words.title), count, h('span', { class: 'spacer' }),
      isAdmin() ? messageButton() : null, isAdmin() ? newButton() : null),
    message.element, notice, list);
  let over = false;

  /** @param {Playlist[]} all */
  function show(all) {
    const focused = document.activeElement && list.contains(document.activeElement)
      ? document.activeElement.getAttribute('data-focus') : null;
    list.replaceChildren(...all.map(line));
    notice.replaceChildren(...(all.length ? [] : [emptyNotice(words.emptyTitle, words.empty, isAdmin() ? newButton() : null)]));
    setText(count, all.length ? words.count(all.length) : '');
    const same = focused ? list.querySelector(`[data-focus="${focused}"]`) : null;
    if (same) {
      /** @type {HTMLElement} */ (same).focus();
    }
  }

  /** @returns {Promise<unknown>} */
  function load() {
    if (!playlists.value()) {
      notice.replaceChildren(); // What is known is shown, and is told anew only if it is other.
    }
    return playlists.load().catch((error) => {
      if (!playlists.value()) {
        list.replaceChildren();
        notice.replaceChildren(failedNotice(words.failed, error.message, load));
      }
    });
  }

  afterAMoment(() => !over && !playlists.value() && !notice.firstChild, () => list.replaceChildren(
    ...Array.from({ length: SKELETONS }, () => h('li', { class: 'playlist-line skeleton', 'aria-hidden': 'true' },
      h('span', { class: 'bone' }), h('span', { class: 'bone short' })))));
  const ends = [playlists.follow(show), message.leave];
  return {
    element,
    title: texts.documentTitle(words.title),
    ready: load(),
    leave() {
      over = true;
      ends.forEach((end) => end());
    },
  };
}

function newButton() {
  return h('button', { type: 'button', class: 'button main icon-small', click: create }, icon('plus'), words.add);
}

function create() {
  const name = h('input', { class: 'field', type: 'text', required: true, maxlength: NAME_CHARS_MAX, autocomplete: 'off' });
  openForm({
    title: words.add,
    action: words.addAction,
    send: async () => {
      const go = goFromHere();
      const made = await api.send('POST', '/api/playlists', emptyPlaylist(name.value.trim()));
      go(`/playlists/${made.id}`);
    },
  }, fieldRow(words.name, name));
  name.focus();
}

/** @param {string} name */
function emptyPlaylist(name) {
  return { name, shuffle: false, transition: 'cut', slide_ms: 10000, items: [] };
}

/** @param {Playlist} playlist */
function line(playlist) {
  const parts = [words.items(playlist.items.length), playlist.total_ms ? lengthText(playlist.total_ms) : '',
    playlist.shuffle ? words.shuffle : ''];
  const problems = playlist.problems.length;
  return h('li', { class: 'playlist-line' },
    h('span', { class: 'playlist-icon' }, icon('playlist')),
    h('div', { class: 'playlist-text' },
      h('a', { class: 'playlist-link', href: `/playlists/${playlist.id}`, 'data-focus': `open ${playlist.id}` }, playlist.name),
      h('span', { class: 'muted small-text figures' }, parts.filter(Boolean).join(' · '))),
    problems ? h('span', { class: 'playlist-problem icon-small' }, icon('warn'), words.problems(problems)) : null,
    isAdmin() ? h('div', { class: 'row playlist-tools' },
      focusable(iconButton('copy', words.duplicate(playlist.name), () => duplicate(playlist)), `copy ${playlist.id}`),
      focusable(iconButton('bin', words.remove(playlist.name), () => remove(playlist)),
        `bin ${playlist.id}`)) : null);
}

/** @param {HTMLElement} button @param {string} name */
function focusable(button, name) {
  button.setAttribute('data-focus', name);
  return button;
}

/** Screens would go dark behind somebody's back: the server refuses, and this says so at once. @param {Playlist} playlist */
async function remove(playlist) {
  try {
    const [planned, shown] = await Promise.all([windows.load(), messages.load()]);
    if (planned.some((each) => each.playlist === playlist.id) || shown.some((each) => each.playlist === playlist.id)) {
      say(words.inUse(playlist.name), { bad: true });
    } else {
      playlists.remove([playlist.id], words.removed(playlist.name));
    }
  } catch (error) {
    sayError(error);
  }
}

/** @param {Playlist} playlist */
async function duplicate(playlist) {
  try {
    const { shuffle, transition, slide_ms, items } = await api.get(`/api/playlists/${playlist.id}`);
    const name = words.copyOf(playlist.name).slice(0, NAME_CHARS_MAX);
    await api.send('POST', '/api/playlists', { name, shuffle, transition, slide_ms, items });
    await playlists.load();
  } catch (error) {
    sayError(error);
  }
}
