// Which language the pages speak. The box decides (web/language.rs): as chosen in the settings, else as the browser wants it, and
// sends a page with the texts of that one alone.

import { basePath } from './base_path.js';
import { forget, recall } from './store.js';

/** @typedef {'en'|'de'} Language */

/** A cookie, so that the box knows before it sends anything. */
const COOKIE = 'marquee_language';
/** As long as browsers keep a cookie at all. */
const KEPT_S = 400 * 86400;
/** Where earlier versions kept it. */
const EARLIER_KEY = 'marquee.language';

/** @param {unknown} text @returns {Language|null} */
const known = (text) => (text === 'en' || text === 'de' ? text : null);

/** @returns {Language|null} null: as the browser has it */
export function chosenLanguage() {
  const pair = document.cookie.split('; ').find((text) => text.startsWith(`${COOKIE}=`));
  return known(pair && pair.slice(COOKIE.length + 1));
}

/** @param {Language|null} choice taken up by the next load of a page */
export function chooseLanguage(choice) {
  document.cookie = `${COOKIE}=${choice || ''}; Path=${basePath}; SameSite=Lax; Max-Age=${choice ? KEPT_S : 0}`;
}

const inBrowser = typeof document !== 'undefined';

/** @type {Language} */
export const language = (inBrowser && known(document.documentElement.lang)) || 'en';

if (inBrowser) {
  const earlier = known(recall(EARLIER_KEY));
  forget(EARLIER_KEY);
  if (earlier && !chosenLanguage()) {
    chooseLanguage(earlier);
    if (earlier !== language) {
      location.reload();
    }
  }
}

/** @returns {readonly string[]} */
const wanted = () => (typeof navigator === 'undefined' ? [] : navigator.languages || [navigator.language]);

/** For dates and figures: the reader's own habits, as long as they are of the same language. */
export const locale = wanted().find((tag) => tag.toLowerCase().split('-')[0] === language) || language;
