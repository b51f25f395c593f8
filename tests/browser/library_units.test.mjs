// The pure parts of the library's pages: addresses, rows, choosing, edits, speed, and both languages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { load } from './modules.mjs';

const { address, isNarrowed, queryText, readFilter } = await load('library/query.js');
const { layoutFor, rowsInView, step } = await load('library/layout.js');
const { createSelection } = await load('library/selection.js');
const { applied, tagName } = await load('library/edit.js');
const { createSpeed } = await load('upload/speed.js');
const { bytesText, lengthText } = await load('format.js');
const { english } = await load('texts.en.js');
const { german } = await load('texts.de.js');

/** @param {string} query */
const filterOf = (query) => readFilter(new URLSearchParams(query));

/**
 * Every key of a tree of texts, with its kind: functions take as many values in every language.
 * @param {any} tree
 * @param {string} path
 * @returns {string[]}
 */
function keysOf(tree, path) {
  if (Array.isArray(tree)) {
    return [`${path}: ${tree.length} entries`];
  }
  if (typeof tree === 'object') {
    return Object.keys(tree).sort().flatMap((key) => keysOf(tree[key], path ? `${path}.${key}` : key));
  }
  return [`${path}: ${typeof tree === 'function' ? `function of ${tree.length}` : typeof tree}`];
}

export const tests = {
  'both languages have the same texts': async () => {
    assert.deepEqual(keysOf(german, ''), keysOf(english, ''));
  },

  'whatever becomes of a file is said in both languages': async () => {
    const { components } = JSON.parse(readFileSync(new URL('../../src/web/openapi.json', import.meta.url), 'utf8'));
    const codes = components.schemas.Job.properties.causes.items.properties.code.enum;
    assert.ok(codes.length > 15, `${codes}`);
    for (const language of [english, german]) {
      assert.deepEqual(Object.keys(language.problems.work).sort(), Array.from(codes).sort());
    }
  },

  'texts with figures make sense in both languages': async () => {
    for (const language of [english, german]) {
      assert.match(language.library.count(1, '1'), /^1 \S+$/);
      assert.match(language.library.count(20, '20'), /^20 \S+$/);
      assert.notEqual(language.library.count(1, '1').slice(2), language.library.count(20, '20').slice(3));
      assert.match(language.left(20), /20 s/);
      assert.match(language.left(600), /10 min/);
      assert.match(language.left(7200), /2 h/);
    }
  },

  'an address says what is shown, and nothing more': async () => {
    const check = (/** @type {string} */ query, /** @type {string} */ expected) =>
      assert.equal(queryText(filterOf(query)), expected, query);
    check('', '');
    check('order=added&direction=desc&kind=', '');
    check('order=name&direction=asc', 'order=name');
    check('order=name&direction=desc', 'order=name&direction=desc');
    check('q=+a+b+&tag=x&tag=x&tag=y&favorite=true&kind=slide', 'q=a+b&tag=x&tag=y&kind=slide&favorite=true');
    check('order=nonsense&kind=nonsense&favorite=1&direction=up&other=1', '');
    check('type=mp4&year=2020&length_max_s=300&length_min_s=60&rating_min=3', 'rating_min=3&length_min_s=60&length_max_s=300&year=2020&type=mp4');
    check('rating_max=0&length_max_s=60', 'rating_max=0&length_max_s=60');
    check('rating_min=9&rating_max=2&length_min_s=7&year=1&type=../x', '');
    assert.equal(address('/library', ''), '/library');
    assert.equal(address('/library', 'q=a'), '/library?q=a');
    assert.equal(isNarrowed(filterOf('order=name')), false);
    assert.equal(isNarrowed(filterOf('tag=x')), true);
  },

  'only the rows in the window are there, however many there are': async () => {
    for (const top of [-300, 0, 5000, 1e6, 2.4e7, 3e7]) {
      const { from, to } = rowsInView(top, 900, 240, 100000);
      assert.ok(from >= 0 && to <= 100000 && from <= to, `${top}: ${from} to ${to}`);
      assert.ok(to - from <= 11, `${top}: ${to - from} rows`);
    }
    assert.deepEqual(rowsInView(0, 900, 240, 2), { from: 0, to: 2 });
    assert.deepEqual(rowsInView(0, 900, 240, 0), { from: 0, to: 0 });
    for (const width of [0, 150, 320, 358, 800, 1400, 4000]) {
      const grid = layoutFor('grid', width);
      assert.ok(grid.columns >= 1 && grid.row_px > 0, String(width));
      assert.equal(layoutFor('list', width).columns, 1);
    }
    assert.equal(layoutFor('grid', 358).columns, 2);
  },

  'arrow keys move as in a grid and never out of it': async () => {
    const check = (/** @type {string} */ key, /** @type {number} */ at, /** @type {number|null} */ expected) =>
      assert.equal(step(key, at, 11, 4, 2), expected, `${key} at ${at}`);
    check('ArrowRight', 0, 1);
    check('ArrowRight', 10, 10);
    check('ArrowLeft', 0, 0);
    check('ArrowDown', 1, 5);
    check('ArrowDown', 7, 10);
    check('ArrowDown', 9, 9);
    check('ArrowUp', 5, 1);
    check('ArrowUp', 2, 2);
    check('PageUp', 9, 1);
    check('PageUp', 6, 2);
    check('Home', 7, 0);
    check('End', 7, 10);
    check('Enter', 7, null);
    assert.equal(step('End', 0, 0, 4, 2), null);
    for (const key of ['ArrowRight', 'ArrowLeft', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End']) {
      for (let at = 0; at < 11; at += 1) {
        const goal = /** @type {number} */ (step(key, at, 11, 4, 2));
        assert.ok(goal >= 0 && goal < 11, `${key} at ${at}: ${goal}`);
      }
    }
  },

  'ranges are chosen from where one began': async () => {
    let changes = 0;
    const selection = createSelection(() => (changes += 1));
    const order = [5, 3, 9, 1, 7];
    const chosen = () => order.filter(selection.has).sort();
    selection.toggle(3);
    selection.extend(order, 1);
    assert.deepEqual(chosen(), [1, 3, 9]);
    selection.extend(order, 5);
    assert.deepEqual(chosen(), [1, 3, 5, 9]);
    selection.extend(order, 999);
    assert.equal(selection.size(null), 4);
    selection.toggle(9);
    assert.equal(selection.has(9), false);
    selection.clear();
    assert.equal(selection.size(null), 0);
    const before = changes;
    selection.clear();
    assert.equal(changes, before);
    selection.extend(order, 9);
    assert.deepEqual(chosen(), [9]);
  },

  'of everything, some are left out': async () => {
    const selection = createSelection(() => undefined);
    const list = { assets: [1, 2, 3].map((id) => ({ id })), query: 'kind=video' };
    selection.toggle(2);
    selection.all();
    assert.equal(selection.size(111), 111);
    assert.equal(selection.size(null), null);
    selection.toggle(3);
    assert.ok(selection.any() && selection.has(1) && selection.has(99) && !selection.has(3));
    assert.equal(selection.size(111), 110);
    assert.deepEqual(selection.of(list),
      { assets: [{ id: 1 }, { id: 2 }], everything: true, except: [3], query: 'kind=video' });
    selection.clear();
    assert.ok(!selection.any() && !selection.has(1));
  },

  'a change as it will be, and a tag as it is stored': async () => {
    const asset = { id: 1, name: 'a', favorite: true, rating: 0, tags: ['x'] };
    assert.deepEqual(applied(asset, { add_tags: ['y', 'x'], remove_tags: ['x'], rating: 1, favorite: false }),
      { id: 1, name: 'a', favorite: false, rating: 1, tags: ['x', 'y'] });
    assert.equal(tagName('  two   words '), 'two words');
    assert.equal(tagName('x'.repeat(100)).length, 60);
  },

  'speed is that of the last seconds, and unknown at first': async () => {
    const speed = createSpeed();
    speed.add(0, 0);
    speed.add(1000, 1e6);
    assert.equal(speed.bytes_per_s(), 0);
    speed.add(2000, 2e6);
    assert.equal(speed.bytes_per_s(), 1e6);
    for (let second = 3; second <= 20; second += 1) {
      speed.add(second * 1000, 2e6 + (second - 2) * 5e6);
    }
    assert.equal(speed.bytes_per_s(), 5e6);
    speed.reset();
    assert.equal(speed.bytes_per_s(), 0);
  },

  'figures as people read them': async () => {
    assert.equal(lengthText(0), '0:00');
    assert.equal(lengthText(65999), '1:05');
    assert.equal(lengthText(3661000), '1:01:01');
    assert.equal(bytesText(0), '0 B');
    assert.equal(bytesText(999), '999 B');
    assert.equal(bytesText(999900), '1.0 MB');
    assert.equal(bytesText(1.5e9), '1.5 GB');
  },
};
