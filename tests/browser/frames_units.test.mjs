// What the tests of frames rest on: a frame that is missing is seen as missing.

import assert from 'node:assert/strict';

import { gaps, placeOf } from './frames.mjs';

/** @param {number} count @param {number} [from] RTP times of a source of 25 pictures a second, as they go round at 2^32 */
const times = (count, from = 0) => Array.from({ length: count }, (_, at) => (from + at * 3600) % 2 ** 32);
const without = (/** @type {number[]} */ all, /** @type {number[]} */ places) => all.filter((_, at) => !places.includes(at));

export const tests = {
  'a whole sequence has no gap, where RTP time goes round neither': async () => {
    assert.deepEqual(gaps(times(250), 25), []);
    assert.deepEqual(gaps(times(250, 2 ** 32 - 50 * 3600), 25), []);
    assert.deepEqual(gaps(times(250).map((time, at) => time + (at % 3) - 1), 25), [], 'times are rounded to ticks');
  },

  'each missing frame is found, with its place': async () => {
    assert.deepEqual(gaps(without(times(100), [50]), 25), [{ at: 49, count: 1 }]);
    assert.deepEqual(gaps(without(times(100), [10, 11, 70]), 25), [{ at: 9, count: 2 }, { at: 67, count: 1 }]);
  },

  'a wrong order, a frame twice, and a time that is none of the source are no gap of whole frames': async () => {
    const swapped = times(4);
    [swapped[1], swapped[2]] = [swapped[2], swapped[1]];
    assert.ok(gaps(swapped, 25).some(({ count }) => count < 0));
    assert.ok(gaps([0, 3600, 3600, 7200], 25).some(({ count }) => count < 0));
    assert.ok(gaps([0, 3600, 5000, 7200], 25).some(({ count }) => !Number.isInteger(count)));
  },

  'a frame is found by its time, rounded as it may be': async () => {
    const all = times(250, 2 ** 32 - 50 * 3600);
    all.forEach((time, at) => assert.equal(placeOf(all, (time + (at % 3) - 1) % 2 ** 32), at));
    assert.equal(placeOf(all, all[9] + 100), -1);
  },
};
