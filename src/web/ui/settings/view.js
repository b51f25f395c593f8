// The settings that are not in marquee.toml: who may come in, copies of everything, how it looks.

import { h } from '../dom.js';
import { isAdmin, session } from '../session.js';
import { texts } from '../texts.js';
import { aboutSection } from './about.js';
import { backupSection } from './backup.js';
import { damagedSections } from './damaged.js';
import { linksSection, tokensSection } from './keys.js';
import { lookSection } from './look.js';
import { passwordSection } from './password.js';

/** @returns {import('../router.js').View} */
export function open() {
  const admin = isAdmin();
  const about = aboutSection();
  const damaged = admin ? damagedSections() : { elements: [], leave() {} };
  const element = h('div', { class: 'settings' },
    h('header', { class: 'page-head' }, h('h1', {}, texts.settings.title)),
    damaged.elements[0],
    lookSection(),
    admin && !session().open ? passwordSection() : null,
    admin && !session().open ? linksSection() : null,
    admin ? tokensSection() : null,
    admin ? backupSection() : null,
    damaged.elements[1],
    about.element);
  const leave = () => {
    damaged.leave();
    about.leave();
  };
  return { element, title: texts.documentTitle(texts.settings.title), leave, ready: about.ready };
}
