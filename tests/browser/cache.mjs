// What is made once and kept between runs, below ~/.cache/marquee (or $XDG_CACHE_HOME): its name is a digest of all that
// it is made of, so that what is old is never found.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What nobody has asked for in so long is of another program. */
const KEPT_DAYS = 3;

/** @param {(string|Buffer)[]} parts @returns {string} */
export function digest(parts) {
  const hash = createHash('sha256');
  // Each with its length: else two lists of parts could read the same.
  parts.forEach((part) => hash.update(`${part.length}:`).update(part));
  return hash.digest('hex').slice(0, 32);
}

/** @param {string} kind @returns {string} */
function shelf(kind) {
  const root = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const folder = path.join(root, 'marquee', kind);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Another run may have been quicker: what it made is the same. @param {string} made @param {string} place */
function settle(made, place) {
  try {
    renameSync(made, place);
  } catch (error) {
    if (!existsSync(place)) {
      throw error;
    }
  }
}

/** @param {string} folder */
function forgetOld(folder) {
  const now_ms = Date.now();
  for (const name of readdirSync(folder)) {
    const file = path.join(folder, name);
    const found = statSync(file, { throwIfNoEntry: false });
    if (found && now_ms - found.mtimeMs > KEPT_DAYS * 86400000) {
      rmSync(file, { recursive: true, force: true });
    }
  }
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {(file: string) => void} make writes this file
 * @returns {string} path of the file
 */
export function keptFile(kind, name, make) {
  const folder = shelf(kind);
  const place = path.join(folder, name);
  if (existsSync(place)) {
    utimesSync(place, new Date(), new Date());
    return place;
  }
  forgetOld(folder);
  const making = mkdtempSync(path.join(folder, 'making-'));
  try {
    make(path.join(making, name));
    settle(path.join(making, name), place);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return place;
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {(folder: string) => Promise<void>} make fills a new folder
 * @returns {Promise<string>} path of the folder
 */
export async function keptFolder(kind, name, make) {
  const folder = shelf(kind);
  const place = path.join(folder, name);
  if (existsSync(place)) {
    utimesSync(place, new Date(), new Date());
    return place;
  }
  forgetOld(folder);
  const making = mkdtempSync(path.join(folder, 'making-'));
  try {
    await make(making);
    settle(making, place);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return place;
}
