// A library whose database is damaged: the ways on, and what was set aside on such a way.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { onLibrary } from '../events.js';
import { momentText } from '../clock.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';
import { section } from './part.js';

const words = texts.settings.damaged;

/** What is asked before it is done. @typedef {{question: string, yes: string, act: () => Promise<string>}} Question */

export function damagedSections() {
  /** @type {import('../library/types.js').LibraryState|null} */
  let library = null;
  const ways = asking(patch);
  const rescue = button('', words.rescue, () => ways.run(async () => rescued(await api.send('POST', '/api/library/rescue'))));
  const empty = button('', words.empty, () => ways.ask({ question: words.emptyAsk, yes: words.emptyNow, act: startEmpty }));
  rescue.classList.add('main');
  const choice = h('div', { class: 'settings-choice' }, h('p', { class: 'muted' }, words.lead),
    h('p', { class: 'muted' }, words.restore), h('div', { class: 'row' }, rescue, empty));
  const damaged = section(words.title, '', choice, ...ways.parts);
  const title = /** @type {Element} */ (damaged.querySelector('h2'));
  damaged.id = 'damaged';
  damaged.hidden = true;

  const away = asking(patch);
  const names = h('ul', { class: 'plain-list figures' });
  const forget = button('trash', words.forget, () => away.ask({
    question: words.forgetAsk,
    yes: words.forgetNow,
    act: async () => {
      await api.send('DELETE', '/api/library/set-aside');
      return '';
    },
  }));
  const kept = section(words.keptTitle, words.keptLead, names, h('div', { class: 'row' }, forget), ...away.parts);
  kept.hidden = true;

  function patch() {
    const now = library;
    if (now) {
      // What came of it is still to be read.
      damaged.hidden = !now.damaged && !ways.told();
      choice.hidden = !now.damaged || ways.busy();
      setText(title, now.damaged ? words.title : words.done);
      kept.hidden = !now.set_aside.length && !away.told();
      names.replaceChildren(...now.set_aside.map((name) => h('li', {}, name)));
    }
  }

  const leave = onLibrary((now) => {
    library = now;
    patch();
  });
  return { elements: [damaged, kept], leave };
}

async function startEmpty() {
  await api.send('POST', '/api/library/start-empty');
  return words.emptied;
}

/** @param {{assets: number, adopted: number, whole: boolean, spare_of: string|null}} done */
function rescued(done) {
  const all = words.rescued(done.assets);
  const from = done.whole ? '' : done.spare_of ? words.fromSpare(momentText(done.spare_of)) : words.partly;
  return [all, from, done.adopted ? words.adopted(done.adopted) : ''].filter(Boolean).join(' ');
}

/** @param {string} name @param {string} text @param {() => unknown} click */
function button(name, text, click) {
  return h('button', { type: 'button', class: name ? 'button icon-small' : 'button', click }, name ? icon(name) : null, text);
}

/**
 * A question below the buttons, and what came of the answer.
 * @param {() => void} over something that was done is done: the library may have told of it before
 */
function asking(over) {
  const question = h('div', { class: 'key-fresh', hidden: true });
  const bar = h('progress', { 'aria-label': words.working, hidden: true });
  const state = h('p', { class: 'muted', role: 'status' });
  let busy = false;

  /** @param {() => Promise<string>} act */
  async function run(act) {
    question.hidden = true;
    busy = true;
    bar.hidden = false;
    setText(state, words.working);
    try {
      setText(state, await act());
    } catch (error) {
      setText(state, /** @type {Error} */ (error).message);
    }
    busy = false;
    bar.hidden = true;
    over();
  }

  /** @param {Question} asked */
  function ask(asked) {
    question.hidden = false;
    const yes = button('', asked.yes, () => run(asked.act));
    yes.classList.add('main');
    question.replaceChildren(h('p', {}, asked.question),
      h('div', { class: 'row' }, yes, button('', texts.cancel, () => (question.hidden = true))));
    yes.focus();
  }

  return { parts: [question, bar, state], ask, run, busy: () => busy, told: () => Boolean(state.textContent) };
}
