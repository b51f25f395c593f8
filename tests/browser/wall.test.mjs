// The wall of screens: recent pictures that look like the TV, groups, search; and what is said is what has happened.

import assert from 'node:assert/strict';

import { checkAccessibility } from './looks.mjs';
import { fill, addPlaylist, playAlways, send } from './signage.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
/** Of 255, on average over all squares: how letters are rounded, not another picture. */
const UNLIKE_MAX = 3;
/** Of one square: the modules of the code and the letters are smaller than it. */
const SQUARE_UNLIKE_MAX = 40;

/** @typedef {import('playwright-core').Page} Page */

/**
 * How much two pictures differ, square by square.
 * @param {Page} page
 * @param {string[]} addresses of two pictures
 * @returns {Promise<{mean: number, worst: number}>}
 */
const compared = (page, addresses) => page.evaluate(async (both) => {
  const [wide, high, square] = [960, 540, 30];
  // The mean of each square, all pixels of it: a browser that makes pictures small leaves some out.
  const means = await Promise.all(both.map(async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [wide, high];
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    pen.imageSmoothingQuality = 'high';
    pen.drawImage(image, 0, 0, wide, high);
    const { data } = pen.getImageData(0, 0, wide, high);
    const sums = new Array((wide / square) * (high / square)).fill(0);
    for (let at = 0; at < wide * high; at += 1) {
      sums[Math.floor(at / wide / square) * (wide / square) + Math.floor((at % wide) / square)] += data[4 * at];
    }
    return sums.map((sum) => sum / square / square);
  }));
  const unlike = means[0].map((mean, at) => Math.abs(mean - means[1][at]));
  return { mean: unlike.reduce((sum, each) => sum + each, 0) / unlike.length, worst: Math.max(...unlike) };
}, addresses);

/** @param {any} t @param {any} server @param {Page} tv @param {Page} page @param {string} what */
async function checkLikeness(t, server, tv, page, what) {
  const { screens: [screen] } = await server.get('/api/screens');
  const { id } = await send(server, 'POST', `/api/screens/${screen.id}/screenshot`);
  const shot = await until('the picture is there', async () => {
    const { screenshot } = (await server.get('/api/screens')).screens[0];
    return screenshot && screenshot.endsWith(`?${id}`) && screenshot;
  });
  const taken = Buffer.from(await (await fetch(server.url + shot)).arrayBuffer());
  const drawn = `data:image/jpeg;base64,${taken.toString('base64')}`;
  const seen = `data:image/png;base64,${(await tv.screenshot()).toString('base64')}`;
  const { mean, worst } = await compared(page, [drawn, seen]);
  t.note(`${what}: ${mean.toFixed(1)}, at worst ${worst} of 255`);
  await page.evaluate(async (address) => {
    const image = new Image();
    image.id = 'looked-at';
    image.src = address;
    document.body.replaceChildren(image);
    await image.decode();
  }, drawn);
  await t.shoot(page, `shot-of-${what}`);
  assert.ok(mean < UNLIKE_MAX && worst < SQUARE_UNLIKE_MAX, `${what} looks like the TV: ${mean}, at worst ${worst}`);
}

export const tests = {
  'a picture of a TV looks like the TV: splash with its code, message, name': async (t) => {
    const server = await t.server(CONFIG);
    const tv = await t.page(`${server.url}/tv`, { viewport: { width: 1280, height: 720 } });
    await tv.locator('.splash-qr').waitFor();
    await until('the code is drawn', () => tv.locator('.splash-qr').evaluate((each) => each.complete && each.naturalWidth > 0));
    const page = await t.page(`${server.url}/screens`);
    await page.locator('.screen[data-active="true"]').waitFor();
    const looking = await t.page('about:blank');
    await checkLikeness(t, server, tv, looking, 'splash');
    const text = 'The canteen is closed today, because of a long text that is broken into lines by the TV.';
    await send(server, 'PUT', '/api/message', { text, playlist: null, screens: null, minutes: 5 });
    await tv.getByText(text).waitFor();
    await checkLikeness(t, server, tv, looking, 'message');
    await send(server, 'DELETE', '/api/message');
    await until('the message is gone', async () => !(await tv.locator('.message').isVisible()));
    const { screens: [screen] } = await server.get('/api/screens');
    await send(server, 'POST', `/api/screens/${screen.id}/identify`);
    await tv.locator('.code-letters').waitFor();
    await checkLikeness(t, server, tv, looking, 'code');
  },

  'each card has a recent picture by itself; a TV that is off is not asked, and that is said': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, {}, ['green']);
    await playAlways(server, await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids['slide-green'] }]));
    const tv = await t.page(`${server.url}/tv`);
    await until('the TV is known', async () => (await server.get('/api/screens')).screens.length === 1);
    const page = await t.page(`${server.url}/screens`);
    await page.locator('.screen .screen-picture img:not([hidden])').waitFor();
    await t.shoot(page, 'screens-wall');
    await page.getByRole('button', { name: /^Take a screenshot/ }).click();
    await page.getByText(/^The picture of .* is new$/).waitFor();

    await tv.goto('about:blank');
    await server.stop('SIGTERM');
    await server.start();
    await page.reload();
    await page.locator('.screen[data-active="false"]').waitFor();
    const asked = [];
    page.on('request', (request) => request.method() === 'POST' && asked.push(request.url()));
    await page.getByRole('button', { name: /^Take a screenshot/ }).click();
    await page.getByText(/is off, so it can't be asked/).waitFor();
    await page.getByRole('button', { name: /^Show its code/ }).click();
    await until('both are said', async () => await page.getByText(/is off, so it can't be asked/).count() === 2);
    assert.deepEqual(asked, []);
    const { screens: [screen] } = await server.get('/api/screens');
    for (const what of ['screenshot', 'identify', 'reload']) {
      const answer = await fetch(`${server.url}/api/screens/${screen.id}/${what}`, { method: 'POST' });
      assert.equal(answer.status, 409, what);
    }
  },

  'a group keeps its heading when all screens are in it; screens are found, those that are on first': async (t) => {
    const server = await t.server(CONFIG);
    const names = ['Zebra', 'Aula'];
    for (const name of names) {
      const tv = await t.page(`${server.url}/tv`);
      await until('the TV is known', async () => (await server.get('/api/screens')).screens.some((/** @type {any} */ each) => /^TV/.test(each.name)));
      const { screens } = await server.get('/api/screens');
      await send(server, 'PATCH', `/api/screens/${screens.find((/** @type {any} */ each) => /^TV/.test(each.name)).id}`, { name });
      await tv.goto('about:blank');
    }
    await server.stop('SIGTERM');
    await server.start();
    const { screens } = await server.get('/api/screens');
    await send(server, 'POST', '/api/groups', { name: 'Ground floor', screens: screens.map((/** @type {any} */ each) => each.id) });
    const page = await t.page(`${server.url}/screens`);
    const heading = page.getByRole('heading', { name: 'Ground floor' });
    await heading.waitFor();
    assert.ok(/** @type {any} */ (await heading.boundingBox()).height > 10, 'it is seen');
    await page.getByRole('button', { name: 'Edit group Ground floor' }).waitFor();
    const shown = () => page.locator('.screen-name').allInnerTexts();
    await until('by name', async () => String(await shown()) === 'Aula,Zebra');
    await page.getByRole('searchbox', { name: 'Find a screen' }).fill('zeb');
    await until('found', async () => String(await shown()) === 'Zebra');
    assert.match(page.url(), /[?&]q=zeb/);
    await page.reload();
    await until('the address says it', async () => String(await shown()) === 'Zebra');
    await page.getByRole('searchbox', { name: 'Find a screen' }).fill('nowhere');
    await page.getByText('No screen has that name, code or address.').waitFor();
  },
};
