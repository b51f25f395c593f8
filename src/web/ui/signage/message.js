// What is shown at once and over everything: the button, the form, and the bar that says it is on.

import { api } from '../api.js';
import { timeText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';
import { sayError, sayUndo } from '../toast.js';
import { groups, messages, playlistName, playlists, screens } from './data.js';
import { fieldRow, openForm } from './dialog.js';
import { createEarlier, keepText } from './earlier.js';
import { createWhere } from './where.js';

/** @typedef {import('./types.js').Message} Message */

const words = texts.signage.message;
/** As the server takes them. */
const TEXT_CHARS_MAX = 300;
const MINUTES = [5, 15, 60, 240];

export function messageButton() {
  return h('button', { type: 'button', class: 'button icon-small message-button', 'aria-haspopup': 'dialog', click: openMessage },
    icon('message'), h('span', { class: 'wide-text' }, words.button), h('span', { class: 'narrow-text sr-only' }, words.button));
}

async function openMessage() {
  await Promise.all([playlists.load(), screens.load(), groups.load()]).catch(() => undefined);
  const text = h('textarea', { class: 'field', rows: 2, maxlength: TEXT_CHARS_MAX });
  const select = h('select', { class: 'field' }, h('option', { value: '' }, words.noPlaylist),
    ...(playlists.value() || []).map((playlist) => h('option', { value: playlist.id }, playlist.name)));
  const minutes = h('select', { class: 'field' }, h('option', { value: '' }, words.untilEnded),
    ...MINUTES.map((count) => h('option', { value: count }, words.minutes(count))));
  const where = createWhere(screens.value() || [], groups.value() || []);
  openForm({
    title: words.title,
    action: words.show,
    send: () => send({
      text: text.value.trim() || null,
      playlist: select.value ? Number(select.value) : null,
      screens: where.value(),
      minutes: minutes.value ? Number(minutes.value) : null,
    }),
  }, h('p', { class: 'muted' }, words.lead), fieldRow(words.text, text), createEarlier(text),
  fieldRow(words.playlist, select, words.playlistHint), where.element, fieldRow(words.howLong, minutes));
  text.focus();
}

/** @param {{text: string|null, playlist: number|null, screens: number[]|null, minutes: number|null}} message */
async function send(message) {
  if (!message.text && !message.playlist) {
    throw new Error(words.nothing);
  }
  if (message.screens && !message.screens.length) {
    throw new Error(words.nowhere);
  }
  await api.send('PUT', '/api/message', message);
  if (message.text) {
    keepText(message.text);
  }
  await messages.load().catch(() => undefined);
}

/** The bar on each page of the signage while a message is on. */
export function createMessageBar() {
  const text = h('span', { class: 'message-text' });
  const end = h('button', { type: 'button', class: 'button', click: stop }, words.end);
  const element = h('div', { class: 'message-bar', hidden: true, role: 'status' });

  async function stop() {
    const [before] = messages.value() || [];
    end.disabled = true;
    try {
      await messages.change([], () => api.send('DELETE', '/api/message'));
      if (before) {
        sayUndo(words.ended, () => api.send('PUT', '/api/message', again(before)).then(messages.refresh).catch(sayError));
      }
    } catch (error) {
      sayError(error);
    }
    end.disabled = false;
  }

  function show() {
    const [message] = messages.value() || [];
    const shown = message ? describe(message) : '';
    element.hidden = !message;
    if (text.textContent !== shown || !element.firstChild) {
      text.textContent = shown;
      // Filled when shown: that is what a screen reader announces.
      element.replaceChildren(...(message ? [icon('message'), text, ...(isAdmin() ? [end] : [])] : []));
    }
  }

  const ends = [messages.follow(show), playlists.follow(show), screens.follow(show)];
  messages.load().catch(() => undefined);
  return { element, leave: () => ends.forEach((each) => each()) };
}

/** @param {Message} message as it was, for as long as it would have been */
function again(message) {
  const left_min = message.until ? Math.max(1, Math.round((Date.parse(message.until) - Date.now()) / 60000)) : null;
  return { text: message.text, playlist: message.playlist, screens: message.screens, minutes: left_min };
}

/** @param {Message} message */
function describe(message) {
  const what = [message.text ? words.quoted(message.text) : '', message.playlist ? playlistName(message.playlist) : '']
    .filter(Boolean).join(' · ');
  const where = message.screens ? words.onSome(message.screens.length) : words.onAll;
  const until = message.until ? words.until(timeText(new Date(message.until))) : '';
  return [words.on(what), where, until, incomplete(message)].filter(Boolean).join(' · ');
}

/** What the TVs at the box's own ports leave out of it. @param {Message} message */
function incomplete(message) {
  const reached = (screens.value() || []).filter(({ id }) => !message.screens || message.screens.includes(id));
  return message.letters_missing && reached.some(({ kind }) => kind === 'hdmi') ? words.lettersMissing(message.letters_missing) : '';
}
