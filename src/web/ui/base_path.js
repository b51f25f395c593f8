// Where Marquee is below its host: `[web] base_path`, which each document tells (`data-base`). Addresses are written without
// it everywhere, as the API has them, and get it where they leave the page.

const base = (typeof document !== 'undefined' && document.documentElement.dataset.base) || '';

/** Of cookies: two boxes on one host have their own. */
export const basePath = base || '/';

/**
 * The address as the browser has to ask for it. One that has it already, or leads to another host, stays as it is.
 * @param {string} address such as `/library/7`
 */
export function urlOf(address) {
  const ours = address.startsWith('/') && !address.startsWith('//');
  return !base || !ours || address === base || address.startsWith(`${base}/`) ? address : base + address;
}

/**
 * The path as the pages know it.
 * @param {string} pathname of an address that the browser has, such as `/signs/library/7`
 */
export function within(pathname) {
  const inside = base && (pathname === base || pathname.startsWith(`${base}/`));
  return inside ? pathname.slice(base.length) || '/' : pathname;
}
