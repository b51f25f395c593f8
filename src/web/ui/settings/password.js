// Another password.

import { api } from '../api.js';
import { h } from '../dom.js';
import { passwordField, problemLine } from '../login/fields.js';
import { session } from '../session.js';
import { texts } from '../texts.js';
import { say } from '../toast.js';
import { grantsEnded } from './keys.js';
import { section } from './part.js';

const words = texts.settings;

export function passwordSection() {
  const old = passwordField(words.oldPassword, 'current-password');
  const fresh = passwordField(texts.login.newPassword, 'new-password');
  const ends = h('input', { type: 'checkbox' });
  const problem = problemLine(old.input);
  const button = h('button', { type: 'submit', class: 'button' }, words.changePassword);
  const form = h('form', {
    class: 'form',
    submit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      problem.say('');
      try {
        const body = { old: old.input.value, new: fresh.input.value, end_grants: ends.checked };
        await api.send('PUT', '/api/password', body);
        form.reset();
        if (body.end_grants) {
          grantsEnded.tell(null);
        }
        say(words.passwordChanged);
      } catch (error) {
        problem.say(/** @type {Error} */ (error).message);
      }
      button.disabled = false;
    },
  }, old.element, fresh.element, h('label', { class: 'check-label' }, ends, words.endGrants), problem.element, button);
  return session().password_is_fixed ? section(words.password, words.passwordFixed)
    : section(words.password, words.passwordLead, form);
}
