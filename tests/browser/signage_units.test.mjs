// The pure parts of the signage's pages: dates and windows of the schedule, items of a playlist.

import assert from 'node:assert/strict';

import { load } from './modules.mjs';

const { dayOn, instantOf, isDate, minutesOf, mondayOf, timeOf, wallOf, weekdayOf } = await load('schedule/wall.js');
const { blocksOf, concerns, DAYS, drawn, lengthOf, moved, stretched } = await load('schedule/blocks.js');
const { dropIndex, itemLength, lengthField, movedItem, newItem, pagesText, parseLength, parsePages } = await load('playlists/draft.js');

const MONDAY = '2026-07-06';

/** @param {object} [more] */
const timeWindow = (more) => ({
  id: 1, playlist: 1, screens: [], groups: [], everywhere: true, days: ['mon'], from: '08:00', until: '12:00', first: null,
  last: null, priority: 0, ...more,
});

/** @param {any} block */
const shape = (block) => `${DAYS[block.day]} ${timeOf(block.from)}-${timeOf(block.until)}`;

export const tests = {
  'the wall clock there and back, across both changes of the clock': async () => {
    for (const zone of ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia']) {
      for (const date of ['2026-01-31', '2026-03-29', '2026-10-25', '2026-04-05', '2026-12-31', '2024-02-29']) {
        for (const minutes of [0, 1, 599, 720, 1439]) {
          const wall = wallOf(instantOf(date, minutes, zone), zone);
          assert.deepEqual(wall, { date, minutes }, `${zone} ${date} ${minutes}`);
        }
      }
    }
    const at = (/** @type {string} */ date, /** @type {number} */ minutes) => instantOf(date, minutes, 'Europe/Berlin').toISOString().slice(0, 16);
    assert.equal(at('2026-07-06', 18 * 60), '2026-07-06T16:00');
    assert.equal(at('2026-03-29', 2 * 60 + 30), '2026-03-29T01:30', 'a time that the clock skips is past the gap');
    assert.equal(at('2026-10-25', 2 * 60 + 30), '2026-10-25T00:30', 'one that it shows twice is the first');
    assert.equal(at('2026-07-06', 1440), '2026-07-06T22:00', 'midnight at the end of a day');
  },

  'days and weeks': async () => {
    assert.equal(mondayOf('2026-07-12'), MONDAY);
    assert.equal(mondayOf(MONDAY), MONDAY);
    assert.equal(weekdayOf('2026-07-12'), 6);
    assert.equal(dayOn('2026-12-31', 1), '2027-01-01');
    assert.equal(dayOn('2024-03-01', -1), '2024-02-29');
    assert.ok(isDate('2026-07-06') && !isDate('2026-13-01') && !isDate('x') && !isDate(null) && !isDate('2026-7-6'));
    assert.deepEqual([minutesOf('24:00'), minutesOf('00:05'), timeOf(1440), timeOf(65)], [1440, 5, '24:00', '01:05']);
  },

  'windows as blocks: what crosses midnight belongs to the day on which it starts': async () => {
    const shapes = (/** @type {object} */ more) => blocksOf([timeWindow(more)], MONDAY).map(shape).sort();
    assert.deepEqual(shapes({}), ['mon 08:00-12:00']);
    assert.deepEqual(shapes({ from: '22:00', until: '02:00' }), ['mon 22:00-24:00', 'tue 00:00-02:00']);
    assert.deepEqual(shapes({ days: ['sun'], from: '22:00', until: '02:00' }), ['mon 00:00-02:00', 'sun 22:00-24:00']);
    assert.deepEqual(shapes({ from: '22:00', until: '24:00' }), ['mon 22:00-24:00']);
    assert.deepEqual(shapes({ from: '08:00', until: '08:00' }), ['mon 08:00-24:00', 'tue 00:00-08:00']);
    assert.deepEqual(shapes({ first: '2026-07-07' }), []);
    assert.deepEqual(shapes({ first: MONDAY, last: MONDAY }), ['mon 08:00-12:00']);
    assert.deepEqual(shapes({ days: ['sun'], from: '22:00', until: '02:00', first: MONDAY }), ['sun 22:00-24:00']);
    assert.equal(lengthOf(timeWindow({ from: '00:00', until: '24:00' })), 1440);
  },

  'blocks of the same time stand beside each other, all others have the whole day': async () => {
    const windows = [
      timeWindow({ id: 1, from: '08:00', until: '12:00' }), timeWindow({ id: 2, from: '09:00', until: '10:00' }),
      timeWindow({ id: 3, from: '10:00', until: '13:00' }), timeWindow({ id: 4, from: '13:00', until: '14:00' }),
    ];
    const lanes = blocksOf(windows, MONDAY).map((/** @type {any} */ block) => [block.window.id, block.lane, block.lanes]);
    assert.deepEqual(lanes.sort(), [[1, 0, 2], [2, 1, 2], [3, 1, 2], [4, 0, 1]]);
    const many = Array.from({ length: 60 }, (_, index) => timeWindow({
      id: index, days: DAYS, from: timeOf((index * 173) % 1425), until: timeOf(15 + ((index * 397) % 1425)),
    }));
    const blocks = blocksOf(many, MONDAY);
    for (const a of blocks) {
      assert.ok(a.lane < a.lanes, 'a block has a lane of its own');
      for (const b of blocks) {
        const meet = a !== b && a.day === b.day && a.from < b.until && b.from < a.until;
        assert.ok(!meet || (a.lane !== b.lane && a.lanes === b.lanes), `${shape(a)} and ${shape(b)}`);
      }
    }
  },

  'moving and stretching keep a window a window': async () => {
    const block = (/** @type {object} */ more, index = 0) => blocksOf([timeWindow(more)], MONDAY)[index];
    assert.deepEqual(moved(block({}), 1, 20), { days: ['tue'], from: '08:15', until: '12:15' });
    assert.deepEqual(moved(block({ days: ['mon', 'wed'] }), 1, 0), { days: ['tue', 'wed'], from: '08:00', until: '12:00' });
    assert.deepEqual(moved(block({ days: ['mon', 'tue'] }), 1, 0), { days: ['mon', 'tue'], from: '08:00', until: '12:00' });
    assert.deepEqual(moved(block({}), -3, -1000), { days: ['mon'], from: '00:00', until: '04:00' });
    assert.deepEqual(moved(block({}), 0, 12 * 60), { days: ['mon'], from: '20:00', until: '24:00' });
    assert.deepEqual(moved(block({}), 0, 14 * 60), { days: ['mon'], from: '22:00', until: '02:00' });
    assert.deepEqual(stretched(block({}), 'until', 61), { from: '08:00', until: '13:00' });
    assert.deepEqual(stretched(block({}), 'until', -1000), { from: '08:00', until: '08:15' });
    assert.deepEqual(stretched(block({}), 'until', 12 * 60), { from: '08:00', until: '24:00' });
    assert.deepEqual(stretched(block({}), 'until', 13 * 60), { from: '08:00', until: '01:00' });
    assert.deepEqual(stretched(block({}), 'from', -60), { from: '07:00', until: '12:00' });
    assert.deepEqual(stretched(block({}), 'from', 1000), { from: '11:45', until: '12:00' });
    assert.deepEqual(drawn(3, 615, 490), { days: ['thu'], from: '08:00', until: '10:15' });
    assert.deepEqual(drawn(0, 1439, 1440), { days: ['mon'], from: '23:45', until: '24:00' });
    for (const from of ['00:00', '08:15', '23:45']) {
      for (const until of ['00:15', '12:00', '24:00']) {
        for (const piece of blocksOf([timeWindow({ from, until })], MONDAY)) {
          for (let minutes = -1500; minutes < 1500; minutes += 95) {
            for (const change of [moved(piece, 0, minutes), stretched(piece, 'from', minutes), stretched(piece, 'until', minutes)]) {
              const now = timeWindow({ ...change });
              const length = lengthOf(now);
              assert.ok(length >= 15 && length <= 1440 && minutesOf(now.from) < 1440, JSON.stringify(change));
            }
            assert.equal(lengthOf(timeWindow(moved(piece, 0, minutes))), lengthOf(piece.window), 'a move changes no length');
          }
        }
      }
    }
  },

  'which windows concern whom': async () => {
    const window = timeWindow({ everywhere: false, screens: [3], groups: [7] });
    const check = (/** @type {number|null} */ screen, /** @type {number|null} */ group) => concerns(window, { screen, group });
    assert.deepEqual([check(3, null), check(4, 7), check(null, 7), check(4, 8), check(null, null)], [true, true, true, false, true]);
    assert.ok(concerns(timeWindow({}), { screen: 9, group: null }));
  },

  'items change places, and nothing gets lost': async () => {
    assert.deepEqual(movedItem(['a', 'b', 'c', 'd'], 0, 2), ['b', 'c', 'a', 'd']);
    assert.deepEqual(movedItem(['a', 'b', 'c', 'd'], 3, 0), ['d', 'a', 'b', 'c']);
    assert.deepEqual(movedItem(['a', 'b', 'c', 'd'], 1, 99), ['a', 'c', 'd', 'b']);
    assert.deepEqual(movedItem(['a', 'b', 'c', 'd'], 1, -5), ['b', 'a', 'c', 'd']);
    const boxes = [0, 1, 2, 3, 4].map((index) => {
      const [left, top] = [(index % 3) * 100, Math.floor(index / 3) * 80];
      return { left, top, right: left + 90, bottom: top + 70 };
    });
    const check = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ index) =>
      assert.equal(dropIndex(boxes, x, y), index, `${x}, ${y}`);
    check(10, 10, 0);
    check(60, 10, 1);
    check(260, 10, 3);
    check(999, 10, 3);
    check(10, 100, 3);
    check(180, 100, 5);
    check(10, 900, 5);
    check(-50, -50, 0);
    assert.equal(dropIndex([], 1, 1), 0);
  },

  'lengths and pages as people type them': async () => {
    const lengths = ['90', '1:30', '1:00:00', '0:02.5', '2,5', ' 15 ', '0'].map(parseLength);
    assert.deepEqual(lengths, [90000, 90000, 3600000, 2500, 2500, 15000, 0]);
    for (const text of ['', 'x', '1:', ':5', '1:2:3:4', '-5', '1e9', '12345678']) {
      assert.equal(parseLength(text), null, text);
    }
    for (const ms of [0, 1000, 15000, 90000, 3600000, 86400000, 2500, 61250]) {
      assert.equal(parseLength(lengthField(ms)), ms, lengthField(ms));
    }
    assert.deepEqual(parsePages('1-3, 7', 9), [1, 2, 3, 7]);
    assert.deepEqual(parsePages('7,1–2', 9), [7, 1, 2]);
    assert.equal(parsePages('  ', 9), 'all');
    for (const text of ['0', '3-1', '10', 'a', '1-', '1--2', '-2']) {
      assert.equal(parsePages(text, 9), null, text);
    }
    assert.equal(parsePages('1-99999', 99999), null, 'more than the server takes');
    assert.equal(pagesText([1, 2, 3, 7, 9, 10]), '1–3, 7, 9–10');
    assert.equal(pagesText('all'), '');
    assert.deepEqual(parsePages(pagesText([4, 5, 6, 2]), 9), [4, 5, 6, 2]);
  },

  'how long an item is on': async () => {
    const playlist = { slide_ms: 7000 };
    const video = { kind: 'video', duration_ms: 60000, pages: [] };
    const document = { kind: 'slide', duration_ms: 0, pages: [1, 2, 3, 4] };
    const check = (/** @type {object} */ more, /** @type {any} */ asset, /** @type {number|null} */ expected) =>
      assert.equal(itemLength(newItem({ kind: 'asset', asset: 1, ...more }), playlist, asset), expected, JSON.stringify(more));
    check({}, video, 60000);
    check({ from_ms: 10000 }, video, 50000);
    check({ from_ms: 10000, until_ms: 15000 }, video, 5000);
    check({ until_ms: 99000 }, video, 60000);
    check({}, document, 28000);
    check({ pages: [1, 2], duration_ms: 3000 }, document, 6000);
    check({ kind: 'live' }, null, 60000);
    check({ kind: 'live', duration_ms: 5000 }, null, 5000);
    check({ kind: 'tag' }, null, null);
    check({}, null, null);
  },
};
