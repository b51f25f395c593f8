// Controls that go when nobody touches anything, and come back with any move or key.

const POINTER_MS = 3000;
/** Who uses keys reads where the focus is. */
const KEYS_MS = 6000;

/**
 * Sets `data-idle` on the element.
 * @param {HTMLElement} element
 * @param {() => boolean} mayHide
 */
export function createIdle(element, mayHide) {
  let timer = 0;

  /** @param {number} wait_ms */
  function wake(wait_ms) {
    element.removeAttribute('data-idle');
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (mayHide()) {
        element.setAttribute('data-idle', '');
      } else {
        wake(POINTER_MS);
      }
    }, wait_ms);
  }

  element.addEventListener('pointermove', (event) => event.pointerType !== 'touch' && wake(POINTER_MS));
  element.addEventListener('pointerdown', (event) => {
    // A finger on the picture shows the controls, and the next one hides them.
    const onPicture = !(/** @type {Element} */ (event.target)).closest('button, a, input, .menu');
    if (event.pointerType === 'touch' && onPicture && !element.hasAttribute('data-idle') && mayHide()) {
      window.clearTimeout(timer);
      element.setAttribute('data-idle', '');
    } else {
      wake(POINTER_MS);
    }
  });
  element.addEventListener('focusin', () => wake(KEYS_MS));
  document.addEventListener('keydown', () => wake(KEYS_MS));
  wake(POINTER_MS);
  return { wake: () => wake(POINTER_MS) };
}
