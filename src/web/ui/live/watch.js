// The player page: one source, as large as the window.

import { api, livePath, restartSource, status } from '../api.js';
import { urlOf, within } from '../base_path.js';
import { setBoxTime } from '../clock.js';
import { byId, h, setAttribute, setText } from '../dom.js';
import { followEvents } from '../feed.js';
import { icon } from '../icons.js';
import { loginPath } from '../session.js';
import { goneBar } from '../shell.js';
import { texts } from '../texts.js';
import * as actions from './actions.js';
import { createBottom, createHelp, createTop } from './controls.js';
import { createIdle } from './idle.js';
import { followKeys } from './keys.js';
import { messageFor } from './message.js';
import { Player } from './player.js';
import { loadSound, saveSound, stepVolume } from './sound.js';
import { ORDER } from './transports.js';

const words = texts.player;
/** Between two looks at the figures. */
const FIGURES_MS = 1000;
/** A hidden page without sound shows nobody anything; until then it may only have been switched away from. */
const HIDDEN_MS_MAX = 20000;
/** A source that has sound has some by then, counted from the first picture. */
const SOUND_MS_MAX = 3000;
/** Quick starts say nothing. */
const MESSAGE_AFTER_MS = 400;
const TOAST_MS = 3000;

const id = decodeURIComponent(within(location.pathname).split('/')[2] || '');
const path = livePath(id);
let sound = loadSound();
/** @type {import('../types.js').Source|null} */
let source = null;
let unknown = false;
/** What stands in the place of the picture until somebody does something. @type {''|'unknown'|'login'} */
let notice = '';

const page = byId('content');
const showGone = goneBar();
const stage = h('div', { class: 'stage', role: 'img', 'aria-label': id });
const message = h('div', { class: 'watch-message', role: 'status' });
const soundOn = h('button', { type: 'button', class: 'button sound-on' }, icon('sound'), words.soundOn);
const toast = h('p', { class: 'toast', role: 'status' });
const help = createHelp();
const top = createTop(() => restartSource(id).catch(tell));
const bottom = createBottom({
  toggleSound,
  setVolume: (volume) => changeSound({ on: volume > 0, volume: volume || sound.volume }),
  toggleFullscreen,
  saveSnapshot,
  togglePip,
  showHelp: () => help.showModal(),
  chooseTransport,
});
page.append(stage, h('div', { class: 'watch-middle' }, message), soundOn, top.element, bottom.element, toast);
document.body.append(help);
top.setName(id);
document.title = words.documentTitle(id);

const player = new Player(stage, path, { sound: true, order: ORDER, interval_ms_min: 0, changed: patch });
window.marqueePlayer = player;
player.sound = sound.on;
player.volume = sound.volume;
player.mode = modeOf(new URLSearchParams(location.search).get('transport'));
const idle = createIdle(page, () => player.state === 'playing' && !bottom.menu.isOpen() && !help.open
  && (!source || source.state !== 'lost'));

/**
 * @param {string|null} text
 * @returns {import('./player.js').Mode}
 */
function modeOf(text) {
  return ORDER.find((name) => name === text) || 'auto';
}

/** @param {string} choice */
function chooseTransport(choice) {
  const mode = modeOf(choice);
  const url = new URL(location.href);
  url.searchParams.delete('transport');
  if (mode !== 'auto') {
    url.searchParams.set('transport', mode);
  }
  history.replaceState(null, '', url);
  player.choose(mode);
}

/** What the player shows has sound, or may have some in a moment. */
function hasSound() {
  // Of what plays: a still of what broke off says nothing about it.
  const image = player.current !== null && !(player.current.view instanceof HTMLVideoElement);
  const silent = source !== null && source.state === 'live' && source.audio === null;
  // Sound is encoded from when somebody wants it.
  return !image && !(silent && performance.now() - player.shown_ms > SOUND_MS_MAX);
}

function isHeard() {
  return player.sound && !player.soundBlocked;
}

/** @param {import('./sound.js').Sound} wanted */
function changeSound(wanted) {
  sound = wanted;
  saveSound(sound);
  player.setSound(sound.on, sound.volume);
  idle.wake();
}

function toggleSound() {
  if (hasSound()) {
    changeSound({ on: !isHeard(), volume: sound.volume });
  }
}

function toggleFullscreen() {
  actions.toggleFullscreen(document.documentElement, player.view).catch(tell);
}

function togglePip() {
  actions.togglePip(player.view).catch(tell);
}

async function saveSnapshot() {
  try {
    await actions.saveSnapshot(path, source ? source.name : id);
    say(words.snapshotSaved);
  } catch (error) {
    say(words.snapshotFailed(/** @type {Error} */ (error).message));
  }
}

let toastTimer = 0;
/** @param {string} text */
function say(text) {
  setText(toast, text);
  window.clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => setText(toast, ''), TOAST_MS);
}

/** @param {Error} error */
function tell(error) {
  say(error.message);
}

let messageTimer = 0;
/** Everything on the page that follows the player. */
function patch() {
  window.clearTimeout(messageTimer);
  messageTimer = window.setTimeout(showMessage, player.state === 'playing' ? 0 : MESSAGE_AFTER_MS);
  const has = hasSound();
  const blocked = player.soundBlocked && player.state === 'playing' && has;
  if (!blocked && soundOn === document.activeElement) {
    stage.focus(); // Rather than nowhere, when the button under the finger goes.
  }
  // A slate has no sound, whatever its source has.
  soundOn.hidden = !blocked || (source !== null && source.state !== 'live');
  bottom.patchSound({ has, on: isHeard(), volume: sound.volume });
  bottom.patchPip(player.view instanceof HTMLVideoElement && player.state === 'playing');
  patchTransport();
  if (player.state !== 'playing') {
    idle.wake();
  }
}

function patchTransport() {
  bottom.patchTransport(player.mode, player.figures.transport, player.figures.latency_s);
}

function showMessage() {
  const locked = player.state !== 'playing' && player.ending !== null && player.ending.kind === 'login';
  const now = unknown ? 'unknown' : locked ? 'login' : '';
  if (now !== notice) {
    notice = now;
    setAttribute(page, 'data-notice', notice);
    message.classList.toggle('large', Boolean(notice));
    message.replaceChildren(...noticeParts());
  }
  const text = notice ? '' : messageFor(player);
  if (!notice) {
    setText(message, text);
  }
  message.hidden = !notice && !text;
}

function noticeParts() {
  const [title, text, action, href] = notice === 'unknown'
    ? [words.unknownTitle(id), words.unknown, words.back, '/']
    : [words.loginTitle, words.login, texts.login.action, loginPath()];
  return notice ? [h('b', {}, title), h('p', {}, text), h('a', { class: 'button', href }, action)] : [];
}

/** @param {import('../types.js').Source[]} sources */
function follow(sources) {
  source = sources.find((each) => each.id === id) || null;
  if (source) {
    unknown = false;
    top.patch(source);
    document.title = words.documentTitle(source.name);
    setAttribute(stage, 'aria-label', source.name);
    setAttribute(page, 'data-state', source.state);
  } else {
    unknown = true;
  }
  patch();
}

let gone = false;
/**
 * The list of sources is for those who are logged in. To all others its stream is closed, and the box is there.
 * @param {boolean} now
 */
async function followGone(now) {
  gone = now;
  const there = !now || await api.get('/api/session').then(() => true, () => false);
  if (now === gone) {
    showGone(!there);
  }
  if (!now) {
    player.retryNow();
  }
}

let figuresTimer = 0;
let hiddenTimer = 0;
/** A hidden page measures nothing, and ends what nobody sees or hears. */
function followVisibility() {
  window.clearInterval(figuresTimer);
  window.clearTimeout(hiddenTimer);
  if (!document.hidden) {
    player.start();
    player.catchUp();
    figuresTimer = window.setInterval(() => player.measure().then(patchTransport), FIGURES_MS);
  } else if (!document.pictureInPictureElement && !(isHeard() && hasSound())) {
    hiddenTimer = window.setTimeout(() => player.stop(), HIDDEN_MS_MAX);
  }
}

soundOn.addEventListener('click', () => changeSound({ on: true, volume: sound.volume }));
stage.addEventListener('dblclick', toggleFullscreen);
document.addEventListener('fullscreenchange', () => bottom.patchFullscreen(Boolean(document.fullscreenElement)));
document.addEventListener('visibilitychange', followVisibility);
window.addEventListener('pagehide', () => player.stop());
window.addEventListener('pageshow', (event) => event.persisted && followVisibility());

followKeys({
  f: toggleFullscreen,
  m: toggleSound,
  s: saveSnapshot,
  p: togglePip,
  t: () => bottom.menu.open(),
  '?': () => help.showModal(),
  ArrowUp: () => hasSound() && changeSound(stepVolume({ on: isHeard(), volume: sound.volume }, 1)),
  ArrowDown: () => hasSound() && changeSound(stepVolume({ on: isHeard(), volume: sound.volume }, -1)),
  Escape: () => location.assign(urlOf('/')),
});
followEvents({
  sources: follow,
  gone: followGone,
});
api.get('/api/session').then((now) => (now.open || now.can === 'admin') && top.allowTrying(), () => undefined);
status().then((now) => setBoxTime(now.time, now.time_zone)).catch(() => undefined);
patch();
// What is there is drawn first: a phone is busy for a moment with each of the two.
window.setTimeout(followVisibility);
