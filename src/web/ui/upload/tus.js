// One file on its way to the server by tus 1.0 (https://tus.io/protocols/resumable-upload): created, sent piece by piece,
// and after any break taken up at the byte the server has.

import { detailOf } from '../api.js';
import { urlOf } from '../base_path.js';
import { texts } from '../texts.js';

/** Sent in one request: large enough that the pauses between do not matter, small enough for any proxy's patience. */
const PIECE_BYTES = 32 * 1024 * 1024;
/** Where a proxy takes no more: nginx has a limit of 1 MiB unless it is told otherwise, and says 413. */
const SMALL_PIECE_BYTES = 512 * 1024;
/** What is sent in one request from now on. */
let piece_bytes = PIECE_BYTES;
/** A connection over which nothing moves for this long is dead, whatever it says. */
const STALL_MS = 30000;

/**
 * Why sending ended before its end.
 * - `gone`: the server can't be reached, or has a moment of weakness: worth another try
 * - `lost`: the server no longer knows this upload: it begins anew
 * - `refused`: the server said no, and why
 * - `stopped`: we were told to
 */
export class Broken extends Error {
  /**
   * @param {'gone'|'lost'|'refused'|'stopped'} kind
   * @param {string} message
   * @param {number} [retry_s] what the server asked to wait
   * @param {number} [status] of the answer
   */
  constructor(kind, message, retry_s, status) {
    super(message);
    this.kind = kind;
    this.retry_s = retry_s || 0;
    this.status = status || 0;
  }
}

/**
 * A request that tells how far it is: `fetch` does not.
 * @param {string} method
 * @param {string} url
 * @param {Record<string, string>} headers
 * @param {Blob|null} body
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} [moved]
 * @returns {Promise<XMLHttpRequest>} with a status of success
 */
function request(method, url, headers, body, signal, moved) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let stall = 0;
    const alive = () => {
      window.clearTimeout(stall);
      stall = window.setTimeout(() => xhr.abort(), STALL_MS);
    };
    const stop = () => xhr.abort();
    const end = (/** @type {Error|null} */ error) => {
      window.clearTimeout(stall);
      signal.removeEventListener('abort', stop);
      if (error) {
        reject(error);
      } else {
        resolve(xhr);
      }
    };
    if (signal.aborted) {
      reject(new Broken('stopped', ''));
      return;
    }
    xhr.open(method, urlOf(url));
    xhr.setRequestHeader('Tus-Resumable', '1.0.0');
    Object.keys(headers).forEach((name) => xhr.setRequestHeader(name, headers[name]));
    xhr.upload.addEventListener('progress', (event) => {
      alive();
      if (moved) {
        moved(event.loaded);
      }
    });
    xhr.addEventListener('load', () => end(xhr.status >= 200 && xhr.status < 300 ? null : broken(xhr)));
    xhr.addEventListener('error', () => end(new Broken('gone', texts.gone)));
    xhr.addEventListener('abort', () => end(new Broken(signal.aborted ? 'stopped' : 'gone', texts.gone)));
    signal.addEventListener('abort', stop);
    alive();
    xhr.send(body);
  });
}

/** @param {XMLHttpRequest} xhr */
function broken(xhr) {
  let detail = '';
  try {
    detail = detailOf(JSON.parse(xhr.responseText));
  } catch (error) {
    // Not a problem document: something in between answered, or it was a HEAD.
  }
  const text = detail || texts.answered(xhr.status);
  const retry_s = Number(xhr.getResponseHeader('Retry-After')) || 0;
  if (xhr.status === 404 || xhr.status === 410) {
    return new Broken('lost', text);
  }
  // 409: we do not agree on how much is there. 423: the server still holds on to the connection that broke.
  const passing = xhr.status === 409 || xhr.status === 423 || xhr.status === 429 || xhr.status === 408;
  // 507 is no moment of weakness: the disk is full.
  const weak = xhr.status >= 500 && xhr.status !== 507 && xhr.status !== 501;
  return new Broken(passing || weak ? 'gone' : 'refused', text, retry_s, xhr.status);
}

/** @param {string} text */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/**
 * @param {File} file
 * @param {AbortSignal} signal
 * @returns {Promise<string>} the upload's address
 */
export async function createUpload(file, signal) {
  const xhr = await request('POST', '/api/uploads', {
    'Upload-Length': String(file.size),
    'Upload-Metadata': `filename ${base64(file.name)}`,
  }, null, signal);
  const location = xhr.getResponseHeader('Location');
  if (!location) {
    throw new Broken('refused', texts.answered(xhr.status));
  }
  return new URL(location, window.location.href).pathname;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<number>} how much of it the server has
 */
export async function offsetOf(url, signal) {
  const xhr = await request('HEAD', url, {}, null, signal);
  return Number(xhr.getResponseHeader('Upload-Offset')) || 0;
}

/**
 * Sends all from an offset on.
 * @param {string} url
 * @param {File} file
 * @param {number} from
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} moved told how much of the file is on the other side
 * @returns {Promise<number|null>} id of the asset that came of it
 */
export async function sendFrom(url, file, from, signal, moved) {
  let offset = from;
  for (;;) {
    const begin = offset;
    const piece = file.slice(begin, begin + piece_bytes);
    const sending = request('PATCH', url, {
      'Content-Type': 'application/offset+octet-stream',
      'Upload-Offset': String(begin),
    }, piece, signal, (bytes) => moved(begin + bytes));
    const xhr = await sending.catch((error) => {
      if (!isTooLarge(error, piece)) {
        throw error;
      }
      piece_bytes = SMALL_PIECE_BYTES;
      return null;
    });
    if (!xhr) {
      continue;
    }
    const there = Number(xhr.getResponseHeader('Upload-Offset'));
    const asset = xhr.getResponseHeader('Marquee-Asset');
    if (asset || there >= file.size) {
      return asset ? Number(asset) : null;
    }
    if (!(there > begin)) {
      throw new Broken('gone', texts.answered(xhr.status));
    }
    offset = there;
    moved(offset);
  }
}

/** Something in between does not take so much at once. @param {unknown} error @param {Blob} piece */
function isTooLarge(error, piece) {
  return error instanceof Broken && error.status === 413 && piece.size > SMALL_PIECE_BYTES;
}

/** @param {string} url */
export async function removeUpload(url) {
  await request('DELETE', url, {}, null, new AbortController().signal);
}
