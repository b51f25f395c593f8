// Templates of messages, as somebody keeps and uses them on the page.

import assert from 'node:assert/strict';

import { checkAccessibility } from './looks.mjs';
import { send } from './signage.mjs';
import { until } from './until.mjs';

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';

export const tests = {
  'a message for a group is kept as a template, chosen again and deleted': async (t) => {
    const server = await t.server(CONFIG);
    const page = await t.page(`${server.url}/screens`);
    const [left] = await Promise.all(['Left', 'Right'].map(async (name) => {
      const { id } = await send(server, 'POST', '/api/screens/hello', {});
      await send(server, 'PATCH', `/api/screens/${id}`, { name });
      return id;
    }));
    await send(server, 'POST', '/api/groups', { name: 'Hall', screens: [left] });
    const open = async () => {
      await page.locator('.page-head').getByRole('button', { name: 'Message' }).click();
      await page.getByRole('dialog').waitFor();
    };
    await open();
    assert.equal(await page.getByLabel('Template', { exact: true }).isVisible(), false, 'there is none to choose');
    await page.getByRole('button', { name: 'Save as template' }).click();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Write a text or choose a playlist.').waitFor();
    await page.getByLabel('Text').fill('Please leave');
    await page.getByText('Chosen ones').click();
    await page.getByLabel('Group Hall: 1 screen').check();
    const single = page.getByRole('checkbox', { name: 'Left' });
    assert.ok(await single.isChecked() && await single.isDisabled(), 'it is in the group');
    await page.getByLabel('For how long').selectOption({ label: '15 minutes' });
    await page.getByLabel('Name of the template').fill('Fire');
    await page.getByLabel('Name of the template').press('Enter');
    await page.getByText('Template “Fire” saved').waitFor();
    assert.equal(await server.get('/api/message'), null, 'nothing is shown by that');
    await checkAccessibility(page, 'a message and its template');
    await page.keyboard.press('Escape');

    await open();
    await page.getByLabel('Text').fill('Something else');
    await page.getByRole('button', { name: 'Save as template' }).click();
    await page.getByLabel('Name of the template').fill('Fire');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Another template has this name.').waitFor();
    const [kept] = (await server.get('/api/message/templates')).templates;
    assert.equal(kept.text, 'Please leave', 'the other one is as it was');
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'Fire' });
    assert.equal(await page.getByLabel('Text').inputValue(), 'Please leave');
    await page.getByRole('button', { name: 'Show it now' }).click();
    await page.getByText(/^On now: “Please leave” · on 1 screen · until/).waitFor();
    const message = await server.get('/api/message');
    assert.deepEqual([message.screens.length, message.groups.length], [0, 1]);

    await open();
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'Fire' });
    await page.getByRole('button', { name: 'Delete template' }).click();
    // What is said stands over the dialog, where it can be taken back.
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByLabel('Template', { exact: true }).selectOption({ label: 'Fire' });
    await page.getByRole('button', { name: 'Delete template' }).click();
    await page.getByText('Template “Fire” will be deleted').waitFor();
    await page.getByLabel('Template', { exact: true }).waitFor({ state: 'hidden' });
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Undo' }).click({ trial: true });
    await page.goto(`${server.url}/settings`);
    await until('it is gone for good', async () => !(await server.get('/api/message/templates')).templates.length);
  },
};
