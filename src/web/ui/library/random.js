// One of them, by chance.

import { api } from '../api.js';
import { goFromHere } from '../router.js';
import { texts } from '../texts.js';
import { say, sayError } from '../toast.js';
import { address } from './query.js';

/**
 * Goes to one of those that a query finds.
 * @param {string} query
 * @param {number} [not] the one that is shown already; asked again once if chance is so unkind
 */
export async function pickRandom(query, not) {
  const go = goFromHere();
  try {
    let { id } = await api.get(address('/api/assets/random', query));
    if (id !== null && id === not) {
      id = (await api.get(address('/api/assets/random', query))).id;
    }
    if (id === null) {
      say(texts.library.nothingFoundTitle);
    } else if (id !== not) {
      go(address(`/library/${id}`, query));
    }
  } catch (error) {
    sayError(error);
  }
}
