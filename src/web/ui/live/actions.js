// What a viewer can do with the picture besides watching it.

import { request } from '../api.js';
import { stampText } from '../clock.js';
import { h } from '../dom.js';

/**
 * Saves the newest picture as a file.
 * @param {string} path of the source, such as `/live/door`
 * @param {string} name of the source
 */
export async function saveSnapshot(path, name) {
  const response = await request(`${path}/frame.jpg`, { cache: 'no-store' });
  const address = URL.createObjectURL(await response.blob());
  const link = h('a', { href: address, download: `${name} ${stampText()}.jpg` });
  link.click();
  // The download has taken its own hold of the data by then.
  window.setTimeout(() => URL.revokeObjectURL(address), 10000);
}

/**
 * @param {HTMLElement} element
 * @param {Element|null} view what shows the picture
 */
export async function toggleFullscreen(element, view) {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
  } else if (element.requestFullscreen) {
    await element.requestFullscreen();
  } else if (view instanceof HTMLVideoElement && view.webkitEnterFullscreen) {
    view.webkitEnterFullscreen();
  }
}

/** @param {Element|null} view what shows the picture */
export async function togglePip(view) {
  if (document.pictureInPictureElement) {
    await document.exitPictureInPicture();
  } else if (view instanceof HTMLVideoElement) {
    await view.requestPictureInPicture();
  }
}
