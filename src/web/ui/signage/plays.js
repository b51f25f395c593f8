// Proof of play as a table to download.

import { urlOf } from '../base_path.js';
import { boxDate } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { texts } from '../texts.js';
import { screens } from './data.js';
import { fieldRow, openDialog } from './dialog.js';

const words = texts.signage.plays;
const DAYS_BEFORE = 7;

export function openPlays() {
  const from = h('input', { class: 'field', type: 'date', required: true, value: boxDate(-DAYS_BEFORE) });
  const until = h('input', { class: 'field', type: 'date', required: true, value: boxDate(0) });
  const screen = h('select', { class: 'field' }, h('option', { value: '' }, words.allScreens),
    ...(screens.value() || []).map((each) => h('option', { value: each.id }, each.name)));
  const link = h('a', { class: 'button main icon-small', download: true }, icon('download'), words.download);
  const patch = () => {
    const query = new URLSearchParams();
    if (from.value) {
      query.set('from', from.value);
    }
    if (until.value) {
      query.set('until', until.value);
    }
    if (screen.value) {
      query.set('screen', screen.value);
    }
    link.href = urlOf(`/api/plays.csv?${query}`);
  };
  [from, until, screen].forEach((field) => field.addEventListener('change', patch));
  patch();
  openDialog(words.title, false, h('div', { class: 'form' }, h('p', { class: 'muted' }, words.lead),
    fieldRow(words.from, from), fieldRow(words.until, until), fieldRow(words.screen, screen),
    h('div', { class: 'form-actions' }, link)));
}
