// What was done or went wrong, said at the bottom of the page; and the ten seconds in which it can be undone.

import { h } from './dom.js';
import { icon } from './icons.js';
import { texts } from './texts.js';

const SAY_MS = 4000;
const FAIL_MS = 8000;
export const UNDO_MS = 10000;
/** The oldest go when more are said at once. */
const TOASTS_MAX = 3;

/**
 * @typedef {Object} Toast
 * @property {() => void} close
 */

/** @type {HTMLElement|null} */
let stack = null;
/** What Ctrl+Z takes back: the newest that still can be. @type {(() => void)[]} */
const undos = [];

/** In the dialog that is open, if one is: whatever is outside of it can neither be seen nor pressed. */
function place() {
  if (!stack) {
    stack = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
    document.addEventListener('keydown', undoByKey);
  }
  const all = stack;
  const dialog = Array.from(document.querySelectorAll('dialog[open]')).pop();
  const host = dialog || document.body;
  if (all.parentNode !== host) {
    host.append(all);
    if (dialog) {
      dialog.addEventListener('close', () => all.parentNode === dialog && document.body.append(all), { once: true });
    }
  }
  return all;
}

/** @param {KeyboardEvent} event */
function undoByKey(event) {
  const target = /** @type {Element} */ (event.target);
  const undo = undos[undos.length - 1];
  if (undo && (event.ctrlKey || event.metaKey) && event.key === 'z' && !target.closest('input, textarea')) {
    event.preventDefault();
    undo();
  }
}

/**
 * @param {string} text
 * @param {{bad?: boolean, label?: string, act?: () => void, ms?: number, ended?: () => void}} [options]
 * @returns {Toast}
 */
export function say(text, options) {
  const { bad, label, act, ms, ended } = options || {};
  let timer = 0;
  let over = false;
  const close = () => {
    if (!over) {
      over = true;
      window.clearTimeout(timer);
      element.remove();
      if (ended) {
        ended();
      }
    }
  };
  const element = h('div', { class: bad ? 'toast-line bad' : 'toast-line' },
    bad ? icon('warn') : null,
    h('span', {}, text),
    label && act ? h('button', { type: 'button', class: 'toast-action', click: () => { act(); close(); } }, label)
      : null,
    h('button', { type: 'button', class: 'toast-close', 'aria-label': texts.nav.dismiss, click: close }, icon('close')));
  // Who reads or reaches for the button is given the time.
  const wait = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(close, ms || (bad ? FAIL_MS : SAY_MS));
  };
  const hold = () => window.clearTimeout(timer);
  element.addEventListener('pointerenter', hold);
  element.addEventListener('pointerleave', wait);
  element.addEventListener('focusin', hold);
  element.addEventListener('focusout', wait);
  const all = place();
  while (all.children.length >= TOASTS_MAX && all.firstElementChild) {
    /** @type {HTMLElement} */ (all.firstElementChild.querySelector('.toast-close')).click();
  }
  all.append(element);
  wait();
  return { close };
}

/** @param {unknown} error */
export function sayError(error) {
  say(error instanceof Error ? error.message : String(error), { bad: true });
}

/**
 * @param {string} text
 * @param {() => void} undo
 * @param {() => void} kept called when it was not undone in time
 */
function undoable(text, undo, kept) {
  let undone = false;
  const once = () => {
    if (!undone) {
      undone = true;
      toast.close();
      undo();
    }
  };
  const ended = () => {
    undos.splice(undos.indexOf(once), 1);
    if (!undone) {
      kept();
    }
  };
  undos.push(once);
  const toast = say(text, { label: texts.undo, act: once, ms: UNDO_MS, ended });
  return toast;
}

/**
 * Says what was done, with a button that takes it back.
 * @param {string} text
 * @param {() => void} undo
 */
export function sayUndo(text, undo) {
  undoable(text, undo, () => undefined);
}

/**
 * For what the server can't take back: it is told only when the time to undo is over, or the page goes.
 * @param {string} text
 * @param {(leaving: boolean) => void} commit
 * @param {() => void} undo
 */
export function sayDeferred(text, commit, undo) {
  let leaving = false;
  const leave = () => {
    leaving = true;
    toast.close();
  };
  const settle = (/** @type {() => void} */ act) => () => {
    window.removeEventListener('pagehide', leave);
    act();
  };
  window.addEventListener('pagehide', leave);
  const toast = undoable(text, settle(undo), settle(() => commit(leaving)));
}
