// Playlists and the schedule: what is put where somebody points.

import assert from 'node:assert/strict';

import { makeClip } from './clips.mjs';
import { drop, slowDown } from './files.mjs';
import { checkAccessibility, checkWidth } from './looks.mjs';
import { addPlaylist, fill } from './signage.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
const MB = 1e6;
/** Slow enough to be seen under way. */
const SLOW_BYTES_PER_S = 4 * MB;

/** @typedef {import('playwright-core').Page} Page */

/** What a playlist has, by name. @param {any} server @param {number} id @returns {Promise<string[]>} */
async function stored(server, id) {
  const { items } = await server.get(`/api/playlists/${id}`);
  return Promise.all(items.map(async (/** @type {any} */ item) => (await server.get(`/api/assets/${item.asset}`)).name));
}

/** @param {any} t */
async function withPlaylist(t) {
  const server = await t.server(CONFIG);
  const ids = await fill(server, { red: 3, green: 3 }, []);
  const id = await addPlaylist(server, 'Lobby', [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids.green }]);
  const page = await t.page(`${server.url}/playlists/${id}`);
  await page.locator('.film-name', { hasText: 'green' }).waitFor();
  return { server, id, page };
}

export const tests = {
  'a file dropped on a playlist comes to stand where it was dropped': async (t) => {
    const { server, id, page } = await withPlaylist(t);
    await slowDown(page, SLOW_BYTES_PER_S);
    const second = /** @type {any} */ (await page.locator('.film-item').nth(1).boundingBox());
    await drop(page, makeClip('Dropped', 10, 24 * MB), { x: second.x + 4, y: second.y + second.height / 2 });
    const bar = page.locator('.film-item').nth(1).locator('progress');
    await until('how far it is, is seen there', () => bar.evaluate((each) => each.value > 0 && each.value < each.max));
    await t.shoot(page, 'playlist-drop');
    assert.deepEqual(await stored(server, id), ['red', 'green'], 'what is not there is not played');
    await until('it is in the playlist', async () => String(await stored(server, id)) === 'red,Dropped,green');
    await until('and looks like it', async () => await page.locator('.film-item progress:visible').count() === 0);
  },

  'a file that is added by the dialog comes into the playlist, also when one goes elsewhere meanwhile': async (t) => {
    const { server, id, page } = await withPlaylist(t);
    await slowDown(page, SLOW_BYTES_PER_S);
    await page.locator('.page-head').getByRole('button', { name: 'Add items' }).click();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'), page.getByRole('dialog').getByRole('button', { name: 'Upload files' }).click(),
    ]);
    await chooser.setFiles(makeClip('Chosen', 10, 24 * MB));
    await page.locator('.film-name', { hasText: 'Chosen.mp4' }).waitFor();
    await page.getByRole('link', { name: 'Screens' }).first().click();
    await page.getByRole('heading', { name: 'Screens', level: 1 }).waitFor();
    await page.getByText('“Chosen.mp4” is in the playlist “Lobby” now').waitFor();
    assert.deepEqual(await stored(server, id), ['red', 'green', 'Chosen']);
  },

  'pressing on a time answers where one pressed, on a laptop and on a phone, with the keys too': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 3 }, []);
    const id = await addPlaylist(server, 'Lobby', [{ kind: 'asset', asset: ids.red }]);
    await t.page(`${server.url}/tv`);
    await until('there is a screen', async () => (await server.get('/api/screens')).screens.length === 1);
    const page = await t.page(`${server.url}/schedule`, { viewport: { width: 1280, height: 720 } });
    await page.locator('.week').waitFor();
    for (const viewport of [{ width: 1280, height: 720 }, { width: 390, height: 844 }]) {
      await page.setViewportSize(viewport);
      await page.locator('.week-scroll').evaluate((each) => (each.scrollTop = (each.scrollHeight * 9) / 24));
      await page.evaluate(() => window.scrollTo(0, 0));
      const box = /** @type {any} */ (await page.locator('.week-scroll').boundingBox());
      const point = { x: box.x + box.width * 0.8, y: box.y + 60 };
      await page.mouse.click(point.x, point.y);
      const dialog = page.getByRole('dialog');
      await dialog.getByText('Nothing scheduled').waitFor();
      const at = /** @type {any} */ (await dialog.boundingBox());
      assert.ok(at.x >= 0 && at.x + at.width <= viewport.width && at.y >= 0 && at.y + at.height <= viewport.height, 'whole in sight');
      assert.ok(Math.abs(at.y - point.y) < 40 && at.x < point.x && point.x < at.x + at.width + 20, `at the place: ${JSON.stringify([at, point])}`);
      await t.shoot(page, `moment-${viewport.width}`);
      await checkAccessibility(page, 'a time of the week');
      await checkWidth(page);
      await page.keyboard.press('Escape');
      await until('it is closed', async () => await dialog.count() === 0);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.locator('.week-head').first().evaluate((each) => each.focus());
    await page.keyboard.press('Tab');
    await page.locator('.week-scroll').focus();
    await page.keyboard.press('ArrowDown');
    const time = await page.locator('.week-cursor').innerText();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText(time).waitFor();
    await page.getByRole('button', { name: 'Add an entry here' }).click();
    assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), time);
    await page.getByLabel('What plays', { exact: true }).selectOption({ label: 'Lobby' });
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await until('it is in the schedule', async () => (await server.get('/api/windows')).windows[0]?.playlist === id);
  },

  'who only looks at the schedule reads on a block what it is': async (t) => {
    const server = await t.server('[web]\nwebrtc_port = 0\nadmin_password = "correct horse"\n[test]\nenabled = false\n', { login: true });
    const session = await fetch(`${server.url}/api/session`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"password":"correct horse"}',
    });
    const cookie = String(session.headers.get('set-cookie')).split(';')[0];
    const as = { Cookie: cookie, 'Content-Type': 'application/json' };
    const post = async (/** @type {string} */ path, /** @type {object} */ body) =>
      (await fetch(server.url + path, { method: 'POST', headers: as, body: JSON.stringify(body) })).json();
    await post('/api/windows', {
      playlist: null, screens: [], groups: [], everywhere: true, days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'],
      from: '08:00', until: '18:00', first: null, last: null, priority: 0,
    });
    const { path } = await post('/api/links', { name: 'Reception' });
    const guest = await t.page(server.url + path);
    await guest.waitForURL(`${server.url}/`);
    for (const name of ['Schedule', 'Library', 'Settings']) {
      await guest.getByRole('link', { name, exact: true }).click();
      await guest.getByRole('heading', { name, level: 1 }).waitFor();
      await guest.reload();
      await guest.getByRole('heading', { name, level: 1 }).waitFor();
      assert.equal(await guest.getByRole('link', { name: 'Bin', exact: true }).count(), 0, 'nothing leads where one may not go');
    }
    await guest.getByRole('link', { name: 'Schedule', exact: true }).click();
    await guest.locator('.block').first().click();
    await guest.getByRole('dialog').getByText(/^Standby, 08:00 – 18:00/).waitFor();
    assert.equal(await guest.getByRole('dialog').getByRole('button', { name: 'Add an entry here' }).count(), 0);
  },

  'a preview has buttons, for who has no keys': async (t) => {
    const { page } = await withPlaylist(t);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('button', { name: 'Preview' }).click();
    const frame = await until('the player', () => page.frames().find((each) => each.url().includes('/tv?playlist=')));
    const on = () => frame.evaluate(() => {
      const front = window.marqueeTv && window.marqueeTv.stage.front();
      return front ? front.place.item.name : null;
    });
    await page.getByRole('button', { name: 'Hold it, or go on' }).click();
    const before = await until('something is on', on);
    await page.getByRole('button', { name: 'Next item' }).click();
    await until('the next one is on', async () => (await on()) !== before);
    await t.shoot(page, 'preview-phone');
    await checkWidth(page);
  },
};
