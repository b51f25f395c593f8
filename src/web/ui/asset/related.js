// What comes next, and what is like it.

import { api } from '../api.js';
import { h } from '../dom.js';
import { createCard } from '../library/card.js';
import { address } from '../library/query.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').Asset} Asset */

const words = texts.asset;
const RELATED_MAX = 8;
/** Tags that are asked for; what shares more of them comes first. */
const TAGS_ASKED = 3;
const PER_TAG = 12;

export function createRelated() {
  const next = h('div', { class: 'side-next', hidden: true });
  const shelf = h('ul', { class: 'side-list' });
  const like = h('section', { hidden: true }, h('h2', {}, words.related), shelf);
  const element = h('aside', { class: 'side', 'aria-label': words.side }, next, like);
  let asked = '';

  return {
    element,
    /** @param {Asset|undefined} asset @param {string} query of the list it stands in */
    showNext(asset, query) {
      next.hidden = !asset;
      if (asset) {
        const card = createCard(asset, address(`/library/${asset.id}`, query), 'li');
        next.replaceChildren(h('h2', {}, words.next), h('ul', { class: 'side-list' }, card.element));
      }
    },

    /** @param {Asset} asset */
    async showLike(asset) {
      const key = `${asset.id} ${asset.tags.join()}`;
      if (key === asked) {
        return;
      }
      asked = key;
      try {
        const lists = await Promise.all(asset.tags.slice(0, TAGS_ASKED).map((tag) =>
          api.get(address('/api/assets', new URLSearchParams({ tag, limit: String(PER_TAG), order: 'rating' }).toString()))));
        if (asked === key) {
          show(asset, /** @type {Asset[]} */ ([]).concat(...lists.map((list) => list.assets)));
        }
      } catch (error) {
        like.hidden = true; // Nobody came for these.
      }
    },
  };

  /** @param {Asset} asset @param {Asset[]} found */
  function show(asset, found) {
    /** @type {Map<number, {asset: Asset, shared: number}>} */
    const ranked = new Map();
    for (const each of found.filter((one) => one.id !== asset.id)) {
      const shared = each.tags.filter((tag) => asset.tags.indexOf(tag) >= 0).length;
      ranked.set(each.id, { asset: each, shared });
    }
    const best = Array.from(ranked.values()).sort((a, b) => b.shared - a.shared).slice(0, RELATED_MAX);
    like.hidden = !best.length;
    shelf.replaceChildren(...best.map((each) => createCard(each.asset, `/library/${each.asset.id}`, 'li').element));
  }
}
