// Playlists and the schedule: what is put where somebody points.

import assert from 'node:assert/strict';

import { makeClip } from './clips.mjs';
import { drop, slowDown } from './files.mjs';
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
};
