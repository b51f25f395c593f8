// What every page has to be: accessible, and no wider than its window.

import assert from 'node:assert/strict';

import { axeSource } from './browser.mjs';
import { until } from './until.mjs';

/** @type {[string, {width: number, height: number}][]} */
export const SIZES = [['wide', { width: 1440, height: 900 }], ['narrow', { width: 390, height: 844 }]];

/** @type {{name: string, viewport: {width: number, height: number}, colorScheme: 'light'|'dark'}[]} */
export const LOOKS = SIZES.flatMap(([width, viewport]) =>
  /** @type {const} */ (['light', 'dark']).map((colorScheme) => ({ name: `${width}-${colorScheme}`, viewport, colorScheme })));

/**
 * The open page in another window and other colours, once nothing moves any more.
 * @param {import('playwright-core').Page} page
 * @param {typeof LOOKS[number]} look
 */
export async function changeLook(page, { viewport, colorScheme }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
  await until('the other look', () => page.evaluate((scheme) => document.documentElement.dataset.theme === scheme, colorScheme));
  await untilStill(page);
}

/**
 * Until what appears has appeared: half transparent, nothing has the contrast that it will have. What moves without an
 * end is left alone.
 * @param {import('playwright-core').Page} page
 */
async function untilStill(page) {
  await until('nothing moves', () => page.evaluate(() => document.getAnimations().every((each) =>
    each.playState !== 'running' || !each.effect || each.effect.getComputedTiming().endTime === Infinity)));
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} where
 */
export async function checkAccessibility(page, where) {
  if (!await page.evaluate(() => 'axe' in window)) {
    // Through the debugger, which the page's own policy on scripts does not bind.
    await page.evaluate(axeSource());
  }
  await untilStill(page);
  const found = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  const said = found.violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(' | ')}`);
  assert.deepEqual(said, [], `axe-core on ${where}`);
}

/** @param {import('playwright-core').Page} page */
export async function checkWidth(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(over <= 0, `the page is ${over} px wider than the window`);
}

/** The same in German, whose words are longer, in the narrow window. @param {import('playwright-core').Page} page */
export async function checkWidthInGerman(page) {
  await page.context().addCookies([{ name: 'marquee_language', value: 'de', url: page.url() }]);
  await page.setViewportSize(SIZES[1][1]);
  await page.reload();
  await page.locator('html[lang="de"]').waitFor();
  await untilComplete(page);
  await checkWidth(page);
}

/** Nothing is loading: what stands for content that is still to come is gone, pictures and fonts are there. @param {import('playwright-core').Page} page */
export function untilComplete(page) {
  return until('all of the page is there', () => page.evaluate(() => !document.querySelector('.skeleton, .bone, [aria-busy="true"]')
    && Array.from(document.images).every((image) => image.complete) && document.fonts.status === 'loaded'));
}
