// What is being done to an asset, what failed, and what one can do about it.

import { h, setText } from '../dom.js';
import { percentText } from '../format.js';
import { icon } from '../icons.js';
import { convert, steer } from '../library/changes.js';
import { isAdmin } from '../session.js';
import { texts } from '../texts.js';

/** @typedef {import('../library/types.js').FullAsset} FullAsset */
/** @typedef {import('../library/types.js').Job} Job */
/** @typedef {import('../library/types.js').Running} Running */

const words = texts.asset;
const ICONS = { waiting: 'starting', running: 'starting', done: 'ok', failed: 'warn', cancelled: 'close' };

/** @param {() => void} changed something was asked for: its answer is in the asset */
export function createWork(changed) {
  const badges = h('ul', { class: 'plays' });
  const list = h('ul', { class: 'jobs' });
  const element = h('section', { class: 'card-box work', 'aria-label': words.work }, badges, list);
  /** @type {Map<string, {bar: HTMLProgressElement, text: HTMLElement}>} */
  const running = new Map();

  /** @param {FullAsset} asset */
  function patch(asset) {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.act : undefined;
    running.clear();
    badges.replaceChildren(...badgesOf(asset));
    const jobs = asset.jobs.filter((job) => job.state !== 'done' || job.problem);
    list.replaceChildren(...jobs.map((job) => jobLine(asset, job)));
    const converting = jobs.some((job) => job.step === 'convert');
    const offer = isAdmin() && asset.kind !== 'slide' && !asset.converted && !converting && asset.plays
      && !(asset.plays.browser && asset.plays.hdmi && asset.plays.old_tv);
    if (offer) {
      list.append(h('li', { class: 'job' }, h('span', { class: 'job-text muted' }, words.convertHint), h('button', {
        type: 'button', class: 'button', 'data-act': 'convert', click: () => convert(asset.id).then(changed),
      }, words.convert)));
    }
    list.hidden = !list.children.length;
    element.hidden = !badges.children.length && list.hidden;
    const again = focused && element.querySelector(`[data-act="${focused}"]`);
    if (again instanceof HTMLElement) {
      again.focus();
    }
  }

  /** @param {FullAsset} asset @param {Job} job */
  function jobLine(asset, job) {
    const remark = job.state === 'done';
    const text = h('span', {}, words.jobs[job.step], ': ', remark ? words.doneBut : words.jobStates[job.state]);
    const bar = h('progress', { max: 1, 'aria-label': words.jobs[job.step] });
    if (job.state === 'running') {
      running.set(job.step, { bar, text });
    }
    const act = (/** @type {'retry'|'cancel'} */ what) => h('button', {
      type: 'button', class: 'button', 'data-act': `${job.step}-${what}`,
      'aria-label': `${words[what]}: ${words.jobs[job.step]}`,
      click: () => steer(asset.id, job.step, what).then(changed),
    }, words[what]);
    const over = job.state === 'failed' || job.state === 'cancelled';
    const element = h('li', { class: 'job icon-small', 'data-state': job.state },
      icon(remark ? 'warn' : ICONS[job.state]),
      h('div', { class: 'job-text' }, text,
        ...saidOf(job),
        job.state === 'running' ? bar : null),
      isAdmin() && !remark ? act(over ? 'retry' : 'cancel') : null);
    if (job.progress !== null) {
      bar.value = job.progress;
    }
    return element;
  }

  return {
    element,
    patch,
    /** @param {Running} now */
    progress(now) {
      const line = running.get(now.step);
      if (line && now.progress !== null) {
        line.bar.value = now.progress;
        const left = now.seconds_left === null ? '' : ` · ${texts.left(now.seconds_left)}`;
        setText(line.text, `${words.jobs[now.step]}: ${percentText(now.progress)}${left}`);
      }
    },
  };
}

/** Why, and what to do, in the reader's language where there are words for it. @param {Job} job */
function saidOf(job) {
  const known = job.causes.map(({ code, detail }) => ({ words: texts.problems.work[code], detail }));
  if (!known.length || known.some((cause) => !cause.words)) {
    return [job.problem ? h('p', {}, job.problem) : null, job.advice ? h('p', { class: 'muted' }, job.advice) : null];
  }
  return known.map((cause) => h('div', {}, h('p', {}, cause.words.text, cause.detail ? ` (${cause.detail})` : ''),
    h('p', { class: 'muted' }, cause.words.cure)));
}

/** "Will it play?", place by place. @param {FullAsset} asset */
function badgesOf(asset) {
  const plays = asset.plays;
  if (!plays) {
    return [];
  }
  const places = /** @type {const} */ (['hdmi', 'browser', 'old_tv']);
  return places.map((place) => {
    const state = plays[place] ? 'yes' : asset.converted ? 'converted' : 'no';
    return h('li', { class: 'badge icon-small', 'data-plays': state, title: words.playsLong[state](words.places[place]) },
      icon(state === 'no' ? 'close' : 'check'), h('span', { 'aria-hidden': 'true' }, words.places[place]),
      h('span', { class: 'sr-only' }, words.playsLong[state](words.places[place])));
  });
}
