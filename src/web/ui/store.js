// What this browser remembers. Where storage is switched off, nothing is remembered, and nothing fails.

/**
 * @param {string} key
 * @returns {any} what was stored; null if nothing was
 */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) || 'null');
  } catch (error) {
    return null;
  }
}

/**
 * @param {string} key
 * @param {any} value
 */
export function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch (error) {
    // The next visit begins anew.
  }
}

/** @param {string} key */
export function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch (error) {
    // Nothing was stored.
  }
}
