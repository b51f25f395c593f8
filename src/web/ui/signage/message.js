// What is shown at once and over everything: the button, the form, and the bar that says it is on.

import { api } from '../api.js';
import { timeText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';
import { sayError, sayUndo } from '../toast.js';
import { groups, messages, playlistName, playlists, screens, templates } from './data.js';
import { fieldRow, openForm } from './dialog.js';
import { createTemplates } from './templates.js';
import { createWhere } from './where.js';

/** @typedef {import('./types.js').Message} Message */
/** @typedef {import('./types.js').Draft} Draft */

const words = texts.signage.message;
/** As the server takes them. */
const TEXT_CHARS_MAX = 300;
const MINUTES = [5, 15, 60, 240];

export function messageButton() {
  return h('button', { type: 'button', class: 'button icon-small message-button', 'aria-haspopup': 'dialog', click: openMessage },
    icon('message'), h('span', { class: 'wide-text' }, words.button), h('span', { class: 'narrow-text sr-only' }, words.button));
}

async function openMessage() {
  await Promise.all([playlists, screens, groups, templates].map((each) => each.load())).catch(() => undefined);
  const text = h('textarea', { class: 'field', rows: 2, maxlength: TEXT_CHARS_MAX });
  const select = h('select', { class: 'field' }, h('option', { value: '' }, words.noPlaylist),
    ...(playlists.value() || []).map((playlist) => h('option', { value: playlist.id }, playlist.name)));
  const minutes = h('select', { class: 'field' }, h('option', { value: '' }, words.untilEnded),
    ...MINUTES.map((count) => h('option', { value: count }, words.minutes(count))));
  const where = createWhere(screens.value() || [], groups.value() || []);
  const read = () => checked({
    text: text.value.trim() || null,
    playlist: select.value ? Number(select.value) : null,
    ...where.value(),
    minutes: minutes.value ? Number(minutes.value) : null,
  });
  const kept = createTemplates(read, (draft) => {
    text.value = draft.text || '';
    select.value = String(draft.playlist || '');
    where.set(draft);
    chooseMinutes(minutes, draft.minutes);
  });
  const dialog = openForm({ title: words.title, action: words.show, send: () => send(read()), more: kept.open },
    h('p', { class: 'muted' }, words.lead), kept.chooser, fieldRow(words.text, text),
    fieldRow(words.playlist, select, words.playlistHint), where.element, fieldRow(words.howLong, minutes), kept.row);
  dialog.addEventListener('close', kept.leave);
  text.focus();
}

/** A template may have been kept with a time that the menu has not. @param {HTMLSelectElement} select @param {number|null} count */
function chooseMinutes(select, count) {
  if (count && !MINUTES.includes(count) && !select.querySelector(`[value="${count}"]`)) {
    select.append(h('option', { value: count }, words.minutes(count)));
  }
  select.value = String(count || '');
}

/** @param {Draft} draft @returns {Draft} or throws what is wrong with it */
function checked(draft) {
  if (!draft.text && !draft.playlist) {
    throw new Error(words.nothing);
  }
  if (draft.screens && draft.groups && !draft.screens.length && !draft.groups.length) {
    throw new Error(words.nowhere);
  }
  return draft;
}

/** @param {Draft} draft */
async function send(draft) {
  await api.send('PUT', '/api/message', draft);
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
  const { text, playlist, screens: on, groups: onGroups } = message;
  return { text, playlist, screens: on, groups: onGroups, minutes: left_min };
}

/** @param {Message} message */
function describe(message) {
  const what = [message.text ? words.quoted(message.text) : '', message.playlist ? playlistName(message.playlist) : '']
    .filter(Boolean).join(' · ');
  const where = message.screens ? words.onSome(reached(message).length) : words.onAll;
  const until = message.until ? words.until(timeText(new Date(message.until))) : '';
  return [words.on(what), where, until, incomplete(message)].filter(Boolean).join(' · ');
}

/** @param {Message} message */
function reached({ screens: on, groups: onGroups }) {
  const all = screens.value() || [];
  return on || onGroups
    ? all.filter(({ id, group }) => (on || []).includes(id) || (group !== null && (onGroups || []).includes(group)))
    : all;
}

/** What the TVs at the box's own ports leave out of it. @param {Message} message */
function incomplete(message) {
  return message.letters_missing && reached(message).some(({ kind }) => kind === 'hdmi') ? words.lettersMissing(message.letters_missing) : '';
}
