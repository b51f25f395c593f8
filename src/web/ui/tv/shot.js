// A screenshot: what is on the screen, drawn once more onto a canvas. There is no other way for a page.

/** Small enough for the wall of cards, large enough to read a slide. */
const SHOT_WIDTH = 960;
/** What the box takes. */
const SHOT_BYTES_MAX = 1024 * 1024;
const SHOT_QUALITIES = [0.8, 0.6, 0.4, 0.2];

/**
 * Where a picture is drawn so that it looks as `object-fit` makes it. Pure.
 * @param {'contain'|'cover'} fit
 * @param {number} width of the picture
 * @param {number} height
 * @param {number} intoWidth
 * @param {number} intoHeight
 */
function fitted(fit, width, height, intoWidth, intoHeight) {
  const across = intoWidth / width;
  const down = intoHeight / height;
  const scale = fit === 'cover' ? Math.max(across, down) : Math.min(across, down);
  const w = width * scale;
  const h = height * scale;
  return { x: (intoWidth - w) / 2, y: (intoHeight - h) / 2, w, h };
}

/**
 * @param {TvShown|null} shown
 * @param {ReturnType<typeof createOverlays>} overlays
 * @returns {HTMLCanvasElement}
 */
function drawScreen(shown, overlays) {
  const canvas = document.createElement('canvas');
  const scale = SHOT_WIDTH / window.innerWidth;
  canvas.width = SHOT_WIDTH;
  canvas.height = Math.round(window.innerHeight * scale);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const ground = overlays.ground();
  pen.fillStyle = ground || '#000000';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const picture = shown && !ground ? shown.layer.picture() : null;
  if (shown && picture) {
    const wide = picture instanceof HTMLVideoElement ? picture.videoWidth
      : picture instanceof HTMLImageElement ? picture.naturalWidth : picture.width;
    const high = picture instanceof HTMLVideoElement ? picture.videoHeight
      : picture instanceof HTMLImageElement ? picture.naturalHeight : picture.height;
    if (wide && high) {
      const item = /** @type {TvItem} */ (shown.place.item);
      const at = fitted(item.fit, wide, high, canvas.width, canvas.height);
      pen.drawImage(picture, at.x, at.y, at.w, at.h);
    }
  }
  overlays.lines().forEach((line) => drawLine(pen, line, scale));
  return canvas;
}

/**
 * Its ground, then its words, broken where they are broken on the screen: by its width.
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLElement} line
 * @param {number} scale
 */
function drawLine(pen, line, scale) {
  const box = line.getBoundingClientRect();
  const style = window.getComputedStyle(line);
  const size = parseFloat(style.fontSize) * scale;
  pen.fillStyle = style.backgroundColor;
  // To the pixel, so that nothing is seen through its edges.
  const [left, top] = [Math.floor(box.left * scale), Math.floor(box.top * scale)];
  pen.fillRect(left, top, Math.ceil(box.right * scale) - left, Math.ceil(box.bottom * scale) - top);
  pen.fillStyle = style.color;
  pen.font = `${style.fontWeight} ${size}px sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const rows = [''];
  for (const word of (line.textContent || '').split(/\s+/)) {
    const longer = `${rows[rows.length - 1]} ${word}`.trim();
    if (rows[rows.length - 1] && pen.measureText(longer).width > box.width * scale * 0.94) {
      rows.push(word);
    } else {
      rows[rows.length - 1] = longer;
    }
  }
  const high = size * 1.25;
  const middle = (box.top + box.height / 2) * scale - ((rows.length - 1) * high) / 2;
  rows.forEach((row, index) => pen.fillText(row, (box.left + box.width / 2) * scale, middle + index * high));
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>} JPEG, as good as the box takes it
 */
function shotOf(canvas) {
  /** @param {number} index @returns {Promise<Blob>} */
  function attempt(index) {
    return new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', SHOT_QUALITIES[index])).then((blob) => {
      if (blob && /** @type {Blob} */ (blob).size <= SHOT_BYTES_MAX) {
        return /** @type {Blob} */ (blob);
      }
      if (index + 1 < SHOT_QUALITIES.length) {
        return attempt(index + 1);
      }
      throw new Error('no screenshot');
    });
  }
  return attempt(0);
}
