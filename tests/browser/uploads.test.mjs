// Uploads by a client that is not ours, through everything that can break on the way.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(`${process.env.MARQUEE_NODE}/`);
const tus = require('tus-js-client');

const NOTHING_LIVE = '[web]\nwebrtc_port = 0\n[test]\nenabled = false\n';
const MIB = 1 << 20;
/** Beyond what is kept while an upload goes on, twice. */
const FILE_BYTES = 80 * MIB;
/** A restart takes a few seconds on a busy machine. */
const RETRY_DELAYS = Array(60).fill(500);

/** Looks like a video for as far as uploads look, and is another one each time. */
function video(bytes) {
  return Buffer.concat([Buffer.from('\0\0\0\x20ftypisom'), randomBytes(bytes - 12)]);
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Uploads a file; each of `breaks` is called once, when so much was sent. Returns the asset's number.
 * @param {string} endpoint
 * @param {string} file
 * @param {{at: number, run: (upload: any) => void}[]} breaks
 */
function upload(endpoint, file, breaks) {
  return new Promise((resolve, reject) => {
    const begin = (uploadUrl) => {
      const upload = new tus.Upload(createReadStream(file), {
        endpoint,
        uploadUrl,
        retryDelays: RETRY_DELAYS,
        metadata: { filename: 'Large one.mp4', tags: 'holiday,2026' },
        onProgress(sent) {
          if (breaks.length && sent >= breaks[0].at) {
            breaks.shift().run({ stop: () => upload.abort(), goOn: () => begin(upload.url) });
          }
        },
        onError: reject,
        onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader('Marquee-Asset')),
      });
      upload.start();
    };
    begin(null);
  });
}

async function checkAsset(server, id, content) {
  const asset = await server.get(`/api/assets/${id}`);
  assert.equal(asset.original.bytes, content.length);
  const answer = await fetch(server.url + asset.original.url);
  assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), sha256(content));
  return asset;
}

export const tests = {
  'tus-js-client gets a file through kills and a page that was closed': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const folder = mkdtempSync(path.join(tmpdir(), 'marquee-upload-'));
    try {
      const file = path.join(folder, 'file');
      writeFileSync(file, video(FILE_BYTES));
      let killed = Promise.resolve();
      const kill = () => {
        killed = server.stop('SIGKILL').then(() => server.start());
      };
      const breaks = [
        { at: 10 * MIB, run: kill },
        { at: 45 * MIB, run: async (self) => { await self.stop(); self.goOn(); } },
        { at: 70 * MIB, run: kill },
      ];
      const id = await upload(`${server.url}/api/uploads`, file, breaks);
      assert.equal(breaks.length, 0);
      // The last bytes may have been there before the last kill.
      await killed;
      const asset = await checkAsset(server, id, readFileSync(file));
      assert.equal(asset.name, 'Large one');
      assert.deepEqual([...asset.tags].sort(), ['2026', 'holiday']);
      assert.deepEqual((await server.get('/api/uploads')).uploads, []);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },

  'tus-js-client in a browser goes on after a restart, and hears what is refused': async (t) => {
    const server = await t.server(NOTHING_LIVE);
    const page = await t.page(`${server.url}/`);
    await page.evaluate(readFileSync(require.resolve('tus-js-client/dist/tus.js'), 'utf8'));
    await page.evaluate(defineSend);
    const sending = page.evaluate(({ bytes, delays }) => window.send('a.mp4', bytes, delays),
      { bytes: FILE_BYTES, delays: RETRY_DELAYS });
    await page.waitForFunction((least) => window.sent > least, 20 * MIB);
    await server.stop('SIGKILL');
    await server.start();
    const { asset, hash } = await sending;
    const { original } = await server.get(`/api/assets/${asset}`);
    const answer = await fetch(server.url + original.url);
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), hash);

    const refused = (name) => page.evaluate((name) => window.send(name, 100000, []), name);
    assert.match((await refused('a.exe')).error, /415.*Windows program/s, 'by what is in it');
    assert.ok((await refused('a.png')).asset, 'whatever its name says');
  },
};

/** Runs in the page. */
function defineSend() {
  window.send = async (name, bytes, retryDelays) => {
    const content = new Uint8Array(bytes);
    content.set(new TextEncoder().encode(name.endsWith('.exe') ? 'MZ' : '\0\0\0\x20ftypisom'));
    for (let at = 12; at < bytes; at += 65536) {
      crypto.getRandomValues(content.subarray(at, Math.min(at + 65536, bytes)));
    }
    const outcome = await new Promise((resolve) => {
      new tus.Upload(new Blob([content]), {
        endpoint: '/api/uploads',
        retryDelays,
        metadata: { filename: name },
        onProgress: (sent) => { window.sent = sent; },
        onError: (error) => resolve({ error: String(error) }),
        onSuccess: ({ lastResponse }) => resolve({ asset: lastResponse.getHeader('Marquee-Asset') }),
      }).start();
    });
    // `crypto.subtle` would be there on a secure address only, and this one is: it is this machine.
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
    return { ...outcome, hash: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
  };
}
