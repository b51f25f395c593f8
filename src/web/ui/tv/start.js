// The player: its parts, put together.

/** The message, the dot and the keeping awake are looked at so often. */
const TICK_MS = 500;
/** Plays are sent so often, and the files that are needed next looked for. */
const CHORES_MS = 15000;
/** Too many plays are looked for less often: counting them is work, and they get more by one with each item. */
const TRIM_EVERY = 40;
/** A player that does not start is loaded anew after this. */
const START_AGAIN_MS = 30000;
const VOLUME_PLACE = 'marquee.tv.sound';
const VOLUME_STEP = 0.1;

function recallSound() {
  try {
    return Object.assign({ on: true, volume: 1 }, JSON.parse(localStorage.getItem(VOLUME_PLACE) || 'null'));
  } catch (error) {
    return { on: true, volume: 1 };
  }
}

/** @param {TvStorage} storage @returns {Promise<void>} */
function startPlayer(storage) {
  const parent = /** @type {HTMLElement} */ (document.getElementById('tv'));
  const clock = createClock(() => performance.now(), () => Date.now());
  const files = createFiles(storage, () => Date.now());
  const awake = createAwake(parent);
  /** @type {TvAnswer|null} */
  let answer = null;
  let sound = recallSound();
  /** The browser gives no sound before a key: asked again and again, it would stop the picture each time. */
  let silenced = false;
  /** What is on the screen, since when; for reports. */
  let since_ms = 0;
  let reloading = false;
  let chore = 0;
  /** It says that it is paused. */
  let held = false;

  const previewed = previewedPlaylist();
  const remote = previewed ? createPreview(previewed, clock, take) : createRemote(storage, clock, {
    answer: take,
    back() {
      stage.forgive();
      chores();
    },
    report,
    identify(until_ms) {
      const left_ms = until_ms - clock.now();
      if (answer && left_ms > 0) {
        overlays.code(answer.screen, Math.min(left_ms, 10 * 60000));
      } else {
        overlays.hideCode();
      }
    },
    reload,
    screenshot: () => shotOf(drawScreen(stage.front(), overlays, true))
      .catch(() => shotOf(drawScreen(stage.front(), overlays, false))),
  });
  const plays = createPlays(storage, randomHex(), clock.now, remote.sendPlays);
  const stage = createStage(parent, {
    now: clock.now,
    open: files.open,
    damaged: files.damaged,
    sound: () => (silenced ? { on: false, volume: sound.volume } : sound),
    blocked() {
      silenced = true;
      overlays.note(tvWords.blocked);
    },
    began(place, late_ms) {
      since_ms = Math.round(clock.now());
      plays.begin(place);
      shown.push({ key: /** @type {TvItem} */ (place.item).key, at_ms: clock.now(), starts_ms: place.starts_ms, late_ms });
      shown.splice(0, shown.length - 100);
    },
    ended: () => plays.end(),
    failed(item, reason) {
      window.console.warn(`${item.name}: ${reason}`);
      remote.report();
    },
    changed() {
      tick();
      remote.report();
    },
    slept() {
      clock.jumped();
      remote.wake();
    },
  });
  const overlays = createOverlays(parent);
  /** The last items, for who looks from outside. @type {{key: string, at_ms: number, starts_ms: number, late_ms: number}[]} */
  const shown = [];

  /** @param {TvAnswer} now */
  function take(now) {
    answer = now;
    stage.take(now);
    overlays.renamed(now.screen);
    files.want(filesAhead(now, clock.now()));
    tick();
  }

  function messageNow() {
    const message = answer ? answer.message : null;
    return message && (message.until_ms === null || clock.now() < message.until_ms) ? message.text : null;
  }

  function report() {
    const front = stage.front();
    const place = stage.place();
    const offset_ms = clock.offset_ms();
    const late_ms = stage.takeLate();
    return {
      item: front ? /** @type {TvItem} */ (front.place.item).key : null,
      name: front ? /** @type {TvItem} */ (front.place.item).name : null,
      since_ms: front ? since_ms : null,
      dropped_frames: stage.dropped(),
      offset_ms: offset_ms === null ? null : Math.round(offset_ms),
      late_ms: late_ms === null ? null : Math.round(late_ms),
      problem: stage.problem(),
      state: messageNow() ? 'message' : front ? 'play' : place && place.state === 'standby' ? 'standby' : 'splash',
    };
  }

  /** Why there is nothing to be seen. @param {TvPlace|null} place @returns {'starting'|'refused'|'loading'|'unplayable'|'nothing'} */
  function splashState(place) {
    if (!answer || !place) {
      return remote.isRefused() ? 'refused' : 'starting';
    }
    return place.state === 'play' ? 'loading' : place.program && place.program.playlist !== null ? 'unplayable' : 'nothing';
  }

  /** What follows from the clock, and what stands above the picture. */
  function tick() {
    const place = stage.place();
    const front = stage.front();
    const standby = Boolean(place) && /** @type {TvPlace} */ (place).state === 'standby' && !front;
    overlays.night(standby);
    overlays.splash(front || standby ? null : splashState(place), answer ? answer.screen : null);
    overlays.message(messageNow());
    overlays.dot(remote.isAway());
    awake.set(!stage.moves());
    if (held && !stage.paused()) {
      held = false;
      overlays.note('');
    }
    if (clock.jumped()) {
      remote.wake();
    }
    plays.mark();
  }

  function chores() {
    chore += 1;
    (chore % TRIM_EVERY === 1 ? plays.trim() : Promise.resolve()).then(plays.flush);
    if (answer) {
      files.want(filesAhead(answer, clock.now()));
    }
  }

  /** Never without knowing that the page will come: the picture would be gone for as long as the box is. */
  function reload() {
    if (!reloading) {
      reloading = true;
      ask('HEAD', '/tv').then((response) => {
        if (response.status === 200) {
          plays.end();
          plays.flush().then(() => location.reload());
        }
      }).catch(() => undefined).then(() => {
        reloading = false;
      });
    }
  }

  /** @param {boolean} on @param {number} volume */
  function setSound(on, volume) {
    sound = { on, volume: Math.max(0, Math.min(1, Math.round(volume * 10) / 10)) };
    stage.applySound();
    overlays.note(sound.on ? `${tvWords.volume} ${Math.round(sound.volume * 100)} %` : tvWords.muted);
    try {
      localStorage.setItem(VOLUME_PLACE, JSON.stringify(sound));
    } catch (error) {
      // Until it is switched off.
    }
  }

  followKeys({
    next: () => stage.next(),
    previous: () => stage.previous(),
    pause() {
      stage.pause();
      held = stage.paused();
      overlays.note(held ? tvWords.paused : '', held);
    },
    louder: () => setSound(true, sound.volume + VOLUME_STEP),
    quieter: () => setSound(true, sound.volume - VOLUME_STEP),
    mute: () => setSound(!sound.on, sound.volume),
    code: () => answer && overlays.code(answer.screen),
    full: () => document.documentElement.requestFullscreen && document.documentElement.requestFullscreen(),
  }, () => {
    silenced = false;
    stage.applySound();
  });
  document.addEventListener('visibilitychange', () => stage.look());
  window.addEventListener('pagehide', () => plays.end());

  document.documentElement.className = previewed ? 'preview' : '';
  document.documentElement.lang = tvWords === TV_WORDS.de ? 'de' : 'en';
  tick();
  window.marqueeTv = { clock, files, stage, remote, plays, shown, report };
  return files.start().then(remote.start).then(() => {
    stage.start();
    chores();
    window.setInterval(tick, TICK_MS);
    window.setInterval(chores, CHORES_MS);
  });
}

/** Nobody is there to load the page anew. It would be gone for good if the box were not there. */
function startAgain() {
  pauseFor(START_AGAIN_MS).then(() => ask('HEAD', '/tv')).then((response) => {
    if (response.status !== 200) {
      throw new Error(`the page: ${response.status}`);
    }
    location.reload();
  }).catch(startAgain);
}

(previewedPlaylist() ? Promise.resolve(createMemory()) : openStorage()).then(startPlayer).catch((error) => {
  window.console.error(`the player did not start: ${error}`);
  startAgain();
});
