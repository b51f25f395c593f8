// One of the two layers of the screen. It gets an item ready and shows it when it is its time: nothing is ever seen before
// its first picture is painted. Its elements are kept and used again: old engines leak them.
//
// What is made ready stands above what is seen, as good as transparent. Below it, or fully transparent, an engine would not
// draw it, and would be one frame late, a black one, when it is to be seen.

/** A file that is not ready by then is not played this time. */
const READY_MS_MAX = 15000;
/** Some engines decode nothing before they are told to play. */
const NUDGE_MS = 3000;
/** A picture that is decoded is painted by then, also by engines that don't say so. */
const PAINT_MS_MAX = 400;
/** A live picture that stands still for so long is broken. */
const LIVE_STILL_MS = 4000;
const FADE_MS = 600;
/** Less than one step of a display; but not nothing, which is not drawn. */
const UNSEEN = '0.001';

/** The layer that is made ready is above the other: at the change, nothing but how transparent it is has to change. */
let layerTop = 1;

/**
 * Pictures shown and dropped by a video so far.
 * @param {HTMLVideoElement} video
 */
function framesOf(video) {
  if (video.getVideoPlaybackQuality) {
    const quality = video.getVideoPlaybackQuality();
    return { shown: quality.totalVideoFrames, dropped: quality.droppedVideoFrames };
  }
  const old = /** @type {any} */ (video);
  if (old.webkitDecodedFrameCount !== undefined) {
    return { shown: old.webkitDecodedFrameCount, dropped: old.webkitDroppedFrameCount };
  }
  return { shown: Math.floor(video.currentTime * 10), dropped: 0 };
}

/**
 * @param {HTMLElement} parent
 * @param {{now: () => number, sound: () => {on: boolean, volume: number}, blocked: () => void}} box
 */
function createLayer(parent, box) {
  const element = document.createElement('div');
  const video = document.createElement('video');
  const image = document.createElement('img');
  element.className = 'layer';
  video.setAttribute('playsinline', '');
  video.preload = 'auto';
  video.disableRemotePlayback = true;
  image.alt = '';
  // Drawn with the frame it is part of, however large it is, not a moment later.
  image.decoding = 'sync';
  const canvas = document.createElement('canvas');
  element.appendChild(image);
  element.appendChild(canvas);
  element.appendChild(video);
  parent.appendChild(element);

  /** Rises with each item: what an older one was waiting for is nobody's business any more. */
  let run = 0;
  /** @type {TvItem|null} */
  let item = null;
  /** @type {(() => void)|null} */
  let release = null;
  /** @type {TvSession|null} */
  let live = null;
  let liveFrames = 0;
  let liveSince_ms = 0;
  let droppedSum = 0;
  /** Dropped pictures of this element before the present item. */
  let droppedBefore = 0;
  let playing = false;

  /** @param {number} mine @param {(done: (error?: Error) => void) => void} begin @returns {Promise<void>} */
  function within(mine, begin) {
    return new Promise((resolve, reject) => {
      const timer = window.setTimeout(() => done(new Error('not ready in time')), READY_MS_MAX);
      /** @param {Error} [error] */
      function done(error) {
        window.clearTimeout(timer);
        image.onload = null;
        image.onerror = null;
        if (mine !== run) {
          reject(new Error('replaced'));
        } else if (error) {
          reject(error);
        } else {
          resolve();
        }
      }
      begin(done);
    });
  }

  /** @param {number} mine @param {string} url */
  function readyImage(mine, url) {
    return within(mine, (done) => {
      image.onload = () => (image.decode ? image.decode().then(() => done(), () => done()) : done());
      image.onerror = () => done(new Error('it does not decode'));
      image.src = urlOf(url);
      image.style.display = 'block';
    }).then(painted);
  }

  /**
   * @param {number} mine
   * @param {string} url
   * @param {TvPlace} place
   * @param {number} lead_s
   * @returns {Promise<number>} how long it took from where its place in the file was chosen, in seconds
   */
  function readyVideo(mine, url, place, lead_s) {
    let chosen_ms = 0;
    return within(mine, (done) => {
      let nudge = 0;
      const off = () => {
        window.clearTimeout(nudge);
        ['loadedmetadata', 'seeked', 'loadeddata', 'canplay', 'error'].forEach((name) => video.removeEventListener(name, look));
      };
      /** @param {Event} event */
      function look(event) {
        if (mine !== run || event.type === 'error') {
          off();
          done(new Error(video.error ? `it does not decode (${video.error.code})` : 'it does not decode'));
        } else if (event.type === 'loadedmetadata') {
          chosen_ms = performance.now();
          const at_s = joinAt(place, box.now(), lead_s);
          if (at_s > 0.02) {
            video.currentTime = Math.min(at_s, Math.max(0, video.duration - 0.1 || at_s));
          }
        } else if (video.readyState >= 2 && !video.seeking) {
          off();
          done();
        }
      }
      ['loadedmetadata', 'seeked', 'loadeddata', 'canplay', 'error'].forEach((name) => video.addEventListener(name, look));
      nudge = window.setTimeout(() => {
        const begun = mine === run && video.readyState < 2 ? video.play() : null;
        if (begun && begun.then) {
          begun.then(() => !playing && video.pause(), () => undefined);
        }
      }, NUDGE_MS);
      video.muted = true;
      video.playbackRate = 1;
      video.src = urlOf(url);
      video.style.display = 'block';
      video.load();
    }).then(() => paintedVideo(video)).then(() => (performance.now() - chosen_ms) / 1000);
  }

  /** @param {number} mine @param {TvItem} wanted */
  function readyLive(mine, wanted) {
    const path = urlOf(`/live/${encodeURIComponent(wanted.source || '')}`);
    const hold = (/** @type {TvSession|null} */ session) => (live = session);
    return openLive(path, { video, canvas }, hold, () => mine !== run).then((session) => {
      liveFrames = session.frames();
      liveSince_ms = performance.now();
      const view = session.view;
      return view instanceof HTMLVideoElement ? paintedVideo(view) : painted();
    });
  }

  /** What makes sound. */
  function loud() {
    return live && live.view instanceof HTMLVideoElement ? live.view : item && item.kind === 'video' ? video : null;
  }

  /** Sound as it is wanted now, if the browser gives it without a key before. */
  function applySound() {
    const element = loud();
    const sound = box.sound();
    if (element && item) {
      element.volume = sound.volume;
      element.muted = !(item.sound && sound.on && playing);
    }
  }

  function play() {
    const element = loud();
    if (!element) {
      return;
    }
    applySound();
    const begun = element.play();
    if (begun && begun.catch) {
      begun.catch((error) => {
        if (error.name === 'NotAllowedError' && !element.muted) {
          box.blocked();
          element.muted = true;
          const again = element.play();
          if (again && again.catch) {
            again.catch(() => undefined);
          }
        }
      });
    }
  }

  function drop() {
    run += 1;
    playing = false;
    if (item && item.kind !== 'slide') {
      droppedSum += framesOf(video).dropped - droppedBefore;
      if (live) {
        live.end();
        live = null;
      }
      video.pause();
      video.removeAttribute('src');
      video.load(); // Gives decoder and memory back.
      droppedBefore = framesOf(video).dropped;
    }
    video.style.display = 'none';
    canvas.style.display = 'none';
    image.style.display = 'none';
    image.onload = null;
    image.onerror = null;
    image.removeAttribute('src');
    layerTop += 1;
    element.style.transition = 'none';
    element.style.opacity = UNSEEN;
    element.style.zIndex = String(layerTop);
    if (release) {
      release();
      release = null;
    }
    item = null;
  }

  drop();
  return {
    element,

    /**
     * @param {TvPlace} place
     * @param {{url: string, release: () => void}|null} source none for a live item
     * @param {number} lead_s how long this will take, as far as is known: a video that has begun by then is joined there
     * @returns {Promise<number|void>} when its first picture is painted, with how long that took if it is a video;
     *   rejects with what is wrong
     */
    prepare(place, source, lead_s) {
      drop();
      const mine = run;
      const wanted = /** @type {TvItem} */ (place.item);
      item = wanted;
      release = source ? source.release : null;
      [image, video, canvas].forEach((each) => (each.style.objectFit = wanted.fit));
      if (wanted.kind === 'live') {
        return readyLive(mine, wanted);
      }
      const url = source ? source.url : '';
      return wanted.kind === 'slide' ? readyImage(mine, url) : readyVideo(mine, url, place, lead_s);
    },

    /** When what is made ready is to be shown: the moment that its picture is of. @param {TvPlace} place */
    due_ms(place) {
      const moves = item && item.kind === 'video';
      return place.starts_ms + (moves ? Math.max(0, video.currentTime * 1000 - /** @type {TvItem} */ (item).from_ms) : 0);
    },

    /** It is its time: above the other. @param {boolean} fade */
    show(fade) {
      playing = true;
      play();
      element.style.transition = fade ? `opacity ${FADE_MS}ms linear` : 'none';
      element.style.opacity = '1';
    },

    drop,
    applySound,

    /** @param {boolean} on */
    pause(on) {
      const element = loud();
      if (element && on) {
        element.pause();
      } else if (element) {
        play();
      }
    },

    /**
     * Comes into step, if it is not.
     * @param {TvPlace} place
     * @returns {{broken: boolean, anew: boolean, behind_s: number}} broken: it has to be made ready anew; anew: that is how
     *   it would come into step sooner
     */
    follow(place) {
      if (live) {
        const frames = live.frames();
        if (frames !== liveFrames || document.hidden) {
          liveFrames = frames;
          liveSince_ms = performance.now();
        }
        return { broken: performance.now() - liveSince_ms >= LIVE_STILL_MS, anew: false, behind_s: 0 };
      }
      if (!item || item.kind !== 'video' || video.ended || video.paused) {
        return { broken: Boolean(video.error), anew: false, behind_s: 0 };
      }
      const in_step = Boolean(place.program && place.program.in_step);
      const behind_s = positionAt(place, box.now()) - video.currentTime;
      const { rate, anew } = steerVideo(behind_s, video.playbackRate, in_step ? STEER_IN_STEP_MAX_S : STEER_MAX_S);
      if (in_step && video.playbackRate !== rate) {
        video.playbackRate = rate;
      }
      return { broken: Boolean(video.error), anew, behind_s };
    },

    dropped() {
      return droppedSum + (item && item.kind !== 'slide' ? framesOf(video).dropped - droppedBefore : 0);
    },

    /** What is to be drawn for a screenshot. */
    picture() {
      return live ? live.view : item && item.kind === 'slide' ? image : item ? video : null;
    },

    item: () => item,
    video,
  };
}

/** After two frames. Those of a hidden page do not come. @returns {Promise<void>} */
function painted() {
  return new Promise((resolve) => {
    window.requestAnimationFrame(() => window.requestAnimationFrame(() => resolve()));
    window.setTimeout(resolve, PAINT_MS_MAX);
  });
}

/** @param {HTMLVideoElement} video @returns {Promise<void>} */
function paintedVideo(video) {
  if (!video.requestVideoFrameCallback) {
    return painted();
  }
  return new Promise((resolve) => {
    video.requestVideoFrameCallback(() => painted().then(resolve));
    window.setTimeout(resolve, PAINT_MS_MAX);
  });
}
