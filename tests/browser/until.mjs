// Waiting for a level, never for a time.

const STEP_MS = 100;
/** Long enough for a busy machine; a test that needs less does not take it. */
const MS_MAX = 40000;

/**
 * Asks until the answer is truthy, and returns it.
 * @template T
 * @param {string} what for the error
 * @param {() => T|Promise<T>} ask may throw to end the waiting
 * @param {number} [ms_max]
 * @returns {Promise<NonNullable<T>>}
 */
export async function until(what, ask, ms_max = MS_MAX) {
  const end = performance.now() + ms_max;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (performance.now() > end) {
      throw new Error(`waited in vain: ${what}`);
    }
    await pause(STEP_MS);
  }
}

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
