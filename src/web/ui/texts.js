// Every text a person reads, in the language chosen. The texts themselves are in texts.en.js and texts.de.js.

import { language } from './language.js';
import { german } from './texts.de.js';
import { english } from './texts.en.js';

export const texts = language === 'de' ? german : english;

if (typeof document !== 'undefined') {
  document.documentElement.lang = language;
}
