// Keeps the TV awake where nothing moves: a plain page on a LAN has no wake lock, but no screen saver comes while a video
// plays. It is 32 by 32 black pixels behind everything else, two frames of H.264 that are looped.

const AWAKE_MP4 = [
  'AAAAGGZ0eXBpc29tAAACAGlzb21hdmMxAAACe21vb3YAAABsbXZoZAAAAAAAAAAAAAAAAAAAAAEAAAAEAAEAAAEAAAAAAAAAAAAAAAABAAAA',
  'AAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAIAAAIHdHJhawAAAFx0a2hkAAAAAwAA',
  'AAAAAAAAAAAAAQAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAQAAAAAAAAAAAAAAAAAAQAAAAAAgAAAAIAAAAAAB',
  'o21kaWEAAAAgbWRoZAAAAAAAAAAAAAAAAAAAAAEAAAAEVcQAAAAAACFoZGxyAAAAAAAAAAB2aWRlAAAAAAAAAAAAAAAAAAAAAVptaW5mAAAA',
  'FHZtaGQAAAABAAAAAAAAAAAAAAAkZGluZgAAABxkcmVmAAAAAAAAAAEAAAAMdXJsIAAAAAEAAAEac3RibAAAAJpzdHNkAAAAAAAAAAEAAACK',
  'YXZjMQAAAAAAAAABAAAAAAAAAAAAAAAAAAAAAAAgACAASAAAAEgAAAAAAAAAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABj/',
  '/wAAADRhdmNDAULAFf/hABxnQsAVphElsBagwMDUoAAAAwBAAAADAFHixcIwAQAFaMhCMsgAAAAYc3R0cwAAAAAAAAABAAAAAgAAAAIAAAAU',
  'c3RzcwAAAAAAAAABAAAAAQAAABxzdHNjAAAAAAAAAAEAAAABAAAAAgAAAAEAAAAcc3RzegAAAAAAAAAAAAAAAgAAABQAAAAKAAAAFHN0Y28A',
  'AAAAAAAAAQAAApsAAAAmbWRhdAAAABBliIIDX///h6KAAKvPk668AAAABkGaHAa8sA==',
];

/** @param {HTMLElement} parent */
function createAwake(parent) {
  const bytes = window.atob(AWAKE_MP4.join(''));
  const blob = new Blob([Uint8Array.from(bytes, (char) => char.charCodeAt(0))], { type: 'video/mp4' });
  const video = document.createElement('video');
  video.className = 'awake';
  video.muted = true;
  video.loop = true;
  video.setAttribute('playsinline', '');
  video.src = URL.createObjectURL(blob); // For as long as the page is open.
  parent.insertBefore(video, parent.firstChild);
  return {
    /** Only while no other video plays: many a TV has one decoder. @param {boolean} needed */
    set(needed) {
      if (needed && video.paused) {
        const begun = video.play();
        if (begun && begun.catch) {
          begun.catch(() => undefined); // Such a browser does not play by itself at all: nothing is lost.
        }
      } else if (!needed && !video.paused) {
        video.pause();
      }
    },
  };
}
