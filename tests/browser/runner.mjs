// Runs the tests: those that don't mind company in several processes at once, then those that need the machine to
// themselves, one after the other.

import { parseArgs } from 'node:util';

import { makeContent } from './content.mjs';
import { findTests } from './marks.mjs';
import { killWorkers, runAll } from './pool.mjs';

const WORKERS = 3;

/** @typedef {import('./marks.mjs').Test} Test */

function given() {
  const flags = ['quick', 'list', 'together', 'alone'];
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...Object.fromEntries(flags.map((flag) => [flag, { type: 'boolean' }])),
        workers: { type: 'string' },
        share: { type: 'string' },
      },
    });
    return { words: positionals, ...values, workers: Number(values.workers || WORKERS) };
  } catch (error) {
    console.error(`${/** @type {Error} */ (error).message}: see --help`);
    return process.exit(2);
  }
}

/** @param {string} text */
function indent(text) {
  return text.split('\n').map((line) => `    ${line}`).join('\n');
}

/** Prints as it goes, and keeps what is told at the end. */
function createReport() {
  /** @type {Record<string, {name: string, outcome: import('./one.mjs').Outcome}[]>} */
  const results = { passed: [], failed: [], skipped: [] };
  const on = new Set();
  const marks = { passed: 'ok     ', failed: 'FAILED ', skipped: 'skipped' };

  return {
    on,
    /** @param {string} name */
    begins(name) {
      on.add(name);
      console.log(`begins            ${name}`);
    },
    /** @param {string} name @param {number} seconds @param {import('./one.mjs').Outcome} outcome */
    ends(name, seconds, outcome) {
      on.delete(name);
      results[outcome.result].push({ name, outcome });
      const remarks = outcome.remarks ? ` (${outcome.remarks})` : '';
      console.log(`${marks[outcome.result]} ${seconds.toFixed(1).padStart(6)} s  ${name}${remarks}`);
      if (outcome.result === 'failed') {
        console.log(indent(outcome.words));
      }
    },
    /** Once more what has to be read; the last line is the sum. @returns {boolean} whether all is well */
    sum() {
      results.skipped.forEach(({ name, outcome }) => console.log(`skipped: ${name}: ${outcome.remarks}`));
      results.failed.forEach(({ name, outcome }) => console.log(`\nFAILED: ${name}\n${indent(outcome.words)}`));
      const [passed, failed, skipped] = [results.passed.length, results.failed.length, results.skipped.length];
      console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
      return failed === 0;
    },
  };
}

const options = given();
const chosen = (await findTests())
  .filter(({ name }) => !options.words.length || options.words.some((word) => name.includes(word)))
  .filter(({ marks }) => !options.quick || !marks.includes('slow'));
const alone = options.together && !options.alone ? [] : chosen.filter(({ marks }) => marks.includes('alone'));
const together = options.alone && !options.together ? [] : chosen.filter(({ marks }) => !marks.includes('alone'));
// Long ones first: none of them is left over for one process while the other has nothing to do.
together.sort((a, b) => Number(b.marks.includes('slow')) - Number(a.marks.includes('slow')));
const names = (/** @type {Test[]} */ tests) => tests.map(({ name }) => name);

if (options.list) {
  names(together.concat(alone)).forEach((name) => console.log(name));
  process.exit(0);
}
const report = createReport();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    killWorkers();
    console.log(`cut off by ${signal}; still on: ${Array.from(report.on).join('; ') || 'nothing'}`);
    process.exit(1);
  });
}
if (together.concat(alone).some(({ fills }) => fills)) {
  // Before, not by the first test that asks: no test's time is spent on it.
  const began = performance.now();
  console.log('begins            the library of the tests');
  await makeContent();
  console.log(`ready   ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  the library of the tests`);
}
await runAll(names(together), options.workers, report, options.share);
await runAll(names(alone), 1, report, options.share);
const well = report.sum();
// No test at all is a word that was mistyped.
process.exit(well && chosen.length ? 0 : 1);
