// The figures of an asset, for who wants to know them.

import { urlOf } from '../base_path.js';
import { h } from '../dom.js';
import { momentText } from '../clock.js';
import { bytesText, figureText, lengthText } from '../format.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */

const words = texts.asset.detail;

/** @param {FullAsset} asset */
function rows(asset) {
  const size = asset.width ? `${asset.width} × ${asset.height}` : '';
  const video = [asset.video_codec, size, asset.frames_per_s ? words.fps(figureText(asset.frames_per_s, 2)) : '']
    .filter(Boolean).join(' · ');
  /** @type {[string, string][]} */
  const all = [
    [words.length, asset.duration_ms ? lengthText(asset.duration_ms) : ''],
    [words.pages, asset.pages.length > 1 ? String(asset.pages.length) : ''],
    [words.picture, asset.kind === 'video' ? video : size],
    [words.sound, asset.kind !== 'slide' && asset.plays ? asset.audio_codec || words.silent : ''],
    [words.bitrate, asset.bitrate_bps ? texts.bitrate(asset.bitrate_bps) : ''],
    [words.file, `${asset.file_name} · ${bytesText(asset.original.bytes)}`],
    [words.container, asset.container],
    [words.converted, asset.converted ? `${asset.converted.ext.toUpperCase()} · ${bytesText(asset.converted.bytes)}` : ''],
    [words.rotation, asset.rotation ? `${asset.rotation}°` : ''],
    // By the clock of a camera, whose zone nobody knows.
    [words.taken, Date.parse(asset.taken) === Date.parse(asset.added) ? '' : momentText(asset.taken, 'UTC')],
    [words.added, momentText(asset.added)],
    [words.watched, asset.last_watched ? momentText(asset.last_watched) : ''],
  ];
  return all.filter((row) => row[1]);
}

export function createDetails() {
  const list = h('dl', { class: 'details-list' });
  const save = h('a', { class: 'button icon-small', download: true }, icon('download'), words.download);
  const element = h('details', { class: 'card-box details' }, h('summary', {}, words.title), list, save);
  return {
    element,
    /** @param {FullAsset} asset */
    patch(asset) {
      list.replaceChildren(...rows(asset).map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
      save.href = urlOf(asset.original.url);
      save.download = asset.file_name;
    },
  };
}
