// Proof of play: what was shown, queued on the TV until the box has it. Each gets a number; the box counts a number once,
// so that sending twice is no harm and nothing need be thrown away before it is acknowledged.

/** As many as the box takes at once. */
const PLAYS_SENT_MAX = 500;
/** Two weeks of ten-second items, some 30 MB. Of a box that is away for longer, the oldest go. */
const PLAYS_KEPT_MAX = 121000;
/** What is lost at most when the TV is switched off in the middle of an item. */
const PLAY_MARK_MS = 20000;
/** An item of a page that has not marked it for so long is over: the TV was switched off. */
const PLAY_DEAD_MS = 60000;
/** How a box refuses what it will never take. */
const PLAYS_REFUSED = [400, 413, 422];
/** Cut short by no more than this, an item was shown whole. */
const WHOLE_MS = 1000;

/**
 * @param {TvStorage} storage
 * @param {string} page of this opening of the page
 * @param {() => number} now by the box's clock
 * @param {(plays: TvPlay[]) => Promise<number>} send resolves with the number through which the box has them
 */
function createPlays(storage, page, now, send) {
  /** @type {TvPlay|null} */
  let current = null;
  /** @type {TvPlace|null} */
  let place = null;
  let marked_ms = 0;
  let sending = false;
  /** How many go at once: fewer after a refusal, until the one that the box does not understand is alone, and dropped. */
  let count = PLAYS_SENT_MAX;
  /** Writes go one after the other: the number of a play is known when its end is written. */
  let writes = Promise.resolve();

  /** @param {() => Promise<any>} act */
  function write(act) {
    writes = writes.then(act).catch(() => undefined); // A disk that is full: the play is lost, the picture is not.
    return writes;
  }

  /** @param {TvPlay} play */
  function keep(play) {
    return write(() => storage.put('plays', Object.assign({}, play)).then((number) => {
      play.number = number;
    }));
  }

  /** @param {TvPlay[]} kept the oldest */
  function sendSome(kept) {
    const now_ms = now();
    const over = kept.filter((play) => !play.open || (play.open !== page && play.until_ms < now_ms - PLAY_DEAD_MS))
      .slice(0, count);
    const numbers = over.map((play) => /** @type {number} */ (play.number));
    if (!over.length) {
      return undefined;
    }
    return send(over.map(withoutMark)).then((through) => {
      count = Math.min(PLAYS_SENT_MAX, count * 2);
      return write(() => storage.remove('plays', numbers.filter((number) => number <= through)));
    }, (error) => {
      if (PLAYS_REFUSED.indexOf(error.status) < 0) {
        return undefined; // The box is away, or busy: later.
      }
      const alone = over.length === 1;
      count = Math.max(1, Math.floor(over.length / 2));
      return alone ? write(() => storage.remove('plays', numbers)) : undefined;
    });
  }

  const plays = {
    /** An item is on the screen now. @param {TvPlace} at */
    begin(at) {
      plays.end();
      const item = /** @type {TvItem} */ (at.item);
      const from_ms = Math.round(now());
      place = at;
      marked_ms = from_ms;
      current = {
        item: item.key, playlist: at.program ? at.program.playlist : null, asset: item.asset, source: item.source,
        name: item.name, from_ms, until_ms: from_ms, whole: false, open: page,
      };
      keep(current);
    },

    /** It is not any more. */
    end() {
      const play = current;
      const at = place;
      current = null;
      if (play && at) {
        play.until_ms = Math.max(play.from_ms, Math.round(now()));
        play.whole = play.from_ms <= at.starts_ms + WHOLE_MS && play.until_ms >= at.ends_ms - WHOLE_MS;
        delete play.open;
        keep(play);
      }
    },

    /** Called now and then: of an item that the TV is switched off in, this much is known. */
    mark() {
      const now_ms = Math.round(now());
      if (current && now_ms - marked_ms >= PLAY_MARK_MS) {
        marked_ms = now_ms;
        current.until_ms = now_ms;
        keep(current);
      }
    },

    /** Sends what is over, as much as the box takes; more goes with the next call. Resolves when that is done. */
    flush() {
      if (sending) {
        return Promise.resolve();
      }
      sending = true;
      return writes.then(() => storage.all('plays', PLAYS_SENT_MAX)).then(sendSome).catch(() => undefined).then(() => {
        sending = false;
      });
    },

    /** Drops the oldest of too many. */
    trim() {
      return write(() => storage.keys('plays').then((numbers) => (numbers.length > PLAYS_KEPT_MAX
        ? storage.remove('plays', numbers.slice(0, numbers.length - PLAYS_KEPT_MAX)) : undefined)));
    },
  };
  return plays;
}

/** @param {TvPlay} play */
function withoutMark(play) {
  const plain = Object.assign({}, play);
  delete plain.open;
  return plain;
}
