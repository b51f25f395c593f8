// Shows JPEG pictures on a canvas. They are decoded off the main thread, and no object URL is ever made.

export function canPaint() {
  return typeof createImageBitmap === 'function' && typeof ReadableStream === 'function';
}

/**
 * @param {HTMLCanvasElement} canvas
 */
export function createPainter(canvas) {
  const swap = /** @type {ImageBitmapRenderingContext|null} */ (canvas.getContext('bitmaprenderer'));
  const flat = swap ? null : canvas.getContext('2d');
  /** @type {Blob|null} */
  let next = null;
  let busy = false;
  const counts = { shown: 0, dropped: 0 };

  /** @param {Blob} blob */
  async function decodeAndShow(blob) {
    const picture = await createImageBitmap(blob);
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    if (swap) {
      swap.transferFromImageBitmap(picture); // Takes it over: nothing is copied.
    } else if (flat) {
      flat.drawImage(picture, 0, 0);
      picture.close();
    }
    counts.shown += 1;
  }

  return {
    counts,
    /** Shows this one; throws if it is no picture. */
    show: decodeAndShow,
    /**
     * Shows the newest; those that come while another is being decoded are dropped.
     * @param {Blob} blob
     * @param {() => void} shown
     * @param {(error: Error) => void} failed
     */
    async offer(blob, shown, failed) {
      counts.dropped += next ? 1 : 0;
      next = blob;
      if (busy) {
        return;
      }
      busy = true;
      try {
        while (next) {
          const taken = next;
          next = null;
          await decodeAndShow(taken);
          shown();
        }
      } catch (error) {
        failed(/** @type {Error} */ (error));
      } finally {
        busy = false;
      }
    },
  };
}
