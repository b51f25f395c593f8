// One item of the filmstrip.

import { h, setAttribute, setText } from '../dom.js';
import { lengthText } from '../format.js';
import { icon, setIcon } from '../icons.js';
import { kindIcon } from '../library/kinds.js';
import { texts } from '../texts.js';
import { textOf } from '../upload/panel.js';
import { itemLength, pagesText } from './draft.js';

/** @typedef {import('../signage/types.js').PlaylistItem} PlaylistItem */
/** @typedef {import('../signage/types.js').Playlist} Playlist */

const words = texts.signage.playlists;

/**
 * What an item is called.
 * @param {PlaylistItem} item
 * @param {import('./catalog.js').Catalog} catalog
 */
export function itemName(item, catalog) {
  if (item.kind === 'tag') {
    return item.tag || '';
  }
  if (item.kind === 'live') {
    const source = catalog.source(item.source);
    return source ? source.name : item.source || '';
  }
  const asset = catalog.asset(item.asset);
  return asset ? asset.name : asset === null ? words.goneAsset : '…';
}

/** @param {import('./strip.js').Entry} entry @param {import('./catalog.js').Catalog} catalog */
export function entryName(entry, catalog) {
  return entry.incoming ? entry.incoming.upload.file.name : itemName(entry.item, catalog);
}

/** @typedef {ReturnType<typeof createTile>} Tile */

/** @param {number} uid */
export function createTile(uid) {
  const image = h('img', { alt: '', decoding: 'async', draggable: 'false', hidden: true });
  const blank = icon('video');
  const number = h('span', { class: 'film-number figures', 'aria-hidden': 'true' });
  const length = h('span', { class: 'film-length figures', 'aria-hidden': 'true' });
  const alert = h('span', { class: 'film-alert icon-small', hidden: true }, icon('warn'));
  const bar = h('progress', { class: 'film-progress', hidden: true });
  const name = h('span', { class: 'film-name' });
  const meta = h('span', { class: 'film-meta muted small-text' });
  const spoken = h('span', { class: 'sr-only' });
  const button = h('button', { type: 'button', class: 'film', tabindex: -1, 'aria-describedby': 'film-help' },
    h('span', { class: 'film-picture', 'aria-hidden': 'true' }, blank, image, number, length, alert, bar), name, meta, spoken);
  const element = h('li', { class: 'film-item', 'data-uid': uid }, button);

  return {
    uid,
    element,
    button,
    /**
     * @param {import('./strip.js').Entry} entry
     * @param {number} index
     * @param {number} count
     * @param {Playlist} playlist
     * @param {string} problem
     * @param {boolean} selected
     * @param {import('./catalog.js').Catalog} catalog
     */
    patch(entry, index, count, playlist, problem, selected, catalog) {
      const { item, incoming } = entry;
      const asset = item.kind === 'asset' ? catalog.asset(item.asset) || null : null;
      const ms = itemLength(item, playlist, asset);
      const lasts = incoming ? words.incoming : ms === null ? words.asMany : lengthText(ms);
      setIcon(blank, item.kind === 'tag' ? 'tag' : item.kind === 'live' ? 'live' : kindIcon(asset ? asset.kind : 'video'));
      const picture = pictureOf(item, asset);
      if (picture) {
        setAttribute(image, 'src', picture);
      }
      image.hidden = !picture;
      blank.toggleAttribute('hidden', !image.hidden);
      setText(number, String(index + 1));
      setText(length, ms === null ? '' : lasts);
      length.hidden = ms === null || Boolean(incoming);
      bar.hidden = !incoming;
      if (incoming) {
        bar.max = incoming.upload.file.size;
        bar.value = incoming.upload.sent;
        setAttribute(bar, 'aria-label', texts.upload.progressOf(incoming.upload.file.name));
      }
      const failed = Boolean(problem) || Boolean(incoming && incoming.upload.state === 'failed');
      alert.hidden = !failed;
      setText(name, entryName(entry, catalog));
      setText(meta, problem || (incoming ? textOf(incoming.upload) : metaText(item)));
      meta.classList.toggle('bad', failed);
      setText(spoken, `, ${words.position(index + 1, count)}, ${lasts}${problem ? `, ${problem}` : ''}`);
      setAttribute(button, 'aria-pressed', String(selected));
      element.toggleAttribute('data-problem', failed);
      element.toggleAttribute('data-incoming', Boolean(incoming));
    },
  };
}

/**
 * Of a document whose first pages are left out: the first one that is shown.
 * @param {PlaylistItem} item
 * @param {import('../library/types.js').FullAsset|null} asset
 */
function pictureOf(item, asset) {
  const first = Array.isArray(item.pages) ? item.pages[0] : 1;
  const page = asset && first > 1 && asset.pages.find((each) => each.number === first);
  return (page && page.url) || (asset && asset.thumbnail) || '';
}

/** What is special about it. @param {PlaylistItem} item */
function metaText(item) {
  const pages = pagesText(item.pages);
  return [
    item.kind === 'tag' ? words.tagKind : item.kind === 'live' ? words.liveKind : '',
    pages ? words.pagesShown(pages) : '',
    item.from_ms !== null || item.until_ms !== null ? words.partKind : '',
    item.fit === 'cover' ? words.coverKind : '',
    item.sound ? '' : words.muteKind,
  ].filter(Boolean).join(' · ');
}
