// The library in a browser: upload, sort, tag, rate, search, watch, the bin.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { makeClip, putFile } from './clips.mjs';
import { filled } from './content.mjs';
import { drop, slowDown } from './files.mjs';
import { startProxy } from './proxy.mjs';
import { until } from './until.mjs';

const NOTHING_LIVE = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
const MB = 1e6;
/** More than a page of the list. */
const ALL = 111;
/** Slow enough to be broken in the middle, quick enough to wait for. */
const SLOW_BYTES_PER_S = 4 * MB;

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page @param {string} file */
async function choose(page, file) {
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('button', { name: 'Upload', exact: true }).first().click(),
  ]);
  await chooser.setFiles(file);
}

/** @param {Page} page */
const lineState = (page) => page.locator('.panel .line').first().getAttribute('data-state');

/** @param {Page} page */
async function untilPartlySent(page) {
  await until('some of it is sent', () => page.evaluate(() => {
    const bar = document.querySelector('.panel .line progress');
    return bar instanceof HTMLProgressElement && bar.value > bar.max / 5 && bar.value < bar.max * 0.8;
  }));
}

/** @param {any} server @param {number} id @param {string} file */
async function checkStored(server, id, file) {
  const asset = await server.get(`/api/assets/${id}`);
  const stored = Buffer.from(await (await fetch(server.url + asset.original.url)).arrayBuffer());
  const sum = (/** @type {Buffer} */ bytes) => createHash('sha256').update(bytes).digest('hex');
  assert.equal(sum(stored), sum(readFileSync(file)), 'what is stored is what was sent');
}

/** @param {Page} page */
const idOfDone = async (page) =>
  Number((await page.locator('.panel .line[data-state="done"] a').first().getAttribute('href') || '').split('/').pop());

/** @param {Page} page */
const names = (page) => page.locator('.grid .card-name').allInnerTexts();

export const tests = {
  'a file dropped on the page gets through a break and a restart': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const file = makeClip('Dropped', 10, 24 * MB);
    const page = await t.page(`${server.url}/`);
    await page.getByText('The library is empty').waitFor();
    await slowDown(page, SLOW_BYTES_PER_S);
    await drop(page, file);
    await untilPartlySent(page);
    await t.shoot(page, 'upload');
    await server.stop('SIGKILL');
    await until('it waits for the server', async () => (await lineState(page)) === 'resting');
    await page.locator('.gone').waitFor();
    await t.shoot(page, 'upload-resting');
    await server.start();
    await until('it is sent', async () => (await lineState(page)) === 'done');
    await checkStored(server, await idOfDone(page), file);
    assert.deepEqual((await server.get('/api/uploads')).uploads, []);
  },

  'an upload passes a proxy that takes no more than 1 MiB at once': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const file = makeClip('Proxied', 5, 3 * MB);
    const largest = { passed: 0, refused: 0 };
    // As nginx does by default (client_max_body_size 1m).
    const proxy = await startProxy(t, server, {
      refuses(request) {
        const bytes = Number(request.headers['content-length'] || 0);
        const taken = bytes <= 1024 * 1024;
        largest[taken ? 'passed' : 'refused'] = Math.max(largest[taken ? 'passed' : 'refused'], bytes);
        return taken ? null : { status: 413, body: '<h1>413 Request Entity Too Large</h1>' };
      },
    });
    const page = await t.page(`${proxy.url}/library`);
    await choose(page, file);
    await until('it is sent', async () => (await lineState(page)) === 'done');
    await checkStored(server, await idOfDone(page), file);
    assert.ok(largest.refused > 1024 * 1024 && largest.passed > 0, JSON.stringify(largest));
  },

  'an upload goes on from page to page, is paused, and resumed after the tab was closed': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const file = makeClip('Chosen', 10, 24 * MB);
    const page = await t.page(`${server.url}/library`);
    await slowDown(page, SLOW_BYTES_PER_S);
    await choose(page, file);
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    await untilPartlySent(page);
    await page.getByRole('button', { name: 'Pause Chosen.mp4' }).click();
    await until('it is paused', async () => (await lineState(page)) === 'paused');
    const offset = async () => (await server.get('/api/uploads')).uploads[0].offset;
    await until('the server has some of it', async () => (await offset()) > 0);
    await page.reload();
    await page.getByText('Choose the same files again').waitFor();
    await t.shoot(page, 'upload-interrupted');
    const kept = await offset();
    let first = -1;
    page.on('request', (request) => {
      if (request.method() === 'PATCH' && first < 0) {
        first = Number(request.headers()['upload-offset']);
      }
    });
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Choose files' }).click(),
    ]);
    await chooser.setFiles(file);
    await until('it is sent', async () => (await lineState(page)) === 'done');
    // What was on its way when it stopped may have been kept a moment after.
    assert.ok(first > 0 && first >= kept, `it begins at ${first}, it stopped at ${kept}`);
    await checkStored(server, await idOfDone(page), file);
  },

  'a cancelled upload leaves nothing, a refused one says why': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const page = await t.page(`${server.url}/library`);
    await slowDown(page, SLOW_BYTES_PER_S);
    await choose(page, makeClip('Cancelled', 5, 24 * MB));
    await untilPartlySent(page);
    await page.getByRole('button', { name: 'Cancel Cancelled.mp4' }).click();
    await until('nothing is left', async () => (await server.get('/api/uploads')).uploads.length === 0);
    await until('nor on the page', async () => await page.locator('.panel .line').count() === 0);
    await choose(page, fileURLToPath(import.meta.url));
    await until('it is refused', async () => (await lineState(page)) === 'failed');
    assert.ok((await page.locator('.panel .line-text').innerText()).length > 10, 'with a reason');
  },

  'tag, rate, favourite, search, sort, by keyboard too': async (t) => {
    const { server } = await filled(t, NOTHING_LIVE, ['Harbour at dawn', 'Part 10', 'Part 2']);
    const page = await t.page(`${server.url}/library?order=name`);
    await until('sorted as people do', async () => String(await names(page)) === 'Harbour at dawn,Part 2,Part 10');

    await page.locator('.card-link').first().focus();
    await page.keyboard.press('4');
    await page.keyboard.press('b');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press(' ');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText('2 selected').first().waitFor();
    await page.locator('.select-bar').getByRole('button', { name: 'Tags' }).click();
    await page.keyboard.type('series');
    await page.keyboard.press('Enter');
    const all = async () => (await server.get('/api/assets?order=name')).assets;
    await until('the server knows', async () => {
      const [harbour, two, ten] = await all();
      return harbour.rating === 4 && harbour.favorite && String([two.tags, ten.tags]) === 'series,series';
    });
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await until('it is taken back', async () => (await all()).every((asset) => !asset.tags.length));

    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await page.keyboard.type('har');
    await until('found as one types', async () => String(await names(page)) === 'Harbour at dawn');
    assert.match(page.url(), /q=har/);
    await page.goBack();
    await until('the back button takes it away', async () => (await names(page)).length === 3);
    await page.getByRole('button', { name: 'Favourites' }).click();
    await until('only favourites', async () => String(await names(page)) === 'Harbour at dawn');
    await page.reload();
    await until('the address says it all', async () => String(await names(page)) === 'Harbour at dawn');
  },

  'select all takes all there are, also those that are not shown; so do the bin and the way back (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const folder = mkdtempSync(path.join(tmpdir(), 'marquee-many-'));
    t.atEnd(async () => rmSync(folder, { recursive: true }));
    for (let number = 0; number < ALL; number += 1) {
      const file = path.join(folder, `poster ${number}.svg`);
      writeFileSync(file, `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="9"><text>${number}</text></svg>`);
      await putFile(server.url, file);
    }
    const count = async (/** @type {string} */ query) => (await server.get(`/api/assets/count?${query}`)).assets;
    const page = await t.page(`${server.url}/library?q=poster`);
    const bar = page.locator('.select-bar');
    const undo = page.getByRole('button', { name: 'Undo' }).last();
    await page.getByText(`${ALL} items`).waitFor();
    await page.locator('.card-check').first().click();
    await bar.getByText('1 selected', { exact: true }).waitFor();
    await bar.getByRole('button', { name: `Select all ${ALL}` }).click();
    await page.locator('.card-check').nth(1).click();
    await bar.getByText(`${ALL - 1} selected`, { exact: true }).waitFor();
    await t.shoot(page, 'select-all');
    // What is typed before the tags have come is not lost.
    let letGo = () => undefined;
    const held = new Promise((resolve) => (letGo = /** @type {any} */ (resolve)));
    await page.route('**/api/tags', (route) => held.then(() => route.continue()));
    await bar.getByRole('button', { name: 'Tags' }).click();
    await page.keyboard.type('wall');
    await page.keyboard.press('Enter');
    await page.getByText(`${ALL - 1} changed`).waitFor();
    letGo();
    assert.equal(await count('tag=wall'), ALL - 1);
    await undo.click();
    await until('the tag is gone from all', async () => await count('tag=wall') === 0);

    await bar.getByRole('button', { name: `Select all ${ALL}` }).click();
    await bar.getByRole('button', { name: 'Bin' }).click();
    await page.getByText(`${ALL} items are in the bin`).waitFor();
    assert.deepEqual([await count('q=poster'), await count('bin=true')], [0, ALL]);
    await undo.click();
    await until('all are back', async () => await count('q=poster') === ALL);

    await fetch(`${server.url}/api/assets/bin`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ all: true }),
    });
    await page.goto(`${server.url}/bin`);
    await page.locator('.card-link').first().focus();
    await page.keyboard.press('Control+a');
    await bar.getByText(`${ALL} selected`, { exact: true }).waitFor();
    await bar.getByRole('button', { name: 'Restore' }).click();
    await page.getByText(`${ALL} items are back in the library`).waitFor();
    assert.deepEqual([await count('q=poster'), await count('bin=true')], [ALL, 0]);
  },

  'a change that is refused is taken back, with the reason': async (t) => {
    const { server, ids: [id] } = await filled(t, NOTHING_LIVE, ['Steady']);
    const page = await t.page(`${server.url}/library/${id}`);
    const favorite = page.getByRole('button', { name: 'Favourite' });
    await favorite.waitFor();
    const refusal = { status: 503, contentType: 'application/problem+json', body: '{"detail":"The disk is read-only."}' };
    await page.route(`**/api/assets/${id}`, (route) =>
      (route.request().method() === 'PATCH' ? route.fulfill(refusal) : route.fallback()));
    await favorite.click();
    await page.getByText('The disk is read-only.').waitFor();
    assert.equal(await favorite.getAttribute('aria-pressed'), 'false');
    await page.unroute(`**/api/assets/${id}`);
    await favorite.click();
    await until('now it is one', async () => (await server.get(`/api/assets/${id}`)).favorite);
  },

  'watched, left in the middle, and resumed there': async (t) => {
    const { server, ids: [id] } = await filled(t, NOTHING_LIVE, ['Long one']);
    const page = await t.page(`${server.url}/library`);
    await page.getByRole('link', { name: /^Long one/ }).click();
    const at = () => page.evaluate(() => {
      const video = document.querySelector('video');
      return video && !video.paused ? video.currentTime : -1;
    });
    await until('it plays by itself', async () => (await at()) > 0.5);
    await page.evaluate(() => {
      const video = /** @type {HTMLVideoElement} */ (document.querySelector('video'));
      video.currentTime = 100;
    });
    await until('it plays on there', async () => (await at()) > 106);
    await until('it was watched once', async () => (await server.get(`/api/assets/${id}`)).views === 1);
    await page.keyboard.press('Escape');
    await page.waitForURL('**/library');
    await until('its place is known', async () => (await server.get(`/api/assets/${id}`)).resume_ms > 100000);
    await page.goto(`${server.url}/`);
    await page.getByRole('heading', { name: 'Continue watching' }).waitFor();
    await page.getByRole('link', { name: /^Long one/ }).first().click();
    await page.getByText(/^Resumed at [1-3]:\d\d/).waitFor();
    await until('it goes on there', async () => (await at()) > 100);
    assert.equal((await server.get(`/api/assets/${id}`)).views, 1);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Play from the beginning' }).click();
    await until('from the beginning', async () => (await at()) < 20);
  },

  'the bin: undone, restored, deleted for good': async (t) => {
    const { server, ids: [id] } = await filled(t, NOTHING_LIVE, ['Thrown away']);
    const binned = async () => (await server.get(`/api/assets/${id}`)).binned !== null;
    const page = await t.page(`${server.url}/library`);
    await page.locator('.card-link').focus();
    await page.keyboard.press('Delete');
    await until('it is in the bin', binned);
    // It can be taken back once the page knows that the server has done it.
    await page.getByRole('button', { name: 'Undo' }).waitFor();
    await page.keyboard.press('Control+z');
    await until('undone', async () => !(await binned()));
    await page.getByRole('link', { name: /^Thrown away/ }).focus();
    await page.keyboard.press('Delete');
    await until('in the bin again', binned);
    await page.getByRole('link', { name: 'Bin', exact: true }).click();
    await page.getByRole('link', { name: /^Thrown away/ }).focus();
    await page.keyboard.press('u');
    await until('restored', async () => !(await binned()));
    await page.getByText('The bin is empty').waitFor();

    await fetch(`${server.url}/api/assets/bin`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ids: [id] }),
    });
    await page.reload();
    await page.getByRole('button', { name: 'Empty the bin' }).click();
    await page.getByText('The bin will be emptied').waitFor();
    assert.ok(await binned(), 'for ten seconds it can be undone');
    await page.locator('.toast-close').last().click();
    await until('it is gone', async () => (await fetch(`${server.url}/api/assets/${id}`)).status === 404);
  },

  'of 100,000 assets only those in the window exist (slow)': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const page = await t.page('about:blank');
    const total = 100000;
    await page.route('**/api/assets?*', (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get('after') || 0);
      const assets = Array.from({ length: Math.min(Number(query.get('limit')), total - from) }, (_, index) => ({
        id: from + index + 1, kind: 'video', name: `Clip ${from + index + 1}`, added: '2026-01-01T00:00:00Z', binned: null,
        duration_ms: 60000, width: 1920, height: 1080, favorite: false, rating: 0, views: 0, last_watched: null,
        position_ms: 0, resume_ms: null, thumbnail: null, preview: null, tags: [], work: 'done',
      }));
      route.fulfill({ json: { assets, next: from + assets.length < total ? String(from + assets.length) : null, total } });
    });
    await page.goto(`${server.url}/library`);
    await page.getByText('100,000 items').waitFor();
    await page.locator('.card-link').first().focus();
    for (let step = 0; step < 25; step += 1) {
      const before = await page.evaluate(() => document.documentElement.scrollHeight);
      await page.keyboard.press('End');
      await until('the next page comes', () =>
        page.evaluate((height) => document.documentElement.scrollHeight > height, before));
    }
    const cards = await page.locator('.card').count();
    const last = await page.evaluate(() => document.activeElement && document.activeElement.textContent);
    assert.ok(cards < 120, `${cards} cards exist`);
    assert.ok(Number(/\d+/.exec(String(last))) > 1000, `the focus is at ${last}`);
    t.note(`${cards} cards at ${last}`);
    const isSeen = () => page.evaluate((name) => {
      const { top, bottom } = document.activeElement.getBoundingClientRect();
      return document.activeElement.textContent === name && top >= 0 && bottom <= innerHeight;
    }, last);
    await until('the page has been scrolled to it', isSeen);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await page.goBack();
    await until('one is where one was, with the focus', isSeen);
  },

  'the keys for the speed say which one it is': async (t) => {
    const { server, ids: [id] } = await filled(t, NOTHING_LIVE, ['Long one']);
    const page = await t.page(`${server.url}/library/${id}`);
    const speed = () => page.locator('video').evaluate((video) => /** @type {HTMLVideoElement} */ (video).playbackRate);
    await page.locator('video').waitFor();
    await page.keyboard.press('>');
    await page.getByText('Speed 1.25×').waitFor();
    assert.equal(await speed(), 1.25);
    for (let times = 0; times < 9; times += 1) {
      await page.keyboard.press('<');
    }
    await page.getByText('Speed 0.25×').waitFor();
    assert.equal(await speed(), 0.25);
  },

  'what was asked for on a page that was left takes nobody away': async (t) => {
    const { server } = await filled(t, NOTHING_LIVE, ['Thrown away']);
    const page = await t.page(`${server.url}/library`);
    await page.locator('.card-link').waitFor();
    const random = new Promise((resolve) => page.route('**/api/assets/random*', resolve));
    await page.getByRole('button', { name: 'Random' }).click();
    const chosen = await random;
    await page.getByRole('link', { name: 'Bin', exact: true }).click();
    await page.getByText('The bin is empty').waitFor();
    const answered = page.waitForResponse('**/api/assets/random*');
    await chosen.continue();
    await (await answered).finished();
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(new URL(page.url()).pathname, '/bin', 'chance takes nobody away from where he has gone since');
  },
};
