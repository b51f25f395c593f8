// Small helpers around the DOM. Nothing here knows what the page shows.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * Makes an element. Attributes with the value `false`, `null` or `undefined` are left out; `true` sets an empty one;
 * a function is a listener for the event its name gives.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string|number|boolean|null|undefined|((event: any) => void)>} [attributes]
 * @param {...(Node|string|null)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  const given = attributes || {};
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (typeof value === 'function') {
      element.addEventListener(name, value);
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const child of children) {
    if (child !== null) {
      element.append(child);
    }
  }
  return element;
}

/**
 * An icon of the sprite. Always beside a text or inside something that has a label.
 * @param {string} name
 */
export function icon(name) {
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
  const href = `/ui/icons.svg#${name}`;
  if (use.getAttribute('href') !== href) {
    use.setAttribute('href', href);
  }
}

/**
 * Writes a text only if it changed, so that nothing is laid out or announced twice.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/**
 * The element with this id, which the page's HTML has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) {
    throw new Error(`no element #${id}`);
  }
  return element;
}
