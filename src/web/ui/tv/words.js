// What the TV says by itself, in the box's language or that of its browser. The dashboard's texts are modules, which this script can't
// load.

const TV_WORDS = {
  en: {
    starting: 'Connecting to Marquee…',
    refused: 'Marquee cannot take in this screen just now',
    see: 'To see why, open',
    loading: 'The first picture is on its way',
    nothing: 'Nothing is scheduled for this screen',
    unplayable: 'What is scheduled here cannot be shown now',
    open: 'To set it up, open',
    code: 'Code of this screen',
    group: 'Group',
    paused: 'Paused',
    volume: 'Volume',
    muted: 'Sound off',
    blocked: 'Press a key on the remote control for sound',
  },
  de: {
    starting: 'Verbindung zu Marquee…',
    refused: 'Marquee kann diesen Bildschirm gerade nicht aufnehmen',
    see: 'Warum, steht unter',
    loading: 'Das erste Bild ist unterwegs',
    nothing: 'Für diesen Bildschirm ist nichts geplant',
    unplayable: 'Was hier geplant ist, kann gerade nicht gezeigt werden',
    open: 'Zum Einrichten öffnen:',
    code: 'Code dieses Bildschirms',
    group: 'Gruppe',
    paused: 'Angehalten',
    volume: 'Lautstärke',
    muted: 'Ton aus',
    blocked: 'Für Ton eine Taste der Fernbedienung drücken',
  },
};

/** The box's language, if it was given one. */
const tvLanguage = (typeof document !== 'undefined' && document.documentElement.getAttribute('data-language'))
  || (typeof navigator !== 'undefined' && navigator.language) || '';
const tvWords = /^de\b/i.test(tvLanguage) ? TV_WORDS.de : TV_WORDS.en;

/**
 * A browser as people know it: `Chrome 87 · Tizen`. Pure.
 * @param {string} agent what it calls itself
 */
function browserName(agent) {
  /** @type {[RegExp, string][]} the first that fits: nearly all of them claim to be several others too */
  const engines = [
    [/SamsungBrowser\/(\d+)/, 'Samsung'], [/Edg\/(\d+)/, 'Edge'], [/OPR\/(\d+)/, 'Opera'], [/Firefox\/(\d+)/, 'Firefox'],
    [/Chrom(?:e|ium)\/(\d+)/, 'Chrome'], [/Version\/(\d+).*Safari/, 'Safari'], [/AppleWebKit\/(\d+)/, 'WebKit'],
  ];
  /** @type {[RegExp, string][]} */
  const systems = [
    [/Tizen/, 'Tizen'], [/Web0S|webOS/, 'webOS'], [/AFT\w+/, 'Fire TV'], [/CrKey/, 'Chromecast'], [/Android/, 'Android'],
    [/iPad|iPhone/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux/, 'Linux'],
  ];
  const engine = engines.filter((each) => each[0].test(agent))[0];
  const system = systems.filter((each) => each[0].test(agent))[0];
  const version = engine ? /** @type {RegExpExecArray} */ (engine[0].exec(agent))[1] : '';
  return [engine ? `${engine[1]} ${version}` : '', system ? system[1] : ''].filter(Boolean).join(' · ') || agent.slice(0, 60);
}
