// The week as one sees it: days side by side, windows as blocks, what really plays as a strip at the left of each day.
// Blocks are drawn, moved and stretched with mouse and finger, and moved with the keys.

import { boxNow, boxZone, hourText, minutesText, spanText } from '../clock.js';
import { h, setText } from '../dom.js';
import { locale } from '../language.js';
import { texts } from '../texts.js';
import { blocksOf, moved, STEP_MIN, stretched } from './blocks.js';
import { createBlock, hueOf, placed } from './block.js';
import { titleOf } from './moment.js';
import { followPointer } from './pointer.js';
import { DAY_MIN, dayOn, instantOf, isDate, minutesOf, wallOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('../signage/types.js').WeekSegment} WeekSegment */
/** @typedef {import('./blocks.js').Block} Block */
/** @typedef {{days?: import('../signage/types.js').Day[], from: string, until: string}} WindowTimes */

const words = texts.signage.schedule;
/** Where one begins to look in a new week: most of what is scheduled is by day. */
const FIRST_MIN = 7 * 60;
/** How far down the line of this minute may be before one begins elsewhere. */
const NOW_SHARE = 0.7;
/** What one goes by with the keys. */
const CURSOR_MIN = 30;
/** The hour it begins with is to be read, too: its name stands on its line. */
const HEAD_MIN = 15;

/**
 * @param {{
 *   editable: boolean,
 *   open: (window: TimeWindow) => void,
 *   change: (window: TimeWindow, times: WindowTimes) => void,
 *   remove: (window: TimeWindow) => void,
 *   draw: (day: number, from: number, until: number) => void,
 *   ask: (date: string, minutes: number, point: {x: number, y: number}) => void,
 * }} actions
 */
export function createWeek(actions) {
  let monday = '2024-01-01';
  /** @type {TimeWindow[]} */
  let windows = [];
  /** @type {WeekSegment[]} */
  let segments = [];
  /** A window as it would be if one let go now. @type {TimeWindow|null} */
  let preview = null;
  /** On a narrow screen one day is seen at a time. */
  let chosen = 0;

  const narrow = window.matchMedia('(max-width: 720px)');
  const heads = Array.from({ length: 7 }, (_, day) => h('button', {
    type: 'button', class: 'week-head', click: () => choose(day),
  }));
  const strips = heads.map(() => h('div', { class: 'week-strip' }));
  const lists = heads.map(() => h('div', { class: 'week-blocks' }));
  const now = h('div', { class: 'week-now', hidden: true });
  const days = heads.map((_, day) => h('div', { class: 'week-day', 'data-day': day }, strips[day], lists[day]));
  const hours = h('div', { class: 'week-hours', 'aria-hidden': 'true' },
    ...Array.from({ length: 24 }, (_, hour) => placed(h('span', {}, hourText(hour)), { hour })));
  const grid = h('div', { class: 'week-grid' }, hours, ...days);
  const scroll = h('div', { class: 'week-scroll', tabindex: 0, role: 'region', 'aria-label': words.week }, grid);
  const spoken = h('p', { class: 'sr-only', role: 'status' });
  const element = h('div', { class: 'week' },
    h('div', { class: 'week-heads' }, h('span', { class: 'week-corner' }), ...heads), scroll, spoken);

  function render() {
    const focused = document.activeElement && document.activeElement.getAttribute('data-block');
    const shown = preview ? windows.map((each) => (preview && each.id === preview.id ? preview : each)) : windows;
    const blocks = blocksOf(shown, monday);
    lists.forEach((list, day) => list.replaceChildren(...blocks.filter((block) => block.day === day)
      .map((block) => createBlock(block, Boolean(preview) && block.window === preview, actions.editable, onBlockKey))));
    const same = focused ? grid.querySelector(`[data-block="${focused}"]`) : null;
    if (same) {
      /** @type {HTMLElement} */ (same).focus({ preventScroll: true });
    }
  }

  function renderStrips() {
    strips.forEach((strip, day) => {
      const date = dayOn(monday, day);
      const begin_ms = instantOf(date, 0, boxZone()).getTime();
      const end_ms = instantOf(date, DAY_MIN, boxZone()).getTime();
      const parts = segments.filter((each) => Date.parse(each.until) > begin_ms && Date.parse(each.from) < end_ms);
      strip.replaceChildren(...parts.map((each) => stripPart(each, begin_ms, end_ms)));
    });
    grid.classList.toggle('has-strip', segments.length > 0);
  }

  /** @param {WeekSegment} segment @param {number} begin_ms @param {number} end_ms */
  function stripPart(segment, begin_ms, end_ms) {
    const minutes = (/** @type {number} */ at_ms, /** @type {number} */ beyond) =>
      (at_ms <= begin_ms ? 0 : at_ms >= end_ms ? DAY_MIN : wallOf(new Date(at_ms), boxZone()).minutes || beyond);
    const from = minutes(Date.parse(segment.from), 0);
    const until = minutes(Date.parse(segment.until), DAY_MIN);
    const what = segment.playlist ? segment.name : segment.window ? words.standby : words.splash;
    return placed(h('span', {
      class: `strip-part ${segment.playlist || segment.window ? hueOf(segment.playlist) : 'hue-none'}`,
      title: `${what}, ${spanText(from, until)}`,
    }), { from, until });
  }

  function renderHeads() {
    const today = wallOf(boxNow(), boxZone()).date;
    heads.forEach((head, day) => {
      const date = dayOn(monday, day);
      const when = new Date(`${date}T12:00:00Z`);
      const name = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(when);
      const number = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'numeric', timeZone: 'UTC' }).format(when);
      head.replaceChildren(h('b', {}, name), ' ', h('span', { class: 'figures' }, number));
      head.toggleAttribute('data-today', date === today);
      // Where all days are seen there is none to choose.
      head.disabled = !narrow.matches;
      if (narrow.matches) {
        head.setAttribute('aria-pressed', String(day === chosen));
      } else {
        head.removeAttribute('aria-pressed');
      }
      days[day].toggleAttribute('data-chosen', day === chosen);
    });
  }

  /** @param {number} day */
  function choose(day) {
    chosen = day;
    renderHeads();
  }

  /** The line of this minute. */
  function showNow() {
    const wall = wallOf(boxNow(), boxZone());
    const day = days.findIndex((_, index) => dayOn(monday, index) === wall.date);
    now.hidden = day < 0;
    placed(now, { from: wall.minutes });
    if (day >= 0 && now.parentElement !== days[day]) {
      days[day].append(now);
    }
  }

  /** @param {KeyboardEvent} event @param {Block} block */
  function onBlockKey(event, block) {
    const up = { ArrowUp: -STEP_MIN, ArrowDown: STEP_MIN }[event.key];
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.ctrlKey || event.altKey || event.metaKey || (!up && !side && event.key !== 'Delete')) {
      return;
    }
    event.preventDefault();
    if (event.key === 'Delete') {
      actions.remove(block.window);
      return;
    }
    const times = up && event.shiftKey ? stretched(block, 'until', up) : moved(block, side || 0, up || 0);
    actions.change(block.window, times);
    setText(spoken, spanText(minutesOf(times.from), minutesOf(times.until)));
    const day = side ? Math.max(0, Math.min(6, block.day + side)) : block.day;
    const next = grid.querySelector(`[data-block="${block.window.id} ${day}"]`);
    if (next) {
      /** @type {HTMLElement} */ (next).focus();
    }
  }

  /** @param {TimeWindow} window @param {WindowTimes|null} times null: nothing is moved any more */
  function show(window, times) {
    preview = times ? Object.assign({}, window, times) : null;
    render();
  }

  /** The time one is at with the keys. */
  const cursor = h('div', { class: 'week-cursor figures', 'aria-hidden': 'true', hidden: true });
  let at = { day: 0, minutes: 0 };

  function showCursor() {
    days[at.day].append(cursor);
    placed(cursor, { from: at.minutes });
    setText(cursor, minutesText(at.minutes));
    setText(spoken, titleOf(dayOn(monday, at.day), at.minutes));
    cursor.hidden = false;
    cursor.scrollIntoView({ block: 'nearest' });
  }

  /** @param {KeyboardEvent} event */
  function onTimeKey(event) {
    if (event.target !== scroll || event.ctrlKey || event.altKey || event.metaKey) {
      return;
    }
    const down = { ArrowUp: -CURSOR_MIN, ArrowDown: CURSOR_MIN, PageUp: -6 * CURSOR_MIN, PageDown: 6 * CURSOR_MIN }[event.key] || 0;
    const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0;
    if (down || side) {
      const minutes = Math.max(0, Math.min(DAY_MIN - CURSOR_MIN, at.minutes + down));
      at = { day: Math.max(0, Math.min(6, at.day + side)), minutes };
      choose(at.day);
      showCursor();
    } else if ((event.key === 'Enter' || event.key === ' ') && !cursor.hidden) {
      const box = cursor.getBoundingClientRect();
      actions.ask(dayOn(monday, at.day), at.minutes, { x: box.left, y: box.bottom });
    } else {
      return;
    }
    event.preventDefault();
  }

  scroll.addEventListener('keydown', onTimeKey);
  scroll.addEventListener('focus', () => {
    if (scroll.matches(':focus-visible')) {
      const seen = scroll.scrollTop + scroll.clientHeight / 3;
      at = { day: chosen, minutes: Math.floor(((seen / grid.clientHeight) * DAY_MIN) / CURSOR_MIN) * CURSOR_MIN };
      showCursor();
    }
  });
  // While what it was opened for is open, one is still there.
  scroll.addEventListener('blur', () => (cursor.hidden = !document.querySelector('dialog[open]')));
  narrow.addEventListener('change', renderHeads);
  followPointer(grid, {
    editable: actions.editable,
    blockAt: (id, day) => blocksOf(windows, monday).find((block) => block.window.id === id && block.day === day) || null,
    show,
    change: actions.change,
    open: actions.open,
    draw: actions.draw,
    ask: (day, minutes, point) => actions.ask(dayOn(monday, day), minutes, point),
  });

  return {
    element,
    showNow,
    leave: () => narrow.removeEventListener('change', renderHeads),
    /** @param {string} date of a Monday */
    setWeek(date) {
      monday = isDate(date) ? date : monday;
      const wall = wallOf(boxNow(), boxZone());
      const today = Array.from({ length: 7 }, (_, day) => dayOn(monday, day)).indexOf(wall.date);
      chosen = today >= 0 ? today : 0;
      segments = [];
      renderHeads();
      renderStrips();
      render();
      showNow();
    },
    /** @param {TimeWindow[]} now */
    setWindows(now) {
      windows = now;
      render();
    },
    /** @param {WeekSegment[]} now */
    setSegments(now) {
      segments = now;
      renderStrips();
    },
    /** Its first block has the focus. @param {number} id of a window */
    focusOn(id) {
      const block = Array.from(grid.querySelectorAll('.block')).find((each) => (each.getAttribute('data-block') || '').startsWith(`${id} `));
      if (block) {
        /** @type {HTMLElement} */ (block).focus();
      }
    },
    /** As far down as one usually looks; called when it stands in the document. */
    scrollToDay() {
      const now_min = wallOf(boxNow(), boxZone()).minutes;
      const seen_min = (scroll.clientHeight / grid.clientHeight) * DAY_MIN;
      // The line of this minute is in sight, and what comes next.
      const at = now.hidden || (now_min > FIRST_MIN && now_min < FIRST_MIN + seen_min * NOW_SHARE) ? FIRST_MIN
        : now_min - seen_min * (1 - NOW_SHARE);
      scroll.scrollTop = (Math.max(0, at - HEAD_MIN) / DAY_MIN) * grid.clientHeight;
    },
  };
}
