// Small parts that several pages have.

import { h } from './dom.js';
import { isGone, onGone } from './events.js';
import { icon, setIcon } from './icons.js';
import { texts } from './texts.js';

/** Quick answers show no skeleton at all. */
const SKELETON_AFTER_MS = 150;

/**
 * A button that is only an icon.
 * @param {string} name of the icon
 * @param {string} label
 * @param {() => void} act
 * @param {string} [extra] class
 */
export function iconButton(name, label, act, extra) {
  return h('button', {
    type: 'button', class: `button icon-button ${extra || ''}`, 'aria-label': label, title: label, click: act,
  }, icon(name));
}

/**
 * A button that is on or off.
 * @param {string} name of the icon
 * @param {string} label
 * @param {(on: boolean) => void} act
 */
export function toggleButton(name, label, act) {
  const mark = icon(name);
  const button = h('button', {
    type: 'button', class: 'chip icon-small', 'aria-pressed': 'false',
    click: () => act(button.getAttribute('aria-pressed') !== 'true'),
  }, mark, label);
  return {
    button,
    /** @param {boolean} on @param {string} [iconNow] */
    set(on, iconNow) {
      button.setAttribute('aria-pressed', String(on));
      if (iconNow) {
        setIcon(mark, iconNow);
      }
    },
  };
}

/**
 * What a page shows when there is nothing.
 * @param {string} title
 * @param {string} text
 * @param {...(HTMLElement|null)} actions
 */
export function emptyNotice(title, text, ...actions) {
  return emptySection(h('h2', {}, title), text, actions);
}

/**
 * The same where it is all there is on a page.
 * @param {string} title
 * @param {string} text
 * @param {...(HTMLElement|null)} actions
 */
export function emptyPage(title, text, ...actions) {
  return emptySection(h('h1', {}, title), text, actions);
}

/** @param {HTMLElement} heading @param {string} text @param {(HTMLElement|null)[]} actions */
function emptySection(heading, text, actions) {
  return h('section', { class: 'problem empty' }, heading, h('p', {}, text),
    actions.some(Boolean) ? h('div', { class: 'row' }, ...actions) : null);
}

/**
 * What went wrong with a whole page.
 * @param {string} title
 * @param {string} reason
 * @param {() => void} again
 * @param {'h1'|'h2'} [level] h1: it is all there is on the page
 */
export function failedNotice(title, reason, again, level) {
  const element = h('section', { class: 'problem', role: 'alert' },
    h(level || 'h2', {}, icon('warn'), title),
    h('p', {}, reason),
    h('button', { type: 'button', class: 'button main', click: again }, texts.tryAgain));
  if (reason === texts.gone) {
    whenBack(element, again);
  }
  return element;
}

/** One that was away for a moment only was never said to be gone. */
const BACK_MS = 2000;

/**
 * Tries again what failed since the server could not be reached, as soon as it can be; unless that is shown no more.
 * @param {Element} element what says that it failed
 * @param {() => unknown} again
 */
export function whenBack(element, again) {
  const act = () => {
    end();
    window.clearTimeout(timer);
    if (element.isConnected) {
      again();
    }
  };
  const end = onGone((gone) => !gone && act());
  const timer = window.setTimeout(() => !isGone() && act(), BACK_MS);
}

/**
 * Calls after a moment, unless the content has come by then.
 * @param {() => boolean} waiting
 * @param {() => void} show
 */
export function afterAMoment(waiting, show) {
  window.setTimeout(() => waiting() && show(), SKELETON_AFTER_MS);
}

/**
 * A choice of few, as a row of radio buttons.
 * @template {string} T
 * @param {string} label
 * @param {{value: T, text: string, icon?: string}[]} options
 * @param {T} chosen
 * @param {(value: T) => void} choose
 */
export function choiceRow(label, options, chosen, choose) {
  const name = `choice-${(choices += 1)}`;
  /** @type {Map<T, HTMLInputElement>} */
  const inputs = new Map();
  const group = h('div', { class: 'choice', role: 'radiogroup', 'aria-label': label });
  for (const option of options) {
    const input = h('input', { type: 'radio', name, value: option.value, change: () => choose(option.value) });
    if (option.icon) {
      input.setAttribute('aria-label', option.text);
    }
    input.checked = option.value === chosen;
    inputs.set(option.value, input);
    group.append(h('label', { title: option.icon && option.text }, input,
      option.icon ? icon(option.icon) : option.text));
  }
  return {
    element: group,
    /** @param {T} value */
    set(value) {
      const input = inputs.get(value);
      if (input) {
        input.checked = true;
      }
    },
  };
}
let choices = 0;

/**
 * Copies a text; without TLS, as on a LAN, browsers have no clipboard interface, so a field is selected instead.
 * @param {string} text
 * @returns {boolean}
 */
export function copyText(text) {
  const field = h('textarea', { class: 'sr-only', readonly: true, 'aria-hidden': 'true' });
  const back = /** @type {HTMLElement|null} */ (document.activeElement);
  const room = (back && back.closest('dialog')) || document.body;
  field.value = text;
  room.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (back) {
    back.focus();
  }
  return done;
}
