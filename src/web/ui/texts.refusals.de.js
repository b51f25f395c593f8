// Was die API ablehnt, nach den Codes ihrer Antworten (src/web/problem.rs). Auf Englisch sagt sie es selbst.

/** @typedef {import('./api.js').Refusal} Refusal */

/** @type {Record<string, string>} */
const THINGS = {
  templates: 'Vorlagen', playlists: 'Playlists', screens: 'Bildschirme', groups: 'Gruppen', windows: 'Einträge im Zeitplan',
};

/** @type {Record<string, string>} */
const USERS = {
  idle: 'auf Bildschirmen, wenn nichts geplant ist', message: 'in der Meldung', template: 'in einer Vorlage für Meldungen',
  port: 'an einem Anschluss dieser Box',
};

/** @type {Record<string, string>} */
const CONTENTS = {
  archive: 'Sie ist ein Archiv: Entpacke sie und lade hoch, was darin ist.',
  document: 'Sie ist ein Archiv oder ein Office-Dokument: Entpacke sie, oder speichere das Dokument als PDF, und lade das hoch.',
  raw: 'Sie ist ein Rohbild einer Kamera: Stelle die Kamera auf JPEG, oder speichere es als JPEG, und lade das hoch.',
  picture: 'Speichere das Bild als JPEG oder PNG und lade das hoch.',
  sound: 'Speichere sie am Computer als MP3 oder M4A und lade das hoch.',
  other: 'Sie ist ein Programm. Lade ein Video, ein Bild, Audio oder ein PDF hoch.',
  unknown: 'Ihr Inhalt ist unbekannt: Speichere sie am Computer als MP4, JPEG, PNG, PDF oder MP3 und lade das hoch.',
};

/** Was einzugeben ist, nach dem Namen des Parameters. @type {Record<string, string>} */
const PARAMETERS = {
  name: 'Der Name ist leer oder zu lang.',
  password: 'Das Passwort braucht mindestens 8 Zeichen.',
  text: 'Schreibe einen Text mit bis zu 300 Zeichen, oder wähle eine Playlist.',
  minutes: 'Die Dauer liegt zwischen 1 Minute und einer Woche.',
  screens: 'Wähle Bildschirme oder Gruppen, die es gibt. Lade die Seite neu, um sie zu sehen.',
  groups: 'Wähle Gruppen, die es gibt. Lade die Seite neu, um sie zu sehen.',
  playlist: 'Diese Playlist gibt es nicht mehr. Lade die Seite neu.',
  days: 'Wähle mindestens einen Wochentag.',
  from: 'Die Zeit ist keine Uhrzeit wie 08:30.',
  until: 'Die Zeit ist keine Uhrzeit wie 08:30 oder 24:00.',
  first: 'Das Datum gibt es nicht, oder es liegt nach dem letzten Tag.',
  last: 'Das Datum gibt es nicht, oder es liegt vor dem ersten Tag.',
  priority: 'Die Priorität liegt zwischen 0 und 9.',
  tags: 'Ein Tag hat 1 bis 60 Zeichen; eine Datei hat höchstens 64.',
  rating: 'Eine Bewertung hat 0 bis 5 Sterne.',
  subtitles: 'Untertitel sind SRT- oder WebVTT-Dateien mit bis zu 4 MB, höchstens 200 je Video.',
  q: 'Die Suche hat höchstens 200 Zeichen.',
};

/** @type {Record<string, string | ((refusal: Refusal) => string)>} */
const WORDS = {
  wrong_password: 'Das Passwort ist falsch.',
  wrong_code: 'Der Code ist falsch.',
  password_set: 'Das Passwort ist schon festgelegt. Melde dich damit an.',
  password_in_file: 'Das Passwort steht in marquee.toml (admin_password in [web]). Ändere es dort.',
  logins_damaged: 'Die Datei mit den Anmeldungen ist beschädigt. Lege mit dem Code auf den Fernsehern ein neues Passwort fest.',
  not_written: 'Das konnte nicht gespeichert werden. Prüfe den Speicher der Box.',
  not_kept: 'Das gilt jetzt, konnte aber nicht gespeichert werden: Nach einem Neustart gilt wieder das Alte.',
  login_needed: 'Melde dich an.',
  needs_admin: 'Dazu braucht es die Anmeldung als Administrator.',
  forbidden: 'Das ist mit dieser Anmeldung nicht erlaubt.',
  other_name: 'Öffne die Box unter ihrer Adresse oder ihrem Namen im lokalen Netz.',
  not_found: 'Das gibt es nicht mehr. Lade die Seite neu.',
  in_use: ({ used_by, count }) => (used_by === 'windows'
    ? `Das wird noch gebraucht: im Zeitplan (${count === '1' ? '1 Eintrag' : `${count} Einträge`}). Ändere zuerst das.`
    : `Das wird noch gebraucht: ${USERS[used_by || ''] || 'an anderer Stelle'}. Ändere zuerst das.`),
  too_many: ({ what, max }) => (what && max
    ? `Es gibt schon ${max} ${THINGS[what] || 'davon'}: mehr sind nicht möglich. Lösche zuerst etwas.`
    : 'Mehr davon sind nicht möglich. Lösche zuerst etwas.'),
  changed: 'Jemand anderes hat es inzwischen geändert. Lade die Seite neu.',
  conflict: 'Das geht gerade nicht. Lade die Seite neu.',
  not_damaged: 'Die Mediathek ist nicht beschädigt und bleibt, wie sie ist.',
  library_damaged: 'Die Mediathek ist beschädigt. Die Einstellungen zeigen, was zu tun ist.',
  read_only: 'Der Speicher lässt sich nur lesen: Nichts kann geändert werden.',
  disk_full: 'Der Speicher ist voll. Leere den Papierkorb, oder lösche, was du nicht mehr brauchst.',
  not_a_backup: 'Das ist keine Sicherung von Marquee, oder sie ist beschädigt. Nichts wurde geändert.',
  screen_off: 'Der Bildschirm ist aus. Schalte ihn zuerst ein.',
  invalid: ({ parameter }) => PARAMETERS[parameter || ''] || 'Eine Angabe ist so nicht möglich.',
  bad_request: 'Eine Angabe ist so nicht möglich.',
  too_slow: 'Die Übertragung hat zu lange gedauert. Versuche es noch einmal.',
  too_large: 'Das ist zu groß.',
  unsupported: 'Damit kann die Box nichts anfangen.',
  locked: 'Das wird gerade schon übertragen.',
  too_many_requests: ({ seconds }) => (seconds ? `Zu viele Versuche. Warte ${seconds} s.` : 'Zu viele Versuche auf einmal. Warte einen Moment.'),
  unavailable: 'Das geht gerade nicht. Versuche es in einigen Sekunden noch einmal.',
  internal: 'In der Box ist etwas schiefgegangen. Das Protokoll nennt den Grund.',
  upload_unknown: 'Dieser Upload ist abgelaufen. Beginne ihn neu.',
  upload_busy: 'Diese Datei wird gerade schon hochgeladen.',
  upload_offset: 'Der Upload wird an der richtigen Stelle fortgesetzt.',
  upload_too_much: 'Die Datei hat sich beim Hochladen geändert. Beginne neu.',
  uploads_too_many: 'Es laufen schon zu viele Uploads. Dieser wartet.',
  file_too_large: 'Die Datei ist zu groß.',
  file_without_name: 'Die Datei hat keinen Namen.',
  file_empty: 'Die Datei ist leer.',
  subtitles_without_video: 'Kein Video heißt wie diese Untertitel. Lade zuerst das Video hoch: Film.srt und Film.de.srt gehören zu Film.mp4.',
  other_content: ({ content }) => `Die Datei kann nicht gezeigt werden. ${CONTENTS[content || ''] || CONTENTS.unknown}`,
  checksum: 'Beim Übertragen ging etwas verloren. Es wird noch einmal gesendet.',
};

/** @param {Refusal} refusal */
export function refusalGerman(refusal) {
  const words = WORDS[refusal.code || ''];
  if (!words) {
    return refusal.status ? `Das hat nicht geklappt (${refusal.status}).` : '';
  }
  return typeof words === 'string' ? words : words(refusal);
}
