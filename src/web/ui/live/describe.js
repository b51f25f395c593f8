// A source in words: what tiles and the player say about it.

import { boxNow, timeText } from '../clock.js';
import { language } from '../language.js';
import { texts } from '../texts.js';

/** @typedef {import('../types.js').Source} Source */

const ICONS = { idle: 'ring', starting: 'starting', live: 'dot', lost: 'warn' };

/** What is part of a format's name, such as `720p25`. What is measured is near one of them, or something else. */
const RATES = [24, 25, 30, 48, 50, 60, 120];
const RATE_SHARE = 0.03;

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
 * Of a source without a picture: its address, what it said, and when it is tried again; empty while all is well.
 * @param {Source} source
 */
export function factsText(source) {
  if (source.state !== 'lost' || !source.cause) {
    return '';
  }
  const left_s = source.next_try ? Math.ceil((Date.parse(source.next_try) - boxNow().getTime()) / 1000) : 0;
  const { detail } = source.cause;
  const address = source.address && detail.includes(source.address) ? '' : source.address;
  return [address, detail, left_s > 0 ? texts.nextTry(left_s) : ''].filter(Boolean).join(' · ');
}

/**
 * Such as `1080p60`; empty if not known yet.
 * @param {Source} source
 */
export function sizeText(source) {
  // A lost source encodes its slate, whose size says nothing about the source.
  const picture = source.state === 'lost' ? null : source.video || source.input;
  if (!picture || !picture.height) {
    return '';
  }
  const { height, fps } = picture;
  const rate = RATES.find((known) => Math.abs(known - fps) <= known * RATE_SHARE);
  return rate || !fps ? texts.size(height, rate || 0) : texts.oddSize(height, Math.round(fps));
}

/** @param {Source} source */
export function bitrateText(source) {
  return source.video && source.video.bitrate_bps ? texts.bitrate(source.video.bitrate_bps) : '';
}
