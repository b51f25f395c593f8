// A list on a page: skeletons, what is there, what is wrong, and more of it as one scrolls.

import { h, setText } from '../dom.js';
import { countText } from '../format.js';
import { afterAMoment, failedNotice } from '../parts.js';
import { texts } from '../texts.js';
import { loadingWord, skeletons } from './grid.js';

const words = texts.library;
/** A screenful, more or less. */
const SKELETONS = 12;

/**
 * @param {import('./grid.js').Grid} grid
 * @param {() => HTMLElement} empty what stands there when there is nothing
 * @param {() => boolean} [explained] the page says already why nothing comes
 */
export function createScreenful(grid, empty, explained) {
  const count = h('p', { class: 'muted figures', role: 'status' });
  const notice = h('div', {});
  const more = h('button', { type: 'button', class: 'button', click: () => list && list.more() }, words.more);
  const short = h('p', { class: 'muted' });
  const foot = h('div', { class: 'grid-foot', hidden: true }, more, short);
  const element = h('div', {}, notice, grid.element, foot);
  /** @type {import('./list.js').List|null} */
  let list = null;
  /** What `notice` shows, so that it is not built again and again. */
  let shown = '';
  let end = () => undefined;

  function patch() {
    if (!list) {
      return;
    }
    const waiting = !list.loaded && !list.problem;
    grid.element.setAttribute('aria-busy', String(waiting));
    grid.element.hidden = !list.assets.length;
    grid.render();
    if (!waiting) {
      tell(list.assets.length ? '' : list.problem ? failure(list.problem) : 'empty');
    }
    setText(count, list.loaded ? countOf(list) : '');
    const left = list.complete && list.total !== null ? list.total - list.assets.length : 0;
    foot.hidden = (list.complete && left <= 0) || !list.assets.length;
    more.hidden = list.complete;
    setText(short, left > 0 ? words.onlyNewest(countText(list.assets.length)) : '');
    setText(more, list.problem ? words.moreFailed : words.more);
    more.disabled = list.isReading();
  }

  /** @param {Error} problem */
  function failure(problem) {
    return explained && explained() ? 'explained' : `failed ${problem.message}`;
  }

  /** @param {string} what */
  function tell(what) {
    if (what === shown || !list) {
      return;
    }
    shown = what;
    if (what === '' || what === 'explained') {
      notice.replaceChildren();
    } else if (what === 'loading') {
      notice.replaceChildren(loadingWord(''), skeletons(SKELETONS));
    } else if (what === 'empty') {
      notice.replaceChildren(empty());
    } else {
      const mine = list;
      const again = () => {
        mine.problem = null;
        mine.more();
      };
      notice.replaceChildren(failedNotice(words.failedTitle, mine.problem ? mine.problem.message : '', again));
    }
  }

  return {
    element,
    count,
    patch,
    /** @param {import('./list.js').List} now */
    show(now) {
      end();
      list = now;
      end = /** @type {() => undefined} */ (now.on(patch));
      shown = ' ';
      if (now.loaded) {
        grid.show(now);
        patch();
        if (now.stale) {
          now.refresh();
        }
      } else {
        notice.replaceChildren();
        grid.show(now);
        patch();
        afterAMoment(() => list === now && !now.loaded && !now.problem, () => tell('loading'));
        now.problem = null;
        now.more();
      }
    },
    leave() {
      end();
      grid.leave();
    },
  };
}

/** @param {import('./list.js').List} list */
function countOf(list) {
  const text = countedOf(list);
  return list.similar && list.assets.length > 0 ? words.similar(text) : text;
}

/** @param {import('./list.js').List} list */
function countedOf(list) {
  if (list.total !== null) {
    return words.count(list.total, countText(list.total));
  }
  const there = list.assets.length;
  return list.complete ? words.count(there, countText(there)) : words.countOver(countText(there));
}
