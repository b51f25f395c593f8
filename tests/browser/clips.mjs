// Files to upload: real videos, made by GStreamer, which the program needs anyway; and pictures.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { digest, keptFile } from './cache.mjs';

let folder = '';
let version = '';

/** A place in which a file can have the name that it is to have in the library. */
function place() {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), 'marquee-clips-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  }
  return folder;
}

/** Which GStreamer makes the files. */
export function gstreamer() {
  version = version || execFileSync('gst-launch-1.0', ['--version'], { encoding: 'utf8' });
  return version;
}

/**
 * Runs it once, and then never again.
 * @param {string[]} pipeline without its end
 * @param {string} ending of the file's name
 * @returns {Buffer} the file
 */
function made(pipeline, ending) {
  const file = keptFile('clips', `${digest([gstreamer(), ...pipeline])}.${ending}`, (to) => {
    execFileSync('gst-launch-1.0', ['-q', ...pipeline, '!', 'filesink', `location=${to}`]);
  });
  return readFileSync(file);
}

const ENCODED = ['x264enc', 'speed-preset=ultrafast'];
const AS_MP4 = ['!', 'video/x-h264,profile=baseline', '!', 'h264parse', '!', 'mp4mux', 'faststart=true'];

/**
 * A video of two pictures a second, so that minutes of it are made at once.
 * @param {string} name without ending
 * @param {number} seconds
 * @param {number} [padding_bytes] of random data behind it, in a box that players skip
 * @returns {string} path
 */
export function makeClip(name, seconds, padding_bytes) {
  const file = path.join(place(), `${name}.mp4`);
  const video = made(['videotestsrc', 'pattern=ball', `num-buffers=${seconds * 2}`, '!',
    'video/x-raw,width=320,height=180,framerate=2/1', '!', ...ENCODED, 'key-int-max=4', ...AS_MP4], 'mp4');
  // Each its own content: the library keeps the same file only once.
  const padding = randomBytes((padding_bytes || 0) + 64);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(padding.length + head.length, 0);
  head.write('free', 4, 'latin1');
  writeFileSync(file, Buffer.concat([video, head, padding]));
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
  writeFileSync(file, made(['videotestsrc', 'pattern=ball', `background-color=${colour}`, 'foreground-color=0xffffffff',
    `num-buffers=${seconds * 25}`, '!', 'video/x-raw,width=320,height=180,framerate=25/1', '!', ...ENCODED, 'key-int-max=25',
    ...AS_MP4], 'mp4'));
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
  writeFileSync(file, made(['videotestsrc', 'pattern=solid-color', `foreground-color=${colour}`, 'num-buffers=1', '!',
    'video/x-raw,width=640,height=360', '!', 'pngenc'], 'png'));
  return file;
}

/**
 * A tone that swells and fades, as a WAV.
 * @param {string} name without ending
 * @param {number} seconds
 * @returns {string} path
 */
export function makeSound(name, seconds) {
  const rate = 48000;
  const file = path.join(place(), `${name}.wav`);
  const samples = Buffer.alloc(seconds * rate * 2);
  for (let at = 0; at < seconds * rate; at += 1) {
    const swell = Math.abs(Math.sin((at / rate) * 2));
    samples.writeInt16LE(Math.round(Math.sin((at / rate) * 440 * 2 * Math.PI) * swell * 12000), at * 2);
  }
  const head = Buffer.alloc(44);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  // A head of 16 bytes, PCM, one channel, its rate, bytes a second, bytes and bits of a sample.
  [[16, 4], [1, 2], [1, 2], [rate, 4], [rate * 2, 4], [2, 2], [16, 2]].reduce((at, [value, size]) => head.writeUIntLE(value, at, size), 16);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(samples.length, 40);
  writeFileSync(file, Buffer.concat([head, samples]));
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
