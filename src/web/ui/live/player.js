// Plays a live source in an element: chooses the transport, watches the pictures, comes back after any break, and
// tries for the better transport while a lesser one plays. Knows nothing of buttons; tiles and the page share it.

import { isSupported, openSession, ORDER } from './transports.js';
import { moveSmallWindow, releaseView, setSound, stillOf } from './video.js';
import { createWatchdog } from './watchdog.js';

/**
 * @typedef {import('./session.js').Session} Session
 * @typedef {import('../types.js').TransportName} TransportName
 * @typedef {'auto'|TransportName} Mode
 *
 * @typedef {Object} PlayerOptions
 * @property {boolean} sound wanted if the source has some; a tile says no and never gets any
 * @property {TransportName[]} order the automatic choice, best first
 * @property {number} interval_ms_min between two single pictures
 * @property {(player: Player) => void} changed state, transport or sound changed
 */

/** Without a server, without the source, or without a login, all transports fail the same way. */
const SAME_FOR_ALL = /** @type {import('../types.js').EndKind[]} */ (['unreachable', 'unknown', 'login']);
/** Without a connection and a picture by then, the next transport is tried. */
const CONNECT_MS_MAX = 4000;
/** A transport that is connected waits for a source that is being opened, or a slow link: others would not be quicker. */
const PICTURE_MS_MAX = 10000;
const RETRY_MS = 2000;
/** While a lesser transport plays, the better ones are tried again after this, doubling with each failure. */
const IMPROVE_MS_MIN = 30000;
const IMPROVE_MS_MAX = 16 * 60000;

export class Player {
  /**
   * @param {HTMLElement} stage holds the pictures, one upon the other
   * @param {string} path of the source, such as `/live/door`
   * @param {PlayerOptions} options
   */
  constructor(stage, path, options) {
    this.stage = stage;
    this.path = path;
    this.options = options;
    /** @type {Mode} */
    this.mode = 'auto';
    /** @type {'stopped'|'connecting'|'playing'|'broken'} */
    this.state = 'stopped';
    /** Why there is no picture. @type {import('../types.js').Ending|null} */
    this.ending = null;
    /** @type {Session|null} */
    this.current = null;
    /** What is on the screen, a still of an ended session included. @type {HTMLElement|null} */
    this.view = null;
    /** Rises with each start, stop and choice; what an older number began stops by itself. */
    this.run = 0;
    /** @type {Session[]} opened, without a picture yet */
    this.candidates = [];
    /** @type {Set<TransportName>} what can't play here */
    this.unsupported = new Set();
    /** @type {TransportName|null} worked last, so it is tried first after a break */
    this.worked = null;
    /** When `current` was first seen. */
    this.shown_ms = 0;
    this.sound = options.sound;
    this.volume = 1;
    /** The browser wants a touch or key before it gives sound. */
    this.soundBlocked = false;
    this.watchdog = createWatchdog(() => this.current);
    /** Waits that can be cut short. @type {Record<string, () => void>} */
    this.naps = {};
    /** @type {import('../types.js').PlayerFigures} as of `time_ms`; see `measure` */
    this.figures = {
      transport: null, state: 'stopped', time_ms: 0,
      framesDecoded: 0, framesDropped: 0, width: 0, height: 0, latency_s: null,
    };
    stage.marquee = this;
  }

  start() {
    if (this.state !== 'stopped') {
      return;
    }
    this.run += 1;
    this.forgetRefusals();
    this.setState('connecting');
    this.watchdog.start();
    this.keepPlaying(this.run);
    this.keepImproving(this.run);
  }

  /** What the source sends can change; what the browser has does not. */
  forgetRefusals() {
    this.unsupported = new Set(ORDER.filter((name) => !isSupported(name)));
  }

  /** Closes every connection; the last picture stays. */
  stop() {
    if (this.state === 'stopped') {
      return;
    }
    this.abandon();
    this.setState('stopped');
  }

  /**
   * Plays by this transport only, or by the best that works.
   * @param {Mode} mode
   */
  choose(mode) {
    if (mode === this.mode) {
      return;
    }
    this.mode = mode;
    this.worked = null;
    if (this.state !== 'stopped') {
      this.abandon();
      this.state = 'stopped';
      this.ending = null;
      this.start();
    }
  }

  /** Does not wait for the next attempt. */
  retryNow() {
    this.wake('retry');
  }

  /**
   * @param {boolean} on
   * @param {number} volume 0 to 1
   */
  async setSound(on, volume) {
    this.sound = on && this.options.sound;
    this.volume = volume;
    const session = this.current;
    if (session && session.view instanceof HTMLVideoElement) {
      const heard = await setSound(session.view, this.sound, volume);
      this.soundBlocked = this.sound && !heard;
    }
    this.options.changed(this);
  }

  /** After the page was hidden, or the device asleep. */
  catchUp() {
    this.watchdog.reset();
    if (this.current) {
      this.current.catchUp();
    }
    this.wake('retry');
  }

  /** Takes the figures anew. */
  async measure() {
    const session = this.current;
    const counts = session ? await session.figures() : null;
    if (counts && session === this.current) {
      Object.assign(this.figures, counts);
    }
    this.figures.transport = this.current ? this.current.name : null;
    this.figures.state = this.state;
    this.figures.time_ms = performance.now();
    return this.figures;
  }

  /** @param {Player['state']} state */
  setState(state) {
    this.state = state;
    this.figures.state = state;
    this.figures.transport = this.current ? this.current.name : null;
    this.options.changed(this);
  }

  /**
   * @param {'retry'|'improve'} name
   * @param {number} ms
   */
  nap(name, ms) {
    return new Promise((resolve) => {
      const timer = window.setTimeout(resolve, ms);
      this.naps[name] = () => {
        window.clearTimeout(timer);
        resolve(undefined);
      };
    });
  }

  /** @param {'retry'|'improve'} name */
  wake(name) {
    if (this.naps[name]) {
      this.naps[name]();
    }
  }

  abandon() {
    this.run += 1;
    this.watchdog.stop();
    this.wake('retry');
    this.wake('improve');
    for (const candidate of this.candidates.slice()) {
      candidate.end('replaced');
    }
    if (this.current) {
      this.current.end('replaced');
      this.current = null;
    }
  }

  /**
   * The one loop of the player: get a picture, keep it until it breaks, begin again.
   * @param {number} run
   */
  async keepPlaying(run) {
    while (run === this.run) {
      const session = this.current || (await this.connect(run));
      if (run !== this.run) {
        return;
      }
      if (!session) {
        this.options.changed(this);
        await this.nap('retry', RETRY_MS);
        continue;
      }
      const ending = await session.ended;
      // Otherwise a better one has taken its place, or the player was stopped.
      if (run === this.run && this.current === session) {
        this.current = null;
        this.ending = ending;
        this.setState('broken');
      }
    }
  }

  /**
   * One round over the transports.
   * @param {number} run
   * @returns {Promise<Session|null>} shown and playing
   */
  async connect(run) {
    const order = this.mode === 'auto' ? this.options.order : [this.mode];
    const usable = order.filter((name) => !this.unsupported.has(name));
    const first = this.worked && usable.indexOf(this.worked) > 0 ? [this.worked] : [];
    const round = first.concat(usable.filter((name) => name !== first[0]));
    if (!round.length) {
      this.ending = { kind: 'unsupported', detail: '' };
      this.forgetRefusals();
    }
    for (let index = 0; index < round.length && run === this.run; index += 1) {
      const last = index === round.length - 1;
      const session = await this.attempt(round[index], run, last ? PICTURE_MS_MAX : CONNECT_MS_MAX);
      if (session) {
        this.show(session);
        return session;
      }
      if (this.ending && SAME_FOR_ALL.includes(this.ending.kind)) {
        return null;
      }
    }
    return null;
  }

  /**
   * Opens a transport beneath what is shown and waits for its first picture.
   * @param {TransportName} name
   * @param {number} run
   * @param {number} connect_ms_max
   * @returns {Promise<Session|null>} null: it has ended, `this.ending` says why
   */
  async attempt(name, run, connect_ms_max) {
    const session = openSession(name, {
      path: this.path,
      sound: this.options.sound,
      interval_ms_min: this.options.interval_ms_min,
    });
    this.candidates.push(session);
    session.view.classList.add('stage-view');
    // In the page, or it would not be drawn and its first frame not be told.
    this.stage.prepend(session.view);
    if (session.view instanceof HTMLVideoElement) {
      setSound(session.view, false, 0);
    }
    const timers = [
      window.setTimeout(() => session.connected || session.end('late'), connect_ms_max),
      window.setTimeout(() => session.end('late'), PICTURE_MS_MAX),
    ];
    await Promise.race([session.shown, session.ended]);
    timers.forEach((timer) => window.clearTimeout(timer));
    this.candidates.splice(this.candidates.indexOf(session), 1);
    if (run === this.run && !session.over) {
      return session;
    }
    session.end('replaced');
    releaseView(session.view);
    const ending = await session.ended;
    if (run === this.run) {
      this.ending = ending;
      if (ending.kind === 'unsupported') {
        this.unsupported.add(name);
      }
    }
    return null;
  }

  /**
   * Puts a session that has a picture in the place of what is shown.
   * @param {Session} session
   */
  show(session) {
    const before = this.current;
    const still = this.view;
    this.current = session;
    this.view = session.view;
    this.worked = session.name;
    this.shown_ms = performance.now();
    this.ending = null;
    this.watchdog.reset();
    // Before what it holds is freed: a video without a source shows nothing, or a broken picture.
    session.atEnd(() => this.keepStill(session));
    // The new one lies beneath and is drawn already: there is no black in between.
    if (still) {
      takePlace(still, session.view);
    }
    if (before) {
      before.end('replaced');
    }
    this.setState('playing');
    if (this.options.sound) {
      this.setSound(this.sound, this.volume);
    }
  }

  /**
   * What a session showed last stays where it was, until there is another picture.
   * @param {Session} session that ends
   */
  keepStill(session) {
    const video = session.view;
    if (this.current !== session || !(video instanceof HTMLVideoElement) || document.pictureInPictureElement === video) {
      return; // Another has taken its place already; and a canvas keeps its picture by itself.
    }
    const still = stillOf(video);
    if (still) {
      this.stage.insertBefore(still, video);
      this.view = still;
      releaseView(video);
    }
  }

  /**
   * Tries for a better transport now and then, without touching the picture.
   * @param {number} run
   */
  async keepImproving(run) {
    let pause_ms = IMPROVE_MS_MIN;
    for (;;) {
      await this.nap('improve', pause_ms);
      if (run !== this.run) {
        return;
      }
      const current = this.current;
      const rank = current && this.mode === 'auto' ? this.options.order.indexOf(current.name) : 0;
      if (!current || rank === 0 || document.hidden) {
        pause_ms = IMPROVE_MS_MIN;
        continue;
      }
      const better = await this.attemptBetter(run, this.options.order.slice(0, rank));
      if (better && this.current === current) {
        this.show(better);
        pause_ms = IMPROVE_MS_MIN;
      } else {
        if (better) {
          better.end('replaced');
          releaseView(better.view);
        }
        pause_ms = Math.min(pause_ms * 2, IMPROVE_MS_MAX);
      }
    }
  }

  /**
   * @param {number} run
   * @param {TransportName[]} names
   */
  async attemptBetter(run, names) {
    for (const name of names) {
      if (run === this.run && !this.unsupported.has(name)) {
        const session = await this.attempt(name, run, CONNECT_MS_MAX);
        if (session) {
          return session;
        }
      }
    }
    return null;
  }
}

/**
 * Takes the old element away. If it was in the small window, the new one goes there; a browser that wants a touch for
 * that closes the window.
 * @param {HTMLElement} still
 * @param {HTMLElement} now
 */
function takePlace(still, now) {
  if (document.pictureInPictureElement === still && now instanceof HTMLVideoElement) {
    moveSmallWindow(now).then(() => releaseView(still));
  } else {
    releaseView(still);
  }
}
