// TVs of a group are in step; one that is late knows how late, says so, and catches up.

import assert from 'node:assert/strict';

import { addPlaylist, fill, playAlways, send } from './signage.mjs';
import { beginsOf, checkTold, latenessOf, scheduleOf, STEP_MS, watchTv } from './tv_watch.mjs';
import { until } from './until.mjs';

const NOTHING_LIVE = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
/** A page that gets no time for so long begins its next item so late. */
const HELD_UP_MS = 2400;

/**
 * Two TVs of a group, which are in step.
 * @param {any} t
 * @param {any} server
 */
async function openWall(t, server) {
  const pages = [await t.page(`${server.url}/tv`), await t.page(`${server.url}/tv`)];
  const known = await until('both are known', async () => {
    const { screens } = await server.get('/api/screens');
    return screens.length === 2 && screens;
  });
  const screens = known.map((/** @type {any} */ each) => each.id);
  await send(server, 'POST', '/api/groups', { name: 'Wall', screens });
  await until('both know it', async () => (await Promise.all(pages.map((page) => page.evaluate(() => {
    const place = window.marqueeTv.stage.place();
    return Boolean(place && place.program && place.program.in_step);
  })))).every(Boolean));
  return { pages, screens, watched: await Promise.all(pages.map(watchTv)) };
}

/** Runs in the page: nothing else does for a while. @param {{from_ms: number, until_ms: number}} when by the machine's clock */
function holdUp({ from_ms, until_ms }) {
  return new Promise((resolve) => {
    setTimeout(() => {
      while (Date.now() < until_ms);
      resolve(undefined);
    }, from_ms - Date.now());
  });
}

export const tests = {
  'two screens of a group show each item at the same moment (alone)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 3, green: 3 }, ['white']);
    const parts = [{ name: 'red', ms: 2000 }, { name: 'slide-white', ms: 1200 }, { name: 'green', ms: 2000 }];
    await playAlways(server, await addPlaylist(server, 'Loop', parts.map(({ name, ms }) => ({
      kind: 'asset', asset: ids[name], ...(name.startsWith('slide') ? { duration_ms: ms } : { until_ms: ms }),
    }))));
    const { screens, watched } = await openWall(t, server);
    const schedule = await scheduleOf(server, screens[0], parts);
    const from_ms = Date.now();
    /** What both have shown so far, and how far apart. */
    const compare = async () => {
      await Promise.all(watched.map((each) => each.take()));
      const [one, other] = watched.map(({ looks }) => beginsOf(looks, schedule, from_ms));
      return one.slice(0, other.length).map(({ turn, at_ms }, at) => ({ turn, apart_ms: Math.abs(at_ms - other[at].at_ms) }));
    };
    // Whatever the machine does, each item is shown by both, and a TV that was late has said so. Once the machine gives them
    // the time for a whole round, they are in step.
    const all = await until('a whole round in step', async () => {
      const found = await compare();
      const round = found.slice(-parts.length - 1);
      return found.length > 2 * parts.length && round.every(({ apart_ms }) => apart_ms <= STEP_MS) && found;
    });
    const reports = watched.map((each) => checkTold(each, schedule, from_ms));
    assert.ok(Math.min(...reports) >= all.length - 2, `each item is told of: ${reports} reports of ${all.length} items`);
    // The videos themselves, too: where each is in its file.
    const [{ turn: video }] = all.slice(-3, -1).filter(({ turn }) => turn.name !== 'white').slice(-1);
    const middle = watched.map(({ looks }) => {
      const behind = looks.filter((look) => look.at_ms > video.starts_ms + 500 && look.at_ms < video.ends_ms - 100)
        .map((look) => latenessOf(look, schedule)).sort((a, b) => a - b);
      return behind[Math.floor(behind.length / 2)];
    });
    assert.ok(Math.abs(middle[0] - middle[1]) <= STEP_MS, `both videos are within it: ${middle} ms behind`);
    t.note(`${Math.max(...all.map((each) => each.apart_ms))} ms apart at most in ${all.length} items`);
    const { screens: told } = await server.get('/api/screens');
    assert.ok(told.every((/** @type {any} */ each) => each.offset_ms !== null && Math.abs(each.offset_ms) < 5000), 'the offset is shown');
  },

  'a TV on a machine that gives it no time is late, says how late, and catches up (slow, alone)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 14 }, ['white']);
    const parts = [{ name: 'slide-white', ms: 4000 }, { name: 'red', ms: 12000 }];
    const playlist = await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids['slide-white'], duration_ms: parts[0].ms },
      { kind: 'asset', asset: ids.red, until_ms: parts[1].ms }]);
    const { pages, screens, watched } = await openWall(t, server);
    // It begins when it is sent.
    await send(server, 'PUT', '/api/message', { text: null, playlist, screens: null, minutes: null });
    const both = async () => (await Promise.all(watched.map((each) => each.now())));
    await until('both show the slide', async () => (await both()).every((each) => each && each.name === 'white'));
    const schedule = await scheduleOf(server, screens[0], parts);
    const from_ms = Date.now();
    const turn = schedule.turnAt(schedule.turnAt(from_ms).ends_ms + 1);
    assert.equal(turn.name, 'red');
    await pages[0].evaluate(holdUp, { from_ms: turn.starts_ms - 400, until_ms: turn.starts_ms + HELD_UP_MS });
    let behind = /** @type {number[]} */ ([]);
    await until('both play the video, and are in step', async () => {
      const found = await both();
      assert.ok(Date.now() < turn.ends_ms, `it has not caught up: ${behind} ms behind`);
      behind = found.map((look) => (look && look.name === 'red' ? latenessOf(look, schedule) : Infinity));
      return behind.every((ms) => Math.abs(ms) <= STEP_MS);
    });
    const caughtUp_s = (Date.now() - turn.starts_ms) / 1000;
    const [late, other] = watched.map(({ looks }) => beginsOf(looks, schedule, from_ms)[0]);
    assert.ok(late.late_ms >= HELD_UP_MS, `it was held up: ${late.late_ms} ms late`);
    assert.ok(other.late_ms < late.late_ms, 'and the other one was not');
    const page = await t.page(`${server.url}/screens`);
    await page.getByText(/ · [1-9]\.\d s late$/).waitFor();
    await until('the slide is on again', async () => (await both()).every((each) => each && each.name === 'white'));
    await until('that it was late is over', async () => !(await page.getByText(/ · [1-9]\.\d s late$/).count()));
    await both();
    watched.forEach((each) => assert.ok(checkTold(each, schedule, from_ms) > 0, 'it told'));
    t.note(`begun ${late.late_ms} ms late, in step after ${caughtUp_s.toFixed(1)} s`);
  },
};
