// One screen on the wall.

import { api } from '../api.js';
import { timeText } from '../clock.js';
import { h, setAttribute, setText } from '../dom.js';
import { countText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { iconButton } from '../parts.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';
import { say, sayError } from '../toast.js';
import { editScreen } from './edit.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */
/** @typedef {ReturnType<typeof createCard>} Card */

const words = texts.signage.screens;

/** Of two screens side by side, less is not seen. */
const LATE_MS = 100;
/** A TV that hears of it answers within a second or two. */
const SHOT_MS = 10000;
const STATE_ICONS = { play: 'play', splash: 'ring', standby: 'night', message: 'message' };

export function createCard() {
  /** @type {TvScreen|null} */
  let screen = null;
  const image = h('img', { alt: '', decoding: 'async', loading: 'lazy', hidden: true });
  const blank = icon('screen');
  const badge = h('span', { class: 'screen-badge icon-small' }, icon('dot'), h('span', {}));
  const name = h('h3', { class: 'screen-name' });
  const code = h('span', { class: 'screen-code', title: words.codeTitle });
  const mark = icon('play');
  const now = h('span', {});
  const figures = h('p', { class: 'muted small-text figures' });
  const problem = h('p', { class: 'screen-problem small-text icon-small', hidden: true }, icon('warn'), h('span', {}));
  const identify = iconButton('eye', words.identify, () => order('identify', words.identified));
  const shoot = iconButton('snapshot', words.screenshot, takeShot);
  const reload = iconButton('retry', words.reload, () => order('reload', words.reloaded));
  const edit = iconButton('edit', words.edit, () => screen && editScreen(screen));
  const element = h('li', { class: 'screen', tabindex: -1 },
    h('div', { class: 'screen-picture' }, blank, image, badge),
    h('div', { class: 'screen-body' },
      h('div', { class: 'screen-head' }, name, code),
      h('p', { class: 'screen-now icon-small' }, mark, now),
      problem,
      figures,
      isAdmin() ? h('div', { class: 'row screen-tools' }, identify, shoot, reload, edit) : null));
  image.addEventListener('error', () => {
    image.hidden = true;
    blank.toggleAttribute('hidden', false);
  });

  /**
   * @param {'identify'|'screenshot'|'reload'} what
   * @param {(name: string) => string} [asked] what is said then
   * @returns {Promise<boolean>} whether it was asked
   */
  async function order(what, asked) {
    if (!screen) {
      return false;
    }
    if (!screen.active) {
      say(words.isOff(screen.name), { bad: true });
      return false;
    }
    try {
      await api.send('POST', `/api/screens/${screen.id}/${what}`);
      if (asked) {
        say(asked(screen.name));
      }
      return true;
    } catch (error) {
      sayError(error);
      return false;
    }
  }

  /** The picture that was there when one was asked for; null: none is waited for. @type {{before: string|null, timer: number}|null} */
  let awaited = null;

  /** Said when it is there, or does not come. */
  async function takeShot() {
    const before = screen ? screen.screenshot : null;
    if (!awaited && await order('screenshot')) {
      shoot.setAttribute('aria-busy', 'true');
      awaited = { before, timer: window.setTimeout(() => endShot(words.noAnswer, true), SHOT_MS) };
    }
  }

  /** @param {(name: string) => string} text @param {boolean} bad */
  function endShot(text, bad) {
    if (awaited && screen && element.isConnected) {
      say(text(screen.name), { bad });
    }
    window.clearTimeout(awaited ? awaited.timer : 0);
    awaited = null;
    shoot.removeAttribute('aria-busy');
  }

  return {
    element,
    /** @param {TvScreen} next */
    patch(next) {
      screen = next;
      setAttribute(element, 'data-active', String(next.active));
      setAttribute(element, 'data-id', String(next.id));
      element.id = `screen-${next.id}`;
      setText(name, next.name);
      setText(code, next.code);
      setIcon(/** @type {SVGSVGElement} */ (badge.firstChild), next.active ? 'dot' : 'ring');
      setText(/** @type {Element} */ (badge.lastChild), activity(next));
      setIcon(mark, next.active ? STATE_ICONS[next.state || 'splash'] : 'ring');
      setText(now, nowText(next));
      setText(figures, figuresText(next));
      problem.hidden = !next.problem;
      setText(/** @type {Element} */ (problem.lastChild), next.problem ? words.leftOut(next.problem) : '');
      if (next.screenshot && setAttribute(image, 'src', next.screenshot)) {
        image.hidden = false;
      }
      image.hidden = image.hidden || !next.screenshot;
      blank.toggleAttribute('hidden', !image.hidden);
      setAttribute(image, 'alt', image.hidden ? '' : words.screenshotOf(next.name));
      setAttribute(image, 'title', next.screenshot_at ? words.takenAt(timeText(new Date(next.screenshot_at))) : '');
      if (awaited && next.screenshot && next.screenshot !== awaited.before) {
        endShot(words.screenshotTaken, false);
      }
      label(identify, `${words.identify}: ${next.name}`);
      label(shoot, `${words.screenshot}: ${next.name}`);
      label(reload, `${words.reload}: ${next.name}`);
      label(edit, `${words.edit}: ${next.name}`);
      reload.hidden = next.kind === 'hdmi';
    },
  };
}

/** @param {HTMLElement} button @param {string} text */
function label(button, text) {
  setAttribute(button, 'aria-label', text);
}

/** @param {TvScreen} screen */
function activity(screen) {
  if (screen.active) {
    return words.active;
  }
  return screen.last_seen ? words.seen(timeText(new Date(screen.last_seen))) : words.never;
}

/** What it shows, since when. @param {TvScreen} screen */
function nowText(screen) {
  if (!screen.active) {
    return words.off;
  }
  if (screen.state === 'play' && screen.playing) {
    return screen.since ? words.playsSince(screen.playing, timeText(new Date(screen.since))) : screen.playing;
  }
  return words.states[screen.state || 'splash'];
}

/** @param {TvScreen} screen */
function figuresText(screen) {
  const parts = [screen.kind === 'hdmi' ? screen.connector || '' : screen.browser || ''];
  if (screen.width && screen.height) {
    parts.push(`${screen.width} × ${screen.height}`);
  }
  if (screen.power) {
    parts.push(words.power[screen.power]);
  }
  if (screen.active) {
    parts.push(words.dropped(screen.dropped_frames, countText(screen.dropped_frames)));
    if (screen.offset_ms !== null) {
      parts.push(words.offset(screen.offset_ms));
    }
    if (screen.late_ms !== null && screen.late_ms >= LATE_MS) {
      parts.push(words.late(screen.late_ms));
    }
  }
  return parts.filter(Boolean).join(' · ');
}
