// On which screens a message comes: all, or chosen ones, also a group at a time.

import { h } from '../dom.js';
import { choiceRow } from '../parts.js';
import { texts } from '../texts.js';
import { checkBox, fieldSet } from './dialog.js';

/** @typedef {import('./types.js').TvScreen} TvScreen */
/** @typedef {import('./types.js').Group} Group */

const words = texts.signage.message;

/**
 * @param {TvScreen[]} screens
 * @param {Group[]} groups
 */
export function createWhere(screens, groups) {
  let some = false;
  const boxes = screens.map((screen) => ({ screen, box: checkBox(screen.name, false, showGroups) }));
  const known = groups
    .map((group) => ({ group, members: boxes.filter((each) => each.screen.group === group.id) }))
    .filter(({ members }) => members.length)
    .map(({ group, members }) => ({
      members,
      box: checkBox(words.group(group.name, members.length), false, (checked) => {
        members.forEach((each) => (each.box.input.checked = checked));
      }),
    }));

  /** A group is checked while all of it is, and half so while some of it is. */
  function showGroups() {
    for (const { members, box } of known) {
      const checked = members.filter((each) => each.box.input.checked).length;
      box.input.checked = checked === members.length;
      box.input.indeterminate = checked > 0 && checked < members.length;
    }
  }

  const list = h('div', { class: 'check-list', hidden: true },
    ...known.map((each) => each.box.element), ...boxes.map((each) => each.box.element));
  const choice = choiceRow(words.where, [{ value: 'all', text: words.all }, { value: 'some', text: words.some }], 'all', (value) => {
    some = value === 'some';
    list.hidden = !some;
  });
  return {
    element: fieldSet(words.where, choice.element, list),
    /** @returns {number[]|null} null: everywhere */
    value: () => (some ? boxes.filter((each) => each.box.input.checked).map((each) => each.screen.id) : null),
  };
}
