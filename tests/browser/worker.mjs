// A process that runs the tests it is told, one after the other, with a Chromium of its own.

import { closeBrowser } from './browser.mjs';
import { findTests } from './marks.mjs';
import { runOne } from './one.mjs';

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
