// What a test gets: servers, pages, remarks; and what is cleaned up after it.

import { mkdirSync } from 'node:fs';
import path from 'node:path';

import { browser } from './browser.mjs';
import { startServer } from './server.mjs';
import { until } from './until.mjs';

/** Thrown by a test that can't be run here: it is counted and listed, and a full run has none. */
export class Skipped extends Error {}

/** @param {string} name of the test */
export function createContext(name) {
  const servers = [];
  const contexts = [];
  const notes = [];
  const ends = [];
  /** What no page may ever say, and what else went wrong beside the test. */
  const faults = [];
  const said = [];

  return {
    /** @param {string} config TOML @param {{login?: boolean, library?: string}} [options] */
    async server(config, options) {
      const server = await startServer(config, options);
      servers.push(server);
      return server;
    },

    /**
     * Opens a page.
     * @param {string} url
     * @param {object} [options] of Playwright's browser context
     */
    async page(url, options = {}) {
      const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
      contexts.push(context);
      const page = await context.newPage();
      await page.addInitScript(keepConnections);
      page.on('pageerror', (error) => faults.push(`${error.stack || error}`));
      page.on('console', (message) => {
        said.push(`${message.type()}: ${message.text()} ${message.location().url}`);
        if (/Content Security Policy/i.test(message.text())) {
          faults.push(message.text());
        }
      });
      await page.goto(url);
      return page;
    },

    /** What a test has started besides. @param {() => Promise<void>} end */
    atEnd: (end) => ends.push(end),
    /** @param {any} error of a page of its own, or of something that nobody waited for */
    fault: (error) => faults.push(`${(error && error.stack) || error}`),

    /** @param {string} text printed behind the test's name */
    note: (text) => notes.push(text),
    remarks: () => notes.join(', '),
    /** @param {string} reason */
    skip(reason) {
      throw new Skipped(reason);
    },

    checkPages() {
      if (faults.length) {
        throw new Error(`on the side: ${faults.join('\n')}`);
      }
    },

    /**
     * @param {import('playwright-core').Page} page
     * @param {string} shot
     */
    async shoot(page, shot) {
      if (process.env.MARQUEE_SHOTS) {
        mkdirSync(process.env.MARQUEE_SHOTS, { recursive: true });
        await page.screenshot({ path: path.join(process.env.MARQUEE_SHOTS, `${shot}.png`) });
      }
    },

    /** For a failed test: what the pages and programs said, and what the pages look like. */
    async evidence() {
      const parts = [`console:\n${said.slice(-20).join('\n')}`];
      for (const server of servers) {
        parts.push(`program:\n${server.log()}`);
      }
      for (const context of contexts) {
        for (const page of context.pages()) {
          const shot = this.shoot(page, `failed-${name.replace(/\W+/g, '-')}`);
          await shot.catch((error) => parts.push(`no screenshot: ${error}`));
          parts.push(`player: ${await figuresText(page)}`);
        }
      }
      return parts.join('\n');
    },

    /** Ends all of it, whatever fails on the way. @returns {Promise<string[]>} what failed */
    async close() {
      const all = [...ends, ...contexts.map((context) => () => context.close()), ...servers.map((server) => server.close)];
      const failed = [];
      for (const end of all) {
        await end().catch((error) => failed.push(`cleaning up: ${error.stack || error}`));
      }
      return failed;
    },
  };
}

/** Runs in the page: lets a test ask WebRTC for its own figures. */
function keepConnections() {
  const Original = window.RTCPeerConnection;
  window.connections = [];
  window.RTCPeerConnection = class extends Original {
    constructor(...given) {
      super(...given);
      window.connections.push(this);
    }
  };
}

/** @param {import('playwright-core').Page} page */
function figuresText(page) {
  const ask = page.evaluate(() => {
    const player = window.marqueePlayer;
    return player ? JSON.stringify([player.figures, player.ending]) : 'none';
  });
  const late = new Promise((resolve) => setTimeout(() => resolve('the page does not answer'), 3000));
  return Promise.race([ask.catch(String), late]);
}

/**
 * The player's figures, taken now; all zero before there is a player.
 * @param {import('playwright-core').Page} page
 */
export function figures(page) {
  return page.evaluate(async () => {
    const player = window.marqueePlayer;
    return player ? { ...(await player.measure()) } : { state: 'none', transport: null, framesDecoded: 0 };
  });
}

/**
 * Waits until the player page plays, by this transport if one is named, and pictures rise.
 * @param {import('playwright-core').Page} page
 * @param {string} [transport]
 */
export async function untilPlaying(page, transport) {
  await until(`plays by ${transport || 'anything'}`, async () => {
    const now = await figures(page);
    return now.state === 'playing' && (!transport || now.transport === transport);
  });
  const before = (await figures(page)).framesDecoded;
  await until('pictures rise', async () => (await figures(page)).framesDecoded > before);
}
