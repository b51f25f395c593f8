// Listeners to one kind of news.

/**
 * @template T
 */
export function createEmitter() {
  /** @type {Set<(value: T) => void>} */
  const listeners = new Set();
  return {
    /**
     * @param {(value: T) => void} listener
     * @returns {() => void} ends it
     */
    on(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    /** @param {T} value */
    tell(value) {
      Array.from(listeners).forEach((listener) => listener(value));
    },
  };
}
