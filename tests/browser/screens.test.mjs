// What screens show while nothing is scheduled.

import assert from 'node:assert/strict';

import { addPlaylist, fill, sees, untilShows } from './signage.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';

/** @param {any} server */
const chosen = async (server) => {
  const { idle, screens } = await server.get('/api/screens');
  return { all: idle, own: screens.map((/** @type {any} */ screen) => screen.idle) };
};

export const tests = {
  'a TV speaks the language of the box, or that of its browser': async (t) => {
    const german = await t.server(`[device]\nlanguage = "de"\n${CONFIG}`);
    const tv = await t.page(`${german.url}/tv`);
    await tv.getByText('Für diesen Bildschirm ist nichts geplant').waitFor();
    assert.equal(await tv.evaluate(() => document.documentElement.lang), 'de');
    const own = await t.server(CONFIG);
    const other = await t.page(`${own.url}/tv`);
    await other.getByText('Nothing is scheduled for this screen').waitFor();
  },

  'while nothing is scheduled, screens show what was chosen for all, or for each': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, {}, ['green', 'white']);
    const list = await addPlaylist(server, 'Night', [{ kind: 'asset', asset: ids['slide-green'] }]);
    const tv = await t.page(`${server.url}/tv`);
    await until('it shows how to set it up', () => sees(tv, 'splash'));
    const page = await t.page(`${server.url}/screens`);
    await page.locator('.screen[data-active="true"]').waitFor();
    await page.getByText('While nothing is scheduled: name and address of this box').waitFor();

    const choose = page.getByRole('combobox', { name: 'While nothing is scheduled' });
    await page.getByRole('button', { name: 'While nothing is scheduled' }).click();
    await choose.selectOption('dark');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('While nothing is scheduled: dark').waitFor();
    await until('the TV is dark', async () => (await sees(tv, 'night')) && !(await sees(tv, 'splash')));

    await page.getByRole('button', { name: /^Edit:/ }).click();
    assert.equal(await choose.inputValue(), 'all');
    assert.equal(await choose.locator('option:checked').innerText(), 'As all screens: dark');
    await choose.selectOption({ label: 'Night' });
    await t.shoot(page, 'idle-of-one');
    await page.getByRole('button', { name: 'Save' }).click();
    await untilShows(tv);
    assert.deepEqual(await chosen(server), { all: { show: 'dark', id: null }, own: [{ show: 'playlist', id: list }] });

    await page.getByRole('button', { name: 'While nothing is scheduled' }).click();
    await choose.selectOption('asset');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Choose a file of the library.').waitFor();
    await page.getByRole('radio', { name: /slide-white/ }).check();
    await t.shoot(page, 'idle-of-all');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('While nothing is scheduled: slide-white').waitFor();
    assert.deepEqual((await chosen(server)).all, { show: 'asset', id: ids['slide-white'] });

    // A playlist that a screen shows so can't be deleted.
    const answer = await fetch(`${server.url}/api/playlists/${list}`, { method: 'DELETE' });
    assert.equal(answer.status, 409);
    await page.getByRole('button', { name: /^Edit:/ }).click();
    await choose.selectOption('all');
    await page.getByRole('button', { name: 'Save' }).click();
    await until('the TV shows the file', async () => {
      const [screen] = (await server.get('/api/screens')).screens;
      return screen.playing === 'slide-white' && screen.idle === null;
    });
  },
};
