//! `access.toml` in the data folder, readable by nobody else: hashes of the password, of sessions, tokens and links.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use toml::{Table, Value};

use super::secret::{Fingerprint, Plain, id};
use super::{Error, Grant, GrantKind, Right, SESSIONS_MAX, now};

/// All that is written down.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// PHC string.
    pub(super) password: Option<String>,
    pub(super) sessions: Vec<Entry>,
    pub(super) tokens: Vec<Entry>,
    pub(super) links: Vec<Entry>,
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) right: Right,
    pub(super) fingerprint: Fingerprint,
    /// Seconds since 1970.
    pub(super) created: u64,
    pub(super) used: u64,
}

impl Entry {
    pub(super) fn new(name: &str, right: Right, secret: &Plain) -> Result<Self, Error> {
        let (fingerprint, now) = (Fingerprint::of(secret.reveal()), now());
        Ok(Self { id: id()?, name: name.to_owned(), right, fingerprint, created: now, used: now })
    }

    pub(super) fn grant(&self) -> Grant {
        let created = UNIX_EPOCH + Duration::from_secs(self.created);
        Grant { id: self.id.clone(), name: self.name.clone(), right: self.right, created }
    }
}

impl State {
    pub(super) fn entries(&self, kind: GrantKind) -> &[Entry] {
        match kind {
            GrantKind::Token => &self.tokens,
            GrantKind::Link => &self.links,
        }
    }

    pub(super) fn entries_mut(&mut self, kind: GrantKind) -> &mut Vec<Entry> {
        match kind {
            GrantKind::Token => &mut self.tokens,
            GrantKind::Link => &mut self.links,
        }
    }

    /// Returns the new session's secret.
    pub(super) fn add_session(&mut self, right: Right) -> Result<Plain, Error> {
        let secret = Plain::new()?;
        if self.sessions.len() >= SESSIONS_MAX {
            let oldest = self.sessions.iter().enumerate().min_by_key(|(_, entry)| entry.used);
            if let Some((oldest, _)) = oldest {
                self.sessions.remove(oldest);
            }
        }
        self.sessions.push(Entry::new("", right, &secret)?);
        Ok(secret)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    password: Option<String>,
    #[serde(default)]
    session: Vec<WrittenEntry>,
    #[serde(default)]
    token: Vec<WrittenEntry>,
    #[serde(default)]
    link: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    id: String,
    name: String,
    right: String,
    hash: String,
    created: u64,
    used: u64,
}

/// An empty state if there is no file yet.
pub(super) fn read(path: &Path) -> Result<State, Error> {
    let failed = |why: &dyn std::fmt::Display| Error::Write(format!("{}: {why}", path.display()));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(failed(&error)),
    };
    let written: Written = toml::from_str(&text).map_err(|error| failed(&error.message()))?;
    let entry = |entry: WrittenEntry| {
        let right = Right::named(&entry.right).ok_or_else(|| failed(&"an unknown right"))?;
        let fingerprint = Fingerprint::stored(&entry.hash);
        let WrittenEntry { id, name, created, used, .. } = entry;
        Ok(Entry { id, name, right, fingerprint, created, used })
    };
    let all = |entries: Vec<WrittenEntry>| entries.into_iter().map(entry).collect::<Result<_, _>>();
    Ok(State {
        password: written.password,
        sessions: all(written.session)?,
        tokens: all(written.token)?,
        links: all(written.link)?,
    })
}

/// A power cut leaves the old one or the new one, whole.
pub(super) fn write(path: &Path, state: &State) -> Result<(), Error> {
    let temporary = path.with_extension("toml.new");
    let written = (|| {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(text(state).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    })();
    written.map_err(|error: io::Error| Error::Write(format!("{}: {error}", path.display())))
}

fn text(state: &State) -> String {
    let mut table = Table::new();
    if let Some(password) = &state.password {
        table.insert("password".to_owned(), password.clone().into());
    }
    for (name, entries) in [("session", &state.sessions), ("token", &state.tokens), ("link", &state.links)] {
        table.insert(name.to_owned(), Value::Array(entries.iter().map(entry_table).collect()));
    }
    table.to_string()
}

fn entry_table(entry: &Entry) -> Value {
    let number = |seconds: u64| Value::Integer(seconds.cast_signed());
    let mut table = Table::new();
    table.insert("id".to_owned(), entry.id.clone().into());
    table.insert("name".to_owned(), entry.name.clone().into());
    table.insert("right".to_owned(), entry.right.name().into());
    table.insert("hash".to_owned(), entry.fingerprint.text().into());
    table.insert("created".to_owned(), number(entry.created));
    table.insert("used".to_owned(), number(entry.used));
    Value::Table(table)
}
