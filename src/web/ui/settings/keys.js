// Ways in besides the password: tokens for programs, links for those who only look. Both can be withdrawn.

import { api } from '../api.js';
import { urlOf } from '../base_path.js';
import { h, setText } from '../dom.js';
import { createEmitter } from '../emitter.js';
import { dayText } from '../clock.js';
import { icon } from '../icons.js';
import { copyText, iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { say, sayError, sayUndo } from '../toast.js';
import { section } from './part.js';

const words = texts.settings;
/** All tokens and links were withdrawn at once. @type {ReturnType<typeof createEmitter<null>>} */
export const grantsEnded = createEmitter();
/** As the server takes them. */
const NAME_CHARS_MAX = 60;

/**
 * @typedef {Object} Key
 * @property {string} id
 * @property {string} name
 * @property {'view'|'admin'} right
 * @property {string} created RFC 3339
 * @property {string} [token] only in the answer that makes it
 * @property {string} [path] of a link, only in the answer that makes it
 */

/**
 * What differs between tokens and links.
 * @typedef {Object} Kind
 * @property {string} path
 * @property {'tokens'|'links'} list name in the answer
 * @property {typeof words.tokens} words
 * @property {(key: Key) => string} secret what is copied when it is new
 * @property {boolean} rights one chooses what it may do
 */

export function tokensSection() {
  return keysSection({
    path: '/api/tokens', list: 'tokens', words: words.tokens, secret: (key) => key.token || '', rights: true,
  });
}

export function linksSection() {
  return keysSection({
    path: '/api/links',
    list: 'links',
    words: words.links,
    secret: (key) => (key.path ? new URL(urlOf(key.path), location.origin).href : ''),
    rights: false,
  });
}

/** @param {Kind} kind */
function keysSection(kind) {
  const list = h('ul', { class: 'keys' });
  const fresh = h('div', { class: 'key-fresh', role: 'status' });
  const input = h('input', {
    class: 'field', type: 'text', 'aria-label': kind.words.name, placeholder: kind.words.name, required: true,
    maxlength: NAME_CHARS_MAX, autocomplete: 'off',
  });
  const right = kind.rights ? h('select', { class: 'field', 'aria-label': words.right },
    h('option', { value: 'view' }, words.rights.view), h('option', { value: 'admin' }, words.rights.admin)) : null;
  const button = h('button', { type: 'submit', class: 'button' }, kind.words.create);
  const form = h('form', {
    class: 'field-line',
    submit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      try {
        await make(input.value.trim(), right ? right.value : undefined);
        form.reset();
      } catch (error) {
        sayError(error);
      }
      button.disabled = false;
    },
  }, input, right, button);

  async function load() {
    try {
      /** @type {Key[]} */
      const keys = (await api.get(kind.path))[kind.list];
      show(keys);
    } catch (error) {
      list.replaceChildren(h('li', { class: 'form-problem icon-small' }, icon('warn'), /** @type {Error} */ (error).message));
    }
  }

  /** @param {Key[]} keys */
  function show(keys) {
    list.replaceChildren(...(keys.length ? keys.map(line) : [h('li', { class: 'muted' }, kind.words.none)]));
  }

  /** @param {Key} key */
  function line(key) {
    const text = [words.made(dayText(key.created))].concat(kind.rights ? words.rights[key.right] : []);
    const element = h('li', { class: 'key' },
      h('div', { class: 'key-text' }, h('b', {}, key.name),
        h('span', { class: 'muted small-text' }, text.join(' · '))),
      iconButton('bin', `${words.withdraw}: ${key.name}`, () => withdraw(key, element)));
    return element;
  }

  /** At once: whoever has it is out. What takes that back is another one. @param {Key} key @param {HTMLElement} element */
  async function withdraw(key, element) {
    element.hidden = true;
    fresh.replaceChildren();
    try {
      await api.send('DELETE', `${kind.path}/${encodeURIComponent(key.id)}`);
      element.remove();
      sayUndo(words.withdrawn(key.name), () => make(key.name, kind.rights ? key.right : undefined).then(
        () => say(kind.words.anew(key.name)), sayError));
    } catch (error) {
      element.hidden = false;
      sayError(error);
    }
  }

  /** @param {string} name @param {string|undefined} wanted what it may do */
  async function make(name, wanted) {
    /** @type {Key} */
    const key = await api.send('POST', kind.path, { name, right: wanted });
    showFresh(key);
    await load();
  }

  /** @param {Key} key */
  function showFresh(key) {
    const secret = kind.secret(key);
    if (secret) {
      fresh.replaceChildren(h('p', {}, kind.words.fresh(key.name)),
        h('div', { class: 'field-line' }, h('code', {}, secret), copyButton(secret, words.copy)));
    }
  }

  const end = grantsEnded.on(() => {
    if (list.isConnected) {
      fresh.replaceChildren();
      load();
    } else {
      end(); // The page was left.
    }
  });
  load();
  return section(kind.words.title, kind.words.lead, list, fresh, form);
}

/** @param {string} text @param {string} label */
function copyButton(text, label) {
  const shown = h('span', {}, words.copy);
  return h('button', {
    type: 'button', class: 'button icon-small', 'aria-label': label,
    click: () => copyText(text) && setText(shown, words.copied),
  }, icon('copy'), shown);
}
