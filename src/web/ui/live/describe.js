// A source in words: what tiles and the player say about it.

import { timeText } from '../clock.js';
import { language } from '../language.js';
import { texts } from '../texts.js';

/** @typedef {import('../types.js').Source} Source */

const ICONS = { idle: 'ring', starting: 'starting', live: 'dot', lost: 'warn' };

/** @param {Source} source */
export function stateIcon(source) {
  return ICONS[source.state] || 'ring';
}

/**
 * Why there is no picture, in the reader's language: the box says it in English, as its slate does.
 * @param {{code: string}} cause
 */
function ownWords(cause) {
  return language === 'en' ? null : texts.problems.causes[cause.code];
}

/**
 * One word, or the cause where the picture is lost.
 * @param {Source} source
 */
export function stateText(source) {
  if (source.state === 'lost' && source.cause) {
    const own = ownWords(source.cause);
    const text = own ? own.text[0].toUpperCase() + own.text.slice(1) : source.cause.text;
    return texts.lostSince(text, timeText(new Date(source.since)));
  }
  return texts.state[source.state] || source.state;
}

/**
 * What a person can do about it; empty while all is well.
 * @param {Source} source
 */
export function adviceText(source) {
  if (source.state === 'lost' && source.cause) {
    const own = ownWords(source.cause);
    return own ? own.cure : source.cause.advice;
  }
  return source.state === 'idle' ? texts.idleAdvice : '';
}

/**
 * Such as `1080p60`; empty if not known yet.
 * @param {Source} source
 */
export function sizeText(source) {
  // A lost source encodes its slate, whose size says nothing about the source.
  const picture = source.state === 'lost' ? null : source.video || source.input;
  return picture && picture.height ? texts.size(picture.height, picture.fps) : '';
}

/** @param {Source} source */
export function bitrateText(source) {
  return source.video && source.video.bitrate_bps ? texts.bitrate(source.video.bitrate_bps) : '';
}
