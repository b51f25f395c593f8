// What is to be seen at which moment. Pure: an answer of the box and a time in, a place out.

/**
 * The same answer with all of its two weeks written out.
 * @param {TvAnswer} answer
 * @returns {TvAnswer}
 */
function inFull(answer) {
  const later = answer.later;
  if (!later) {
    return answer;
  }
  /** @type {TvItem[]} */
  const items = answer.programs.reduce((all, program) => all.concat(program.items), /** @type {TvItem[]} */ ([]))
    .concat(later.items);
  const programs = later.programs.map((program) => (
    Object.assign({}, program, { items: program.order.map((place) => items[place]) })));
  return Object.assign({}, answer, {
    programs: answer.programs.concat(programs), segments: answer.segments.concat(later.segments), later: null,
  });
}

/**
 * The segment that holds `now_ms`. Before the first one it is the first; after the last, whose program is looped until
 * the box is heard again, it is the last and has no end.
 * @param {TvAnswer} answer
 * @param {number} now_ms
 * @returns {{program: TvProgram|null, from_ms: number, until_ms: number}}
 */
function segmentAt(answer, now_ms) {
  const segments = answer.segments;
  let found = null;
  for (const segment of segments) {
    if (now_ms < segment.until_ms) {
      found = segment;
      break;
    }
  }
  const last = segments.length ? segments[segments.length - 1] : null;
  const chosen = found || last;
  const program = chosen ? answer.programs[chosen.program] : undefined;
  return {
    program: program || null,
    from_ms: chosen ? chosen.from_ms : -Infinity,
    until_ms: found ? found.until_ms : Infinity,
  };
}

/**
 * Index and start of the item that holds `at_ms` of a round.
 * @param {TvItem[]} items
 * @param {number} at_ms since the start of the round
 */
function itemAt(items, at_ms) {
  let starts_ms = 0;
  for (let index = 0; index < items.length; index += 1) {
    const ends_ms = starts_ms + items[index].duration_ms;
    if (at_ms < ends_ms || index === items.length - 1) {
      return { index, starts_ms };
    }
    starts_ms = ends_ms;
  }
  return null;
}

/**
 * The place at a moment. Where an item can't be played here, those behind it fill its time, from their beginnings: all
 * others keep theirs, so that screens of a group stay in step.
 * @param {TvAnswer} answer
 * @param {number} now_ms by the box's clock
 * @param {number} shift_ms how far ahead of its time this screen was put by its remote control
 * @param {(item: TvItem) => boolean} isBad
 * @returns {TvPlace}
 */
function placeAt(answer, now_ms, shift_ms, isBad) {
  const { program, from_ms, until_ms } = segmentAt(answer, now_ms);
  if (!program || program.state !== 'play' || !(program.total_ms > 0) || !program.items.length) {
    return emptyPlace(program && program.state === 'standby' ? 'standby' : 'splash', program, until_ms);
  }
  const since_ms = now_ms + shift_ms - program.epoch_ms;
  const round_ms = Math.floor(since_ms / program.total_ms) * program.total_ms;
  const found = /** @type {{index: number, starts_ms: number}} */ (itemAt(program.items, since_ms - round_ms));
  const item = program.items[found.index];
  const starts_ms = program.epoch_ms + round_ms + found.starts_ms - shift_ms;
  // The last one fills up what the total has more, so that there is a place for every moment.
  const ends_ms = found.index === program.items.length - 1 ? program.epoch_ms + round_ms + program.total_ms - shift_ms
    : starts_ms + item.duration_ms;
  const end_ms = Math.min(ends_ms, until_ms);
  const place = isBad(item) ? fillerAt(program, found.index, starts_ms, end_ms, now_ms, isBad)
    : itemPlace(program, item, starts_ms, end_ms);
  // What it is part of may begin in its middle.
  place.due_ms = Math.max(place.starts_ms, from_ms);
  return place;
}

/**
 * @param {TvProgram} program
 * @param {number} index of the item that can't be played
 * @param {number} starts_ms its time
 * @param {number} end_ms
 * @param {number} now_ms
 * @param {(item: TvItem) => boolean} isBad
 */
function fillerAt(program, index, starts_ms, end_ms, now_ms, isBad) {
  const behind = program.items.slice(index + 1).concat(program.items.slice(0, index));
  const good = behind.filter((item) => item.duration_ms > 0 && !isBad(item));
  const total_ms = good.reduce((sum, item) => sum + item.duration_ms, 0);
  if (!good.length) {
    return emptyPlace('splash', program, end_ms);
  }
  const round_ms = Math.floor((now_ms - starts_ms) / total_ms) * total_ms;
  const found = /** @type {{index: number, starts_ms: number}} */ (itemAt(good, now_ms - starts_ms - round_ms));
  const item = good[found.index];
  const from_ms = starts_ms + round_ms + found.starts_ms;
  return itemPlace(program, item, from_ms, Math.min(from_ms + item.duration_ms, end_ms));
}

/**
 * @param {TvProgram} program
 * @param {TvItem} item
 * @param {number} starts_ms
 * @param {number} ends_ms
 * @returns {TvPlace}
 */
function itemPlace(program, item, starts_ms, ends_ms) {
  return { id: `${item.key}@${starts_ms}`, state: 'play', program, item, starts_ms, ends_ms, due_ms: starts_ms };
}

/**
 * @param {'splash'|'standby'} state
 * @param {TvProgram|null} program
 * @param {number} ends_ms
 * @returns {TvPlace}
 */
function emptyPlace(state, program, ends_ms) {
  return { id: state, state, program, item: null, starts_ms: -Infinity, ends_ms, due_ms: -Infinity };
}

/**
 * The files of a program in the order in which they are needed from now on, then those of the programs behind it.
 * @param {TvAnswer} answer
 * @param {number} now_ms
 * @returns {{url: string, type: string, bytes: number}[]}
 */
function filesAhead(answer, now_ms) {
  /** @type {Map<string, {url: string, type: string, bytes: number}>} */
  const files = new Map();
  const ahead = answer.segments.filter((segment) => segment.until_ms > now_ms);
  const programs = (ahead.length ? ahead : answer.segments.slice(-1)).map((segment) => answer.programs[segment.program]);
  for (const program of programs) {
    if (program && program.state === 'play' && program.total_ms > 0 && program.items.length) {
      const since_ms = now_ms - program.epoch_ms;
      const within_ms = since_ms - Math.floor(since_ms / program.total_ms) * program.total_ms;
      const first = itemAt(program.items, within_ms);
      const from = first ? first.index : 0;
      for (const item of program.items.slice(from).concat(program.items.slice(0, from))) {
        if (item.src && item.kind !== 'live' && !files.has(item.src)) {
          files.set(item.src, { url: item.src, type: item.type || '', bytes: item.bytes || 0 });
        }
      }
    }
  }
  return Array.from(files.values());
}
