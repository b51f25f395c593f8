// Clocks. Pure but for the two clocks handed in.

/** Measurements that are kept: some minutes of them. */
const SAMPLES_MAX = 16;
/** What a cheap quartz may be wrong by: an old measurement is worth less than a new one. */
const DRIFT_PER_MS = 5e-5;
/** The two clocks of this device never part by more, unless it slept or one of them was set. */
const PARTED_MS_MAX = 1500;
/** Clocks are read in whole milliseconds, and a moment before the answer is written. */
const READING_MS = 20;

/**
 * The box's clock, as far as it can be known from here.
 * @param {() => number} steady milliseconds that only ever rise
 * @param {() => number} wall milliseconds since 1970 as this device believes
 */
function createClock(steady, wall) {
  /** @type {{at_ms: number, round_ms: number, base_ms: number}[]} */
  let samples = [];
  let base_ms = wall() - steady();
  let doubted = false;
  let apart_ms = base_ms;

  /** How far off a measurement may be by now. @param {{at_ms: number, round_ms: number}} sample */
  function doubtOf(sample) {
    return sample.round_ms / 2 + (steady() - sample.at_ms) * DRIFT_PER_MS;
  }

  function choose() {
    let best = Infinity;
    for (const sample of samples) {
      const doubt_ms = doubtOf(sample);
      if (doubt_ms <= best) {
        best = doubt_ms;
        base_ms = sample.base_ms;
      }
    }
  }

  return {
    now: () => base_ms + steady(),

    /**
     * One question and its answer (the box reads and answers within one moment, so three of NTP's four times are enough).
     * @param {number} asked_ms by the steady clock
     * @param {number} answered_ms
     * @param {number} box_ms
     */
    measured(asked_ms, answered_ms, box_ms) {
      if (doubted) {
        samples = [];
        doubted = false;
      }
      const round_ms = answered_ms - asked_ms;
      const sample = { at_ms: answered_ms, round_ms, base_ms: box_ms - (asked_ms + answered_ms) / 2 };
      // Measurements that can't both be true: the box's clock was set in between. A box without a battery begins with
      // the time of its last shutdown, until it hears the real one.
      const agrees = (/** @type {typeof sample} */ old) =>
        Math.abs(old.base_ms - sample.base_ms) <= doubtOf(old) + doubtOf(sample) + READING_MS;
      samples = samples.filter(agrees).concat([sample]).slice(-SAMPLES_MAX);
      choose();
    },

    /** How far the box's clock is before this device's; null while it was never measured. */
    offset_ms: () => (samples.length ? base_ms + steady() - wall() : null),

    /** How well the box's clock is known. */
    doubt_ms: () => (samples.length && !doubted ? Math.min.apply(null, samples.map((each) => each.round_ms / 2)) : Infinity),

    /** True once after this device slept or its clock was set: what was measured before is to be measured anew. */
    jumped() {
      const now_ms = wall() - steady();
      const parted = Math.abs(now_ms - apart_ms) > PARTED_MS_MAX;
      apart_ms = now_ms;
      if (parted) {
        doubted = true;
        if (!samples.length) {
          base_ms = now_ms;
        }
      }
      return parted;
    },
  };
}

/** Nearer than this nobody sees or hears a difference; up to the second figure, so that it does not swing to and fro. */
const STEER_ABOVE_S = 0.03;
const STEER_UNTIL_S = 0.008;
/** Farther than this, catching up would take most of a minute. */
const STEER_MAX_S = 2.5;
/** Faster or slower by more would be heard. */
const RATE_MAX = 0.06;

/**
 * How fast a video plays to come into step.
 * @param {number} behind_s how far it is behind where it ought to be; negative: ahead
 * @param {number} rate the present one
 * @returns {{rate: number, anew: boolean}} anew: it is too far off to be steered
 */
function steerVideo(behind_s, rate) {
  const off_s = Math.abs(behind_s);
  if (off_s > STEER_MAX_S) {
    return { rate: 1, anew: true };
  }
  if (off_s < STEER_UNTIL_S || (rate === 1 && off_s < STEER_ABOVE_S)) {
    return { rate: 1, anew: false };
  }
  // Made good within two seconds where that can't be heard. In steps, since some engines refill their buffers each time.
  const wanted = Math.max(-RATE_MAX, Math.min(RATE_MAX, behind_s / 2));
  return { rate: 1 + (Math.round(wanted * 200) / 200 || (wanted > 0 ? 0.005 : -0.005)), anew: false };
}
