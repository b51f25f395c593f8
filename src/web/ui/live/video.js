// The video element of WebRTC and MSE.

/** A video that has shown a picture knows its size within some milliseconds; the small window is not held up for ever. */
const SIZE_MS_MAX = 2000;

/** Muted until the player says otherwise, so that it may start by itself. */
export function makeVideo() {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.disableRemotePlayback = true;
  video.tabIndex = -1;
  return video;
}

/**
 * Tells a session when its first picture is on the screen. In a hidden page nothing is, so the decoded one counts.
 * @param {import('./session.js').Session} session
 * @param {HTMLVideoElement} video
 */
export function watchFirstFrame(session, video) {
  if (typeof video.requestVideoFrameCallback === 'function') {
    const handle = video.requestVideoFrameCallback(() => session.show());
    session.atEnd(() => video.cancelVideoFrameCallback(handle));
    video.addEventListener('loadeddata', () => document.hidden && session.show());
  } else {
    video.addEventListener('loadeddata', () => session.show());
  }
}

/**
 * Has the small window show this video. A first picture may be on the screen a moment before the browser calls its size
 * known, and it refuses a video without one.
 * @param {HTMLVideoElement} video
 * @returns {Promise<void>} settled when it does, or will not
 */
export async function moveSmallWindow(video) {
  if (video.readyState < HTMLMediaElement.HAVE_METADATA) {
    await new Promise((resolve) => {
      video.addEventListener('loadedmetadata', resolve, { once: true });
      window.setTimeout(resolve, SIZE_MS_MAX);
    });
  }
  await video.requestPictureInPicture().catch(() => undefined);
}

/**
 * Pictures decoded so far, and those of them that came too late to be shown.
 * @param {HTMLVideoElement} video
 */
export function frameCounts(video) {
  if (typeof video.getVideoPlaybackQuality !== 'function') {
    // An old browser: time that passes stands for pictures, which is enough for the watchdog.
    return { decoded: Math.floor(video.currentTime * 10), dropped: 0 };
  }
  const quality = video.getVideoPlaybackQuality();
  return { decoded: quality.totalVideoFrames, dropped: quality.droppedVideoFrames };
}

/**
 * Gives the video its sound, if the browser lets it without a touch or key before.
 * @param {HTMLVideoElement} video
 * @param {boolean} on
 * @param {number} volume 0 to 1
 * @returns {Promise<boolean>} false: sound was wanted and is blocked; the picture plays on without
 */
export async function setSound(video, on, volume) {
  video.volume = volume;
  video.muted = !on;
  try {
    await video.play();
    return true;
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') {
      return true; // Ended or replaced in the meantime.
    }
    video.muted = true;
    // Blocked even without sound (power saving): the watchdog sees it.
    video.play().catch(() => undefined);
    return !on;
  }
}

/**
 * The picture that a video shows now.
 * @param {HTMLVideoElement} video
 * @returns {HTMLCanvasElement|null} null: it shows none
 */
export function stillOf(video) {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!pen || !video.videoWidth || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) {
    return null;
  }
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.className = video.className;
  pen.drawImage(video, 0, 0);
  return canvas;
}

/**
 * Lets go of what a video holds. One without a picture would keep the whole page "loading".
 * @param {Element} view
 */
export function releaseView(view) {
  view.remove();
  if (view instanceof HTMLVideoElement) {
    view.srcObject = null;
    view.removeAttribute('src');
    view.load();
  }
}
