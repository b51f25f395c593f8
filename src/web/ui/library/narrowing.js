// What narrows the library by what is known of its files: stars, length, year, type.

import { api } from '../api.js';
import { h } from '../dom.js';
import { countText } from '../format.js';
import { texts } from '../texts.js';
import { LENGTHS } from './query.js';

/** @typedef {import('./query.js').Filter} Filter */
/** @typedef {'rating'|'length'|'year'|'type'} Name */

const words = texts.library;

/** @param {(change: Partial<Filter>) => void} change */
export function createNarrowing(change) {
  /** Years and types that there are. @type {{years: {year: number, assets: number}[], types: {type: string, assets: number}[]}} */
  let shares = { years: [], types: [] };
  /** @type {Record<Name, string>} */
  let chosen = { rating: '', length: '', year: '', type: '' };
  const select = (/** @type {Name} */ name) => {
    const field = h('select', {
      class: 'field narrow-field', 'aria-label': words.narrowBy[name], change: () => change({ [name]: field.value }),
    });
    return field;
  };
  const fields = { rating: select('rating'), length: select('length'), year: select('year'), type: select('type') };
  const element = h('div', { class: 'narrowing' }, ...Object.values(fields));

  /** @param {Name} name @param {[string, string][]} options */
  function fill(name, options) {
    const field = fields[name];
    const value = chosen[name];
    // What the address says is there, also where nothing has it any more.
    const all = value && !options.some(([each]) => each === value) ? options.concat([[value, value]]) : options;
    const known = JSON.stringify(all);
    if (field.dataset.known !== known) {
      field.dataset.known = known;
      field.replaceChildren(h('option', { value: '' }, words.narrowAny[name]), ...all.map(([each, text]) => h('option', { value: each }, text)));
    }
    field.value = value;
    field.toggleAttribute('data-on', Boolean(value));
  }

  function show() {
    fill('rating', [5, 4, 3, 2, 1].map((stars) => /** @type {[string, string]} */ ([String(stars), words.starsAtLeast(stars)]))
      .concat([['0', words.noRating]]));
    fill('length', LENGTHS.map((length) => [length, words.lengths[length]]));
    fill('year', shares.years.map(({ year, assets }) => [String(year), words.share(String(year), countText(assets))]));
    fill('type', shares.types.map(({ type, assets }) => [type, words.share(type.toUpperCase(), countText(assets))]));
  }

  return {
    element,
    /** @param {Filter} filter */
    set({ rating, length, year, type }) {
      chosen = { rating, length, year, type };
      show();
    },
    async load() {
      try {
        shares = await api.get('/api/library/shares');
        show();
      } catch (error) {
        // The list itself says what is wrong.
      }
    },
  };
}
