// The page at /api: /api/openapi.json, to read.

import { urlOf } from './base_path.js';
import { h } from './dom.js';

/**
 * @typedef {{ $ref?: string, type?: string | string[], format?: string, enum?: unknown[], oneOf?: Schema[], items?: Schema,
 *   properties?: Record<string, Schema>, required?: string[], description?: string }} Schema
 * @typedef {{ description: string, content?: Record<string, { schema: Schema }> }} Answer
 * @typedef {{ name: string, in: string, required?: boolean, description?: string, schema: Schema }} Parameter
 * @typedef {{ summary: string, tags: string[], security?: unknown[], parameters?: Parameter[],
 *   requestBody?: { content: Record<string, { schema: Schema }> }, responses: Record<string, Answer> }} Operation
 * @typedef {{ info: { description: string }, tags: { name: string }[], paths: Record<string, Record<string, Operation>>,
 *   components: { schemas: Record<string, Schema> } }} Description
 */

/** Schemas within schemas that are written out. */
const DEPTH_MAX = 4;

const page = /** @type {HTMLElement} */ (document.getElementById('content'));

try {
  const answer = await fetch(urlOf('/api/openapi.json'));
  if (!answer.ok) {
    throw new Error(`${answer.status}`);
  }
  show(await answer.json());
} catch {
  page.append(h('p', { role: 'alert' }, 'The description can’t be had just now. Reload the page to try again.'));
}

/** @param {Description} description */
function show(description) {
  page.append(h('p', {}, description.info.description));
  for (const { name } of description.tags) {
    const section = h('section', { 'aria-label': name }, h('h2', {}, name));
    for (const [path, operations] of Object.entries(description.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (operation.tags.includes(name)) {
          section.append(entry(description, path, method, operation));
        }
      }
    }
    page.append(section);
  }
}

/**
 * @param {Description} description
 * @param {string} path
 * @param {string} method
 * @param {Operation} operation
 */
function entry(description, path, method, operation) {
  const open = operation.security && operation.security.length === 0;
  return h('details', {},
    h('summary', {}, h('span', { class: 'method' }, method.toUpperCase()), h('code', {}, path),
      h('span', { class: 'what' }, `${operation.summary}${open ? ' · no login' : ''}`)),
    h('div', { class: 'body' }, parameters(operation), content(description, 'Body', operation.requestBody?.content),
      answers(description, operation)));
}

/** @param {Operation} operation */
function parameters(operation) {
  const all = operation.parameters ?? [];
  if (all.length === 0) {
    return null;
  }
  return h('table', {}, h('caption', { class: 'what' }, 'Parameters'), h('tbody', {}, ...all.map((parameter) => h('tr', {},
    h('th', { scope: 'row' }, h('code', {}, parameter.name)), h('td', {}, parameter.in),
    h('td', {}, `${short(parameter.schema)}${parameter.required ? '' : ', may be left out'}`),
    h('td', {}, parameter.description ?? '')))));
}

/**
 * @param {Description} description
 * @param {Operation} operation
 */
function answers(description, operation) {
  return h('div', {}, ...Object.entries(operation.responses).map(([code, answer]) => {
    const good = Number(code) < 400;
    return h('div', {}, h('p', {}, h('strong', {}, code), ` ${answer.description}`),
      good ? content(description, '', answer.content) : null);
  }));
}

/**
 * @param {Description} description
 * @param {string} title
 * @param {Record<string, { schema: Schema }> | undefined} content
 */
function content(description, title, content) {
  return h('div', {}, ...Object.entries(content ?? {}).map(([type, { schema }]) => h('div', {},
    h('p', { class: 'what' }, `${title} ${type}`.trim()),
    type === 'application/json' ? h('pre', { tabindex: 0 }, written(description, schema, '', 0)) : null)));
}

/**
 * A schema as one would type an example of it.
 * @param {Description} description
 * @param {Schema} schema
 * @param {string} indent
 * @param {number} depth
 * @returns {string}
 */
function written(description, schema, indent, depth) {
  const target = schema.$ref ? description.components.schemas[schema.$ref.split('/').pop() ?? ''] : schema;
  if (!target || depth > DEPTH_MAX) {
    return '…';
  }
  if (target.oneOf) {
    return target.oneOf.map((one) => written(description, one, indent, depth)).join(' | ');
  }
  if (target.properties) {
    const lines = Object.entries(target.properties).map(([name, value]) => {
      const optional = target.required?.includes(name) ? '' : '?';
      return `${indent}  ${name}${optional}: ${written(description, value, `${indent}  `, depth + 1)}`;
    });
    return `{\n${lines.join(',\n')}\n${indent}}${short(target).endsWith('null') ? ' | null' : ''}`;
  }
  if (target.items) {
    return `[${written(description, target.items, indent, depth + 1)}]`;
  }
  return short(target);
}

/** @param {Schema} schema */
function short(schema) {
  if (schema.enum) {
    return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  }
  const types = schema.type ?? schema.$ref?.split('/').pop() ?? 'anything';
  return (Array.isArray(types) ? types.join(' | ') : types) + (schema.format ? ` (${schema.format})` : '');
}
