// What is on the screen now, and what is made ready for afterwards.
//
// A look at the clock decides what there ought to be. If that is ready in the hidden layer, the layers change places; if
// not, what is on the screen stays until it is. So there is a picture at every moment, whatever comes late.

/** Before its time an item is made ready. */
const LEAD_MS = 8000;
/** The longest time between two looks. */
const LOOK_MS = 250;
/** The last stretch before a change is waited for frame by frame. */
const NEAR_MS = 24;
/** Behind by more, the page slept. */
const SLEPT_MS = 4000;
/** An item that failed is tried again after this: its file may be there by then. */
const BAD_MS = 5 * 60000;
const BAD_LIVE_MS = 20000;
/** The layer that was on the screen is let go when the other has surely been drawn. */
const LET_GO_MS = 120;
/** Shorter items are cut: a fade would be most of them. */
const FADE_ITEM_MS_MIN = 2000;
/** Nearer than this, two beginnings are one that was computed anew. */
const SAME_MS = 1000;
/** Somebody who paused a screen may have gone home. */
const PAUSE_MS_MAX = 10 * 60000;

/** @typedef {{layer: ReturnType<typeof createLayer>, place: TvPlace}} TvShown */

/** @param {TvPlace} place */
function playlistOf(place) {
  return place.program ? place.program.playlist : null;
}

/**
 * @param {HTMLElement} parent
 * @param {{
 *   now: () => number,
 *   open: (item: TvItem) => Promise<{url: string, kept: boolean, release: () => void}>,
 *   damaged: (url: string) => void,
 *   sound: () => {on: boolean, volume: number},
 *   blocked: () => void,
 *   began: (place: TvPlace, late_ms: number) => void,
 *   ended: () => void,
 *   failed: (item: TvItem, reason: string) => void,
 *   changed: () => void,
 *   slept: () => void,
 * }} box
 */
function createStage(parent, box) {
  const element = document.createElement('div');
  element.className = 'stage';
  parent.appendChild(element);
  const layers = [createLayer(element, box), createLayer(element, box)];
  /** @type {TvAnswer|null} */
  let answer = null;
  let shift_ms = 0;
  /** In a group a screen that was moved by hand comes back into step with the next item. */
  let shiftUntil_ms = Infinity;
  let program = '';
  /** @type {TvShown|null} on the screen */
  let front = null;
  /** @type {(TvShown & {ready_ms: number, shows_ms: number})|null} in the hidden layer; `ready_ms`: when it was ready, none
   * before; `shows_ms`: the moment that its picture is of */
  let back = null;
  /** The hidden layer is still seen through the other. */
  let fading = false;
  /** @type {TvPlace|null} what there ought to be */
  let wanted = null;
  /** @type {number|null} since when it is paused, by the steady clock */
  let paused_ms = null;
  /** What is wrong with an item, and until when it is not tried, by its key and file. @type {Map<string, {until_ms: number, text: string}>} */
  const bad = new Map();
  /** Files that did not play as they were kept: once, they are fetched anew. @type {Set<string>} */
  const doubted = new Set();
  let timer = 0;
  let frame = 0;
  let looked_ms = performance.now();
  /** Since when what ought to be on follows from the clock alone: nobody can be late for what he did not know. */
  let joined_ms = -Infinity;
  /** How late this screen was at most since that was asked. */
  let late_ms = 0;
  /** How long a video that is joined in its middle takes to be ready, as far as is known. */
  let lead_s = LEAD_S_FIRST;
  /** How often the item on the screen was begun anew to come into step, and when, by the steady clock, it may be again. */
  let anew = { tries: 0, from_ms: -Infinity };

  /** @param {TvItem} item */
  function badKey(item) {
    return `${item.key} ${item.src || item.source}`;
  }

  /** @param {TvItem} item */
  function isBad(item) {
    const found = bad.get(badKey(item));
    return Boolean(found && found.until_ms > performance.now());
  }

  /** What may be tried again. A player runs for months, and sees many items. */
  function forget() {
    bad.forEach((each, key) => each.until_ms <= performance.now() && bad.delete(key));
  }

  /** @param {number} at_ms */
  function find(at_ms) {
    return placeAt(/** @type {TvAnswer} */ (answer), at_ms, shift_ms, isBad);
  }

  /**
   * What is on the screen does for this place too: the same picture, or the same video at the same position.
   * @param {TvShown} shown
   * @param {TvPlace} place
   */
  function serves(shown, place) {
    const old = /** @type {TvItem} */ (shown.place.item);
    const item = /** @type {TvItem} */ (place.item);
    const same = old.key === item.key && old.src === item.src && old.source === item.source && old.fit === item.fit;
    const begins = Math.abs(shown.place.starts_ms - place.starts_ms) < SAME_MS && old.from_ms === item.from_ms;
    return same && (item.kind !== 'video' || begins);
  }

  function isReady() {
    return Boolean(back && !isNaN(back.ready_ms));
  }

  function other() {
    return front && front.layer === layers[0] ? layers[1] : layers[0];
  }

  /**
   * The hidden layer was not ready in its time. It is waited for all the same, and shown late: a TV or a link that is too
   * slow for its items shows one after the other, not the same one for ever.
   * @param {TvPlace} place what there ought to be by now
   */
  function isLate(place) {
    const over_ms = back ? place.starts_ms - back.place.ends_ms : -1;
    return Boolean(back && playlistOf(back.place) === playlistOf(place) && over_ms >= 0 && over_ms < READY_MS_MAX
      && !(back.ready_ms < back.place.ends_ms));
  }

  /** @param {TvPlace} place */
  function prepare(place) {
    if (fading || (back && back.place.id === place.id)) {
      return;
    }
    const item = /** @type {TvItem} */ (place.item);
    const mine = { layer: other(), place, ready_ms: NaN, shows_ms: NaN };
    let kept = false;
    back = mine;
    const opened = item.kind === 'live' ? Promise.resolve(null) : box.open(item);
    opened.then((source) => {
      if (back !== mine) {
        if (source) {
          source.release();
        }
        return undefined;
      }
      kept = Boolean(source && source.kept);
      return mine.layer.prepare(place, source, lead_s).then((took_s) => {
        lead_s = took_s ? leadAfter(lead_s, took_s) : lead_s;
        mine.ready_ms = box.now();
        // Whatever an engine says of its position: it is not waited for longer than it was made ready ahead.
        mine.shows_ms = Math.min(mine.layer.due_ms(place), Math.max(place.starts_ms, mine.ready_ms + lead_s * 1000));
      });
    }).catch((error) => {
      if (back !== mine) {
        return;
      }
      back = null;
      mine.layer.drop();
      if (kept && !doubted.has(item.src || '')) {
        doubted.add(item.src || '');
        box.damaged(item.src || ''); // From the box it may play; it is tried again at once.
      } else {
        forget();
        const until_ms = performance.now() + (item.kind === 'live' ? BAD_LIVE_MS : BAD_MS);
        bad.set(badKey(item), { until_ms, text: `${item.name}: ${error.message}` });
        box.failed(item, error.message);
      }
    }).then(() => (back === mine || back === null) && look());
  }

  function swap() {
    const next = /** @type {TvShown} */ (back);
    const last = front;
    const item = /** @type {TvItem} */ (next.place.item);
    const fade = Boolean(last) && item.transition === 'fade' && item.duration_ms >= FADE_ITEM_MS_MIN;
    front = { layer: next.layer, place: next.place };
    back = null;
    next.layer.show(fade);
    if (!last || last.place.id !== next.place.id) {
      const since_ms = lateFor(next.place);
      late_ms = Math.max(late_ms, since_ms);
      anew = { tries: 0, from_ms: -Infinity };
      box.began(next.place, since_ms); // Else it is the same once more, in step or moving again.
    }
    if (last) {
      fading = true;
      window.setTimeout(() => {
        fading = false;
        last.layer.drop();
        look();
      }, fade ? FADE_MS + LET_GO_MS : LET_GO_MS);
    }
    box.changed();
  }

  /** Nothing plays: the splash or the black of the night is above the layers. */
  function empty() {
    if (front) {
      front.layer.drop();
      front = null;
      box.ended();
      box.changed();
    }
  }

  function look() {
    window.clearTimeout(timer);
    window.cancelAnimationFrame(frame);
    const late = performance.now() - looked_ms > SLEPT_MS;
    looked_ms = performance.now();
    let wait_ms = LOOK_MS;
    try {
      if (late) {
        box.slept();
      }
      if (paused_ms !== null && looked_ms - paused_ms > PAUSE_MS_MAX) {
        stage.pause();
      }
      wait_ms = answer && paused_ms === null ? step(box.now()) : LOOK_MS;
    } catch (error) {
      window.console.error(error); // The next look may do better; none at all would be the end.
    }
    if (wait_ms <= NEAR_MS && !document.hidden) {
      frame = window.requestAnimationFrame(look);
    }
    timer = window.setTimeout(look, Math.max(wait_ms <= NEAR_MS ? NEAR_MS : 1, Math.min(LOOK_MS, wait_ms - NEAR_MS / 2)));
  }

  /** @param {number} now_ms @returns {number} when to look again */
  function step(now_ms) {
    if (now_ms >= shiftUntil_ms) {
      shift_ms = 0;
      shiftUntil_ms = Infinity;
    }
    const place = find(now_ms);
    const before = wanted;
    wanted = place;
    if (place.state !== 'play') {
      empty();
      ahead(now_ms, place);
    } else if (front && front.place.id === place.id) {
      front.place = place; // It may end at another time by now.
      if (keepsUp(front.layer.follow(place), place, now_ms)) {
        ahead(now_ms, place);
      } else {
        again(place);
      }
    } else if (front && serves(front, place)) {
      const round = Math.abs(front.place.starts_ms - place.starts_ms) >= SAME_MS;
      front.place = place;
      if (round) {
        box.began(place, 0);
        box.changed();
      }
    } else if (isReady() && !fading && (isLate(place) || isDue(place))) {
      swap();
    } else if (!isLate(place)) {
      prepare(place);
    }
    if (!before || before.state !== place.state || before.program !== place.program) {
      box.changed();
    }
    return Math.min(place.ends_ms, back && back.shows_ms > now_ms ? back.shows_ms : Infinity) - now_ms;
  }

  /** How long it ought to have been on the screen by now. @param {TvPlace} place */
  function lateFor(place) {
    return Math.max(0, box.now() - Math.max(place.due_ms, joined_ms));
  }

  /** It is the hidden layer's time, and its picture's. @param {TvPlace} place */
  function isDue(place) {
    return Boolean(back && back.place.id === place.id && back.shows_ms <= box.now());
  }

  /**
   * Whether what is on the screen stays: it is in step, or comes into it.
   * @param {{broken: boolean, anew: boolean, behind_s: number}} found
   * @param {TvPlace} place
   * @param {number} now_ms
   */
  function keepsUp(found, place, now_ms) {
    late_ms = Math.max(late_ms, found.behind_s * 1000);
    if (found.broken) {
      return false;
    }
    if (!found.anew) {
      anew.tries = 0;
      return true;
    }
    const begun = Boolean(back && back.place.id === place.id);
    const spare_ms = place.ends_ms - now_ms - 2000 * lead_s - ANEW_SPARE_MS;
    if (!begun && (spare_ms < 0 || performance.now() < anew.from_ms)) {
      return true;
    }
    if (!begun) {
      anew = { tries: anew.tries + 1, from_ms: performance.now() + anewWait(anew.tries) };
    }
    return false;
  }

  /**
   * What is on the screen stands still or is far off: the same once more in the other layer, and then the change.
   * @param {TvPlace} place
   */
  function again(place) {
    if (isReady() && !fading && isDue(place)) {
      swap();
    } else {
      prepare(place);
    }
  }

  /** @param {number} now_ms @param {TvPlace} place */
  function ahead(now_ms, place) {
    if (place.ends_ms - now_ms < LEAD_MS) {
      const next = find(place.ends_ms + 0.5);
      const shown = front && next.state === 'play' && serves(front, next);
      if (next.state === 'play' && !shown) {
        prepare(next);
      }
    }
  }

  /** Puts the start of a place to this moment. @param {number} starts_ms */
  function moveTo(starts_ms) {
    paused_ms = null;
    joined_ms = box.now();
    // A whole number, and not a moment before it: places are told apart by when they begin.
    shift_ms += Math.ceil(starts_ms - box.now());
    const place = find(box.now());
    shiftUntil_ms = place.program && place.program.in_step ? place.ends_ms : Infinity;
    look();
  }

  const stage = {
    start: look,
    look,
    place: () => wanted,
    front: () => front,
    paused: () => paused_ms !== null,

    /** @param {TvAnswer} now */
    take(now) {
      answer = now;
      const { program: at } = segmentAt(now, box.now());
      const text = at ? `${at.playlist} ${at.epoch_ms} ${at.total_ms}` : '';
      if (text !== program) {
        program = text;
        shift_ms = 0;
        shiftUntil_ms = Infinity;
        paused_ms = null; // Something else is on now: an emergency waits for nobody.
        joined_ms = box.now();
      }
      look();
    },

    /** Everything may be tried again: the box is back. */
    forgive() {
      bad.clear();
      doubted.clear();
    },

    next() {
      if (wanted && wanted.state === 'play') {
        moveTo(wanted.ends_ms);
      }
    },

    /** Its beginning again; at its beginning, the one before. */
    previous() {
      const AT_BEGINNING_MS = 3000;
      if (wanted && wanted.state === 'play') {
        const since_ms = box.now() - wanted.starts_ms;
        moveTo(since_ms > AT_BEGINNING_MS ? wanted.starts_ms : find(wanted.starts_ms - 1).starts_ms);
      }
    },

    /** Holds the picture, or goes on: where it was, or in a group where the others are. */
    pause() {
      if (paused_ms === null) {
        paused_ms = performance.now();
      } else {
        const in_step = Boolean(wanted && wanted.program && wanted.program.in_step);
        const moved_ms = in_step ? 0 : Math.round(performance.now() - paused_ms);
        shift_ms -= moved_ms;
        paused_ms = null;
        joined_ms = box.now();
        if (front) {
          const { starts_ms, ends_ms } = front.place;
          front.place = Object.assign({}, front.place, { starts_ms: starts_ms + moved_ms, ends_ms: ends_ms + moved_ms });
        }
      }
      if (front) {
        front.layer.pause(paused_ms !== null);
      }
      look();
    },

    /** What is left out since it can't be played here; null: nothing is. */
    problem() {
      const texts = Array.from(bad.values()).filter((each) => each.until_ms > performance.now()).map((each) => each.text);
      return texts.length ? texts[texts.length - 1] : null;
    },

    /**
     * How late this screen was at most since this was asked last, by the box's clock: what came late, a video that was
     * behind, or what has not come yet. Null: nothing is to be on.
     */
    takeLate() {
      const comes = wanted && wanted.state === 'play' && !(front && front.place.id === wanted.id) && paused_ms === null;
      const most_ms = Math.max(late_ms, comes ? lateFor(/** @type {TvPlace} */ (wanted)) : 0);
      late_ms = 0;
      return wanted && wanted.state === 'play' ? most_ms : null;
    },

    applySound: () => layers.forEach((layer) => layer.applySound()),
    dropped: () => layers.reduce((sum, layer) => sum + layer.dropped(), 0),
    /** A video is on the screen, which keeps the TV awake. */
    moves: () => Boolean(front && front.layer.picture() instanceof HTMLVideoElement),
  };
  return stage;
}
