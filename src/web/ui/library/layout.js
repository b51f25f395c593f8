// Where cards stand, and which of them are in the window. Pure, so that 100,000 assets cost no more than a screenful.

/** Rows made beyond the window at each side: enough for a flick of the wheel. */
const ROWS_BEYOND = 3;

/**
 * @typedef {Object} Layout
 * @property {number} columns
 * @property {number} row_px from the top of one row to the top of the next
 */

/**
 * @param {'grid'|'list'} shape
 * @param {number} width_px of the room there is
 * @returns {Layout}
 */
export function layoutFor(shape, width_px) {
  const narrow = width_px < 560;
  if (shape === 'list') {
    return { columns: 1, row_px: narrow ? 76 : 64 };
  }
  const gap = narrow ? 12 : 16;
  const least = narrow ? 150 : 216;
  const columns = Math.max(1, Math.floor((width_px + gap) / (least + gap)));
  const card = (width_px - gap * (columns - 1)) / columns;
  // Picture, two lines of the name and the line below it: as library.css has them.
  return { columns, row_px: Math.round(card * 9 / 16) + 80 + gap };
}

/**
 * The rows that have to be there.
 * @param {number} top_px of the window, counted from the first row's top; negative above it
 * @param {number} height_px of the window
 * @param {number} row_px
 * @param {number} rows in all
 * @returns {{from: number, to: number}} `to` is the first that is not
 */
export function rowsInView(top_px, height_px, row_px, rows) {
  const from = Math.floor(top_px / row_px) - ROWS_BEYOND;
  const to = Math.ceil((top_px + height_px) / row_px) + ROWS_BEYOND;
  return { from: Math.min(Math.max(0, from), rows), to: Math.max(0, Math.min(rows, to)) };
}

/**
 * Where an arrow key leads.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 * @param {number} columns
 * @param {number} page_rows rows of a window
 * @returns {number|null} null: not a key that moves
 */
export function step(key, at, count, columns, page_rows) {
  /** @type {Record<string, number>} */
  const goals = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    PageDown: at + columns * page_rows,
    PageUp: at - columns * page_rows,
    Home: 0,
    End: count - 1,
  };
  if (!(key in goals) || !count) {
    return null;
  }
  const goal = goals[key];
  if (goal < 0) {
    // Up from the first row stays where it is; a page up goes as far as there is.
    return key === 'PageUp' ? at % columns : at;
  }
  if (goal >= count) {
    // Down into an unfinished last row.
    const last = count - 1;
    return key === 'ArrowRight' ? at : Math.floor(last / columns) > Math.floor(at / columns) ? last : at;
  }
  return goal;
}
