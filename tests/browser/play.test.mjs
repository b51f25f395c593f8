// The picture plays: every frame of the source, by every transport, with its sound.

import assert from 'node:assert/strict';

import { figures, untilPlaying } from './context.mjs';
import { TEST_PICTURE } from './server.mjs';
import { pause, until } from './until.mjs';

/** For how long frames are counted. */
const COUNT_MS = 10000;
/** Both counters are read a moment apart, and a few frames are always on their way. */
const FRAMES_BETWEEN = 8;

/** A machine that is busy with something else shows a frame too late now and then; one that can't keep up always. */
const WINDOWS_MAX = 6;

/** @param {string} transport */
function playsEveryFrame(transport) {
  return async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=${transport}`);
    await untilPlaying(page, transport);
    await pause(1000); // The first second may be a burst: what stands ready is shown at once.
    for (let windows = 1; ; windows += 1) {
      if (await everyFrame(t, server, page)) {
        return;
      }
      assert.ok(windows < WINDOWS_MAX, `frames were missing in each of ${windows} times ${COUNT_MS / 1000} s`);
    }
  };
}

/**
 * @returns {Promise<boolean>} the source sent at its rate, all of it was decoded, and nothing came too late for the
 *   screen
 */
async function everyFrame(t, server, page) {
  const [source, before] = await Promise.all([server.source('test'), figures(page)]);
  await pause(COUNT_MS);
  const [sourceAfter, after] = await Promise.all([server.source('test'), figures(page)]);

  const sent = sourceAfter.counters.frames_in - source.counters.frames_in;
  const decoded = after.framesDecoded - before.framesDecoded;
  const dropped = after.framesDropped - before.framesDropped;
  const delay = after.latency_s === null ? '' : `, ${(after.latency_s * 1000).toFixed(0)} ms`;
  t.note(`${decoded} of ${sent} frames, ${dropped} dropped${delay}`);
  assert.equal(after.transport, before.transport);
  assert.deepEqual([after.width, after.height], [640, 360]);
  return sent > (COUNT_MS / 1000) * 20 && Math.abs(decoded - sent) <= FRAMES_BETWEEN && dropped === 0;
}

/**
 * As a viewer would, where the browser has blocked the sound.
 * @param {import('playwright-core').Page} page
 */
async function switchSoundOn(page) {
  const muted = () => page.evaluate(() => window.marqueePlayer.view.muted);
  await until('the sound is on', async () => {
    if (await muted()) {
      await page.keyboard.press('m');
    }
    return !(await muted());
  });
}

export const tests = {
  'every frame by WebRTC': playsEveryFrame('webrtc'),
  'every frame by MSE': playsEveryFrame('mse'),
  'every frame by MJPEG': playsEveryFrame('mjpeg'),

  'single pictures rise': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=poll`);
    await untilPlaying(page, 'poll');
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
