// What the server refuses, in the language of whoever reads it.

import assert from 'node:assert/strict';

import { drop } from './files.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\nadmin_password = "correct horse"\n[test]\nenabled = false\n';
const GERMAN = { locale: 'de-DE' };

export const tests = {
  'a wrong password, a file that is no backup, a ZIP and a playlist in use are refused in German': async (t) => {
    const server = await t.server(CONFIG, { login: true });
    const page = await t.page(`${server.url}/settings`, GERMAN);
    const logIn = async (/** @type {string} */ password) => {
      await page.getByLabel('Passwort', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Anmelden' }).click();
    };
    await logIn('wrong horse');
    await page.getByText('Das Passwort ist falsch.').waitFor();
    await logIn('correct horse');
    await page.getByRole('heading', { name: 'Einstellungen', level: 1 }).waitFor();

    const tar = { name: 'urlaub.tar', mimeType: 'application/x-tar', buffer: Buffer.alloc(2048, 'x') };
    await page.locator('#backup input[type=file]').setInputFiles(tar);
    await page.locator('#backup .key-fresh .button.main').click();
    await page.getByText('Das ist keine Sicherung von Marquee, oder sie ist beschädigt. Nichts wurde geändert.').waitFor();

    const asked = (/** @type {string} */ method, /** @type {string} */ path, /** @type {object|undefined} */ body) =>
      page.evaluate(async ([verb, address, content]) => {
        const response = await fetch(/** @type {string} */ (address), {
          method: /** @type {string} */ (verb), headers: { 'Content-Type': 'application/json' }, body: content && JSON.stringify(content),
        });
        return { status: response.status, body: await response.json().catch(() => null) };
      }, /** @type {any[]} */ ([method, path, body]));
    const { body: playlist } = await asked('POST', '/api/playlists', { name: 'Menü' });
    await asked('POST', '/api/message/templates', { name: 'Mittag', playlist: playlist.id });
    const refused = await asked('DELETE', `/api/playlists/${playlist.id}`, undefined);
    assert.deepEqual([refused.status, refused.body.code, refused.body.used_by], [409, 'in_use', 'template']);
    await page.goto(`${server.url}/playlists`);
    await page.getByRole('button', { name: 'Menü löschen' }).first().click();
    // The server hears of it when it can no longer be undone.
    await page.getByText('Das wird noch gebraucht: in einer Vorlage für Meldungen. Ändere zuerst das.').waitFor();

    await page.goto(`${server.url}/library`);
    await page.getByRole('heading', { name: 'Mediathek', level: 1 }).waitFor();
    await drop(page, { name: 'bilder.mp4', mimeType: 'video/mp4', buffer: Buffer.from('PK\x03\x04 and more') });
    await page.getByText('Entpacke sie, oder speichere das Dokument als PDF').waitFor();
  },
};
