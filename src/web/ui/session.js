// Who is looking: with or without a login, and what they may do.

import { api } from './api.js';
import { urlOf, within } from './base_path.js';

/**
 * @typedef {Object} Session
 * @property {'setup'|'login'|'in'} state
 * @property {'view'|'admin'|null} can null without a login
 * @property {boolean} open a closed network: there is no login at all
 * @property {boolean} password_is_fixed it is set in marquee.toml
 */

/**
 * What is assumed until the server says it, and when it does not: the server decides anyway, this only hides buttons.
 * @type {Session}
 */
let now = { state: 'in', can: 'admin', open: false, password_is_fixed: false };

/** Asks the server, and goes to the login page if there is no way around it. */
export async function loadSession() {
  try {
    now = await api.get('/api/session');
  } catch (error) {
    return;
  }
  if (now.state !== 'in' && !now.open) {
    toLogin();
  }
}

export function session() {
  return now;
}

/** May change things. */
export function isAdmin() {
  return now.open || now.can === 'admin';
}

/** The login page, which comes back to here. */
export function loginPath() {
  const here = within(location.pathname) + location.search;
  return here === '/' ? '/login' : `/login?to=${encodeURIComponent(here)}`;
}

/** Leaves for the login page. */
export function toLogin() {
  location.assign(urlOf(loginPath()));
}

export async function signOut() {
  await api.send('DELETE', '/api/session');
  location.assign(urlOf('/login'));
}
