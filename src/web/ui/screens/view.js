// The wall of screens: what each shows, and what can be asked of it.

import { h, setAttribute, setText } from '../dom.js';
import { icon } from '../icons.js';
import { afterAMoment, emptyNotice, failedNotice, iconButton } from '../parts.js';
import { isAdmin } from '../session.js';
import { groups, playlists, screens } from '../signage/data.js';
import { openDialog } from '../signage/dialog.js';
import { createMessageBar, messageButton } from '../signage/message.js';
import { openPlays } from '../signage/plays.js';
import { texts } from '../texts.js';
import { createCard } from './card.js';
import { editGroup, removeGroup } from './edit.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */
/** @typedef {import('../signage/types.js').Group} Group */

const words = texts.signage.screens;
const SKELETONS = 4;

/** @returns {import('../router.js').View} */
export function open() {
  const count = h('p', { class: 'muted figures', role: 'status' });
  const notice = h('div', {});
  const wall = h('div', { class: 'wall' });
  const message = createMessageBar();
  const element = h('div', { class: 'signage' },
    h('header', { class: 'page-head' }, h('h1', {}, words.title), count, h('span', { class: 'spacer' }),
      iconButton('download', texts.signage.plays.title, openPlays, 'plays-button'),
      isAdmin() ? messageButton() : null,
      isAdmin() ? h('button', { type: 'button', class: 'button main icon-small', click: explain }, icon('plus'), words.add) : null),
    message.element, notice, wall);
  /** @type {Map<number, import('./card.js').Card>} */
  const cards = new Map();
  /** @type {Map<number|null, ReturnType<typeof createSection>>} */
  const sections = new Map();
  let over = false;

  function show() {
    const all = screens.value();
    const known = groups.value();
    if (!all || !known) {
      return;
    }
    for (const [id, card] of Array.from(cards)) {
      if (!all.some((screen) => screen.id === id)) {
        card.element.remove();
        cards.delete(id);
      }
    }
    const alone = all.filter((screen) => !known.some((group) => group.id === screen.group));
    const parts = known.map((group) => ({ group, members: all.filter((screen) => screen.group === group.id) }))
      .concat(alone.length || !known.length ? [{ group: /** @type {any} */ (null), members: alone }] : []);
    placeSections(parts);
    notice.replaceChildren(...(all.length ? [] : [nothingThere()]));
    wall.hidden = !all.length;
    setText(count, all.length ? words.count(all.filter((screen) => screen.active).length, all.length) : '');
  }

  /** @param {{group: Group|null, members: TvScreen[]}[]} parts */
  function placeSections(parts) {
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
      section.patch(part.group, part.members.length, parts.length > 1);
      place(wall, section.element, index);
      part.members.forEach((screen, at) => {
        const card = cards.get(screen.id) || createCard();
        cards.set(screen.id, card);
        card.patch(screen);
        place(section.list, card.element, at);
      });
    });
  }

  /** @param {Error} error */
  function fail(error) {
    if (!over && !screens.value()) {
      wall.replaceChildren();
      notice.replaceChildren(failedNotice(words.failed, error.message, load));
    }
  }

  function load() {
    notice.replaceChildren();
    playlists.load().catch(() => undefined);
    return Promise.all([screens.load(), groups.load()]).catch(fail);
  }

  afterAMoment(() => !over && !screens.value() && !notice.firstChild, () => wall.replaceChildren(skeletons()));
  const ends = [screens.follow(show), groups.follow(show), playlists.follow(() => undefined), message.leave];
  const ready = load().then(() => wall.querySelectorAll('.skeleton-wall').forEach((each) => each.remove()));
  return {
    element,
    title: texts.documentTitle(words.title),
    ready,
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
