// While the server is away: pages that are opened meanwhile, and pictures that were there.

import assert from 'node:assert/strict';

import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

const CONFIG = `[web]\nwebrtc_port = 0\n${TEST_PICTURE}`;

/** @typedef {import('playwright-core').Page} Page */

/** The colours of a tile's picture, few squares. @param {Page} page @returns {Promise<number[]|null>} null: there is none */
const picture = (page) => page.evaluate(() => {
  const view = /** @type {HTMLCanvasElement|HTMLVideoElement|null} */ (document.querySelector('.tile .stage-view:last-child'));
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [8, 4];
  const pen = canvas.getContext('2d');
  if (!view || !pen || (view instanceof HTMLVideoElement && !view.videoWidth)) {
    return null;
  }
  pen.drawImage(view, 0, 0, 8, 4);
  return Array.from(pen.getImageData(0, 0, 8, 4).data).filter((_, at) => at % 4 !== 3);
});

/** @type {Record<string, (t: any) => Promise<void>>} */
export const tests = {
  'pages opened while the server is away come by themselves when it is back': async (t) => {
    const server = await t.server(CONFIG);
    const page = await t.page(`${server.url}/`);
    await page.locator('.tile').waitFor();
    await page.getByRole('link', { name: 'Library', exact: true }).click();
    await page.getByText('The library is empty').waitFor();
    await server.stop('SIGKILL');
    await page.locator('.gone').waitFor();
    for (const [name, failed] of [['Screens', /./], ['Playlists', /./], ['Library', /./]]) {
      await page.getByRole('link', { name: /** @type {string} */ (name), exact: true }).click();
      await page.locator('.problem', { hasText: failed }).first().waitFor();
      await t.shoot(page, `away-${name}`);
      await server.start();
      await page.getByRole('heading', { name: /** @type {string} */ (name), level: 1 }).waitFor();
      await until('nothing is said to have failed', async () => await page.locator('[role="alert"].problem').count() === 0);
      await page.locator('.empty').first().waitFor();
      await server.stop('SIGKILL');
      await page.locator('.gone').waitFor();
    }
    await server.start();
  },

  'a tile is none of its own viewers': async (t) => {
    const server = await t.server(CONFIG);
    const page = await t.page(`${server.url}/`);
    await page.locator('.tile[data-player="playing"]').waitFor();
    await until('the box counts it', async () => (await server.source('test')).viewers.total === 1);
    await until('it does not count itself', async () => (await page.locator('.tile-viewers').innerText()).startsWith('0'));
    const other = await t.page(`${server.url}/`);
    await other.locator('.tile[data-player="playing"]').waitFor();
    await until('but others', async () => (await page.locator('.tile-viewers').innerText()).startsWith('1'));
  },
};

for (const [transport, mark] of [['webrtc', ''], ['mse', ' (slow)'], ['jpeg', ' (slow)']]) {
  tests[`a tile keeps its last picture while the server is away: ${transport}${mark}`] = async (t) => {
    const server = await t.server(CONFIG);
    const page = await t.page('about:blank');
    await page.addInitScript((name) => {
      if (name !== 'webrtc') {
        Object.assign(window, { RTCPeerConnection: undefined });
      }
      if (name === 'jpeg') {
        Object.assign(window, { MediaSource: undefined, ManagedMediaSource: undefined });
      }
    }, transport);
    await page.goto(`${server.url}/`);
    await page.locator('.tile[data-player="playing"]').waitFor();
    const bright = (/** @type {number[]|null} */ all) => Boolean(all) && Math.max(.../** @type {number[]} */ (all)) > 100;
    await until('there is a picture', async () => bright(await picture(page)));
    await server.stop('SIGKILL');
    await page.locator('.gone').waitFor();
    await page.locator('.tile[data-player="broken"]').waitFor();
    assert.ok(bright(await picture(page)), 'it is still there');
    await t.shoot(page, `away-tile-${transport}`);
    await server.start();
    await page.locator('.tile[data-player="playing"]').waitFor();
  };
}
