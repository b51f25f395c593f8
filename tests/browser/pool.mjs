// Worker processes that take one test after the other from a queue.

import { fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

import { makeContent } from './content.mjs';
import { TEST_MS_MAX } from './one.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
/** A worker tells of a test that is late; one that does not even do that is stuck. */
const STUCK_MS = TEST_MS_MAX + 40000;

/** @typedef {import('./one.mjs').Outcome} Outcome */

/**
 * @typedef {object} Telling
 * @property {(name: string) => void} begins
 * @property {(name: string, seconds: number, outcome: Outcome) => void} ends
 */

/** @type {Set<import('node:child_process').ChildProcess>} */
const alive = new Set();

/** @type {Promise<string>|null} */
let content = null;

/** Made by the first test that asks for it, for all. @param {import('node:child_process').ChildProcess} child */
async function giveContent(child) {
  content = content || makeContent();
  const answer = await content.then((folder) => ({ content: folder }), (error) => ({ error: String(error) }));
  if (child.connected) {
    child.send(answer);
  }
}

/**
 * A process group of its own, so that what it started goes with it.
 * @param {boolean} inCompany other tests run beside it
 */
async function startWorker(inCompany) {
  const env = inCompany ? { ...process.env, MARQUEE_IN_COMPANY: '1' } : process.env;
  const child = fork(path.join(here, 'worker.mjs'), { detached: true, env });
  alive.add(child);
  child.once('exit', () => alive.delete(child));
  child.on('message', (/** @type {any} */ message) => message.content && giveContent(child));
  await heard(child, 'ready');
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
function killWorker(child) {
  try {
    process.kill(-(/** @type {number} */ (child.pid)), 'SIGKILL');
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') {
      throw error;
    }
  }
}

/** Ends everything at once. */
export function killWorkers() {
  alive.forEach(killWorker);
}

/** @param {import('node:child_process').ChildProcess} child @param {string} key of the message that is waited for */
function heard(child, key) {
  return new Promise((resolve, reject) => {
    const listen = (/** @type {any} */ message) => key in message && end(() => resolve(message[key]));
    const gone = (/** @type {number|null} */ code, /** @type {string|null} */ signal) =>
      end(() => reject(new Error(`the process of the test ended: ${signal || code}`)));
    const timer = setTimeout(() => end(() => reject(new Error('the process of the test is stuck'))), STUCK_MS);
    function end(/** @type {() => void} */ settle) {
      clearTimeout(timer);
      child.off('message', listen);
      child.off('exit', gone);
      settle();
    }
    child.on('message', listen);
    child.once('exit', gone);
  });
}

/** @param {import('node:child_process').ChildProcess} child @param {string} name @returns {Promise<Outcome>} */
async function order(child, name) {
  try {
    const answer = heard(child, 'outcome');
    child.send({ run: name });
    return await answer;
  } catch (error) {
    return { result: 'failed', remarks: '', words: String(error), hangs: true };
  }
}

/**
 * Whether nobody else with the same folder has begun with the test; nobody else will, then.
 * @param {string} name @param {string|undefined} share
 */
function isOurs(name, share) {
  try {
    share && mkdirSync(path.join(share, encodeURIComponent(name)));
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') {
      throw error;
    }
    return false;
  }
}

/**
 * Takes tests until none is left.
 * @param {() => string|undefined} next
 * @param {Telling} telling
 * @param {boolean} inCompany
 */
async function work(next, telling, inCompany) {
  let child = null;
  for (let name = next(); name; name = next()) {
    child = child || await startWorker(inCompany);
    telling.begins(name);
    const began = performance.now();
    const outcome = await order(child, name);
    telling.ends(name, (performance.now() - began) / 1000, outcome);
    if (outcome.hangs) {
      killWorker(child);
      child = null;
    }
  }
  if (child) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.send({ end: true });
    await ended;
  }
}

/**
 * @param {string[]} names
 * @param {number} workers
 * @param {Telling} telling
 * @param {string} [share] a folder of whoever else runs the same
 */
export async function runAll(names, workers, telling, share) {
  const queue = names.slice();
  const next = () => {
    while (queue.length && !isOurs(queue[0], share)) {
      queue.shift();
    }
    return queue.shift();
  };
  await Promise.all(Array.from({ length: Math.min(workers, names.length) }, () => work(next, telling, workers > 1)));
}
