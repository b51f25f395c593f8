// Below a path of a host that is shared with others: each address that a page asks for has it.

import assert from 'node:assert/strict';

import { makeClip } from './clips.mjs';
import { filled } from './content.mjs';
import { untilPlaying } from './context.mjs';
import { startProxy } from './proxy.mjs';
import { TEST_PICTURE } from './server.mjs';
import { addPlaylist, openTv, playAlways, sees, untilShows } from './signage.mjs';
import { until } from './until.mjs';

const BASE = '/house/signs';
const CONFIG = `[web]\nwebrtc_port = 0\nbase_path = "${BASE}"\n${TEST_PICTURE}`;
const PASSWORD = 'correct horse';

/** @param {any} t @param {boolean} takesOff */
async function walk(t, takesOff) {
  const { server, ids } = await filled(t, CONFIG, ['red 2', 'slide-white']);
  const proxy = await startProxy(t, server, { base: BASE, takesOff });
  const playlist = await addPlaylist(server, 'Window', [
    { kind: 'asset', asset: ids[0] }, { kind: 'asset', asset: ids[1], duration_ms: 2000 },
    { kind: 'live', source: 'test', duration_ms: 3000 },
  ]);
  await playAlways(server, playlist);

  const page = await t.page(`${proxy.url}/`);
  await page.locator('.tile[data-player="playing"]').waitFor();
  const pages = [['Library', '/library'], ['Playlists', '/playlists'], ['Schedule', '/schedule'], ['Screens', '/screens'], ['Settings', '/settings']];
  for (const [name, path] of pages) {
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    assert.equal(new URL(page.url()).pathname, BASE + path);
    await page.reload();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }
  await page.getByRole('link', { name: 'Library', exact: true }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Upload', exact: true }).first().click(),
  ]);
  await chooser.setFiles(makeClip('Chosen', 3));
  await until('it is sent', async () => (await page.locator('.panel .line').first().getAttribute('data-state')) === 'done');
  const pictures = page.locator('.card img:not([hidden])');
  await until('each file has its picture', async () => await pictures.count() === 3);
  await until('they are there', () => pictures.evaluateAll((all) => all.every((image) => /** @type {HTMLImageElement} */ (image).naturalWidth > 0)));
  await page.locator('.card a', { hasText: 'red' }).first().click();
  await page.locator('video').waitFor();
  await until('it can be played', () => page.locator('video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).readyState >= 2));
  await page.goto(`${proxy.url}/playlists/${playlist}`);
  await page.getByRole('textbox', { name: 'Name' }).waitFor();
  await page.goBack();

  for (const transport of ['webrtc', 'mse', 'mjpeg', 'jpeg']) {
    await page.goto(`${proxy.url}/live/test?transport=${transport}`);
    await untilPlaying(page, transport);
  }
  await page.keyboard.press('Escape');
  await page.waitForURL(`${proxy.url}/`);

  const tv = await openTv(t, { url: proxy.url });
  await untilShows(tv.page, 4);
  await server.get('/api/screens').then(({ screens }) => assert.equal(screens.filter((/** @type {any} */ screen) => screen.active).length, 1));
  await fetch(`${server.url}/api/windows`).then((answer) => answer.json()).then(({ windows }) =>
    fetch(`${server.url}/api/windows/${windows[0].id}`, { method: 'DELETE' }));
  await until('it says where the box is', () => sees(tv.page, 'splash'));
  assert.deepEqual(proxy.elsewhere.filter((url) => url !== '/favicon.ico'), []);
}

/** @type {Record<string, (t: any) => Promise<void>>} */
export const tests = {
  'below a base path, with a proxy that passes it on (slow)': (t) => walk(t, false),
  'below a base path, with a proxy that takes it off (slow)': (t) => walk(t, true),

  'the login leads to where one was going, below the base path; its cookie is for that alone': async (t) => {
    const server = await t.server(CONFIG.replace('[web]\n', `[web]\nadmin_password = "${PASSWORD}"\n`), { login: true });
    const proxy = await startProxy(t, server, { base: BASE, takesOff: true });
    const page = await t.page(`${proxy.url}/library?order=name`);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(`${proxy.url}/library?order=name`);
    await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
    const cookies = await page.context().cookies(proxy.url);
    assert.ok(cookies.length > 0 && cookies.every((/** @type {any} */ cookie) => cookie.path === BASE), JSON.stringify(cookies));
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${proxy.url}/login`);
    assert.deepEqual(proxy.elsewhere.filter((url) => url !== '/favicon.ico'), []);
  },
};
