// Fragmented MP4 through a WebSocket into a MediaSource: for where UDP does not pass.

import { createCushion, steer } from './catchup.js';
import { createSession, EndError, fetchOrEnd } from './session.js';
import { frameCounts, makeVideo, watchFirstFrame } from './video.js';

/** Kept behind the position; a browser's own limit is some 100 MB, a TV's far less. */
const KEEP_S = 10;
/** Bytes that may wait to be appended: a tab that can't keep up starts anew at the live edge instead. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** How near the live edge a jump lands. */
const EDGE_S = 0.25;
/** How often position and buffer are looked at while data arrives. */
const FOLLOW_MS = 200;

/** @returns {typeof MediaSource|undefined} */
function sourceClass() {
  return window.ManagedMediaSource || window.MediaSource;
}

export function supported() {
  return typeof WebSocket === 'function' && Boolean(sourceClass());
}

/** @param {import('../types.js').OpenOptions} options */
export function open(options) {
  const video = makeVideo();
  const session = createSession('mse', video);
  const Source = /** @type {typeof MediaSource} */ (sourceClass());
  const mediaSource = new Source();
  const address = URL.createObjectURL(mediaSource);
  const feeder = createFeeder(session, mediaSource, video);

  video.src = address;
  mediaSource.addEventListener('sourceopen', () => URL.revokeObjectURL(address), { once: true });
  mediaSource.addEventListener('sourceopen', feeder.pump);
  video.addEventListener('error', () => session.end('refused', video.error ? video.error.message : ''));
  watchFirstFrame(session, video);

  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${options.path}/mse`);
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => (session.connected = true));
  socket.addEventListener('message', (event) => {
    if (typeof event.data === 'string') {
      onText(session, feeder, event.data);
    } else {
      feeder.add({ data: new Uint8Array(event.data) });
    }
  });
  socket.addEventListener('close', async (event) => {
    const ending = session.connected || session.over ? null : await refusalOf(`${options.path}/mse`);
    session.end(ending ? ending.kind : 'closed', ending ? ending.message : event.reason);
  });
  session.atEnd(() => socket.close());

  session.frames = () => frameCounts(video).decoded;
  session.catchUp = feeder.jump;
  session.figures = () => {
    const counts = frameCounts(video);
    const lag_s = lagOf(video);
    return Promise.resolve({
      framesDecoded: counts.decoded,
      framesDropped: counts.dropped,
      width: video.videoWidth,
      height: video.videoHeight,
      latency_s: lag_s,
    });
  };
  return session;
}

/**
 * Why a WebSocket was not opened, which it does not say itself: asked the plain way, its address does.
 * @param {string} url
 * @returns {Promise<EndError|null>}
 */
async function refusalOf(url) {
  try {
    await fetchOrEnd(url, { cache: 'no-store' });
  } catch (error) {
    return error instanceof EndError && error.kind !== 'refused' ? error : null;
  }
  return null;
}

/**
 * @param {import('./session.js').Session} session
 * @param {ReturnType<typeof createFeeder>} feeder
 * @param {string} text
 */
function onText(session, feeder, text) {
  const message = JSON.parse(text);
  if (message.type === 'init') {
    const Source = /** @type {typeof MediaSource} */ (sourceClass());
    if (Source.isTypeSupported(message.mime)) {
      feeder.add({ mime: message.mime });
    } else {
      session.end('unsupported', message.mime);
    }
  } else if (message.type === 'skipped') {
    feeder.add({ skipped: true });
  } else if (message.type === 'end') {
    session.end('closed', 'the server is stopping');
  }
}

/**
 * Seconds from the position to the live edge.
 * @param {HTMLVideoElement} video
 * @returns {number|null} null before there is anything
 */
function lagOf(video) {
  const ranges = video.buffered;
  return ranges.length ? ranges.end(ranges.length - 1) - video.currentTime : null;
}

/**
 * What arrives, in its order: the type of what follows, a word that frames were left out, or bytes.
 * @typedef {{mime?: string, skipped?: boolean, data?: Uint8Array<ArrayBuffer>}} Piece
 */

/**
 * Appends one piece after the other and steers the position along.
 * @param {import('./session.js').Session} session
 * @param {MediaSource} mediaSource
 * @param {HTMLVideoElement} video
 */
function createFeeder(session, mediaSource, video) {
  /** @type {Piece[]} */
  let waiting = [];
  let waitingBytes = 0;
  /** @type {SourceBuffer|null} */
  let buffer = null;
  let mime = '';
  let skipped = false;
  let followed_ms = 0;
  const cushion = createCushion();

  function pump() {
    if (session.over || mediaSource.readyState !== 'open' || (buffer && buffer.updating)) {
      return;
    }
    try {
      if (buffer && follow(buffer)) {
        return; // Eviction runs; it ends in `pump` again.
      }
      take();
    } catch (error) {
      // Quota, or parameters that can't change in a running buffer: a new session begins at the live edge.
      session.end('closed', String(error));
    }
  }

  /** Takes pieces up to the first that has bytes; the buffer calls back when it has them. */
  function take() {
    for (let piece = waiting.shift(); piece; piece = waiting.shift()) {
      if (piece.mime) {
        buffer = setType(buffer, piece.mime);
      } else if (piece.skipped) {
        skipped = true;
      } else if (piece.data && buffer) {
        waitingBytes -= piece.data.byteLength;
        buffer.appendBuffer(piece.data);
        return;
      }
    }
  }

  /**
   * @param {SourceBuffer|null} old
   * @param {string} wanted
   */
  function setType(old, wanted) {
    const before = mime;
    mime = wanted;
    if (!old) {
      const made = mediaSource.addSourceBuffer(wanted);
      made.addEventListener('updateend', pump);
      made.addEventListener('error', () => session.end('refused', 'a fragment could not be read'));
      return made;
    }
    if (wanted !== before) {
      old.changeType(wanted);
    }
    return old;
  }

  /**
   * Keeps the position in the buffer and near the live edge, and the buffer short.
   * @param {SourceBuffer} sourceBuffer not updating
   * @returns {boolean} an eviction was begun
   */
  function follow(sourceBuffer) {
    const now_ms = performance.now();
    const ranges = video.buffered;
    if (!ranges.length || (now_ms - followed_ms < FOLLOW_MS && !skipped && !outside())) {
      return false;
    }
    followed_ms = now_ms;
    const lag_s = ranges.end(ranges.length - 1) - video.currentTime;
    const decision = steer(lag_s, cushion.add(now_ms, lag_s), video.playbackRate, skipped || outside());
    if (decision.jump) {
      jump();
    }
    if (video.playbackRate !== decision.rate) {
      video.playbackRate = decision.rate;
    }
    const old_s = video.currentTime - KEEP_S;
    if (sourceBuffer.buffered.length && sourceBuffer.buffered.start(0) < old_s - KEEP_S) {
      sourceBuffer.remove(0, old_s);
      return true;
    }
    return false;
  }

  /** The position is not in the newest range: at the very start, or before a gap. */
  function outside() {
    const ranges = video.buffered;
    return ranges.length > 0 && video.currentTime < ranges.start(ranges.length - 1);
  }

  function jump() {
    const ranges = video.buffered;
    if (ranges.length) {
      const last = ranges.length - 1;
      video.currentTime = Math.max(ranges.start(last), ranges.end(last) - EDGE_S);
      skipped = false;
      cushion.reset();
    }
  }

  video.addEventListener('waiting', cushion.reset);

  return {
    pump,
    jump() {
      const lag_s = lagOf(video);
      if (lag_s !== null && lag_s > 2 * EDGE_S) {
        jump();
      }
    },
    /** @param {Piece} piece */
    add(piece) {
      waiting.push(piece);
      waitingBytes += piece.data ? piece.data.byteLength : 0;
      if (waitingBytes > WAITING_BYTES_MAX) {
        waiting = [];
        session.end('closed', 'this browser is too slow');
      }
      pump();
    },
  };
}
