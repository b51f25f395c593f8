// Getting in: the first visit, the password, wrong ones, links that only look.

import assert from 'node:assert/strict';

import { checkAccessibility } from './looks.mjs';
import { until } from './until.mjs';

const CLOSED = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
const WITH_PASSWORD = '[web]\nwebrtc_port = 0\nadmin_password = "correct horse"\n[test]\nenabled = false\n';

/** @param {import('playwright-core').Page} page @param {string} password */
async function logIn(page, password) {
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

export const tests = {
  'the first visit sets the password, with the code from the log': async (t) => {
    const server = await t.server(CLOSED, { login: true });
    const page = await t.page(`${server.url}/library?order=name`);
    await page.getByRole('heading', { name: 'Welcome' }).waitFor();
    await checkAccessibility(page, 'the first visit');
    await t.shoot(page, 'setup');
    await page.getByLabel('Code').fill('no such code');
    await page.getByLabel('New password').fill('battery staple');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.getByRole('alert').filter({ hasText: /code/i }).waitFor();
    const code = await until('the code is in the log', () => {
      const found = /code[^\n]*?\b([0-9a-z]{4}(?:-?[0-9a-z]{4})+|\d{6,})\b/i.exec(server.log());
      return found && found[1];
    });
    await page.getByLabel('Code').fill(code);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.waitForURL('**/library?order=name');
    await page.getByRole('heading', { name: 'Library', level: 1 }).waitFor();

    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await logIn(page, 'battery staple');
    await page.waitForURL(`${server.url}/`);
  },

  'five wrong passwords have to wait, and the right one still gets in': async (t) => {
    const server = await t.server(WITH_PASSWORD, { login: true });
    const page = await t.page(`${server.url}/settings`);
    await page.getByRole('heading', { name: 'Log in' }).waitFor();
    await checkAccessibility(page, 'the login');
    await t.shoot(page, 'login');
    const button = page.getByRole('button', { name: 'Log in' });
    /** Tries one, and returns what the page says of it. */
    const guess = async (/** @type {string} */ password) => {
      await logIn(page, password);
      return until('an answer', async () => (await page.getByRole('alert').innerText()).trim());
    };
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      assert.match(await guess(`wrong ${attempt}`), /wrong/, 'people mistype');
    }
    // The first wait is 2 s and may be over on a machine that is busy, but each further wrong one doubles it.
    let answer = await guess('wrong 6');
    for (let attempt = 7; attempt <= 10 && !/Wait/.test(answer); attempt += 1) {
      answer = await guess(`wrong ${attempt}`);
    }
    assert.match(answer, /Wait \d+ s/);
    assert.equal(await button.isDisabled(), true);
    await t.shoot(page, 'login-wait');
    await until('one may again', () => button.isEnabled());
    await logIn(page, 'correct horse');
    await page.waitForURL(`${server.url}/settings`);
    await page.getByText('The password is set in marquee.toml').waitFor();
  },

  'a link that only looks shows everything, changes nothing, and can be revoked (slow)': async (t) => {
    const server = await t.server(WITH_PASSWORD, { login: true });
    const page = await t.page(`${server.url}/settings`);
    await logIn(page, 'correct horse');
    await page.getByRole('textbox', { name: 'Who it is for' }).fill('Reception');
    await page.getByRole('button', { name: 'Create a link' }).click();
    const link = await page.locator('.key-fresh code').first().innerText();
    assert.match(link, /^http.*\/view\/\w+/);
    await t.shoot(page, 'settings-link');

    const guest = await t.page(link);
    await guest.waitForURL(`${server.url}/`);
    await guest.getByRole('link', { name: 'Library', exact: true }).click();
    await guest.getByRole('heading', { name: 'Library', level: 1 }).waitFor();
    assert.equal(await guest.getByRole('button', { name: 'Upload' }).count(), 0);
    await checkAccessibility(guest, 'the library of who only looks');
    const refused = await guest.evaluate(async () => (await fetch('/api/assets/purge', {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"all":true}',
    })).status);
    assert.ok(refused === 401 || refused === 403, `${refused}`);

    await page.getByRole('button', { name: 'Revoke: Reception' }).click();
    await page.getByText('“Reception” is revoked').waitFor();
    const links = async () => (await page.evaluate(async () => (await fetch('/api/links')).json())).links;
    assert.equal((await links()).length, 0, 'what is said has happened');
    await guest.reload();
    await guest.getByRole('heading', { name: 'Log in' }).waitFor();

    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('“Reception” has a new link').waitFor();
    const fresh = await page.locator('.key-fresh code').first().innerText();
    assert.notEqual(fresh, link, 'the old one stays closed');
    await guest.goto(fresh);
    await guest.waitForURL(`${server.url}/`);
  },

  'the pages speak German where the browser does, or where it was chosen': async (t) => {
    const server = await t.server('[test]\nenabled = false\n');
    const page = await t.page(`${server.url}/library`, { locale: 'de-DE' });
    await page.getByRole('heading', { name: 'Mediathek', level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
    await page.goto(`${server.url}/settings`);
    await page.getByText('English').click();
    await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  },
};
