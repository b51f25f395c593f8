// Dragging items of a strip, with the mouse at once, with a finger after it has rested on one for a moment.

import { dropIndex } from './draft.js';

const DRAG_PX = 6;
const REST_MS = 350;
/** So near to the edge of the window it scrolls along. */
const EDGE_PX = 70;
const SCROLL_PX = 12;

/**
 * @param {HTMLElement} list of `[data-uid]`
 * @param {{
 *   move: (uid: number, index: number) => void, done: (uid: number) => void, cancelled: () => void,
 * }} actions move: it hovers there now
 */
export function followDrags(list, actions) {
  /** @type {{pointer: number, x: number, y: number, item: HTMLElement, ghost: HTMLElement|null, dx: number, dy: number}|null} */
  let drag = null;
  let rest = 0;
  let frame = 0;
  /** A drag ends in a click, which is none. */
  let justDragged = false;
  let point = { x: 0, y: 0 };

  const uidOf = (/** @type {HTMLElement} */ item) => Number(item.dataset.uid);

  /** @param {PointerEvent} event */
  function down(event) {
    const item = /** @type {HTMLElement|null} */ (/** @type {Element} */ (event.target).closest('[data-uid]'));
    if (event.button || drag || !item) {
      return;
    }
    justDragged = false;
    drag = { pointer: event.pointerId, x: event.clientX, y: event.clientY, item, ghost: null, dx: 0, dy: 0 };
    point = { x: event.clientX, y: event.clientY };
    if (event.pointerType !== 'mouse') {
      rest = window.setTimeout(begin, REST_MS);
    }
  }

  function begin() {
    if (!drag) {
      return;
    }
    const box = drag.item.getBoundingClientRect();
    const ghost = /** @type {HTMLElement} */ (drag.item.cloneNode(true));
    ghost.classList.add('film-ghost');
    ghost.setAttribute('aria-hidden', 'true');
    ghost.removeAttribute('data-uid');
    ghost.style.width = `${box.width}px`;
    drag.ghost = ghost;
    drag.dx = drag.x - box.left;
    drag.dy = drag.y - box.top;
    document.body.append(ghost);
    drag.item.classList.add('dragged');
    list.classList.add('dragging');
    list.setPointerCapture(drag.pointer);
    follow();
  }

  /** Each frame: under the pointer, and the page along with it at its edges. */
  function follow() {
    window.cancelAnimationFrame(frame);
    if (!drag || !drag.ghost) {
      return;
    }
    drag.ghost.style.transform = `translate(${point.x - drag.dx}px, ${point.y - drag.dy}px)`;
    if (point.y < EDGE_PX) {
      window.scrollBy(0, -SCROLL_PX);
    } else if (point.y > window.innerHeight - EDGE_PX) {
      window.scrollBy(0, SCROLL_PX);
    }
    const others = Array.from(list.querySelectorAll('[data-uid]')).filter((each) => drag && each !== drag.item);
    const index = dropIndex(others.map((each) => each.getBoundingClientRect()), point.x, point.y);
    actions.move(uidOf(drag.item), index);
    frame = window.requestAnimationFrame(follow);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (!drag || event.pointerId !== drag.pointer) {
      return;
    }
    point = { x: event.clientX, y: event.clientY };
    const far = Math.hypot(point.x - drag.x, point.y - drag.y) > DRAG_PX;
    if (!drag.ghost && far) {
      if (event.pointerType === 'mouse') {
        begin();
      } else {
        end(); // It scrolls.
      }
    }
  }

  /** @returns {{item: HTMLElement}|null} what was dragged */
  function end() {
    const done = drag;
    window.clearTimeout(rest);
    window.cancelAnimationFrame(frame);
    drag = null;
    if (!done || !done.ghost) {
      return null;
    }
    done.ghost.remove();
    done.item.classList.remove('dragged');
    list.classList.remove('dragging');
    list.releasePointerCapture(done.pointer);
    justDragged = true;
    return done;
  }

  list.addEventListener('pointerdown', down);
  list.addEventListener('pointermove', move);
  list.addEventListener('pointerup', (event) => {
    if (drag && event.pointerId === drag.pointer) {
      const done = end();
      if (done) {
        actions.done(uidOf(done.item));
      }
    }
  });
  list.addEventListener('pointercancel', () => end() && actions.cancelled());
  const escape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && end()) {
      event.preventDefault();
      actions.cancelled();
    }
  };
  document.addEventListener('keydown', escape);
  list.addEventListener('touchmove', (event) => drag && drag.ghost && event.preventDefault(), { passive: false });
  list.addEventListener('contextmenu', (event) => drag && drag.ghost && event.preventDefault());
  list.addEventListener('dragstart', (event) => event.preventDefault());
  list.addEventListener('click', (event) => {
    if (justDragged) {
      justDragged = false;
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);
  return {
    leave() {
      end();
      document.removeEventListener('keydown', escape);
    },
  };
}
