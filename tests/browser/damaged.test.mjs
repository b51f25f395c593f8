// A library whose database is damaged: what the pages say of it, and the way out.

import assert from 'node:assert/strict';
import { openSync, readdirSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';

import { filled } from './content.mjs';
import { checkAccessibility } from './looks.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = "320x180"\n';
const SPARE = 'library.db.spare';
const NAMES = ['Harbour at dawn', 'Part 10'];

/** Its first pages are what no database begins with; the log beside it, which could mend them, is gone. @param {string} library */
function destroy(library) {
  writeSync(openSync(path.join(library, 'library.db'), 'r+'), Buffer.alloc(8192, 0xa5), 0, 8192, 0);
  rmSync(path.join(library, 'library.db-wal'), { force: true });
}

export const tests = {
  'a damaged library is rescued with the keyboard alone, while live pictures go on and TVs come back': async (t) => {
    const { server } = await filled(t, CONFIG, NAMES);
    const library = path.join(server.folder, 'library');
    // With each start one is made: that of the first has more than what is there now.
    await server.stop('SIGTERM');
    rmSync(path.join(library, SPARE), { force: true });
    await server.start();
    await until('a spare copy is there', () => readdirSync(library).includes(SPARE));
    await server.stop('SIGTERM');
    destroy(library);
    await server.start();

    const tv = await t.page(`${server.url}/tv`);
    await tv.getByText('Marquee cannot take in this screen just now').waitFor();
    const page = await t.page(`${server.url}/library`);
    const way = page.getByRole('link', { name: 'What can be done' });
    await way.waitFor();
    assert.equal(await page.locator('.problem').count(), 0, 'it is told once');
    const foot = page.locator('.foot').getByRole('button', { name: /problem/ });
    await foot.press('Enter');
    await page.getByRole('dialog').getByText("The library's database is damaged").waitFor();
    await page.keyboard.press('Escape');
    await way.press('Enter');
    const damaged = page.locator('#damaged');
    await damaged.getByRole('heading', { name: "The library's database is damaged" }).waitFor();
    await checkAccessibility(page, 'settings with a damaged library');
    assert.equal((await fetch(`${server.url}/live/test/frame.jpg`)).status, 200);

    await damaged.getByRole('button', { name: 'Start with an empty library' }).press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal((await server.get('/api/library')).damaged, true, 'Cancel leaves everything as it is');
    await damaged.getByRole('button', { name: 'Rescue what can be read' }).press('Enter');
    await damaged.getByText(`${NAMES.length} items are back.`).waitFor();
    await damaged.getByRole('heading', { name: 'The library is there again' }).waitFor();
    await tv.getByText('Nothing is scheduled for this screen').waitFor();

    const kept = page.locator('section', { has: page.getByRole('heading', { name: 'A damaged database is kept' }) });
    await page.route('**/api/library/set-aside', async (route) => {
      const response = await route.fetch();
      await until('the news of it comes before the answer', async () => await kept.getByRole('listitem').count() === 0);
      await route.fulfill({ response });
    });
    await page.getByRole('button', { name: 'Throw it away' }).press('Enter');
    await page.getByRole('button', { name: 'Delete for good' }).press('Enter');
    await page.getByRole('heading', { name: 'A damaged database is kept' }).waitFor({ state: 'hidden' });
    assert.deepEqual(readdirSync(library).filter((name) => name.includes('damaged')), []);
    await page.goto(`${server.url}/library`);
    await page.getByText(NAMES[0]).first().waitFor();
  },
};
