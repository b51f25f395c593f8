// Which page is shown. One document for all pages but the player and the login, so that uploads go on from page to page.

import { urlOf, within } from './base_path.js';
import { h } from './dom.js';
import { icon } from './icons.js';
import { texts } from './texts.js';

/**
 * What a page hands over.
 * @typedef {Object} View
 * @property {HTMLElement} element
 * @property {string} title of the document
 * @property {() => void} leave called once, when another page takes its place
 * @property {(url: URL) => boolean} [update] takes another query of the same address; false: the page is built anew
 * @property {Promise<unknown>} [ready] settled when it is tall enough to be scrolled to where one was
 * @property {() => void} [shown] called when it stands in the document
 */

/**
 * What a page is opened with.
 * @typedef {Object} Visit
 * @property {URL} url
 * @property {RegExpExecArray} match
 * @property {boolean} back it is come back to, by the history
 * @property {boolean} first it is the page that was loaded: nobody has pressed anything yet
 */

/**
 * @typedef {Object} Route
 * @property {string} page id in the rail
 * @property {RegExp} pattern of the path
 * @property {(visit: Visit) => View} open
 */

/** Positions that are kept, of the pages one came by last. */
const SCROLLS_MAX = 50;

/** @type {Route[]} */
let routes = [];
/** @type {HTMLElement} */
let container;
/** @type {(page: string) => void} */
let entered = () => undefined;
/** @type {{route: Route, view: View, path: string}|null} */
let current = null;
/** Counts visits: what was asked for on one page must not happen on another. */
let visit = 0;
let key = '';
/** @type {Map<string, number>} */
const scrolls = new Map();

/**
 * @param {Route[]} known
 * @param {HTMLElement} into
 * @param {(page: string) => void} onEnter
 */
export function startRouter(known, into, onEnter) {
  routes = known;
  container = into;
  entered = onEnter;
  history.scrollRestoration = 'manual';
  key = (history.state && history.state.key) || newKey();
  history.replaceState({ key }, '');
  document.addEventListener('click', followLink);
  window.addEventListener('popstate', () => {
    keepScroll();
    key = (history.state && history.state.key) || newKey();
    show({ back: true, first: false });
  });
  show({ back: false, first: true });
}

function newKey() {
  return Math.random().toString(36).slice(2);
}

function keepScroll() {
  scrolls.delete(key);
  scrolls.set(key, window.scrollY);
  if (scrolls.size > SCROLLS_MAX) {
    scrolls.delete(scrolls.keys().next().value || '');
  }
}

/**
 * Goes to another address of this document.
 * @param {string} href
 * @param {{replace?: boolean}} [options] replace: the history gets no new step
 */
export function go(href, options) {
  const replace = Boolean(options && options.replace);
  const url = new URL(urlOf(href), location.href);
  if (!routeOf(url)) {
    location.assign(url.href);
    return;
  }
  if (replace) {
    history.replaceState({ key }, '', url);
  } else {
    keepScroll();
    key = newKey();
    history.pushState({ key }, '', url);
  }
  show({ back: false, first: false });
}

/**
 * For who has to wait before he knows where to go: goes only if the visitor is still on the page he is on now.
 * @returns {(href: string) => void}
 */
export function goFromHere() {
  const from = visit;
  return (href) => from === visit && go(href);
}

/** @param {URL} url */
function routeOf(url) {
  return url.origin === location.origin ? routes.find((route) => route.pattern.test(within(url.pathname))) : undefined;
}

/** @param {MouseEvent} event */
function followLink(event) {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
    return;
  }
  const link = /** @type {Element} */ (event.target).closest('a');
  if (!link || link.target || link.hasAttribute('download') || !link.href || link.getAttribute('href') === '#content') {
    return;
  }
  const url = new URL(link.href);
  if (routeOf(url)) {
    event.preventDefault();
    go(url.href);
  }
}

/** @param {{back: boolean, first: boolean}} how */
async function show(how) {
  const url = new URL(location.href);
  const route = routeOf(url);
  if (!route) {
    location.reload();
    return;
  }
  visit += 1;
  const mine = visit;
  entered(route.page);
  if (current && current.route === route && current.path === url.pathname && current.view.update) {
    if (current.view.update(url)) {
      return;
    }
  }
  let view;
  try {
    const match = /** @type {RegExpExecArray} */ (route.pattern.exec(within(url.pathname)));
    leave();
    view = route.open({ url, match, back: how.back, first: how.first });
  } catch (error) {
    window.setTimeout(() => {
      throw error; // Told where faults of pages are told.
    });
    view = failedView();
  }
  current = { route, view, path: url.pathname };
  container.replaceChildren(view.element);
  document.title = view.title;
  if (view.shown) {
    view.shown();
  }
  if (!how.first && !container.contains(document.activeElement)) {
    container.focus({ preventScroll: true });
  }
  const top = how.back ? scrolls.get(key) || 0 : 0;
  window.scrollTo(0, top);
  showAnchor(url);
  if (url.hash && view.ready) {
    await view.ready;
    if (mine === visit) {
      showAnchor(url);
    }
  }
  if (top && view.ready) {
    await view.ready;
    if (mine === visit) {
      window.scrollTo(0, top);
    }
  }
}

/** @param {URL} url whose hash names a part of the page, which may come late */
function showAnchor(url) {
  const part = url.hash.length > 1 && document.getElementById(decodeURIComponent(url.hash.slice(1)));
  if (part && container.contains(part)) {
    part.scrollIntoView({ block: 'center' });
    part.focus({ preventScroll: true });
  }
}

function leave() {
  if (current) {
    current.view.leave();
    current = null;
  }
}

/** @param {string} title of the document, when what is shown has got another name */
export function setTitle(title) {
  document.title = title;
}

/**
 * A page that could not be built.
 * @returns {View}
 */
function failedView() {
  const element = h('section', { class: 'problem', role: 'alert' },
    h('h1', {}, icon('warn'), texts.pageFailedTitle),
    h('p', {}, texts.pageFailed),
    h('button', { type: 'button', class: 'button main', click: () => location.reload() }, texts.tryAgain));
  return {
    title: texts.product,
    leave: () => undefined,
    element,
  };
}
