// What the API sends of the signage. Types only.

/**
 * What is shown while nothing is scheduled.
 * @typedef {Object} Idle
 * @property {'splash'|'dark'|'playlist'|'asset'} show
 * @property {number|null} [id] of the playlist or the asset
 */

/**
 * @typedef {Object} TvScreen
 * @property {number} id
 * @property {string} name
 * @property {string} code four letters that the screen shows when it is asked to
 * @property {'web'|'hdmi'} kind
 * @property {string|null} connector
 * @property {number|null} group
 * @property {Idle|null} idle while nothing is scheduled; null: as all screens
 * @property {boolean} active heard within the last 60 s
 * @property {string|null} last_seen RFC 3339
 * @property {string|null} since when what it shows began
 * @property {string|null} playing name of the item
 * @property {'play'|'splash'|'standby'|'message'|null} state
 * @property {string|null} browser
 * @property {number} width
 * @property {number} height
 * @property {number} dropped_frames
 * @property {number|null} offset_ms
 * @property {number|null} late_ms how late what it showed was at most, since its report before
 * @property {string|null} problem what it leaves out, since it can't play it
 * @property {string|null} address
 * @property {string|null} screenshot
 * @property {string|null} screenshot_at RFC 3339
 * @property {'on'|'standby'|null} power what the TV at an HDMI port says it is
 */

/** @typedef {{id: number, name: string, screens: number[]}} Group */

/**
 * @typedef {Object} PlaylistItem
 * @property {'asset'|'tag'|'live'} kind
 * @property {number|null} asset
 * @property {'all'|number[]|null} pages of a document
 * @property {string|null} tag
 * @property {string|null} source
 * @property {number|null} duration_ms of slides and live pictures; null: as the playlist has it
 * @property {number|null} from_ms the part of a video that is played
 * @property {number|null} until_ms
 * @property {'contain'|'cover'} fit
 * @property {boolean} sound
 * @property {boolean} until_no_signal
 */

/**
 * @typedef {Object} Playlist
 * @property {number} id
 * @property {string} name
 * @property {boolean} shuffle
 * @property {'cut'|'fade'} transition
 * @property {number} slide_ms
 * @property {PlaylistItem[]} items
 * @property {number} total_ms
 * @property {{item: number, reason: string}[]} problems
 */

/** @typedef {'mon'|'tue'|'wed'|'thu'|'fri'|'sat'|'sun'} Day */

/**
 * When something plays, and where.
 * @typedef {Object} TimeWindow
 * @property {number} id
 * @property {number|null} playlist null: standby
 * @property {number[]} screens
 * @property {number[]} groups
 * @property {boolean} everywhere
 * @property {Day[]} days
 * @property {string} from HH:MM
 * @property {string} until HH:MM, 24:00 too; not after `from`: on the next day
 * @property {string|null} first date
 * @property {string|null} last
 * @property {number} priority 0 to 9
 */

/** @typedef {{from: string, until: string, window: number|null, playlist: number|null, name: string}} WeekSegment */

/**
 * What a screen plays at a moment.
 * @typedef {Object} Moment
 * @property {string} at
 * @property {'play'|'splash'|'standby'} state
 * @property {number|null} playlist
 * @property {string} name
 * @property {number|null} window
 * @property {{name: string}|null} item
 * @property {number|null} position_ms
 * @property {string|null} until
 */

/**
 * What is shown over everything.
 * @typedef {Object} Message
 * @property {string|null} text
 * @property {string} letters_missing of the text, those that a TV at the box's ports can't show
 * @property {number|null} playlist
 * @property {number[]|null} screens both null: all screens
 * @property {number[]|null} groups
 * @property {string|null} until
 */

/**
 * A message as it is asked for.
 * @typedef {Object} Draft
 * @property {string|null} text
 * @property {number|null} playlist
 * @property {number[]|null} screens both null: all screens
 * @property {number[]|null} groups
 * @property {number|null} minutes null: until it is taken back
 */

/** @typedef {Draft & {id: number, name: string}} Template */

export {};
