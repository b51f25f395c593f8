// A live source on the TV: by WebRTC, else through a WebSocket, else picture by picture. What worked is tried first the
// next time.

/** Without a picture by then, the next way is tried. A source that is being opened needs some seconds. */
const LIVE_PICTURE_MS_MAX = 6000;

/**
 * What live pictures are shown on: kept and used again, as all elements are.
 * @typedef {{video: HTMLVideoElement, canvas: HTMLCanvasElement}} TvSurfaces
 */

/** @typedef {(path: string, surfaces: TvSurfaces) => TvSession} TvWay */

/** The way that worked last, by its name. */
let liveWorked = '';

/** @returns {{name: string, open: TvWay}[]} those that this browser has, the best first */
function liveWays() {
  const ways = [];
  if (window.RTCPeerConnection || window.webkitRTCPeerConnection) {
    ways.push({ name: 'webrtc', open: openWhep });
  }
  if (window.MediaSource && window.WebSocket) {
    ways.push({ name: 'mse', open: openMse });
  }
  ways.push({ name: 'pictures', open: openPictures });
  return ways.sort((a, b) => Number(b.name === liveWorked) - Number(a.name === liveWorked));
}

/**
 * @param {string} path such as `/live/door`
 * @param {TvSurfaces} surfaces
 * @param {(session: TvSession|null) => void} hold told what has the surfaces now, and is to be ended by who takes them
 * @param {() => boolean} over somebody has taken them
 * @returns {Promise<TvSession>} with its first picture
 */
function openLive(path, surfaces, hold, over) {
  const ways = liveWays();

  /** @param {number} index @returns {Promise<TvSession>} */
  function attempt(index) {
    if (index >= ways.length) {
      return Promise.reject(new Error('no picture'));
    }
    const session = ways[index].open(path, surfaces);
    hold(session);
    // Some engines decode nothing that is not displayed.
    session.view.style.display = 'block';
    let timer = 0;
    const late = new Promise((_, reject) => {
      timer = window.setTimeout(() => reject(new Error('no picture in time')), LIVE_PICTURE_MS_MAX);
    });
    return Promise.race([session.ready, late]).then(() => true, () => false).then((good) => {
      window.clearTimeout(timer);
      if (over()) {
        throw new Error('replaced');
      }
      if (good) {
        liveWorked = ways[index].name;
        return session;
      }
      session.end();
      session.view.style.display = 'none';
      hold(null);
      return attempt(index + 1);
    });
  }

  return attempt(0);
}

/** Ready for WebRTC or MSE. @param {HTMLVideoElement} video */
function beginLiveVideo(video) {
  video.muted = true;
  video.autoplay = true;
  video.playbackRate = 1;
}

/** @param {HTMLVideoElement} video */
function endLiveVideo(video) {
  video.autoplay = false;
  video.srcObject = null;
  video.removeAttribute('src');
  video.load();
}

/** @param {HTMLVideoElement} video @returns {Promise<void>} with its first picture */
function firstPicture(video) {
  return new Promise((resolve, reject) => {
    /** @param {Event} event */
    function come(event) {
      video.removeEventListener('loadeddata', come);
      video.removeEventListener('error', come);
      if (event.type === 'error') {
        reject(new Error('it does not decode'));
      } else {
        resolve();
      }
    }
    video.addEventListener('loadeddata', come);
    video.addEventListener('error', come);
  });
}

/**
 * WebRTC by WHEP: one POST with the offer, one DELETE at the end. The box is ICE-lite, so candidates are not sent.
 * @type {TvWay}
 */
function openWhep(path, { video }) {
  const Connection = /** @type {typeof RTCPeerConnection} */ (window.RTCPeerConnection || window.webkitRTCPeerConnection);
  const connection = new Connection({ bundlePolicy: 'max-bundle' });
  let resource = '';
  let over = false;
  beginLiveVideo(video);

  /** The box first: it hears of a closed connection too, and would no longer know what is deleted. */
  function close() {
    const told = resource ? ask('DELETE', resource).catch(() => undefined) : Promise.resolve();
    resource = '';
    told.then(() => {
      connection.ontrack = null;
      connection.oniceconnectionstatechange = null;
      connection.close();
    });
  }

  /** @type {Promise<void>} */
  const failed = new Promise((_, reject) => {
    connection.oniceconnectionstatechange = () => {
      if (connection.iceConnectionState === 'failed' || connection.iceConnectionState === 'closed') {
        reject(new Error('no connection'));
      }
    };
    offerOf(connection, video, () => over).then((sdp) => ask('POST', `${path}/whep`, { body: sdp, type: 'application/sdp' }))
      .then((response) => {
        resource = response.header('Location') || '';
        if (response.status !== 201 || over) {
          throw new Error(`WHEP: ${response.status}`);
        }
        return connection.setRemoteDescription(new RTCSessionDescription({ type: 'answer', sdp: response.text }));
      }).catch((error) => {
        close();
        reject(error);
      });
  });
  return {
    view: video,
    ready: Promise.race([firstPicture(video), failed]),
    frames: () => framesOf(video).shown,
    end() {
      over = true;
      close();
      endLiveVideo(video);
    },
  };
}

/**
 * In the words of the standard, or in those of browsers from before it.
 * @param {RTCPeerConnection} connection
 * @param {HTMLVideoElement} video
 * @param {() => boolean} over the video is somebody else's
 * @returns {Promise<string>}
 */
function offerOf(connection, video, over) {
  const old = /** @type {any} */ (connection);
  if ('ontrack' in connection) {
    connection.ontrack = (event) => {
      if (over()) {
        return;
      }
      if (event.streams[0] && video.srcObject !== event.streams[0]) {
        video.srcObject = event.streams[0];
      } else if (!event.streams[0]) {
        const stream = /** @type {MediaStream} */ (video.srcObject || new MediaStream());
        stream.addTrack(event.track);
        video.srcObject = stream;
      }
    };
  } else {
    old.onaddstream = (/** @type {any} */ event) => !over() && (video.srcObject = event.stream);
  }
  let options;
  if (connection.addTransceiver) {
    connection.addTransceiver('video', { direction: 'recvonly' });
    connection.addTransceiver('audio', { direction: 'recvonly' });
  } else {
    options = { offerToReceiveVideo: true, offerToReceiveAudio: true };
  }
  return connection.createOffer(options).then((offer) => connection.setLocalDescription(offer).then(() => offer.sdp || ''));
}

/**
 * Picture by picture, as quickly as the link lets them come, and no quicker than a TV can draw.
 * @type {TvWay}
 */
function openPictures(path, { canvas }) {
  const PAUSE_MS = 40;
  const AGAIN_MS = 1000;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const image = new Image();
  let count = 0;
  let over = false;
  let timer = 0;
  /** @type {() => void} */
  let shown = () => undefined;
  const ready = /** @type {Promise<void>} */ (new Promise((resolve) => (shown = resolve)));

  function next() {
    if (!over) {
      image.src = `${path}/frame.jpg?quality=80&at=${Date.now()}`;
    }
  }

  image.onload = () => {
    if (canvas.width !== image.naturalWidth || canvas.height !== image.naturalHeight) {
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
    }
    pen.drawImage(image, 0, 0);
    count += 1;
    shown();
    timer = window.setTimeout(next, PAUSE_MS);
  };
  image.onerror = () => {
    timer = window.setTimeout(next, AGAIN_MS);
  };
  next();
  return {
    view: canvas,
    ready,
    frames: () => count,
    end() {
      over = true;
      window.clearTimeout(timer);
      image.onload = null;
      image.onerror = null;
      image.removeAttribute('src');
    },
  };
}
