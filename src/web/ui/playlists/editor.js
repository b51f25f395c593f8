// One playlist: its items in their order, and how they are shown. Kept as one edits.

import { Problem, request } from '../api.js';
import { h, setText } from '../dom.js';
import { lengthText } from '../format.js';
import { icon } from '../icons.js';
import { afterAMoment, choiceRow, emptyNotice, emptyPage, failedNotice, iconButton, toggleButton } from '../parts.js';
import { go, setTitle } from '../router.js';
import { isAdmin } from '../session.js';
import { playlists } from '../signage/data.js';
import { openDialog } from '../signage/dialog.js';
import { createMessageBar, messageButton } from '../signage/message.js';
import { texts } from '../texts.js';
import { say, sayUndo } from '../toast.js';
import { takeDrops } from '../upload/drop.js';
import { openAdd } from './add.js';
import { createCatalog } from './catalog.js';
import { ITEMS_MAX, movedItem, newItem } from './draft.js';
import { bring, callOff, incomingOf, showIncoming } from './incoming.js';
import { createInspector, lengthRow } from './inspector.js';
import { createSaver } from './save.js';
import { createStrip } from './strip.js';
import { itemName } from './tile.js';

/** @typedef {import('../signage/types.js').Playlist} Playlist */
/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('./strip.js').Entry} Entry */

const words = texts.signage.playlists;
const NAME_CHARS_MAX = 200;
const SKELETONS = 5;
/** Tells items apart that are the same. */
let uids = 0;

/**
 * @param {import('../router.js').Visit} visit
 * @returns {import('../router.js').View}
 */
export function open(visit) {
  const id = Number(visit.match[1]);
  const element = h('div', { class: 'signage' });
  let over = false;
  /** @type {ReturnType<typeof createPage>|null} */
  let page = null;

  async function load() {
    try {
      const response = await request(`/api/playlists/${id}`, { cache: 'no-store' });
      const playlist = await response.json();
      if (over) {
        return;
      }
      if (page) {
        page.leave();
      }
      page = createPage(playlist, response.headers.get('ETag') || '', load);
      element.replaceChildren(page.element);
      setTitle(texts.documentTitle(playlist.name));
    } catch (error) {
      if (!over) {
        const unknown = error instanceof Problem && error.status === 404;
        const back = h('a', { class: 'button', href: '/playlists' }, words.title);
        element.replaceChildren(unknown ? emptyPage(words.unknownTitle, words.unknown, back)
          : failedNotice(words.failed, /** @type {Error} */ (error).message, load, 'h1'));
      }
    }
  }

  afterAMoment(() => !over && !element.firstChild, () => element.replaceChildren(skeleton()));
  return {
    element,
    title: texts.documentTitle(words.title),
    ready: load(),
    leave() {
      over = true;
      if (page) {
        page.leave();
      }
    },
  };
}

function skeleton() {
  const film = () => h('li', { class: 'film-item' }, h('div', { class: 'film' }, h('span', { class: 'film-picture' }), h('span', { class: 'bone' })));
  return h('div', { class: 'skeleton', 'aria-hidden': 'true' },
    h('header', { class: 'page-head' }, h('span', { class: 'bone title-bone' })),
    h('ul', { class: 'strip' }, ...Array.from({ length: SKELETONS }, film)));
}

/**
 * @param {Playlist} playlist
 * @param {string} etag
 * @param {() => void} reload as somebody else has made it
 */
function createPage(playlist, etag, reload) {
  const editable = isAdmin();
  const catalog = createCatalog();
  /** @type {Entry[]} */
  let entries = playlist.items.map(entryOf);
  incomingOf(playlist.id).forEach((each) => entries.splice(Math.min(each.at, entries.length), 0, incomingEntry(each)));
  /** @type {number|null} */
  let selected = null;
  let problems = problemsOf(playlist);
  const saver = createSaver(`/api/playlists/${playlist.id}`, etag, { read, saved, changed: showState });
  const strip = createStrip({ editable, catalog, select, reorder: (now) => edit(now), remove });
  const inspector = createInspector({ catalog, change: changeItem, move: moveBy, copy, remove, close: () => select(null) });
  const head = createHead(playlist, editable, {
    rename(name) {
      playlist.name = name;
      setTitle(texts.documentTitle(name));
      saver.touch();
    },
    add: () => openAdd(catalog, add, bringSelected),
    preview: () => openPreview(playlist),
  });
  const options = createOptions(playlist, editable, (now) => {
    Object.assign(playlist, now);
    show();
    saver.touch();
  });
  const message = createMessageBar();
  const notice = h('div', {});
  const conflict = h('div', { class: 'banner icon-small', role: 'alert', hidden: true }, icon('warn'), h('span', {}, words.conflict),
    h('button', { type: 'button', class: 'button', click: reload }, words.takeTheirs),
    h('button', { type: 'button', class: 'button', click: overwrite }, words.keepMine));
  const element = h('div', {}, head.element, message.element, conflict, options.element, notice,
    h('div', { class: 'arrange' }, strip.element, editable ? inspector.element : null));

  /** What the server is told. */
  function read() {
    return {
      name: playlist.name, shuffle: playlist.shuffle, transition: playlist.transition, slide_ms: playlist.slide_ms,
      items: settled().map((entry) => entry.item),
    };
  }

  /** Those that are items, not files on their way. */
  function settled() {
    return entries.filter((entry) => !entry.incoming);
  }

  /** What the server made of it: the length, and what is wrong. @param {Playlist} now */
  function saved(now) {
    playlist.total_ms = now.total_ms;
    if (now.items.length === settled().length) {
      problems = problemsOf(now);
    }
    playlists.refresh();
    show();
  }

  /** @param {Playlist} now @returns {Map<number, string>} by uid */
  function problemsOf(now) {
    const found = new Map();
    const items = settled();
    now.problems.forEach((problem) => items[problem.item] && found.set(items[problem.item].uid,
      words.reasons[problem.reason] || problem.reason));
    return found;
  }

  /** @param {import('./save.js').SaveState} state @param {string} reason */
  function showState(state, reason) {
    conflict.hidden = state !== 'conflict';
    head.showState(state, reason, saver ? saver.retry : () => undefined);
  }

  async function overwrite() {
    const response = await request(`/api/playlists/${playlist.id}`, { cache: 'no-store' });
    saver.overwrite(response.headers.get('ETag') || '');
  }

  function show() {
    const index = entries.findIndex((entry) => entry.uid === selected);
    strip.show(playlist, entries, selected, problems);
    const entry = index < 0 ? null : entries[index];
    inspector.show(entry, playlist, entry ? problems.get(entry.uid) || '' : '', index, entries.length);
    head.showLength(playlist.total_ms, entries.length);
    element.toggleAttribute('data-inspecting', Boolean(entry));
    notice.replaceChildren(...(entries.length ? [] : [emptyNotice(words.noItemsTitle, words.noItems,
      editable ? h('button', { type: 'button', class: 'button main icon-small', click: () => openAdd(catalog, add, bringSelected) },
        icon('plus'), words.addItems) : null)]));
  }

  /** @param {Entry[]} now */
  function edit(now) {
    entries = now;
    show();
    saver.touch();
  }

  /** @param {number|null} uid */
  function select(uid) {
    const before = selected;
    if (entries.some((entry) => entry.uid === uid && entry.incoming)) {
      return; // There is nothing to be set yet.
    }
    selected = uid;
    show();
    if (uid === null && before !== null) {
      strip.focus(before);
    } else if (uid !== null && editable) {
      inspector.focus();
      strip.reveal(uid);
    }
  }

  /** Where something new comes to stand: behind what is selected. */
  function place() {
    const index = entries.findIndex((entry) => entry.uid === selected);
    return index < 0 ? entries.length : index + 1;
  }

  /** @param {File[]} files @param {number} at among all that are seen */
  function bringAt(files, at) {
    const among = entries.slice(0, at).filter((entry) => !entry.incoming).length;
    const fresh = bring(playlist.id, files, among, Math.max(0, ITEMS_MAX - entries.length)).map(incomingEntry);
    entries = entries.slice(0, at).concat(fresh, entries.slice(at));
    show();
    if (fresh.length) {
      strip.reveal(fresh[0].uid);
    }
  }

  /** @param {File[]} files */
  function bringSelected(files) {
    bringAt(files, place());
  }

  /** @param {PlaylistItem[]} items */
  function add(items) {
    const room = ITEMS_MAX - entries.length;
    if (items.length > room) {
      say(words.full(ITEMS_MAX), { bad: true });
    }
    const fresh = items.slice(0, Math.max(0, room)).map(entryOf);
    const at = place();
    edit(entries.slice(0, at).concat(fresh, entries.slice(at)));
    if (fresh.length) {
      strip.focus(fresh[0].uid);
    }
  }

  /** @param {number} uid @param {Partial<PlaylistItem>} change */
  function changeItem(uid, change) {
    edit(entries.map((entry) => (entry.uid === uid ? { uid, item: Object.assign({}, entry.item, change) } : entry)));
  }

  /** @param {number} uid @param {number} by */
  function moveBy(uid, by) {
    const index = entries.findIndex((entry) => entry.uid === uid);
    edit(movedItem(entries, index, index + by));
  }

  /** @param {number} uid */
  function copy(uid) {
    const index = entries.findIndex((entry) => entry.uid === uid);
    const fresh = entryOf(entries[index].item);
    selected = fresh.uid;
    edit(entries.slice(0, index + 1).concat([fresh], entries.slice(index + 1)));
  }

  /** @param {number} uid */
  function remove(uid) {
    const index = entries.findIndex((entry) => entry.uid === uid);
    const entry = entries[index];
    selected = selected === uid ? null : selected;
    if (entry.incoming) {
      callOff(entry.incoming);
      entries = entries.filter((each) => each !== entry);
      show();
      return;
    }
    edit(entries.filter((each) => each !== entry));
    const neighbour = entries[Math.min(index, entries.length - 1)];
    if (neighbour) {
      strip.focus(neighbour.uid);
    }
    sayUndo(words.itemRemoved(itemName(entry.item, catalog)), () => {
      edit(entries.slice(0, index).concat([entry], entries.slice(index)));
      strip.focus(uid);
    });
  }

  let gap = 0;
  const endDrops = editable ? takeDrops({
    over: (x, y) => (gap = strip.gapAt(x, y)),
    out: strip.noGap,
    drop: (files) => bringAt(files, Math.min(gap, entries.length)),
  }) : () => undefined;
  const endIncoming = showIncoming({
    playlist: playlist.id,
    came: (each) => edit(entries.map((entry) => (entry.incoming === each
      ? { uid: entry.uid, item: newItem({ kind: 'asset', asset: each.upload.asset }) } : entry))),
    gone(each) {
      entries = entries.filter((entry) => entry.incoming !== each);
      show();
    },
    patch: show,
  });
  const endCatalog = catalog.on(show);
  playlists.load().catch(() => undefined); // For the bar of a message.
  show();
  return {
    element,
    leave() {
      entries.forEach((entry, at) => {
        if (entry.incoming) {
          entry.incoming.at = entries.slice(0, at).filter((each) => !each.incoming).length;
        }
      });
      endIncoming();
      endDrops();
      saver.leave();
      strip.leave();
      endCatalog();
      catalog.leave();
      message.leave();
    },
  };
}

/** @param {PlaylistItem} item @returns {Entry} */
function entryOf(item) {
  uids += 1;
  return { uid: uids, item };
}

/** @param {import('./incoming.js').Incoming} incoming @returns {Entry} */
function incomingEntry(incoming) {
  return Object.assign(entryOf(newItem({ kind: 'asset' })), { incoming });
}

/**
 * @param {Playlist} playlist
 * @param {boolean} editable
 * @param {{rename: (name: string) => void, add: () => void, preview: () => void}} actions
 */
function createHead(playlist, editable, actions) {
  const name = h('input', {
    class: 'title-field', type: 'text', 'aria-label': words.name, maxlength: NAME_CHARS_MAX, value: playlist.name, autocomplete: 'off',
  });
  const length = h('p', { class: 'muted figures' });
  const state = h('p', { class: 'save-state small-text', role: 'status' });
  const preview = iconButton('play', words.preview, actions.preview);
  name.addEventListener('change', () => {
    const now = name.value.trim();
    name.value = now || playlist.name;
    if (now && now !== playlist.name) {
      actions.rename(now);
    }
  });
  name.addEventListener('keydown', (event) => event.key === 'Enter' && name.blur());
  const title = editable ? h('h1', { class: 'title-edit' }, h('span', { class: 'sr-only' }, words.playlist), name)
    : h('h1', {}, playlist.name);
  return {
    element: h('header', { class: 'page-head editor-head' },
      h('a', { class: 'button icon-button', href: '/playlists', 'aria-label': words.back, title: words.back,
        click: (event) => { event.preventDefault(); go('/playlists'); } }, icon('back')),
      title, length, state, h('span', { class: 'spacer' }),
      preview,
      editable ? messageButton() : null,
      editable ? h('button', { type: 'button', class: 'button main icon-small', click: actions.add }, icon('plus'), words.addItems) : null),
    /** @param {number} total_ms @param {number} count */
    showLength(total_ms, count) {
      preview.hidden = !count;
      setText(length, count ? `${words.items(count)} · ${lengthText(total_ms)}` : '');
    },
    /** @param {import('./save.js').SaveState} now @param {string} reason @param {() => void} retry */
    showState(now, reason, retry) {
      state.classList.toggle('bad', now === 'failed');
      if (now === 'failed') {
        state.replaceChildren(`${words.notSaved} ${reason} `, h('button', { type: 'button', class: 'button', click: retry }, texts.tryAgain));
      } else {
        setText(state, now === 'saving' || now === 'waiting' ? words.saving : now === 'saved' ? words.saved : '');
      }
    },
  };
}

/** As a TV plays it, by the player of the TVs. @param {Playlist} playlist */
function openPreview(playlist) {
  const frame = h('iframe', {
    class: 'preview-frame', src: `/tv?playlist=${playlist.id}`, title: words.previewOf(playlist.name), allow: 'autoplay; fullscreen',
  });
  // What the keys of a remote control do, for who has none.
  const press = (/** @type {string} */ key) => frame.contentDocument
    && frame.contentDocument.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  const buttons = h('div', { class: 'row preview-keys', role: 'toolbar', 'aria-label': words.previewKeys },
    iconButton('previous', words.previewBack, () => press('ArrowLeft')), iconButton('pause', words.previewPause, () => press(' ')),
    iconButton('next', words.previewNext, () => press('ArrowRight')), iconButton('sound', words.previewSound, () => press('m')),
    h('span', { class: 'spacer' }),
    iconButton('fullscreen', words.previewFull, () => frame.requestFullscreen && frame.requestFullscreen().catch(() => undefined)));
  openDialog(words.previewOf(playlist.name), true, frame, buttons, h('p', { class: 'muted small-text key-hint' }, words.previewHint))
    .classList.add('preview-dialog');
  frame.focus();
}

/**
 * What holds for all items.
 * @param {Playlist} playlist
 * @param {boolean} editable
 * @param {(now: Partial<Playlist>) => void} change
 */
function createOptions(playlist, editable, change) {
  const shuffle = toggleButton('random', words.shuffle, (on) => {
    shuffle.set(on);
    change({ shuffle: on });
  });
  shuffle.set(playlist.shuffle);
  const transition = choiceRow(words.transition, [
    { value: 'cut', text: words.transitions.cut }, { value: 'fade', text: words.transitions.fade },
  ], playlist.transition, (value) => change({ transition: /** @type {Playlist['transition']} */ (value) }));
  const slide = lengthRow(words.slideDuration, '', playlist.slide_ms, playlist.slide_ms, false,
    (ms) => ms !== null && change({ slide_ms: ms }));
  const element = h('section', { class: 'filters-line editor-options', 'aria-label': words.options },
    slide, h('div', { class: 'form-row' }, h('span', { class: 'label', 'aria-hidden': 'true' }, words.transition), transition.element),
    h('div', { class: 'form-row' }, h('span', { class: 'label', 'aria-hidden': 'true' }, words.order), shuffle.button));
  element.hidden = !editable;
  return { element };
}
