// Takes a multipart stream (RFC 2046, section 5.1) apart. Pure: bytes in, bodies out.

/** A picture larger than this is no picture. */
const PART_BYTES_MAX = 32 * 1024 * 1024;
const HEAD_BYTES_MAX = 4096;

const CR = 13;
const LF = 10;

/**
 * @param {(body: Uint8Array<ArrayBuffer>) => void} onPart each part needs a `Content-Length`
 */
export function createMultipart(onPart) {
  let held = new Uint8Array(64 * 1024);
  let length = 0;
  /** Bytes of the body that is being collected; -1 while in a head. */
  let wanted = -1;
  /** Heads are not searched from their start again with each piece. */
  let searched = 0;

  /** @param {Uint8Array} piece */
  function append(piece) {
    if (length + piece.byteLength > held.byteLength) {
      const larger = new Uint8Array(Math.max(held.byteLength * 2, length + piece.byteLength));
      larger.set(held.subarray(0, length));
      held = larger;
    }
    held.set(piece, length);
    length += piece.byteLength;
  }

  /** @param {number} count */
  function drop(count) {
    held.copyWithin(0, count, length);
    length -= count;
    searched = 0;
  }

  /** @returns {number} bytes up to and with the empty line; -1 if it is not there yet */
  function headEnd() {
    for (let at = searched; at + 3 < length; at += 1) {
      if (held[at] === CR && held[at + 1] === LF && held[at + 2] === CR && held[at + 3] === LF) {
        return at + 4;
      }
    }
    searched = Math.max(0, length - 3);
    return -1;
  }

  /** @returns {boolean} there may be more */
  function step() {
    if (wanted < 0) {
      const end = headEnd();
      if (end < 0) {
        if (length > HEAD_BYTES_MAX) {
          throw new Error('a part without a head');
        }
        return false;
      }
      wanted = lengthOf(new TextDecoder().decode(held.subarray(0, end)));
      drop(end);
      return true;
    }
    if (length < wanted) {
      return false;
    }
    onPart(held.slice(0, wanted));
    drop(wanted);
    wanted = -1;
    return true;
  }

  return {
    /** @param {Uint8Array} piece */
    push(piece) {
      append(piece);
      while (step()) {
        // Until a piece is missing.
      }
    },
  };
}

/** @param {string} head */
function lengthOf(head) {
  const found = /^content-length:\s*(\d+)\s*$/im.exec(head);
  const bytes = found ? Number(found[1]) : -1;
  if (bytes < 0 || bytes > PART_BYTES_MAX) {
    throw new Error('a part without a usable Content-Length');
  }
  return bytes;
}
