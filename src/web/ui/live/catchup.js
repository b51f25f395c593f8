// How a buffered player keeps near the live edge. Pure: figures in, a decision out.

/** Behind by more than this, it plays faster; up to the second figure, so that it does not swing to and fro. */
const FAST_ABOVE_S = 1.5;
const FAST_UNTIL_S = 0.8;
const FAST_RATE = 1.1;
/** Behind by more than this, catching up would take most of a minute: it jumps. */
const JUMP_ABOVE_S = 4;
/**
 * The buffer never fell below this for a whole `CUSHION_WINDOW_MS`: the link is steadier than the buffer is long, so
 * a little of it is played away, too slowly to be heard.
 */
const CUSHION_SPARE_S = 0.6;
const CUSHION_KEEP_S = 0.35;
const TRIM_RATE = 1.03;
const CUSHION_WINDOW_MS = 5000;

/**
 * @param {number} lag_s buffered end minus position
 * @param {number} cushion_s the least lag of late
 * @param {number} rate the present one
 * @param {boolean} skipped the server left frames out: what is buffered before is old
 * @returns {{jump: boolean, rate: number}}
 */
export function steer(lag_s, cushion_s, rate, skipped) {
  if (skipped || lag_s > JUMP_ABOVE_S) {
    return { jump: true, rate: 1 };
  }
  if (lag_s > FAST_ABOVE_S || (rate >= FAST_RATE && lag_s > FAST_UNTIL_S)) {
    return { jump: false, rate: FAST_RATE };
  }
  if (cushion_s > CUSHION_SPARE_S || (rate > 1 && cushion_s > CUSHION_KEEP_S)) {
    return { jump: false, rate: TRIM_RATE };
  }
  return { jump: false, rate: 1 };
}

/** The least value of the last `CUSHION_WINDOW_MS`; 0 until that long has been seen. */
export function createCushion() {
  /** @type {{time_ms: number, lag_s: number}[]} rising in both */
  let lows = [];
  let since_ms = -1;
  return {
    /**
     * @param {number} time_ms
     * @param {number} lag_s
     */
    add(time_ms, lag_s) {
      if (since_ms < 0) {
        since_ms = time_ms;
      }
      while (lows.length && lows[lows.length - 1].lag_s >= lag_s) {
        lows.pop();
      }
      lows.push({ time_ms, lag_s });
      while (lows[0].time_ms < time_ms - CUSHION_WINDOW_MS) {
        lows.shift();
      }
      return time_ms - since_ms < CUSHION_WINDOW_MS ? 0 : lows[0].lag_s;
    },
    /** After a jump or a stall the past says nothing. */
    reset() {
      lows = [];
      since_ms = -1;
    },
  };
}
