// The frame round every page: rail or bar, the box's name, health and clock, colours, the bar of a gone server.

import { Problem, status } from './api.js';
import { boxNow, everyMinute, setBoxTime, timeText } from './clock.js';
import { byId, h, setText } from './dom.js';
import { onGone } from './events.js';
import { icon } from './icons.js';
import { createHealth } from './problems/foot.js';
import { isAdmin, session, signOut } from './session.js';
import { texts } from './texts.js';
import { sayError } from './toast.js';

/**
 * The pages that exist, in their order. The bar of a narrow window shows the first five, "More" has the others.
 * @type {{id: string, path: string, icon: string, label: string}[]}
 */
const PAGES = [
  { id: 'live', path: '/', icon: 'live', label: texts.nav.live },
  { id: 'library', path: '/library', icon: 'library', label: texts.nav.library },
  { id: 'playlists', path: '/playlists', icon: 'playlist', label: texts.nav.playlists },
  { id: 'schedule', path: '/schedule', icon: 'schedule', label: texts.nav.schedule },
  { id: 'screens', path: '/screens', icon: 'screen', label: texts.nav.screens },
  { id: 'settings', path: '/settings', icon: 'settings', label: texts.nav.settings },
];
const BAR_PAGES_MAX = 5;

/** What is wrong is pushed; this keeps the clock. */
const STATUS_MS = 60000;

/** What pages ask of the frame; filled by `shell`. */
export const frame = {
  /** @type {(gone: boolean) => void} told that the server can't be reached, or can again */
  showGone: () => undefined,
};

/**
 * Fills the page's `#rail`.
 * @returns {{enter: (page: string) => void}} told which page is shown, by its id
 */
export function shell() {
  const foot = boxFoot();
  const more = moreDialog(foot.element);
  const links = PAGES.map((page, index) => pageLink(page, index >= BAR_PAGES_MAX));
  const moreButton = h('button', { type: 'button', class: 'rail-link rail-more', click: more.open },
    icon('more'), texts.nav.more);
  const rail = byId('rail');
  rail.append(
    h('a', { class: 'rail-brand', href: '/' }, icon('marquee'), texts.product),
    h('nav', { 'aria-label': texts.nav.label },
      h('ul', { class: 'rail-pages' }, ...links, h('li', {}, moreButton))),
  );
  document.body.append(more.dialog);
  document.body.prepend(h('a', { class: 'skip', href: '#content' }, texts.skip));

  // One foot for both shapes: it lives in the rail, or in what "More" opens.
  const narrow = window.matchMedia('(max-width: 720px)');
  const place = () => {
    more.close();
    (narrow.matches ? more.dialog : rail).append(foot.element);
  };
  narrow.addEventListener('change', place);
  place();
  foot.follow((bad) => moreButton.toggleAttribute('data-alert', bad));
  frame.showGone = goneBar();
  return {
    enter(page) {
      more.close();
      document.querySelectorAll('.rail-link[data-page]').forEach((link) => {
        if (link.getAttribute('data-page') === page) {
          link.setAttribute('aria-current', 'page');
        } else {
          link.removeAttribute('aria-current');
        }
      });
    },
  };
}

/**
 * @param {{id: string, path: string, icon: string, label: string}} page
 * @param {boolean} overflow
 */
function pageLink(page, overflow) {
  return h('li', { class: overflow && 'rail-overflow' },
    h('a', { class: 'rail-link', href: page.path, 'data-page': page.id }, icon(page.icon), page.label));
}

/** @param {HTMLElement} content */
function moreDialog(content) {
  const close = () => dialog.open && dialog.close();
  const links = PAGES.slice(BAR_PAGES_MAX).map((page) => pageLink(page, false));
  const dialog = h('dialog', { class: 'more', 'aria-label': texts.nav.more },
    h('div', { class: 'more-head' },
      h('h2', {}, texts.nav.more),
      h('button', { type: 'button', class: 'button', 'aria-label': texts.nav.close, click: close }, icon('close'))),
    links.length ? h('ul', {}, ...links) : null,
    content);
  dialog.addEventListener('click', (event) => event.target === dialog && close());
  return { dialog, close, open: () => dialog.showModal() };
}

/** Name, health, clock and colours. */
function boxFoot() {
  const name = h('p', { class: 'foot-name' });
  /** @type {(bad: boolean) => void} */
  let alert = () => undefined;
  const health = createHealth((bad) => alert(bad));
  const time = h('b', {});
  const zone = h('span', { class: 'muted' });
  const clock = h('p', { class: 'foot-clock figures', hidden: true }, time, ' ', zone);
  const way = session().open ? null : h('button', {
    type: 'button', class: 'foot-out', click: () => signOut().catch(sayError),
  }, isAdmin() ? texts.nav.signOut : texts.nav.signOutView);
  const element = h('div', { class: 'foot' }, name, health.element, clock, themeChoice(), way);

  let asked = false;

  async function refresh() {
    if (document.hidden || asked) {
      return;
    }
    asked = true;
    try {
      show(await status());
    } catch (error) {
      health.unanswered(error instanceof Problem && error.status === 0);
    } finally {
      asked = false;
    }
  }

  /** @param {import('./types.js').Status} now */
  function show(now) {
    setBoxTime(now.time, now.time_zone);
    setText(name, now.name);
    setText(zone, now.time_zone);
    clock.hidden = false;
    showTime();
    health.answered(now);
  }

  function showTime() {
    if (!clock.hidden) {
      setText(time, timeText(boxNow()));
    }
  }

  return {
    element,
    /** @param {(bad: boolean) => void} onAlert */
    follow(onAlert) {
      alert = onAlert;
      everyMinute(showTime);
      onGone((gone) => !gone && refresh());
      refresh();
      window.setInterval(refresh, STATUS_MS);
      document.addEventListener('visibilitychange', refresh);
    },
  };
}

function themeChoice() {
  const theme = window.marqueeTheme;
  const choices = /** @type {const} */ (['light', 'dark', 'auto']);
  const group = h('div', { class: 'themes', role: 'radiogroup', 'aria-label': texts.theme.label });
  for (const choice of choices) {
    const input = h('input', {
      type: 'radio', name: 'theme', value: choice, 'aria-label': texts.theme[choice],
      change: () => theme.set(choice),
    });
    input.checked = theme.get() === choice;
    group.append(h('label', { title: texts.theme[choice] }, input, icon(choice)));
  }
  return group;
}

/** The quiet bar on top; made when first needed. */
export function goneBar() {
  const bar = h('div', { class: 'gone icon-small', role: 'status' });
  const content = [icon('warn'), texts.gone];
  bar.hidden = true;
  document.body.prepend(bar);
  return (/** @type {boolean} */ gone) => {
    bar.hidden = !gone;
    // Filled when shown, not before: that is what a screen reader announces.
    bar.replaceChildren(...(gone ? content : []));
  };
}
