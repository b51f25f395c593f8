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
 * @param {boolean} withPictures of overlays: some engines give no canvas away in which an SVG was drawn
 * @returns {HTMLCanvasElement}
 */
function drawScreen(shown, overlays, withPictures) {
  const canvas = document.createElement('canvas');
  const scale = SHOT_WIDTH / window.innerWidth;
  canvas.width = SHOT_WIDTH;
  canvas.height = Math.round(window.innerHeight * scale);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  pen.fillStyle = '#000000';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const picture = shown ? shown.layer.picture() : null;
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
  pen.scale(scale, scale);
  overlays.open().forEach((element) => drawElement(pen, element, withPictures));
  return canvas;
}

/**
 * What stands above the picture, as the page has it: grounds, pictures, and words where they stand.
 * @param {CanvasRenderingContext2D} pen
 * @param {HTMLElement} element
 * @param {boolean} withPictures
 */
function drawElement(pen, element, withPictures) {
  const box = element.getBoundingClientRect();
  const style = window.getComputedStyle(element);
  if (style.display === 'none' || !box.width || !box.height) {
    return;
  }
  pen.save();
  outline(pen, box, style.borderTopLeftRadius);
  pen.fillStyle = style.backgroundColor;
  pen.fill();
  if (style.overflow === 'hidden') {
    pen.clip();
  }
  if (element instanceof HTMLImageElement) {
    if (withPictures && element.complete && element.naturalWidth) {
      pen.drawImage(element, box.left, box.top, box.width, box.height);
    }
  } else {
    for (let node = element.firstChild; node; node = node.nextSibling) {
      if (node instanceof Text) {
        drawWords(pen, node, style);
      } else if (node instanceof HTMLElement) {
        drawElement(pen, node, withPictures);
      }
    }
  }
  pen.restore();
}

/**
 * A box with round corners.
 * @param {CanvasRenderingContext2D} pen
 * @param {ClientRect} box
 * @param {string} corner as the style has it: `12px`, `50%`
 */
function outline(pen, box, corner) {
  const short = Math.min(box.width, box.height);
  const asked = /%$/.test(corner) ? (parseFloat(corner) / 100) * short : parseFloat(corner) || 0;
  const radius = Math.min(asked, short / 2);
  pen.beginPath();
  pen.moveTo(box.left + radius, box.top);
  pen.arcTo(box.right, box.top, box.right, box.bottom, radius);
  pen.arcTo(box.right, box.bottom, box.left, box.bottom, radius);
  pen.arcTo(box.left, box.bottom, box.left, box.top, radius);
  pen.arcTo(box.left, box.top, box.right, box.top, radius);
  pen.closePath();
}

/**
 * Where letters stand in their box, whose height is that of their font.
 * @param {CanvasRenderingContext2D} pen
 * @param {ClientRect} box
 * @param {number} size of the font
 */
function baselineOf(pen, box, size) {
  const font = pen.measureText('x');
  const known = font.fontBoundingBoxAscent >= 0;
  // Engines that do not tell: what fonts have, more or less.
  const ascent = known ? font.fontBoundingBoxAscent : size * 0.93;
  const descent = known ? font.fontBoundingBoxDescent : size * 0.24;
  return box.top + (box.height - ascent - descent) / 2 + ascent;
}

/**
 * Each word is drawn where the page has it: lines are broken by whoever broke them, and no width is computed again. Words
 * that are broken themselves, or have gaps between their letters, are drawn letter by letter.
 * @param {CanvasRenderingContext2D} pen
 * @param {Text} node
 * @param {CSSStyleDeclaration} style
 */
function drawWords(pen, node, style) {
  pen.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  pen.fillStyle = style.color || '';
  pen.textAlign = 'left';
  pen.textBaseline = 'alphabetic';
  const range = document.createRange();
  /** @param {string} text @param {number} at @returns {boolean} false: it is not in one piece */
  const draw = (text, at) => {
    range.setStart(node, at);
    range.setEnd(node, at + text.length);
    const boxes = range.getClientRects();
    if (boxes.length === 1) {
      pen.fillText(text, boxes[0].left, baselineOf(pen, boxes[0], parseFloat(style.fontSize || '')));
    }
    return boxes.length === 1;
  };
  const spaced = parseFloat(style.letterSpacing || '') > 0;
  const words = /\S+/g;
  for (let found = words.exec(node.data); found; found = words.exec(node.data)) {
    if (spaced || !draw(found[0], found.index)) {
      let at = found.index;
      for (const letter of Array.from(found[0])) {
        draw(letter, at);
        at += letter.length;
      }
    }
  }
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
