// A reader of an MJPEG stream that keeps up with it: what the program sends, to compare with what a page makes of it.

import { createHash } from 'node:crypto';

/** @param {Buffer} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Takes whole parts off the front: what is left, and their hashes. @param {Buffer} held @param {string[]} hashes */
function takeParts(held, hashes) {
  for (;;) {
    const end = held.indexOf('\r\n\r\n');
    const found = end < 0 ? null : /content-length: (\d+)/i.exec(held.toString('latin1', 0, end));
    if (!found || held.length < end + 4 + Number(found[1])) {
      return held;
    }
    const from = end + 4;
    const to = from + Number(found[1]);
    hashes.push(sha256(held.subarray(from, to)));
    held = held.subarray(to);
  }
}

/**
 * @param {string} url of the stream
 * @returns {{hashes: string[], stop: () => Promise<void>}} hashes: of each picture, in the order in which they came
 */
export function readPictures(url) {
  /** @type {string[]} */
  const hashes = [];
  const abort = new AbortController();
  const reading = (async () => {
    const answer = await fetch(url, { signal: abort.signal });
    let held = Buffer.alloc(0);
    for await (const piece of /** @type {AsyncIterable<Uint8Array>} */ (/** @type {unknown} */ (answer.body))) {
      held = takeParts(Buffer.concat([held, piece]), hashes);
    }
    throw new Error('the stream ended');
  })();
  const over = reading.catch((error) => (abort.signal.aborted ? null : error));
  return {
    hashes,
    async stop() {
      abort.abort();
      const error = await over;
      if (error) {
        throw error;
      }
    },
  };
}
