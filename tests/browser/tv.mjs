// The player of the TVs as the program puts it together: its parts, in their order, in one scope.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
const list = /PLAYER_PARTS[^=]*= &\[([^\]]*)\]/.exec(readFileSync(path.join(root, 'src/web/ui_build/mod.rs'), 'utf8'));
if (!list) {
  throw new Error('src/web/ui_build/mod.rs names no parts of the player');
}

/** Names of the parts, such as `tv/places.js`. */
export const parts = list[1].split(',').map((name) => name.trim().replace(/"/g, '')).filter(Boolean);

/** @param {string} part */
export const textOf = (part) => readFileSync(path.join(root, 'src/web/ui', part), 'utf8');

/** What TVs are sent. */
export const script = `(function () {\n'use strict';\n${parts.map(textOf).join('')}})();\n`;

/**
 * What the parts declare, without starting the player.
 * @param {string[]} names
 * @returns {any}
 */
export function declared(names) {
  const body = parts.filter((part) => part !== 'tv/start.js').map(textOf).join('');
  // The browser it speaks the language of; newer versions of node have one of their own.
  return new Function('navigator', `'use strict';\n${body}\nreturn { ${names.join(', ')} };`)({ language: 'en' });
}
