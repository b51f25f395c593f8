// What a page costs on the way: few files, small, asked for once, in one language.

import assert from 'node:assert/strict';

import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

/** Document, style sheet, colours, script, icons, and the icon of the tab. */
const FILES_MAX = 6;
/** Of all these, compressed; a phone has 200 kB in a second. */
const BYTES_MAX = 160000;
const PAGES = ['/', '/library', '/bin', '/playlists', '/schedule', '/screens', '/settings', '/live/test', '/api', '/login'];

/**
 * Keeps account of what comes for the pages: their documents and files.
 * @param {import('playwright-core').Page} page
 */
async function account(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  /** @type {Map<string, any>} */
  const known = new Map();
  session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
    if (type === 'Document' || new URL(request.url).pathname.startsWith('/ui/')) {
      known.set(requestId, { url: request.url, type, bytes: 0, cached: false, status: 0 });
    }
  });
  const note = (/** @type {string} */ id, /** @type {object} */ news) => known.has(id) && Object.assign(known.get(id), news);
  session.on('Network.requestServedFromCache', ({ requestId }) => note(requestId, { cached: true }));
  session.on('Network.responseReceived', ({ requestId, response }) => note(requestId, {
    status: response.status, encoding: response.headers['content-encoding'] || response.headers['Content-Encoding'],
    ...(response.fromDiskCache ? { cached: true } : {}),
  }));
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => note(requestId, { bytes: encodedDataLength }));
  return {
    begin: () => known.clear(),
    all: () => Array.from(known.values()),
  };
}

/** @param {import('playwright-core').Page} page */
const settled = (page) => until('the page is there', () => page.evaluate(() =>
  document.readyState === 'complete' && Boolean(document.querySelector('h1, .stage, form')) && Boolean(document.querySelector('svg symbol, #lead'))));

export const tests = {
  'a page is a few small files, and a reload asks for the document alone': async (t) => {
    const open = await t.server(TEST_PICTURE);
    const closed = await t.server(TEST_PICTURE, { login: true });
    for (const path of PAGES) {
      const server = path === '/login' ? closed : open;
      const page = await t.page('about:blank');
      const come = await account(page);
      await page.goto(server.url + path);
      await settled(page);
      const first = come.all();
      const bytes = first.reduce((sum, each) => sum + each.bytes, 0);
      const urls = first.map(({ url }) => new URL(url).pathname);
      assert.ok(first.length <= FILES_MAX, `${path}: ${first.length} files: ${urls}`);
      assert.ok(bytes <= BYTES_MAX, `${path}: ${bytes} bytes`);
      assert.ok(first.some(({ encoding }) => encoding === 'br'), `${path}: nothing is compressed`);

      come.begin();
      await page.reload();
      await settled(page);
      const again = come.all();
      const asked = again.filter(({ cached }) => !cached).map(({ url }) => new URL(url).pathname);
      assert.ok(asked.length <= 1, `${path}: a reload asks for ${asked}`);
      t.note(`${path} ${first.length} files, ${Math.round(bytes / 1000)} kB`);
      await page.context().close();
    }
  },

  'the first page of the library is asked for once, with its document': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page('about:blank');
    /** @type {string[]} */
    const asked = [];
    page.on('request', (request) => request.url().includes('/api/assets') && asked.push(new URL(request.url()).search));
    await page.goto(`${server.url}/library`);
    await page.locator('.empty').waitFor();
    assert.deepEqual(asked, ['?limit=60']);
    const { headers } = await fetch(`${server.url}/library`);
    assert.match(headers.get('link') || '', /^<\/api\/assets\?limit=60>; rel=preload/);
    assert.equal((await fetch(`${server.url}/library?q=x`)).headers.get('link'), null, 'something else is asked for there');
  },

  'a page brings one language along, and another one when it is chosen': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/settings`, { locale: 'fr-FR' });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    const script = () => page.evaluate(() => document.querySelector('script[type=module]').getAttribute('src'));
    const text = async () => (await fetch(server.url + await script())).text();
    assert.match(await script(), /\/ui\/app\.en\.[0-9a-f]{12}\.js$/);
    assert.ok(!(await text()).includes('Zum Inhalt'), 'no German where English is read');
    await page.getByLabel('Deutsch').check({ force: true });
    await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
    assert.match(await script(), /\/ui\/app\.de\.[0-9a-f]{12}\.js$/);
    assert.ok(!(await text()).includes('Skip to content'), 'no English where German is read');
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await page.goto(`${server.url}/live/test`);
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de', 'on every page');
    // As an earlier version has kept it.
    await page.context().clearCookies();
    await page.evaluate(() => localStorage.setItem('marquee.language', '"de"'));
    await page.goto(`${server.url}/schedule`);
    await page.getByRole('heading', { name: 'Zeitplan' }).waitFor();
  },
};
