// What stands above the picture: splash, night, message, code, a word on a key that was pressed, the dot of a box that is
// away. Texts are at least a twenty-fifth of the height: they are read from across a room.

/** A word on a key that was pressed. */
const NOTE_MS = 2500;
/** Shown by the remote control. */
const CODE_MS = 10000;
/** Longer texts are set smaller, so that all of a message can be read. */
const LARGE_CHARS_MAX = 60;

/**
 * @param {HTMLElement} parent
 * @param {string} name of the class
 */
function makeOverlay(parent, name) {
  const element = document.createElement('div');
  element.className = name;
  element.style.display = 'none';
  parent.appendChild(element);
  return element;
}

/** @param {HTMLElement} parent @param {string} name @param {string} text */
function makeLine(parent, name, text) {
  const line = document.createElement('p');
  line.className = name;
  line.textContent = text;
  parent.appendChild(line);
}

/** @param {HTMLElement} element */
function clearElement(element) {
  while (element.firstChild) {
    element.removeChild(element.firstChild);
  }
}

/** @param {HTMLElement} parent */
function createOverlays(parent) {
  const splash = makeOverlay(parent, 'splash');
  const night = makeOverlay(parent, 'night');
  const message = makeOverlay(parent, 'message');
  const code = makeOverlay(parent, 'code');
  const note = makeOverlay(parent, 'note');
  const dot = makeOverlay(parent, 'dot');
  message.setAttribute('role', 'alert');
  let noteTimer = 0;
  let codeTimer = 0;
  let splashText = '';

  /** @param {HTMLElement} element @param {boolean} on */
  function show(element, on) {
    element.style.display = on ? '' : 'none';
  }

  /** The address of this box with its code, which a phone reads from across the room. */
  function addAddress() {
    makeLine(splash, 'splash-hint', tvWords.open);
    makeLine(splash, 'splash-address', location.host);
    const picture = document.createElement('img');
    picture.className = 'splash-qr';
    picture.alt = '';
    picture.src = '/tv/code.svg';
    picture.onerror = () => (picture.style.display = 'none');
    splash.appendChild(picture);
  }

  return {
    /**
     * @param {'starting'|'loading'|'nothing'|null} state null: something is shown
     * @param {{name: string, code: string}|null} screen
     */
    splash(state, screen) {
      const text = state ? `${state} ${screen ? `${screen.name} ${screen.code}` : ''}` : '';
      show(splash, Boolean(state));
      if (text === splashText) {
        return;
      }
      splashText = text;
      clearElement(splash);
      if (state) {
        makeLine(splash, 'splash-name', screen ? screen.name : 'Marquee');
        makeLine(splash, 'splash-state', tvWords[state]);
        if (state === 'nothing') {
          addAddress();
        }
        makeLine(splash, 'splash-foot', screen ? `${tvWords.code}: ${screen.code}` : '');
      }
    },

    /** @param {boolean} on */
    night: (on) => show(night, on),

    /** @param {string|null} text */
    message(text) {
      show(message, Boolean(text));
      if (text && message.textContent !== text) {
        message.className = text.length > LARGE_CHARS_MAX ? 'message long' : 'message';
        message.textContent = text;
      }
    },

    /** Name and code, as large as they fit. @param {{name: string, code: string, group: string|null}} screen @param {number} [ms] */
    code(screen, ms) {
      clearElement(code);
      makeLine(code, 'code-name', screen.name);
      makeLine(code, 'code-letters', screen.code);
      if (screen.group) {
        makeLine(code, 'code-group', `${tvWords.group}: ${screen.group}`);
      }
      show(code, true);
      window.clearTimeout(codeTimer);
      codeTimer = window.setTimeout(() => show(code, false), ms || CODE_MS);
    },

    hideCode: () => show(code, false),

    /** @param {string} text @param {boolean} [stays] */
    note(text, stays) {
      window.clearTimeout(noteTimer);
      note.textContent = text;
      show(note, Boolean(text));
      if (!stays) {
        noteTimer = window.setTimeout(() => show(note, false), NOTE_MS);
      }
    },

    /** The box is away. @param {boolean} on */
    dot: (on) => show(dot, on),

    /** What a screenshot has above the picture: texts with their size, from top to bottom. */
    lines() {
      const open = [splash, message, code].filter((element) => element.style.display !== 'none');
      const lines = open.map((element) => (element === message ? [element] : Array.from(element.querySelectorAll('p'))));
      return /** @type {HTMLElement[]} */ ([]).concat.apply([], /** @type {any} */ (lines)).filter((line) => line.textContent);
    },
    covers: () => splash.style.display !== 'none' || night.style.display !== 'none',
  };
}
