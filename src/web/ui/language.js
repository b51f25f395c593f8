// Which language the pages speak: as chosen in the settings, else the browser's, else English.

import { recall, remember } from './store.js';

/** @typedef {'en'|'de'} Language */

const KEY = 'marquee.language';

const wanted = (typeof navigator === 'undefined' && 'en') || navigator.language || 'en';

/** @returns {Language|null} null: as the browser has it */
export function chosenLanguage() {
  const stored = recall(KEY);
  return stored === 'en' || stored === 'de' ? stored : null;
}

/** @param {Language|null} choice taken up by the next load of a page */
export function chooseLanguage(choice) {
  remember(KEY, choice);
}

/** @type {Language} */
export const language = chosenLanguage() || (/^de\b/i.test(wanted) ? 'de' : 'en');

/** For dates and figures: the reader's own habits, as long as they are of the same language. */
export const locale = wanted.toLowerCase().startsWith(language) ? wanted : language;

/** Hours from 0 to 23 in every language, as the schedule has them. */
export const HOURS = /** @type {Intl.DateTimeFormatOptions} */ ({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
