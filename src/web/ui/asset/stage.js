// Where the picture is: a video, sound with its still picture, a slide, or what there is to say while there is neither.

import { h } from '../dom.js';
import { icon } from '../icons.js';
import { convert } from '../library/changes.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';
import { createSlides } from './slides.js';
import { createVideo } from './video.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */

const words = texts.asset;

/** @param {{autoplay: boolean, ended: () => void, saved: (position_ms: number) => void}} options */
export function createStage({ autoplay, ended, saved }) {
  const element = h('div', { class: 'stage-place' });
  /** @type {import('./video.js').Stage|null} */
  let stage = null;
  /** What it shows: a picture that plays is not exchanged under who watches it. */
  let shown = '';

  /** @param {FullAsset} asset */
  function patch(asset) {
    const what = whatOf(asset);
    if (what === shown || stage) {
      return;
    }
    shown = what;
    if (what === 'video') {
      stage = createVideo(asset, { autoplay, ended, saved, failed: () => fail(asset) });
    } else if (what === 'slides') {
      stage = createSlides(asset);
    }
    element.replaceChildren(stage ? stage.element : blank(asset, what));
  }

  /** @param {FullAsset} asset */
  function fail(asset) {
    if (stage) {
      stage.leave();
      stage = null;
    }
    const offer = isAdmin() && !asset.converted
      && h('button', { type: 'button', class: 'button main', click: () => convert(asset.id) }, words.convert);
    element.replaceChildren(h('div', { class: 'stage stage-blank', role: 'alert' }, icon('warn'),
      h('p', {}, words.cantPlay), ...(offer ? [offer] : [])));
  }

  return {
    element,
    patch,
    full: () => (stage ? stage.full : element),
    /** @param {string} key */
    act: (key) => (stage ? stage.act(key) : false),
    leave() {
      if (stage) {
        stage.leave();
      }
    },
  };
}

/** @param {FullAsset} asset */
function whatOf(asset) {
  if (asset.kind === 'slide') {
    return asset.pages.length ? 'slides' : `no ${asset.work}`;
  }
  return asset.play ? 'video' : `no ${asset.work}`;
}

/** @param {FullAsset} asset @param {string} what */
function blank(asset, what) {
  const text = what === 'no failed' ? words.notReadyFailed : what === 'no done' ? words.cantPlay : words.notReady;
  return h('div', { class: 'stage stage-blank' },
    asset.thumbnail ? h('img', { class: 'stage-media', src: asset.thumbnail, alt: '' }) : null,
    h('div', { class: 'stage-words' }, icon(what === 'no failed' ? 'warn' : 'starting'), h('p', {}, text)));
}
