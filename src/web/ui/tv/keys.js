// Remote controls: what their keys are called differs from TV to TV.

/** @type {Object<string, string>} action by `KeyboardEvent.key` */
const KEY_ACTIONS = {
  ArrowRight: 'next', MediaTrackNext: 'next', MediaFastForward: 'next', ChannelUp: 'next', PageDown: 'next',
  ArrowLeft: 'previous', MediaTrackPrevious: 'previous', MediaRewind: 'previous', ChannelDown: 'previous', PageUp: 'previous',
  ' ': 'pause', MediaPlayPause: 'pause', MediaPause: 'pause', MediaPlay: 'pause', Pause: 'pause',
  ArrowUp: 'louder', '+': 'louder', AudioVolumeUp: 'louder', VolumeUp: 'louder',
  ArrowDown: 'quieter', '-': 'quieter', AudioVolumeDown: 'quieter', VolumeDown: 'quieter',
  m: 'mute', AudioVolumeMute: 'mute', VolumeMute: 'mute',
  Enter: 'code', Select: 'code', f: 'full',
};

/** @type {Object<number, string>} action by `keyCode`, for engines whose `key` is empty or made up: Tizen, webOS, HbbTV */
const KEY_CODES = {
  417: 'next', 425: 'next', 427: 'next', 33: 'previous', 34: 'next', 412: 'previous', 424: 'previous', 428: 'previous',
  415: 'pause', 19: 'pause', 413: 'pause', 10252: 'pause', 447: 'louder', 448: 'quieter', 449: 'mute',
};

/**
 * @param {Object<string, () => void>} actions
 * @param {() => void} any called with every key: a browser gives sound from then on
 */
function followKeys(actions, any) {
  document.addEventListener('keydown', (event) => {
    any();
    const name = event.ctrlKey || event.altKey || event.metaKey ? '' : KEY_ACTIONS[event.key] || KEY_CODES[event.keyCode];
    if (name && actions[name]) {
      event.preventDefault();
      actions[name]();
    }
  });
  document.addEventListener('click', any);
}
