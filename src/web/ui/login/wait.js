// Counting down what the server asked to wait.

/**
 * @param {number} wait_s
 * @param {(left_s: number) => void} tell at once and every second
 */
export function waitBeforeRetry(wait_s, tell) {
  const end_ms = performance.now() + wait_s * 1000;
  return new Promise((resolve) => {
    const tick = () => {
      const left_s = Math.ceil((end_ms - performance.now()) / 1000);
      if (left_s > 0) {
        tell(left_s);
        window.setTimeout(tick, 1000);
      } else {
        resolve(null);
      }
    };
    tick();
  });
}
