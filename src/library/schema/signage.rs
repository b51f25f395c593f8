//! The tables of what screens play: playlists, screens and groups, the schedule, the message, plays.

/// What screens play. Times of plays and messages are milliseconds since 1970.
pub(super) const SIGNAGE: &str = "
CREATE TABLE playlists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    shuffle INTEGER NOT NULL CHECK (shuffle IN (0, 1)),
    transition TEXT NOT NULL CHECK (transition IN ('cut', 'fade')),
    slide_ms INTEGER NOT NULL,
    -- Rises with every change: who changes it says which one they saw.
    version INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE playlist_items (
    playlist INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    -- One of the three. No references: what is gone is skipped and said to be, not taken out behind anybody's back.
    asset INTEGER,
    tag TEXT,
    source TEXT,
    -- Numbers with commas between; null: all.
    pages TEXT,
    duration_ms INTEGER,
    from_ms INTEGER,
    until_ms INTEGER,
    fit TEXT NOT NULL CHECK (fit IN ('contain', 'cover')),
    sound INTEGER NOT NULL CHECK (sound IN (0, 1)),
    until_no_signal INTEGER NOT NULL CHECK (until_no_signal IN (0, 1)),
    CHECK ((asset IS NOT NULL) + (tag IS NOT NULL) + (source IS NOT NULL) = 1),
    PRIMARY KEY (playlist, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE screen_groups (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE screens (
    -- Never given twice: plays go by it.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- BLAKE3 of what a network TV shows to be known by. The box's own ports have a connector instead.
    key BLOB UNIQUE CHECK (length(key) = 32),
    connector TEXT UNIQUE,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    in_group INTEGER REFERENCES screen_groups (id) ON DELETE SET NULL,
    browser TEXT NOT NULL DEFAULT '',
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    address TEXT NOT NULL DEFAULT '',
    added INTEGER NOT NULL,
    -- 0: never.
    seen INTEGER NOT NULL DEFAULT 0,
    CHECK ((key IS NULL) <> (connector IS NULL))
) STRICT;
CREATE INDEX screens_by_group ON screens (in_group) WHERE in_group IS NOT NULL;

-- Names of screens that were taken away: plays still tell of them.
CREATE TABLE past_screens (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;

CREATE TABLE windows (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Null: standby.
    playlist INTEGER REFERENCES playlists (id),
    everywhere INTEGER NOT NULL CHECK (everywhere IN (0, 1)),
    -- Bits, Monday the lowest.
    days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 127),
    from_minute INTEGER NOT NULL CHECK (from_minute BETWEEN 0 AND 1439),
    until_minute INTEGER NOT NULL CHECK (until_minute BETWEEN 0 AND 1440),
    first TEXT,
    last TEXT,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9)
) STRICT;
CREATE INDEX windows_by_playlist ON windows (playlist) WHERE playlist IS NOT NULL;

CREATE TABLE window_screens (
    window_id INTEGER NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
    screen INTEGER NOT NULL REFERENCES screens (id) ON DELETE CASCADE,
    PRIMARY KEY (window_id, screen)
) STRICT, WITHOUT ROWID;
CREATE INDEX window_screens_by_screen ON window_screens (screen);

CREATE TABLE window_groups (
    window_id INTEGER NOT NULL REFERENCES windows (id) ON DELETE CASCADE,
    in_group INTEGER NOT NULL REFERENCES screen_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (window_id, in_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX window_groups_by_group ON window_groups (in_group);

-- At most one row: what is shown over everything.
CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    text TEXT,
    playlist INTEGER REFERENCES playlists (id),
    everywhere INTEGER NOT NULL CHECK (everywhere IN (0, 1)),
    from_ms INTEGER NOT NULL,
    until_ms INTEGER
) STRICT;
CREATE TABLE message_screens (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    screen INTEGER NOT NULL REFERENCES screens (id) ON DELETE CASCADE,
    PRIMARY KEY (message, screen)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_screens_by_screen ON message_screens (screen);

-- Where playlists are that have changed while they were played: without it, a restart of the box would move all TVs.
CREATE TABLE anchors (
    playlist INTEGER NOT NULL,
    base_ms INTEGER NOT NULL,
    epoch_ms INTEGER NOT NULL,
    PRIMARY KEY (playlist, base_ms)
) STRICT, WITHOUT ROWID;

-- Proof of play. Millions of rows: what they have in common stands once, in the first two tables.
CREATE TABLE players (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE shown (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    name TEXT NOT NULL,
    -- 0, 0 and '' for none: a null would be unlike every other null.
    playlist INTEGER NOT NULL,
    asset INTEGER NOT NULL,
    source TEXT NOT NULL,
    UNIQUE (item, name, playlist, asset, source)
) STRICT;
CREATE TABLE plays (
    id INTEGER PRIMARY KEY,
    player INTEGER NOT NULL,
    number INTEGER NOT NULL,
    screen INTEGER NOT NULL,
    shown INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL,
    whole INTEGER NOT NULL CHECK (whole IN (0, 1)),
    -- Sent twice counts once.
    UNIQUE (player, number)
) STRICT;
CREATE INDEX plays_by_time ON plays (from_ms, id);
";

/// What screens show while nothing is scheduled: each, and those that have no choice of their own.
pub(super) const IDLE: &str = "
ALTER TABLE screens ADD COLUMN idle TEXT;
ALTER TABLE screens ADD COLUMN idle_id INTEGER;
CREATE TABLE idle (one INTEGER PRIMARY KEY CHECK (one = 1), show TEXT NOT NULL, id INTEGER) STRICT;
";

/// Messages for groups of screens, and messages that are kept to be shown again.
pub(super) const TEMPLATES: &str = "
CREATE TABLE message_groups (
    message INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    in_group INTEGER NOT NULL REFERENCES screen_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (message, in_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_groups_by_group ON message_groups (in_group);
CREATE TABLE message_templates (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    text TEXT,
    playlist INTEGER REFERENCES playlists (id),
    everywhere INTEGER NOT NULL CHECK (everywhere IN (0, 1)),
    minutes INTEGER
) STRICT;
CREATE TABLE template_screens (
    template INTEGER NOT NULL REFERENCES message_templates (id) ON DELETE CASCADE,
    screen INTEGER NOT NULL REFERENCES screens (id) ON DELETE CASCADE,
    PRIMARY KEY (template, screen)
) STRICT, WITHOUT ROWID;
CREATE INDEX template_screens_by_screen ON template_screens (screen);
CREATE TABLE template_groups (
    template INTEGER NOT NULL REFERENCES message_templates (id) ON DELETE CASCADE,
    in_group INTEGER NOT NULL REFERENCES screen_groups (id) ON DELETE CASCADE,
    PRIMARY KEY (template, in_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX template_groups_by_group ON template_groups (in_group);
";
