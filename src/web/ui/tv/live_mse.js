// Live pictures through a WebSocket into a MediaSource: for TVs without WebRTC, and where UDP does not pass.

/** Kept behind the position; a TV's own limit is some ten MB. */
const MSE_KEEP_S = 5;
/** Behind the live edge by more than this, it jumps; this near to it. */
const MSE_BEHIND_S = 2.5;
const MSE_EDGE_S = 0.4;
/** Bytes that may wait to be taken: a TV that can't keep up ends the session, and begins anew at the live edge. */
const MSE_WAITING_BYTES_MAX = 8 * 1024 * 1024;

/** @type {TvWay} */
function openMse(path, { video }) {
  const source = new MediaSource();
  const address = URL.createObjectURL(source);
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}${path}/mse`);
  /** @type {ArrayBuffer[]} */
  let waiting = [];
  let waitingBytes = 0;
  let mime = '';
  /** @type {SourceBuffer|null} */
  let buffer = null;
  let over = false;
  /** @type {(error: Error) => void} */
  let fail = () => undefined;
  /** @type {Promise<void>} */
  const failed = new Promise((_, reject) => (fail = reject));

  function end() {
    over = true;
    waiting = [];
    socket.close();
    URL.revokeObjectURL(address);
    endLiveVideo(video);
  }

  function pump() {
    if (over || source.readyState !== 'open' || !mime || (buffer && buffer.updating)) {
      return;
    }
    try {
      if (!buffer) {
        buffer = source.addSourceBuffer(mime);
        buffer.addEventListener('updateend', pump);
        buffer.addEventListener('error', () => fail(new Error('a fragment could not be read')));
      }
      if (!follow(buffer)) {
        const piece = waiting.shift();
        if (piece) {
          waitingBytes -= piece.byteLength;
          buffer.appendBuffer(piece);
        }
      }
    } catch (error) {
      fail(/** @type {Error} */ (error));
      socket.close();
    }
  }

  /** Keeps near the live edge, and little of what is past. @param {SourceBuffer} into @returns {boolean} it is busy now */
  function follow(into) {
    const ranges = video.buffered;
    if (!ranges.length) {
      return false;
    }
    const edge_s = ranges.end(ranges.length - 1);
    if (edge_s - video.currentTime > MSE_BEHIND_S || video.currentTime < ranges.start(ranges.length - 1)) {
      video.currentTime = Math.max(ranges.start(ranges.length - 1), edge_s - MSE_EDGE_S);
    }
    if (video.currentTime - ranges.start(0) > 2 * MSE_KEEP_S) {
      into.remove(0, video.currentTime - MSE_KEEP_S);
      return true;
    }
    return false;
  }

  beginLiveVideo(video);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = (event) => {
    if (typeof event.data === 'string') {
      const message = JSON.parse(event.data);
      if (message.type === 'init' && (!mime || mime === message.mime) && MediaSource.isTypeSupported(message.mime)) {
        mime = message.mime;
      } else if (message.type === 'init' || message.type === 'end') {
        fail(new Error('it can not be played here')); // Other parameters want another buffer: a new session.
        socket.close();
      }
    } else {
      waiting.push(event.data);
      waitingBytes += event.data.byteLength;
      if (waitingBytes > MSE_WAITING_BYTES_MAX) {
        fail(new Error('too slow'));
        socket.close();
      }
    }
    pump();
  };
  socket.onclose = () => fail(new Error('closed'));
  source.addEventListener('sourceopen', pump);
  video.src = address;
  return {
    view: video,
    ready: Promise.race([firstPicture(video), failed]),
    frames: () => framesOf(video).shown,
    end,
  };
}
