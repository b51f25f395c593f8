// How fast it goes and how long it takes, from what has moved. Pure: time is handed in.

/** What is remembered: long enough to be calm, short enough to follow. */
const WINDOW_MS = 8000;
/** Before that much is known nothing is said. */
const KNOWN_MS = 1500;

export function createSpeed() {
  /** @type {{at_ms: number, bytes: number}[]} */
  let samples = [];
  return {
    /** @param {number} now_ms @param {number} bytes in all, rising */
    add(now_ms, bytes) {
      samples.push({ at_ms: now_ms, bytes });
      samples = samples.filter((each) => now_ms - each.at_ms <= WINDOW_MS);
    },
    reset() {
      samples = [];
    },
    /** @returns {number} bytes per second; 0: not known yet */
    bytes_per_s() {
      const first = samples[0];
      const last = samples[samples.length - 1];
      const took_ms = first ? last.at_ms - first.at_ms : 0;
      return took_ms < KNOWN_MS ? 0 : (last.bytes - first.bytes) / took_ms * 1000;
    },
  };
}
