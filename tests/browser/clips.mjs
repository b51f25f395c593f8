// Files to upload: real videos, made by GStreamer, which the program needs anyway; and pictures.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

let folder = '';

function place() {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), 'marquee-clips-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return folder;
}

/**
 * A video of two pictures a second, so that minutes of it are made at once.
 * @param {string} name without ending
 * @param {number} seconds
 * @param {number} [padding_bytes] of random data behind it, in a box that players skip
 * @returns {string} path
 */
export function makeClip(name, seconds, padding_bytes) {
  const file = path.join(place(), `${name}.mp4`);
  execFileSync('gst-launch-1.0', ['-q',
    'videotestsrc', 'pattern=ball', `num-buffers=${seconds * 2}`, '!', 'video/x-raw,width=320,height=180,framerate=2/1',
    '!', 'x264enc', 'speed-preset=ultrafast', 'key-int-max=4', '!', 'video/x-h264,profile=baseline', '!', 'h264parse',
    '!', 'mp4mux', 'faststart=true', '!', 'filesink', `location=${file}`]);
  // Each its own content: the library keeps the same file only once.
  const padding = randomBytes((padding_bytes || 0) + 64);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(padding.length + head.length, 0);
  head.write('free', 4, 'latin1');
  writeFileSync(file, Buffer.concat([readFileSync(file), head, padding]));
  return file;
}

/**
 * A video of a colour, with something that moves in it.
 * @param {string} name without ending
 * @param {number} seconds
 * @param {string} colour as 0xAARRGGBB
 * @returns {string} path
 */
export function makeColourClip(name, seconds, colour) {
  const file = path.join(place(), `${name}.mp4`);
  execFileSync('gst-launch-1.0', ['-q',
    'videotestsrc', 'pattern=ball', `background-color=${colour}`, 'foreground-color=0xffffffff', `num-buffers=${seconds * 25}`, '!',
    'video/x-raw,width=320,height=180,framerate=25/1', '!', 'x264enc', 'speed-preset=ultrafast', 'key-int-max=25', '!',
    'video/x-h264,profile=baseline', '!', 'h264parse', '!', 'mp4mux', 'faststart=true', '!', 'filesink', `location=${file}`]);
  return file;
}

/**
 * A picture of a colour.
 * @param {string} name without ending
 * @param {string} colour as 0xAARRGGBB
 * @returns {string} path
 */
export function makeSlide(name, colour) {
  const file = path.join(place(), `${name}.png`);
  execFileSync('gst-launch-1.0', ['-q', 'videotestsrc', 'pattern=solid-color', `foreground-color=${colour}`, 'num-buffers=1', '!',
    'video/x-raw,width=640,height=360', '!', 'pngenc', '!', 'filesink', `location=${file}`]);
  return file;
}

/**
 * Puts a file into the library as a program would, by tus in one request.
 * @param {string} url of the server
 * @param {string} file
 * @param {Record<string, string>} [headers]
 * @returns {Promise<number>} id of the asset
 */
export async function putFile(url, file, headers) {
  const name = Buffer.from(path.basename(file)).toString('base64');
  const bytes = readFileSync(file);
  const response = await fetch(`${url}/api/uploads`, {
    method: 'POST',
    headers: {
      'Tus-Resumable': '1.0.0',
      'Upload-Length': String(bytes.length),
      'Upload-Metadata': `filename ${name}`,
      'Content-Type': 'application/offset+octet-stream',
      ...headers,
    },
    body: bytes,
  });
  const asset = response.headers.get('Marquee-Asset');
  if (response.status !== 201 || !asset) {
    throw new Error(`upload of ${file}: ${response.status} ${await response.text()}`);
  }
  return Number(asset);
}
