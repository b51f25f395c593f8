// What the tests of the signage share: content, playlists, a schedule, TVs.

import { fillWith } from './content.mjs';
import { LAN_NAME, startTv } from './tv_screen.mjs';
import { until } from './until.mjs';

/** @typedef {import('playwright-core').Page|import('playwright-core').Frame} Page */

/**
 * @param {any} server
 * @param {string} method
 * @param {string} address
 * @param {object} [body]
 */
export async function send(server, method, address, body) {
  const response = await fetch(server.url + address, {
    method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${method} ${address}: ${response.status} ${text}`);
  }
  return text ? JSON.parse(text) : null;
}

/**
 * Gives a server videos and slides that can be played at once.
 * @param {any} server nothing is in its library; the program is started anew
 * @param {Record<string, number>} videos seconds by colour
 * @param {string[]} slides colours
 * @returns {Promise<Record<string, number>>} ids by name: `red`, `slide-white`
 */
export async function fill(server, videos, slides) {
  const colours = Object.keys(videos);
  const keys = colours.map((colour) => `${colour} ${videos[colour]}`).concat(slides.map((colour) => `slide-${colour}`));
  const names = colours.concat(slides.map((colour) => `slide-${colour}`));
  const ids = await fillWith(server, keys);
  return Object.fromEntries(names.map((name, at) => [name, ids[at]]));
}

/**
 * @param {any} server
 * @param {string} name
 * @param {object[]} items
 * @param {object} [more]
 * @returns {Promise<number>} id
 */
export async function addPlaylist(server, name, items, more) {
  return (await send(server, 'POST', '/api/playlists', { name, items, ...more })).id;
}

export const ALL_DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/**
 * Plays it on all screens, day and night.
 * @param {any} server
 * @param {number|null} playlist
 * @param {object} [more]
 * @returns {Promise<number>} id of the window
 */
export async function playAlways(server, playlist, more) {
  return (await send(server, 'POST', '/api/windows', {
    playlist, screens: [], groups: [], everywhere: true, days: ALL_DAYS, from: '00:00', until: '24:00', first: null, last: null,
    priority: 0, ...more,
  })).id;
}

/**
 * A TV on a screen of its own.
 * @param {any} t
 * @param {any} server
 * @param {object} [options]
 */
export async function openTv(t, server, options) {
  const tv = await startTv(options);
  t.atEnd(() => tv.close());
  tv.page.on('pageerror', (error) => t.fault(error));
  await tv.page.goto(`${server.url.replace('127.0.0.1', LAN_NAME)}/tv`);
  return tv;
}

/** What a TV has shown, the last hundred. @param {Page} page @returns {Promise<{key: string, at_ms: number, starts_ms: number}[]>} */
export const shown = (page) => page.evaluate(() => (window.marqueeTv ? window.marqueeTv.shown : []));

/** @param {Page} page @param {number} [count] @param {number} [ms_max] */
export async function untilShows(page, count = 1, ms_max = undefined) {
  await until(`the TV shows ${count} items`, async () => (await shown(page)).length >= count, ms_max);
}

/** Name of what is on the screen now. @param {Page} page */
export const nameNow = (page) => page.evaluate(() => {
  const front = window.marqueeTv && window.marqueeTv.stage.front();
  return front ? front.place.item.name : null;
});

/** Whether an overlay of the TV is seen. @param {Page} page @param {string} name */
export const sees = (page, name) => page.evaluate((overlay) => {
  const element = /** @type {HTMLElement|null} */ (document.querySelector(`.${overlay}`));
  return Boolean(element && element.style.display !== 'none');
}, name);
