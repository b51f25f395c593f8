// What this box is, how full it is, and what is wrong with its settings file.

import { status } from '../api.js';
import { h, setText } from '../dom.js';
import { onLibrary } from '../events.js';
import { bytesText, countText } from '../format.js';
import { icon } from '../icons.js';
import { language } from '../language.js';
import { texts } from '../texts.js';
import { section } from './part.js';

const words = texts.settings.about;

export function aboutSection() {
  const name = h('dd', {});
  const version = h('dd', {});
  const library = h('dd', { class: 'figures' });
  const file = h('dd', {});
  const meter = h('meter', { min: 0, max: 1, low: 0.8, high: 0.9, optimum: 0, 'aria-label': words.disk });
  const room = h('span', {});
  const disk = h('dd', { class: 'disk figures' }, meter, room);
  const errors = h('div', {});
  const row = (/** @type {string} */ term, /** @type {Node[]} */ ...values) => h('div', {}, h('dt', {}, term), ...values);
  const element = section(words.title, '', h('dl', { class: 'details-list' },
    row(words.name, name), row(words.version, version), row(words.library, library), row(words.disk, disk),
    row(words.file, file)), errors,
  h('p', {}, h('a', { href: '/api' }, words.api)));
  element.id = 'about';

  const end = onLibrary((now) => {
    const { videos, slides, sounds, bin } = now.totals;
    setText(library, words.counts(countText(videos), countText(slides), countText(sounds), countText(bin)));
    meter.hidden = !now.disk;
    if (now.disk) {
      const { free_bytes, total_bytes, kept_bytes } = now.disk;
      setText(room, words.free(bytesText(free_bytes), bytesText(total_bytes), bytesText(kept_bytes)));
      meter.value = total_bytes ? 1 - free_bytes / total_bytes : 0;
    }
  });

  async function load() {
    try {
      const now = await status();
      setText(name, now.name);
      setText(version, now.version);
      setText(file, now.config.file || words.noFile);
      const mistakes = language === 'de' ? now.config.errors_de : now.config.errors;
      errors.replaceChildren(...(mistakes.length ? [
        h('p', { class: 'form-problem icon-small' }, icon('warn'), words.errors),
        h('pre', { class: 'errors', tabindex: 0, 'aria-label': words.errors }, mistakes.join('\n')),
      ] : []));
    } catch (error) {
      setText(name, /** @type {Error} */ (error).message);
    }
  }

  return { element, leave: end, ready: load() };
}
