// Single keys for the player page.

/**
 * Calls an action by its key, unless the key belongs to what has the focus, or to the browser.
 * @param {Record<string, () => unknown>} actions by `KeyboardEvent.key`
 */
export function followKeys(actions) {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const target = /** @type {Element} */ (event.target);
    // A dialog has its own Escape, a slider its own arrows.
    if (target.closest('dialog[open]') || (target instanceof HTMLInputElement && event.key.startsWith('Arrow'))) {
      return;
    }
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const action = Object.prototype.hasOwnProperty.call(actions, key) ? actions[key] : null;
    if (action && !event.repeat) {
      event.preventDefault();
      action();
    } else if (action && event.key.startsWith('Arrow')) {
      event.preventDefault();
      action();
    }
  });
}
