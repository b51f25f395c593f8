// The library: all assets, narrowed and ordered as the address says.

import { byId, h } from '../dom.js';
import { libraryNow, onLibrary } from '../events.js';
import { icon } from '../icons.js';
import { emptyNotice, iconButton } from '../parts.js';
import { go } from '../router.js';
import { isAdmin } from '../session.js';
import { recall, remember } from '../store.js';
import { texts } from '../texts.js';
import { uploads } from '../upload/uploads.js';
import { edit, editMany, moveToBin } from './changes.js';
import { createFilters } from './filters.js';
import { createGrid } from './grid.js';
import { followGeneration } from './generation.js';
import { listOf } from './list.js';
import { address, isNarrowed, queryText, readFilter } from './query.js';
import { pickRandom } from './random.js';
import { createScreenful } from './screenful.js';
import { createSelectBar } from './selectbar.js';
import { createSelection, only } from './selection.js';
import { openToPlaylist } from './toplaylist.js';

/** @typedef {import('./query.js').Filter} Filter */
/** @typedef {import('./types.js').Asset} Asset */

const words = texts.library;
const SHAPE_KEY = 'marquee.shape';
/** Typing that pauses for longer is a new search, for which the back button has a step of its own. */
const SEARCH_STEP_MS = 4000;

/**
 * @param {import('../router.js').Visit} visit
 * @returns {import('../router.js').View}
 */
export function open(visit) {
  let filter = readFilter(visit.url.searchParams);
  let shape = /** @type {'grid'|'list'} */ (recall(SHAPE_KEY) === 'list' ? 'list' : 'grid');
  let list = listOf(queryText(filter));
  let typed_ms = -Infinity;

  const selection = createSelection(() => patchSelection());
  const grid = createGrid({
    label: words.title,
    href: (asset) => address(`/library/${asset.id}`, list.query),
    selection: isAdmin() ? selection : null,
    act,
  });
  const screenful = createScreenful(grid, () => (isNarrowed(filter) ? nothingFound() : nothingThere()), isMissing);
  const filters = createFilters({ change, reshape });
  const bar = createSelectBar({
    chosen,
    edit: (wanted) => editMany(chosen(), wanted),
    bin: () => binChosen(),
    toPlaylist: () => openToPlaylist(chosen()),
    all: () => selection.all(),
    clear: () => selection.clear(),
  });
  const problem = h('p', { class: 'banner icon-small', role: 'alert', hidden: true });
  const element = h('div', { class: 'library' },
    h('header', { class: 'page-head' },
      h('h1', {}, words.title), screenful.count, h('span', { class: 'spacer' }),
      iconButton('random', words.random, () => pickRandom(list.query)),
      isAdmin() ? binLink() : null, isAdmin() ? uploadButton() : null),
    problem, filters.element, screenful.element, bar.element, bar.spoken);

  function chosen() {
    return selection.of(list);
  }

  function patchSelection() {
    element.toggleAttribute('data-choosing', selection.any());
    bar.show(selection, list.total);
    grid.render();
  }

  function binChosen() {
    const all = chosen();
    selection.clear();
    moveToBin(all);
  }

  /** @param {string} key @param {Asset} asset */
  function act(key, asset) {
    if (!isAdmin()) {
      return false;
    }
    const many = selection.has(asset.id) ? chosen() : null;
    const apply = (/** @type {import('./types.js').Change} */ wanted) =>
      (many ? editMany(many, wanted) : edit(asset, wanted));
    if (/^[0-5]$/.test(key)) {
      apply({ rating: Number(key) });
    } else if (key === 'b') {
      apply({ favorite: !asset.favorite });
    } else if (key === 'Delete') {
      selection.clear();
      moveToBin(many || only([asset]));
    } else if (key === 'Escape' && selection.any()) {
      selection.clear();
    } else {
      return false;
    }
    return true;
  }

  /** @param {Partial<Filter>} wanted @param {boolean} typing */
  function change(wanted, typing) {
    const next = Object.assign({}, filter, wanted);
    if (queryText(next) === queryText(filter)) {
      return;
    }
    const now = performance.now();
    const replace = typing && now - typed_ms < SEARCH_STEP_MS;
    typed_ms = typing ? now : -Infinity;
    go(address('/library', queryText(next)), { replace });
  }

  /** @param {'grid'|'list'} wanted */
  function reshape(wanted) {
    shape = wanted;
    remember(SHAPE_KEY, shape);
    grid.setShape(shape);
  }

  let endList = () => undefined;
  function show() {
    list = listOf(queryText(filter));
    endList();
    endList = /** @type {() => undefined} */ (list.on(() => bar.show(selection, list.total)));
    selection.clear();
    filters.show(filter, shape);
    screenful.show(list);
  }

  function nothingFound() {
    const all = h('a', { class: 'button', href: '/library' }, words.showAll);
    return emptyNotice(words.nothingFoundTitle, words.nothingFound, all);
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const target = /** @type {Element} */ (event.target);
    const typing = target.closest('input:not([type=checkbox]):not([type=radio]), textarea, select, dialog');
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing) {
      return;
    }
    if (event.key === '/') {
      event.preventDefault();
      filters.focusSearch();
    } else if (event.key === 'r') {
      pickRandom(list.query);
    } else if (event.key === 'Escape' && selection.any()) {
      selection.clear();
    }
  }

  document.addEventListener('keydown', onKey);
  /** It was not there when it was looked last. */
  let missed = false;
  const endLibrary = onLibrary((now) => {
    grid.showWork(now.work.running);
    const trouble = now.damaged ? words.damaged : now.read_only ? words.readOnly : now.ok ? '' : words.unusable;
    problem.hidden = !trouble;
    if (problem.dataset.text !== trouble) {
      problem.dataset.text = trouble;
      problem.replaceChildren(icon('warn'), h('span', {}, trouble),
        now.damaged && isAdmin() ? h('a', { class: 'button', href: '/settings#damaged' }, words.waysOn) : '');
    }
    if (now.ok && missed) {
      list.problem = null;
      list.more();
    }
    missed = !now.ok;
    screenful.patch();
  });
  const endGeneration = followGeneration(() => {
    list.refresh();
    filters.loadTags();
  });
  filters.loadTags();

  return {
    element,
    title: texts.documentTitle(words.title),
    ready: Promise.resolve(),
    shown() {
      grid.setShape(shape);
      show();
      if (visit.back && byId('content').contains(grid.element)) {
        grid.focusWhereOneWas();
      }
    },
    update(url) {
      filter = readFilter(url.searchParams);
      show();
      return true;
    },
    leave() {
      document.removeEventListener('keydown', onKey);
      endLibrary();
      endGeneration();
      endList();
      screenful.leave();
    },
  };
}

function binLink() {
  return h('a', { class: 'button icon-button', href: '/bin', 'aria-label': texts.bin.title, title: texts.bin.title }, icon('bin'));
}

function uploadButton() {
  return h('button', { type: 'button', class: 'button main icon-small', click: () => uploads.choose() },
    icon('upload'), texts.upload.action);
}

/** There is no library to be listed, which the banner says. */
function isMissing() {
  const now = libraryNow();
  return Boolean(now && !now.ok);
}

/** For the very first visit: what this is for, and how it fills. */
export function nothingThere() {
  return isAdmin() ? emptyNotice(words.emptyTitle, words.empty, uploadButton())
    : emptyNotice(words.emptyTitle, words.emptyView);
}
