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
  const line = document.createElement(name === 'splash-name' ? 'h1' : 'p');
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
  const onSplash = makeOverlay(parent, 'splash');
  const onNight = makeOverlay(parent, 'night');
  const onMessage = makeOverlay(parent, 'message');
  const onCode = makeOverlay(parent, 'code');
  const onNote = makeOverlay(parent, 'note');
  const onDot = makeOverlay(parent, 'dot');
  onMessage.setAttribute('role', 'alert');
  let noteTimer = 0;
  let codeTimer = 0;
  let splashText = '';

  /** @param {HTMLElement} element @param {boolean} on */
  function show(element, on) {
    element.style.display = on ? '' : 'none';
  }

  /** The address of this box with its code, which a phone reads from across the room. @param {string} hint */
  function addAddress(hint) {
    makeLine(onSplash, 'splash-hint', hint);
    makeLine(onSplash, 'splash-address', location.host);
    const picture = document.createElement('img');
    picture.className = 'splash-qr';
    picture.alt = '';
    picture.src = urlOf('/tv/code.svg');
    picture.onerror = () => (picture.style.display = 'none');
    onSplash.appendChild(picture);
  }

  /** @param {{name: string, code: string, group: string|null}} screen */
  function writeCode(screen) {
    clearElement(onCode);
    makeLine(onCode, 'code-name', screen.name);
    makeLine(onCode, 'code-letters', screen.code);
    if (screen.group) {
      makeLine(onCode, 'code-group', `${tvWords.group}: ${screen.group}`);
    }
  }

  return {
    /**
     * @param {'starting'|'refused'|'loading'|'unplayable'|'nothing'|null} state null: something is shown
     * @param {{name: string, code: string}|null} screen
     */
    splash(state, screen) {
      const text = state ? `${state} ${screen ? `${screen.name} ${screen.code}` : ''}` : '';
      show(onSplash, Boolean(state));
      if (text === splashText) {
        return;
      }
      splashText = text;
      clearElement(onSplash);
      if (state) {
        const code = screen ? screen.code : '';
        makeLine(onSplash, 'splash-name', screen ? screen.name : 'Marquee');
        makeLine(onSplash, 'splash-state', tvWords[state]);
        if (state === 'refused' || code && (state === 'nothing' || state === 'unplayable')) {
          addAddress(state === 'refused' ? tvWords.see : tvWords.open);
        }
        makeLine(onSplash, 'splash-foot', code ? `${tvWords.code}: ${code}` : '');
      }
    },

    /** @param {boolean} on */
    night: (on) => show(onNight, on),

    /** @param {string|null} text */
    message(text) {
      show(onMessage, Boolean(text));
      if (text && onMessage.textContent !== text) {
        onMessage.className = text.length > LARGE_CHARS_MAX ? 'message long' : 'message';
        onMessage.textContent = text;
      }
    },

    /** Name and code, as large as they fit. @param {{name: string, code: string, group: string|null}} screen @param {number} [ms] */
    code(screen, ms) {
      writeCode(screen);
      show(onCode, true);
      window.clearTimeout(codeTimer);
      codeTimer = window.setTimeout(() => show(onCode, false), ms || CODE_MS);
    },

    hideCode: () => show(onCode, false),

    /** What it is called now, if it is being shown. @param {{name: string, code: string, group: string|null}} screen */
    renamed: (screen) => onCode.style.display !== 'none' && writeCode(screen),

    /** @param {string} text @param {boolean} [stays] */
    note(text, stays) {
      window.clearTimeout(noteTimer);
      onNote.textContent = text;
      show(onNote, Boolean(text));
      if (!stays) {
        noteTimer = window.setTimeout(() => show(onNote, false), NOTE_MS);
      }
    },

    /** The box is away. @param {boolean} on */
    dot: (on) => show(onDot, on),

    /** What is above the picture at this moment, the lowest first, as the style sheet has them. */
    open: () => [onDot, onSplash, onNight, onMessage, onCode, onNote].filter((element) => element.style.display !== 'none'),
  };
}
