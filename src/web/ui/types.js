// What the API sends, and what the parts of the player hand each other. Types only.

/**
 * @typedef {Object} Cause
 * @property {string} code
 * @property {string} text
 * @property {string} advice
 * @property {string} detail
 */

/**
 * @typedef {Object} Source
 * @property {string} id
 * @property {string} name
 * @property {'test'|'camera'|'capture'} kind
 * @property {string|null} address of a camera: host and port
 * @property {'idle'|'starting'|'live'|'lost'} state
 * @property {Cause|null} cause
 * @property {string} since RFC 3339; without a picture: when the outage began
 * @property {string|null} next_try RFC 3339: when it is tried again by itself
 * @property {boolean} private only for those who are logged in, and for screens that play it
 * @property {{codec: string, width: number, height: number, fps: number}|null} input
 * @property {{codec: string, width: number, height: number, fps: number, bitrate_bps: number, encoder: string}|null} video null while no picture is encoded
 * @property {{codec: string, channels: number, bitrate_bps: number}|null} audio null while no sound is encoded
 * @property {{whep: number, mse: number, mjpeg: number, jpeg: number, total: number}} viewers
 */

/**
 * Something that is wrong, for people.
 * @typedef {Object} Problem
 * @property {string} code
 * @property {{kind: 'source'|'screen'|'playlist'|'asset'|'part', id: string, name: string}|null} subject
 * @property {string|null} cause of a source
 * @property {string} detail
 * @property {number|null} free_bytes of a disk that is full or nearly so
 * @property {number|null} kept_bytes of it; with less, uploads are refused
 * @property {string} since RFC 3339
 * @property {string|null} page where it is mended
 */

/**
 * @typedef {Object} Status
 * @property {string} name
 * @property {string} version
 * @property {string} time RFC 3339, in the box's zone
 * @property {string} time_zone IANA name
 * @property {{ok: boolean, problems: {part: string, problem: string}[]}} health
 * @property {Problem[]} problems empty: all is well
 * @property {number} problems_total also of those that are not listed
 * @property {{file: string|null, ok: boolean, errors: string[], errors_de: string[]}} config
 * @property {{model: string|null, temperature_c: number|null, under_voltage: boolean|null, throttled: string[]|null}} board
 * @property {{state: 'ok'|'new'|'repaired'|'remade'|'memory', text: string}|null} data null where there is no data partition of ours
 */

/** @typedef {'webrtc'|'mse'|'mjpeg'|'jpeg'} TransportName */

/**
 * Why a session ended.
 * - `unreachable`: no connection to the server at all; another transport would not help.
 * - `unknown`: the server has no such source.
 * - `login`: the source is private, and nobody is logged in here.
 * - `unsupported`: this browser can't play what the transport brings; not tried again.
 * - `refused`: the server said no, or the answer made no sense.
 * - `late`: no first picture in time.
 * - `stalled`: pictures stopped.
 * - `closed`: the other side closed it.
 * - `replaced`: closed by the player itself.
 * @typedef {'unreachable'|'unknown'|'login'|'unsupported'|'refused'|'late'|'stalled'|'closed'|'replaced'} EndKind
 */

/** @typedef {{kind: EndKind, detail: string}} Ending */

/**
 * Figures of the session that is shown, counted from its start.
 * @typedef {Object} Figures
 * @property {number} framesDecoded
 * @property {number} framesDropped
 * @property {number} width
 * @property {number} height
 * @property {number|null} latency_s between the server and the eye, as far as this side can know it
 */

/** @typedef {Figures & {transport: TransportName|null, state: string, time_ms: number}} PlayerFigures */

/**
 * What a transport is opened with.
 * @typedef {Object} OpenOptions
 * @property {string} path of the source, such as `/live/door`
 * @property {boolean} sound wanted at all; a tile never wants it
 * @property {number} interval_ms_min between two single pictures
 */

export {};
