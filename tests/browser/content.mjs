// The library of the tests: made once by the program under test, with thumbnails, previews and all, and copied by each
// test that needs content.

import { cpSync, createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { digest, keptFolder } from './cache.mjs';
import { gstreamer, makeClip, makeColourClip, makeSlide, putFile } from './clips.mjs';
import { startServer } from './server.mjs';
import { until } from './until.mjs';

/** Colours that are told apart, and from black, whatever a screen makes of them. @type {Record<string, string>} */
export const COLOURS = {
  red: '0xffd03030', green: '0xff30b040', blue: '0xff4060e0', orange: '0xffe09020', white: '0xffe8e8e8', pink: '0xffe050b0',
};

/** A file of the library: a video of a colour, a slide, or a clip by its name. */
const colour = (/** @type {string} */ name, /** @type {number} */ seconds) => ({
  key: `${name} ${seconds}`, make: () => makeColourClip(name, seconds, COLOURS[name]),
});
const slide = (/** @type {string} */ name) => ({ key: `slide-${name}`, make: () => makeSlide(`slide-${name}`, COLOURS[name]) });
const clip = (/** @type {string} */ name, /** @type {number} */ seconds) => ({ key: name, make: () => makeClip(name, seconds) });

const ALL = [
  ...[2, 3, 4, 6, 14, 20, 30].map((seconds) => colour('red', seconds)),
  ...[2, 3, 4, 6].map((seconds) => colour('green', seconds)),
  colour('blue', 3),
  ...['white', 'orange', 'pink', 'green'].map(slide),
  clip('Harbour at dawn', 3), clip('Part 10', 2), clip('Part 2', 2), clip('Steady', 2), clip('Long one', 400), clip('Thrown away', 2),
  clip('A name that is far longer than any card will ever have room for, whatever it is', 3), clip('Ärger', 3),
];

/** Two dozen files, on a machine that is busy with something else. */
const READY_MS_MAX = 600000;

const CONFIG = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';

/** @param {string} file @returns {Promise<string>} */
async function sumOf(file) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) {
    hash.update(piece);
  }
  return hash.digest('hex');
}

/** Of all that the library is made of: another program, or another recipe, makes another library. */
async function nameOf() {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const recipe = ['content.mjs', 'clips.mjs'].map((name) => readFileSync(path.join(here, name)));
  return digest([await sumOf(String(process.env.MARQUEE_BIN)), gstreamer(), ...recipe]);
}

/** @param {any} server */
export async function untilReady(server) {
  await until('the library is ready', async () => {
    const { assets } = await server.get('/api/assets?limit=200');
    return assets.every((/** @type {any} */ asset) => asset.work === 'done');
  }, READY_MS_MAX);
}

/** @param {string} folder */
async function make(folder) {
  const server = await startServer(CONFIG);
  try {
    /** @type {Record<string, number>} */
    const ids = {};
    for (const { key, make: file } of ALL) {
      ids[key] = await putFile(server.url, file());
    }
    await untilReady(server);
    await server.stop('SIGTERM');
    cpSync(path.join(server.folder, 'library'), path.join(folder, 'library'), { recursive: true });
    writeFileSync(path.join(folder, 'ids.json'), JSON.stringify(ids));
  } finally {
    await server.close();
  }
}

/** @returns {Promise<string>} a folder with the library and `ids.json`, of which nothing may be changed */
export async function makeContent() {
  return keptFolder('content', await nameOf(), make);
}

/** Asks whoever gives this process its orders, so that several of them don't make it at the same time. */
function askForContent() {
  return new Promise((resolve, reject) => {
    process.once('message', (/** @type {any} */ { content, error }) => (content ? resolve(content) : reject(new Error(error))));
    process.send({ content: true });
  });
}

/** @param {any} server @param {string} address @param {number[]} ids */
async function tell(server, address, ids) {
  const body = JSON.stringify({ ids });
  const answer = await fetch(server.url + address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  if (!answer.ok) {
    throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
  }
}

/** @param {string[]} keys such as `red 3`, `slide-white`, `Steady` */
async function prepared(keys) {
  const folder = await askForContent();
  const ids = JSON.parse(readFileSync(path.join(folder, 'ids.json'), 'utf8'));
  const unknown = keys.filter((key) => !(key in ids));
  if (unknown.length) {
    throw new Error(`content.mjs does not prepare ${unknown}`);
  }
  return { library: path.join(folder, 'library'), ids };
}

/** Takes all but these out of the library. @param {any} server @param {Record<string, number>} ids @param {string[]} keys */
async function keepOnly(server, ids, keys) {
  const others = Object.keys(ids).filter((key) => !keys.includes(key)).map((key) => ids[key]);
  await tell(server, '/api/assets/bin', others);
  await tell(server, '/api/assets/purge', others);
  return keys.map((key) => ids[key]);
}

/**
 * Starts a server with these in its library, ready to be played.
 * @param {any} t
 * @param {string} config
 * @param {string[]} keys
 * @returns {Promise<{server: any, ids: number[]}>}
 */
export async function filled(t, config, keys) {
  const { library, ids } = await prepared(keys);
  const server = await t.server(config, { library });
  return { server, ids: await keepOnly(server, ids, keys) };
}

/**
 * The same for a server that runs: it is started anew.
 * @param {any} server with an empty library
 * @param {string[]} keys
 * @returns {Promise<number[]>} their ids
 */
export async function fillWith(server, keys) {
  const { library, ids } = await prepared(keys);
  const { total } = await server.get('/api/assets?limit=1');
  if (total) {
    throw new Error('there is something in the library: it would be lost');
  }
  await server.stop('SIGTERM');
  server.replaceLibrary(library);
  await server.start();
  return keepOnly(server, ids, keys);
}
