// A dialog with a form: opened, filled in, sent; it stays open with the reason if the server refuses.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';

let fields = 0;

/**
 * A field under its label.
 * @template {HTMLElement} T
 * @param {string} label
 * @param {T} field that has no id yet
 * @param {string} [hint]
 */
export function fieldRow(label, field, hint) {
  fields += 1;
  field.id = `field-${fields}`;
  const hintId = `${field.id}-hint`;
  if (hint) {
    field.setAttribute('aria-describedby', hintId);
  }
  return h('div', { class: 'form-row' }, h('label', { for: field.id }, label), field,
    hint ? h('p', { class: 'muted small-text', id: hintId }, hint) : null);
}

/**
 * Several fields under one label.
 * @param {string} label
 * @param {...Node} content
 */
export function fieldSet(label, ...content) {
  return h('fieldset', { class: 'form-row' }, h('legend', { class: 'label' }, label), ...content);
}

/**
 * A box to check, with its label behind it.
 * @param {string} label
 * @param {boolean} checked
 * @param {(checked: boolean) => void} [change]
 */
export function checkBox(label, checked, change) {
  const input = h('input', { type: 'checkbox' });
  input.checked = checked;
  if (change) {
    input.addEventListener('change', () => change(input.checked));
  }
  return { element: h('label', { class: 'check-label' }, input, label), input };
}

/**
 * @param {{
 *   title: string, action: string, wide?: boolean, send: () => Promise<unknown>, done?: () => void, more?: HTMLElement|null,
 * }} options send: its rejection is shown, and the dialog stays; done: called when it is closed after that; more: beside the
 *   buttons
 * @param {...(Node|null)} content
 */
export function openForm({ title, action, wide, send, done, more }, ...content) {
  const problem = h('p', { class: 'form-problem icon-small', role: 'alert' });
  const submit = h('button', { type: 'submit', class: 'button main' }, action);
  const form = h('form', {
    class: 'form',
    submit: async (event) => {
      event.preventDefault();
      submit.disabled = true;
      problem.replaceChildren();
      try {
        await send();
        dialog.close();
        if (done) {
          done();
        }
      } catch (error) {
        problem.replaceChildren(icon('warn'), h('span', {}, /** @type {Error} */ (error).message));
      }
      submit.disabled = false;
    },
  }, ...content, problem,
  h('div', { class: 'form-actions' }, submit,
    h('button', { type: 'button', class: 'button', click: () => dialog.close() }, texts.cancel), more || null));
  const dialog = openDialog(title, Boolean(wide), form);
  const first = /** @type {HTMLElement|null} */ (form.querySelector('input, select, textarea'));
  if (first) {
    first.focus(); // A dialog would begin with what closes it.
  }
  return dialog;
}

/**
 * @param {string} title
 * @param {boolean} wide
 * @param {...(Node|null)} content
 */
export function openDialog(title, wide, ...content) {
  const dialog = h('dialog', { class: wide ? 'form-dialog wide' : 'form-dialog', 'aria-label': title },
    h('div', { class: 'more-head' }, h('h2', {}, title),
      h('button', { type: 'button', class: 'button icon-button', 'aria-label': texts.nav.close, click: () => dialog.close() },
        icon('close'))),
    ...content);
  // Pressed and let go on the ground around it: a text that is marked with the mouse may end there.
  let down = false;
  dialog.addEventListener('pointerdown', (event) => (down = event.target === dialog));
  dialog.addEventListener('click', (event) => event.target === dialog && down && dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
