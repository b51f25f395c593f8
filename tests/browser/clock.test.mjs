// Times are the box's, wherever the reader is; and hours are counted as the reader's language and region count them.

import assert from 'node:assert/strict';

import { filled } from './content.mjs';
import { until } from './until.mjs';

/** Never the same day: the box is 25 hours ahead of the reader. */
const BOX = 'Pacific/Kiritimati';
const READER = 'Pacific/Pago_Pago';
const CONFIG = `[device]\ntime_zone = "${BOX}"\n[web]\nwebrtc_port = 0\n[test]\nenabled = false\n`
  + '[[camera]]\nid = "door"\nname = "Front door"\nurl = "rtsp://127.0.0.1:9/live"\n';
/** What hours look like. */
const HALVES = /^\d{1,2}:\d\d [AP]M$/;
const WHOLE = /^\d\d:\d\d$/;
/** @type {[string, RegExp][]} */
const READERS = [
  ['en-US', HALVES],
  ['en-GB', WHOLE],
  ['de-DE', WHOLE],
  // Who reads French gets English, as English is read where nobody says otherwise.
  ['fr-FR', HALVES],
];

/** Browsers put spaces of several kinds between a time and its half of the day. @param {string|null} text */
const plain = (text) => String(text).replace(/\s/gu, ' ').trim();

/** @param {string} locale @param {string|number} time @param {Intl.DateTimeFormatOptions} options */
const expected = (locale, time, options) => plain(new Intl.DateTimeFormat(locale, { timeZone: BOX, ...options }).format(new Date(time)));

export const tests = {
  'every time is the box\'s, in 24 hours or two halves by who reads': async (t) => {
    const { server, ids: [id] } = await filled(t, CONFIG, ['Steady']);
    const { added } = await server.get(`/api/assets/${id}`);
    for (const [locale, shape] of READERS) {
      const spoken = locale === 'fr-FR' ? 'en' : locale;
      const hour = shape === HALVES ? 'numeric' : '2-digit';
      const page = await t.page(server.url, { locale, timezoneId: READER });
      const clock = page.locator('.foot-clock b');
      await until(`the clock of ${locale}`, async () => {
        const now = plain(await clock.textContent());
        return shape.test(now) && now === expected(spoken, Date.now(), { hour, minute: '2-digit' });
      });
      const { since } = await server.source('door');
      const lost = expected(spoken, since, { hour, minute: '2-digit' });
      await until(`a loss as ${locale} has it`, async () => plain(await page.locator('#source-door .tile-state').textContent()).endsWith(lost));

      await page.goto(`${server.url}/library/${id}`);
      const moment = expected(spoken, added, { day: 'numeric', month: 'short', year: 'numeric', hour, minute: '2-digit' });
      await until(`when it was added as ${locale} has it: ${moment}`, async () => plain(await page.locator('.details-list').first().textContent()).includes(moment));

      await page.goto(`${server.url}/schedule`);
      const eight = shape === HALVES ? '8 AM' : '08:00';
      await until(`hours of the week in ${locale}`, async () => plain(await page.locator('.week-hours').textContent()).includes(eight));
      const today = expected('sv-SE', Date.now(), { year: 'numeric', month: '2-digit', day: '2-digit' });
      const head = page.locator('.week-head[data-today]');
      await head.waitFor();
      const named = plain(await head.textContent());
      assert.match(named, new RegExp(`\\b0?${Number(today.slice(8))}\\b`), `today is the box's: ${today}, not ${named}`);
      await t.shoot(page, `clock-${locale}`);
      await page.context().close();
    }
  },
};
