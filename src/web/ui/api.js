// Requests to the API. An error is a `Problem`, whose message is for people.

import { urlOf } from './base_path.js';
import { bytesText } from './format.js';
import { texts } from './texts.js';

/** What went wrong with a request: `status` is 0 if the server could not be reached at all. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
    /** Seconds after which it may be tried again; 0 if the server did not say. */
    this.retry_s = 0;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>} only with a status of success; a `Problem` otherwise
 */
export async function request(path, options) {
  let response;
  try {
    response = await fetch(urlOf(path), options);
  } catch (error) {
    throw new Problem(0, texts.gone);
  }
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

/**
 * A problem document (RFC 9457), with the members that some of them have.
 * @typedef {{status?: number, code?: string, detail?: string, title?: string, free_bytes?: string, kept_bytes?: string,
 *   needed_bytes?: string, parameter?: string, what?: string, max?: string, used_by?: string, count?: string,
 *   seconds?: string, content?: string}} Refusal
 */

/**
 * What a problem document says, in the reader's language.
 * @param {Refusal} problem
 */
export function detailOf(problem) {
  const { free_bytes, kept_bytes, needed_bytes } = problem;
  if (free_bytes && kept_bytes) {
    return texts.noRoom(bytesText(Number(free_bytes)), bytesText(Number(kept_bytes)), needed_bytes ? bytesText(Number(needed_bytes)) : '');
  }
  return texts.problems.refusal(problem);
}

/** @param {Response} response */
async function problemOf(response) {
  let detail = '';
  try {
    detail = detailOf(await response.json());
  } catch (error) {
    // Not a problem document: a proxy in between answered.
  }
  const problem = new Problem(response.status, detail || texts.answered(response.status));
  problem.retry_s = Number(response.headers.get('Retry-After')) || 0;
  if (response.status === 401) {
    unauthorized();
  }
  return problem;
}

/** Called when the server wants a login. */
/** @type {() => unknown} */
let unauthorized = () => undefined;

/** @param {() => unknown} act */
export function onUnauthorized(act) {
  unauthorized = act;
}

/** JSON there and back. */
export const api = {
  /**
   * @param {string} path
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async get(path, signal) {
    return (await request(path, { cache: 'no-store', signal })).json();
  },

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   * @param {{keepalive?: boolean}} [options] keepalive: sent even if the page goes away meanwhile
   * @returns {Promise<any>} null where the answer has no content
   */
  async send(method, path, body, options) {
    const response = await request(path, Object.assign({
      method,
      headers: body ? { 'Content-Type': 'application/json' } : undefined,
      body: body ? JSON.stringify(body) : undefined,
    }, options));
    const text = await response.text();
    return text ? JSON.parse(text) : null;
  },
};

/** @returns {Promise<import('./types.js').Status>} */
export async function status() {
  return (await request('/api/status', { cache: 'no-store' })).json();
}

/** @returns {Promise<import('./types.js').Source[]>} */
export async function sources() {
  return (await (await request('/api/sources', { cache: 'no-store' })).json()).sources;
}

/**
 * Tells a source to end its attempt or its waiting, and to try now.
 * @param {string} id
 */
export async function restartSource(id) {
  await request(`/api/sources/${encodeURIComponent(id)}/restart`, { method: 'POST' });
}

/**
 * Below it are all live addresses of a source.
 * @param {string} id
 */
export function livePath(id) {
  return urlOf(`/live/${encodeURIComponent(id)}`);
}
