// The list of uploads, over every page: how far each is, and what one can do about it.

import { api } from '../api.js';
import { h, setAttribute, setText } from '../dom.js';
import { bytesText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { iconButton } from '../parts.js';
import { texts } from '../texts.js';
import { drop, unfinished } from './memory.js';
import { uploads } from './uploads.js';

/** @typedef {import('./item.js').Item} Item */

const words = texts.upload;
/** Lines that exist; of a thousand files nobody reads each. */
const LINES_MAX = 60;
const ICONS = { waiting: 'starting', sending: 'upload', resting: 'warn', paused: 'pause', failed: 'warn', done: 'ok' };

export function createUploadPanel() {
  const title = h('span', { class: 'panel-title figures' });
  const bar = h('progress', { max: 1, 'aria-label': words.allProgress });
  const list = h('ul', { class: 'panel-list' });
  const lost = h('div', { class: 'panel-lost', hidden: true });
  const body = h('div', { class: 'panel-body' }, lost, list);
  const fold = h('button', { type: 'button', class: 'panel-head', 'aria-expanded': 'true' }, title, icon('choose'));
  const clear = iconButton('close', words.clear, () => uploads.clear());
  const spoken = h('p', { class: 'sr-only', role: 'status' });
  const element = h('section', { class: 'panel', 'aria-label': words.title, hidden: true },
    h('div', { class: 'panel-top' }, fold, clear), bar, body, spoken);
  /** @type {Map<number, ReturnType<typeof createLine>>} */
  const lines = new Map();
  let lostCount = 0;
  let done = 0;

  fold.addEventListener('click', () => {
    const open = fold.getAttribute('aria-expanded') !== 'true';
    fold.setAttribute('aria-expanded', String(open));
    body.hidden = !open;
  });

  function patch() {
    const all = uploads.all();
    const open = uploads.open();
    element.hidden = !all.length && !lostCount;
    document.body.toggleAttribute('data-panel', !element.hidden);
    clear.hidden = open.length > 0 || !all.length;
    showTotals(all, open);
    // Those under way first, the newest of the others after them.
    const shown = open.concat(all.filter((item) => open.indexOf(item) < 0).reverse()).slice(0, LINES_MAX);
    const ids = new Set(shown.map((item) => item.id));
    lines.forEach((line, id) => {
      if (!ids.has(id)) {
        line.element.remove();
        lines.delete(id);
      }
    });
    shown.forEach((item, index) => {
      let line = lines.get(item.id);
      if (!line) {
        line = createLine(item);
        lines.set(item.id, line);
      }
      if (list.children[index] !== line.element) {
        list.insertBefore(line.element, list.children[index] || null);
      }
      line.patch();
    });
    const doneNow = all.filter((item) => item.state === 'done').length;
    if (doneNow > done && !open.length) {
      setText(spoken, words.allDone(doneNow));
    }
    done = doneNow;
  }

  /** @param {Item[]} all @param {Item[]} open */
  function showTotals(all, open) {
    const live = all.filter((item) => item.state !== 'failed');
    const bytes = live.reduce((sum, item) => sum + item.file.size, 0);
    const sent = live.reduce((sum, item) => sum + item.sent, 0);
    const rate = open.reduce((sum, item) => sum + item.bytes_per_s(), 0);
    const failed = all.filter((item) => item.state === 'failed').length;
    bar.hidden = !open.length;
    bar.value = bytes ? sent / bytes : 0;
    setText(title, open.length ? words.summary(open.length, rate ? texts.speed(bytesText(rate)) : '', rate ? texts.left((bytes - sent) / rate) : '')
      : failed ? words.someFailed(failed) : all.length ? words.allDone(all.length) : words.interrupted(lostCount));
  }

  /** Those that an earlier visit began and the server still has. */
  async function findUnfinished() {
    const kept = unfinished();
    if (!kept.length) {
      return;
    }
    try {
      /** @type {{id: string, offset: number}[]} */
      const there = (await api.get('/api/uploads')).uploads;
      const known = kept.filter((each) => there.some((upload) => each.url.endsWith(`/${upload.id}`)));
      kept.filter((each) => known.indexOf(each) < 0).forEach((each) => drop(each.url));
      showLost(known);
    } catch (error) {
      // They are found again by choosing the file; the list is only a reminder.
    }
  }

  /** @param {import('./memory.js').Kept[]} known */
  function showLost(known) {
    lostCount = known.length;
    lost.hidden = !known.length;
    const forgetAll = () => {
      known.forEach((each) => {
        drop(each.url);
        api.send('DELETE', each.url).catch(() => undefined); // It expires by itself.
      });
      showLost([]);
    };
    lost.replaceChildren(
      h('p', {}, words.interruptedHint),
      h('ul', {}, ...known.map((each) => h('li', {}, `${each.name} · ${bytesText(each.bytes)}`))),
      h('div', { class: 'row' },
        h('button', { type: 'button', class: 'button', click: () => uploads.choose() }, words.chooseAgain),
        h('button', { type: 'button', class: 'button', click: forgetAll }, words.forget)));
    patch();
  }

  uploads.on(() => {
    if (lostCount) {
      const still = unfinished().filter((each) => !uploads.all().some((item) => item.url === each.url));
      if (still.length !== lostCount) {
        showLost(still);
        return;
      }
    }
    patch();
  });
  findUnfinished();
  return element;
}

/** @param {Item} item */
function createLine(item) {
  const mark = icon('starting');
  const name = h('span', { class: 'line-name', title: item.file.name }, item.file.name);
  const link = h('a', { class: 'line-name', title: item.file.name, hidden: true }, item.file.name);
  const text = h('span', { class: 'line-text figures' });
  const bar = h('progress', { max: item.file.size, 'aria-label': words.progressOf(item.file.name) });
  const pause = iconButton('pause', words.pause(item.file.name), () => item.pause());
  const resume = iconButton('play', words.resume(item.file.name), () => uploads.resume(item));
  const retry = iconButton('retry', words.retry(item.file.name), () => uploads.resume(item));
  const cancel = iconButton('close', words.cancel(item.file.name), () => uploads.cancel(item));
  const element = h('li', { class: 'line icon-small' },
    mark, h('div', { class: 'line-body' }, name, link, bar, text), h('div', { class: 'line-tools' }, pause, resume, retry, cancel));

  function patch() {
    const state = item.state;
    setAttribute(element, 'data-state', state);
    setIcon(mark, ICONS[state]);
    bar.value = item.sent;
    bar.hidden = state === 'done' || state === 'failed' || (state === 'waiting' && !item.sent);
    pause.hidden = state !== 'sending' && state !== 'resting' && state !== 'waiting';
    resume.hidden = state !== 'paused';
    retry.hidden = state !== 'failed';
    cancel.hidden = state === 'done';
    const linked = state === 'done' && item.asset !== null;
    name.hidden = linked;
    link.hidden = !linked;
    if (linked) {
      setAttribute(link, 'href', `/library/${item.asset}`);
    }
    setText(text, textOf(item));
  }
  return { element, patch };
}

/** How far it is. @param {Item} item */
export function textOf(item) {
  const size = bytesText(item.file.size);
  const amount = words.amount(bytesText(item.sent), size);
  const rate = item.bytes_per_s();
  switch (item.state) {
    case 'sending':
      return rate ? [amount, texts.speed(bytesText(rate)), texts.left((item.file.size - item.sent) / rate)].join(' · ')
        : item.resumed ? words.resumed(amount) : amount;
    case 'resting':
      return item.problem;
    case 'failed':
      return item.problem;
    case 'paused':
      return words.paused(amount);
    case 'done':
      return words.done(size);
    default:
      return words.waiting(size);
  }
}
