// Files of the library, kept on the TV: they play on while the box is away, and again without the network being asked.
//
// A file comes in pieces, so that a break costs one of them, and no more than one is ever in memory.

const PIECE_BYTES = 8 * 1024 * 1024;
/** What is kept where the browser does not say how much there is: a TV from 2018 has 4 GB in all, some of it free. */
const BUDGET_BYTES = 1024 * 1024 * 1024;
/** Of what the browser says there is; it throws everything away when it runs short itself. */
const BUDGET_SHARE = 0.6;
const BUDGET_BYTES_MAX = 16 * 1024 * 1024 * 1024;
/** After a refusal for want of room: this much of what is there, and not asked for more for a while. */
const BUDGET_AFTER_REFUSAL = 0.9;
const REFUSAL_MS = 10 * 60000;
/** A file that the box does not give is left alone for so long: those behind it do not wait for it. */
const MISSING_MS = 60000;
/** A storage that takes longer to say where a file is does not hold up the picture: it comes from the box. */
const FOUND_MS_MAX = 3000;
/** Files that have an address at a time. An address is no more than a name; but browsers keep some of each file they have
 * played for a while, and the same file under another address is another one to them. */
const ADDRESSES_MAX = 64;

/** How much room there is, as far as the browser says it (where there is no secure context, only some do). */
function findBudget() {
  const old = /** @type {any} */ (navigator).webkitTemporaryStorage;
  return new Promise((resolve) => {
    if (navigator.storage && navigator.storage.estimate) {
      navigator.storage.estimate().then((found) => resolve(found.quota || 0), () => resolve(0));
    } else if (old && old.queryUsageAndQuota) {
      old.queryUsageAndQuota((/** @type {number} */ _used, /** @type {number} */ quota) => resolve(quota), () => resolve(0));
    } else {
      resolve(0);
    }
  }).then((quota) => (quota ? Math.min(quota * BUDGET_SHARE, BUDGET_BYTES_MAX) : BUDGET_BYTES));
}

/**
 * @param {TvStorage} storage
 * @param {() => number} now for the order in which files were used
 */
function createFiles(storage, now) {
  /** @type {Map<string, TvFile>} */
  const files = new Map();
  /** @type {{url: string, type: string, bytes: number}[]} */
  let wanted = [];
  let budget_bytes = BUDGET_BYTES;
  let refused_ms = -Infinity;
  /** By the file's own, the one used last at the end. @type {Map<string, {address: string, users: number, over: boolean}>} */
  const addresses = new Map();
  /** Until when a file is not asked for, by the steady clock. @type {Map<string, number>} */
  const missing = new Map();
  let busy = false;
  /** This browser's database takes no files: they are asked for each time. */
  let unfit = false;
  let timer = 0;
  const backoff = createBackoff(2000, 60000);

  /** Reads what is there, and drops pieces that belong to nothing: the TV was switched off while it wrote. */
  function start() {
    return Promise.all([storage.all('files', 100000), storage.keys('pieces'), findBudget()]).then((found) => {
      found[0].forEach((/** @type {TvFile} */ file) => files.set(file.url, file));
      budget_bytes = found[2];
      const lost = found[1].filter((/** @type {[string, number]} */ key) => !files.has(key[0]));
      return lost.length ? storage.remove('pieces', lost) : undefined;
    }).catch(() => undefined);
  }

  /** @param {string} url @param {number} pieces */
  function piecesOf(url, pieces) {
    return Array.from({ length: pieces }, (_, number) => [url, number]);
  }

  /** @param {string} url @param {{address: string, users: number, over: boolean}} entry */
  function lend(url, entry) {
    entry.users += 1;
    addresses.delete(url);
    addresses.set(url, entry);
    const free = Array.from(addresses).filter((each) => !each[1].users);
    free.slice(0, Math.max(0, addresses.size - ADDRESSES_MAX)).forEach((each) => takeBack(each[0]));
    return {
      url: entry.address,
      kept: true,
      release() {
        entry.users -= 1;
        if (entry.over && !entry.users) {
          URL.revokeObjectURL(entry.address);
        }
      },
    };
  }

  /** Nobody gets its address any more; who plays from it goes on. @param {string} url */
  function takeBack(url) {
    const entry = addresses.get(url);
    addresses.delete(url);
    if (entry) {
      entry.over = true;
      if (!entry.users) {
        URL.revokeObjectURL(entry.address);
      }
    }
  }

  /** @param {string} url */
  function drop(url) {
    const file = files.get(url);
    files.delete(url);
    takeBack(url);
    // The pieces last: without the entry they are found and dropped at the next start.
    return file ? storage.remove('files', [url]).then(() => storage.remove('pieces', piecesOf(url, file.pieces + 1)))
      : Promise.resolve();
  }

  /** Does one thing of what is to be done, then the next. */
  function work() {
    window.clearTimeout(timer);
    if (busy || unfit || !storage.lasting) {
      return;
    }
    missing.forEach((until_ms, url) => until_ms < performance.now() && missing.delete(url));
    const there = wanted.filter((file) => (missing.get(file.url) || 0) < performance.now());
    const plan = planFiles(Array.from(files.values()), there, budget_bytes);
    const fetching = plan.fetch && performance.now() - refused_ms > REFUSAL_MS ? plan.fetch : null;
    if (!plan.drop.length && !fetching) {
      return;
    }
    busy = true;
    const done = plan.drop.length ? drop(plan.drop[0]) : fetchPiece(/** @type {string} */ (fetching));
    done.then(() => {
      backoff.reset();
      return 0;
    }, (error) => {
      if (error && error.name === 'QuotaExceededError') {
        makeRoom();
      } else if (error && error.name === 'DataCloneError') {
        unfit = true;
      }
      return backoff.next();
    }).then((wait_ms) => {
      busy = false;
      timer = window.setTimeout(work, wait_ms);
    });
  }

  /** The browser has less room than it said, or than was thought. */
  function makeRoom() {
    let there = 0;
    files.forEach((file) => (there += Math.min(file.bytes, file.pieces * PIECE_BYTES)));
    budget_bytes = there * BUDGET_AFTER_REFUSAL;
    refused_ms = performance.now();
  }

  /** @param {string} url */
  function fetchPiece(url) {
    const known = wanted.filter((file) => file.url === url)[0];
    const file = files.get(url)
      || { url, type: known.type, bytes: known.bytes, pieces: 0, whole: false, used_ms: now() };
    const from = file.pieces * PIECE_BYTES;
    const headers = { Range: `bytes=${from}-${from + PIECE_BYTES - 1}` };
    return ask('GET', url, { blob: true, headers }).then((response) => {
      const piece = response.blob;
      // The box knows best how long it is.
      const range = response.status === 206 ? /^bytes (\d+)-\d+\/(\d+)$/.exec(response.header('Content-Range') || '') : null;
      const whole = response.status === 200 && from === 0;
      if (!piece || !piece.size || !(whole || (range && Number(range[1]) === from))) {
        missing.set(url, performance.now() + MISSING_MS);
        return undefined;
      }
      const bytes = range ? Number(range[2]) : piece.size;
      const next = Object.assign({}, file, { bytes, pieces: file.pieces + 1, whole: from + piece.size >= bytes });
      return storage.putBoth(['pieces', piece, [url, file.pieces]], ['files', next]).then(() => files.set(url, next));
    });
  }

  /**
   * Where an item is played from: from here if all of it is, else from the box.
   * @param {TvItem} item
   * @returns {Promise<{url: string, kept: boolean, release: () => void}>}
   */
  function open(item) {
    const url = item.src || '';
    const file = files.get(url);
    const remote = { url, kept: false, release: () => undefined };
    if (!file || !file.whole) {
      return Promise.resolve(remote);
    }
    file.used_ms = now();
    storage.put('files', file).catch(() => undefined);
    const known = addresses.get(url);
    if (known) {
      return Promise.resolve(lend(url, known));
    }
    let late = false;
    const found = Promise.all(piecesOf(url, file.pieces).map((key) => storage.get('pieces', key))).then((pieces) => {
      const blob = new Blob(pieces, { type: file.type });
      if (blob.size !== file.bytes) {
        throw new Error('a piece is missing');
      }
      // Another one may have been quicker.
      const lent = lend(url, addresses.get(url) || { address: URL.createObjectURL(blob), users: 0, over: false });
      if (late) {
        lent.release();
      }
      return lent;
    }).catch(() => {
      drop(url).catch(() => undefined);
      return remote;
    });
    const timeout = pauseFor(FOUND_MS_MAX).then(() => {
      late = true;
      return remote;
    });
    return Promise.race([found, timeout]);
  }

  return {
    start,
    open,
    /** What is kept of it does not play. @param {string} url */
    damaged: (url) => drop(url).catch(() => undefined).then(work),
    /** @param {{url: string, type: string, bytes: number}[]} now the one needed first is first */
    want(now) {
      wanted = now;
      work();
    },
    /** @param {string|null} url */
    has(url) {
      const file = url ? files.get(url) : undefined;
      return Boolean(file && file.whole);
    },
    /** All that is wanted and has room is here. */
    complete: () => planFiles(Array.from(files.values()), wanted, budget_bytes).fetch === null,
  };
}
