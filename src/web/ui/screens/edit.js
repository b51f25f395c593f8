// What a screen is called and where it belongs; groups.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { momentText } from '../clock.js';
import { icon } from '../icons.js';
import { groups, screens } from '../signage/data.js';
import { fieldRow, fieldSet, checkBox, openForm } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { createIdleField } from './idle.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */
/** @typedef {import('../signage/types.js').Group} Group */

const words = texts.signage.screens;
/** As the server takes them. */
export const NAME_CHARS_MAX = 200;
const NEW = 'new';

/** @param {string} value */
export function nameField(value) {
  return h('input', { class: 'field', type: 'text', required: true, maxlength: NAME_CHARS_MAX, autocomplete: 'off', value });
}

/** @param {TvScreen} screen */
export function editScreen(screen) {
  const name = nameField(screen.name);
  const select = h('select', { class: 'field' },
    h('option', { value: '' }, words.noGroup),
    ...(groups.value() || []).map((group) => h('option', { value: group.id }, group.name)),
    h('option', { value: NEW }, words.newGroup));
  const fresh = nameField('');
  const freshRow = fieldRow(words.groupName, fresh);
  select.value = screen.group === null ? '' : String(screen.group);
  const patch = () => {
    freshRow.hidden = select.value !== NEW;
    fresh.disabled = freshRow.hidden;
  };
  select.addEventListener('change', patch);
  patch();

  const idle = createIdleField(screen.idle, true);

  async function send() {
    const chosen = idle.value();
    let group = select.value ? Number(select.value) : null;
    if (select.value === NEW) {
      group = (await api.send('POST', '/api/groups', { name: fresh.value.trim(), screens: [] })).id;
    }
    await api.send('PATCH', `/api/screens/${screen.id}`, { name: name.value.trim(), group, idle: chosen });
    await Promise.all([screens.load(), groups.load()]).catch(() => undefined);
  }

  const remove = screen.kind === 'hdmi' ? null : h('button', {
    type: 'button', class: 'button bad icon-small',
    click: () => {
      dialog.close();
      screens.remove([screen.id], words.removed(screen.name));
    },
  }, icon('bin'), words.remove);
  const dialog = openForm({ title: words.editTitle(screen.name), action: texts.save, send, more: remove },
    fieldRow(words.name, name), fieldRow(words.group, select, words.groupHint), freshRow, ...idle.rows, details(screen));
}

/** @param {TvScreen} screen */
function details(screen) {
  /** @type {[string, string|null][]} */
  const lines = [
    [words.code, screen.code],
    [words.browser, screen.browser],
    [words.address, screen.address],
    [words.lastSeen, screen.last_seen ? momentText(screen.last_seen) : words.never],
  ];
  const list = h('dl', { class: 'details-list' });
  lines.filter((line) => line[1]).forEach((line) => list.append(h('div', {}, h('dt', {}, line[0]), h('dd', {}, line[1]))));
  return list;
}


/** @param {Group} group */
export function editGroup(group) {
  const name = nameField(group.name);
  const boxes = (screens.value() || []).map((screen) => ({
    id: screen.id, box: checkBox(screen.name, screen.group === group.id),
  }));
  const none = h('p', { class: 'muted' });
  setText(none, boxes.length ? '' : words.never);
  openForm({
    title: words.editGroup(group.name),
    action: texts.save,
    send: async () => {
      const members = boxes.filter((each) => each.box.input.checked).map((each) => each.id);
      await api.send('PATCH', `/api/groups/${group.id}`, { name: name.value.trim(), screens: members });
      await Promise.all([screens.load(), groups.load()]).catch(() => undefined);
    },
  }, fieldRow(words.groupName, name),
  fieldSet(words.groupMembers, h('div', { class: 'check-list' }, ...boxes.map((each) => each.box.element))));
}

/** @param {Group} group */
export function removeGroup(group) {
  groups.remove([group.id], words.groupRemoved(group.name));
}
