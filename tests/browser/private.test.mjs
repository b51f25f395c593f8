// Sources that not everybody may look at: the player with and without a login, and TVs.

import assert from 'node:assert/strict';

import { figures, untilPlaying } from './context.mjs';
import { checkAccessibility } from './looks.mjs';
import { TEST_PICTURE } from './server.mjs';
import { ALL_DAYS } from './signage.mjs';
import { until } from './until.mjs';

const PRIVATE = `[web]\nwebrtc_port = 0\nadmin_password = "correct horse"\n${TEST_PICTURE}private = true\n`;

/** @typedef {import('playwright-core').Page} Page */

/** A browser that is logged in, for requests alone. @param {any} server */
async function admin(server) {
  const answer = await fetch(`${server.url}/api/session`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"password":"correct horse"}',
  });
  assert.equal(answer.status, 204);
  const cookie = (answer.headers.get('set-cookie') || '').split(';')[0];
  return async (/** @type {string} */ method, /** @type {string} */ address, /** @type {object} */ body) => {
    const response = await fetch(server.url + address, {
      method, headers: { Cookie: cookie, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body),
    });
    assert.ok(response.ok, `${method} ${address}: ${response.status}`);
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  };
}

/** Takes a way to the pictures from a browser. @param {string[]} names */
function without(names) {
  names.forEach((name) => Object.defineProperty(window, name, { value: undefined }));
}

/** @param {string} transport */
function asksForALogin(transport) {
  return async (t) => {
    const server = await t.server(PRIVATE, { login: true });
    const page = await t.page(`${server.url}/live/test?transport=${transport}`);
    await page.getByText('This source is private').waitFor();
    await page.getByRole('link', { name: 'Log in' }).click();
    await page.getByLabel('Password', { exact: true }).fill('correct horse');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`**/live/test?transport=${transport}`);
    await untilPlaying(page, transport);
    assert.equal(await page.getByText('This source is private').isVisible(), false);

    // Logged out in another tab: the picture ends, and nothing is left of it.
    assert.equal(await page.evaluate(async () => (await fetch('/api/session', { method: 'DELETE' })).status), 204);
    await page.getByText('This source is private').waitFor();
    assert.equal(await page.locator('.stage').evaluate((stage) => getComputedStyle(stage).opacity), '0');
    assert.equal(await page.getByText("Marquee can't be reached").isVisible(), false, 'it is there');
  };
}

/** @param {string[]} missing what the TV's browser does not have @param {string} way by which it shows a live source then */
function showsOnATv(missing, way) {
  return async (t) => {
    const server = await t.server(PRIVATE, { login: true });
    const ask = await admin(server);
    const page = await t.page('about:blank');
    await page.addInitScript(without, missing);
    await page.goto(`${server.url}/tv`);
    const [screen] = await until('it is a screen', async () => {
      const { screens } = await ask('GET', '/api/screens');
      return screens.length && screens;
    });
    const refused = () => page.evaluate(async () => (await fetch('/live/test/frame.jpg')).status);
    assert.equal(await refused(), 401, 'nothing is scheduled for it');
    const items = [{ kind: 'live', source: 'test', duration_ms: 60000 }];
    const { id } = await ask('POST', '/api/playlists', { name: 'Yard', items });
    const planned = await ask('POST', '/api/windows', {
      playlist: id, screens: [screen.id], groups: [], everywhere: false, days: ALL_DAYS, from: '00:00', until: '24:00',
      first: null, last: null, priority: 0,
    });
    await until('the TV shows it', () => page.evaluate(() => window.marqueeTv.report().state === 'play'));
    await until(`by ${way}`, async () => (await ask('GET', '/api/sources/test')).viewers[way] > 0);
    assert.equal((await page.context().cookies()).find((cookie) => cookie.name === 'marquee_screen').httpOnly, true);

    await ask('DELETE', `/api/windows/${planned.id}`);
    await until('it shows the splash', () => page.evaluate(() => window.marqueeTv.report().state === 'splash'));
    assert.equal(await refused(), 401, 'it plays it no more');
  };
}

export const tests = {
  'without a login the player of a private source says what is needed, and plays after it': async (t) => {
    const server = await t.server(PRIVATE, { login: true });
    const page = await t.page(`${server.url}/live/test`);
    await page.getByText('This source is private').waitFor();
    await page.getByText('Log in to watch it.').waitFor();
    await checkAccessibility(page, 'the player of a private source');
    await t.shoot(page, 'player-private');
    assert.equal(await page.getByText("Marquee can't be reached").isVisible(), false);
    assert.equal((await figures(page)).state, 'connecting');

    // Logged in from elsewhere in this browser: it plays by itself.
    assert.equal(await page.evaluate(async () => (await fetch('/api/session', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"password":"correct horse"}',
    })).status), 204);
    await untilPlaying(page);
    const german = await t.page(`${server.url}/live/test`, { locale: 'de-DE' });
    await german.getByText('Diese Quelle ist privat').waitFor();
    await german.getByRole('link', { name: 'Anmelden' }).waitFor();
  },

  'a private source asks for a login, and ends with it: WebRTC': asksForALogin('webrtc'),
  'a private source asks for a login, and ends with it: MSE': asksForALogin('mse'),
  'a private source asks for a login, and ends with it: MJPEG': asksForALogin('mjpeg'),
  'a private source asks for a login, and ends with it: single pictures': asksForALogin('jpeg'),

  'a TV shows the private source that is scheduled for it: WebRTC': showsOnATv([], 'whep'),
  'a TV shows the private source that is scheduled for it: MSE': showsOnATv(['RTCPeerConnection', 'webkitRTCPeerConnection'], 'mse'),
  'a TV shows the private source that is scheduled for it: single pictures':
    showsOnATv(['RTCPeerConnection', 'webkitRTCPeerConnection', 'MediaSource', 'ManagedMediaSource'], 'jpeg'),
};
