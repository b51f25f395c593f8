// The pages themselves: keys, accessibility, states, looks.

import assert from 'node:assert/strict';

import { untilPlaying } from './context.mjs';
import { openCounted, workUntilEvents } from './idle.mjs';
import { checkAccessibility, checkWidth, SIZES } from './looks.mjs';
import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

/** A camera at a port where nothing listens, and one whose host says nothing at all. */
const LOST_CAMERA = `${TEST_PICTURE}
[[camera]]
id = "yard"
name = "Yard"
url = "rtsp://127.0.0.1:9/stream"
`;

/** The server sends one every 2 s: about ten seconds of an idle page. */
const IDLE_EVENTS = 5;

/** @param {import('playwright-core').Page} page */
function tilesPlay(page) {
  return until('all visible tiles play', () => page.evaluate(() => {
    const stages = [...document.querySelectorAll('.tile[data-source] .stage')].filter((stage) => {
      const box = stage.getBoundingClientRect();
      return box.top < innerHeight - 40 && box.bottom > 40;
    });
    return stages.length > 0 && stages.every((stage) => stage.marquee.state === 'playing');
  }));
}

/** @param {import('playwright-core').Page} page */
function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element ? (element.getAttribute('aria-label') || element.textContent || '').trim() : '';
  });
}

/** @param {import('playwright-core').Page} page @param {string|RegExp} label */
async function tabTo(page, label) {
  for (let step = 0; step < 20; step += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (typeof label === 'string' ? now === label : label.test(now)) {
      return;
    }
  }
  throw new Error(`Tab never came to ${label}`);
}

export const tests = {
  'keyboard only: from Live to the player, its keys, and back': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/`);
    await tilesPlay(page);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to content');
    await tabTo(page, /^Test/);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/live/test');
    await untilPlaying(page);

    const muted = () => page.evaluate(() => window.marqueePlayer.view.muted);
    const first = await muted();
    await page.keyboard.press('m');
    await until('M switches the sound', async () => (await muted()) !== first);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.keyboard.press('f');
    await until('F fills the screen', () => page.evaluate(() => Boolean(document.fullscreenElement)));
    await page.keyboard.press('f');
    await until('F again leaves it', () => page.evaluate(() => !document.fullscreenElement));

    await tabTo(page, /^Stream type/);
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await untilPlaying(page, 'mse');
    assert.match(page.url(), /\?transport=mse$/);
    await page.keyboard.press('Escape');
    await page.waitForURL(`${server.url}/`);
    await page.goBack();
    await page.waitForURL('**/live/test?transport=mse');
    await untilPlaying(page, 'mse');
  },

  'a snapshot is saved': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`, { acceptDownloads: true });
    await untilPlaying(page);
    const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('s')]);
    assert.match(download.suggestedFilename(), /\.jpg$/);
    await page.getByText('Snapshot saved').waitFor();
  },

  'controls go when idle and come back with a key': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test`);
    await untilPlaying(page);
    await page.locator('.watch[data-idle]').waitFor();
    await t.shoot(page, 'player-idle');
    await page.keyboard.press('Tab');
    await page.locator('.watch:not([data-idle])').waitFor();
  },

  'tiles play only while they can be seen': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/`);
    await tilesPlay(page);
    await page.evaluate(() => {
      const spacer = document.createElement('div');
      spacer.id = 'spacer';
      spacer.style.height = '4000px';
      document.getElementById('content').append(spacer);
      window.scrollTo(0, 3000);
    });
    await until('no viewer', async () => (await server.source('test')).viewers.total === 0);
    await page.evaluate(() => window.scrollTo(0, 0));
    await tilesPlay(page);
  },

  'a hidden page holds no connection': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page('about:blank');
    await page.addInitScript(keepStreams);
    await page.goto(`${server.url}/`);
    await tilesPlay(page);
    const open = () => page.evaluate(() => window.streams.filter((each) => each.readyState !== EventSource.CLOSED).length);
    assert.equal(await open(), 1);
    await setHidden(page, true);
    await until('no viewer', async () => (await server.source('test')).viewers.total === 0);
    assert.equal(await open(), 0, 'nor does it listen to events');
    await setHidden(page, false);
    await tilesPlay(page);
    assert.equal(await open(), 1);
  },

  'picture in picture': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/live/test?transport=webrtc`);
    await untilPlaying(page, 'webrtc');
    const small = () => page.evaluate(() => document.pictureInPictureElement === window.marqueePlayer.view);
    await page.keyboard.press('p');
    await until('the small window opens', small);
    await page.evaluate(() => window.marqueePlayer.current.end('stalled'));
    await until('it connects again', () => page.evaluate(() => window.connections.length > 1));
    await untilPlaying(page, 'webrtc');
    await until('the small window goes on', small);
    await page.keyboard.press('p');
    await until('the small window closes', () => page.evaluate(() => !document.pictureInPictureElement));
  },

  'a lost source names its cause and what to do': async (t) => {
    const server = await t.server(LOST_CAMERA);
    const page = await t.page(`${server.url}/`);
    const tile = page.locator('.tile[data-source="yard"][data-state="lost"]');
    await tile.waitFor({ timeout: 40000 });
    assert.match(await tile.innerText(), /Camera not answering since/);
    assert.match(await tile.innerText(), /Check the camera's power/);
    const attempts = (await server.source('yard')).counters.attempts;
    await tile.getByRole('button', { name: 'Try now: Yard' }).click();
    await until('it was tried', async () => (await server.source('yard')).counters.attempts > attempts);
    await page.goto(`${server.url}/live/yard`);
    await page.getByText(/Camera not answering since/).waitFor();
    await untilPlaying(page);
    await t.shoot(page, 'player-lost');
  },

  'no source, unknown source, server says no, server takes its time': async (t) => {
    const server = await t.server('[test]\nenabled = false\n');
    const page = await t.page(`${server.url}/`);
    await page.getByText('No sources yet').waitFor();
    await checkAccessibility(page, 'Live without sources');
    await t.shoot(page, 'live-empty');
    await page.getByRole('button', { name: 'Copy example' }).click();
    await page.getByText('Copied').waitFor();

    await page.goto(`${server.url}/live/nothing`);
    await page.getByText('Not found').first().waitFor();
    await t.shoot(page, 'not-found');

    const refusal = { status: 503, contentType: 'application/problem+json', body: '{"detail":"Too many pages."}' };
    await page.route('**/api/{events,sources}', (route) => route.fulfill(refusal));
    await page.goto(`${server.url}/`);
    await page.getByText('Too many pages.').waitFor();
    await t.shoot(page, 'live-failed');
    await page.unroute('**/api/{events,sources}');

    await page.route('**/api/events', () => undefined);
    await page.goto(`${server.url}/`);
    await page.locator('.skeleton').first().waitFor();
    await t.shoot(page, 'live-loading');
  },

  'a source taken out of the settings says so where it was watched': async (t) => {
    const server = await t.server(LOST_CAMERA);
    const page = await t.page(`${server.url}/live/yard`);
    await untilPlaying(page);
    server.configure(TEST_PICTURE);
    await page.getByText('There is no source “yard”').waitFor();
    await t.shoot(page, 'player-unknown');
    server.configure(LOST_CAMERA);
    await untilPlaying(page);
    await page.getByText('There is no source “yard”').waitFor({ state: 'hidden' });
  },

  'colours are remembered': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/`, { colorScheme: 'light' });
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), 'light');
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
    assert.equal(await theme(), 'dark');
    await page.reload();
    assert.equal(await theme(), 'dark');
    await page.getByRole('radio', { name: 'System' }).check({ force: true });
    assert.equal(await theme(), 'light');
  },

  'wide and narrow, light and dark: accessible, nothing sticks out (slow)': async (t) => {
    const server = await t.server(LOST_CAMERA);
    for (const [width, viewport] of SIZES) {
      for (const colorScheme of ['light', 'dark']) {
        const shot = `${width}-${colorScheme}`;
        const live = await t.page(`${server.url}/`, { viewport, colorScheme });
        await tilesPlay(live);
        await checkAccessibility(live, `Live, ${shot}`);
        await checkWidth(live);
        await t.shoot(live, `live-${shot}`);
        if (width === 'narrow') {
          await live.getByRole('button', { name: 'More' }).click();
          await live.getByRole('dialog').waitFor();
          await checkAccessibility(live, `More, ${shot}`);
          await t.shoot(live, `more-${shot}`);
        }
        await live.close();

        const player = await t.page(`${server.url}/live/test`, { viewport, colorScheme });
        await untilPlaying(player);
        await player.mouse.move(200, 200);
        await t.shoot(player, `player-${shot}`);
        await checkAccessibility(player, `the player, ${shot}`);
        await checkWidth(player);
        await player.keyboard.press('t');
        await checkAccessibility(player, `the player's menu, ${shot}`);
        await t.shoot(player, `player-menu-${shot}`);
        await player.keyboard.press('Escape');
        await player.keyboard.press('?');
        await player.getByRole('dialog').waitFor();
        await checkAccessibility(player, `the player's keys, ${shot}`);
        await t.shoot(player, `player-help-${shot}`);
        await player.close();
      }
    }
  },

  'a page that is left idle does next to nothing (slow)': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await openCounted(t, `${server.url}/`);
    await tilesPlay(page);
    const work = await workUntilEvents(page, until, IDLE_EVENTS);
    const { 'live/watchdog.js': looks, ...timers } = work.timers;
    t.note(`${(work.page_ms / 1000).toFixed(1)} s: ${looks} looks at the picture, ${work.layouts} layouts, ${work.styles} styles`);
    assert.ok(looks <= work.page_ms / 500 + 1, `the tile looks twice a second whether pictures come: ${looks} times`);
    // The clock's minute, and the state of the box that is asked for once a minute: more than one of each would be too often.
    const unexpected = Object.keys(timers).filter((name) => !['clock.js', 'shell.js'].includes(name) || timers[name] > 1);
    assert.deepEqual(unexpected, [], `timers: ${JSON.stringify(timers)}`);
    assert.deepEqual(work.animations, {}, 'it draws nothing by itself');
    assert.ok(work.requests.length <= 1 && work.requests.every((each) => each === 'GET /api/status'), `it asks: ${work.requests}`);
    // An event changes figures that are shown, or nothing; so does a minute of the clock.
    const changes = work.events + Object.values(timers).reduce((sum, fired) => sum + fired, 0);
    assert.ok(work.layouts <= changes && work.styles <= changes, JSON.stringify(work));
    assert.equal((await figuresOfTile(page)).state, 'playing');
  },
};

/**
 * What a page sees when another tab is chosen; a headless browser has no tabs to choose.
 * @param {import('playwright-core').Page} page
 * @param {boolean} hidden
 */
function setHidden(page, hidden) {
  return page.evaluate((now) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => now });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** Runs in the page: keeps the event streams it opens. */
function keepStreams() {
  const Original = window.EventSource;
  window.streams = [];
  window.EventSource = class extends Original {
    constructor(...given) {
      super(...given);
      window.streams.push(this);
    }
  };
}

/** @param {import('playwright-core').Page} page */
function figuresOfTile(page) {
  return page.evaluate(() => ({ state: document.querySelector('.tile[data-source] .stage').marquee.state }));
}
