// What every transport hands to the player: one attempt to show a source, from its opening to its end.

/**
 * @typedef {import('../types.js').Ending} Ending
 * @typedef {import('../types.js').EndKind} EndKind
 * @typedef {import('../types.js').Figures} Figures
 */

/**
 * @typedef {Object} Session
 * @property {import('../types.js').TransportName} name
 * @property {HTMLVideoElement|HTMLCanvasElement} view keeps its last picture after the end
 * @property {boolean} over
 * @property {boolean} connected set by the transport: the server is on the other side, pictures are only waited for
 * @property {Promise<void>} shown resolves with the first picture
 * @property {Promise<Ending>} ended resolves once
 * @property {() => void} show told by the transport: the first picture is there
 * @property {(kind: EndKind, detail?: string) => void} end frees everything; only the first call counts
 * @property {(free: () => void) => void} atEnd what `end` has to free, last one first
 * @property {() => number} frames pictures so far; cheap, for the watchdog
 * @property {() => Promise<Figures>} figures
 * @property {() => void} catchUp goes to the live edge, if it is behind
 */

/**
 * @param {import('../types.js').TransportName} name
 * @param {HTMLVideoElement|HTMLCanvasElement} view
 * @returns {Session}
 */
export function createSession(name, view) {
  /** @type {(() => void)[]} */
  const toFree = [];
  /** @type {() => void} */
  let resolveShown = () => undefined;
  /** @type {(ending: Ending) => void} */
  let resolveEnded = () => undefined;

  /** @type {Session} */
  const session = {
    name,
    view,
    over: false,
    connected: false,
    shown: new Promise((resolve) => (resolveShown = resolve)),
    ended: new Promise((resolve) => (resolveEnded = resolve)),
    show: () => resolveShown(),
    end(kind, detail) {
      if (session.over) {
        return;
      }
      session.over = true;
      while (toFree.length) {
        const free = /** @type {() => void} */ (toFree.pop());
        free();
      }
      resolveEnded({ kind, detail: detail || '' });
    },
    atEnd(free) {
      if (session.over) {
        free();
      } else {
        toFree.push(free);
      }
    },
    frames: () => 0,
    figures: () => Promise.resolve({ framesDecoded: 0, framesDropped: 0, width: 0, height: 0, latency_s: null }),
    catchUp: () => undefined,
  };
  return session;
}

/** An error that says how the session ends. */
export class EndError extends Error {
  /**
   * @param {EndKind} kind
   * @param {string} detail
   */
  constructor(kind, detail) {
    super(detail);
    this.kind = kind;
  }
}

/**
 * Runs what a session does in the background; whatever it throws ends the session.
 * @param {Session} session
 * @param {() => Promise<void>} work
 */
export function drive(session, work) {
  work().catch((error) => {
    session.end(error instanceof EndError ? error.kind : 'refused', String(error && error.message || error));
  });
}

/**
 * `fetch` whose failures say how the session ends.
 * @param {string} url
 * @param {RequestInit} options
 * @returns {Promise<Response>} of status 200, 201, 206 or 304
 */
export async function fetchOrEnd(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    throw new EndError('unreachable', String(error));
  }
  if (response.status === 404) {
    throw new EndError('unknown', url);
  }
  if (response.status === 401) {
    throw new EndError('login', url);
  }
  if (!response.ok && response.status !== 304) {
    throw new EndError('refused', `${url}: ${response.status}`);
  }
  return response;
}
