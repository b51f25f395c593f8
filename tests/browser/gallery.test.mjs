// Every page of the library, wide and narrow, light and dark: accessible, and nothing sticks out.

import { filled } from './content.mjs';
import { changeLook, checkAccessibility, checkWidth, checkWidthInGerman, LOOKS, untilComplete } from './looks.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "640x360"\nfps = 25\n';
const NAMES = ['Harbour at dawn', 'A name that is far longer than any card will ever have room for, whatever it is', 'Ärger'];

/** @typedef {import('playwright-core').Page} Page */

/** @type {[string, (id: number) => string, string][]} name, address, what is there when it is ready */
const PAGES = [
  ['home', () => '/', '.shelf .card'],
  ['library', () => '/library', '.grid .card'],
  ['nothing-found', () => '/library?q=nothing', '.empty'],
  ['asset', (id) => `/library/${id}`, '.asset-name'],
  ['unknown', () => '/library/999999', '.empty'],
  ['bin', () => '/bin', '.grid .card'],
  ['settings', () => '/settings', '.settings-part:not([hidden])'],
];

/** @param {any} server @param {string} address @param {object} body */
async function post(server, address, body) {
  const answer = await fetch(server.url + address, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
  });
  if (!answer.ok) {
    throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  }
}

/** Opens a page of a library with something of each kind in it. @param {any} t @param {object} look @param {(id: number) => string} address */
async function openPage(t, look, address) {
  const { server, ids } = await filled(t, CONFIG, NAMES);
  await post(server, '/api/assets/edit', { ids: ids.slice(0, 2), add_tags: ['lobby', 'x'], rating: 4, favorite: true });
  await post(server, '/api/assets/bin', { ids: [ids[2]] });
  return t.page(server.url + address(ids[0]), look);
}

/** @param {any} t @param {Page} page @param {string} where */
async function check(t, page, where) {
  await untilComplete(page);
  await t.shoot(page, where);
  await checkAccessibility(page, where);
  await checkWidth(page);
}

/** @type {Record<string, (t: any) => Promise<void>>} */
export const tests = {};
for (const [name, address, ready] of PAGES) {
  tests[`${name}, wide and narrow, light and dark: accessible, nothing sticks out (slow)`] = async (t) => {
    const page = await openPage(t, LOOKS[0], address);
    await page.locator(ready).first().waitFor();
    for (const look of LOOKS) {
      await changeLook(page, look);
      await check(t, page, `${name}-${look.name}`);
    }
    await checkWidthInGerman(page);
  };
}

tests['selecting, wide and narrow, light and dark: accessible, nothing sticks out (slow)'] = async (t) => {
  const page = await openPage(t, LOOKS[0], () => '/library');
  await page.locator('.card-check').first().click();
  for (const look of LOOKS) {
    await changeLook(page, look);
    await page.locator('.select-bar').waitFor();
    await check(t, page, `select-${look.name}`);
    await page.locator('.select-bar').getByRole('button', { name: 'Tags' }).click();
    await page.getByRole('dialog').waitFor();
    await check(t, page, `tags-${look.name}`);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  }
};
