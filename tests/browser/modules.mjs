// The pages' modules as node can load them.

import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

// The modules as they are, beside the one line that older node versions need to take them for modules.
const folder = mkdtempSync(path.join(tmpdir(), 'marquee-units-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
cpSync(path.join(here, '../../src/web/ui'), folder, { recursive: true });
writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');

/** @param {string} name below `src/web/ui` */
export function load(name) {
  return import(path.join(folder, name));
}
