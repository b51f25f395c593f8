// A playlist that somebody wants to see as a TV shows it, `/tv?playlist=3`: what the box is to the player then. This is no
// screen: nothing of it is kept, counted or told.

/** Its id, if this page is a preview. */
function previewedPlaylist() {
  const found = /[?&]playlist=(\d{1,15})(?:&|$)/.exec(location.search);
  return found ? found[1] : null;
}

/**
 * @param {string} playlist
 * @param {ReturnType<typeof createClock>} clock
 * @param {(answer: TvAnswer) => void} take
 * @returns {TvRemote}
 */
function createPreview(playlist, clock, take) {
  /** It begins now, and stays where it is when it is asked for again. */
  let since_ms = 0;

  /** @returns {Promise<void>} */
  function poll() {
    return askJson('GET', `/api/playlists/${playlist}/preview?since=${since_ms}`).then((now) => {
      if (isAnswer(now)) {
        take(inFull(now));
      }
    }).catch(() => undefined); // Asked again soon; what is on goes on.
  }

  return {
    start() {
      return measureClock(clock, CLOCK_ASKED_FIRST).then(() => {
        since_ms = Math.round(clock.now());
        window.setInterval(poll, PLAYLIST_MS);
        return poll();
      });
    },
    poll,
    report: () => undefined,
    wake: () => undefined,
    sendPlays: (plays) => Promise.resolve(/** @type {number} */ (plays[plays.length - 1].number)),
    isAway: () => false,
    isRefused: () => false,
  };
}
