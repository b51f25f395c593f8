// The schedule: a week of a screen, of a group, or of everything.

import { api } from '../api.js';
import { boxDate } from '../clock.js';
import { h, setText } from '../dom.js';
import { onScreens } from '../events.js';
import { locale } from '../language.js';
import { icon } from '../icons.js';
import { afterAMoment, emptyNotice, failedNotice, iconButton } from '../parts.js';
import { go } from '../router.js';
import { isAdmin } from '../session.js';
import { groups, playlists, screens, windows } from '../signage/data.js';
import { createMessageBar, messageButton } from '../signage/message.js';
import { texts } from '../texts.js';
import { sayError } from '../toast.js';
import { createAsk } from './ask.js';
import { concerns, STEP_MIN } from './blocks.js';
import { changeWindow, createWindow, newWindow, removeWindow } from './edit.js';
import { openWindowForm } from './form.js';
import { createWindowList } from './list.js';
import { openMoment } from './moment.js';
import { DAY_MIN, dayOn, isDate, mondayOf, weekdayOf } from './wall.js';
import { createWeek } from './week.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */

const words = texts.signage.schedule;
/** The line of this minute moves by less than a pixel meanwhile. */
const NOW_MS = 20000;
/** How long an entry begins that is made where one pressed. */
const NEW_MIN = 60;

/** Whose week an address means. @param {URLSearchParams} params */
function readTarget(params) {
  const number = (/** @type {string} */ name) => (/^\d{1,15}$/.test(params.get(name) || '') ? Number(params.get(name)) : null);
  return { screen: number('screen'), group: number('group') };
}

/** @param {URLSearchParams} params */
function readMonday(params) {
  const week = params.get('week');
  return mondayOf(isDate(week) && week ? week : boxDate(0));
}

/**
 * @param {import('../router.js').Visit} visit
 * @returns {import('../router.js').View}
 */
export function open(visit) {
  let target = readTarget(visit.url.searchParams);
  let monday = readMonday(visit.url.searchParams);
  const editable = isAdmin();
  const label = h('p', { class: 'week-name figures', role: 'status' });
  const select = h('select', { class: 'field', 'aria-label': words.whose, change: () => go(addressOf(choiceOf(select.value), monday)) });
  const notice = h('div', { class: 'week-notice' });
  const hint = h('p', { class: 'muted small-text' });
  const message = createMessageBar();
  const ask = createAsk();
  const list = createWindowList({ open: edit, remove: removeWindow, editable });
  const week = createWeek({
    editable,
    open: edit,
    change: changeWindow,
    remove: removeWindow,
    draw: (day, from, until) => create(newWindow(target, day, from, until)),
    ask(date, minutes, point) {
      const from = Math.min(Math.floor(minutes / STEP_MIN) * STEP_MIN, DAY_MIN - STEP_MIN);
      const add = () => create(newWindow(target, weekdayOf(date), from, Math.min(from + NEW_MIN, DAY_MIN)));
      openMoment({ date, minutes: from, point, windows: shown(), target, add: editable ? add : null, edit: editable ? edit : null });
    },
  });
  const element = h('div', { class: 'signage' },
    h('header', { class: 'page-head' }, h('h1', {}, words.title), h('span', { class: 'spacer' }),
      editable ? messageButton() : null,
      editable ? h('button', { type: 'button', class: 'button main icon-small', click: plan },
        icon('plus'), words.add) : null),
    message.element,
    h('div', { class: 'week-bar' },
      h('div', { class: 'row' }, iconButton('previous', words.weekBefore, () => go(addressOf(target, dayOn(monday, -7)))),
        h('button', { type: 'button', class: 'button', click: () => go(addressOf(target, mondayOf(boxDate(0)))) }, words.today),
        iconButton('next', words.weekAfter, () => go(addressOf(target, dayOn(monday, 7)))), label),
      select),
    notice, week.element, hint, ask.element, list.element);
  let reading = 0;
  let timer = 0;
  let over = false;
  /** What the notice says. */
  let told = '';

  /** @param {TimeWindow} window */
  function edit(window) {
    openWindowForm(window, {
      title: words.edit,
      action: texts.save,
      save: (now) => api.send('PATCH', `/api/windows/${window.id}`, now).then(() => windows.load()),
      remove: () => removeWindow(window),
      done: () => week.focusOn(window.id),
    });
  }

  /** @param {Omit<TimeWindow, 'id'>} window */
  async function create(window) {
    // Pressed before they have come, it waits for them.
    const known = playlists.value() || await playlists.load().catch(sayError);
    if (over || !known) {
      return;
    }
    if (!known.length) {
      tell('playlists');
      return;
    }
    let made = 0;
    const save = async (/** @type {Omit<TimeWindow, 'id'>} */ wanted) => {
      made = await createWindow(wanted);
    };
    openWindowForm(window, { title: words.add, action: words.addAction, save, remove: null, done: () => week.focusOn(made) });
  }

  /** @param {'playlists'|'nothing'|'failed'|''} what @param {string} [reason] */
  function tell(what, reason) {
    if (what !== told || reason) {
      told = what;
      notice.replaceChildren(...(what === 'playlists' ? [noPlaylists()] : what === 'nothing' ? [nothingPlanned(editable ? plan : null)]
        : what === 'failed' ? [failedNotice(words.failed, reason || '', load)] : []));
      [week.element, hint, ask.element].forEach((each) => each.classList.toggle('gone', what === 'failed'));
    }
  }

  function plan() {
    create(newWindow(target, null, 0, 0));
  }

  /** The windows of whom is looked at. */
  function shown() {
    const group = target.screen === null ? target.group : groupOf(target.screen);
    return (windows.value() || []).filter((window) => concerns(window, { screen: target.screen, group }));
  }

  function show() {
    const all = windows.value();
    if (all) {
      const lists = playlists.value();
      tell(all.length ? '' : editable && lists && !lists.length ? 'playlists' : 'nothing');
      week.element.classList.remove('skeleton');
    }
    week.setWindows(shown());
    setText(hint, [...(editable ? [words.hint, words.hintKeys] : [words.hintView]), words.hintTimes, target.screen === null ? '' : words.hintStrip].join(' '));
    list.show(shown());
    ask.showScreens(target.screen);
    showChoices(select, target);
  }

  function showWeek() {
    const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
    const text = (/** @type {string} */ date) => format.format(new Date(`${date}T12:00:00Z`));
    setText(label, `${text(monday)} – ${text(dayOn(monday, 6))}`);
    week.setWeek(monday);
  }

  /** What really plays, where one screen is looked at. */
  async function loadSegments() {
    window.clearTimeout(timer);
    reading += 1;
    const mine = reading;
    if (target.screen === null) {
      week.setSegments([]);
      return;
    }
    try {
      const answer = await api.get(`/api/week?screen=${target.screen}&from=${monday}`);
      if (mine === reading) {
        week.setSegments(answer.segments);
      }
    } catch (error) {
      // The windows are there; the strip is more than one needs.
    }
  }

  /** @returns {Promise<unknown>} */
  function load() {
    return Promise.all([windows.load(), playlists.load(), screens.load(), groups.load()]).catch((error) => {
      if (!windows.value()) {
        tell('failed', error.message);
      }
    });
  }

  afterAMoment(() => !over && !windows.value(), () => week.element.classList.add('skeleton'));
  const ends = [
    windows.follow(show), playlists.follow(show), screens.follow(show), groups.follow(show), message.leave,
    onScreens(() => {
      window.clearTimeout(timer);
      timer = window.setTimeout(loadSegments, 300);
    }),
  ];
  const ticking = window.setInterval(week.showNow, NOW_MS);
  showWeek();
  show();
  loadSegments();
  return {
    element,
    title: texts.documentTitle(words.title),
    ready: load(),
    shown: () => week.scrollToDay(),
    update(url) {
      target = readTarget(url.searchParams);
      monday = readMonday(url.searchParams);
      showWeek();
      show();
      loadSegments();
      return true;
    },
    leave() {
      over = true;
      week.leave();
      window.clearInterval(ticking);
      window.clearTimeout(timer);
      ends.forEach((end) => end());
    },
  };
}

/** @param {number} id */
function groupOf(id) {
  const screen = (screens.value() || []).find((each) => each.id === id);
  return screen ? screen.group : null;
}

/** @param {{screen: number|null, group: number|null}} target @param {string} monday */
function addressOf(target, monday) {
  const query = new URLSearchParams();
  if (target.screen !== null) {
    query.set('screen', String(target.screen));
  } else if (target.group !== null) {
    query.set('group', String(target.group));
  }
  if (monday !== mondayOf(boxDate(0))) {
    query.set('week', monday);
  }
  const text = query.toString();
  return text ? `/schedule?${text}` : '/schedule';
}

/** @param {string} value of the choice: `screen 3` */
function choiceOf(value) {
  const [kind, id] = value.split(' ');
  return { screen: kind === 'screen' ? Number(id) : null, group: kind === 'group' ? Number(id) : null };
}

/** @param {HTMLSelectElement} select @param {{screen: number|null, group: number|null}} target */
function showChoices(select, target) {
  const names = (/** @type {{id: number, name: string}[]|null} */ all, /** @type {string} */ kind) =>
    (all || []).map((each) => h('option', { value: `${kind} ${each.id}` }, each.name));
  const value = target.screen !== null ? `screen ${target.screen}` : target.group !== null ? `group ${target.group}` : 'all';
  const [ofGroups, ofScreens] = [names(groups.value(), 'group'), names(screens.value(), 'screen')];
  const known = JSON.stringify([ofGroups.concat(ofScreens).map((each) => [each.value, each.text]), value]);
  if (select.dataset.known !== known) {
    select.dataset.known = known;
    select.replaceChildren(h('option', { value: 'all' }, words.allWindows),
      ...(ofGroups.length ? [h('optgroup', { label: words.groups }, ...ofGroups)] : []),
      ...(ofScreens.length ? [h('optgroup', { label: words.screens }, ...ofScreens)] : []));
    select.value = value;
  }
}

/** @param {(() => void)|null} plan */
function nothingPlanned(plan) {
  return emptyNotice(words.emptyTitle, words.empty,
    plan ? h('button', { type: 'button', class: 'button main icon-small', click: plan }, icon('plus'), words.add) : null);
}

function noPlaylists() {
  return emptyNotice(words.noPlaylistsTitle, words.noPlaylists,
    h('a', { class: 'button main', href: '/playlists' }, texts.nav.playlists));
}
