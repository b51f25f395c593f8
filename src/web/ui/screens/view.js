// The wall of screens: what each shows, and what can be asked of it.

import { h, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { afterAMoment, emptyNotice, failedNotice, iconButton } from '../parts.js';
import { go } from '../router.js';
import { isAdmin } from '../session.js';
import { groups, idleOfAll, playlists, screens } from '../signage/data.js';
import { openDialog } from '../signage/dialog.js';
import { createMessageBar, messageButton } from '../signage/message.js';
import { openPlays } from '../signage/plays.js';
import { texts } from '../texts.js';
import { createCard } from './card.js';
import { editGroup, removeGroup } from './edit.js';
import { createGone } from './gone.js';
import { editIdleOfAll, tellIdle } from './idle.js';
import { createShots } from './shots.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */
/** @typedef {import('../signage/types.js').Group} Group */

const words = texts.signage.screens;
const SKELETONS = 4;
const SEARCH_CHARS_MAX = 200;

/** All words, anywhere in what a screen is known by. @param {TvScreen} screen @param {string} wanted @param {Group[]} known */
function isFound(screen, wanted, known) {
  const group = known.find((each) => each.id === screen.group);
  const text = [screen.name, screen.code, screen.address, screen.browser, screen.connector, screen.playing, group && group.name]
    .filter(Boolean).join(' ').toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.indexOf(word) >= 0);
}

/** @param {import('../router.js').Visit} visit @returns {import('../router.js').View} */
export function open(visit) {
  const count = h('p', { class: 'muted figures', role: 'status' });
  const notice = h('div', {});
  const wall = h('div', { class: 'wall' });
  const search = h('input', {
    class: 'field', type: 'search', 'aria-label': words.find, placeholder: words.find, autocomplete: 'off', spellcheck: 'false',
    maxlength: SEARCH_CHARS_MAX, enterkeyhint: 'search',
  });
  const find = h('div', { class: 'search wall-search', role: 'search', hidden: true }, icon('search'), search);
  const none = h('p', { class: 'muted', role: 'status' });
  const idleText = h('span', {});
  const idle = h('p', { class: 'muted icon-small idle-line', hidden: true }, icon('night'), idleText,
    isAdmin() ? iconButton('edit', words.idle, editIdleOfAll) : null);
  const gone = createGone();
  const message = createMessageBar();
  const element = h('div', { class: 'signage' },
    h('header', { class: 'page-head' }, h('h1', {}, words.title), count, h('span', { class: 'spacer' }),
      iconButton('download', texts.signage.plays.title, openPlays, 'plays-button'),
      isAdmin() ? messageButton() : null,
      isAdmin() ? h('button', { type: 'button', class: 'button main icon-small', click: explain }, icon('plus'), words.add) : null),
    message.element, notice, idle, gone.element, find, none, wall);
  let wanted = (visit.url.searchParams.get('q') || '').trim();
  search.value = visit.url.searchParams.get('q') || '';
  search.addEventListener('input', () => {
    const query = search.value.trim() ? `?${new URLSearchParams({ q: search.value.trim() })}` : '';
    go(`/screens${query}${location.hash}`, { replace: true });
  });
  /** @type {Map<number, import('./card.js').Card>} */
  const cards = new Map();
  /** @type {Map<number|null, ReturnType<typeof createSection>>} */
  const sections = new Map();
  const shots = createShots();
  let over = false;

  function show() {
    const known = groups.value();
    const all = screens.value();
    if (!all || !known) {
      return;
    }
    for (const [id, card] of Array.from(cards)) {
      if (!all.some((screen) => screen.id === id && isFound(screen, wanted, known))) {
        shots.forget(card.element);
        card.element.remove();
        cards.delete(id);
      }
    }
    const found = all.filter((screen) => isFound(screen, wanted, known)).sort((a, b) => Number(b.active) - Number(a.active));
    const alone = found.filter((screen) => !known.some((group) => group.id === screen.group));
    const parts = known.map((group) => ({ group, members: found.filter((screen) => screen.group === group.id) }))
      .filter((part) => !wanted || part.members.length)
      .concat(alone.length || !known.length ? [{ group: /** @type {any} */ (null), members: alone }] : []);
    find.hidden = !all.length;
    setText(none, all.length && !found.length ? words.noneFound : '');
    shots.show(all);
    gone.show(all);
    placeSections(parts);
    notice.replaceChildren(...(all.length ? [] : [nothingThere()]));
    wall.hidden = !found.length;
    idle.hidden = !all.length;
    tellIdle(idleOfAll(), (text) => setText(idleText, words.idleLine(text)));
    setText(count, all.length ? words.count(all.filter((screen) => screen.active).length, all.length) : '');
  }

  /** @param {{group: Group|null, members: TvScreen[]}[]} parts */
  function placeSections(parts) {
    const known = groups.value() || [];
    const ids = parts.map((part) => (part.group ? part.group.id : null));
    for (const [id, section] of Array.from(sections)) {
      if (ids.indexOf(id) < 0) {
        section.element.remove();
        sections.delete(id);
      }
    }
    parts.forEach((part, index) => {
      const section = sections.get(ids[index]) || createSection();
      sections.set(ids[index], section);
      section.patch(part.group, part.members.length, known.length > 0);
      place(wall, section.element, index);
      part.members.forEach((screen, at) => {
        const card = cards.get(screen.id) || newCard(screen.id);
        card.patch(screen);
        place(section.list, card.element, at);
      });
    });
  }

  /** @param {number} id */
  function newCard(id) {
    const card = createCard();
    cards.set(id, card);
    shots.watch(card.element);
    return card;
  }

  /** @param {Error} error */
  function fail(error) {
    if (!over && !screens.value()) {
      wall.replaceChildren();
      notice.replaceChildren(failedNotice(words.failed, error.message, load));
    }
  }

  function load() {
    if (!screens.value()) {
      notice.replaceChildren();
    }
    playlists.load().catch(() => undefined);
    return Promise.all([screens.load(), groups.load()]).catch(fail);
  }

  afterAMoment(() => !over && !screens.value() && !notice.firstChild, () => wall.replaceChildren(skeletons()));
  const ends = [screens.follow(show), groups.follow(show), playlists.follow(show), message.leave, shots.leave];
  const ready = load().then(() => wall.querySelectorAll('.skeleton-wall').forEach((each) => each.remove()));
  return {
    element,
    title: texts.documentTitle(words.title),
    ready,
    update(url) {
      wanted = (url.searchParams.get('q') || '').trim();
      if (search.value.trim() !== wanted) {
        search.value = wanted;
      }
      show();
      return true;
    },
    leave() {
      over = true;
      ends.forEach((end) => end());
    },
  };
}

/** @param {HTMLElement} parent @param {HTMLElement} child @param {number} index */
function place(parent, child, index) {
  if (parent.children[index] !== child) {
    parent.insertBefore(child, parent.children[index] || null);
  }
}

function createSection() {
  const title = h('h2', {});
  const tools = h('div', { class: 'row' });
  const list = h('ul', { class: 'wall-list' });
  const none = h('p', { class: 'muted' }, words.emptyGroup);
  const head = h('div', { class: 'wall-head' }, title, tools);
  const element = h('section', { class: 'wall-part' }, head, none, list);
  /** @type {Group|null} */
  let shown = null;
  const edit = iconButton('edit', '', () => shown && editGroup(shown));
  const remove = iconButton('bin', '', () => shown && removeGroup(shown));
  return {
    element,
    list,
    /** @param {Group|null} group @param {number} members @param {boolean} titled */
    patch(group, members, titled) {
      const name = group ? group.name : words.ungrouped;
      head.classList.toggle('sr-only', !titled);
      none.hidden = members > 0;
      setText(title, name);
      shown = group;
      if (group && isAdmin()) {
        [[edit, words.editGroup(name)], [remove, words.removeGroup(name)]].forEach(([button, text]) => {
          setAttribute(/** @type {HTMLElement} */ (button), 'aria-label', String(text));
          setAttribute(/** @type {HTMLElement} */ (button), 'title', String(text));
        });
        if (!tools.firstChild) {
          tools.append(edit, remove);
        }
      }
    },
  };
}

function skeletons() {
  return h('ul', { class: 'wall-list skeleton-wall', 'aria-hidden': 'true' }, ...Array.from({ length: SKELETONS }, () =>
    h('li', { class: 'screen skeleton' }, h('div', { class: 'screen-picture' }),
      h('div', { class: 'screen-body' }, h('span', { class: 'bone' }), h('span', { class: 'bone short' })))));
}

function address() {
  return `${location.origin}/tv`;
}

function nothingThere() {
  return emptyNotice(words.emptyTitle, words.empty, h('code', { class: 'big-code' }, address()),
    h('a', { class: 'button main', href: '/tv', target: '_blank' }, words.tryHere));
}

/** How a TV becomes a screen. */
function explain() {
  openDialog(words.add, false, h('p', {}, words.addLead), h('p', {}, h('code', { class: 'big-code' }, address())),
    h('p', { class: 'muted' }, words.addHint),
    h('div', { class: 'form-actions' }, h('a', { class: 'button', href: '/tv', target: '_blank' }, words.tryHere)));
}
