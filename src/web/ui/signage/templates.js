// Templates of messages: chosen in the form of a message, kept from it, taken away.

import { api } from '../api.js';
import { h } from '../dom.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { say } from '../toast.js';
import { templates } from './data.js';
import { fieldRow } from './dialog.js';

/** @typedef {import('./types.js').Template} Template */
/** @typedef {import('./types.js').Draft} Draft */

const words = texts.signage.message;
/** As the server takes them. */
const NAME_CHARS_MAX = 200;
/** Of a text that nobody has given a name. */
const NAME_CHARS = 40;

/**
 * @param {() => Draft} read what the form says; throws what is wrong with it
 * @param {(draft: Draft) => void} fill
 */
export function createTemplates(read, fill) {
  /** @type {Template|null} */
  let chosen = null;
  const select = h('select', { class: 'field', change: () => choose(Number(select.value)) });
  const remove = iconButton('bin', words.removeTemplate, () => chosen && takeAway(chosen));
  const chooser = fieldRow(words.template, select);
  chooser.append(remove);
  chooser.classList.add('with-button');
  const name = h('input', { class: 'field', maxlength: NAME_CHARS_MAX });
  const keep = h('button', { type: 'button', class: 'button', click: send }, words.keepTemplate);
  const problem = h('p', { class: 'form-problem', role: 'alert' });
  const named = fieldRow(words.templateName, name);
  named.classList.add('with-button');
  named.append(keep);
  const row = h('div', { class: 'form-row', hidden: true }, named, problem);
  const open = h('button', { type: 'button', class: 'button', 'aria-expanded': 'false', click: toggle }, words.asTemplate);
  // Enter is for the name, not for the message: nobody wants a test of the alarm on all screens.
  name.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      send();
    }
  });

  /** @param {number|null} [now] the one that is chosen */
  function list(now) {
    const all = templates.value() || [];
    chosen = all.find(({ id }) => id === now) || null;
    select.replaceChildren(h('option', { value: '' }, words.noTemplate), ...all.map((each) => h('option', { value: each.id }, each.name)));
    select.value = chosen ? String(chosen.id) : '';
    chooser.hidden = !all.length;
    remove.hidden = !chosen;
  }

  /** @param {number} id */
  function choose(id) {
    list(id);
    if (chosen) {
      fill(chosen);
      name.value = chosen.name;
    }
  }

  function toggle() {
    row.hidden = !row.hidden;
    open.setAttribute('aria-expanded', String(!row.hidden));
    if (!row.hidden) {
      name.value = chosen ? chosen.name : proposed();
      name.focus();
      name.select();
      row.scrollIntoView({ block: 'nearest' });
    }
  }

  function proposed() {
    try {
      return (read().text || '').replace(/\s+/g, ' ').slice(0, NAME_CHARS).trim();
    } catch {
      return '';
    }
  }

  /** Under the name of the chosen one it takes its place, under a new name it is a new one; another's is not replaced. */
  async function send() {
    keep.disabled = true;
    problem.textContent = '';
    try {
      const body = { name: name.value.trim(), ...read() };
      if (!body.name) {
        throw new Error(words.nameless);
      }
      const known = (templates.value() || []).find((each) => each.name === body.name);
      if (known && (!chosen || chosen.id !== known.id)) {
        throw new Error(words.nameTaken);
      }
      const kept = known
        ? await api.send('PUT', `/api/message/templates/${known.id}`, body)
        : await api.send('POST', '/api/message/templates', body);
      await templates.load();
      list(kept.id);
      say(known ? words.templateChanged(kept.name) : words.templateKept(kept.name));
      toggle();
      open.focus();
    } catch (error) {
      problem.textContent = /** @type {Error} */ (error).message;
    }
    keep.disabled = false;
  }

  /** @param {Template} template */
  function takeAway(template) {
    templates.remove([template.id], words.templateRemoved(template.name));
    list();
    (chooser.hidden ? open : select).focus();
  }

  list();
  return { chooser, row, open, leave: templates.follow(() => list(chosen && chosen.id)) };
}
