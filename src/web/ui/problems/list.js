// What is wrong, as a dialog that keeps up with it.

import { timeText } from '../clock.js';
import { h, setText } from '../dom.js';
import { isGone, onGone, onProblems } from '../events.js';
import { icon } from '../icons.js';
import { isAdmin } from '../session.js';
import { openDialog } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { cureOf, wayOf, whatIsWrong } from './words.js';

/** @typedef {import('../types.js').Problem} Problem */

const words = texts.problems;

/** @param {{problems: Problem[], problems_total: number}} first what is told until there is news */
export function openProblems(first) {
  const list = h('ul', { class: 'wrong-list' });
  const more = h('p', { class: 'muted', hidden: true });
  const stale = h('p', { class: 'wrong-stale icon-small', role: 'status', hidden: true });
  const well = h('p', { class: 'wrong-none icon-small', role: 'status' });
  const dialog = openDialog('', true, stale, list, more, well);
  dialog.classList.add('wrong-dialog');
  const title = /** @type {HTMLElement} */ (dialog.querySelector('h2'));
  /** What is shown, so that nothing is built again, and read out again, for nothing. */
  let shown = '';

  /** @param {{problems: Problem[], problems_total: number}} now */
  function show({ problems, problems_total }) {
    const text = problems_total ? words.count(problems_total) : words.none;
    setText(title, text);
    dialog.setAttribute('aria-label', text);
    more.hidden = problems_total <= problems.length;
    setText(more, words.more(problems_total - problems.length));
    well.replaceChildren(...(problems_total ? [] : [icon('check'), h('span', {}, words.none)]));
    const news = JSON.stringify(problems);
    if (news === shown) {
      return;
    }
    shown = news;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.problem : '';
    list.replaceChildren(...problems.map(line));
    const again = focused && Array.from(list.querySelectorAll('a')).find((link) => link.dataset.problem === focused);
    if (again) {
      again.focus();
    } else if (focused) {
      /** @type {HTMLElement} */ (dialog.querySelector('button')).focus(); // What it was on is mended.
    }
  }

  /** @param {Problem} problem */
  function line(problem) {
    const way = wayOf(problem, isAdmin());
    const id = `${problem.code} ${problem.subject ? problem.subject.id : ''}`;
    return h('li', { class: 'wrong', 'data-code': problem.code }, icon('warn'),
      h('div', { class: 'wrong-text' },
        h('h3', {}, whatIsWrong(problem)),
        h('p', { class: 'muted small-text figures' }, words.since(timeText(new Date(problem.since)))),
        h('p', {}, cureOf(problem))),
      way && h('a', {
        class: 'button', href: way.href, 'data-problem': id, 'aria-label': `${way.text}: ${whatIsWrong(problem)}`,
        click: () => dialog.close(),
      }, way.text));
  }

  /** @param {boolean} gone */
  function tellGone(gone) {
    stale.hidden = !gone;
    stale.replaceChildren(...(gone ? [icon('warn'), h('span', {}, words.wasSo)] : []));
  }

  show(first);
  tellGone(isGone());
  const ends = [onProblems(show), onGone(tellGone)];
  dialog.addEventListener('close', () => ends.forEach((end) => end()));
}
