// A TV looked at from outside of its player: what is on its screen at which moment by the machine's clock, and what the
// player tells the box.

import assert from 'node:assert/strict';

import { COLOURS } from './content.mjs';

/** Two screens of a group show an item within this of each other; so well a player knows how late it is, too. */
export const STEP_MS = 100;
/** Clocks are measured over the network: so much before its time is no mistake. */
const EARLY_MS = 40;

const LOOK_MS = 20;
/** A pause between two looks that is longer is time in which the machine gave the page none. */
const STALL_MS = 60;

/** @typedef {{at_ms: number, name: string, position_ms: number|null, message: boolean}} Look name: of the colour */
/** @typedef {{at_ms: number, late_ms: number|null, state: string, name: string|null}} Told */
/** @typedef {{name: string, ms: number, from_ms?: number}} Part of a round, by the name of its asset */
/** @typedef {{name: string, starts_ms: number, ends_ms: number, from_ms: number, round: number}} Turn */

/** Runs in the page: looks at its elements, and listens to what goes to the box. */
function watchPage(/** @type {number} */ every_ms) {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  window.watched = { looks: [], told: [] };
  const look = () => {
    const layers = Array.from(document.querySelectorAll('.layer')).filter((layer) => layer.style.opacity === '1');
    const top = layers.sort((a, b) => Number(b.style.zIndex) - Number(a.style.zIndex))[0];
    const media = top && Array.from(top.children).find((child) => child.style.display !== 'none');
    const message = document.querySelector('.message');
    if (media) {
      pen.drawImage(media, 2, 2, 4, 4, 0, 0, 1, 1); // A corner: something moves through the middle.
      window.watched.looks.push({
        at_ms: Date.now(),
        colour: Array.from(pen.getImageData(0, 0, 1, 1).data).slice(0, 3),
        position_ms: media instanceof HTMLVideoElement ? media.currentTime * 1000 : null,
        message: Boolean(message && message.style.display !== 'none'),
      });
    }
  };
  setInterval(look, every_ms);
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, url, ...more) {
    this.watched = url;
    return open.call(this, method, url, ...more);
  };
  XMLHttpRequest.prototype.send = function (body) {
    if (this.watched === '/api/screens/report') {
      window.watched.told.push({ ...JSON.parse(body), at_ms: Date.now() });
    }
    return send.call(this, body);
  };
}

/** Which of the colours of the tests it is. @param {number[]} colour */
function nameOf(colour) {
  const distance = (/** @type {string} */ name) => {
    const value = parseInt(COLOURS[name].slice(4), 16);
    return [value >> 16, (value >> 8) & 255, value & 255].reduce((sum, part, at) => sum + (part - colour[at]) ** 2, 0);
  };
  return Object.keys(COLOURS).sort((a, b) => distance(a) - distance(b))[0];
}

/** Of the assets that `fill` makes. @param {string} asset */
const colourOf = (asset) => asset.replace('slide-', '');

/**
 * @param {import('playwright-core').Page} page that has been opened
 */
export async function watchTv(page) {
  await page.evaluate(watchPage, LOOK_MS);
  const seen = {
    /** @type {Look[]} */
    looks: [],
    /** @type {Told[]} */
    told: [],
    /** Brings here what was seen since the last time. */
    async take() {
      const { looks, told } = await page.evaluate(() => {
        const { watched } = window;
        window.watched = { looks: [], told: [] };
        return watched;
      });
      seen.looks.push(...looks.map((/** @type {any} */ { colour, ...look }) => ({ ...look, name: nameOf(colour) })));
      seen.told.push(...told);
    },
    /** What is on the screen now; nothing yet. @returns {Promise<Look|undefined>} */
    async now() {
      await seen.take();
      return seen.looks[seen.looks.length - 1];
    },
  };
  return seen;
}

/**
 * What a screen has to show at which moment, as the box says it.
 * @param {any} server
 * @param {number} screen
 * @param {Part[]} parts of a round, each name once
 */
export async function scheduleOf(server, screen, parts) {
  const now = await server.get(`/api/screens/${screen}/program?at=${encodeURIComponent(new Date().toISOString())}`);
  const index = parts.findIndex((part) => part.name === now.item.name);
  assert.ok(index >= 0, `it is not in the round: ${now.item.name}`);
  const before = (/** @type {number} */ count) => parts.slice(0, count).reduce((sum, part) => sum + part.ms, 0);
  const total_ms = before(parts.length);
  const zero_ms = Date.parse(now.at) - now.position_ms - before(index);
  /** @param {number} at_ms @returns {Turn} */
  function turnAt(at_ms) {
    const round = Math.floor((at_ms - zero_ms) / total_ms);
    const within_ms = at_ms - zero_ms - round * total_ms;
    const which = parts.findIndex((_, at) => within_ms < before(at + 1));
    const starts_ms = zero_ms + round * total_ms + before(which);
    return { name: colourOf(parts[which].name), starts_ms, ends_ms: starts_ms + parts[which].ms, from_ms: parts[which].from_ms || 0, round };
  }
  return {
    total_ms,
    turnAt,
    /** Those that begin in this time. @param {number} from_ms @param {number} until_ms */
    turns(from_ms, until_ms) {
      const all = [];
      for (let turn = turnAt(from_ms); turn.starts_ms < until_ms; turn = turnAt(turn.ends_ms + 1)) {
        all.push(turn);
      }
      return all.filter((turn) => turn.starts_ms >= from_ms);
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof scheduleOf>>} Schedule */

/**
 * How late a screen was at a look: the picture of its video, or the item that it ought to have shown.
 * @param {Look} look
 * @param {Schedule} schedule
 */
export function latenessOf(look, schedule) {
  const turn = schedule.turnAt(look.at_ms);
  if (look.name !== turn.name) {
    const next = schedule.turnAt(turn.ends_ms + 1);
    const early_ms = turn.ends_ms - look.at_ms;
    return look.name === next.name && early_ms < look.at_ms - turn.starts_ms ? -early_ms : look.at_ms - turn.starts_ms;
  }
  return look.position_ms === null ? 0 : look.at_ms - turn.starts_ms - (look.position_ms - turn.from_ms);
}

/**
 * When a screen changed to what: after one look and not after the other.
 * @param {Look[]} looks
 */
export function changesOf(looks) {
  const changes = [];
  for (let at = 1; at < looks.length; at += 1) {
    const { name } = looks[at];
    if (name !== looks[at - 1].name) {
      changes.push({ name, after_ms: looks[at - 1].at_ms, at_ms: looks[at].at_ms });
    }
  }
  return changes;
}

/**
 * When a screen began turns that follow each other, those that it has begun by now. Each has to be shown, and before the
 * next round shows the same.
 * @param {Look[]} looks
 * @param {Schedule} schedule
 * @param {number} from_ms
 */
export function beginsOf(looks, schedule, from_ms) {
  const now_ms = looks.length ? looks[looks.length - 1].at_ms : 0;
  const changes = changesOf(looks);
  const begins = [];
  for (const turn of schedule.turns(from_ms, now_ms)) {
    const again_ms = turn.starts_ms + schedule.total_ms - EARLY_MS;
    const found = changes.find((change) => change.name === turn.name && change.at_ms >= turn.starts_ms - EARLY_MS && change.at_ms < again_ms);
    if (!found && now_ms < again_ms) {
      break;
    }
    const second = (/** @type {number} */ at_ms) => ((at_ms - from_ms) / 1000).toFixed(2);
    assert.ok(found, `${turn.name}, due at ${second(turn.starts_ms)} s, was not shown then or later: ${
      changes.map((each) => `${each.name} ${second(each.at_ms)}`).join(', ')}`);
    begins.push({ ...found, turn, late_ms: found.at_ms - turn.starts_ms });
  }
  return begins;
}

/**
 * What a player told of its lateness agrees with what was seen, between each two reports.
 * @param {{looks: Look[], told: Told[]}} seen
 * @param {Schedule} schedule
 * @param {number} from_ms
 * @returns {number} how many reports were compared
 */
export function checkTold(seen, schedule, from_ms) {
  const told = seen.told.filter((each) => each.at_ms >= from_ms && each.state === 'play');
  const changes = changesOf(seen.looks);
  told.slice(1).forEach((report, at) => {
    const since_ms = told[at].at_ms;
    const inside = (/** @type {{at_ms: number}} */ each) => each.at_ms > since_ms && each.at_ms <= report.at_ms;
    const surely_ms = Math.max(0, ...seen.looks.filter(inside).map((look) => latenessOf(look, schedule)));
    // Between two looks it may have been as late as at the second one.
    const maybe_ms = Math.max(surely_ms, ...changes.filter(inside).map((change) => change.at_ms - schedule.turnAt(change.at_ms).starts_ms));
    const what = `it says ${report.late_ms} ms late, and was ${surely_ms.toFixed(0)} to ${maybe_ms.toFixed(0)} ms`;
    assert.ok(report.late_ms !== null && report.late_ms >= surely_ms - STEP_MS && report.late_ms <= maybe_ms + STEP_MS, what);
  });
  return told.length - 1;
}

/**
 * How long it took from a moment until a screen showed something, not counting the time that its machine gave it none.
 * @param {Look[]} looks
 * @param {number} from_ms
 * @param {(look: Look) => boolean} is
 */
export function tookUntil(looks, from_ms, is) {
  const later = looks.filter((look) => look.at_ms >= from_ms);
  const found = later.findIndex(is);
  assert.ok(found >= 0, 'it was not seen');
  const times = [from_ms].concat(later.slice(0, found + 1).map((look) => look.at_ms));
  const stalls_ms = times.slice(1).map((at_ms, at) => at_ms - times[at]).filter((gap_ms) => gap_ms > STALL_MS)
    .reduce((sum, gap_ms) => sum + gap_ms - LOOK_MS, 0);
  return later[found].at_ms - from_ms - stalls_ms;
}
