// The player on a TV: never black, through outages, for days.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import { makeClip, putFile } from './clips.mjs';
import { checkAccessibility } from './looks.mjs';
import { addPlaylist, fill, nameNow, openTv, playAlways, sees, send, shown, untilShows } from './signage.mjs';
import { SAMPLES_PER_S, startOldEngine } from './tv_screen.mjs';
import { pause, until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "640x360"\nfps = 25\n';
const NOTHING_LIVE = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
/** Every item of these tests is far brighter than this, and the night far darker. */
const DARK = 24;
const TRANSITIONS = 20;
/** As many as a minute of short ones. The player remembers its last 100. */
const MANY_ITEMS = 60;
/** Far longer than an item, and than a player takes for a stutter of its machine. */
const ASLEEP_MS = 6000;

/** @typedef {import('playwright-core').Page} Page */

/** What the TV is doing inside, as it counts. @param {Page} page */
const report = (page) => page.evaluate(() => window.marqueeTv.report());

/** @param {import('./tv_screen.mjs').Sample[]} samples */
function describeDark(samples) {
  const dark = samples.filter((sample) => sample.bright < DARK);
  const at = dark.slice(0, 10).map((sample) => `${((sample.at_ms - samples[0].at_ms) / 1000).toFixed(2)} s`);
  return `${dark.length} of ${samples.length} samples are black: ${at.join(', ')}`;
}

/** @param {any} server @returns {Promise<{item: string, name: string, from: string, until: string, whole: boolean}[]>} */
async function plays(server) {
  const answer = await server.get('/api/plays?limit=1000');
  return answer.plays.sort((/** @type {any} */ a, /** @type {any} */ b) => Date.parse(a.from) - Date.parse(b.from));
}

/**
 * The screen is looked at 50 times a second while items change.
 * @param {any} t
 * @param {'cut'|'fade'} transition
 */
async function staysBright(t, transition) {
  const server = await t.server(CONFIG);
  const ids = await fill(server, { red: 6, green: 6 }, ['white', 'orange']);
  // Items below two seconds are not faded.
  const ms = transition === 'fade' ? 2000 : 1000;
  const part = (/** @type {number} */ asset) => ({ kind: 'asset', asset, from_ms: 500, until_ms: 500 + ms });
  const slide = (/** @type {number} */ asset) => ({ kind: 'asset', asset, duration_ms: ms });
  const live = { kind: 'live', source: 'test', duration_ms: transition === 'fade' ? 2000 : 1500 };
  const items = [part(ids.red), slide(ids['slide-white']), part(ids.green), live, slide(ids['slide-orange']), live, part(ids.red), part(ids.green)];
  const window = await playAlways(server, await addPlaylist(server, 'Loop', items, { transition }));
  const tv = await openTv(t, server);
  const size = await tv.page.evaluate(() => [innerWidth / screen.width, innerHeight / screen.height]);
  assert.ok(Math.min(...size) > 0.95, `the page fills the screen: ${size}`);
  assert.equal(await tv.page.evaluate(() => window.isSecureContext), false, 'as on a LAN');
  await untilShows(tv.page, 2);

  const watching = tv.watch();
  await untilShows(tv.page, 2 + TRANSITIONS, 80000);
  const samples = await watching.stop();
  const keys = new Set((await shown(tv.page)).map((each) => each.key));
  const seconds = (samples[samples.length - 1].at_ms - samples[0].at_ms) / 1000;
  t.note(`${samples.length} samples in ${seconds.toFixed(0)} s`);
  assert.ok(samples.length > (seconds * SAMPLES_PER_S) / 3, 'the screen was looked at');
  assert.equal(keys.size, 5, `videos, slides and live: ${Array.from(keys)}`);
  assert.equal(samples.filter((sample) => sample.bright < DARK).length, 0, describeDark(samples));

  // What a black screen looks like: else the above proves nothing.
  await send(server, 'PATCH', `/api/windows/${window}`, { playlist: null });
  await until('the night', () => sees(tv.page, 'night'));
  const night = tv.watch();
  await until('black is seen where it is black', () => night.samples.some((sample) => sample.bright < DARK));
  await night.stop();
}

/** The files of what plays are on the TV. @param {Page} page @param {number} count how many there are */
async function untilKept(page, count) {
  await until('its files are kept', () => page.evaluate((wanted) => {
    const { files, stage } = window.marqueeTv || {};
    const place = stage && stage.place();
    const items = place && place.program ? place.program.items : [];
    const urls = new Set(items.map((/** @type {any} */ item) => item.src));
    return urls.size === wanted && Array.from(urls).every((url) => files.has(url));
  }, count));
}

/** What was shown is told now, not within the next 15 s. @param {Page} page */
const flushPlays = (page) => page.evaluate(() => window.marqueeTv.plays.flush());

/** Runs in the page: a second of its own time, in which its player looks several times. */
function manyLooks() {
  return new Promise((resolve) => {
    let count = 0;
    const timer = setInterval(() => {
      count += 1;
      if (count === 10) {
        clearInterval(timer);
        resolve(undefined);
      }
    }, 100);
  });
}

/** Runs in the page: no place to keep anything, as in a browser that was told so. */
function refuseStorage() {
  const refuse = () => {
    throw new DOMException('refused', 'SecurityError');
  };
  Object.defineProperty(window, 'indexedDB', { get: refuse });
  Object.defineProperty(window, 'localStorage', { get: refuse });
}

/** Runs in the page: a database that knows of files, and never gives them. */
function neverFindPieces() {
  const get = IDBObjectStore.prototype.get;
  window.asked = 0;
  IDBObjectStore.prototype.get = function (key) {
    if (this.name === 'pieces') {
      window.asked += 1;
      Object.defineProperty(this.transaction, 'oncomplete', { set: () => undefined });
    }
    return get.call(this, key);
  };
}

/** Runs in the page: counts the addresses that files were given. */
function countAddresses() {
  const make = URL.createObjectURL;
  window.addresses = 0;
  URL.createObjectURL = (of) => {
    window.addresses += 1;
    return make.call(URL, of);
  };
}

/** Runs in the page: a database that takes nothing large, as one that is full. */
function refuseLarge() {
  const put = IDBObjectStore.prototype.put;
  window.refused = 0;
  IDBObjectStore.prototype.put = function (value, ...more) {
    if (value instanceof Blob && value.size > 1e6) {
      window.refused += 1;
      throw new DOMException('full', 'QuotaExceededError');
    }
    return put.call(this, value, ...more);
  };
}

export const tests = {
  'no black frame over 20 cuts between videos, slides and live (slow, alone)': (t) => staysBright(t, 'cut'),
  'no black frame over 20 fades between videos, slides and live (slow, alone)': (t) => staysBright(t, 'fade'),

  'the box restarts under a playing TV: no interruption, and each item counts once (slow, alone)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 4, green: 4 }, ['white', 'orange']);
    const items = [{ kind: 'asset', asset: ids.red, until_ms: 1200 }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 1000 },
      { kind: 'asset', asset: ids.green, until_ms: 1200 }, { kind: 'asset', asset: ids['slide-orange'], duration_ms: 1000 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    const tv = await openTv(t, server);
    await untilShows(tv.page, 2);
    await untilKept(tv.page, 4);
    const watching = tv.watch();
    await until('one round', async () => (await shown(tv.page)).length >= 5);
    await server.stop('SIGKILL');
    const gone = (await shown(tv.page)).length;
    await until('it plays on without the box', async () => (await shown(tv.page)).length >= gone + 6);
    await server.start();
    await until('it is heard again', async () => (await server.get('/api/screens')).screens[0].active);
    const back = (await shown(tv.page)).length;
    await until('it plays on with it', async () => (await shown(tv.page)).length >= back + 4);
    const samples = await watching.stop();
    assert.equal(samples.filter((sample) => sample.bright < DARK).length, 0, describeDark(samples));

    const all = await shown(tv.page);
    const order = all.map((each) => each.key);
    for (let at = 4; at < order.length; at += 1) {
      assert.equal(order[at], order[at - 4], `the order goes on: ${order}`);
    }
    // All but the one that is on now, and maybe the one before it, is told in a while; and nothing twice.
    const last_ms = all[all.length - 2].at_ms;
    await until('all of it is told', async () => {
      await flushPlays(tv.page);
      return (await plays(server)).some((play) => Date.parse(play.from) >= last_ms - 100);
    });
    const page = await t.page(`${server.url}/screens`);
    await page.getByRole('button', { name: 'Proof of play' }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('Download').click()]);
    const csv = readFileSync(await download.path(), 'utf8').trim().split(/\r?\n/).slice(1).map((line) => line.split(','));
    const told = csv.map((line) => ({ item: line[4], from_ms: Date.parse(line[7]), until_ms: Date.parse(line[8]) }));
    for (const each of all.slice(0, -1)) {
      const same = told.filter((play) => each.key.match(/^a(\d+)/)[1] === play.item && Math.abs(play.from_ms - each.at_ms) < 100);
      assert.equal(same.length, 1, `${each.key} at ${each.at_ms} counts once: ${JSON.stringify(told)}`);
    }
    const until_ms = all[all.length - 1].at_ms - 100;
    assert.equal(told.filter((play) => play.from_ms < until_ms).length, all.length - 1, 'and nothing else does');
    told.slice(1).forEach((play, at) => assert.ok(play.from_ms >= told[at].until_ms - 50, 'no two at the same time'));
    t.note(`${told.length} plays, ${samples.length} samples`);
  },

  'a TV that comes late joins in the middle; one that slept comes back into step': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 30 }, []);
    await playAlways(server, await addPlaylist(server, 'Long', [{ kind: 'asset', asset: ids.red }]));
    const page = await t.page(`${server.url}/tv`);
    await untilShows(page);
    const behind_s = () => page.evaluate(() => {
      const front = window.marqueeTv.stage.front();
      return (window.marqueeTv.clock.now() - front.place.starts_ms) / 1000 - front.layer.video.currentTime;
    });
    await until('it plays where the clock says', async () => Math.abs(await behind_s()) < 1);
    // Behind is not seen at its end, since what follows begins in time.
    await until('it goes on for a while', () => page.evaluate(() => {
      const { stage, clock } = window.marqueeTv;
      return stage.front().place.ends_ms - clock.now() > 15_000;
    }));
    await page.evaluate(() => window.marqueeTv.stage.front().layer.video.pause());
    await until('it is behind', () => page.evaluate(() => {
      const front = window.marqueeTv.stage.front();
      return (window.marqueeTv.clock.now() - front.place.starts_ms) / 1000 - front.layer.video.currentTime > 3;
    }));
    await page.evaluate(() => window.marqueeTv.stage.front().layer.video.play());
    await until('it is where it ought to be again', async () => Math.abs(await behind_s()) < 1);
  },

  'a tab that slept is back where the clock is, and heard (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 3 }, ['white', 'orange']);
    const items = [{ kind: 'asset', asset: ids.red, until_ms: 1500 }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 1500 },
      { kind: 'asset', asset: ids['slide-orange'], duration_ms: 1500 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    const tv = await openTv(t, server);
    const { page } = tv;
    await untilShows(page, 2);
    const asleep = tv.sleep(ASLEEP_MS);
    await send(server, 'PUT', '/api/message', { text: 'While it slept', playlist: null, screens: null, minutes: null });
    assert.ok(await asleep > 1);
    await until('it hears', () => sees(page, 'message'));
    await until('it shows what the clock says', () => page.evaluate(() => {
      const { stage, clock } = window.marqueeTv;
      const now_ms = clock.now();
      return stage.front().place.starts_ms <= now_ms && stage.front().place.ends_ms > now_ms;
    }));
    const gaps = (await shown(page)).map((each, at, them) => (at ? each.at_ms - them[at - 1].at_ms : 0));
    assert.ok(Math.max(...gaps) > ASLEEP_MS - 1500, `it did sleep: ${gaps}`);
    // Each in its time again; of a round, so that none is left out.
    await until('it goes on', async () => {
      const last = (await shown(page)).slice(-items.length);
      const next = last.every((each, at) => !at || each.starts_ms - last[at - 1].starts_ms === 1500);
      return next && last.every((each) => each.late_ms < 750) && new Set(last.map((each) => each.key)).size === items.length;
    });
  },

  'an item that does not decode here is left out, and the next one shown': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 3 }, ['white', 'orange']);
    const bad = (await server.get(`/api/assets/${ids.red}`)).play;
    const items = [{ kind: 'asset', asset: ids['slide-white'], duration_ms: 1500 }, { kind: 'asset', asset: ids.red },
      { kind: 'asset', asset: ids['slide-orange'], duration_ms: 1500 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    const tv = await openTv(t, server);
    await tv.context.route(`**${bad}`, (route) => route.fulfill({ status: 200, contentType: 'video/mp4', body: 'no video at all' }));
    await tv.page.reload();
    await untilShows(tv.page, 1);
    const watching = tv.watch();
    await untilShows(tv.page, 6);
    const samples = await watching.stop();
    assert.equal(samples.filter((sample) => sample.bright < DARK).length, 0, describeDark(samples));
    const keys = new Set((await shown(tv.page)).map((each) => each.key));
    assert.equal(keys.size, 2, `only what can be played: ${Array.from(keys)}`);
    const told = await until('the box is told', async () => (await server.get('/api/screens')).screens[0].problem);
    assert.match(told, /^red: it does not decode/);
    const page = await t.page(`${server.url}/screens`);
    await page.getByText(/^Left out: red: it does not decode/).waitFor();
  },

  'the keys of a remote control': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 20 }, ['white', 'orange']);
    const items = [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 20000 },
      { kind: 'asset', asset: ids['slide-orange'], duration_ms: 20000 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    const page = await t.page(`${server.url}/tv`);
    await untilShows(page);
    const names = ['red', 'slide-white', 'slide-orange'];
    const next = async (/** @type {number} */ by) => {
      const name = names[(names.indexOf(await nameNow(page)) + by + 3) % 3];
      await page.keyboard.press(by > 0 ? 'ArrowRight' : 'ArrowLeft');
      await until(`${name} is on`, async () => (await nameNow(page)) === name);
    };
    await next(1);
    await next(1);
    await next(1);
    await next(-1);
    while ((await nameNow(page)) !== 'red') {
      await next(1);
    }
    const at = () => page.evaluate(() => window.marqueeTv.stage.front().layer.video.currentTime);
    await until('it plays', async () => (await at()) > 0.5);
    await page.keyboard.press(' ');
    await until('paused', () => page.evaluate(() => window.marqueeTv.stage.paused()));
    const held = await at();
    await page.evaluate(manyLooks);
    assert.equal(await at(), held, 'the picture is held');
    /** How far its position is behind the time that has passed since. */
    const behind = () => page.evaluate(() => {
      const { stage, clock } = window.marqueeTv;
      return clock.now() / 1000 - stage.front().layer.video.currentTime;
    });
    const before = await behind();
    await page.evaluate(manyLooks);
    await page.keyboard.press(' ');
    await until('it goes on where it was', async () => (await at()) > held + 0.3);
    const lost = (await behind()) - before;
    assert.ok(lost > 0.9, `and not where it would have been: ${lost} s`);
    await page.keyboard.press(' ');
    await page.getByText('Paused').waitFor();
    await page.keyboard.press('ArrowRight');
    await until('a step goes on', async () => (await nameNow(page)) === 'slide-white' && !(await sees(page, 'note')));
    await page.keyboard.press('m');
    await page.getByText('Sound off').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByText('Volume 90 %').waitFor();
    await page.keyboard.press('Enter');
    await until('its code', () => sees(page, 'code'));
  },

  'nothing scheduled shows where to open the box; a TV without storage plays all the same (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const page = await t.page('about:blank');
    await page.addInitScript(refuseStorage);
    await page.goto(`${server.url}/tv`);
    await page.getByText('Nothing is scheduled for this screen').waitFor();
    await page.getByText(new URL(server.url).host).waitFor();
    await until('the code for phones', () => page.evaluate(() => {
      const image = /** @type {HTMLImageElement|null} */ (document.querySelector('.splash-qr'));
      return Boolean(image && image.naturalWidth && image.getBoundingClientRect().height >= innerHeight / 4);
    }));
    await t.shoot(page, 'tv-splash');
    await checkAccessibility(page, 'the splash of a TV');
    const ids = await fill(server, { red: 2 }, ['white']);
    const items = [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 1000 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items));
    await untilShows(page, 4);
    await until('plays are told', async () => (await plays(server)).length >= 2);
  },

  'a TV whose storage is full plays on, and keeps what has room (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 3 }, ['white']);
    const large = [];
    for (const name of ['Large 1', 'Large 2']) {
      large.push(await putFile(server.url, makeClip(name, 3, 6e6)));
    }
    await until('they can be played', async () => (await server.get('/api/assets')).assets.every((/** @type {any} */ each) => each.work === 'done'));
    const small = [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 1000 }];
    const window = await playAlways(server, await addPlaylist(server, 'Small', small));
    const page = await t.page('about:blank');
    await page.addInitScript(refuseLarge);
    await page.goto(`${server.url}/tv`);
    await untilShows(page);
    const has = (/** @type {number} */ asset) => server.get(`/api/assets/${asset}`)
      .then((/** @type {any} */ all) => page.evaluate((url) => window.marqueeTv.files.has(url), all.play));
    await untilKept(page, 2);
    assert.ok(await has(ids.red));
    const items = large.map((asset) => ({ kind: 'asset', asset, until_ms: 1500 }));
    await send(server, 'PATCH', `/api/windows/${window}`, { playlist: await addPlaylist(server, 'Large', items.concat(/** @type {any} */ (small))) });
    await until('a large one was refused', () => page.evaluate(() => window.refused > 0));
    const count = (await shown(page)).length;
    await until('it plays on', async () => (await shown(page)).length >= Math.min(100, count + 5));
    assert.deepEqual([await has(large[0]), await has(large[1])], [false, false], 'there is no room for them');
    assert.equal(await page.evaluate(() => window.refused), 1, 'and they are not tried again and again');
    assert.equal((await report(page)).problem, null);
    await until('plays are told all the same', async () => (await plays(server)).length >= 3);
  },

  'a storage that does not answer holds no picture up (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 2 }, ['white']);
    await playAlways(server, await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids.red },
      { kind: 'asset', asset: ids['slide-white'], duration_ms: 2000 }]));
    const page = await t.page(`${server.url}/tv`);
    await untilKept(page, 2);
    await page.addInitScript(neverFindPieces);
    await page.reload();
    await untilShows(page, 4);
    assert.ok(await page.evaluate(() => window.asked > 0), 'it was asked');
    assert.equal((await report(page)).problem, null);
  },

  'a link too slow for its items: they come late, but they come (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 2, green: 2 }, []);
    await playAlways(server, await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids.green }]));
    const page = await t.page('about:blank');
    await page.addInitScript(refuseStorage);
    // Longer than an item lasts: none is ever ready while it is its time.
    await page.context().route('**/media/**', async (route) => {
      await pause(2500);
      await route.continue().catch(() => undefined);
    });
    await page.goto(`${server.url}/tv`);
    await untilShows(page, 4);
    assert.equal(new Set((await shown(page)).map((each) => each.key)).size, 2, 'one after the other');
    assert.equal((await report(page)).problem, null, 'slow is not broken');
  },

  'the player runs in an engine of 2016 (slow)': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 3 }, ['white', 'orange']);
    const items = [{ kind: 'asset', asset: ids.red, until_ms: 2000 }, { kind: 'asset', asset: ids['slide-white'], duration_ms: 1000 },
      { kind: 'live', source: 'test', duration_ms: 2000 }, { kind: 'asset', asset: ids['slide-orange'], duration_ms: 1000 }];
    await playAlways(server, await addPlaylist(server, 'Loop', items, { transition: 'fade' }));
    const old = await startOldEngine(`${server.url}/tv`);
    t.atEnd(() => old.close());
    const now = await until('it has shown them all twice', () => {
      const [last] = old.lines.slice(-1);
      return last && last.shown.length >= 9 && last;
    }, 90000);
    assert.match(now.agent, /AppleWebKit\/602/);
    assert.equal(new Set(now.shown).size, 4, `a video, slides and a live picture: ${now.shown}`);
    const seen = old.lines.filter((line) => line.shown.length).slice(1);
    assert.ok(seen.length > 3 && seen.every((line) => line.bright > DARK), `none of it is black: ${seen.map((line) => line.bright)}`);
    const [screen] = (await server.get('/api/screens')).screens;
    assert.equal(screen.browser, 'Safari 10 · Linux');
    assert.equal(screen.state, 'play');
    await until('its plays are told', async () => (await plays(server)).length >= 4);
  },

  'memory stays flat over many short items (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const ids = await fill(server, { red: 2, green: 2 }, ['white', 'orange']);
    const part = (/** @type {number} */ asset, /** @type {number} */ from_ms) => ({ kind: 'asset', asset, from_ms, until_ms: from_ms + 500 });
    const slide = (/** @type {number} */ asset) => ({ kind: 'asset', asset, duration_ms: 1000 });
    await playAlways(server, await addPlaylist(server, 'Short', [part(ids.red, 0), part(ids.green, 0), slide(ids['slide-white']),
      part(ids.red, 500), part(ids.green, 500), part(ids.red, 1000), slide(ids['slide-orange'])]));
    const page = await t.page('about:blank');
    await page.addInitScript(countAddresses);
    await page.goto(`${server.url}/tv`);
    await untilShows(page, 10);
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.enable');
    const measure = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { usedSize } = await session.send('Runtime.getHeapUsage');
      const counters = await session.send('Memory.getDOMCounters');
      const addresses = await page.evaluate(() => window.addresses);
      return { bytes: usedSize, nodes: counters.nodes, listeners: counters.jsEventListeners, addresses };
    };
    await untilKept(page, 4);
    await untilShows(page, 20);
    const before = await measure();
    const { at_ms: from_ms } = (await shown(page)).slice(-1)[0];
    await until(`${MANY_ITEMS} more`, async () => (await shown(page)).filter((each) => each.at_ms > from_ms).length >= MANY_ITEMS, 90000);
    const after = await measure();
    t.note(`${(before.bytes / 1e6).toFixed(2)} to ${(after.bytes / 1e6).toFixed(2)} MB, ${before.nodes} to ${after.nodes} nodes`);
    assert.ok(after.bytes < before.bytes + 300000, 'the heap does not grow');
    assert.ok(after.nodes <= before.nodes + 20 && after.listeners <= before.listeners + 20, 'nor does the document');
    assert.equal(after.addresses, before.addresses, 'no file gets another address: browsers keep what they decoded by it');
    assert.equal((await report(page)).state, 'play');
  },
};
