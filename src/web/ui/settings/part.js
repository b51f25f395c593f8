// The shape of one section.

import { h } from '../dom.js';

/**
 * @param {string} title
 * @param {string} lead
 * @param {...(Node|null)} content
 */
export function section(title, lead, ...content) {
  return h('section', { class: 'card-box settings-part' }, h('h2', {}, title),
    lead ? h('p', { class: 'muted' }, lead) : null, ...content);
}
