// The login, and the first visit, which sets the password.

import { api, Problem } from '../api.js';
import { urlOf } from '../base_path.js';
import { byId, h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { goneBar } from '../shell.js';
import { texts } from '../texts.js';
import { passwordField, problemLine } from './fields.js';
import { waitBeforeRetry } from './wait.js';

const words = texts.login;
const RETRY_MS = 2000;

const page = byId('content');
const showGone = goneBar();
document.title = texts.documentTitle(words.title);

function goal() {
  return urlOf(wanted());
}

/** Where one wanted to go: a path of this server and nothing else. */
function wanted() {
  const to = new URLSearchParams(location.search).get('to') || '/';
  try {
    const url = new URL(to, location.origin);
    return /^\/(?![/\\])/.test(to) && url.origin === location.origin ? url.pathname + url.search : '/';
  } catch (error) {
    return '/';
  }
}

async function begin() {
  try {
    const session = await api.get('/api/session');
    showGone(false);
    if (session.open || session.state === 'in') {
      location.replace(goal());
    } else {
      show(session.state === 'setup' ? setupForm(Boolean(session.damaged)) : loginForm());
    }
  } catch (error) {
    if (error instanceof Problem && error.status) {
      show(h('p', { class: 'problem', role: 'alert' }, error.message));
    } else {
      showGone(true);
    }
    window.setTimeout(begin, RETRY_MS);
  }
}

/** @param {HTMLElement} form */
function show(form) {
  page.replaceChildren(h('div', { class: 'login-box' },
    h('p', { class: 'login-brand' }, icon('marquee'), texts.product), form));
  const field = form.querySelector('input');
  if (field) {
    field.focus();
  }
}

/**
 * Sends a form, and says what is wrong where the eye is. What was typed stays.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement} button
 * @param {ReturnType<typeof problemLine>} problem
 * @param {() => Promise<unknown>} send
 */
async function submit(form, button, problem, send) {
  button.disabled = true;
  problem.say('');
  try {
    await send();
    location.replace(goal());
  } catch (error) {
    const wait_s = error instanceof Problem ? error.retry_s : 0;
    if (wait_s) {
      await waitBeforeRetry(wait_s, (left_s) => problem.say(words.wait(left_s)));
      problem.say('');
    } else {
      problem.say(/** @type {Error} */ (error).message);
    }
    button.disabled = false;
    const field = form.querySelector('input[type=password], input[type=text]');
    if (field instanceof HTMLInputElement) {
      field.select();
      field.focus();
    }
  }
}

function loginForm() {
  const password = passwordField(words.password, 'current-password');
  const problem = problemLine(password.input);
  const button = h('button', { type: 'submit', class: 'button main' }, words.action);
  const form = h('form', {
    submit: (event) => {
      event.preventDefault();
      submit(form, button, problem, () => api.send('POST', '/api/session', { password: password.input.value }));
    },
  }, h('h1', {}, words.title), userField(), password.element, problem.element, button,
  h('p', { class: 'muted small-text' }, words.forgotten));
  return form;
}

/** @param {boolean} damaged there was a password, and nobody can read it any more */
function setupForm(damaged) {
  const code = h('input', {
    class: 'field', type: 'text', id: 'code', autocomplete: 'one-time-code', required: true, spellcheck: 'false',
    autocapitalize: 'none', 'aria-describedby': 'code-hint',
  });
  const password = passwordField(words.newPassword, 'new-password');
  const problem = problemLine(code);
  const button = h('button', { type: 'submit', class: 'button main' }, words.setupAction);
  const form = h('form', {
    submit: (event) => {
      event.preventDefault();
      const body = { code: code.value.trim(), password: password.input.value };
      submit(form, button, problem, () => api.send('POST', '/api/setup', body));
    },
  }, h('h1', {}, damaged ? words.damagedTitle : words.setupTitle),
  h('p', {}, damaged ? words.damagedLead : words.setupLead),
  h('div', { class: 'form-row' }, h('label', { for: 'code' }, words.code), code,
    h('p', { class: 'muted small-text', id: 'code-hint' }, damaged ? words.damagedCodeHint : words.codeHint)),
  userField(), password.element, problem.element, button);
  const hint = h('p', { class: 'muted small-text' });
  setText(hint, words.passwordHint);
  password.element.append(hint);
  return form;
}

/** There is one account; password managers want a name for it. */
function userField() {
  const field = h('input', {
    type: 'text', name: 'username', autocomplete: 'username', class: 'sr-only', tabindex: -1, 'aria-hidden': 'true',
  });
  field.value = 'admin';
  return field;
}

begin();
