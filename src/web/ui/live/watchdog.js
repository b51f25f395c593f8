// Sees whether pictures still come: a connection that stands and brings nothing is as good as none.

/** No new picture for this long is a break, whatever the connection says. */
const STALL_MS = 3000;
const WATCH_MS = 500;

/** @typedef {import('./session.js').Session} Session */

/**
 * @param {() => Session|null} current what is to be watched
 */
export function createWatchdog(current) {
  let timer = 0;
  let frames = 0;
  let since_ms = 0;

  function reset() {
    const session = current();
    frames = session ? session.frames() : 0;
    since_ms = performance.now();
  }

  function look() {
    const session = current();
    // A hidden page gets no pictures, which proves nothing.
    if (!session || document.hidden || session.frames() !== frames) {
      reset();
    } else if (performance.now() - since_ms > STALL_MS) {
      session.end('stalled');
    }
  }

  return {
    start() {
      reset();
      timer = window.setInterval(look, WATCH_MS);
    },
    stop: () => window.clearInterval(timer),
    /** Another session, or the page was away: what was seen before does not count. */
    reset,
  };
}
