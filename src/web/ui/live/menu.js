// A button that opens a list of which one is chosen (WAI-ARIA menu button pattern).

import { h, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';

/**
 * @typedef {Object} MenuItem
 * @property {string} id
 * @property {string} name
 * @property {string} about
 * @property {boolean} enabled
 */

/**
 * @param {string} label of the list
 * @param {MenuItem[]} items
 * @param {(id: string) => void} choose
 */
export function createMenu(label, items, choose) {
  const text = h('span', { class: 'figures' });
  const button = h('button', {
    type: 'button', class: 'tool menu-button', 'aria-haspopup': 'menu', 'aria-expanded': 'false',
  }, text, icon('choose'));
  const list = h('div', { class: 'menu-list', role: 'menu', 'aria-label': label });
  const entries = items.map((item) => h('button', {
    type: 'button', class: 'menu-item', role: 'menuitemradio', tabindex: -1, 'data-id': item.id,
    'aria-checked': 'false', 'aria-disabled': !item.enabled && 'true',
    click: () => {
      if (item.enabled) {
        close(true);
        choose(item.id);
      }
    },
  }, icon('check'), h('b', {}, item.name), h('small', {}, item.about)));
  list.append(...entries);
  list.hidden = true;
  const element = h('div', { class: 'menu' }, button, list);

  function open() {
    list.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    (entries.find((entry) => entry.getAttribute('aria-checked') === 'true') || entries[0]).focus();
  }

  /** @param {boolean} back the focus goes back to the button */
  function close(back) {
    if (!list.hidden) {
      list.hidden = true;
      button.setAttribute('aria-expanded', 'false');
      if (back) {
        button.focus();
      }
    }
  }

  button.addEventListener('click', () => (list.hidden ? open() : close(true)));
  element.addEventListener('keydown', (event) => {
    if (list.hidden) {
      return;
    }
    const at = entries.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    /** @type {Record<string, number>} */
    const goals = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 };
    if (event.key in goals) {
      entries[(goals[event.key] + entries.length) % entries.length].focus();
    } else if (event.key === 'Escape') {
      close(true);
    } else if (event.key === 'Tab') {
      close(true);
      return;
    } else if (event.key !== 'Enter' && event.key !== ' ') {
      return;
    }
    if (event.key !== 'Enter' && event.key !== ' ') {
      event.preventDefault();
    }
    event.stopPropagation();
  });
  document.addEventListener('pointerdown', (event) => {
    if (!element.contains(/** @type {Node} */ (event.target))) {
      close(false);
    }
  });

  return {
    element,
    open,
    isOpen: () => !list.hidden,
    /** @param {string} id */
    check(id) {
      entries.forEach((entry) => setAttribute(entry, 'aria-checked', String(entry.dataset.id === id)));
    },
    /**
     * @param {string} shown
     * @param {string} spoken
     */
    setText(shown, spoken) {
      setText(text, shown);
      setAttribute(button, 'aria-label', spoken);
    },
  };
}
