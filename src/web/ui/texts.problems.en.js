// The English texts of what is wrong, by the codes of the API. German is in texts.problems.de.js, with the same keys.

/** @param {number} count @param {string} one @param {string} many */
const plural = (count, one, many) => (count === 1 ? one : many);

export const problemsEnglish = {
  none: 'All well',
  gone: "Can't be reached",
  unknown: 'Not known',
  count: (/** @type {number} */ count) => plural(count, '1 problem', `${count} problems`),
  show: (/** @type {string} */ count) => `${count}: show what is wrong`,
  since: (/** @type {string} */ time) => `since ${time}`,
  more: (/** @type {number} */ count) => plural(count, 'and 1 more', `and ${count} more`),
  wasSo: "Marquee can't be reached at the moment. This is what was known last.",
  /** Where it is mended, by the beginning of the address. */
  links: /** @type {[string, string][]} */ ([
    ['/#', 'Go to the source'],
    ['/screens', 'Go to the screen'],
    ['/playlists/', 'Open the playlist'],
    ['/library/', 'Open the file'],
    ['/bin', 'Open the bin'],
    ['/settings', 'Open the settings'],
  ]),
  /** What is wrong, with the subject's name or how much is free; and what to do. */
  codes: /** @type {Record<string, {what: (name: string) => string, cure: string}>} */ ({
    part_stuck: { what: (name) => `A part of Marquee does not answer: ${name}`, cure: 'Wait a minute; then switch the box off and on again.' },
    power_supply: { what: () => 'The power supply gives too little voltage', cure: 'Use one with 5.1 V and 3 A, and a short cable.' },
    heat: { what: () => 'The box is too hot and slowed down', cure: 'Give it more air, or a heat sink.' },
    data_in_memory: { what: () => 'There is no disk: nothing is kept', cure: 'Replace the card, then restore a backup. Until then everything is lost when the box is switched off.' },
    data_remade: { what: () => 'The disk was damaged and is empty now', cure: 'Restore a backup. Replace the card soon: it may be worn out.' },
    library_gone: { what: () => "The library's folder has vanished", cure: 'Connect its disk again.' },
    library_damaged: { what: () => "The library's database is damaged", cure: 'Restore a backup, rescue what can be read, or start with an empty library.' },
    library_newer: { what: () => 'The library was made by a newer Marquee', cure: 'Install that version again, or restore a backup.' },
    library_missing: { what: () => "The library can't be opened", cure: 'Check the disk and the rights of its folder. The log has the details.' },
    library_read_only: { what: () => 'The disk can only be read', cure: 'Download a backup, then replace the card.' },
    disk_full: { what: (free) => `The disk is full: ${free} free, and uploads are refused`, cure: 'Move what you no longer need to the bin, then empty it.' },
    disk_low: { what: (free) => `The disk is nearly full: ${free} free`, cure: 'Move what you no longer need to the bin, then empty it.' },
    settings_wrong: { what: () => 'The settings file has mistakes', cure: 'Correct marquee.toml. Until then the last good settings are in use.' },
    clock_unset: { what: () => 'The clock is not set', cure: 'Connect the box to the internet, or name a time server in marquee.toml. Until then the schedule may be wrong.' },
    webrtc_port_busy: { what: () => 'Another program uses the port of WebRTC', cure: 'End it, or set another webrtc_port in marquee.toml. Until then pictures come with more delay.' },
    webrtc_missing: { what: () => 'WebRTC does not run', cure: 'Pictures come with more delay. Marquee keeps trying; the log has the details.' },
    screen_off: { what: (name) => `${name} is off`, cure: 'Something is scheduled for it now: check its power, cable and network.' },
    screen_leaves_out: { what: (name) => `${name} can't play everything`, cure: 'Convert the file in the library, or take it off the playlist.' },
    playlist_empty: { what: (name) => `Nothing of “${name}” can be played`, cure: 'It is scheduled now: add something that plays, or take it off the schedule.' },
    file_failed: { what: (name) => `“${name}” can't be played`, cure: 'Upload it in another format, or move it to the bin.' },
  }),
  sourceLost: (/** @type {string} */ name, /** @type {string} */ cause) => `${name}: ${cause}`,
  /** A newer server knows more than this page. */
  other: { what: 'Something is wrong', cure: 'Reload this page.' },
  /** Why a source has no picture, and what to do. */
  causes: /** @type {Record<string, {text: string, cure: string}>} */ ({
    no_device: { text: 'no device', cure: 'Plug the capture card in, or correct its name in marquee.toml.' },
    no_cable: { text: 'no cable', cure: 'Plug an HDMI cable into the capture card and the player, and switch the player on.' },
    no_signal: { text: 'no signal', cure: 'Switch the player or console on, and select its HDMI output.' },
    no_lock: { text: 'no stable signal', cure: 'Plug the HDMI cable in again at both ends, or take a shorter or better one.' },
    out_of_range: { text: 'signal out of range', cure: 'Set the player or console to 1080p, 60 Hz or less.' },
    bad_signal: { text: "signal can't be used", cure: 'Set the player or console to another picture size, without copy protection.' },
    unauthorized: { text: 'wrong user or password', cure: 'Correct user and password of this camera in marquee.toml.' },
    refused: { text: 'the camera refuses', cure: 'It may have as many viewers as it can serve: close one, or restart the camera.' },
    certificate: { text: 'certificate not trusted', cure: "If it is your camera, put its certificate's SHA-256 as tls_fingerprint into marquee.toml." },
    not_answering: { text: 'the camera does not answer', cure: "Check the camera's power, its network cable and its address." },
    not_video: { text: 'not a video stream', cure: "Check the camera's address: the path behind the host name selects the stream." },
    no_picture: { text: 'no picture arrives', cure: 'The connection stands but no picture comes. Restart the camera if it stays so.' },
    no_key_frame: { text: 'waiting for a key frame', cure: "Set the camera's key frame interval to 2 s." },
    busy: { text: 'the device is in use', cure: 'Close the other program that uses this device.' },
    failed: { text: 'no picture', cure: 'Marquee keeps trying. The log has the details.' },
  }),
};
