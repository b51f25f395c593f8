// Fields of the forms with passwords.

import { h, setText } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { texts } from '../texts.js';

const words = texts.login;
/** As the server takes them. */
export const PASSWORD_CHARS_MIN = 8;
let fields = 0;

/**
 * A password with a button that shows it.
 * @param {string} label
 * @param {'current-password'|'new-password'} purpose
 */
export function passwordField(label, purpose) {
  fields += 1;
  const id = `password-${fields}`;
  const input = h('input', {
    class: 'field', type: 'password', id, autocomplete: purpose, required: true,
    minlength: purpose === 'new-password' && PASSWORD_CHARS_MIN,
  });
  const mark = icon('eye');
  const button = h('button', {
    type: 'button', class: 'button icon-button', 'aria-label': words.show, 'aria-pressed': 'false', title: words.show,
    click: () => {
      const shown = input.type === 'password';
      input.type = shown ? 'text' : 'password';
      button.setAttribute('aria-pressed', String(shown));
      setIcon(mark, shown ? 'eye-off' : 'eye');
    },
  }, mark);
  const element = h('div', { class: 'form-row' }, h('label', { for: id }, label),
    h('div', { class: 'field-line' }, input, button));
  return { element, input };
}

/**
 * What is wrong, read out when it appears.
 * @param {HTMLInputElement} input it is about
 */
export function problemLine(input) {
  fields += 1;
  const id = `problem-${fields}`;
  const text = h('span', {});
  const element = h('p', { class: 'form-problem icon-small', id, role: 'alert' });
  return {
    element,
    /** @param {string} now empty: nothing is */
    say(now) {
      setText(text, now);
      element.replaceChildren(...(now ? [icon('warn'), text] : []));
      if (now) {
        input.setAttribute('aria-invalid', 'true');
        input.setAttribute('aria-describedby', id);
      } else {
        input.removeAttribute('aria-invalid');
      }
    },
  };
}
