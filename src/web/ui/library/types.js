// What the API sends of the library. Types only.

/** @typedef {'video'|'slide'|'sound'} Kind */

/**
 * One asset as lists have it.
 * @typedef {Object} Asset
 * @property {number} id
 * @property {Kind} kind
 * @property {string} name
 * @property {string} added RFC 3339
 * @property {string} taken by the clock of the camera, as if it were UTC; where that is unknown, when it was added
 * @property {string|null} binned
 * @property {number} duration_ms
 * @property {number} width
 * @property {number} height
 * @property {boolean} favorite
 * @property {number} rating 0: none
 * @property {number} views
 * @property {string|null} last_watched
 * @property {number} position_ms
 * @property {number|null} resume_ms
 * @property {string|null} thumbnail
 * @property {{url: string, frames: number}|null} preview
 * @property {string[]} tags
 * @property {'done'|'waiting'|'running'|'failed'} work
 */

/** @typedef {{url: string, ext: string, bytes: number}} StoredFile */

/**
 * @typedef {Object} Job
 * @property {'probe'|'pages'|'thumbnail'|'preview'|'subtitles'|'convert'} step
 * @property {'waiting'|'running'|'done'|'failed'|'cancelled'} state
 * @property {number|null} progress 0 to 1
 * @property {string} problem empty: none
 * @property {string} advice
 * @property {{code: string, detail: string}[]} causes the problem by its codes; empty if it has none
 */

/**
 * One asset with all that is known of it.
 * @typedef {Object} AssetDetails
 * @property {string} file_name
 * @property {StoredFile} original
 * @property {StoredFile|null} converted
 * @property {string|null} play what a browser plays
 * @property {string} container
 * @property {string} video_codec
 * @property {string} audio_codec
 * @property {number} rotation
 * @property {number} frames_per_s
 * @property {number} bitrate_bps
 * @property {{hdmi: boolean, browser: boolean, old_tv: boolean}|null} plays
 * @property {{number: number, url: string, width: number, height: number}[]} pages
 * @property {{number: number, language: string, label: string, url: string}[]} subtitles
 * @property {Job[]} jobs
 */

/** @typedef {Asset & AssetDetails} FullAsset */

/** @typedef {{name: string, assets: number}} Tag */

/**
 * @typedef {Object} Change
 * @property {string} [name]
 * @property {boolean} [favorite]
 * @property {number} [rating]
 * @property {string[]} [add_tags]
 * @property {string[]} [remove_tags]
 */

/**
 * What many things are done to.
 * @typedef {Object} Chosen
 * @property {Asset[]} assets those of them that are shown
 * @property {boolean} everything all that the query selects are meant, also those that are not shown
 * @property {number[]} except but these
 * @property {string} query as lists have it
 */

/** @typedef {{asset: number, name: string, step: Job['step'], progress: number|null, seconds_left: number|null}} Running */

/**
 * @typedef {Object} LibraryState
 * @property {boolean} ok
 * @property {string|null} problem
 * @property {boolean} damaged it can begin anew (settings/damaged.js)
 * @property {string[]} set_aside damaged databases that are kept
 * @property {boolean} read_only the disk can not be written: nothing can be changed
 * @property {{videos: number, slides: number, sounds: number, favorites: number, bin: number}} totals
 * @property {number} bin_days how long something stays in the bin; 0: until somebody empties it
 * @property {{free_bytes: number, total_bytes: number, kept_bytes: number}|null} disk
 * @property {{waiting: number, running: Running[]}} work
 * @property {number} generation rises with every change
 */

export {};
