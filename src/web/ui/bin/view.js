// The bin: what was thrown away, for as long as it can be taken out again.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { purge, restore } from '../library/changes.js';
import { followGeneration } from '../library/generation.js';
import { createGrid } from '../library/grid.js';
import { listOf } from '../library/list.js';
import { createScreenful } from '../library/screenful.js';
import { createSelection } from '../library/selection.js';
import { emptyNotice, iconButton } from '../parts.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';

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
  const empty = h('button', { type: 'button', class: 'button icon-small', click: () => purge(list.assets.slice(), true) },
    icon('bin'), words.emptyAction);
  const bar = h('div', { class: 'select-bar', role: 'toolbar', 'aria-label': texts.library.selectedActions, hidden: true },
    iconButton('close', texts.library.clearSelection, () => selection.clear()),
    count,
    h('button', { type: 'button', class: 'button', click: () => selection.all(list.assets.map((asset) => asset.id)) },
      texts.library.selectAll),
    h('span', { class: 'spacer' }),
    h('button', { type: 'button', class: 'button icon-small', click: () => withChosen(restore) }, icon('restore'), words.restore),
    h('button', {
      type: 'button', class: 'button icon-small bad', click: () => withChosen((assets) => purge(assets, false)),
    }, icon('bin'), words.purge));
  const element = h('div', { class: 'library' },
    h('header', { class: 'page-head' },
      h('a', { class: 'button icon-button', href: '/library', 'aria-label': words.back, title: words.back }, icon('back')),
      h('h1', {}, words.title), screenful.count, h('span', { class: 'spacer' }),
      isAdmin() ? empty : null),
    h('p', { class: 'muted page-lead' }, words.lead),
    screenful.element, bar);

  function chosen() {
    return list.assets.filter((asset) => selection.has(asset.id));
  }

  /** @param {(assets: import('../library/types.js').Asset[]) => void} act */
  function withChosen(act) {
    const assets = chosen();
    selection.clear();
    if (assets.length) {
      act(assets);
    }
  }

  function patch() {
    element.toggleAttribute('data-choosing', selection.size() > 0);
    bar.hidden = selection.size() === 0;
    count.textContent = texts.library.selected(selection.size());
    grid.render();
  }

  /** @param {string} key @param {import('../library/types.js').Asset} asset */
  function act(key, asset) {
    if (!isAdmin()) {
      return false;
    }
    const assets = selection.has(asset.id) ? chosen() : [asset];
    if (key === 'Delete') {
      selection.clear();
      purge(assets, false);
    } else if (key === 'u') {
      selection.clear();
      restore(assets);
    } else if (key === 'Escape' && selection.size()) {
      selection.clear();
    } else {
      return false;
    }
    return true;
  }

  const endList = list.on(() => (empty.hidden = !list.assets.length));
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
      endGeneration();
      screenful.leave();
    },
  };
}
