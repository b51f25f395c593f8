// Which frames came to a page, which of them were decoded, and which were shown: each by the time that the source gave it.
//
// What is read here stands in the frames themselves (the RTP timestamp, the decode time of an MP4 fragment), so that a
// missing one is seen for certain and is told from one that is only late.

/** Both transports count time in these. */
const TICKS_PER_S = 90000;
/** Times of capture are rounded to ticks. */
const ROUNDING_TICKS = 2;

/**
 * Runs in the page, before the player's scripts: every encoded frame of WebRTC passes here on its way to the decoder, and
 * every decoded one on its way to the screen.
 */
export function tapWebRtc() {
  const seen = { received: [], decoded: [], shown: [] };
  window.seen = seen;
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(config) {
      super({ ...config, encodedInsertableStreams: true });
      this.addEventListener('track', ({ receiver, track }) => {
        const picture = track.kind === 'video';
        const { readable, writable } = receiver.createEncodedStreams();
        const tap = new TransformStream({
          transform(frame, out) {
            if (picture) {
              seen.received.push(frame.timestamp);
            }
            out.enqueue(frame);
          },
        });
        readable.pipeThrough(tap).pipeTo(writable);
        if (picture) {
          readDecoded(track.clone());
        }
      });
    }
  };

  async function readDecoded(track) {
    const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 250 }).readable.getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }
      seen.decoded.push(value.metadata().rtpTimestamp);
      value.close();
    }
  }
}

/** Runs in the page, before the player's scripts: reads the times of the fragments that are given to the decoder. */
export function tapMse() {
  const PICTURES = 1;
  const seen = { received: [], shown: [] };
  window.seen = seen;
  const append = SourceBuffer.prototype.appendBuffer;
  SourceBuffer.prototype.appendBuffer = function (data) {
    const bytes = new DataView(data.buffer, data.byteOffset, data.byteLength);
    boxes(bytes, 0, bytes.byteLength, 'moof').forEach(([from, to]) => {
      boxes(bytes, from, to, 'traf').forEach((traf) => readTrack(bytes, traf));
    });
    return append.call(this, data);
  };

  /** Where the boxes of a kind are (ISO/IEC 14496-12, section 4.2). */
  function boxes(bytes, from, to, kind) {
    const found = [];
    for (let at = from; at + 8 <= to; at += bytes.getUint32(at)) {
      const name = String.fromCharCode(...[4, 5, 6, 7].map((offset) => bytes.getUint8(at + offset)));
      if (name === kind) {
        found.push([at + 8, at + bytes.getUint32(at)]);
      }
    }
    return found;
  }

  function readTrack(bytes, [from, to]) {
    const [[head]] = boxes(bytes, from, to, 'tfhd');
    const [[time]] = boxes(bytes, from, to, 'tfdt');
    const [[run]] = boxes(bytes, from, to, 'trun');
    if (bytes.getUint32(head + 4) !== PICTURES) {
      return;
    }
    if (bytes.getUint32(run + 4) !== 1) {
      throw new Error('a fragment with several pictures');
    }
    const long = bytes.getUint8(time) === 1;
    seen.received.push(long ? Number(bytes.getBigUint64(time + 4)) : bytes.getUint32(time + 4));
  }
}

/** Runs in the page, before the player's scripts: notes every picture of MJPEG by its hash, and whether it was decoded. */
export function tapPictures() {
  const seen = { pictures: [] };
  const entries = new WeakMap();
  window.seen = seen;
  const [Original, decode] = [window.Blob, window.createImageBitmap];
  window.Blob = class extends Original {
    constructor(parts, options) {
      super(parts, options);
      if (options && options.type === 'image/jpeg') {
        const entry = { hash: '', decoded: false };
        entries.set(this, entry);
        seen.pictures.push(entry);
        this.arrayBuffer().then((bytes) => crypto.subtle.digest('SHA-256', bytes)).then((sum) => {
          entry.hash = Array.from(new Uint8Array(sum), (byte) => byte.toString(16).padStart(2, '0')).join('');
        });
      }
    }
  };
  window.createImageBitmap = (blob, ...more) => {
    entries.get(blob).decoded = true;
    return decode.call(window, blob, ...more);
  };
}

/** Runs in the page, once it plays: notes what is shown, and how many the browser has shown and dropped by then. */
export function noteShown() {
  const video = window.marqueePlayer.view;
  let jumps = 0;
  video.addEventListener('seeking', () => (jumps += 1));
  const note = (_, frame) => {
    const { droppedVideoFrames } = video.getVideoPlaybackQuality();
    window.seen.shown.push({
      ticks: frame.rtpTimestamp === undefined ? Math.round(frame.mediaTime * 90000) : frame.rtpTimestamp,
      presented: frame.presentedFrames, dropped: droppedVideoFrames, jumps,
    });
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}

/**
 * How many frames of the source are between two that follow each other: 0 if none is missing.
 * @param {number} from ticks; RTP's go round at 2^32
 * @param {number} to
 * @param {number} fps
 * @returns {number} negative if the order is wrong, not whole if the time is none of the source's
 */
function between(from, to, fps) {
  const step = TICKS_PER_S / fps;
  const ticks = (to - from) | 0;
  const steps = Math.round(ticks / step);
  return Math.abs(ticks - steps * step) <= ROUNDING_TICKS ? steps - 1 : ticks / step - 1;
}

/**
 * Where frames of the source are missing in what was received.
 * @param {number[]} times
 * @param {number} fps
 * @returns {{at: number, count: number}[]}
 */
export function gaps(times, fps) {
  return times.slice(1).map((time, at) => ({ at, count: between(times[at], time, fps) })).filter(({ count }) => count !== 0);
}

/** Where the frame of this time is. @param {number[]} times @param {number} ticks @returns {number} -1 if it is not there */
export const placeOf = (times, ticks) => times.findIndex((time) => Math.abs((time - ticks) | 0) <= ROUNDING_TICKS);
