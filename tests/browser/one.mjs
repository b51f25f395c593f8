// Runs one test, and says how it went.

import { createContext, Skipped } from './context.mjs';

/** The longest test waits for two restarts; beyond this something hangs. */
export const TEST_MS_MAX = 120000;

/**
 * @typedef {object} Outcome
 * @property {'passed'|'failed'|'skipped'} result
 * @property {string} remarks
 * @property {string} words of a failed test: what went wrong, and what pages and programs said
 * @property {boolean} hangs its time is over and it may still be doing things: the process has to go
 */

/** @param {import('./marks.mjs').Test} test @returns {Promise<Outcome>} */
export async function runOne(test) {
  const context = createContext(test.name);
  let timer;
  let hangs = false;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      hangs = true;
      reject(new Error(`not done after ${TEST_MS_MAX / 1000} s`));
    }, TEST_MS_MAX);
  });
  const words = [];
  let reason = '';
  // A promise that the test forgot to wait for.
  process.on('unhandledRejection', context.fault);
  try {
    await Promise.race([test.run(context), late]);
    context.checkPages();
  } catch (error) {
    if (error instanceof Skipped) {
      reason = error.message;
    } else {
      words.push(`${error.stack || error}`, await context.evidence());
    }
  }
  clearTimeout(timer);
  words.push(...await context.close());
  process.off('unhandledRejection', context.fault);
  const result = words.length ? 'failed' : reason ? 'skipped' : 'passed';
  return { result, remarks: reason || context.remarks(), words: words.join('\n'), hangs };
}
