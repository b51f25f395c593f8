// Mouse and finger on the week: a press opens or asks, a drag draws, moves or stretches. A finger that scrolls does
// neither: it has to rest for a moment first.

import { spanText } from '../clock.js';
import { h } from '../dom.js';
import { placed } from './block.js';
import { drawn, moved, stretched } from './blocks.js';
import { DAY_MIN, minutesOf } from './wall.js';

/** @typedef {import('../signage/types.js').TimeWindow} TimeWindow */
/** @typedef {import('./blocks.js').Block} Block */
/** @typedef {import('./week.js').WindowTimes} WindowTimes */

/** A hand is not steady. */
const DRAG_PX = 5;
const REST_MS = 350;

/**
 * What is done with the pointer that is down.
 * @typedef {Object} Drag
 * @property {number} pointer
 * @property {number} x
 * @property {number} y
 * @property {number} day under the pointer at the start
 * @property {number} minutes
 * @property {Block|null} block
 * @property {'from'|'until'|null} edge
 * @property {boolean} begun
 * @property {WindowTimes|null} times of what would become of it
 */

/**
 * @param {HTMLElement} grid with `.week-day[data-day]`
 * @param {{
 *   editable: boolean,
 *   blockAt: (id: number, day: number) => Block|null,
 *   show: (window: TimeWindow, times: WindowTimes|null) => void,
 *   change: (window: TimeWindow, times: WindowTimes) => void,
 *   open: (window: TimeWindow) => void,
 *   draw: (day: number, from: number, until: number) => void,
 *   ask: (day: number, minutes: number, point: {x: number, y: number}) => void,
 * }} actions
 */
export function followPointer(grid, actions) {
  /** @type {Drag|null} */
  let drag = null;
  let rest = 0;
  const ghost = h('div', { class: 'block ghost', hidden: true });

  /** Day and minute under the pointer. @param {PointerEvent} event */
  function positionOf(event) {
    const days = Array.from(grid.querySelectorAll('.week-day')).filter((day) => day.getBoundingClientRect().width > 0);
    const day = days.find((each) => event.clientX < each.getBoundingClientRect().right) || days[days.length - 1];
    const box = day.getBoundingClientRect();
    const minutes = ((event.clientY - box.top) / box.height) * DAY_MIN;
    return { day: Number(day.getAttribute('data-day')), minutes: Math.max(0, Math.min(DAY_MIN, minutes)), element: day };
  }

  /** @param {PointerEvent} event */
  function down(event) {
    if (event.button || drag) {
      return;
    }
    const target = /** @type {Element} */ (event.target);
    const at = positionOf(event);
    const shown = target.closest('.block');
    const [id, day] = shown ? (shown.getAttribute('data-block') || '').split(' ').map(Number) : [0, 0];
    const grip = target.closest('.block-grip');
    drag = {
      pointer: event.pointerId, x: event.clientX, y: event.clientY, day: at.day, minutes: at.minutes,
      block: shown ? actions.blockAt(id, day) : null,
      edge: /** @type {Drag['edge']} */ (grip ? grip.getAttribute('data-edge') : null),
      begun: false, times: null,
    };
    if (event.pointerType !== 'mouse') {
      rest = window.setTimeout(begin, REST_MS);
    }
  }

  function begin() {
    if (drag && actions.editable) {
      drag.begun = true;
      grid.setPointerCapture(drag.pointer);
      grid.classList.add('dragging');
    }
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!drag || event.pointerId !== drag.pointer) {
      return;
    }
    if (!drag.begun) {
      const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > DRAG_PX;
      if (far && event.pointerType === 'mouse') {
        begin();
      } else if (far) {
        cancel(); // It scrolls.
      }
    }
    if (!drag || !drag.begun) {
      return;
    }
    const at = positionOf(event);
    const by = at.minutes - drag.minutes;
    if (!drag.block) {
      drag.times = drawn(drag.day, drag.minutes, at.minutes);
      showGhost(drag);
    } else {
      drag.times = drag.edge ? stretched(drag.block, drag.edge, by) : moved(drag.block, at.day - drag.day, by);
      actions.show(drag.block.window, drag.times);
    }
  }

  /** @param {Drag} now */
  function showGhost(now) {
    const times = /** @type {WindowTimes} */ (now.times);
    const list = grid.querySelector(`.week-day[data-day="${now.day}"] .week-blocks`);
    if (list && ghost.parentElement !== list) {
      list.append(ghost);
    }
    ghost.hidden = false;
    ghost.textContent = spanText(minutesOf(times.from), minutesOf(times.until));
    placed(ghost, { from: minutesOf(times.from), until: minutesOf(times.until) });
  }

  /** @param {PointerEvent} event */
  function up(event) {
    const done = drag;
    if (!done || event.pointerId !== done.pointer) {
      return;
    }
    cancel();
    if (!done.begun) {
      if (done.block && actions.editable) {
        actions.open(done.block.window);
      } else {
        // The release opens it, and what follows it is no press beside it.
        event.preventDefault();
        actions.ask(done.day, done.minutes, { x: event.clientX, y: event.clientY });
      }
    } else if (done.times && done.block) {
      actions.change(done.block.window, done.times);
    } else if (done.times) {
      actions.draw(done.day, minutesOf(done.times.from), minutesOf(done.times.until));
    }
  }

  /** Nothing is held any more. */
  function cancel() {
    const done = drag;
    window.clearTimeout(rest);
    drag = null;
    ghost.hidden = true;
    ghost.remove();
    grid.classList.remove('dragging');
    if (done && done.begun) {
      grid.releasePointerCapture(done.pointer);
      if (done.block) {
        actions.show(done.block.window, null);
      }
    }
  }

  grid.addEventListener('pointerdown', down);
  grid.addEventListener('pointermove', move);
  grid.addEventListener('pointerup', up);
  grid.addEventListener('pointercancel', cancel);
  grid.addEventListener('keydown', (event) => event.key === 'Escape' && cancel());
  // A finger that holds a block moves it, and not the page.
  grid.addEventListener('touchmove', (event) => drag && drag.begun && event.preventDefault(), { passive: false });
  grid.addEventListener('contextmenu', (event) => drag && event.preventDefault());
  // A press with the keys comes as a click without a pointer.
  grid.addEventListener('click', (event) => {
    const shown = /** @type {Element} */ (event.target).closest('.block');
    if (shown && event.detail === 0) {
      const [id, day] = (shown.getAttribute('data-block') || '').split(' ').map(Number);
      const block = actions.blockAt(id, day);
      if (block && actions.editable) {
        actions.open(block.window);
      } else if (block) {
        const box = shown.getBoundingClientRect();
        actions.ask(block.day, block.from, { x: box.left, y: box.top });
      }
    }
  });
}
