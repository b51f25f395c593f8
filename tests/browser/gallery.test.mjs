// Every page of the library, wide and narrow, light and dark: accessible, and nothing sticks out.

import { makeClip, putFile } from './clips.mjs';
import { checkAccessibility, checkWidth, SIZES } from './looks.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "640x360"\nfps = 25\n';
const NAMES = ['Harbour at dawn', 'A name that is far longer than any card will ever have room for, whatever it is', 'Ärger'];

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const settled = (page) => page.waitForLoadState('networkidle').catch(() => undefined);

export const tests = {
  'wide and narrow, light and dark: every page accessible, nothing sticks out (slow)': async (t) => {
    const server = await t.server(CONFIG);
    const ids = [];
    for (const name of NAMES) {
      ids.push(await putFile(server.url, makeClip(name.slice(0, 80), 3)));
    }
    await fetch(`${server.url}/api/assets/edit`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ids: ids.slice(0, 2), add_tags: ['lobby', 'x'], rating: 4, favorite: true }),
    });
    await fetch(`${server.url}/api/assets/bin`, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ids: [ids[2]] }),
    });
    /** @type {[string, string, string][]} name, address, what is there when it is ready */
    const pages = [
      ['home', '/', '.shelf .card'],
      ['library', '/library', '.grid .card'],
      ['nothing-found', '/library?q=nothing', '.empty'],
      ['asset', `/library/${ids[0]}`, '.asset-name'],
      ['unknown', '/library/999999', '.empty'],
      ['bin', '/bin', '.grid .card'],
      ['settings', '/settings', '.settings-part'],
    ];
    for (const [width, viewport] of SIZES) {
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        const page = await t.page('about:blank', { viewport, colorScheme });
        for (const [name, address, ready] of pages) {
          const where = `${name}-${width}-${colorScheme}`;
          await page.goto(server.url + address);
          await page.locator(ready).first().waitFor();
          await settled(page);
          await t.shoot(page, where);
          await checkAccessibility(page, where);
          await checkWidth(page);
        }
        await page.goto(`${server.url}/library`);
        await page.locator('.card-check').first().click();
        await page.locator('.select-bar').waitFor();
        await t.shoot(page, `select-${width}-${colorScheme}`);
        await checkAccessibility(page, `selecting, ${width}, ${colorScheme}`);
        await checkWidth(page);
        await page.locator('.select-bar').getByRole('button', { name: 'Tags' }).click();
        await page.getByRole('dialog').waitFor();
        await checkAccessibility(page, `tags of many, ${width}, ${colorScheme}`);
        await page.close();
      }
    }
  },
};
