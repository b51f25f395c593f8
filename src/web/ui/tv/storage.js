// What the TV remembers: in IndexedDB, or, where that is refused, in memory until it is switched off.

const DATABASE = `marquee-tv${BASE_PATH}`;
/** A database that another tab holds, or a worn-out disk does not answer: the TV plays without it. */
const OPEN_MS_MAX = 6000;
/** A piece of a file takes some seconds on a slow one. What takes longer than this is given up, and all is opened anew. */
const WRITTEN_MS_MAX = 60000;

/**
 * - `state`: the screen's key, the last playlist, by name
 * - `files`: what is known of each file of the library, by its address
 * - `pieces`: what is in them, by address and number
 * - `plays`: what was shown and not told yet, by a number that only ever rises
 * @param {IDBDatabase} database
 */
function makeStores(database) {
  database.createObjectStore('state');
  database.createObjectStore('files', { keyPath: 'url' });
  database.createObjectStore('pieces');
  database.createObjectStore('plays', { keyPath: 'number', autoIncrement: true });
}

/** @returns {Promise<IDBDatabase>} */
function openDatabase() {
  return new Promise((resolve, reject) => {
    const request = window.indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => makeStores(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    window.setTimeout(() => reject(new Error('the storage does not answer')), OPEN_MS_MAX);
  });
}

/**
 * Never rejects: there is always somewhere to write to.
 * @returns {Promise<TvStorage>}
 */
function openStorage() {
  return new Promise((resolve) => resolve(openDatabase()))
    .then((database) => createStorage(/** @type {IDBDatabase} */ (database)))
    .catch(() => createMemory());
}

/**
 * What `getAll` does, for engines from before it.
 * @param {IDBObjectStore} store
 * @param {number} count_max
 * @param {(cursor: IDBCursorWithValue) => any} take
 * @returns {any} like a request: its `result` is whole when the transaction is
 */
function collect(store, count_max, take) {
  /** @type {{result: any[]}} */
  const found = { result: [] };
  const request = store.openCursor();
  request.onsuccess = () => {
    const cursor = request.result;
    if (cursor && found.result.length < count_max) {
      found.result.push(take(cursor));
      cursor.continue();
    }
  };
  return found;
}

/** @param {IDBObjectStore} store @param {number} count_max @returns {IDBRequest} */
function allOf(store, count_max) {
  return store.getAll ? store.getAll(undefined, count_max) : collect(store, count_max, (cursor) => cursor.value);
}

/** @param {IDBObjectStore} store @returns {IDBRequest} */
function keysOf(store) {
  return store.getAllKeys ? store.getAllKeys() : collect(store, Infinity, (cursor) => cursor.key);
}

/**
 * @param {IDBDatabase} first
 * @returns {TvStorage}
 */
function createStorage(first) {
  /** @type {IDBDatabase|null} */
  let database = null;

  /** @param {IDBDatabase} now */
  function take(now) {
    database = now;
    // Another page wants a newer shape, or the browser made room: it is opened again when it is needed.
    now.onversionchange = () => {
      now.close();
      database = null;
    };
    now.addEventListener('close', () => (database = null));
  }

  /**
   * @param {string[]} stores
   * @param {'readonly'|'readwrite'} mode
   * @param {(transaction: IDBTransaction) => IDBRequest|null} act
   * @returns {Promise<any>} what the request answered, once all of it is written
   */
  function run(stores, mode, act) {
    const ready = database ? Promise.resolve(database) : openDatabase().then((now) => {
      take(now);
      return now;
    });
    return ready.then((now) => new Promise((resolve, reject) => {
      let transaction;
      try {
        transaction = now.transaction(stores, mode);
      } catch (error) {
        database = null; // It was closed behind our back.
        throw error;
      }
      const request = act(transaction);
      const late = window.setTimeout(() => {
        database = null;
        reject(new Error('the storage does not answer'));
      }, WRITTEN_MS_MAX);
      transaction.oncomplete = () => {
        window.clearTimeout(late);
        resolve(request ? request.result : undefined);
      };
      transaction.onabort = () => {
        window.clearTimeout(late);
        reject(transaction.error || new Error('nothing was written'));
      };
      transaction.onerror = () => reject(transaction.error || (request && request.error));
    }));
  }

  take(first);
  return {
    lasting: true,
    get: (store, key) => run([store], 'readonly', (all) => all.objectStore(store).get(key)),
    all: (store, count_max) => run([store], 'readonly', (all) => allOf(all.objectStore(store), count_max)),
    keys: (store) => run([store], 'readonly', (all) => keysOf(all.objectStore(store))),
    put: (store, value, key) => run([store], 'readwrite', (all) => all.objectStore(store).put(value, key)),
    putBoth: (one, other) => run([one[0], other[0]], 'readwrite', (all) => {
      all.objectStore(one[0]).put(one[1], one[2]);
      return all.objectStore(other[0]).put(other[1], other[2]);
    }),
    remove: (store, keys) => run([store], 'readwrite', (all) => {
      keys.forEach((key) => all.objectStore(store).delete(key));
      return null;
    }),
  };
}

/**
 * The same in memory. Files are not kept in it: they are as large as the memory of a TV.
 * @returns {TvStorage}
 */
function createMemory() {
  /** @type {Map<string, Map<any, any>>} */
  const stores = new Map();
  let number = 0;

  /** @param {string} name */
  function store(name) {
    const found = stores.get(name) || new Map();
    stores.set(name, found);
    return found;
  }

  /** @param {string} name @param {any} value @param {any} [key] */
  function write(name, value, key) {
    let place = key;
    if (name === 'plays') {
      place = value.number || (number += 1);
      value = Object.assign({}, value, { number: place });
    } else if (name === 'files') {
      place = value.url;
    }
    store(name).set(place, value);
    return place;
  }

  return {
    lasting: false,
    get: (name, key) => Promise.resolve(store(name).get(key)),
    all: (name, count_max) => Promise.resolve(Array.from(store(name).values()).slice(0, count_max)),
    keys: (name) => Promise.resolve(Array.from(store(name).keys())),
    put: (name, value, key) => Promise.resolve(write(name, value, key)),
    putBoth(one, other) {
      write(one[0], one[1], one[2]);
      return Promise.resolve(write(other[0], other[1], other[2]));
    },
    remove(name, keys) {
      keys.forEach((key) => store(name).delete(key));
      return Promise.resolve();
    },
  };
}
