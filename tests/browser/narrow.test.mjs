// The library narrowed by stars, length, year and type, and what is found put into a playlist.

import assert from 'node:assert/strict';

import { filled } from './content.mjs';
import { addPlaylist, send } from './signage.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const names = async (page) => (await page.locator('.grid .card-name').allInnerTexts()).sort().join();

export const tests = {
  'stars, length, year and type narrow the library, and the address says so': async (t) => {
    const keys = ['Part 2', 'Steady', 'slide-white', 'Long one'];
    const { server, ids } = await filled(t, CONFIG, keys);
    await send(server, 'POST', '/api/assets/edit', { ids: [ids[0], ids[2]], rating: 4 });
    const page = await t.page(`${server.url}/library`);
    const choose = (/** @type {string} */ field, /** @type {string} */ value) => page.locator('.filters').getByLabel(field, { exact: true }).selectOption(value);
    await page.getByText('4 items').waitFor();
    await choose('Rating', '3');
    await until('by stars', async () => await names(page) === 'Part 2,slide-white');
    await choose('File type', 'png');
    await until('and type', async () => await names(page) === 'slide-white');
    await page.getByText('1 item', { exact: true }).waitFor();
    assert.match(page.url(), /rating_min=3/);
    await page.reload();
    await until('the address says it all', async () => await names(page) === 'slide-white');
    await t.shoot(page, 'library-narrowed');
    await page.setViewportSize({ width: 390, height: 844 });
    await t.shoot(page, 'library-narrowed-phone');
    await page.setViewportSize({ width: 1280, height: 800 });
    await choose('File type', '');
    await choose('Rating', '');
    await choose('Length', 'long');
    await until('by length', async () => await names(page) === 'Long one');
    await choose('Length', '');
    await choose('Year taken', String(new Date().getFullYear()));
    await until('by year', async () => (await names(page)).split(',').length === keys.length);
    await choose('Sorted by', 'taken');
    await until('in that order', async () => (await names(page)).split(',').length === keys.length);
    assert.match(page.url(), /order=taken/);
  },

  'what is chosen in the library is put into a playlist, and taken back': async (t) => {
    const { server, ids } = await filled(t, CONFIG, ['Part 2', 'Part 10', 'Steady']);
    const id = await addPlaylist(server, 'Lobby', [{ kind: 'asset', asset: ids[2] }]);
    const items = async () => (await server.get(`/api/playlists/${id}`)).items.map((/** @type {any} */ item) => item.asset);
    const page = await t.page(`${server.url}/library?q=part&order=name`);
    await page.locator('.card-link').first().focus();
    await page.keyboard.press('Control+a');
    await page.getByRole('button', { name: 'Add to playlist' }).click();
    await t.shoot(page, 'to-playlist');
    await page.getByLabel('Playlist', { exact: true }).selectOption({ label: 'Lobby' });
    await page.getByRole('dialog').getByRole('button', { name: 'Add to playlist' }).click();
    await page.getByText('2 items are in “Lobby” now').waitFor();
    assert.deepEqual(await items(), [ids[2], ids[0], ids[1]], 'behind the others, in the order of the list');
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await until('taken back', async () => String(await items()) === String([ids[2]]));

    await page.getByRole('button', { name: 'Add to playlist' }).click();
    await page.getByLabel('Playlist', { exact: true }).selectOption({ label: 'New playlist…' });
    await page.getByLabel('Name of the new playlist').fill('Series');
    await page.getByRole('dialog').getByRole('button', { name: 'Add to playlist' }).click();
    await page.getByText('2 items are in “Series” now').waitFor();
  },
};
