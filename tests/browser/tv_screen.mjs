// A TV: Chromium, as large as a screen of its own (Xvfb), of which a picture is taken 50 times a second.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { pause } from './until.mjs';

const require = createRequire(`${process.env.MARQUEE_NODE}/`);
const { chromium } = require('playwright-core');

const SCREEN = { width: 640, height: 360 };
/** What is kept of a picture: enough to tell black from anything else, and one item from another. */
const SAMPLE = { width: 16, height: 9 };
const SAMPLE_BYTES = SAMPLE.width * SAMPLE.height * 3;
export const SAMPLES_PER_S = 50;
/** What leads to this machine, and is no secure context, as on a LAN: browsers trust 127.0.0.1 with more. */
export const LAN_NAME = 'marquee.local';

/** A screen that nobody sees. */
async function startScreen() {
  const server = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', `${SCREEN.width}x${SCREEN.height}x24`],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const display = await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('exit', () => reject(new Error('Xvfb ended')));
    server.stdio[3].once('data', (data) => resolve(`:${String(data).trim()}`));
  });
  return { server, display };
}

/**
 * @param {object} [options] of Playwright's browser context
 */
export async function startTv(options) {
  const { server, display } = await startScreen();
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-tv-'));
  // Only the window that Chromium itself opens is as large as the screen: a context of its own, not one among others.
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM,
    headless: false,
    viewport: null,
    // As a TV has it: nothing but the page, and no finger needed for sound.
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--kiosk', '--window-position=0,0', '--disable-quic',
      `--window-size=${SCREEN.width},${SCREEN.height}`, '--autoplay-policy=no-user-gesture-required',
      '--disable-component-update', '--disable-background-networking', `--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`],
    ignoreDefaultArgs: ['--enable-automation', '--hide-scrollbars'],
    env: { ...process.env, DISPLAY: display },
    ...options,
  });
  const page = context.pages()[0] || await context.newPage();

  return {
    page,
    context,
    /**
     * Takes pictures until it is stopped.
     * @returns {{samples: Sample[], stop: () => Promise<Sample[]>}} samples: those so far
     */
    watch() {
      const samples = /** @type {Sample[]} */ ([]);
      const shape = `video/x-raw,format=RGB,width=${SAMPLE.width},height=${SAMPLE.height}`;
      const grabber = spawn('gst-launch-1.0', ['-q', 'ximagesrc', `display-name=${display}`, 'use-damage=false', 'show-pointer=true',
        '!', `video/x-raw,framerate=${SAMPLES_PER_S}/1`, '!', 'videoconvert', '!', 'videoscale', '!', shape, '!', 'fdsink', 'fd=1'],
      { stdio: ['ignore', 'pipe', 'ignore'] });
      let held = Buffer.alloc(0);
      grabber.stdout.on('data', (data) => {
        held = Buffer.concat([held, data]);
        for (; held.length >= SAMPLE_BYTES; held = held.subarray(SAMPLE_BYTES)) {
          samples.push(sampleOf(held.subarray(0, SAMPLE_BYTES)));
        }
      });
      return {
        samples,
        async stop() {
          const ended = new Promise((resolve) => grabber.once('exit', resolve));
          grabber.kill('SIGTERM');
          await ended;
          return samples;
        },
      };
    },
    /** Its processes stand still for a while, as those of a TV in its sleep. @param {number} ms */
    async sleep(ms) {
      const pids = processesOf(folder);
      pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
      await pause(ms);
      pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
      return pids.length;
    },
    async close() {
      await context.close().catch(() => undefined);
      server.kill('SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Those of a Chromium with this profile. @param {string} folder @returns {number[]} */
function processesOf(folder) {
  const runs = (/** @type {string} */ pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder);
    } catch {
      return false; // It has ended.
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && runs(name)).map(Number);
}

/**
 * The same page in the oldest engine that Debian has: WebKit 602, of 2016.
 * @param {string} url
 * @returns {Promise<{lines: {agent: string, shown: string[], bright: number}[], close: () => Promise<void>}>} a line a second
 */
export async function startOldEngine(url) {
  const { server, display } = await startScreen();
  const script = path.join(path.dirname(fileURLToPath(import.meta.url)), 'old_engine.py');
  // Debian's own Python: others do not find its packages.
  const engine = spawn('/usr/bin/python3', [script, url], { env: { ...process.env, DISPLAY: display }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  const said = [];
  createInterface({ input: engine.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  engine.stderr.on('data', (data) => said.push(String(data)));
  const ended = new Promise((resolve) => engine.once('exit', resolve));
  ended.then(() => said.length && !lines.length && console.error(said.join('')));
  return {
    lines,
    async close() {
      engine.kill('SIGTERM');
      await ended;
      server.kill('SIGTERM');
    },
  };
}

/** @typedef {{at_ms: number, colour: [number, number, number], bright: number}} Sample colour: the middle of the picture */

/** @param {Buffer} pixels @returns {Sample} */
function sampleOf(pixels) {
  let sum = 0;
  for (const value of pixels) {
    sum += value;
  }
  const middle = (Math.floor(SAMPLE.height / 2) * SAMPLE.width + 2) * 3;
  return {
    at_ms: Date.now(),
    colour: [pixels[middle], pixels[middle + 1], pixels[middle + 2]],
    bright: sum / pixels.length,
  };
}
