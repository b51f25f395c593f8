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
/** Farther than this, catching up would take most of a minute: the video is begun anew, where it ought to be by then. */
const STEER_MAX_S = 2.5;
/** Beside other screens that is seen and heard sooner. */
const STEER_IN_STEP_MAX_S = 0.5;
/** Faster or slower by more would be heard. */
const RATE_MAX = 0.06;

/**
 * How fast a video plays to come into step.
 * @param {number} behind_s how far it is behind where it ought to be; negative: ahead
 * @param {number} rate the present one
 * @param {number} most_s
 * @returns {{rate: number, anew: boolean}} anew: it is too far off to be steered alone
 */
function steerVideo(behind_s, rate, most_s) {
  const off_s = Math.abs(behind_s);
  if (off_s < STEER_UNTIL_S || (rate === 1 && off_s < STEER_ABOVE_S)) {
    return { rate: 1, anew: false };
  }
  // Made good within two seconds where that can't be heard. In steps, since some engines refill their buffers each time.
  const wanted = Math.max(-RATE_MAX, Math.min(RATE_MAX, behind_s / 2));
  return { rate: 1 + (Math.round(wanted * 200) / 200 || (wanted > 0 ? 0.005 : -0.005)), anew: off_s > most_s };
}

/** A video that is joined in its middle is made ready for a moment so far ahead, and shown at that moment. */
const LEAD_S_FIRST = 0.4;
const LEAD_S_MIN = 0.15;
const LEAD_S_MAX = 8;
/** Less of an item is not joined ahead. */
const JOIN_LEFT_MS = 1000;

/**
 * How far ahead the next one is made ready: ready too early it waits for its moment, too late it is out of step. So it
 * grows at once on a machine that is busy, and gets less bit by bit.
 * @param {number} lead_s the present one
 * @param {number} took_s how long it took this time
 */
function leadAfter(lead_s, took_s) {
  const wanted_s = took_s * 1.25 + 0.1;
  return Math.max(LEAD_S_MIN, Math.min(LEAD_S_MAX, Math.max(wanted_s, lead_s + (wanted_s - lead_s) / 4)));
}

/** Begun anew and still out of step, it is left to itself for a while, which gets longer: a machine that is too busy for
 * this has something better to do. */
const ANEW_WAIT_MS = 2000;
const ANEW_WAIT_MS_MAX = 60000;
/** What follows needs the hidden layer, too. */
const ANEW_SPARE_MS = 2000;

/** @param {number} tries how often this item was begun anew before */
function anewWait(tries) {
  return Math.min(ANEW_WAIT_MS_MAX, ANEW_WAIT_MS * Math.pow(2, tries));
}

/**
 * Where in its file an item ought to be, in seconds.
 * @param {TvPlace} place
 * @param {number} now_ms
 */
function positionAt(place, now_ms) {
  return (/** @type {TvItem} */ (place.item).from_ms + Math.max(0, now_ms - place.starts_ms)) / 1000;
}

/**
 * Where in its file an item is made ready: where it ought to be when it is ready, unless there would be nothing left of
 * it by then.
 * @param {TvPlace} place
 * @param {number} now_ms
 * @param {number} lead_s
 */
function joinAt(place, now_ms, lead_s) {
  const ready_ms = now_ms + lead_s * 1000;
  return positionAt(place, ready_ms < place.ends_ms - JOIN_LEFT_MS ? ready_ms : now_ms);
}
