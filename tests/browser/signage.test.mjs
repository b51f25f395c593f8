// The signage in a browser: playlists arranged, a week planned, messages, screens that are known.

import assert from 'node:assert/strict';

import { checkAccessibility, checkWidth, SIZES } from './looks.mjs';
import { addPlaylist, ALL_DAYS, fill, nameNow, playAlways, sees, send, shown, untilShows } from './signage.mjs';
import { tookUntil, watchTv } from './tv_watch.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "640x360"\nfps = 25\n';
/** A message is to be seen, and gone again, within this. */
const MESSAGE_MS = 1000;

/** @typedef {import('playwright-core').Page} Page */

/** Names of the tiles in their order. @param {Page} page */
const tiles = (page) => page.locator('.film-name').allInnerTexts();

/** What the server has, as names. @param {any} server @param {number} id @param {Record<string, number>} ids */
async function stored(server, id, ids) {
  const { items } = await server.get(`/api/playlists/${id}`);
  const name = (/** @type {number} */ asset) => Object.keys(ids).find((each) => ids[each] === asset);
  return items.map((/** @type {any} */ item) => (item.kind === 'asset' ? name(item.asset) : item.tag || item.source));
}

/** @param {Page} page @param {import('playwright-core').Locator} from @param {{x: number, y: number}} to */
async function drag(page, from, to) {
  const box = /** @type {{x: number, y: number, width: number, height: number}} */ (await from.boundingBox());
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 3);
  await page.mouse.down();
  await page.mouse.move(to.x - 20, to.y - 4, { steps: 6 });
  await page.mouse.move(to.x, to.y, { steps: 4 });
}

/** The middle of the window is this time of the day. @param {Page} page @param {number} minutes */
function scrollTo(page, minutes) {
  return page.evaluate((at) => {
    const scroll = /** @type {HTMLElement} */ (document.querySelector('.week-scroll'));
    const grid = /** @type {HTMLElement} */ (document.querySelector('.week-grid'));
    scroll.scrollTop = (grid.clientHeight * at) / 1440 - scroll.clientHeight / 2;
  }, minutes);
}

/** A point of a day in the week. @param {Page} page @param {number} day @param {number} minutes */
async function pointAt(page, day, minutes) {
  const box = /** @type {any} */ (await page.locator(`.week-day[data-day="${day}"]`).boundingBox());
  return { x: box.x + box.width / 2, y: box.y + (box.height * minutes) / 1440 };
}

/** @param {any} server */
const windows = async (server) => (await server.get('/api/windows')).windows;

/** @param {any} window */
const times = (window) => `${window.days.join()} ${window.from}-${window.until}`;

export const tests = {
  'a playlist is filled, and arranged by dragging and with the keys': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 3, green: 3 }, ['white']);
    await send(server, 'PATCH', `/api/assets/${ids.green}`, { add_tags: ['lobby'] });
    const page = await t.page(`${server.url}/playlists`);
    await page.getByText('No playlists yet').waitFor();
    await page.locator('.page-head').getByRole('button', { name: 'New playlist' }).click();
    await page.getByLabel('Name').fill('Morning');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/playlists/*');
    const id = Number(page.url().split('/').pop());

    await page.locator('.page-head').getByRole('button', { name: 'Add items' }).click();
    for (const name of ['red', 'green', 'slide-white']) {
      await page.getByRole('checkbox', { name: new RegExp(`^${name}`) }).check();
    }
    await page.getByText('Tags', { exact: true }).click();
    await page.getByRole('checkbox', { name: /^lobby/ }).check();
    await page.getByText('Live', { exact: true }).last().click();
    await page.getByRole('checkbox', { name: /^Test/ }).check();
    await page.getByRole('button', { name: 'Add 5 items' }).click();
    await until('it is kept', async () => (await stored(server, id, ids)).length === 5);
    assert.deepEqual(await stored(server, id, ids), ['red', 'green', 'slide-white', 'lobby', 'test']);

    const last = /** @type {any} */ (await page.locator('.film').last().boundingBox());
    await drag(page, page.locator('.film').first(), { x: last.x + last.width - 5, y: last.y + 20 });
    await t.shoot(page, 'playlist-drag');
    await page.mouse.up();
    await until('dragged to the end', async () => String(await stored(server, id, ids)) === 'green,slide-white,lobby,test,red');
    assert.equal(await page.locator('.inspector').isVisible(), false, 'a drag is no press');

    const first = page.locator('.film').first();
    await first.focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText(/^green: now 3 of 5$/).waitFor({ state: 'attached' });
    await page.keyboard.press(' ');
    await page.keyboard.press('End');
    await page.keyboard.press(' ');
    await until('moved with the keys', async () => String(await stored(server, id, ids)) === 'slide-white,lobby,test,red,green');
    await page.keyboard.press(' ');
    await page.keyboard.press('Home');
    await page.keyboard.press('Escape');
    await until('put back', async () => String(await stored(server, id, ids)) === 'slide-white,lobby,test,red,green');
    assert.equal(await page.evaluate(() => document.activeElement && document.activeElement.textContent.includes('green')), true,
      'the focus goes along');
    await page.keyboard.press('Delete');
    await until('taken out', async () => (await stored(server, id, ids)).length === 4);
    await page.getByRole('button', { name: 'Undo' }).last().waitFor();
    await page.keyboard.press('Control+z');
    await until('and back', async () => String(await stored(server, id, ids)) === 'slide-white,lobby,test,red,green');
    await page.reload();
    await until('as it was left', async () => String(await tiles(page)) === 'slide-white,lobby,Test picture,red,green');
  },

  'durations, parts, fit and sound of items; what can not be played is said where it stands': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 6 }, ['white']);
    const items = [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids['slide-white'] }, { kind: 'tag', tag: 'nothing has it' }];
    const id = await addPlaylist(server, 'Details', items);
    const page = await t.page(`${server.url}/playlists/${id}`);
    const item = async (/** @type {number} */ at) => (await server.get(`/api/playlists/${id}`)).items[at];
    await page.locator('.film').first().click();
    await page.getByLabel('Plays from').fill('0:01');
    await page.getByLabel('Plays until').fill('4.5');
    await page.keyboard.press('Tab');
    await page.getByText('Fill', { exact: true }).click();
    await page.getByRole('checkbox', { name: 'Sound' }).uncheck();
    await until('kept', async () => {
      const now = await item(0);
      return now.from_ms === 1000 && now.until_ms === 4500 && now.fit === 'cover' && now.sound === false;
    });
    await page.getByLabel('Plays until').fill('nonsense');
    await page.keyboard.press('Tab');
    assert.equal(await page.getByLabel('Plays until').getAttribute('aria-invalid'), 'true');
    assert.equal((await item(0)).until_ms, 4500, 'what makes no sense is not taken');

    await page.locator('.film').nth(1).click();
    await page.getByLabel('Duration', { exact: true }).fill('15');
    await page.keyboard.press('Enter');
    await until('a length of its own', async () => (await item(1)).duration_ms === 15000);
    await page.getByText('Fade').click();
    await page.getByRole('button', { name: 'Shuffle' }).click();
    await until('both', async () => {
      const now = await server.get(`/api/playlists/${id}`);
      return now.transition === 'fade' && now.shuffle;
    });
    await page.getByText('Nothing has this tag').first().waitFor();
    await t.shoot(page, 'playlist-details');
    await page.goto(`${server.url}/playlists`);
    await page.getByText('1 problem').waitFor();
  },

  'a preview plays it as a TV would, and is no screen': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 3 }, ['white']);
    const id = await addPlaylist(server, 'Look', [{ kind: 'asset', asset: ids.red, until_ms: 1500 },
      { kind: 'asset', asset: ids['slide-white'], duration_ms: 1500 }]);
    const page = await t.page(`${server.url}/playlists/${id}`);
    await page.getByRole('button', { name: 'Preview' }).click();
    const frame = await until('the player', () => page.frames().find((each) => each.url().endsWith(`/tv?playlist=${id}`)));
    await until('it begins with the first item, and goes on', async () => {
      const keys = (await shown(frame)).map((each) => each.key);
      return keys.length >= 3 && keys[0].startsWith(`a${ids.red}`) && new Set(keys).size === 2;
    });
    await t.shoot(page, 'playlist-preview');
    await checkAccessibility(page, 'the preview of a playlist');
    const first = await nameNow(frame);
    await page.locator('.preview-frame').press('ArrowRight');
    await until('its keys work', async () => (await nameNow(frame)) !== first);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await until('it is over', () => page.frames().length === 1);
    assert.deepEqual((await server.get('/api/screens')).screens, []);
    assert.deepEqual((await server.get('/api/plays')).plays, []);
  },

  'a playlist that two people change: nothing is lost without a word': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, { red: 3, green: 3 }, []);
    const id = await addPlaylist(server, 'Ours', [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids.green }]);
    const page = await t.page(`${server.url}/playlists/${id}`);
    await page.locator('.film').first().waitFor();
    await send(server, 'PUT', `/api/playlists/${id}`, { name: 'Theirs', items: [{ kind: 'asset', asset: ids.red }] });
    await page.locator('.film').first().focus();
    await page.keyboard.press('Shift+ArrowRight');
    await page.getByText('Somebody else has changed this playlist').waitFor();
    assert.equal((await server.get(`/api/playlists/${id}`)).name, 'Theirs', 'theirs stands');
    await page.getByRole('button', { name: 'Show theirs' }).click();
    await until('theirs is shown', async () => String(await tiles(page)) === 'red');
    await send(server, 'PUT', `/api/playlists/${id}`, { name: 'Once more', items: [] });
    await page.getByRole('button', { name: 'Shuffle' }).click();
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await until('mine stands', async () => (await server.get(`/api/playlists/${id}`)).shuffle);
  },

  'a week is planned by drawing, moving and stretching': async (t) => {
    const server = await t.server(CONFIG);
    await addPlaylist(server, 'Morning', []);
    const page = await t.page(`${server.url}/schedule`, { viewport: { width: 1280, height: 1000 } });
    await page.locator('.week-day').first().waitFor();
    await scrollTo(page, 11 * 60);
    const from = await pointAt(page, 1, 9 * 60 + 5);
    const to = await pointAt(page, 1, 11 * 60 - 5);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 8 });
    await t.shoot(page, 'schedule-draw');
    await page.mouse.up();
    await page.getByLabel('What plays', { exact: true }).selectOption({ label: 'Morning' });
    await page.getByRole('dialog').getByRole('button', { name: 'Add' }).click();
    await until('it is there', async () => String((await windows(server)).map(times)) === 'tue 09:00-11:00');

    const hour = (await pointAt(page, 0, 600)).y - (await pointAt(page, 0, 540)).y;
    const again = /** @type {any} */ (await page.locator('.block').first().boundingBox());
    const side = (await pointAt(page, 3, 600)).x - (await pointAt(page, 1, 600)).x;
    await page.mouse.move(again.x + again.width / 2, again.y + again.height / 2);
    await page.mouse.down();
    await page.mouse.move(again.x + again.width / 2 + side, again.y + again.height / 2 + hour, { steps: 8 });
    await page.mouse.up();
    await until('moved', async () => String((await windows(server)).map(times)) === 'thu 10:00-12:00');
    const undo = page.locator('.toast-line', { hasText: 'Moved' }).getByRole('button', { name: 'Undo' });
    await undo.click();
    await until('taken back', async () => String((await windows(server)).map(times)) === 'tue 09:00-11:00');
    const back = /** @type {any} */ (await page.locator('.block').first().boundingBox());
    await page.mouse.move(back.x + back.width / 2, back.y + back.height - 3);
    await page.mouse.down();
    await page.mouse.move(back.x + back.width / 2, back.y + back.height - 3 + hour / 2, { steps: 8 });
    await page.mouse.up();
    await until('stretched', async () => String((await windows(server)).map(times)) === 'tue 09:00-11:30');
    await undo.click();
    await until('taken back, too', async () => String((await windows(server)).map(times)) === 'tue 09:00-11:00');
    await page.locator('.block').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await until('moved with the keys', async () => String((await windows(server)).map(times)) === 'tue 09:30-11:30');
    await page.keyboard.press('Delete');
    await page.getByText('Removed', { exact: true }).waitFor();
    await page.locator('.toast-close').last().click();
    await until('it is gone', async () => (await windows(server)).length === 0);
  },

  'what is moved in the schedule is not moved back by what the server said before': async (t) => {
    const server = await t.server(CONFIG);
    await playAlways(server, null, { days: ['tue'], from: '09:00', until: '11:00' });
    const page = await t.page(`${server.url}/schedule`, { viewport: { width: 1280, height: 1000 } });
    await page.locator('.block').first().waitFor();
    // The next answer is under way for as long as it takes to move the window.
    let held = false;
    const moved = new Promise((resolve) => page.exposeFunction('release', resolve));
    await page.route('**/api/windows', async (route) => {
      const response = await route.fetch();
      held = true;
      await moved;
      await route.fulfill({ response });
    }, { times: 1 });
    const [window_] = await windows(server);
    await send(server, 'PATCH', `/api/windows/${window_.id}`, { priority: 1 });
    await until('the page asks what has changed', () => held);
    await page.evaluate(noteTimes);
    await page.locator('.block').first().focus();
    await page.keyboard.press('ArrowDown');
    await until('moved', async () => String((await windows(server)).map(times)) === 'tue 09:15-11:15');
    const overtaken = page.waitForResponse((response) => response.url().endsWith('/api/windows'));
    await page.evaluate(() => window.release());
    await overtaken;
    await page.waitForResponse((response) => response.url().endsWith('/api/windows'));
    await page.keyboard.press('ArrowDown');
    await until('moved on', async () => String((await windows(server)).map(times)) === 'tue 09:30-11:30');
    assert.deepEqual(await page.evaluate(() => window.seen), ['09:15', '09:30']);
  },

  'the form does it all with the keys, and tells what plays at a moment': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, {}, ['white', 'green']);
    await addPlaylist(server, 'Day', [{ kind: 'asset', asset: ids['slide-white'] }]);
    const tv = await t.page(`${server.url}/tv`);
    await until('the screen is known', async () => (await server.get('/api/screens')).screens.length > 0);
    const [screen] = (await server.get('/api/screens')).screens;
    const page = await t.page(`${server.url}/schedule?screen=${screen.id}`);
    await page.locator('.page-head').getByRole('button', { name: 'Add to schedule' }).focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('What plays', { exact: true }).selectOption({ label: 'Day' });
    for (const key of ['Every day', 'Weekend']) {
      await page.getByRole('button', { name: key }).focus();
      await page.keyboard.press('Enter');
    }
    await page.getByLabel('From', { exact: true }).fill('22:00');
    await page.getByLabel('Until', { exact: true }).fill('06:00');
    await page.getByText('Ends on the next day').waitFor();
    await t.shoot(page, 'schedule-form');
    await checkAccessibility(page, 'the form of the schedule');
    await page.keyboard.press('Enter');
    await until('it is there', async () => String((await windows(server)).map(times)) === 'sat,sun 22:00-06:00');
    assert.deepEqual((await windows(server))[0].screens, [screen.id], 'for the screen that was looked at');

    const ask = async (/** @type {string} */ when) => {
      await page.getByLabel('At', { exact: true }).fill(when);
      await page.getByRole('button', { name: 'Check' }).click();
      return until('an answer', async () => (await page.locator('.ask-answer').innerText()).trim());
    };
    // The rule: it belongs to the day on which it starts, and excludes its end.
    assert.match(await ask('2026-07-06T05:59'), /^Day: slide-white/);
    await until('the end is outside', async () => /^Nothing scheduled/.test(await ask('2026-07-06T06:00')));
    await until('Saturday night', async () => /^Day: slide-white/.test(await ask('2026-07-11T22:00')));
    await until('Friday night', async () => /^Nothing scheduled/.test(await ask('2026-07-10T22:00')));
    await page.locator('.strip-part.hue-none').first().waitFor({ state: 'attached' });
    await tv.close();
  },

  'a message is on the screens within a second, and gone again (alone)': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, {}, ['white', 'green']);
    await playAlways(server, await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids['slide-white'] }]));
    await addPlaylist(server, 'Way out', [{ kind: 'asset', asset: ids['slide-green'] }]);
    const tvs = [await t.page(`${server.url}/tv`), await t.page(`${server.url}/tv`)];
    for (const tv of tvs) {
      await untilShows(tv);
    }
    const page = await t.page(`${server.url}/screens`);
    await page.locator('.screen[data-active="true"]').nth(1).waitFor();
    const watched = await Promise.all(tvs.map(watchTv));
    let asked_ms = 0;
    page.on('request', (request) => {
      asked_ms = request.url().endsWith('/api/message') ? Date.now() : asked_ms;
    });
    /** How long from the request until it is so on all of them. */
    const took = async (/** @type {string} */ what, /** @type {(look: import('./tv_watch.mjs').Look) => boolean} */ is) => {
      await until(what, async () => (await Promise.all(watched.map((each) => each.now()))).every((look) => look && is(look)));
      return Math.max(...watched.map(({ looks }) => tookUntil(looks, asked_ms, is)));
    };
    await page.getByRole('button', { name: 'Message' }).first().click();
    await page.getByLabel('Text').fill('Please leave by the back door');
    await page.getByLabel('Playlist').selectOption({ label: 'Way out' });
    await page.getByRole('button', { name: 'Show it now' }).click();
    const on_ms = await took('the message', (look) => look.message && look.name === 'green');
    await page.getByText('On now: “Please leave by the back door” · Way out').waitFor();
    await t.shoot(tvs[0], 'tv-message');
    await checkAccessibility(page, 'the screens under a message');
    await page.getByRole('button', { name: 'End message' }).click();
    const off_ms = await took('the end of it', (look) => !look.message && look.name === 'white');
    t.note(`on after ${on_ms.toFixed(0)} ms, off after ${off_ms.toFixed(0)} ms`);
    assert.ok(on_ms < MESSAGE_MS && off_ms < MESSAGE_MS, `within a second: ${on_ms} ms, ${off_ms} ms`);
  },

  'a TV is known by its key, shows its code, is renamed, grouped, photographed and removed': async (t) => {
    const server = await t.server(CONFIG);
    const ids = await fill(server, {}, ['green']);
    await playAlways(server, await addPlaylist(server, 'Loop', [{ kind: 'asset', asset: ids['slide-green'] }]));
    const tv = await t.page(`${server.url}/tv`);
    await untilShows(tv);
    const page = await t.page(`${server.url}/screens`);
    const card = page.locator('.screen[data-id]').first();
    await page.locator('.screen[data-active="true"]').waitFor();
    await card.getByText(/^slide-green · since/).waitFor();
    const [screen] = (await server.get('/api/screens')).screens;
    assert.equal((await server.get('/api/status')).screens_active, 1);

    await card.getByRole('button', { name: /^Take a screenshot/ }).click();
    await card.locator('img:not([hidden])').waitFor();
    const [photographed] = (await server.get('/api/screens')).screens;
    const answer = await fetch(server.url + photographed.screenshot);
    const bytes = Buffer.from(await answer.arrayBuffer());
    assert.equal(answer.headers.get('content-type'), 'image/jpeg');
    assert.ok(bytes.length < 1024 * 1024 && bytes.readUInt16BE(0) === 0xffd8, 'a JPEG of at most 1 MiB');
    const green = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      const canvas = document.createElement('canvas');
      const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
      pen.drawImage(image, 0, 0, 1, 1);
      return Array.from(pen.getImageData(0, 0, 1, 1).data);
    }, photographed.screenshot);
    assert.ok(green[1] > green[0] + 40 && green[1] > green[2] + 40, `what is on the screen is in it: ${green}`);

    await card.getByRole('button', { name: /^Show its code/ }).click();
    await until('the code is seen', async () => (await sees(tv, 'code')) && (await tv.locator('.code').innerText()).includes(screen.code));
    await t.shoot(tv, 'tv-code');
    await card.getByRole('button', { name: /^Edit/ }).click();
    await page.getByLabel('Name', { exact: true }).fill('Canteen');
    await page.getByLabel('Group', { exact: true }).selectOption({ label: 'New group…' });
    await page.getByLabel('Name of the group').fill('Ground floor');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Ground floor' }).waitFor();
    await page.getByRole('heading', { name: 'Canteen' }).waitFor();
    await t.shoot(page, 'screens');
    await tv.keyboard.press('Enter');
    await until('the TV knows its name and group', async () => /Canteen[^]*Ground floor/.test(await tv.locator('.code').innerText()));

    await tv.reload();
    await untilShows(tv);
    assert.equal((await server.get('/api/screens')).screens.length, 1, 'it is the same screen');
    await tv.evaluate(() => (window.before = true));
    await card.getByRole('button', { name: /^Reload/ }).click();
    // While it navigates, it answers nothing.
    await until('it has loaded its page anew', () => tv.evaluate(() => !window.before && Boolean(window.marqueeTv)).catch(() => false));
    await untilShows(tv);
    await tv.goto('about:blank');
    await card.getByRole('button', { name: /^Edit/ }).click();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByText(/“Canteen” will be removed/).waitFor();
    await page.locator('.toast-close').last().click();
    await until('it is gone', async () => (await server.get('/api/screens')).screens.length === 0);
  },

  // Colours do not depend on the width, nor the width on colours: each once.
  'signage pages, wide and light: accessible, nothing sticks out (slow)': (t) => gallery(t, SIZES[0], 'light'),
  'signage pages, narrow and dark: accessible, nothing sticks out (slow)': (t) => gallery(t, SIZES[1], 'dark'),
};

/** Runs in the page: keeps where the first block begins, each time that is another time. */
function noteTimes() {
  window.seen = [];
  const last = () => window.seen[window.seen.length - 1];
  new MutationObserver(() => {
    const block = document.querySelector('.block-time');
    const from = block && block.textContent.slice(0, 5);
    if (from && from !== last()) {
      window.seen.push(from);
    }
  }).observe(document.querySelector('.week'), { subtree: true, childList: true, characterData: true });
}

/** @param {any} t @param {[string, {width: number, height: number}]} size @param {'light'|'dark'} colorScheme */
async function gallery(t, [width, viewport], colorScheme) {
  const server = await t.server(CONFIG);
  const page = await t.page('about:blank', { viewport, colorScheme });
  for (const name of ['screens', 'playlists', 'schedule']) {
    await page.goto(`${server.url}/${name}`);
    await page.locator('.empty').waitFor();
    await t.shoot(page, `signage-${name}-empty-${width}-${colorScheme}`);
    await checkAccessibility(page, `${name} without content, ${width}, ${colorScheme}`);
    await checkWidth(page);
  }
  const ids = await fill(server, { red: 3, blue: 3 }, ['white']);
  await send(server, 'PATCH', `/api/assets/${ids.blue}`, { name: 'A name that is far longer than any tile will ever have room for, whatever it is' });
  const items = [{ kind: 'asset', asset: ids.red }, { kind: 'asset', asset: ids.blue }, { kind: 'asset', asset: ids['slide-white'] },
    { kind: 'tag', tag: 'none' }, { kind: 'live', source: 'test' }];
  const loop = await addPlaylist(server, 'Loop', items);
  await playAlways(server, loop, { from: '06:00', until: '22:00', days: ALL_DAYS.slice(0, 5) });
  await playAlways(server, null, { from: '22:00', until: '06:00', priority: 2 });
  await playAlways(server, loop, { from: '12:00', until: '12:30', priority: 5 });
  const tv = await t.page(`${server.url}/tv`);
  await until('the screen is known', async () => (await server.get('/api/screens')).screens.length === 1);
  const [screen] = (await server.get('/api/screens')).screens;
  await tv.close();
  await send(server, 'POST', '/api/groups', { name: 'Ground floor', screens: [screen.id] });
  await send(server, 'PUT', '/api/message', { text: 'Closing in ten minutes', playlist: null, screens: null, minutes: 60 });
  /** @type {[string, string, string][]} name, address, what is there when it is ready */
  const pages = [
    ['screens', '/screens', '.screen[data-id]'],
    ['playlists', '/playlists', '.playlist-link'],
    ['playlist', `/playlists/${loop}`, '.film'],
    ['playlist-unknown', '/playlists/999999', '.empty'],
    ['schedule', '/schedule', '.window-line'],
    ['schedule-screen', `/schedule?screen=${screen.id}`, '.window-line'],
  ];
  for (const [name, address, ready] of pages) {
    const where = `signage-${name}-${width}-${colorScheme}`;
    await page.goto(server.url + address);
    await page.locator(ready).first().waitFor();
    await until('all of it is there', () => page.evaluate(() => !document.querySelector('.skeleton')
      && Array.from(document.images).every((image) => image.complete)));
    await t.shoot(page, where);
    await checkAccessibility(page, where);
    await checkWidth(page);
  }
  const dialogs = [['/screens', 'Message'], ['/screens', 'Proof of play'], [`/playlists/${loop}`, 'Add items'], ['/schedule', 'Add to schedule']];
  for (const [address, button] of dialogs) {
    await page.goto(server.url + address);
    await page.locator('.page-head').getByRole('button', { name: button }).first().click();
    await page.getByRole('dialog').waitFor();
    await t.shoot(page, `signage-${button.replace(/ /g, '-')}-${width}-${colorScheme}`);
    await checkAccessibility(page, `${button}, ${width}, ${colorScheme}`);
  }
  await page.goto(`${server.url}/playlists/${loop}`);
  await page.locator('.film').first().click();
  await page.locator('.inspector h2').waitFor();
  await t.shoot(page, `signage-item-${width}-${colorScheme}`);
  await checkAccessibility(page, `an item, ${width}, ${colorScheme}`);
  await checkWidth(page);
  await page.close();
}
