// The TV's player where it is pure: what plays when, clocks, files, proof of play; and that old engines understand it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { declared, parts, script, textOf } from './tv.mjs';

const require = createRequire(`${process.env.MARQUEE_NODE}/`);
const here = path.dirname(fileURLToPath(import.meta.url));

const {
  anewWait, browserName, createClock, createMemory, createPlays, filesAhead, fitted, inFull, isAnswer, joinAt, leadAfter,
  placeAt, planFiles, segmentAt, steerVideo,
} = declared([
  'anewWait', 'browserName', 'createClock', 'createMemory', 'createPlays', 'filesAhead', 'fitted', 'inFull', 'isAnswer',
  'joinAt', 'leadAfter', 'placeAt', 'planFiles', 'segmentAt', 'steerVideo',
]);

const never = () => false;

/** @param {string} key @param {number} duration_ms @param {object} [more] */
const item = (key, duration_ms, more) => ({
  key, kind: 'slide', name: key, asset: 1, page: null, source: null, src: `/media/${key}.png`, type: 'image/png', bytes: 100,
  duration_ms, from_ms: 0, fit: 'contain', sound: false, transition: 'cut', until_no_signal: false, ...more,
});

/** @param {any[]} items @param {object} [more] */
const program = (items, more) => ({
  playlist: 1, name: 'loop', state: 'play', epoch_ms: 1000, in_step: true, items, skipped: [],
  total_ms: items.reduce((sum, each) => sum + each.duration_ms, 0), ...more,
});

/** @param {any[]} programs @param {number[]} ends_ms of the segments, in the order of the programs */
const answer = (programs, ends_ms) => ({
  screen: { id: 1, name: 'TV 1', code: 'K7QX', group: null },
  programs,
  segments: ends_ms.map((until_ms, index) => ({ from_ms: index ? ends_ms[index - 1] : 0, until_ms, program: index })),
  message: null,
});

/** A generator of numbers that are the same in every run. @param {number} seed */
function numbers(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

export const tests = {
  'the TV script is ES2015: a parser of that year takes it, as a classic script': async () => {
    const { parse } = require('acorn');
    for (const part of parts) {
      parse(textOf(part), { ecmaVersion: 2015, sourceType: 'script' });
    }
    const tree = parse(script, { ecmaVersion: 2015, sourceType: 'script' });
    assert.equal(tree.body.length, 1, 'it declares nothing outside of itself');
    for (const newer of ['a ** b', 'async () => 1', '({ ...a })', 'a?.b', 'a ?? b', 'f(a,)', 'try {} catch {}']) {
      assert.throws(() => parse(newer, { ecmaVersion: 2015, sourceType: 'script' }), newer);
    }
  },

  'no method of the TV script needs a variable of its own name: engines of 2016 find the method': async () => {
    const { parse } = require('acorn');
    const found = [];
    /** @param {any} node @param {(node: any, parent: any) => void} see @param {any} [parent] */
    const walk = (node, see, parent) => {
      see(node, parent);
      for (const child of Object.values(node).flat()) {
        if (child && typeof child.type === 'string') {
          walk(child, see, node);
        }
      }
    };
    const check = (/** @type {string} */ text, /** @type {string} */ part) => walk(parse(text, { ecmaVersion: 2015 }), (node) => {
      if (node.type === 'Property' && node.method) {
        walk(node.value, (inner, parent) => {
          const plain = inner.type === 'Identifier' && inner.name === node.key.name;
          const named = parent && ((parent.type === 'MemberExpression' && parent.property === inner && !parent.computed)
            || (parent.type === 'Property' && parent.key === inner && !parent.shorthand));
          if (plain && !named) {
            found.push(`${part}: ${inner.name}`);
          }
        });
      }
    });
    parts.forEach((part) => check(textOf(part), part));
    assert.deepEqual(found, []);
    check('const a = 1; const o = { a() { return a + o.a; } };', 'as it would be');
    assert.equal(found.length, 1);
  },

  'the TV script uses nothing of the library after ES2015, and its types hold': async () => {
    const tsc = path.join(process.env.MARQUEE_NODE || '', 'node_modules', '.bin', 'tsc');
    try {
      execFileSync(tsc, ['--project', path.join(here, 'tsconfig.tv.json')], { encoding: 'utf8' });
    } catch (error) {
      throw new Error(error.stdout || String(error));
    }
  },

  'the position is a function of the time, before the epoch too': async () => {
    const at = answer([program([item('a', 1000), item('b', 2000), item('c', 500)])], [1e12]);
    const check = (/** @type {number} */ now_ms, /** @type {string} */ id, /** @type {number} */ ends_ms) => {
      const place = placeAt(at, now_ms, 0, never);
      assert.deepEqual([place.id, place.ends_ms], [id, ends_ms], `at ${now_ms}`);
    };
    check(1000, 'a@1000', 2000);
    check(1999.9, 'a@1000', 2000);
    check(2000, 'b@2000', 4000);
    check(4499, 'c@4000', 4500);
    check(4500, 'a@4500', 5500);
    check(1000 + 3500 * 1e6 + 1500, `b@${1000 + 3500 * 1e6 + 1000}`, 1000 + 3500 * 1e6 + 3000);
    check(999, 'c@500', 1000);
    check(-2500, 'a@-2500', -1500);
  },

  'two weeks in short are the same as in full': async () => {
    const [a, b, c] = [item('a', 1000), item('b', 2000), item('c', 500)];
    const { items: _, ...short } = program([a, b]);
    const at = {
      ...answer([program([a, b])], [10]),
      later: {
        programs: [{ ...short, epoch_ms: 500, order: [1, 0, 2, 1] }],
        items: [c],
        segments: [{ from_ms: 10, until_ms: 20, program: 1 }, { from_ms: 20, until_ms: 30, program: 0 }],
      },
    };
    assert.ok(isAnswer(at));
    const full = inFull(at);
    assert.deepEqual(full.programs.map((each) => each.items.map((one) => one.key).join('')), ['ab', 'bacb']);
    assert.equal(full.programs[1].epoch_ms, 500);
    assert.deepEqual(full.segments.map((each) => each.program), [0, 1, 0]);
    assert.equal(segmentAt(full, 15).program, full.programs[1]);
    const plain = answer([program([a])], [10]);
    assert.equal(inFull(plain), plain, 'an older box knows no more than a day');
    assert.ok(!isAnswer({ ...at, later: { ...at.later, segments: [{ from_ms: 1, until_ms: 2, program: 7 }] } }));
  },

  'places follow each other without a gap, whatever the program': async () => {
    const next = numbers(7);
    for (let round = 0; round < 300; round += 1) {
      const items = Array.from({ length: 1 + next(6) }, (_, index) => item(`i${index}`, next(4) ? 1 + next(5000) : 0));
      const more = { epoch_ms: next(100000) - 50000, total_ms: items.reduce((sum, each) => sum + each.duration_ms, 0) + next(2) * 70 };
      const at = answer([program(items, more), program([item('z', 777)])], [40000 + next(3000), 1e6]);
      const bad = new Set(items.filter(() => next(4) === 0).map((each) => each.key));
      const shift_ms = next(9000) - 4500;
      let now_ms = 30000 + next(1000);
      for (let step = 0; step < 60; step += 1) {
        const place = placeAt(at, now_ms, shift_ms, (/** @type {any} */ each) => bad.has(each.key));
        assert.ok(place.ends_ms > now_ms && place.starts_ms <= now_ms, `${JSON.stringify(place)} at ${now_ms}`);
        assert.ok(!place.item || !bad.has(place.item.key), 'what can not be played is left out');
        const middle = placeAt(at, (now_ms + place.ends_ms) / 2, shift_ms, (/** @type {any} */ each) => bad.has(each.key));
        assert.equal(middle.id, place.id, 'one place from its beginning to its end');
        now_ms = place.ends_ms;
      }
    }
  },

  'an item that can not be played is filled by those behind it, and moves nothing else': async () => {
    const items = [item('a', 1000), item('b', 2500), item('c', 1000), item('d', 1000)];
    const at = answer([program(items)], [1e9]);
    const isBad = (/** @type {any} */ each) => each.key === 'b';
    const ids = [1000, 2000, 3000, 4000, 4500, 5500, 6500].map((now_ms) => placeAt(at, now_ms, 0, isBad).id);
    assert.deepEqual(ids, ['a@1000', 'c@2000', 'd@3000', 'a@4000', 'c@4500', 'd@5500', 'a@6500']);
    assert.equal(placeAt(at, 4000, 0, isBad).ends_ms, 4500, 'the filler ends with the time it fills');
    const nothing = placeAt(at, 2000, 0, () => true);
    assert.deepEqual([nothing.state, nothing.item], ['splash', null]);
  },

  'segments: the one that holds now, the first before it, the last one looped behind it': async () => {
    const programs = [program([item('a', 1000)]), program([item('b', 400)], { epoch_ms: 5000 }), program([], { state: 'standby' })];
    const at = answer(programs.slice(0, 2), [5000, 9000]);
    assert.equal(placeAt(at, 4900, 0, never).id, 'a@4000');
    assert.equal(placeAt(at, 4900, 0, never).ends_ms, 5000);
    assert.equal(placeAt(at, 4500, 0, never).ends_ms, 5000, 'a segment that ends cuts the item');
    assert.equal(placeAt(at, 5000, 0, never).id, 'b@5000');
    assert.equal(placeAt(at, 9e8 + 100, 0, never).item.key, 'b', 'a day later it still plays');
    assert.equal(segmentAt(at, 9e8).until_ms, Infinity);
    assert.equal(segmentAt(at, -5).program, programs[0]);
    const night = answer([programs[2], programs[0]], [100, 200]);
    assert.deepEqual([placeAt(night, 50, 0, never).state, placeAt(night, 50, 0, never).ends_ms], ['standby', 100]);
    const empty = answer([program([])], [100]);
    assert.equal(placeAt(empty, 50, 0, never).state, 'splash');
    assert.equal(placeAt({ ...at, segments: [], programs: [] }, 50, 0, never).state, 'splash');
  },

  'an item is due at its start, or with the segment that begins in its middle': async () => {
    const at = answer([program([item('a', 1000)]), program([item('b', 4000), item('c', 1000)])], [7500, 90000]);
    const due = (/** @type {number} */ now_ms) => [placeAt(at, now_ms, 0, never).id, placeAt(at, now_ms, 0, never).due_ms];
    assert.deepEqual(due(6500), ['a@6000', 6000]);
    assert.deepEqual(due(8000), ['b@6000', 7500], 'nobody is late for what was not on before');
    assert.deepEqual(due(10500), ['c@10000', 10000]);
    assert.equal(placeAt(at, 8000, 0, (/** @type {any} */ each) => each.key === 'b').due_ms, 8000, 'the second round of what fills it');
  },

  'next and previous move a screen, and its places with it': async () => {
    const at = answer([program([item('a', 1000), item('b', 2000)])], [1e9]);
    const now_ms = 1200;
    const shift_ms = Math.ceil(placeAt(at, now_ms, 0, never).ends_ms - now_ms);
    const moved = placeAt(at, now_ms, shift_ms, never);
    assert.deepEqual([moved.item.key, moved.starts_ms, moved.ends_ms], ['b', now_ms, now_ms + 2000]);
    const back = placeAt(at, now_ms, shift_ms + Math.ceil(moved.starts_ms - 1000 - now_ms), never);
    assert.equal(back.item.key, 'a');
  },

  'an answer is only taken if it is one': async () => {
    assert.ok(isAnswer(answer([program([item('a', 1)])], [1])));
    assert.ok(isAnswer({ ...answer([], []), programs: [], segments: [] }));
    for (const other of [null, 'x', {}, { screen: {}, programs: [] }, { ...answer([], []), segments: [{ program: 3 }] },
      answer([{ ...program([]), items: null }], [1])]) {
      assert.ok(!isAnswer(other), JSON.stringify(other));
    }
  },

  'files in the order in which they are needed, each once': async () => {
    const first = program([item('a', 1000), item('b', 1000), item('c', 1000), item('b', 1000)]);
    const live = item('cam', 1000, { kind: 'live', src: '/live/cam', source: 'cam' });
    const at = answer([first, program([item('d', 10), live, item('a', 10)])], [50000, 90000]);
    const urls = (/** @type {number} */ now_ms) => filesAhead(at, now_ms).map((/** @type {any} */ file) => file.url.slice(7, 8));
    assert.deepEqual(urls(1500), ['a', 'b', 'c', 'd']);
    assert.deepEqual(urls(3500), ['c', 'b', 'a', 'd']);
    assert.deepEqual(urls(60000).sort(), ['a', 'd']);
    assert.deepEqual(urls(1e9).sort(), ['a', 'd'], 'behind the last segment its program is looped');
  },

  'files: needed ones stay, unneeded ones go from the longest unused on, and only for room': async () => {
    const kept = (/** @type {string} */ url, /** @type {number} */ bytes, /** @type {number} */ used_ms, whole = true) =>
      ({ url, bytes, used_ms, whole });
    const want = (/** @type {string} */ url, /** @type {number} */ bytes) => ({ url, bytes });
    assert.deepEqual(planFiles([], [want('a', 60), want('b', 60)], 100), { drop: [], fetch: 'a' });
    assert.deepEqual(planFiles([kept('a', 60, 1)], [want('a', 60), want('b', 60), want('c', 40)], 100), { drop: [], fetch: 'c' });
    assert.deepEqual(planFiles([kept('old', 30, 1), kept('new', 30, 2)], [want('a', 60)], 100), { drop: ['old'], fetch: 'a' });
    assert.deepEqual(planFiles([kept('old', 30, 1), kept('new', 30, 2)], [want('a', 30)], 100), { drop: [], fetch: 'a' });
    assert.deepEqual(planFiles([kept('a', 60, 1, false)], [want('a', 60)], 100), { drop: [], fetch: 'a' });
    assert.deepEqual(planFiles([kept('a', 60, 1)], [want('a', 60)], 100), { drop: [], fetch: null });
    assert.deepEqual(planFiles([kept('a', 60, 1)], [want('huge', 101), want('unknown', 0)], 100), { drop: [], fetch: null });
    const next = numbers(3);
    for (let round = 0; round < 500; round += 1) {
      const all = Array.from({ length: 8 }, (_, index) => kept(`f${index}`, 1 + next(50), next(9), next(2) === 0));
      const there = all.filter(() => next(2));
      const wanted = all.filter(() => next(2));
      const plan = planFiles(there, wanted, 100);
      const left = there.filter((file) => plan.drop.indexOf(file.url) < 0);
      const fetched = all.filter((file) => file.url === plan.fetch && !left.includes(file));
      const bytes = left.concat(fetched).reduce((sum, file) => sum + file.bytes, 0);
      assert.ok(bytes <= 100, `${bytes} bytes are kept`);
      const lost = there.filter((file) => plan.drop.includes(file.url) && file.url === (wanted[0] || {}).url && file.bytes <= 100);
      assert.equal(lost.length, 0, 'what is needed first never goes');
    }
  },

  'the clock believes the quickest answer, and forgets what was before a sleep': async () => {
    let steady_ms = 1000;
    let wall_ms = 5_000_000;
    const clock = createClock(() => steady_ms, () => wall_ms);
    assert.equal(clock.now(), 5_000_000, 'without the box, as this device believes');
    assert.equal(clock.offset_ms(), null);
    const pass = (/** @type {number} */ ms) => {
      steady_ms += ms;
      wall_ms += ms;
    };
    /** An answer that takes so long there and back; the box is 7000 s ahead. */
    const exchange = (/** @type {number} */ there_ms, /** @type {number} */ back_ms) => {
      const asked_ms = steady_ms;
      pass(there_ms);
      const box_ms = wall_ms + 7_000_000;
      pass(back_ms);
      clock.measured(asked_ms, steady_ms, box_ms);
    };
    exchange(300, 20);
    assert.ok(Math.abs(clock.offset_ms() - 7_000_000) <= 160);
    exchange(3, 2);
    assert.ok(Math.abs(clock.offset_ms() - 7_000_000) <= 3, String(clock.offset_ms()));
    exchange(10, 400);
    assert.ok(Math.abs(clock.offset_ms() - 7_000_000) <= 3, 'a slow one changes nothing');
    pass(60_000);
    assert.equal(clock.jumped(), false);
    assert.ok(Math.abs(clock.now() - (wall_ms + 7_000_000)) <= 3);
    wall_ms += 3_600_000; // It slept: the steady clock stood still.
    assert.equal(clock.jumped(), true);
    assert.equal(clock.jumped(), false, 'told once');
    exchange(40, 40);
    assert.ok(Math.abs(clock.offset_ms() - 7_000_000) <= 41, 'measured anew');
  },

  'the clock follows a box whose clock was set, at the first answer': async () => {
    let steady_ms = 1000;
    let box_ms = 1_000_000;
    const clock = createClock(() => steady_ms, () => 5_000_000 + steady_ms);
    const exchange = (/** @type {number} */ round_ms) => {
      const asked_ms = steady_ms;
      steady_ms += round_ms / 2;
      box_ms += round_ms / 2;
      const read_ms = box_ms;
      steady_ms += round_ms / 2;
      box_ms += round_ms / 2;
      clock.measured(asked_ms, steady_ms, read_ms);
    };
    for (let at = 0; at < 6; at += 1) {
      exchange(2);
    }
    assert.ok(Math.abs(clock.now() - box_ms) <= 1);
    box_ms += 365 * 24 * 3_600_000; // It has heard the time of the network, after booting with an old one.
    exchange(80);
    assert.ok(Math.abs(clock.now() - box_ms) <= 40, 'whatever the quicker answers from before said');
    box_ms -= 500; // A little, backwards.
    exchange(80);
    assert.ok(Math.abs(clock.now() - box_ms) <= 40);
    // What can be explained by slow answers is no reason to forget good ones.
    exchange(2);
    exchange(900);
    assert.ok(Math.abs(clock.now() - box_ms) <= 1);
  },

  'steering: gentle, without swinging, and given up when it is too far': async () => {
    assert.deepEqual(steerVideo(0.02, 1, 2), { rate: 1, anew: false });
    assert.deepEqual(steerVideo(0.5, 1, 2), { rate: 1.06, anew: false });
    assert.deepEqual(steerVideo(-0.05, 1, 2), { rate: 0.975, anew: false });
    assert.deepEqual(steerVideo(0.02, 1.025, 2), { rate: 1.01, anew: false });
    assert.deepEqual(steerVideo(0.007, 1.01, 2), { rate: 1, anew: false });
    assert.deepEqual(steerVideo(2.1, 1, 2), { rate: 1.06, anew: true }, 'until it is begun anew it does what it can');
    assert.deepEqual(steerVideo(-2.1, 1, 2), { rate: 0.94, anew: true });
    for (const start of [-2, -0.3, -0.05, 0.04, 0.2, 1]) {
      let behind = start;
      let rate = 1;
      let turns = 0;
      for (let step = 0; step < 400; step += 1) {
        const before = rate;
        rate = steerVideo(behind, rate, 2.5).rate;
        turns += (before - 1) * (rate - 1) < 0 ? 1 : 0;
        behind -= (rate - 1) * 0.25;
      }
      assert.ok(Math.abs(behind) < 0.03 && turns === 0, `from ${start}: ${behind}, ${turns} turns`);
    }
  },

  'a video that has begun is joined where it will be when it is ready, if anything of it is left by then': async () => {
    const place = { ...placeAt(answer([program([item('a', 6000, { from_ms: 500 })])], [1e9]), 1000, 0, never) };
    assert.equal(joinAt(place, -4000, 0.4), 0.5, 'long before its time: its beginning');
    assert.equal(joinAt(place, 3000, 0.4), 0.5 + 2.4);
    assert.equal(joinAt(place, 900, 0.4), 0.5 + 0.3, 'it will be late by then');
    assert.equal(joinAt(place, 5000, 2.5), 0.5 + 4, 'nothing would be left of it');
  },

  'a machine that takes long to begin a video is in step at the second attempt, however long': async () => {
    for (const took_s of [0.05, 0.3, 0.9, 2.4, 5]) {
      let lead_s = 0.4;
      const behind = [];
      for (let attempt = 0; attempt < 12; attempt += 1) {
        // Ready before its moment, it is shown at its moment.
        behind.push(Math.max(0, took_s - lead_s));
        lead_s = leadAfter(lead_s, took_s);
      }
      assert.ok(behind.slice(1).every((each) => each === 0), `${took_s} s: ${behind}`);
      assert.ok(lead_s < took_s * 1.25 + 0.12, `${took_s} s: nor does it wait for long: ${lead_s}`);
    }
    assert.ok(leadAfter(0.4, 60) <= 8, 'not for ever');
    let lead_s = leadAfter(0.4, 5);
    lead_s = leadAfter(lead_s, 0.1);
    assert.ok(lead_s > 4 && lead_s < 6, `one quick start does not make a quick machine: ${lead_s}`);
    const waits = [0, 1, 2, 3, 4, 5, 6, 60].map(anewWait);
    assert.deepEqual(waits, [2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000]);
  },

  'proof of play: each once, whatever happens to the sending': async () => {
    let now_ms = 1_000_000;
    const storage = createMemory();
    /** What the box has, by number. */
    const box = new Map();
    let mood = 'well';
    const send = async (/** @type {any[]} */ plays) => {
      if (mood === 'away') {
        throw new Error('away');
      }
      plays.forEach((play) => box.set(play.number, play));
      if (mood === 'deaf') {
        throw new Error('the answer got lost');
      }
      return plays[plays.length - 1].number;
    };
    const plays = createPlays(storage, 'page-1', () => now_ms, send);
    const show = (/** @type {string} */ key, /** @type {number} */ ms, /** @type {number} */ late_ms = 0) => {
      plays.begin({ item: item(key, ms), program: { playlist: 3 }, starts_ms: now_ms - late_ms, ends_ms: now_ms - late_ms + ms });
      now_ms += ms - late_ms;
    };
    show('a', 10000);
    show('b', 10000);
    await plays.flush();
    assert.deepEqual([...box.values()].map((play) => play.item), ['a'], 'what is still shown is not told');
    mood = 'away';
    show('c', 10000, 4000);
    await plays.flush();
    mood = 'deaf';
    show('d', 10000);
    await plays.flush();
    mood = 'well';
    plays.end();
    await plays.flush();
    await plays.flush();
    assert.deepEqual([...box.values()].map((play) => play.item), ['a', 'b', 'c', 'd']);
    assert.deepEqual([...box.values()].map((play) => play.whole), [true, true, false, true]);
    assert.ok([...box.values()].every((play) => play.until_ms > play.from_ms && play.playlist === 3 && play.open === undefined));
    assert.deepEqual(await storage.keys('plays'), [], 'what the box has is forgotten');
  },

  'proof of play: of an item the TV is switched off in, what is known by then': async () => {
    let now_ms = 1_000_000;
    const storage = createMemory();
    const sent = [];
    const send = async (/** @type {any[]} */ plays) => {
      sent.push(...plays);
      return plays[plays.length - 1].number;
    };
    const first = createPlays(storage, 'page-1', () => now_ms, send);
    first.begin({ item: item('long', 3600_000), program: null, starts_ms: now_ms, ends_ms: now_ms + 3600_000 });
    for (let second = 0; second < 90; second += 1) {
      now_ms += 1000;
      first.mark();
    }
    await first.flush();
    assert.equal(sent.length, 0);
    now_ms += 30_000; // Off, and on again.
    const second = createPlays(storage, 'page-2', () => now_ms, send);
    await second.flush();
    assert.equal(sent.length, 0, 'it might be another page that is still open');
    now_ms += 60_000;
    await second.flush();
    assert.deepEqual(sent.map((play) => [play.item, play.until_ms - play.from_ms, play.whole]), [['long', 80_000, false]]);
  },

  'proof of play: one that the box refuses does not hold up the others': async () => {
    const storage = createMemory();
    const box = [];
    const plays = createPlays(storage, 'page', () => 0, async (/** @type {any[]} */ some) => {
      if (some.some((play) => play.item === 'poison')) {
        throw Object.assign(new Error('400'), { status: 400 });
      }
      box.push(...some.map((play) => play.item));
      return some[some.length - 1].number;
    });
    for (const name of ['a', 'b', 'poison', 'c', 'd']) {
      plays.begin({ item: item(name, 1), program: null, starts_ms: 0, ends_ms: 0 });
    }
    plays.end();
    for (let round = 0; round < 12; round += 1) {
      await plays.flush();
    }
    assert.deepEqual(box, ['a', 'b', 'c', 'd']);
  },

  'browsers by the name people know, and pictures where object-fit puts them': async () => {
    assert.equal(browserName('Mozilla/5.0 (SMART-TV; Linux; Tizen 5.5) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/2.2 Chrome/69.0.3497.106 TV Safari/537.36'), 'Samsung 2 · Tizen');
    assert.equal(browserName('Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/53.0.2785.34 Safari/537.36 WebAppManager'), 'Chrome 53 · webOS');
    assert.equal(browserName('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'), 'Firefox 128 · Linux');
    assert.equal(browserName('curl/8'), 'curl/8');
    assert.deepEqual(fitted('contain', 100, 100, 1600, 900), { x: 350, y: 0, w: 900, h: 900 });
    assert.deepEqual(fitted('cover', 100, 100, 1600, 900), { x: 0, y: -350, w: 1600, h: 1600 });
  },
};
