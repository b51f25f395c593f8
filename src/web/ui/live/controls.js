// The player page's buttons and lines: what they look like and say. What they do is handed in.

import { h, setAttribute, setText } from '../dom.js';
import { icon, setIcon } from '../icons.js';
import { texts } from '../texts.js';
import { adviceText, bitrateText, sizeText, stateIcon, stateText } from './describe.js';
import { createMenu } from './menu.js';
import { isSupported, ORDER } from './transports.js';

const words = texts.player;

/**
 * @typedef {Object} Actions
 * @property {() => void} toggleSound
 * @property {(volume: number) => void} setVolume
 * @property {() => void} toggleFullscreen
 * @property {() => void} saveSnapshot
 * @property {() => void} togglePip
 * @property {() => void} showHelp
 * @property {(mode: string) => void} chooseTransport
 */

/**
 * A button that is only an icon; its label says what it does, and the key that does it too.
 * @param {string} name of the icon
 * @param {string} label
 * @param {string} key
 * @param {() => void} act
 * @param {string} [extra] class
 */
function tool(name, label, key, act, extra) {
  const mark = icon(name);
  const button = h('button', { type: 'button', class: `tool ${extra || ''}`, click: act }, mark);
  const set = (/** @type {string} */ nameNow, /** @type {string} */ labelNow) => {
    setIcon(mark, nameNow);
    setAttribute(button, 'aria-label', labelNow);
    setAttribute(button, 'title', key ? `${labelNow} (${key})` : labelNow);
  };
  set(name, label);
  return { button, set };
}

/**
 * Name and state of the source, at the top.
 * @param {() => void} tryNow
 */
export function createTop(tryNow) {
  const name = h('h1', {});
  const mark = icon('ring');
  const state = h('span', { class: 'figures' });
  const advice = h('p', { class: 'watch-advice' });
  const retry = h('button', { type: 'button', class: 'button icon-small', click: tryNow }, icon('retry'),
    texts.tryNow);
  retry.hidden = true;
  let lost = false;
  let allowed = false;
  const line = h('p', { class: 'watch-state icon-small' }, mark, state);
  line.hidden = true;
  const element = h('header', { class: 'watch-top' },
    h('a', { class: 'tool', href: '/', 'aria-label': words.back, title: `${words.back} (Esc)` }, icon('back')),
    h('div', { class: 'watch-title' },
      name,
      line,
      advice),
    retry);

  return {
    element,
    /** @param {string} text */
    setName: (text) => setText(name, text),
    /** Whoever looks may try, too. */
    allowTrying() {
      allowed = true;
      retry.hidden = !lost;
    },
    /** @param {import('../types.js').Source} source */
    patch(source) {
      const parts = [stateText(source)];
      if (source.state === 'live') {
        parts.push(sizeText(source), bitrateText(source), texts.viewers(source.viewers.total));
      }
      setText(name, source.name);
      setIcon(mark, stateIcon(source));
      line.hidden = false;
      setText(state, parts.filter(Boolean).join(' · '));
      const hint = source.state === 'lost' ? adviceText(source) : '';
      setText(advice, hint);
      advice.hidden = !hint;
      lost = source.state === 'lost';
      retry.hidden = !(lost && allowed);
    },
  };
}

/**
 * The row of buttons at the bottom.
 * @param {Actions} actions
 */
export function createBottom(actions) {
  const sound = tool('sound', words.soundOff, 'M', actions.toggleSound, 'sound');
  const volume = h('input', {
    class: 'volume', type: 'range', min: 0, max: 1, step: 0.05, 'aria-label': words.volume,
    input: () => actions.setVolume(Number(volume.value)),
  });
  const snapshot = tool('snapshot', words.snapshot, 'S', actions.saveSnapshot);
  const pip = tool('pip', words.pip, 'P', actions.togglePip, 'wide-only');
  const full = tool('fullscreen', words.fullscreen, 'F', actions.toggleFullscreen);
  const help = tool('keys', words.help, '?', actions.showHelp, 'wide-only');
  /** @type {Record<string, {name: string, about: string}>} */
  const transports = words.transports;
  const menu = createMenu(words.transportLabel, ['auto'].concat(ORDER).map((id) => ({
    id,
    name: transports[id].name,
    about: transports[id].about,
    enabled: id === 'auto' || isSupported(/** @type {import('../types.js').TransportName} */ (id)),
  })), actions.chooseTransport);
  pip.button.hidden = !document.pictureInPictureEnabled;
  const element = h('div', { class: 'watch-bottom', role: 'group', 'aria-label': words.controls },
    sound.button, volume, h('span', { class: 'spacer' }),
    menu.element, snapshot.button, pip.button, full.button, help.button);

  return {
    element,
    menu,
    /** @param {{has: boolean, on: boolean, volume: number}} now */
    patchSound(now) {
      sound.set(now.has && now.on ? 'sound' : 'muted',
        !now.has ? words.soundNone : now.on ? words.soundOff : words.soundOn);
      sound.button.disabled = !now.has;
      volume.disabled = !now.has;
      const shown = now.on ? now.volume : 0;
      if (Number(volume.value) !== shown) {
        volume.value = String(shown);
      }
    },
    /** @param {boolean} can */
    patchPip(can) {
      pip.button.disabled = !can;
    },
    /** @param {boolean} on */
    patchFullscreen: (on) => full.set(on ? 'fullscreen-leave' : 'fullscreen',
      on ? words.fullscreenLeave : words.fullscreen),
    /**
     * @param {string} mode chosen
     * @param {import('../types.js').TransportName|null} transport that plays
     * @param {number|null} latency_s
     */
    patchTransport(mode, transport, latency_s) {
      const name = transports[transport || mode].name;
      const text = transport && latency_s !== null ? `${name} · ${words.latency(latency_s)}` : name;
      menu.check(mode);
      menu.setText(text, words.transportButton(text));
    },
  };
}

/** The list of keys. */
export function createHelp() {
  const list = h('dl', {});
  for (const pair of words.keys) {
    list.append(h('dt', {}, pair[0]), h('dd', {}, pair[1]));
  }
  const dialog = h('dialog', { class: 'help', 'aria-label': words.helpTitle },
    h('h2', {}, words.helpTitle),
    list,
    h('button', { type: 'button', class: 'button', click: () => dialog.close() }, texts.nav.close));
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return dialog;
}
