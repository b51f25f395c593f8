// On which screens a message comes: all, or chosen groups and screens.

import { h } from '../dom.js';
import { choiceRow } from '../parts.js';
import { texts } from '../texts.js';
import { checkBox, fieldSet } from './dialog.js';

/** @typedef {import('./types.js').TvScreen} TvScreen */
/** @typedef {import('./types.js').Group} Group */
/** @typedef {{screens: number[]|null, groups: number[]|null}} Where both null: all screens */

const words = texts.signage.message;

/**
 * @param {TvScreen[]} screens
 * @param {Group[]} groups
 */
export function createWhere(screens, groups) {
  let some = false;
  /** Screens that were chosen one by one. @type {Set<number>} */
  const chosen = new Set();
  const inGroups = groups.map((group) => {
    const count = screens.filter((screen) => screen.group === group.id).length;
    return { group, box: checkBox(words.group(group.name, count), false, show) };
  });
  const single = screens.map((screen) => ({
    screen,
    box: checkBox(screen.name, false, (checked) => (checked ? chosen.add(screen.id) : chosen.delete(screen.id))),
  }));

  const groupsChosen = () => inGroups.filter(({ box }) => box.input.checked).map(({ group }) => group.id);

  /** A screen of a chosen group is in it: there is nothing to choose then. */
  function show() {
    const taken = groupsChosen();
    for (const { screen, box } of single) {
      const inside = screen.group !== null && taken.includes(screen.group);
      box.input.disabled = inside;
      box.input.checked = inside || chosen.has(screen.id);
    }
    list.hidden = !some;
  }

  const list = h('div', { class: 'check-list', hidden: true },
    ...inGroups.map(({ box }) => box.element), ...single.map(({ box }) => box.element));
  const choice = choiceRow(words.where, [{ value: 'all', text: words.all }, { value: 'some', text: words.some }], 'all', (value) => {
    some = value === 'some';
    show();
  });
  return {
    element: fieldSet(words.where, choice.element, list),
    /** @returns {Where} */
    value() {
      if (!some) {
        return { screens: null, groups: null };
      }
      const alone = single.filter(({ box }) => box.input.checked && !box.input.disabled);
      return { screens: alone.map(({ screen }) => screen.id), groups: groupsChosen() };
    },
    /** @param {Where} where */
    set({ screens: one, groups: many }) {
      some = one !== null || many !== null;
      choice.set(some ? 'some' : 'all');
      chosen.clear();
      (one || []).forEach((id) => chosen.add(id));
      inGroups.forEach(({ group, box }) => (box.input.checked = (many || []).includes(group.id)));
      show();
    },
  };
}
