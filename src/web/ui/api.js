// Requests to the API. An error is a `Problem`, whose message is for people.

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
    response = await fetch(path, options);
  } catch (error) {
    throw new Problem(0, texts.gone);
  }
  if (!response.ok) {
    throw await problemOf(response);
  }
  return response;
}

/** @param {Response} response */
async function problemOf(response) {
  let detail = '';
  try {
    const body = await response.json();
    detail = body.detail || body.title || '';
  } catch (error) {
    // Not a problem document: a proxy in between answered.
  }
  return new Problem(response.status, detail || texts.answered(response.status));
}

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
  return `/live/${encodeURIComponent(id)}`;
}
