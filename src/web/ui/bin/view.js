// The bin: what was thrown away, for as long as it can be taken out again.

import { h, setText } from '../dom.js';
import { onLibrary } from '../events.js';
import { icon } from '../icons.js';
import { purge, restore } from '../library/changes.js';
import { followGeneration } from '../library/generation.js';
import { createGrid } from '../library/grid.js';
import { listOf } from '../library/list.js';
import { createScreenful } from '../library/screenful.js';
import { createSelection, only } from '../library/selection.js';
import { selectedText, showAll } from '../library/selectbar.js';
import { emptyNotice, iconButton } from '../parts.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').Chosen} Chosen */

const words = texts.bin;

/** @returns {import('../router.js').View} */
export function open() {
  const list = listOf('bin=true');
  const selection = createSelection(() => patch());
  const grid = createGrid({
    label: words.title,
    href: (asset) => `/library/${asset.id}`,
    selection: isAdmin() ? selection : null,
    act,
  });
  const screenful = createScreenful(grid, () => emptyNotice(words.emptyTitle, words.empty,
    h('a', { class: 'button', href: '/library' }, texts.library.title)));
  const count = h('b', { class: 'figures' });
  const all = h('button', { type: 'button', class: 'button figures', click: () => selection.all() });
  const empty = h('button', { type: 'button', class: 'button icon-small', click: () => purge(everything(), words.emptied) },
    icon('bin'), words.emptyAction);
  const bar = h('div', { class: 'select-bar', role: 'toolbar', 'aria-label': texts.library.selectedActions, hidden: true },
    iconButton('close', texts.library.clearSelection, () => selection.clear()),
    count,
    all,
    h('span', { class: 'spacer' }),
    h('button', { type: 'button', class: 'button icon-small', click: () => withChosen(restore) }, icon('restore'), words.restore),
    h('button', {
      type: 'button', class: 'button icon-small bad', click: () => withChosen(purgeThese),
    }, icon('bin'), words.purge));
  const lead = h('p', { class: 'muted page-lead' });
  const endLibrary = onLibrary((now) => setText(lead, words.lead(now.bin_days)));
  const element = h('div', { class: 'library' },
    h('header', { class: 'page-head' },
      h('a', { class: 'button icon-button', href: '/library', 'aria-label': words.back, title: words.back }, icon('back')),
      h('h1', {}, words.title), screenful.count, h('span', { class: 'spacer' }),
      isAdmin() ? empty : null),
    lead,
    screenful.element, bar);

  /** @returns {Chosen} */
  function everything() {
    return { assets: list.assets.slice(), everything: true, except: [], query: list.query };
  }

  /** @param {Chosen} chosen */
  function purgeThese(chosen) {
    const count = chosen.everything && list.total !== null ? list.total - chosen.except.length : chosen.assets.length;
    purge(chosen, words.purged(count, chosen.assets[0].name));
  }

  /** @param {(chosen: Chosen) => void} act */
  function withChosen(act) {
    const chosen = selection.of(list);
    selection.clear();
    if (chosen.assets.length) {
      act(chosen);
    }
  }

  function patch() {
    element.toggleAttribute('data-choosing', selection.any());
    bar.hidden = !selection.any();
    setText(count, selectedText(selection, list.total));
    showAll(all, selection, list.total);
    grid.render();
  }

  /** @param {string} key @param {import('../library/types.js').Asset} asset */
  function act(key, asset) {
    if (!isAdmin()) {
      return false;
    }
    const chosen = selection.has(asset.id) ? selection.of(list) : only([asset]);
    if (key === 'Delete') {
      selection.clear();
      purgeThese(chosen);
    } else if (key === 'u') {
      selection.clear();
      restore(chosen);
    } else if (key === 'Escape' && selection.any()) {
      selection.clear();
    } else {
      return false;
    }
    return true;
  }

  const endList = list.on(() => {
    empty.hidden = !list.assets.length;
    setText(count, selectedText(selection, list.total));
    showAll(all, selection, list.total);
  });
  const endGeneration = followGeneration(() => list.refresh());
  return {
    element,
    title: texts.documentTitle(words.title),
    shown() {
      grid.setShape('grid');
      list.stale = true;
      screenful.show(list);
      empty.hidden = !list.assets.length;
    },
    leave() {
      endList();
      endLibrary();
      endGeneration();
      screenful.leave();
    },
  };
}
