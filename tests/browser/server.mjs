// The real program, with a temporary configuration and data folder.

import { spawn } from 'node:child_process';
import { constants, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { until } from './until.mjs';

/** Small enough that software encoder and decoder together leave the machine time for the rest. */
export const TEST_PICTURE = '[test]\nenabled = true\nsize = "640x360"\nfps = 25\n';
/** Two programs at a time must not want the same port. */
const ANY_PORT = '[web]\nwebrtc_port = 0\n';
const LOG_LINES = 40;

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {Set<string>} */
const folders = new Set();
// A test that hangs closes nothing: its process does.
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
});

/**
 * Starts it and waits for the address it prints.
 * @param {string} config TOML; a `[web]` section of its own has to set the port
 * @param {{login?: boolean, library?: string}} [options] login: as everybody has it who does not switch it off; library:
 *   a folder of which it gets a copy
 */
export async function startServer(config, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'marquee-browser-'));
  folders.add(folder);
  const file = path.join(folder, 'marquee.toml');
  const output = [];
  const server = {
    url: '',
    folder,
    process: null,
    log: () => output.slice(-LOG_LINES).join('\n'),
    /** @param {string} text */
    configure: (text) => writeFileSync(file, text.includes('[web]') ? text : ANY_PORT + text),
    start,
    stop,
    /** While it does not run. @param {string} other is copied */
    replaceLibrary(other) {
      const library = path.join(folder, 'library');
      rmSync(library, { recursive: true, force: true });
      cpSync(other, library, { recursive: true, mode: constants.COPYFILE_FICLONE });
    },
    async close() {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
    /** @param {string} address */
    async get(address) {
      return (await fetch(server.url + address)).json();
    },
    /** @param {string} id */
    source: async (id) => (await server.get(`/api/sources/${id}`)),
  };

  /** Again on the same port, if it ran before. */
  async function start() {
    const listen = server.url ? new URL(server.url).host : '127.0.0.1:0';
    const given = ['run', '--config', file, '--data', folder, '--listen', listen];
    const printed = output.length;
    const child = spawn(process.env.MARQUEE_BIN, options && options.login ? given : given.concat('--open'));
    server.process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => output.push(String(error)));
    server.url = await until('the program prints its address', () => {
      if (child.exitCode !== null || child.pid === undefined) {
        throw new Error(`the program ended: ${server.log()}`);
      }
      const found = /http:\/\/[^\s/]+:\d+/.exec(output.slice(printed).join('\n'));
      return found && found[0];
    });
    await server.get('/api/status');
  }

  /** @param {Buffer} data */
  function keep(data) {
    output.push(...String(data).trimEnd().split('\n'));
  }

  /** @param {NodeJS.Signals} signal */
  async function stop(signal) {
    const child = server.process;
    server.process = null;
    if (child && child.exitCode === null && child.pid !== undefined) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill(signal);
      await ended;
    }
  }

  server.configure(config);
  if (options && options.library) {
    server.replaceLibrary(options.library);
  }
  try {
    await start();
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
