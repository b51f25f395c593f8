// What a page does while nobody touches it, counted: timers that fire, pictures that it asks for, requests, layouts.

/**
 * @typedef {object} Work
 * @property {number} page_ms how long it was looked at, by the page's own clock
 * @property {Record<string, number>} timers that fired, by the script that set them
 * @property {Record<string, number>} animations frames asked for, by the script
 * @property {string[]} requests
 * @property {number} events that the server sent by itself
 * @property {number} layouts
 * @property {number} styles times that styles were computed anew
 */

/** Runs in the page, before its scripts. */
function countWork() {
  const work = { timers: {}, animations: {} };
  window.work = work;

  /** The script that called: the third line, below this function and the one that stands in for the browser's. */
  function caller() {
    const line = new Error().stack.split('\n')[3] || '';
    const found = /\/\/[^/]+\/(?:ui\/)?([\w./-]+):(\d+)/.exec(line);
    return found ? `${found[1]}:${found[2]}` : 'unknown';
  }
  function counted(counts, name, act) {
    return typeof act !== 'function' ? act : (...given) => {
      counts[name] = (counts[name] || 0) + 1;
      return act(...given);
    };
  }
  for (const name of ['setTimeout', 'setInterval']) {
    const original = window[name];
    window[name] = (act, ...more) => original.call(window, counted(work.timers, caller(), act), ...more);
  }
  for (const name of ['requestAnimationFrame', 'requestIdleCallback']) {
    const original = window[name];
    window[name] = (act, ...more) => original.call(window, counted(work.animations, caller(), act), ...more);
  }
}

/**
 * Opens a page whose work is counted.
 * @param {any} t
 * @param {string} url
 */
export async function openCounted(t, url) {
  const page = await t.page('about:blank');
  await page.addInitScript(countWork);
  await page.goto(url);
  return page;
}

/**
 * Looks at it until the server has sent it so many events by itself.
 * @param {import('playwright-core').Page} page
 * @param {(what: string, ask: () => boolean) => Promise<unknown>} until
 * @param {number} count
 * @returns {Promise<Work>}
 */
export async function workUntilEvents(page, until, count) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  await session.send('Network.enable');
  const requests = [];
  let events = 0;
  session.on('Network.eventSourceMessageReceived', () => (events += 1));
  session.on('Network.requestWillBeSent', ({ request }) => requests.push(`${request.method} ${new URL(request.url).pathname}`));
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const value = (/** @type {string} */ name) => metrics.find((each) => each.name === name).value;
    const own = await page.evaluate(() => ({ ...structuredClone(window.work), page_ms: performance.now() }));
    return { ...own, layouts: value('LayoutCount'), styles: value('RecalcStyleCount') };
  };
  // What the newest event changed is drawn before the counting begins.
  await until('an event', () => events > 0);
  await page.evaluate(() => new Promise((drawn) => {
    requestAnimationFrame(() => requestAnimationFrame(drawn));
  }));
  events = 0;
  const before = await read();
  await until(`${count} events`, () => events >= count);
  const after = await read();
  await session.detach();
  const lines = await page.evaluate(async () => {
    const script = /** @type {HTMLScriptElement} */ (document.querySelector('script[type=module]'));
    return (await (await fetch(script.src)).text()).split('\n');
  });
  return {
    page_ms: after.page_ms - before.page_ms,
    timers: byModule(added(before.timers, after.timers), lines),
    animations: byModule(added(before.animations, after.animations), lines),
    requests,
    events,
    layouts: after.layouts - before.layouts,
    styles: after.styles - before.styles,
  };
}

/**
 * A page's script is its modules, one after the other, each under its name.
 * @param {Record<string, number>} counts by file and line
 * @param {string[]} lines of the script
 */
function byModule(counts, lines) {
  /** @type {Record<string, number>} */
  const by = {};
  for (const [place, count] of Object.entries(counts)) {
    const line = Number(place.split(':')[1]);
    const name = lines.slice(0, line || 0).reverse().map((text) => /^\/\/ ([\w./-]+\.js)$/.exec(text)).find(Boolean);
    const module = name ? name[1] : place;
    by[module] = (by[module] || 0) + count;
  }
  return by;
}

/** @param {Record<string, number>} before @param {Record<string, number>} after */
function added(before, after) {
  const counts = Object.keys(after).map((name) => [name, after[name] - (before[name] || 0)]);
  return Object.fromEntries(counts.filter(([, count]) => count));
}
