// WebRTC by WHEP (draft-ietf-wish-whep): one POST with the offer, one DELETE at the end.
//
// The server is ICE-lite with one known port: it learns our addresses from our checks, so candidates are not sent.

import { createSession, drive, EndError, fetchOrEnd } from './session.js';
import { frameCounts, makeVideo, watchFirstFrame } from './video.js';

/** At the end of a session, a server that does not answer by then is not waited for. */
const ANSWER_MS_MAX = 2000;

export function supported() {
  return typeof RTCPeerConnection === 'function';
}

/** @param {import('../types.js').OpenOptions} options */
export function open(options) {
  const video = makeVideo();
  const session = createSession('webrtc', video);
  const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  const stream = new MediaStream();

  connection.addEventListener('track', (event) => stream.addTrack(event.track));
  connection.addEventListener('connectionstatechange', () => {
    session.connected = connection.connectionState === 'connected';
    // "disconnected" can mend itself, and the watchdog on frames is quicker than ICE to see that it does not.
    if (connection.connectionState === 'failed' || connection.connectionState === 'closed') {
      session.end('closed', connection.connectionState);
    }
  });
  watchFirstFrame(session, video);
  session.frames = () => frameCounts(video).decoded;
  session.figures = figuresOf(connection, video);
  drive(session, async () => {
    try {
      await negotiate(session, connection, options);
      // With all tracks in it: a video that is given an empty stream makes itself ready anew for each of them.
      if (!session.over) {
        video.srcObject = stream;
      }
    } catch (error) {
      connection.close(); // Before there is an answer, nothing else does.
      throw error;
    }
  });
  return session;
}

/**
 * @param {import('./session.js').Session} session
 * @param {RTCPeerConnection} connection
 * @param {import('../types.js').OpenOptions} options
 */
async function negotiate(session, connection, options) {
  connection.addTransceiver('video', { direction: 'recvonly' });
  if (options.sound) {
    connection.addTransceiver('audio', { direction: 'recvonly' });
  }
  const offer = await connection.createOffer();
  const sdp = withStereo(offer.sdp || '');
  await connection.setLocalDescription({ type: 'offer', sdp });

  // Not aborted at once when the session ends: only the answer says what has to be deleted on the server.
  const abort = new AbortController();
  session.atEnd(() => void window.setTimeout(() => abort.abort(), ANSWER_MS_MAX));
  const response = await fetchOrEnd(`${options.path}/whep`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: sdp,
    signal: abort.signal,
  });
  const location = response.headers.get('Location');
  session.atEnd(() => {
    close(connection, location ? new URL(location, response.url).href : null);
  });
  const answer = await response.text();
  if (session.over) {
    return;
  }
  if (!acceptsVideo(answer)) {
    throw new EndError('unsupported', 'the answer has no video this browser can play');
  }
  await connection.setRemoteDescription({ type: 'answer', sdp: answer });
}

/**
 * Tells the server first: a closed connection tells it too, by DTLS, and it would no longer know what is deleted.
 * @param {RTCPeerConnection} connection
 * @param {string|null} resource the session on the server
 */
async function close(connection, resource) {
  const late = new Promise((resolve) => window.setTimeout(resolve, ANSWER_MS_MAX));
  const deleted = resource ? fetch(resource, { method: 'DELETE', keepalive: true }).catch(() => undefined) : null;
  await Promise.race([deleted, late]);
  connection.close();
}

/**
 * Opus is decoded as mono unless the receiver says that it wants both channels (RFC 7587, section 7.1).
 * @param {string} sdp
 */
export function withStereo(sdp) {
  const opus = /^a=rtpmap:(\d+) opus\/48000\/2\s*$/im.exec(sdp);
  return opus ? sdp.replace(new RegExp(`^(a=fmtp:${opus[1]} [^\r\n]*)`, 'm'), '$1;stereo=1') : sdp;
}

/**
 * A refused media section has port 0 (RFC 3264, section 6).
 * @param {string} sdp
 */
export function acceptsVideo(sdp) {
  const video = /^m=video (\d+)/m.exec(sdp);
  return Boolean(video) && video !== null && video[1] !== '0';
}

/**
 * @param {RTCPeerConnection} connection
 * @param {HTMLVideoElement} video
 */
function figuresOf(connection, video) {
  let delay_s = 0;
  let emitted = 0;
  /** @type {number|null} */
  let waiting_s = null;

  return async () => {
    const counts = frameCounts(video);
    const figures = {
      framesDecoded: counts.decoded,
      framesDropped: counts.dropped,
      width: video.videoWidth,
      height: video.videoHeight,
      latency_s: /** @type {number|null} */ (null),
    };
    let roundTrip_s = 0;
    const report = await connection.getStats();
    report.forEach((entry) => {
      if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
        figures.framesDecoded = entry.framesDecoded || 0;
        figures.framesDropped = entry.framesDropped || 0;
        // The mean wait in the jitter buffer since the last call.
        if (entry.jitterBufferEmittedCount > emitted) {
          waiting_s = (entry.jitterBufferDelay - delay_s) / (entry.jitterBufferEmittedCount - emitted);
          delay_s = entry.jitterBufferDelay;
          emitted = entry.jitterBufferEmittedCount;
        }
      } else if (entry.type === 'candidate-pair' && entry.nominated && entry.currentRoundTripTime) {
        roundTrip_s = entry.currentRoundTripTime;
      }
    });
    figures.latency_s = waiting_s === null ? null : waiting_s + roundTrip_s / 2;
    return figures;
  };
}
