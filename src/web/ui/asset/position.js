// Where one is in a video, told to the server now and then, and when one goes.

import { api } from '../api.js';
import { assetPath } from '../library/changes.js';
import { isAdmin } from '../session.js';

/** What is lost at most when the power goes. */
const SAVE_MS = 10000;
/** Nearer than this it is the same place. */
const SAME_MS = 500;

/**
 * @param {number} id
 * @param {HTMLVideoElement} video
 * @param {(position_ms: number) => void} saved
 */
export function keepPosition(id, video, saved) {
  let last_ms = -1;

  /** @param {boolean} leaving */
  function save(leaving) {
    const position_ms = video.ended ? 0 : Math.round(video.currentTime * 1000);
    if (!video.duration || (last_ms < 0 && position_ms < SAME_MS) || Math.abs(position_ms - last_ms) < SAME_MS) {
      return;
    }
    last_ms = position_ms;
    if (!isAdmin()) {
      return; // The place is the household's: who only looks leaves it where it is.
    }
    // Sent even while the page goes away. Nobody misses one that fails: the next comes soon.
    api.send('PUT', `${assetPath(id)}/position`, { position_ms }, { keepalive: leaving }).catch(() => undefined);
    saved(position_ms);
  }

  const timer = window.setInterval(() => !video.paused && save(false), SAVE_MS);
  const leave = () => save(true);
  const hide = () => document.hidden && save(true);
  video.addEventListener('pause', () => save(false));
  video.addEventListener('ended', () => save(false));
  window.addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', hide);
  return () => {
    save(false);
    window.clearInterval(timer);
    window.removeEventListener('pagehide', leave);
    document.removeEventListener('visibilitychange', hide);
  };
}
