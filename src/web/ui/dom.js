// Small helpers around the DOM. Nothing here knows what the page shows.

import { urlOf } from './base_path.js';

/** Attributes that hold an address. */
const ADDRESSES = ['href', 'src', 'poster'];

/**
 * Makes an element. Attributes with the value `false`, `null` or `undefined` are left out; `true` sets an empty one;
 * a function is a listener for the event its name gives.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} [attributes]
 * @param {...(Node|string|null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  const given = attributes || {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (typeof value === 'function') {
      element.addEventListener(name, value);
    } else if (value !== false && value !== null && value !== undefined) {
      setAttribute(element, name, value === true ? '' : String(value));
    }
  }
  for (const child of children) {
    if (child !== null) {
      element.append(child);
    }
  }
  return element;
}

/**
 * Writes a text only if it changed, so that nothing is laid out or announced twice.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * Writes an attribute only if it changed; an address of ours as the browser has to ask for it.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 * @returns {boolean} whether it changed
 */
export function setAttribute(element, name, value) {
  const now = ADDRESSES.includes(name) ? urlOf(value) : value;
  const changed = element.getAttribute(name) !== now;
  if (changed) {
    element.setAttribute(name, now);
  }
  return changed;
}

/**
 * The element with this id, which the page's HTML has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`no element #${id}`);
  }
  return element;
}
