// The MJPEG stream, taken apart here rather than by an `img`: only so can pictures be counted and a stall be seen.

import { createMultipart } from './multipart.js';
import { canPaint, createPainter } from './painter.js';
import { createSession, drive, fetchOrEnd } from './session.js';

export function supported() {
  return canPaint() && typeof AbortController === 'function';
}

/** @param {import('../types.js').OpenOptions} options */
export function open(options) {
  const canvas = document.createElement('canvas');
  const session = createSession('mjpeg', canvas);
  const painter = createPainter(canvas);
  const abort = new AbortController();
  session.atEnd(() => abort.abort());
  session.frames = () => painter.counts.shown;

  let asked_ms = performance.now();
  let answer_s = 0;
  session.figures = () => Promise.resolve({
    framesDecoded: painter.counts.shown,
    framesDropped: painter.counts.dropped,
    width: canvas.width,
    height: canvas.height,
    // What comes after the first answer carries no time; its delay is at least that of the answer.
    latency_s: painter.counts.shown ? answer_s : null,
  });

  const parts = createMultipart((body) => {
    painter.offer(
      new Blob([body], { type: 'image/jpeg' }),
      session.show,
      (error) => session.end('refused', error.message),
    );
  });

  drive(session, async () => {
    asked_ms = performance.now();
    const response = await fetchOrEnd(`${options.path}/mjpeg`, { signal: abort.signal, cache: 'no-store' });
    session.connected = true;
    answer_s = (performance.now() - asked_ms) / 1000;
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    for (;;) {
      const piece = await reader.read();
      if (piece.done) {
        break;
      }
      parts.push(piece.value);
    }
    session.end('closed', 'the stream ended');
  });
  return session;
}
