// The box, as the TV knows it: who this screen is, what it plays, what the box wants of it, and what it is told.
//
// Nothing here is needed to play on. The last answer is kept, and everything is asked again until there is one.

/** Asked again by itself: an event that got lost costs no more than this. */
const PLAYLIST_MS = 30000;
/** The box counts a screen as active for 60 s. */
const REPORT_MS = 20000;
/** Changes in a row are one report. */
const REPORT_SETTLE_MS = 200;
/** At the beginning the clock is asked several times, and the quickest answer is believed. */
const CLOCK_ASKED_FIRST = 6;
const CLOCK_PAUSE_MS = 120;
/** Without a word for so long, the box is away. */
const AWAY_MS = 60000;
/** A stream whose other end is gone without a word can't be told from a silent one: it is opened anew now and then. */
const STREAM_MS = 10 * 60000;
const SCRIPT = '/ui/tv/tv.js';
/** Where the key is kept as well: browsers that make room throw away one of the two. */
const KEY_PLACE = `marquee.tv.key${BASE_PATH}`;

/**
 * Whether it is an answer at all: a proxy may have put a page of its own in its place.
 * @param {any} answer
 */
function isAnswer(answer) {
  const lists = answer && answer.screen && Array.isArray(answer.programs) && Array.isArray(answer.segments);
  const later = (answer && answer.later) || { programs: [], segments: [] };
  const programs = lists ? answer.programs.concat(later.programs) : [];
  return Boolean(lists)
    && answer.segments.concat(later.segments).every((/** @type {any} */ segment) => programs[segment.program])
    && programs.every((/** @type {any} */ program) => Array.isArray(program.items || program.order));
}

/**
 * Asks the box what time it is, several times: the quickest answer is believed.
 * @param {ReturnType<typeof createClock>} clock
 * @param {number} times
 * @returns {Promise<boolean>} whether it answered the last time
 */
function measureClock(clock, times) {
  const asked_ms = performance.now();
  return askJson('GET', '/api/time').then((now) => {
    clock.measured(asked_ms, performance.now(), now.now_ms);
    return true;
  }, () => false).then((answered) => (times > 1 ? pauseFor(CLOCK_PAUSE_MS).then(() => measureClock(clock, times - 1)) : answered));
}

/**
 * @param {TvStorage} storage
 * @param {ReturnType<typeof createClock>} clock
 * @param {{
 *   answer: (answer: TvAnswer) => void,
 *   back: () => void,
 *   report: () => object,
 *   identify: (until_ms: number) => void,
 *   reload: () => void,
 *   screenshot: () => Promise<Blob>,
 * }} box what the TV does
 * @returns {TvRemote}
 */
function createRemote(storage, clock, box) {
  let key = '';
  let etag = '';
  /** @type {TvAnswer|null} */
  let answer = null;
  let heard_ms = -Infinity;
  let lost = false;
  /** The box is there, and says that it can't answer. */
  let refused = false;
  let asking = false;
  let askAgain = false;
  let pollTimer = 0;
  let reportTimer = 0;
  let script = '';
  /** @type {EventSource|null} */
  let stream = null;
  let streamTimer = 0;
  const backoff = createBackoff(1000, 15000);
  const streamBackoff = createBackoff(1000, 30000);

  /** The box has answered. */
  function heard() {
    heard_ms = performance.now();
    refused = false;
    backoff.reset();
    if (lost) {
      lost = false;
      openStream();
      checkScript();
      box.back();
    }
  }

  /** Who this is. A box that does not know the key gives another. */
  function hello() {
    const ratio = window.devicePixelRatio || 1;
    return askJson('POST', '/api/screens/hello', {
      key: key || null,
      browser: browserName(navigator.userAgent),
      width: Math.round(window.innerWidth * ratio),
      height: Math.round(window.innerHeight * ratio),
    }).then((screen) => {
      heard();
      if (screen.key !== key) {
        key = screen.key;
        etag = '';
        keepKey();
        openStream();
      }
    });
  }

  function keepKey() {
    storage.put('state', key, 'key').catch(() => undefined);
    try {
      localStorage.setItem(KEY_PLACE, key);
    } catch (error) {
      // Storage is refused: it is another screen the next time.
    }
  }

  /** @returns {Promise<void>} */
  function recall() {
    let other = '';
    try {
      other = localStorage.getItem(KEY_PLACE) || '';
    } catch (error) {
      // As above.
    }
    return Promise.all([storage.get('state', 'key'), storage.get('state', 'playlist')]).then((found) => {
      key = found[0] || other;
      if (found[1] && isAnswer(found[1].answer)) {
        answer = inFull(found[1].answer);
        etag = found[1].etag;
      }
    }).catch(() => {
      key = other;
    });
  }

  /** @param {boolean} [greeted] the box has just said who this is @returns {Promise<void>} */
  function fetchPlaylist(greeted) {
    /** @type {Object<string, string>} */
    const headers = etag ? { 'If-None-Match': etag } : {};
    return ask('GET', `/api/playlist?screen=${key}`, { headers }).then((response) => {
      if (response.status === 404 && !greeted) {
        etag = '';
        return hello().then(() => fetchPlaylist(true));
      }
      if (response.status === 304) {
        heard();
        return undefined;
      }
      const now = response.status === 200 ? JSON.parse(response.text) : null;
      if (!isAnswer(now)) {
        throw Object.assign(new Error(`playlist: ${response.status}`), { status: response.status });
      }
      heard();
      measureClock(clock, 1); // It may be another one since the box's clock was set.
      answer = inFull(now);
      etag = response.header('ETag') || '';
      storage.put('state', { etag, answer: now }, 'playlist').catch(() => undefined);
      box.answer(answer);
      return undefined;
    });
  }

  /** Asks for the playlist now; one question at a time. */
  function poll() {
    window.clearTimeout(pollTimer);
    if (asking) {
      askAgain = true;
      return Promise.resolve();
    }
    asking = true;
    const known = key ? Promise.resolve() : hello();
    return known.then(() => fetchPlaylist()).then(() => PLAYLIST_MS, (error) => {
      lost = true;
      refused = error && error.status >= 500;
      return backoff.next();
    }).then((wait_ms) => {
      asking = false;
      pollTimer = window.setTimeout(poll, askAgain ? 0 : wait_ms);
      askAgain = false;
    });
  }

  function openStream() {
    window.clearTimeout(streamTimer);
    if (stream) {
      stream.close();
    }
    if (!key) {
      return;
    }
    const mine = new EventSource(urlOf(`/api/screens/events?screen=${key}`));
    stream = mine;
    /** @param {string} name @param {(data: any) => void} act */
    const on = (name, act) => mine.addEventListener(name, (event) => {
      heard();
      act(JSON.parse(/** @type {MessageEvent} */ (event).data || '{}'));
    });
    on('playlist', (data) => data.etag !== etag && poll());
    on('identify', (data) => box.identify(data.until_ms));
    on('reload', box.reload);
    on('screenshot', (data) => sendScreenshot(data.id));
    mine.onopen = () => {
      streamBackoff.reset();
      streamTimer = window.setTimeout(openStream, STREAM_MS);
      heard();
      poll(); // Whatever was told while nobody listened.
    };
    mine.onerror = () => {
      mine.close();
      window.clearTimeout(streamTimer);
      streamTimer = window.setTimeout(openStream, streamBackoff.next());
    };
  }

  /** @param {string} id */
  function sendScreenshot(id) {
    const url = `/api/screens/screenshot/${encodeURIComponent(id)}?screen=${key}`;
    box.screenshot().then((blob) => ask('PUT', url, { body: blob, type: 'image/jpeg' })).catch(() => undefined);
  }

  /** A box that was updated has another player. */
  function checkScript() {
    ask('HEAD', SCRIPT).then((response) => {
      const now = response.status === 200 ? response.header('ETag') || '' : '';
      if (script && now && now !== script) {
        box.reload();
      }
      script = script || now;
    }).catch(() => undefined);
  }

  /** Tells what is shown: soon, and again at the latest when the box would think that this TV is off. */
  function report() {
    window.clearTimeout(reportTimer);
    reportTimer = window.setTimeout(() => {
      reportTimer = window.setTimeout(report, REPORT_MS);
      if (key) {
        askJson('POST', '/api/screens/report', Object.assign({ key }, box.report())).then(heard, () => undefined);
      }
    }, REPORT_SETTLE_MS);
  }

  return {
    start() {
      return recall().then(() => Promise.all([measureClock(clock, CLOCK_ASKED_FIRST), key ? hello().catch(() => undefined) : null]))
        .then(poll).then(() => {
          if (answer) {
            box.answer(answer);
          }
          checkScript();
          if (!stream) {
            openStream();
          }
          report();
          window.setInterval(() => measureClock(clock, 1).then((answered) => answered && heard()), PLAYLIST_MS);
        });
    },

    poll,
    report,
    wake() {
      measureClock(clock, CLOCK_ASKED_FIRST);
      openStream();
      poll();
    },

    sendPlays(plays) {
      return key && !lost ? installation().then((player) => askJson('POST', '/api/screens/plays', { key, player, plays }))
        .then((answered) => answered.through) : Promise.reject(new Error('the box is away'));
    },

    isAway: () => performance.now() - heard_ms > AWAY_MS,
    isRefused: () => refused,
  };

  /** Of this installation, for as long as its database is. @returns {Promise<string>} */
  function installation() {
    return storage.get('state', 'player').then((kept) => {
      const player = kept || randomHex();
      return kept ? player : storage.put('state', player, 'player').then(() => player);
    });
  }
}

/** 128 bits. */
function randomHex() {
  const bytes = window.crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => (byte < 16 ? '0' : '') + byte.toString(16)).join('');
}
