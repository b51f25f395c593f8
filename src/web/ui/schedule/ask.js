// "What plays on Monday at 18:00?", answered by what the players ask themselves.

import { api } from '../api.js';
import { boxNow, boxZone, timeText } from '../clock.js';
import { h } from '../dom.js';
import { icon } from '../icons.js';
import { screens } from '../signage/data.js';
import { fieldRow } from '../signage/dialog.js';
import { texts } from '../texts.js';
import { instantOf, minutesOf, timeOf, wallOf } from './wall.js';

const words = texts.signage.schedule;

export function createAsk() {
  const wall = wallOf(boxNow(), boxZone());
  const screen = h('select', { class: 'field', required: true });
  const when = h('input', { class: 'field', type: 'datetime-local', required: true, value: `${wall.date}T${timeOf(wall.minutes)}` });
  const answer = h('p', { class: 'ask-answer', role: 'status' });
  const form = h('form', {
    class: 'ask-form',
    submit: (event) => {
      event.preventDefault();
      ask();
    },
  }, fieldRow(words.askScreen, screen), fieldRow(words.askWhen, when), h('button', { type: 'submit', class: 'button' }, words.ask));
  const element = h('section', { class: 'card-box ask', 'aria-label': words.askTitle }, h('h2', {}, words.askTitle), form, answer);
  let asked = 0;

  async function ask() {
    const [date, time] = when.value.split('T');
    if (!screen.value || !date || !time) {
      return;
    }
    asked += 1;
    const mine = asked;
    const said = await momentAnswer(Number(screen.value), date, minutesOf(time));
    if (mine === asked) {
      answer.replaceChildren(...said);
    }
  }

  return {
    element,
    /** @param {number|null} chosen the screen whose week is seen */
    showScreens(chosen) {
      const all = screens.value() || [];
      const before = screen.value;
      const ids = all.map((each) => String(each.id)).join();
      if (screen.dataset.ids !== ids) {
        screen.dataset.ids = ids;
        screen.replaceChildren(...all.map((each) => h('option', { value: each.id }, each.name)));
        screen.value = before;
      }
      if (chosen !== null) {
        screen.value = String(chosen);
      } else if (!screen.value && all.length) {
        screen.value = String(all[0].id);
      }
      element.hidden = !all.length;
    },
  };
}

/**
 * What plays at a time, or why nobody knows: an icon, and words.
 * @param {number} screen
 * @param {string} date
 * @param {number} minutes
 * @returns {Promise<Element[]>}
 */
export async function momentAnswer(screen, date, minutes) {
  const at = instantOf(date, minutes, boxZone()).toISOString();
  try {
    /** @type {import('../signage/types.js').Moment} */
    const moment = await api.get(`/api/screens/${screen}/program?at=${encodeURIComponent(at)}`);
    return [icon(moment.state === 'play' ? 'play' : moment.state === 'standby' ? 'night' : 'ring'), h('span', {}, describe(moment))];
  } catch (error) {
    return [icon('warn'), h('span', {}, /** @type {Error} */ (error).message)];
  }
}

/** @param {import('../signage/types.js').Moment} moment */
function describe(moment) {
  const what = moment.state === 'standby' ? words.standby : moment.state === 'splash' ? words.splash
    : moment.item ? words.playsItem(moment.name, moment.item.name) : moment.name;
  return moment.until ? words.untilThen(what, timeText(new Date(moment.until))) : what;
}
