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

  session.figures = () => Promise.resolve({
    framesDecoded: painter.counts.shown,
    framesDropped: painter.counts.dropped,
    width: canvas.width,
    height: canvas.height,
    // Pictures in a stream carry no time, and the first answer's says nothing of those that follow.
    latency_s: null,
  });

  const parts = createMultipart((body) => {
    painter.offer(
      new Blob([body], { type: 'image/jpeg' }),
      session.show,
      (error) => session.end('refused', error.message),
    );
  });

  drive(session, async () => {
    const response = await fetchOrEnd(`${options.path}/mjpeg`, { signal: abort.signal, cache: 'no-store' });
    session.connected = true;
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
