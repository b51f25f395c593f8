// Runs every test of the `*.test.mjs` files, one after the other: each has the machine to itself.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

import { closeBrowser } from './browser.mjs';
import { createContext } from './context.mjs';

/** The longest test waits for two restarts; beyond this something hangs. */
const TEST_MS_MAX = 120000;

const here = path.dirname(fileURLToPath(import.meta.url));
const given = process.argv.slice(2);
const words = given.filter((word) => !word.startsWith('--'));
const onlyList = given.includes('--list');
const quick = given.includes('--quick');
const unknown = given.find((word) => word.startsWith('--') && word !== '--list' && word !== '--quick');
if (unknown) {
  console.error(`${unknown} is not known: see --help`);
  process.exit(2);
}

/** @returns {Promise<[string, (t: any) => Promise<void>][]>} */
async function findTests() {
  const found = [];
  for (const file of readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort()) {
    const { tests } = await import(`./${file}`);
    const topic = file.replace('.test.mjs', '');
    for (const name of Object.keys(tests)) {
      found.push([`${topic}: ${name}`, tests[name]]);
    }
  }
  const chosen = found.filter(([name]) => !words.length || words.some((word) => name.includes(word)));
  return chosen.filter(([name]) => !quick || !/\bslow\b/.test(name));
}

/**
 * @param {string} name
 * @param {(t: any) => Promise<void>} test
 */
async function runOne(name, test) {
  const context = createContext(name);
  const began = performance.now();
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${TEST_MS_MAX / 1000} s`)), TEST_MS_MAX);
  });
  let failure = null;
  try {
    await Promise.race([test(context), late]);
    context.checkPages();
  } catch (error) {
    failure = error;
  }
  clearTimeout(timer);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${failure ? 'FAILED' : 'ok    '} ${seconds.padStart(6)} s  ${name}${context.remarks()}`);
  if (failure) {
    console.log(indent(`${failure.stack || failure}`));
    console.log(indent(await context.evidence()));
  }
  await context.close();
  return !failure;
}

/** @param {string} text */
function indent(text) {
  return text.split('\n').map((line) => `    ${line}`).join('\n');
}

const tests = await findTests();
if (onlyList) {
  tests.forEach(([name]) => console.log(name));
  process.exit(0);
}
let failed = 0;
for (const [name, test] of tests) {
  failed += (await runOne(name, test)) ? 0 : 1;
}
await closeBrowser();
console.log(`${tests.length - failed} passed, ${failed} failed`);
process.exit(failed || !tests.length ? 1 : 0);
