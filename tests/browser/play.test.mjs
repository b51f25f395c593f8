// The picture plays: every frame of the source, by every transport, with its sound.

import assert from 'node:assert/strict';

import { figures, untilPlaying } from './context.mjs';
import { gaps, noteShown, placeOf, tapMse, tapPictures, tapWebRtc } from './frames.mjs';
import { readPictures } from './pictures.mjs';
import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

const FPS = 25;
/** Ten seconds of them. */
const FRAMES = 10 * FPS;
/** A picture is counted before it is sent, and another one may come while the counter is read. */
const ON_THEIR_WAY = 2;
/** Of 250: a reader that joins on a busy machine is late for the second picture. More is no machine's fault. */
const MISSED_MAX = 5;
/** The browser counts a frame as too late before or after the next one is shown. */
const COUNTED_EARLY = 2;

/** @typedef {import('playwright-core').Page} Page */

/** A player with something that looks at its frames. @param {any} t @param {string} transport @param {() => void} tap */
async function openTapped(t, transport, tap) {
  const server = await t.server(TEST_PICTURE);
  const page = await t.page('about:blank');
  await page.addInitScript(tap);
  await page.goto(`${server.url}/live/test?transport=${transport}`);
  await untilPlaying(page, transport);
  await page.evaluate(noteShown);
  return { server, page };
}

/** Lets frames come, and reads what was noted of them. @param {any} server @param {Page} page @param {string} transport */
async function countFrames(server, page, transport) {
  const [before, atFirst] = [await server.source('test'), await figures(page)];
  await page.evaluate(() => Object.values(window.seen).forEach((list) => list.splice(0)));
  await until(`${FRAMES} frames`, () => page.evaluate((count) => window.seen.shown.length && window.seen.received.length > count, FRAMES));
  const seen = await page.evaluate(() => window.seen);
  const after = await server.source('test');
  const now = await figures(page);
  assert.equal(now.transport, transport, 'it plays on by the same transport');
  assert.deepEqual([now.width, now.height], [640, 360]);
  assert.equal(after.drops.readers, 0, 'the program kept up with its viewer');
  return { seen, unencoded: after.drops.encode - before.drops.encode, dropped: now.framesDropped - atFirst.framesDropped };
}

/**
 * Every frame of the source came, in its order, but for those that the source itself says it had no time to encode.
 * @param {number[]} received ticks
 * @param {number} unencoded
 */
function checkReceived(received, unencoded) {
  const missing = gaps(received, FPS);
  const count = missing.reduce((sum, gap) => sum + gap.count, 0);
  assert.ok(missing.every((gap) => gap.count > 0 && Number.isInteger(gap.count)), `out of order: ${JSON.stringify(missing)}`);
  assert.ok(count <= unencoded, `missing of ${received.length}: ${JSON.stringify(missing)}; the encoder left ${unencoded} out`);
}

/**
 * Every frame that was received was decoded, in its order, but for those that the browser says it dropped before.
 * @param {number[]} received ticks
 * @param {number[]} decoded ticks
 * @param {number} dropped
 */
function checkDecoded(received, decoded, dropped) {
  // Those that were received before one looked are the first to be decoded.
  const places = decoded.map((ticks) => received.indexOf(ticks));
  const known = places.slice(places.findIndex((place) => place >= 0));
  assert.ok(known.every((place, at) => place > (at ? known[at - 1] : -1)), `out of order: ${known}`);
  const last = known[known.length - 1];
  const left = last - known[0] + 1 - known.length;
  assert.ok(left <= dropped, `${left} of ${received.length} frames were not decoded, ${dropped} were dropped`);
  assert.ok(known.length > FRAMES / 2, `most are decoded, however busy the machine is: ${known.length}`);
}

/**
 * Every frame that was decoded was shown, or the browser says that it came too late for the screen.
 * @param {any} t
 * @param {number[]} decoded ticks
 * @param {{ticks: number, presented: number, dropped: number, jumps: number}[]} shown
 */
function checkShown(t, decoded, shown) {
  const known = shown.filter(({ ticks }) => placeOf(decoded, ticks) >= 0);
  const [first, last] = [known[0], known[known.length - 1]];
  const frames = placeOf(decoded, last.ticks) - placeOf(decoded, first.ticks);
  const [presented, late] = [last.presented - first.presented, last.dropped - first.dropped];
  const said = `${frames} frames: ${presented} shown, ${late} too late for the screen`;
  t.note(said);
  assert.equal(last.jumps, first.jumps, 'it does not jump');
  assert.ok(Math.abs(frames - presented - late) <= COUNTED_EARLY, said);
  assert.ok(frames > FRAMES / 2 && presented > frames / 2, `most are shown, however busy the machine is: ${said}`);
}

/**
 * How many pictures one of two readers of the same source got that the other did not, in the time of both.
 * @param {string[]} one
 * @param {string[]} other
 */
function apart(one, other) {
  const places = other.map((hash) => one.indexOf(hash));
  const known = places.filter((place) => place >= 0);
  assert.ok(known.every((place, at) => place > (at ? known[at - 1] : -1)), `out of order: ${places}`);
  const [first, last] = [places.findIndex((place) => place >= 0), places.findLastIndex((place) => place >= 0)];
  const [ofOne, ofOther] = [known[known.length - 1] - known[0] + 1, last - first + 1];
  return { common: known.length, missing: ofOne - known.length + ofOther - known.length };
}

/**
 * What the page received is what was sent, and what it did not show it has counted as dropped.
 * @param {any} t
 * @param {{hash: string, decoded: boolean}[]} pictures since the page was opened
 * @param {string[]} sent by another reader, from some moment on
 * @param {number} dropped as the page counts
 * @param {number} missed by one of the two readers, as the source counts: it was too slow for them
 */
function checkPictures(t, pictures, sent, dropped, missed) {
  const whole = pictures.filter((each) => each.hash).map((each) => each.hash);
  const { common, missing } = apart(whole, sent);
  assert.ok(missed <= MISSED_MAX, `the program did not keep up with its viewers: ${missed}`);
  assert.ok(common >= FRAMES - ON_THEIR_WAY - missed, `both saw ${common} pictures`);
  assert.ok(missing <= missed, `${missing} pictures are missing, ${missed} of them are told`);
  const left = pictures.filter((each) => !each.decoded).length;
  t.note(`${common} pictures, ${dropped} of ${pictures.length} came while one was being decoded`);
  assert.ok(left - dropped === 0 || left - dropped === 1, `${left} were not decoded, ${dropped} of them were dropped, one may wait`);
  assert.ok(dropped < pictures.length / 2, 'most are shown, however busy the machine is');
}

/**
 * As a viewer would, where the browser has blocked the sound.
 * @param {import('playwright-core').Page} page
 */
async function switchSoundOn(page) {
  const muted = () => page.evaluate(() => window.marqueePlayer.view.muted);
  if (await muted()) {
    await page.keyboard.press('m');
  }
  await until('the sound is on', async () => !(await muted()));
}

export const tests = {
  'every frame by WebRTC (alone)': async (t) => {
    const { server, page } = await openTapped(t, 'webrtc', tapWebRtc);
    const { seen, unencoded, dropped } = await countFrames(server, page, 'webrtc');
    checkReceived(seen.received, unencoded);
    checkDecoded(seen.received, seen.decoded, dropped);
    checkShown(t, seen.decoded, seen.shown);
  },

  'every frame by MSE (slow, alone)': async (t) => {
    const { server, page } = await openTapped(t, 'mse', tapMse);
    const { seen, unencoded } = await countFrames(server, page, 'mse');
    checkReceived(seen.received, unencoded);
    checkShown(t, seen.received, seen.shown);
  },

  'every frame by MJPEG (slow, alone)': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page('about:blank');
    await page.addInitScript(tapPictures);
    await page.goto(`${server.url}/live/test?transport=mjpeg`);
    await untilPlaying(page, 'mjpeg');
    const sent = readPictures(`${server.url}/live/test/mjpeg`);
    await until('the first picture', () => sent.hashes.length > 0);
    const before = (await server.source('test')).counters.frames_in - sent.hashes.length;
    await until(`${FRAMES} pictures`, () => sent.hashes.length > FRAMES);
    const { counters, drops } = await server.source('test');
    const unsent = counters.frames_in - sent.hashes.length - before;
    assert.ok(Math.abs(unsent) <= ON_THEIR_WAY + drops.readers, `of the source's pictures ${unsent} were not sent`);
    const { pictures, dropped } = await page.evaluate(async () => ({
      pictures: window.seen.pictures, dropped: (await window.marqueePlayer.measure()).framesDropped,
    }));
    await sent.stop();
    checkPictures(t, pictures, sent.hashes, dropped, drops.readers);
  },

  'single pictures rise': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=jpeg`);
    await untilPlaying(page, 'jpeg');
    const before = await figures(page);
    await until('50 more pictures', async () => (await figures(page)).framesDecoded > before.framesDecoded + 50);
  },

  'automatic is WebRTC, said in words': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page, 'webrtc');
    await until('the delay is shown', async () => {
      return /^WebRTC · (< )?\d+\.\d s$/.test(await page.locator('.menu-button').innerText());
    });
    t.note(await page.locator('.menu-button').innerText());
  },

  'sound arrives by WebRTC': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=webrtc`);
    await untilPlaying(page, 'webrtc');
    await switchSoundOn(page);
    const sound = () => page.evaluate(async () => {
      const report = await window.connections[0].getStats();
      const audio = [...report.values()].find((each) => each.type === 'inbound-rtp' && each.kind === 'audio');
      return { bytes: audio.bytesReceived, energy: audio.totalAudioEnergy || 0, lost: audio.packetsLost };
    });
    const before = await sound();
    const after = await until('sound has energy', async () => {
      const now = await sound();
      return now.energy > before.energy + 0.001 && now.bytes > before.bytes + 1000 && now;
    });
    t.note(`${after.bytes} bytes, energy ${after.energy.toFixed(3)}`);
    assert.equal(after.lost, 0);
  },

  'sound arrives by MSE': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=mse`);
    await untilPlaying(page, 'mse');
    await switchSoundOn(page);
    const decoded = () => page.evaluate(() => window.marqueePlayer.view.webkitAudioDecodedByteCount);
    const before = await decoded();
    await until('sound is decoded', async () => (await decoded()) > before + 1000);
  },

  'MSE that falls behind plays faster, or jumps (slow)': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=mse`);
    await untilPlaying(page, 'mse');
    const video = (/** @type {(video: HTMLVideoElement) => any} */ ask) =>
      page.evaluate(`(${ask})(window.marqueePlayer.view)`);
    const lag = async () => (await figures(page)).latency_s;
    // A picture that is held is a picture that stalls: the watchdog would be right, and is asked to wait here.
    await page.evaluate(() => window.marqueePlayer.watchdog.stop());
    await video((each) => each.pause());
    await until('it is behind', async () => (await lag()) > 2);
    await video((each) => each.play());
    await until('it plays faster', () => video((each) => each.playbackRate > 1.05));
    await until('it is near the live edge again', async () => (await lag()) < 1);
    await until('it plays as fast as the source', () => video((each) => each.playbackRate < 1.05));
    await video((each) => each.pause());
    await until('it is far behind', async () => (await lag()) > 3);
    await until('it jumps', async () => (await lag()) < 1);
    await video((each) => each.play());
    await untilPlaying(page, 'mse');
  },

  'a new size while it plays': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const pages = {};
    for (const transport of ['webrtc', 'mse', 'mjpeg']) {
      pages[transport] = await t.page(`${server.url}/live/test?transport=${transport}`);
      await untilPlaying(pages[transport], transport);
    }
    server.configure(TEST_PICTURE.replace('640x360', '848x480'));
    for (const transport of Object.keys(pages)) {
      await until(`the new size by ${transport}`, async () => (await figures(pages[transport])).width === 848);
      await untilPlaying(pages[transport], transport);
    }
  },

  'a source without sound plays, and says so': async (t) => {
    const server = await t.server(`${TEST_PICTURE}sound = false\n`);
    for (const transport of ['webrtc', 'mse']) {
      const page = await t.page(`${server.url}/live/test?transport=${transport}`);
      await untilPlaying(page, transport);
      await page.getByRole('button', { name: 'No sound' }).waitFor();
      await page.close();
    }
  },
};
