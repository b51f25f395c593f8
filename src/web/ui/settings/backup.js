// Everything in one file, out and in.

import { detailOf } from '../api.js';
import { urlOf } from '../base_path.js';
import { h, setText } from '../dom.js';
import { bytesText } from '../format.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';
import { section } from './part.js';

const words = texts.settings;

export function backupSection() {
  const input = h('input', { type: 'file', accept: '.tar,application/x-tar', hidden: true, 'aria-label': words.restore });
  const bar = h('progress', { max: 1, 'aria-label': words.restore, hidden: true });
  const state = h('p', { class: 'muted figures', role: 'status' });
  const cancel = h('button', { type: 'button', class: 'button', hidden: true }, texts.cancel);
  const choose = h('button', { type: 'button', class: 'button icon-small', click: () => input.click() }, icon('upload'), words.restore);
  const chosen = h('div', { class: 'key-fresh', hidden: true });

  input.addEventListener('change', () => {
    const file = input.files && input.files[0];
    input.value = '';
    if (file) {
      ask(file);
    }
  });

  /** This replaces all there is: said beforehand, since no one could take it back. @param {File} file */
  function ask(file) {
    chosen.hidden = false;
    chosen.replaceChildren(h('p', {}, words.restoreAsk(file.name, bytesText(file.size))),
      h('div', { class: 'row' },
        h('button', { type: 'button', class: 'button main', click: () => send(file) }, words.restoreNow),
        h('button', { type: 'button', class: 'button', click: () => (chosen.hidden = true) }, texts.cancel)));
  }

  /** @param {File} file */
  function send(file) {
    chosen.hidden = true;
    choose.disabled = true;
    cancel.hidden = false;
    bar.hidden = false;
    const xhr = new XMLHttpRequest();
    const end = (/** @type {string} */ text) => {
      setText(state, text);
      bar.hidden = true;
      cancel.hidden = true;
      choose.disabled = false;
    };
    xhr.open('POST', urlOf('/api/restore'));
    xhr.setRequestHeader('Content-Type', 'application/x-tar');
    xhr.upload.addEventListener('progress', (event) => {
      bar.value = event.loaded / file.size;
      setText(state, texts.upload.amount(bytesText(event.loaded), bytesText(file.size)));
    });
    xhr.addEventListener('load', () => end(xhr.status < 300 ? words.restored(JSON.parse(xhr.responseText).assets) : reason(xhr)));
    xhr.addEventListener('error', () => end(words.restoreBroken));
    xhr.addEventListener('abort', () => end(words.restoreCancelled));
    cancel.onclick = () => xhr.abort();
    xhr.send(file);
  }

  const element = section(words.backup, words.backupLead,
    h('div', { class: 'row' },
      h('a', { class: 'button icon-small', href: '/api/backup', download: true }, icon('download'), words.download),
      choose, input, cancel),
    chosen, bar, state);
  element.id = 'backup';
  return element;
}

/** @param {XMLHttpRequest} xhr */
function reason(xhr) {
  try {
    return detailOf(JSON.parse(xhr.responseText)) || texts.answered(xhr.status);
  } catch (error) {
    return texts.answered(xhr.status);
  }
}
