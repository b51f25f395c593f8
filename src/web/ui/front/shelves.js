// What stands below the live pictures: where one left off, what is new, what is under way.

import { api } from '../api.js';
import { h, setText } from '../dom.js';
import { onLibrary } from '../events.js';
import { bytesText, percentText } from '../format.js';
import { icon } from '../icons.js';
import { createCard } from '../library/card.js';
import { changed, putBack, taken } from '../library/changes.js';
import { followGeneration } from '../library/generation.js';
import { nothingThere } from '../library/view.js';
import { failedNotice } from '../parts.js';
import { texts } from '../texts.js';
import { uploads } from '../upload/uploads.js';

/** @typedef {import('../library/types.js').Asset} Asset */
/** @typedef {import('../library/types.js').LibraryState} LibraryState */

const words = texts.home;
/** Cards of a shelf; all others are one click away. */
const SHELF_MAX = 12;
/** Of those watched last, these are looked through for some that were left in the middle. */
const WATCHED_ASKED = 40;

export function createShelves() {
  const going = createShelf(words.continueTitle, null);
  const fresh = createShelf(words.newTitle, '/library');
  const work = createWorkList();
  const notice = h('div', {});
  const element = h('div', { class: 'shelves' }, going.element, fresh.element, work.element, notice);
  let over = false;

  async function load() {
    try {
      const [watched, added] = await Promise.all([
        api.get(`/api/assets?order=last_watched&direction=desc&limit=${WATCHED_ASKED}`),
        api.get(`/api/assets?order=added&direction=desc&limit=${SHELF_MAX}`),
      ]);
      if (!over) {
        going.show(watched.assets.filter((/** @type {Asset} */ asset) => asset.resume_ms !== null).slice(0, SHELF_MAX), '');
        fresh.show(added.assets, '');
        notice.replaceChildren(...(added.assets.length ? [] : [nothingThere()]));
      }
    } catch (error) {
      // A server that is away has its bar; what was there stays.
      if (!over && !going.filled() && !fresh.filled()) {
        notice.replaceChildren(failedNotice(texts.library.failedTitle, /** @type {Error} */ (error).message, load));
      }
    }
  }

  const ends = [
    changed.on((asset) => [going, fresh].forEach((shelf) => shelf.patch(asset))),
    taken.on((ids) => [going, fresh].forEach((shelf) => shelf.take(ids))),
    putBack.on(load),
    onLibrary((now) => {
      work.show(now);
      [going, fresh].forEach((shelf) => shelf.showWork(now));
    }),
    uploads.on(() => work.patch()),
    followGeneration(load),
  ];
  const ready = load();
  return {
    element,
    ready,
    leave() {
      over = true;
      ends.forEach((end) => end());
    },
  };
}

/** @param {string} title @param {string|null} all address of the whole list */
function createShelf(title, all) {
  const row = h('ul', { class: 'shelf' });
  const element = h('section', { class: 'shelf-part', hidden: true },
    h('div', { class: 'shelf-head' }, h('h2', {}, title),
      all ? h('a', { href: all, 'aria-label': `${words.all}: ${title}` }, words.all) : null),
    row);
  /** @type {Map<number, import('../library/card.js').Card>} */
  let cards = new Map();

  return {
    element,
    filled: () => cards.size > 0,
    /** @param {Asset[]} assets @param {string} query */
    show(assets, query) {
      const now = new Map();
      assets.forEach((asset, index) => {
        const card = cards.get(asset.id) || createCard(asset, `/library/${asset.id}${query}`, 'li');
        card.patch(asset);
        now.set(asset.id, card);
        if (row.children[index] !== card.element) {
          row.insertBefore(card.element, row.children[index] || null);
        }
      });
      cards.forEach((card, id) => {
        if (!now.has(id)) {
          card.end();
          card.element.remove();
        }
      });
      cards = now;
      element.hidden = !assets.length;
    },
    /** @param {Asset} asset */
    patch(asset) {
      const card = cards.get(asset.id);
      if (card) {
        card.patch(asset);
      }
    },
    /** @param {number[]} ids */
    take(ids) {
      ids.forEach((id) => {
        const card = cards.get(id);
        if (card) {
          card.element.remove();
          cards.delete(id);
        }
      });
      element.hidden = !cards.size;
    },
    /** @param {LibraryState} now */
    showWork(now) {
      now.work.running.forEach((job) => {
        const card = cards.get(job.asset);
        if (card) {
          card.showWork('running', job.progress);
        }
      });
    },
  };
}

/** Work after uploads, and uploads of this page. */
function createWorkList() {
  const list = h('ul', { class: 'jobs' });
  const waiting = h('p', { class: 'muted' });
  const element = h('section', { class: 'shelf-part', hidden: true },
    h('h2', {}, words.workTitle), h('div', { class: 'card-box' }, list, waiting));
  /** @type {Map<string, {element: HTMLElement, bar: HTMLProgressElement, text: HTMLElement}>} */
  const lines = new Map();
  /** @type {LibraryState|null} */
  let newest = null;

  /** @param {string} key @param {HTMLElement|string} name */
  function line(key, name) {
    let there = lines.get(key);
    if (!there) {
      const bar = h('progress', { max: 1, 'aria-label': typeof name === 'string' ? name : name.textContent || '' });
      const text = h('span', { class: 'muted figures' });
      const element = h('li', { class: 'job icon-small' }, icon('starting'), h('div', { class: 'job-text' }, name, ' ', text, bar));
      there = { element, bar, text };
      lines.set(key, there);
      list.append(element);
    }
    return there;
  }

  function patch() {
    const keys = new Set();
    const take = (/** @type {string} */ key, /** @type {HTMLElement|string} */ name, /** @type {number|null} */ share, /** @type {string} */ text) => {
      keys.add(key);
      const one = line(key, name);
      if (share === null) {
        one.bar.removeAttribute('value');
      } else {
        one.bar.value = share;
      }
      setText(one.text, text);
    };
    for (const job of newest ? newest.work.running : []) {
      const parts = [texts.asset.jobs[job.step]];
      if (job.progress !== null) {
        parts.push(percentText(job.progress));
      }
      if (job.seconds_left !== null) {
        parts.push(texts.left(job.seconds_left));
      }
      take(`${job.asset} ${job.step}`, h('a', { href: `/library/${job.asset}` }, job.name), job.progress, parts.join(' · '));
    }
    for (const item of uploads.open().filter((each) => each.state !== 'waiting')) {
      const text = texts.upload.amount(bytesText(item.sent), bytesText(item.file.size));
      take(`upload ${item.id}`, item.file.name, item.sent / item.file.size, `${texts.upload.title} · ${text}`);
    }
    lines.forEach((one, key) => {
      if (!keys.has(key)) {
        one.element.remove();
        lines.delete(key);
      }
    });
    const more = (newest ? newest.work.waiting : 0) + uploads.open().filter((each) => each.state === 'waiting').length;
    setText(waiting, more ? words.waiting(more) : '');
    waiting.hidden = !more;
    element.hidden = !keys.size && !more;
  }

  return {
    element,
    patch,
    /** @param {LibraryState} now */
    show(now) {
      newest = now;
      patch();
    },
  };
}
