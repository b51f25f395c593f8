// One picture after the other: works through anything, and slows down by itself where the link does.

import { canPaint, createPainter } from './painter.js';
import { createSession, drive, fetchOrEnd } from './session.js';

/** Between two requests, so that a quick link does not become a busy loop. */
const PAUSE_MS_MIN = 8;

/**
 * The quality to ask for after an answer that took this long: smaller pictures where the link is slow.
 * @param {number} answer_ms
 */
export function qualityFor(answer_ms) {
  if (answer_ms < 50) {
    return 85;
  }
  return answer_ms <= 100 ? 80 : 70;
}

/**
 * Half of the last answer's time: the link is free for others a third of the time.
 * @param {number} answer_ms
 * @param {number} pause_ms_min
 */
export function pauseFor(answer_ms, pause_ms_min) {
  return Math.max(PAUSE_MS_MIN, pause_ms_min, answer_ms / 2);
}

export function supported() {
  return canPaint() && typeof AbortController === 'function';
}

/** @param {import('../types.js').OpenOptions} options */
export function open(options) {
  const canvas = document.createElement('canvas');
  const session = createSession('jpeg', canvas);
  const painter = createPainter(canvas);
  const abort = new AbortController();
  let answer_ms = 0;
  session.atEnd(() => abort.abort());
  session.frames = () => painter.counts.shown;
  session.figures = () => Promise.resolve({
    framesDecoded: painter.counts.shown,
    framesDropped: painter.counts.dropped,
    width: canvas.width,
    height: canvas.height,
    latency_s: painter.counts.shown ? answer_ms / 1000 : null,
  });

  drive(session, async () => {
    /** @type {Record<number, string>} the last picture's tag, by quality */
    const tags = {};
    while (!session.over) {
      const quality = qualityFor(answer_ms);
      const asked_ms = performance.now();
      const response = await fetchOrEnd(`${options.path}/frame.jpg?quality=${quality}`, {
        signal: abort.signal,
        cache: 'no-store',
        headers: tags[quality] ? { 'If-None-Match': tags[quality] } : {},
      });
      session.connected = true;
      const picture = response.status === 304 ? null : await response.blob();
      answer_ms = performance.now() - asked_ms;
      if (picture) {
        tags[quality] = response.headers.get('ETag') || '';
        await painter.show(picture);
        session.show();
      }
      await new Promise((resolve) => window.setTimeout(resolve, pauseFor(answer_ms, options.interval_ms_min)));
    }
  });
  return session;
}
