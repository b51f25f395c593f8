// A process that runs the tests it is told, one after the other, with a Chromium of its own.

import { writeFileSync } from 'node:fs';

import { closeBrowser } from './browser.mjs';
import { findTests } from './marks.mjs';
import { runOne } from './one.mjs';

if (process.env.MARQUEE_IN_COMPANY) {
  try {
    // As in_company does it for Chromium: this process and the program it tests are a session, too.
    writeFileSync('/proc/self/autogroup', '5');
  } catch (error) {
    // A kernel without such groups shares the processors among all processes.
  }
}

const tests = await findTests();

process.on('message', async (/** @type {any} */ order) => {
  if (order.end) {
    await closeBrowser();
    process.exit(0);
  } else if (order.run) {
    const test = tests.find((each) => each.name === order.run);
    const outcome = await runOne(/** @type {import('./marks.mjs').Test} */ (test));
    process.send({ outcome }, () => outcome.hangs && process.exit(1));
  }
});
// Whoever gave the orders is gone: what was started ends with the process.
process.on('disconnect', () => process.exit(1));
process.send({ ready: true });
