// A video of the library: the browser's own controls, the place one left it at, subtitles.

import { request } from '../api.js';
import { urlOf } from '../base_path.js';
import { h } from '../dom.js';
import { figureText, lengthText } from '../format.js';
import { assetPath } from '../library/changes.js';
import { recall, remember } from '../store.js';
import { texts } from '../texts.js';
import { keepPosition } from './position.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */

const words = texts.asset;
const VOLUME_KEY = 'marquee.library-volume';
/** Played for this long it was watched; of shorter ones, half. */
const WATCHED_S = 5;
/** What an arrow key jumps. */
const JUMP_S = 5;
const VOLUME_STEP = 0.1;
/** What the speed keys step through. */
const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const NOTE_MS = 8000;

/**
 * @typedef {Object} Stage
 * @property {HTMLElement} element
 * @property {(key: string) => boolean} act takes a key; true if it knew it
 * @property {() => void} leave
 * @property {HTMLElement} full what fills the screen
 */

/**
 * @param {FullAsset} asset
 * @param {{autoplay: boolean, ended: () => void, saved: (position_ms: number) => void, failed: () => void}} options
 * @returns {Stage}
 */
export function createVideo(asset, options) {
  const video = h('video', {
    class: 'stage-media', controls: true, playsinline: true, preload: 'metadata', 'aria-label': asset.name,
    poster: asset.thumbnail,
  });
  const note = h('div', { class: 'stage-note', role: 'status', hidden: true });
  const element = h('div', { class: 'stage' }, video, note);
  for (const subtitle of asset.subtitles) {
    video.append(h('track', {
      kind: 'subtitles', src: subtitle.url, srclang: subtitle.language, label: subtitle.label || subtitle.language,
    }));
  }
  video.src = urlOf(asset.play || '');
  if (asset.width && asset.height) {
    element.style.setProperty('--ratio', String(Math.max(asset.width / asset.height, 4 / 3)));
  }
  const sound = recall(VOLUME_KEY);
  if (sound && typeof sound.volume === 'number') {
    video.volume = Math.min(1, Math.max(0, sound.volume));
    video.muted = Boolean(sound.muted);
  }
  video.addEventListener('volumechange', () => remember(VOLUME_KEY, { volume: video.volume, muted: video.muted }));
  video.addEventListener('error', () => options.failed());
  video.addEventListener('ended', options.ended);
  video.addEventListener('loadedmetadata', begin, { once: true });
  countView(asset.id, video);
  const endPosition = keepPosition(asset.id, video, options.saved);

  function begin() {
    if (asset.resume_ms !== null) {
      video.currentTime = asset.resume_ms / 1000;
      offerBeginning(asset.resume_ms);
    }
    if (options.autoplay) {
      video.play().catch(() => undefined); // The browser wants a press first; its controls are there.
    }
  }

  /** @param {number} position_ms */
  function offerBeginning(position_ms) {
    const again = h('button', {
      type: 'button', class: 'button',
      click: () => {
        video.currentTime = 0;
        note.hidden = true;
        video.focus();
      },
    }, words.fromBeginning);
    note.replaceChildren(h('span', {}, words.resumedAt(lengthText(position_ms))), again);
    note.hidden = false;
    noteTimer = window.setTimeout(() => (note.hidden = true), NOTE_MS);
  }

  /** @param {number} by_s */
  function jump(by_s) {
    video.currentTime = Math.min(Math.max(0, video.currentTime + by_s), video.duration || 0);
  }

  /** @param {number} by */
  function louder(by) {
    video.muted = false;
    video.volume = Math.min(1, Math.max(0, video.volume + by));
  }

  let noteTimer = 0;
  /** Says for a moment what a key has done. @param {string} text */
  function sayShortly(text) {
    note.replaceChildren(text);
    note.hidden = false;
    window.clearTimeout(noteTimer);
    noteTimer = window.setTimeout(() => (note.hidden = true), NOTE_MS / 4);
  }

  /** @param {number} by steps */
  function faster(by) {
    const now = SPEEDS.reduce((best, each, index) =>
      (Math.abs(each - video.playbackRate) < Math.abs(SPEEDS[best] - video.playbackRate) ? index : best), 0);
    video.playbackRate = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, now + by))];
    sayShortly(words.speedNow(figureText(video.playbackRate, 2)));
  }

  function nextSubtitles() {
    const tracks = Array.from(video.textTracks);
    const shown = tracks.findIndex((track) => track.mode === 'showing');
    tracks.forEach((track, index) => (track.mode = index === shown + 1 ? 'showing' : 'disabled'));
    const now = tracks[shown + 1];
    if (tracks.length) {
      sayShortly(now ? words.subtitlesNow(now.label) : words.subtitlesOff);
    }
  }

  /** @type {Record<string, () => void>} */
  const keys = {
    ' ': () => (video.paused ? video.play().catch(() => undefined) : video.pause()),
    k: () => (video.paused ? video.play().catch(() => undefined) : video.pause()),
    ArrowLeft: () => jump(-JUMP_S),
    ArrowRight: () => jump(JUMP_S),
    ArrowUp: () => louder(VOLUME_STEP),
    ArrowDown: () => louder(-VOLUME_STEP),
    m: () => (video.muted = !video.muted),
    c: nextSubtitles,
    '<': () => faster(-1),
    '>': () => faster(1),
  };

  return {
    element,
    full: video,
    act(key) {
      // With the focus on its controls, the browser takes the space bar for them.
      if (!(key in keys) || (key === ' ' && document.activeElement === video)) {
        return false;
      }
      keys[key]();
      return true;
    },
    leave() {
      endPosition();
      video.pause();
      // Lets go of the connection at once, not when the element is collected.
      video.removeAttribute('src');
      video.load();
    },
  };
}

/**
 * A view is counted once, when something of it was really seen.
 * @param {number} id
 * @param {HTMLVideoElement} video
 */
function countView(id, video) {
  let counted = false;
  let seen_s = 0;
  let last_s = 0;
  video.addEventListener('timeupdate', () => {
    const step_s = video.currentTime - last_s;
    last_s = video.currentTime;
    // Jumps are not watching.
    seen_s += step_s > 0 && step_s < 1 ? step_s : 0;
    if (!counted && seen_s >= Math.min(WATCHED_S, video.duration / 2)) {
      counted = true;
      request(`${assetPath(id)}/watched`, { method: 'POST' }).catch(() => undefined);
    }
  });
}
