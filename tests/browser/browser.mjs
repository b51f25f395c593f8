// One Chromium for all tests; each page gets a profile of its own.

import { createRequire } from 'node:module';

const require = createRequire(`${process.env.MARQUEE_NODE}/`);
const { chromium } = require('playwright-core');

const ARGUMENTS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

let running = null;

export function browser() {
  running = running || chromium.launch({ executablePath: process.env.CHROMIUM_HEADLESS, args: ARGUMENTS });
  return running;
}

export async function closeBrowser() {
  if (running) {
    await (await running).close();
    running = null;
  }
}

/** The source text of axe-core, to be run in a page. */
export function axeSource() {
  return require('axe-core').source;
}
