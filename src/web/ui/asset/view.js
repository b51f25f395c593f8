// The watch page: one asset, with all that one can do with it.

import { api, Problem } from '../api.js';
import { h } from '../dom.js';
import { onLibrary } from '../events.js';
import { createHelp } from '../help.js';
import { icon } from '../icons.js';
import { assetPath, changed, edit, moveToBin, restore } from '../library/changes.js';
import { listOf } from '../library/list.js';
import { address, queryText, readFilter } from '../library/query.js';
import { pickRandom } from '../library/random.js';
import { only } from '../library/selection.js';
import { toggleFullscreen } from '../live/actions.js';
import { afterAMoment, emptyPage, failedNotice, iconButton } from '../parts.js';
import { go, setTitle } from '../router.js';
import { isAdmin } from '../session.js';
import { recall, remember } from '../store.js';
import { texts } from '../texts.js';
import { createDetails } from './details.js';
import { createHead } from './head.js';
import { createRelated } from './related.js';
import { createStage } from './stage.js';
import { createWork } from './work.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */

const words = texts.asset;
const PLAY_ON_KEY = 'marquee.play-on';
/** Pages of the list that are read to find out what comes next. */
const PAGES_MAX = 10;
/** Changes in a row are one. */
const RELOAD_MS = 800;

/**
 * @param {import('../router.js').Visit} visit
 * @returns {import('../router.js').View}
 */
export function open(visit) {
  const id = Number(visit.match[1]);
  const query = queryText(readFilter(visit.url.searchParams));
  const list = listOf(query);
  list.at = id;
  const back = address('/library', query);
  /** @type {FullAsset|null} */
  let asset = null;
  let over = false;
  let reload = 0;
  /** @type {number|null} */
  let generation = null;

  const related = createRelated();
  const head = createHead({ edit: change, bin });
  const work = createWork(load);
  const details = createDetails();
  const stage = createStage({ autoplay: !visit.first, ended, saved });
  const help = createHelp(words.keys);
  const playOn = h('input', { type: 'checkbox', change: () => remember(PLAY_ON_KEY, playOn.checked) });
  playOn.checked = recall(PLAY_ON_KEY) === true;
  const previous = iconButton('previous', words.previous, () => toNeighbour(-1));
  const next = iconButton('next', words.nextLabel, () => toNeighbour(1));
  const binned = h('div', { class: 'banner icon-small', hidden: true }, icon('bin'), h('span', {}, words.inBin),
    isAdmin() ? h('button', { type: 'button', class: 'button', click: unbin }, texts.bin.restore) : null);
  const bar = h('div', { class: 'asset-bar' },
    h('a', { class: 'button icon-small', href: back }, icon('back'), texts.library.title),
    h('span', { class: 'spacer' }),
    h('label', { class: 'check-label wide-text' }, playOn, words.playOn),
    previous, next,
    iconButton('random', texts.library.random, () => pickRandom(query, id)),
    iconButton('keys', texts.player.help, () => help.showModal()));
  const content = h('div', { class: 'asset' },
    h('div', { class: 'asset-main' }, stage.element, binned, head.element, work.element, details.element),
    related.element);
  const notice = h('div', {});
  const element = h('div', { class: 'asset-page' }, bar, notice, content, help);
  content.hidden = true;

  async function load() {
    try {
      show(await api.get(assetPath(id)));
    } catch (error) {
      if (!over && !asset) {
        notice.replaceChildren(error instanceof Problem && error.status === 404
          ? emptyPage(words.unknownTitle, words.unknown, h('a', { class: 'button main', href: '/library' }, texts.library.title))
          : failedNotice(words.failedTitle, /** @type {Error} */ (error).message, load, 'h1'));
      }
    }
  }

  /** @param {FullAsset} now */
  function show(now) {
    if (over) {
      return;
    }
    asset = now;
    notice.replaceChildren();
    content.hidden = false;
    setTitle(texts.documentTitle(now.name));
    stage.patch(now);
    head.patch(now);
    work.patch(now);
    details.patch(now);
    binned.hidden = !now.binned;
    related.showLike(now);
  }

  /** @param {import('../library/types.js').Change} wanted */
  function change(wanted) {
    if (asset && isAdmin()) {
      edit(asset, wanted);
    }
  }

  function bin() {
    if (asset && isAdmin()) {
      moveToBin(only([asset]));
      go(back);
    }
  }

  async function unbin() {
    if (asset) {
      await restore(only([asset]));
      load();
    }
  }

  /** @param {number} position_ms */
  function saved(position_ms) {
    const summary = list.assets.find((each) => each.id === id);
    if (summary) {
      list.stale = true;
      summary.position_ms = position_ms;
    }
  }

  function ended() {
    if (playOn.checked && list.after(id)) {
      toNeighbour(1);
    }
  }

  /** @param {number} by */
  function toNeighbour(by) {
    const goal = by > 0 ? list.after(id) : list.before(id);
    if (goal) {
      go(address(`/library/${goal.id}`, query));
    }
  }

  /** What comes next is in the list one came from; who came by a link has none yet. */
  async function findNeighbours() {
    const known = () => list.assets.some((each) => each.id === id);
    for (let page = 0; page < PAGES_MAX && !known() && !list.complete && !over; page += 1) {
      await list.more();
      if (list.problem) {
        break;
      }
    }
    if (known() && !list.after(id) && !list.complete) {
      await list.more();
    }
    if (!over) {
      const after = known() ? list.after(id) : undefined;
      next.disabled = !after;
      previous.disabled = !list.before(id);
      related.showNext(after, query);
    }
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    f: () => toggleFullscreen(stage.full(), stage.full()).catch(() => undefined),
    n: () => toNeighbour(1),
    p: () => toNeighbour(-1),
    r: () => pickRandom(query, id),
    b: () => asset && change({ favorite: !asset.favorite }),
    t: () => head.focusTags(),
    Delete: bin,
    '?': () => help.showModal(),
    Escape: () => !document.fullscreenElement && go(back),
  };

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const target = /** @type {Element} */ (event.target);
    const own = target.closest('input:not([type=radio]):not([type=checkbox]), textarea, select, dialog, summary');
    const arrows = event.key.startsWith('Arrow') && target.closest('input, .stars');
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || own || arrows || !asset) {
      return;
    }
    if (event.key === ' ' && target.closest('button, a, label, input')) {
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^[0-5]$/.test(key)) {
      change({ rating: Number(key) });
    } else if (!stage.act(key)) {
      if (!(key in keys) || event.repeat) {
        return;
      }
      keys[key]();
    }
    event.preventDefault();
  }

  document.addEventListener('keydown', onKey);
  const ends = [
    changed.on((now) => now.id === id && asset && show(Object.assign({}, asset, now))),
    list.on(() => next.disabled && findNeighbours()),
    onLibrary((now) => {
      const mine = now.work.running.find((job) => job.asset === id);
      if (mine) {
        work.progress(mine);
      }
      if (generation !== null && generation !== now.generation) {
        window.clearTimeout(reload);
        reload = window.setTimeout(load, RELOAD_MS);
      }
      generation = now.generation;
    }),
  ];
  next.disabled = true;
  previous.disabled = true;
  afterAMoment(() => !asset && !over && !notice.children.length, () => notice.replaceChildren(
    h('div', { class: 'asset skeleton', 'aria-hidden': 'true' }, h('div', { class: 'stage' }), h('span', { class: 'bone' }))));
  load().then(findNeighbours);

  return {
    element,
    title: texts.documentTitle(texts.library.title),
    leave() {
      over = true;
      window.clearTimeout(reload);
      document.removeEventListener('keydown', onKey);
      ends.forEach((end) => end());
      stage.leave();
    },
  };
}
