// One Chromium for all tests; each page gets a profile of its own.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(`${process.env.MARQUEE_NODE}/`);
const { chromium } = require('playwright-core');

const ARGUMENTS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

let running = null;

export function browser() {
  const beside = fileURLToPath(new URL('in_company', import.meta.url));
  const executablePath = process.env.MARQUEE_IN_COMPANY ? beside : process.env.CHROMIUM_HEADLESS;
  running = running || chromium.launch({ executablePath, args: ARGUMENTS });
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
