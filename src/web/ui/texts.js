// Every text a person reads, in the language of the page. The texts themselves are in texts.en.js and texts.de.js, of which
// a page gets one.

import { language } from './language.js';
import { german } from './texts.de.js';
import { english } from './texts.en.js';

export const texts = language === 'de' ? german : english;
