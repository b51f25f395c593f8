// The dashboard's document: the frame, its pages, and what goes on from page to page.

import { onUnauthorized } from './api.js';
import { byId } from './dom.js';
import { onGone, startEvents } from './events.js';
import { loadingWord, skeletons } from './library/grid.js';
import { afterAMoment } from './parts.js';
import { startRouter } from './router.js';
import { isAdmin, loadSession } from './session.js';
import { frame, shell } from './shell.js';
import { acceptDrops } from './upload/drop.js';
import { createUploadPanel } from './upload/panel.js';
import { startUploads } from './upload/uploads.js';

/** As much as a window has room for, while nobody knows yet what will be there. */
const SKELETONS = 8;

/** @type {import('./router.js').Route[]} */
const ROUTES = [
  { page: 'live', pattern: /^\/$/, load: () => import('./live/view.js') },
  { page: 'library', pattern: /^\/library$/, load: () => import('./library/view.js') },
  { page: 'library', pattern: /^\/library\/(\d{1,15})$/, load: () => import('./asset/view.js') },
  { page: 'library', pattern: /^\/bin$/, load: () => import('./bin/view.js') },
  { page: 'playlists', pattern: /^\/playlists$/, load: () => import('./playlists/view.js') },
  { page: 'playlists', pattern: /^\/playlists\/(\d{1,15})$/, load: () => import('./playlists/editor.js') },
  { page: 'schedule', pattern: /^\/schedule$/, load: () => import('./schedule/view.js') },
  { page: 'screens', pattern: /^\/screens$/, load: () => import('./screens/view.js') },
  { page: 'settings', pattern: /^\/settings$/, load: () => import('./settings/view.js') },
];

// Loaded while the session is asked for: a page that needs no login must not wait for both.
const first = ROUTES.find((route) => route.pattern.test(location.pathname));
if (first) {
  first.load().catch(() => undefined); // The router says what is wrong.
}
let asked = true;
afterAMoment(() => asked, () => byId('content').replaceChildren(loadingWord(''), skeletons(SKELETONS)));
await loadSession();
asked = false;
// The session may have ended; or only what was typed was wrong, which the page says itself.
onUnauthorized(loadSession);
const rail = shell();
onGone((gone) => frame.showGone(gone));
startRouter(ROUTES, byId('content'), rail.enter);
startEvents();
if (isAdmin()) {
  startUploads();
  acceptDrops();
  byId('content').after(createUploadPanel());
}
