// A grid of cards of which only those in the window exist, however many there are (WAI-ARIA grid pattern: one stop for
// Tab, arrows inside).

import { h, setAttribute } from '../dom.js';
import { texts } from '../texts.js';
import { createCard } from './card.js';
import { layoutFor, rowsInView, step } from './layout.js';

/** @typedef {import('./types.js').Asset} Asset */
/** @typedef {import('./list.js').List} List */
/** @typedef {ReturnType<typeof createGrid>} Grid */

/** Cards whose pictures come first over a slow link: the upper ones. */
const FIRST = 2;
/** Kept free above and below a card that is moved to: the bars that stand over the page. */
const MARGIN_PX = 88;
/** What is left to scroll when the next page is read: some screens, so that nobody has to wait. */
const AHEAD_PX = 1600;

/**
 * @typedef {Object} GridOptions
 * @property {string} label
 * @property {(asset: Asset) => string} href
 * @property {import('./selection.js').Selection|null} selection null: nothing can be chosen
 * @property {(key: string, asset: Asset) => boolean} act takes a key pressed on a card; true if it knew it
 */

/** @param {GridOptions} options */
export function createGrid({ label, href, selection, act }) {
  /** @type {List|null} */
  let list = null;
  /** @type {'grid'|'list'} */
  let shape = 'grid';
  let layout = layoutFor('grid', 1000);
  /** @type {Map<number, import('./card.js').Card>} */
  const cards = new Map();
  /** @type {Map<number, HTMLElement>} */
  const rows = new Map();
  let frame = 0;

  const element = h('div', {
    class: 'grid', role: 'grid', 'aria-label': label, 'aria-multiselectable': selection && 'true',
  });
  const resizes = new ResizeObserver(() => measure());

  function measure() {
    layout = layoutFor(shape, element.clientWidth);
    element.style.setProperty('--columns', String(layout.columns));
    render();
  }

  function assets() {
    return list ? list.assets : [];
  }

  function schedule() {
    if (!frame) {
      frame = window.requestAnimationFrame(() => {
        frame = 0;
        render();
      });
    }
  }

  /** Makes what is in the window, and drops what is not. */
  function render() {
    const all = assets();
    const count = Math.ceil(all.length / layout.columns);
    const top = -element.getBoundingClientRect().top;
    const { from, to } = rowsInView(top, window.innerHeight, layout.row_px, count);
    const focused = focusedId();
    const kept = focused === null ? -1 : Math.floor(indexOf(focused) / layout.columns);
    const wanted = (/** @type {number} */ row) => (row >= from && row < to) || (row === kept && row < count);
    element.style.height = `${count * layout.row_px}px`;
    setAttribute(element, 'aria-rowcount', String(list && list.complete ? count : -1));
    setAttribute(element, 'aria-colcount', String(layout.columns));

    const needed = new Set();
    for (let row = Math.min(from, kept < 0 ? from : kept); row < Math.max(to, kept + 1); row += 1) {
      if (wanted(row)) {
        fillRow(row, all).forEach((id) => needed.add(id));
      }
    }
    rows.forEach((line, row) => {
      if (!wanted(row)) {
        line.remove();
        rows.delete(row);
      }
    });
    cards.forEach((card, id) => {
      if (!needed.has(id)) {
        card.end();
        card.element.remove();
        cards.delete(id);
      }
    });
    placeTabStop();
    if (focused !== null && focusedId() === null) {
      focusAfter(focused);
    }
    if (list && !list.complete && !list.problem && count * layout.row_px - top < window.innerHeight + AHEAD_PX) {
      list.more();
    }
  }

  /**
   * @param {number} row
   * @param {Asset[]} all
   * @returns {number[]} ids in it
   */
  function fillRow(row, all) {
    let line = rows.get(row);
    if (!line) {
      line = h('div', { class: 'grid-row', role: 'row', 'aria-rowindex': row + 1 });
      rows.set(row, line);
      const before = Array.from(rows.keys()).filter((other) => other < row);
      const previous = before.length ? rows.get(Math.max(...before)) : null;
      // In the order in which it is read, whatever way one scrolls.
      element.insertBefore(line, previous ? previous.nextSibling : element.firstChild);
    }
    line.style.transform = `translateY(${row * layout.row_px}px)`;
    const ids = [];
    for (let column = 0; column < layout.columns; column += 1) {
      const asset = all[row * layout.columns + column];
      if (asset) {
        ids.push(asset.id);
        const card = cardOf(asset);
        setAttribute(card.element, 'aria-colindex', String(column + 1));
        if (line.children[column] !== card.element) {
          line.insertBefore(card.element, line.children[column] || null);
        }
      }
    }
    while (line.children.length > ids.length && line.lastChild) {
      line.lastChild.remove();
    }
    return ids;
  }

  /** @param {Asset} asset */
  function cardOf(asset) {
    let card = cards.get(asset.id);
    if (!card) {
      card = createCard(asset, href(asset), 'div', cards.size < FIRST ? 'high' : 'low');
      card.element.setAttribute('role', 'gridcell');
      card.link.tabIndex = -1;
      if (selection) {
        card.element.append(card.check);
      }
      cards.set(asset.id, card);
    } else if (card.asset() !== asset) {
      card.patch(asset);
    }
    setAttribute(card.link, 'href', href(asset));
    if (selection) {
      card.select(selection.has(asset.id));
    }
    return card;
  }

  /** @param {number} id */
  function indexOf(id) {
    return assets().findIndex((asset) => asset.id === id);
  }

  /** @param {EventTarget|null} target */
  function idAt(target) {
    const card = target instanceof Element ? target.closest('.card') : null;
    return card && element.contains(card) ? Number(card.getAttribute('data-id')) : null;
  }

  function focusedId() {
    return idAt(document.activeElement);
  }

  /** Tab comes to where one was, or to the first that can be seen. */
  function placeTabStop() {
    const at = list && list.at !== null && cards.has(list.at) ? list.at : null;
    const first = assets().find((asset) => {
      const card = cards.get(asset.id);
      return card && card.element.getBoundingClientRect().bottom > 0;
    });
    const stop = at !== null ? at : first ? first.id : null;
    cards.forEach((card, id) => {
      const index = id === stop ? 0 : -1;
      if (card.link.tabIndex !== index) {
        card.link.tabIndex = index;
      }
    });
  }

  /** What had the focus lost it; if it is gone, its place has another asset now. @param {number} id */
  function focusAfter(id) {
    const index = Math.min(Math.max(lastIndex, 0), assets().length - 1);
    const card = cards.get(id);
    if (card) {
      card.link.focus({ preventScroll: true }); // It was only put into another row.
    } else if (index >= 0) {
      moveTo(index);
    }
  }
  let lastIndex = 0;

  /** @param {number} index */
  function moveTo(index) {
    const asset = assets()[index];
    if (!asset || !list) {
      return;
    }
    list.at = asset.id;
    lastIndex = index;
    const top = element.getBoundingClientRect().top + Math.floor(index / layout.columns) * layout.row_px;
    const over = top - MARGIN_PX;
    const under = top + layout.row_px + MARGIN_PX - window.innerHeight;
    if (index < layout.columns) {
      window.scrollTo(0, 0); // With the first row, what stands above it.
    } else if (over < 0 || under > 0) {
      window.scrollBy(0, over < 0 ? over : under);
    }
    if (!cards.has(asset.id)) {
      render();
    }
    const card = cards.get(asset.id);
    if (card) {
      card.link.focus({ preventScroll: true });
    }
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const id = idAt(event.target);
    const index = id === null ? -1 : indexOf(id);
    if (index < 0 || event.altKey || event.defaultPrevented) {
      return;
    }
    const asset = assets()[index];
    const command = event.ctrlKey || event.metaKey;
    const page = Math.max(1, Math.floor(window.innerHeight / layout.row_px) - 1);
    const goal = command ? null : step(event.key, index, assets().length, layout.columns, page);
    if (goal !== null) {
      if (event.shiftKey && selection) {
        if (!selection.has(asset.id)) {
          selection.toggle(asset.id);
        }
        selection.extend(assets().map((each) => each.id), assets()[goal].id);
      }
      moveTo(goal);
    } else if (event.key === ' ' && selection) {
      selection.toggle(asset.id);
    } else if (event.key === 'a' && command && selection) {
      selection.all();
    } else if (command || !act(event.key, asset)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {MouseEvent} event */
  function onClick(event) {
    const id = idAt(event.target);
    if (id === null || !selection || event.button) {
      return;
    }
    const onCheck = Boolean(/** @type {Element} */ (event.target).closest('.card-check'));
    const choosing = onCheck || (selection.any() && !event.ctrlKey && !event.metaKey);
    if (event.shiftKey && (choosing || onCheck)) {
      event.preventDefault();
      selection.extend(assets().map((asset) => asset.id), id);
    } else if (choosing) {
      event.preventDefault();
      selection.toggle(id);
    }
    if (choosing) {
      // The box shows what is chosen, not what the browser makes of the press.
      window.setTimeout(render);
    }
  }

  element.addEventListener('keydown', onKey);
  element.addEventListener('click', onClick);
  element.addEventListener('focusin', (event) => {
    const id = idAt(event.target);
    if (id !== null && list) {
      list.at = id;
      lastIndex = indexOf(id);
      placeTabStop();
    }
  });
  window.addEventListener('scroll', schedule, { passive: true });
  window.addEventListener('resize', schedule);
  resizes.observe(element);

  return {
    element,
    render,
    /** @param {List} now */
    show(now) {
      list = now;
      render();
    },
    /** @param {'grid'|'list'} now */
    setShape(now) {
      shape = now;
      element.dataset.shape = now;
      measure();
    },
    /** The card one came from has the focus again. */
    focusWhereOneWas() {
      const index = list && list.at !== null ? indexOf(list.at) : -1;
      if (index >= 0) {
        moveTo(index);
      }
    },
    /** @param {import('./types.js').Running[]} running */
    showWork(running) {
      for (const job of running) {
        const card = cards.get(job.asset);
        if (card) {
          card.showWork('running', job.progress);
        }
      }
    },
    leave() {
      window.removeEventListener('scroll', schedule);
      window.removeEventListener('resize', schedule);
      window.cancelAnimationFrame(frame);
      resizes.disconnect();
      cards.forEach((card) => card.end());
    },
  };
}

/** Cards without content, in the shape of those to come. @param {number} count */
export function skeletons(count) {
  const cards = Array.from({ length: count }, () => h('div', { class: 'card skeleton' },
    h('span', { class: 'card-picture' }), h('span', { class: 'bone' }), h('span', { class: 'bone short' })));
  return h('div', { class: 'grid-loading', 'aria-hidden': 'true' }, ...cards);
}

/** @param {string} text */
export function loadingWord(text) {
  return h('span', { class: 'sr-only', role: 'status' }, text || texts.library.loading);
}
