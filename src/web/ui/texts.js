// Every text a person reads, in one place. Functions where a figure or name goes into it.

export const texts = {
  product: 'Marquee',
  skip: 'Skip to content',
  gone: "Marquee can't be reached, trying again",
  /** @param {number} status */
  answered: (status) => `The server answered with an error (${status}).`,

  nav: { label: 'Pages', live: 'Live', more: 'More', close: 'Close' },
  theme: { label: 'Colours', light: 'Light', dark: 'Dark', auto: 'As the system' },
  health: {
    ok: 'All well',
    unknown: 'Not known',
    bad: (/** @type {string[]} */ parts) => `Trouble: ${parts.join(', ')}`,
    config: 'Settings file has errors',
  },

  state: { idle: 'Idle', starting: 'Starting', live: 'Live', lost: 'Lost' },
  /** @param {string} cause @param {string} time */
  lostSince: (cause, time) => `${cause} since ${time}`,
  idleAdvice: 'Opened as soon as somebody watches.',
  /** @param {number} count */
  viewers: (count) => (count === 1 ? '1 viewer' : `${count} viewers`),
  /** @param {number} height @param {number} fps */
  size: (height, fps) => `${height}p${fps ? Math.round(fps) : ''}`,
  /** @param {number} bits_per_s */
  bitrate: (bits_per_s) =>
    bits_per_s >= 1e6 ? `${(bits_per_s / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits_per_s / 1e3)} kbit/s`,
  tryNow: 'Try now',
  /** @param {string} name */
  tryNowLabel: (name) => `Try now: ${name}`,

  live: {
    title: 'Live',
    documentTitle: 'Live · Marquee',
    loading: 'Loading the sources',
    /** @param {{live: number, lost: number, idle: number}} count */
    summary: (count) => {
      const parts = [`${count.live} live`];
      if (count.lost) {
        parts.push(`${count.lost} lost`);
      }
      if (count.idle) {
        parts.push(`${count.idle} idle`);
      }
      return parts.join(' · ');
    },
    emptyTitle: 'No sources yet',
    empty: 'Every camera and capture card gets its live picture here. Add one to marquee.toml; it is taken over at once.',
    emptySample: '[[camera]]\nid = "door"\nname = "Front door"\nurl = "rtsp://192.168.1.20/stream"\n',
    emptySampleLabel: 'Example for marquee.toml',
    emptyAction: 'Copy example',
    copied: 'Copied',
    failedTitle: "The sources can't be shown",
    failedAction: 'Try again',
    /** @param {string} name */
    open: (name) => `Watch ${name}`,
  },

  player: {
    /** @param {string} name */
    documentTitle: (name) => `${name} · Marquee`,
    back: 'Back to Live',
    connecting: 'Connecting…',
    broken: 'The picture stopped. Trying again.',
    unreachable: "Marquee can't be reached. Trying again.",
    /** @param {string} transport */
    noPicture: (transport) => `No picture by ${transport}. Trying again.`,
    unsupported: (/** @type {string} */ transport) => `This browser can't play ${transport}. Choose another way.`,
    unknownTitle: (/** @type {string} */ id) => `There is no source “${id}”`,
    unknown: 'It may have been renamed or taken out of marquee.toml.',
    soundOn: 'Sound on',
    soundOff: 'Sound off',
    soundNone: 'No sound',
    volume: 'Volume',
    fullscreen: 'Full screen',
    fullscreenLeave: 'Leave full screen',
    snapshot: 'Save a snapshot',
    snapshotSaved: 'Snapshot saved',
    /** @param {string} reason */
    snapshotFailed: (reason) => `No snapshot: ${reason}`,
    pip: 'Picture in picture',
    help: 'Keys',
    helpTitle: 'Keys',
    controls: 'Controls',
    transportLabel: 'Way of playing',
    /** @param {string} text what the button shows */
    transportButton: (text) => `Way of playing: ${text}`,
    transports: {
      auto: { name: 'Automatic', about: 'The fastest that works here' },
      webrtc: { name: 'WebRTC', about: 'Least delay, with sound' },
      mse: { name: 'MSE', about: 'Through the web connection, with sound' },
      mjpeg: { name: 'MJPEG', about: 'A stream of pictures, no sound' },
      poll: { name: 'Single pictures', about: 'One after another, for slow links' },
    },
    /** @param {number} seconds */
    latency: (seconds) => (seconds < 0.05 ? '< 0.1 s' : `${seconds.toFixed(1)} s`),
    keys: /** @type {[string, string][]} */ ([
      ['F', 'Full screen'],
      ['M', 'Sound on or off'],
      ['↑ ↓', 'Louder, quieter'],
      ['S', 'Save a snapshot'],
      ['P', 'Picture in picture'],
      ['T', 'Choose the way of playing'],
      ['?', 'Show these keys'],
      ['Esc', 'Close, or back to Live'],
    ]),
  },
};
