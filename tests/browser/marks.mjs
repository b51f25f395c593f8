// Finds the tests, and what their names say of them: marks stand in parentheses at the end, `(slow)` or `(slow, alone)`.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const here = path.dirname(fileURLToPath(import.meta.url));
/** slow: left out by --quick. alone: times or counts something, and needs the machine to itself. */
const MARKS = ['slow', 'alone'];

/**
 * @typedef {object} Test
 * @property {string} name with the topic, which is the file's name
 * @property {(t: any) => Promise<void>} run
 * @property {string[]} marks
 * @property {boolean} fills whether the tests of its file use the prepared library
 */

/** @param {string} name @returns {string[]} */
function marksOf(name) {
  const found = /\(([a-z, ]+)\)$/.exec(name);
  const marks = found ? found[1].split(', ') : [];
  return marks.every((mark) => MARKS.includes(mark)) ? marks : [];
}

/** @returns {Promise<Test[]>} all of the `*.test.mjs` files */
export async function findTests() {
  const found = [];
  for (const file of readdirSync(here).filter((name) => name.endsWith('.test.mjs')).sort()) {
    const { tests } = await import(`./${file}`);
    const topic = file.replace('.test.mjs', '');
    const fills = /from '\.\/(content|signage)\.mjs'/.test(readFileSync(path.join(here, file), 'utf8'));
    for (const name of Object.keys(tests)) {
      found.push({ name: `${topic}: ${name}`, run: tests[name], marks: marksOf(name), fills });
    }
  }
  return found;
}
