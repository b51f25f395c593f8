// The dashboard's document: the frame, its pages, and what goes on from page to page.

import { onUnauthorized } from './api.js';
import * as asset from './asset/view.js';
import * as bin from './bin/view.js';
import { byId } from './dom.js';
import { onGone, startEvents } from './events.js';
import { loadingWord, skeletons } from './library/grid.js';
import * as library from './library/view.js';
import * as live from './live/view.js';
import { afterAMoment } from './parts.js';
import * as editor from './playlists/editor.js';
import * as playlists from './playlists/view.js';
import { startRouter } from './router.js';
import * as schedule from './schedule/view.js';
import * as screens from './screens/view.js';
import { isAdmin, loadSession } from './session.js';
import * as settings from './settings/view.js';
import { frame, shell } from './shell.js';
import { acceptDrops } from './upload/drop.js';
import { createUploadPanel } from './upload/panel.js';
import { startUploads } from './upload/uploads.js';

/** As much as a window has room for, while nobody knows yet what will be there. */
const SKELETONS = 8;

// All of them in one script: nobody waits between two pages, and one that stays open while the box is updated goes on.
/** @type {import('./router.js').Route[]} */
const ROUTES = [
  { page: 'live', pattern: /^\/$/, open: live.open },
  { page: 'library', pattern: /^\/library$/, open: library.open },
  { page: 'library', pattern: /^\/library\/(\d{1,15})$/, open: asset.open },
  { page: 'library', pattern: /^\/bin$/, open: bin.open },
  { page: 'playlists', pattern: /^\/playlists$/, open: playlists.open },
  { page: 'playlists', pattern: /^\/playlists\/(\d{1,15})$/, open: editor.open },
  { page: 'schedule', pattern: /^\/schedule$/, open: schedule.open },
  { page: 'screens', pattern: /^\/screens$/, open: screens.open },
  { page: 'settings', pattern: /^\/settings$/, open: settings.open },
];

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
