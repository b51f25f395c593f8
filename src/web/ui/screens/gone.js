// Screens that were not seen for long: browsers that somebody once tried, TVs that are thrown away. All of them go at once.

import { boxNow } from '../clock.js';
import { h, setText } from '../dom.js';
import { icon } from '../icons.js';
import { isAdmin } from '../session.js';
import { screens } from '../signage/data.js';
import { texts } from '../texts.js';

/** @typedef {import('../signage/types.js').TvScreen} TvScreen */

const words = texts.signage.screens;
/** A TV that is switched off over a weekend and a day more is still a TV. */
const GONE_MS = 4 * 86400000;

/** @param {TvScreen} screen @param {number} now_ms a port of the box is never gone */
export function isLongGone(screen, now_ms) {
  return screen.kind !== 'hdmi' && !screen.active && (!screen.last_seen || now_ms - Date.parse(screen.last_seen) > GONE_MS);
}

/** The line that says how many there are; hidden while there are none, and for who can't remove them. */
export function createGone() {
  const text = h('span', {});
  /** @type {number[]} */
  let ids = [];
  const remove = h('button', {
    type: 'button', class: 'button', click: () => screens.remove(ids, words.goneRemoved(ids.length)),
  }, words.goneRemove);
  const element = h('p', { class: 'muted icon-small idle-line', hidden: true }, icon('ring'), text, remove);
  return {
    element,
    /** @param {TvScreen[]} all */
    show(all) {
      ids = isAdmin() ? all.filter((screen) => isLongGone(screen, boxNow().getTime())).map((screen) => screen.id) : [];
      element.hidden = !ids.length;
      setText(text, words.goneLine(ids.length));
    },
  };
}
