// The picture comes back by itself after whatever breaks it.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';

import { figures, untilPlaying } from './context.mjs';
import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

/** From RFC 5737: nobody answers there. */
const NO_UDP = '[web]\nwebrtc_port = 0\nwebrtc_addresses = ["192.0.2.1"]\n';

/** @param {string} transport */
function comesBackAfterServer(transport) {
  return async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=${transport}`);
    await untilPlaying(page, transport);
    await server.stop('SIGKILL');
    await page.getByText("Marquee can't be reached, trying again").waitFor();
    await t.shoot(page, `gone-${transport}`);
    await server.start();
    await page.getByText("Marquee can't be reached, trying again").waitFor({ state: 'hidden' });
    await untilPlaying(page, transport);
  };
}

/**
 * How many sessions the page has opened.
 * @param {import('playwright-core').Page} page
 */
function connections(page) {
  return page.evaluate(() => window.connections.length);
}

/** Runs in the page: notes every state of the player from now on, and the transport of what it plays. */
function noteStates() {
  const player = window.marqueePlayer;
  const set = player.setState.bind(player);
  window.states = [];
  player.setState = (state) => {
    window.states.push(state === 'playing' ? `${state} ${player.current.name}` : state);
    set(state);
  };
}

export const tests = {
  'with UDP blocked it ends on MSE by itself': async (t) => {
    const server = await t.server(NO_UDP + TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page, 'mse');
    assert.equal(await page.evaluate(() => window.marqueePlayer.mode), 'auto');
    assert.match(await page.locator('.menu-button').innerText(), /^MSE/);
  },

  'a box whose UDP port another program has plays by MSE, and by WebRTC once it has it': async (t) => {
    // A test that fails leaves it behind; that keeps nobody waiting.
    const other = createSocket('udp6').unref();
    await new Promise((resolve) => other.bind(0, '::', () => resolve(null)));
    const server = await t.server(`[web]\nwebrtc_port = ${other.address().port}\n${TEST_PICTURE}`);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page, 'mse');
    await new Promise((resolve) => other.close(() => resolve(null)));
    await until('the box has its port', async () => (await server.get('/health')).ok);
    await page.evaluate(() => window.marqueePlayer.wake('improve'));
    await untilPlaying(page, 'webrtc');
  },

  'with UDP blocked a tile plays too (slow)': async (t) => {
    const server = await t.server(NO_UDP + TEST_PICTURE);
    const page = await t.page(`${server.url}/`);
    await until('the tile plays', () => page.evaluate(() => {
      const stage = document.querySelector('.tile[data-source] .stage');
      return stage && stage.marquee.figures.transport === 'mse' && stage.marquee.current.frames() > 10;
    }));
  },

  'UDP that comes back is used again, without a break of the picture (slow)': async (t) => {
    const server = await t.server(NO_UDP + TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page, 'mse');
    server.configure(TEST_PICTURE);
    await server.stop('SIGTERM');
    await page.evaluate(noteStates);
    await server.start();
    await until('it plays again', () => page.evaluate(() => window.states.includes('playing mse')));
    // It may have thought of it by itself.
    await page.evaluate(() => window.marqueePlayer.wake('improve'));
    await untilPlaying(page, 'webrtc');
    const states = await page.evaluate(() => window.states);
    assert.deepEqual(states.slice(-2), ['playing mse', 'playing webrtc'], `it went from the one picture to the other: ${states}`);
  },

  'the server dies and comes back, WebRTC': comesBackAfterServer('webrtc'),
  'the server dies and comes back, MSE (slow)': comesBackAfterServer('mse'),
  'the server dies and comes back, MJPEG (slow)': comesBackAfterServer('mjpeg'),

  'the Live page survives the server': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/`);
    const plays = () => page.evaluate(() => {
      const stage = document.querySelector('.tile[data-source] .stage');
      return Boolean(stage && stage.marquee.state === 'playing' && stage.marquee.current.frames() > 5);
    });
    await until('the tile plays', plays);
    await page.evaluate(() => (document.querySelector('.tile[data-source]').dataset.same = 'yes'));
    await server.stop('SIGTERM');
    await page.getByText("Marquee can't be reached, trying again").waitFor();
    assert.equal(await page.locator('.tile[data-source]').count(), 1, 'the content stays');
    await t.shoot(page, 'gone-live');
    await server.start();
    await page.getByText("Marquee can't be reached, trying again").waitFor({ state: 'hidden' });
    await until('the tile plays again', plays);
    assert.equal(await page.locator('.tile[data-same]').count(), 1, 'the tile was not built again');
  },

  'a restarted source plays on in the same session': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page, 'webrtc');
    const attempts = (await server.source('test')).counters.attempts;
    const answer = await fetch(`${server.url}/api/sources/test/restart`, { method: 'POST' });
    assert.equal(answer.status, 202);
    await until('it was opened anew', async () => (await server.source('test')).counters.attempts > attempts);
    await until('it is live', async () => (await server.source('test')).state === 'live');
    await untilPlaying(page, 'webrtc');
    assert.equal(await connections(page), 1, 'the viewer had to connect again');
  },

  'pictures that stop are noticed, and asked for again': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=webrtc`);
    await untilPlaying(page, 'webrtc');
    // The connection stands, and nothing comes of it.
    await page.evaluate(() => window.connections[0].getReceivers().forEach((each) => each.track.stop()));
    await until('it connects again', async () => (await connections(page)) > 1);
    await untilPlaying(page, 'webrtc');
  },

  'a closed page is gone from the viewers': async (t) => {
    const server = await t.server(TEST_PICTURE);
    for (const transport of ['webrtc', 'mse', 'mjpeg']) {
      const page = await t.page(`${server.url}/live/test?transport=${transport}`);
      await untilPlaying(page, transport);
      assert.equal((await server.source('test')).viewers.total, 1);
      await page.goto('about:blank');
      await until(`no ${transport} viewer`, async () => (await server.source('test')).viewers.total === 0, 8000);
      await page.close();
    }
  },

  'a thin link: single pictures get smaller and go on (slow)': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=jpeg`);
    await untilPlaying(page, 'jpeg');
    const qualities = [];
    page.on('request', (request) => {
      const found = /frame\.jpg\?quality=(\d+)/.exec(request.url());
      qualities.push(...(found ? [Number(found[1])] : []));
    });
    const link = await page.context().newCDPSession(page);
    await link.send('Network.emulateNetworkConditions',
      { offline: false, latency: 150, downloadThroughput: 60000, uploadThroughput: 20000 });
    await until('it asks for 70', () => qualities.slice(-3).every((each) => each === 70) && qualities.length > 5);
    const before = (await figures(page)).framesDecoded;
    await until('pictures go on', async () => (await figures(page)).framesDecoded > before + 3);
    await link.send('Network.emulateNetworkConditions',
      { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await until('it asks for 85 again', () => qualities.slice(-3).every((each) => each === 85));
  },
};
