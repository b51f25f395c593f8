// The foot's line: all well, how many problems there are and the way to them, or that the server is gone.

import { h, setAttribute, setText } from '../dom.js';
import { onGone, onProblems } from '../events.js';
import { icon, setIcon } from '../icons.js';
import { texts } from '../texts.js';
import { openProblems } from './list.js';

/** @typedef {{problems: import('../types.js').Problem[], problems_total: number}} Known */

const words = texts.problems;

/** @param {(bad: boolean) => void} alert told whether there is something to look at */
export function createHealth(alert) {
  const mark = icon('ring');
  const text = h('span', {}, words.unknown);
  const line = h('p', { class: 'foot-line health', role: 'status' }, mark, text);
  const count = h('span', {});
  const button = h('button', { type: 'button', class: 'foot-line health', 'data-health': 'bad', hidden: true, click: open },
    icon('warn'), count, icon('next'));
  const element = h('div', {}, line, button);
  /** @type {Known|null} null: nobody has told yet */
  let known = null;
  let gone = false;
  /** The stream tells every change; an answer to a question may be older. */
  let pushed = false;

  function open() {
    if (known) {
      openProblems(known);
    }
  }

  function show() {
    const bad = Boolean(!gone && known && known.problems_total);
    const [state, name, said] = gone ? ['gone', 'warn', words.gone]
      : !known ? ['unknown', 'ring', words.unknown] : ['ok', 'dot', words.none];
    setAttribute(line, 'data-health', state);
    setIcon(mark, name);
    setText(text, bad ? '' : said);
    line.hidden = bad;
    button.hidden = !bad;
    if (known && bad) {
      setText(count, words.count(known.problems_total));
      setAttribute(button, 'aria-label', words.show(words.count(known.problems_total)));
    }
    alert(bad || gone);
  }

  onProblems((now) => {
    known = now;
    pushed = true;
    gone = false;
    show();
  });
  onGone((now) => {
    gone = now;
    pushed = false;
    // What was so before the server went need not be so now: it tells at once.
    known = null;
    show();
  });
  show();
  return {
    element,
    /** @param {Known} now what was answered */
    answered(now) {
      if (!pushed) {
        known = now;
        gone = false;
        show();
      }
    },
    /** @param {boolean} unreachable nothing came, or an error */
    unanswered(unreachable) {
      if (!pushed) {
        known = null;
        gone = unreachable;
        show();
      }
    },
  };
}
