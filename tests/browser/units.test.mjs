// The parts of the pages that are pure: types, parsing, steering.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { load } from './modules.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

const { createCushion, steer } = await load('live/catchup.js');
const { createMultipart } = await load('live/multipart.js');
const { pauseFor, qualityFor } = await load('live/jpeg.js');
const { stepVolume } = await load('live/sound.js');
const { detailOf } = await load('api.js');
const { sizeText } = await load('live/describe.js');
const { isLongGone } = await load('screens/gone.js');
const { acceptsVideo, withStereo } = await load('live/webrtc.js');

/** @param {string} body */
function part(body) {
  return `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n\r\n${body}\r\n`;
}

/**
 * @param {string} stream
 * @param {number} step bytes handed in at a time
 */
function bodiesOf(stream, step) {
  const bodies = [];
  const parts = createMultipart((body) => bodies.push(new TextDecoder().decode(body)));
  const bytes = new TextEncoder().encode(stream);
  for (let at = 0; at < bytes.length; at += step) {
    parts.push(bytes.subarray(at, at + step));
  }
  return bodies;
}

export const tests = {
  'room on the disk is told in MB, with what is kept free and why': () => {
    const told = (/** @type {object} */ problem) => detailOf(problem);
    assert.equal(told({ detail: 'As it is.', title: 'Not this' }), 'As it is.');
    const upload = told({ detail: 'x', needed_bytes: '47032761', free_bytes: '0', kept_bytes: '268435456' });
    assert.match(upload, /needs 47\.0 MB, and 0 B are left\. 268 MB stay free for the database/);
    const other = told({ detail: 'x', free_bytes: '12000000', kept_bytes: '33554432' });
    assert.match(other, /12\.0 MB are free, and 33\.6 MB stay free so that things can be deleted/);
  },

  'a size is a format where there is one, and figures where there is none': () => {
    const size = (/** @type {number} */ height, /** @type {number} */ fps) => sizeText({ state: 'live', video: { height, fps } });
    assert.equal(size(1080, 59.9), '1080p60');
    assert.equal(size(720, 23.976), '720p24');
    assert.equal(size(720, 25.4), '720p25');
    assert.equal(size(720, 28.2), '720p, 28 fps');
    assert.equal(size(720, 0), '720p');
    assert.equal(sizeText({ state: 'lost', video: { height: 720, fps: 25 } }), '');
  },

  'a screen is long gone when it was not seen for days, and a port never': () => {
    const now = Date.parse('2026-11-30T12:00:00Z');
    const gone = (/** @type {object} */ screen) => isLongGone({ kind: 'web', active: false, last_seen: null, ...screen }, now);
    assert.equal(gone({}), true);
    assert.equal(gone({ last_seen: '2026-11-25T12:00:00Z' }), true);
    assert.equal(gone({ last_seen: '2026-11-27T12:00:00Z' }), false);
    assert.equal(gone({ active: true }), false);
    assert.equal(gone({ kind: 'hdmi' }), false);
  },

  'the types hold': async () => {
    const tsc = path.join(process.env.MARQUEE_NODE, 'node_modules', '.bin', 'tsc');
    try {
      execFileSync(tsc, ['--project', here], { encoding: 'utf8' });
    } catch (error) {
      throw new Error(error.stdout || String(error));
    }
  },

  'a multipart stream comes apart however it is cut': async () => {
    const bodies = ['first', 'with\r\n\r\nan empty line and --frame', 'x'.repeat(200000), ''];
    const stream = bodies.map(part).join('');
    for (const step of [1, 7, 4096, stream.length]) {
      assert.deepEqual(bodiesOf(stream, step), bodies, `cut every ${step} bytes`);
    }
  },

  'a stream that is none is refused, not collected': async () => {
    assert.throws(() => bodiesOf('x'.repeat(10000), 1000), /head/);
    assert.throws(() => bodiesOf('--frame\r\nContent-Type: image/jpeg\r\n\r\n', 100), /Content-Length/);
    assert.throws(() => bodiesOf('--frame\r\nContent-Length: 99999999999\r\n\r\n', 100), /Content-Length/);
  },

  'the live edge: faster when behind, a jump when far behind': async () => {
    assert.deepEqual(steer(0.3, 0.2, 1, false), { jump: false, rate: 1 });
    assert.deepEqual(steer(1.6, 0.2, 1, false), { jump: false, rate: 1.1 });
    assert.deepEqual(steer(1.0, 0.2, 1.1, false), { jump: false, rate: 1.1 });
    assert.deepEqual(steer(0.7, 0.2, 1.1, false), { jump: false, rate: 1 });
    assert.deepEqual(steer(4.1, 0.2, 1, false), { jump: true, rate: 1 });
    assert.deepEqual(steer(0.3, 0.2, 1, true), { jump: true, rate: 1 });
    assert.deepEqual(steer(0.9, 0.7, 1, false), { jump: false, rate: 1.03 });
  },

  'the cushion is the least lag of five seconds': async () => {
    const cushion = createCushion();
    assert.equal(cushion.add(0, 0.9), 0);
    cushion.add(2000, 0.4);
    assert.equal(cushion.add(5000, 0.8), 0.4);
    assert.equal(cushion.add(7100, 0.7), 0.7);
    cushion.reset();
    assert.equal(cushion.add(7200, 0.7), 0);
  },

  'single pictures: quality and pause follow the answer': async () => {
    assert.deepEqual([10, 49, 50, 100, 101, 900].map(qualityFor), [85, 85, 80, 80, 70, 70]);
    assert.deepEqual([pauseFor(2, 0), pauseFor(100, 0), pauseFor(2, 66)], [8, 50, 66]);
  },

  'volume steps': async () => {
    assert.deepEqual(stepVolume({ on: true, volume: 1 }, 1), { on: true, volume: 1 });
    assert.deepEqual(stepVolume({ on: false, volume: 0.5 }, 1), { on: true, volume: 0.6 });
    assert.deepEqual(stepVolume({ on: true, volume: 0.1 }, -1), { on: false, volume: 0.1 });
  },

  'the offer asks for stereo, the answer is read': async () => {
    const offer = 'a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=fmtp:96 x=1\r\n';
    assert.match(withStereo(offer), /^a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r$/m);
    assert.match(withStereo(offer), /^a=fmtp:96 x=1\r$/m);
    assert.equal(withStereo('v=0\r\n'), 'v=0\r\n');
    assert.equal(acceptsVideo('m=video 9 UDP/TLS/RTP/SAVPF 96\r\n'), true);
    assert.equal(acceptsVideo('m=video 0 UDP/TLS/RTP/SAVPF 96\r\n'), false);
    assert.equal(acceptsVideo('m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n'), false);
  },
};
