// The ways to bring a picture here, by name.

import * as jpeg from './jpeg.js';
import * as mjpeg from './mjpeg.js';
import * as mse from './mse.js';
import * as webrtc from './webrtc.js';

/**
 * @typedef {import('../types.js').TransportName} TransportName
 * @typedef {import('../types.js').OpenOptions} OpenOptions
 */

/** @type {Record<TransportName, {supported(): boolean, open(options: OpenOptions): import('./session.js').Session}>} */
const TRANSPORTS = { webrtc, mse, mjpeg, jpeg };

/**
 * From the least delay to the least demands.
 * @type {TransportName[]}
 */
export const ORDER = ['webrtc', 'mse', 'mjpeg', 'jpeg'];

/**
 * This browser has what it needs.
 * @param {TransportName} name
 */
export function isSupported(name) {
  return TRANSPORTS[name].supported();
}

/**
 * @param {TransportName} name
 * @param {OpenOptions} options
 */
export function openSession(name, options) {
  return TRANSPORTS[name].open(options);
}
