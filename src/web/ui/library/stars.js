// A rating of one to five stars; the same star again takes it away.

import { h } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { texts } from '../texts.js';

const STARS = [1, 2, 3, 4, 5];
let groups = 0;

/**
 * @param {(rating: number) => void} rate
 * @param {boolean} enabled
 */
export function createStars(rate, enabled) {
  groups += 1;
  const name = `stars-${groups}`;
  let rating = 0;
  const none = h('input', {
    type: 'radio', name, value: 0, class: 'sr-only', 'aria-label': texts.library.noRating, disabled: !enabled,
    change: () => rate(0),
  });
  const marks = STARS.map(() => icon('star'));
  const inputs = STARS.map((star) => h('input', {
    type: 'radio', name, value: star, 'aria-label': texts.library.stars(star), disabled: !enabled,
    change: () => rate(star),
  }));
  const labels = STARS.map((star, index) => h('label', {
    title: texts.library.stars(star),
    click: (event) => {
      if (enabled && star === rating) {
        event.preventDefault();
        rate(0);
      }
    },
  }, inputs[index], marks[index]));
  const element = h('div', { class: 'stars', role: 'radiogroup', 'aria-label': texts.library.rating }, none, ...labels);

  return {
    element,
    /** @param {number} now */
    set(now) {
      rating = now;
      none.checked = now === 0;
      inputs.forEach((input, index) => {
        input.checked = now === index + 1;
        setIcon(marks[index], index < now ? 'star-full' : 'star');
      });
    },
  };
}
