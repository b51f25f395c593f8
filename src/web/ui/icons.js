// Icons from the one sprite. It is put into the page itself: a state can change when the server is away.

import { urlOf } from './base_path.js';

const SVG = 'http://www.w3.org/2000/svg';
const SPRITE = '/ui/icons.svg';
const RETRY_MS = 2000;

let asked = false;

async function loadSprite() {
  try {
    const response = await fetch(urlOf(SPRITE));
    const sprite = new DOMParser().parseFromString(await response.text(), 'image/svg+xml').documentElement;
    sprite.setAttribute('hidden', '');
    document.body.append(document.importNode(sprite, true));
  } catch (error) {
    window.setTimeout(loadSprite, RETRY_MS);
  }
}

/**
 * Always beside a text, or inside something that has a label.
 * @param {string} name of a symbol in icons.svg, without its "icon-"
 */
export function icon(name) {
  if (!asked) {
    asked = true;
    loadSprite();
  }
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(SVG, 'use'));
  setIcon(svg, name);
  return svg;
}

/**
 * @param {SVGSVGElement} svg made by `icon`
 * @param {string} name
 */
export function setIcon(svg, name) {
  const use = /** @type {SVGUseElement} */ (svg.firstChild);
  const href = `#icon-${name}`;
  if (use.getAttribute('href') !== href) {
    use.setAttribute('href', href);
  }
}
