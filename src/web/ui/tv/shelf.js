// Which files are kept on the TV, which go, and which is fetched next. Pure.

/**
 * Files that are needed stay, in the order in which they are needed, as long as there is room; of the others the one that
 * was used longest ago goes first, and only when its room is needed.
 * @param {{url: string, bytes: number, whole: boolean, used_ms: number}[]} kept
 * @param {{url: string, bytes: number}[]} wanted the one needed first is first
 * @param {number} budget_bytes
 * @returns {{drop: string[], fetch: string|null}}
 */
function planFiles(kept, wanted, budget_bytes) {
  /** @type {Set<string>} */
  const chosen = new Set();
  let room = budget_bytes;
  for (const file of wanted) {
    if (file.bytes > 0 && file.bytes <= room) {
      chosen.add(file.url);
      room -= file.bytes;
    }
  }
  const whole = new Set(kept.filter((file) => file.whole).map((file) => file.url));
  const missing = wanted.filter((file) => chosen.has(file.url) && !whole.has(file.url));

  // What is left of the budget keeps what may be needed again: the newest first.
  const others = kept.filter((file) => !chosen.has(file.url)).sort((a, b) => b.used_ms - a.used_ms);
  const drop = [];
  for (const file of others) {
    if (file.bytes <= room) {
      room -= file.bytes;
    } else {
      drop.push(file.url);
    }
  }
  return { drop, fetch: missing.length ? missing[0].url : null };
}
