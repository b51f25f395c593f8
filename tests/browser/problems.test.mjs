// What is wrong: the foot names the number, and the list says what, since when, what to do and where.

import assert from 'node:assert/strict';

import { checkAccessibility, checkWidth } from './looks.mjs';
import { TEST_PICTURE } from './server.mjs';
import { until } from './until.mjs';

/** Nobody listens there. */
const CAMERA = '[[camera]]\nid = "door"\nname = "Front door"\nurl = "rtsp://127.0.0.1:9/live"\n';
const GERMAN = { locale: 'de-DE' };
const PHONE = { viewport: { width: 390, height: 844 } };

/** @typedef {import('playwright-core').Page} Page */

/** @param {Page} page */
const foot = (page) => page.locator('.foot');

export const tests = {
  'all well is said while it is so, and what is wrong is counted, listed and led to by the keyboard': async (t) => {
    const server = await t.server(TEST_PICTURE);
    const page = await t.page(`${server.url}/library`);
    await foot(page).getByText('All well').waitFor();

    server.configure(TEST_PICTURE + CAMERA);
    await foot(page).getByText('1 problem').waitFor();
    assert.equal(await foot(page).getByText('All well').isVisible(), false);
    server.configure(`${TEST_PICTURE}${CAMERA}colour = "red"\n`);
    const button = foot(page).getByRole('button', { name: '2 problems: show what is wrong' });
    await button.press('Enter');
    await page.getByRole('dialog', { name: '2 problems' }).waitFor();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'The settings file has mistakes' }).waitFor();
    const door = dialog.getByRole('listitem').filter({ hasText: 'Front door: the camera does not answer' });
    await door.getByText(/^since \d\d:\d\d$/).waitFor();
    await door.getByText("Check the camera's power, its network cable and its address.").waitFor();
    await checkAccessibility(page, 'what is wrong');
    await t.shoot(page, 'problems');

    // What is mended goes from the open list, and the focus stays where it was.
    const link = door.getByRole('link', { name: /^Go to the source/ });
    await link.focus();
    server.configure(TEST_PICTURE + CAMERA);
    await page.getByRole('dialog', { name: '1 problem' }).waitFor();
    assert.equal(await link.evaluate((element) => element === document.activeElement), true);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${server.url}/#source-door`);
    await page.locator('#source-door').getByText('Front door').waitFor();
    await dialog.waitFor({ state: 'hidden' });

    // Escape closes it, and the focus is where it was opened.
    await button.or(foot(page).getByRole('button', { name: /^1 problem/ })).press('Enter');
    await page.getByRole('dialog', { name: '1 problem' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    server.configure(TEST_PICTURE);
    await foot(page).getByText('All well').waitFor();
  },

  'a camera without a picture says where it is, what it said, and since when also after "Try now"': async (t) => {
    const server = await t.server(CAMERA);
    const page = await t.page(server.url);
    const tile = page.locator('#source-door');
    await tile.getByText(/127\.0\.0\.1:9.* · next try in \d+ s$/).waitFor();
    const { since } = await server.source('door');
    const tried = (await server.source('door')).counters.attempts;
    await tile.getByRole('button', { name: 'Try now: Front door' }).click();
    await until('it was tried again, and has failed again', async () => {
      const now = await server.source('door');
      return now.counters.attempts > tried && now.state === 'lost' && now.next_try;
    });
    assert.equal((await server.source('door')).since, since, 'the outage began where it began');
    assert.ok(Date.parse((await server.source('door')).next_try) > Date.parse(since));
    await tile.getByText(/next try in \d+ s/).waitFor();
    await checkAccessibility(page, 'a camera without a picture');
    await t.shoot(page, 'camera-lost');
  },

  'nobody says all well of a server that is gone': async (t) => {
    const server = await t.server(TEST_PICTURE + CAMERA);
    const page = await t.page(server.url);
    await foot(page).getByRole('button', { name: /^1 problem/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Front door').waitFor();
    await server.stop('SIGKILL');
    await dialog.getByText('This is what was known last').waitFor();
    await page.keyboard.press('Escape');
    await foot(page).getByText("Can't be reached").waitFor();
    assert.equal(await foot(page).getByText(/All well|problem/).isVisible(), false);

    server.configure(TEST_PICTURE);
    await server.start();
    await foot(page).getByText('All well').waitFor();
    await server.stop('SIGKILL');
    await foot(page).getByText("Can't be reached").waitFor();
    assert.equal(await foot(page).getByText('All well').isVisible(), false);
  },

  'what is wrong is listed in German on a phone, by touch': async (t) => {
    const server = await t.server(TEST_PICTURE + CAMERA);
    const page = await t.page(server.url, { ...GERMAN, ...PHONE, hasTouch: true, isMobile: true });
    server.configure(`${TEST_PICTURE}${CAMERA}colour = "red"\n`);
    await page.getByRole('button', { name: 'Mehr' }).tap();
    const button = foot(page).getByRole('button', { name: '2 Probleme: Liste anzeigen' });
    await button.tap();
    const dialog = page.getByRole('dialog', { name: '2 Probleme' });
    await dialog.getByText('Die Einstellungsdatei hat Fehler').waitFor();
    await dialog.getByText('Front door: Kamera antwortet nicht').waitFor();
    await dialog.getByText(/^seit \d\d:\d\d$/).first().waitFor();
    assert.equal(/\b(the|since|check|settings)\b/i.test(await dialog.innerText()), false, await dialog.innerText());
    await checkWidth(page);
    await checkAccessibility(page, 'what is wrong, on a phone');
    await t.shoot(page, 'problems-phone');
    await dialog.getByRole('link', { name: /^Einstellungen öffnen/ }).tap();
    await page.waitForURL(`${server.url}/settings#about`);
    await page.locator('#about pre').waitFor();
    await until('the mistakes are in sight', () => page.locator('#about').evaluate((part) => {
      const { top, bottom } = part.getBoundingClientRect();
      return top < window.innerHeight && bottom > 0;
    }));

    server.configure(TEST_PICTURE);
    await page.getByRole('button', { name: 'Mehr' }).tap();
    await foot(page).getByText('Alles in Ordnung').waitFor();
    await server.stop('SIGKILL');
    await foot(page).getByText('Nicht erreichbar', { exact: true }).waitFor();
  },
};
