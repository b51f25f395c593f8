//! `access.toml` in the data folder, readable by nobody else: hashes of the password, of sessions, tokens and links.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde::Deserialize;
use toml::{Table, Value};

use super::password::is_hash;
use super::secret::{Fingerprint, Plain, id};
use super::{Error, Grant, GrantKind, Right, SESSIONS_MAX, now};
use crate::host::host_of;

/// Sessions, tokens and links, 64 of each, take some 50 kB.
const BYTES_MAX: u64 = 256 << 10;

/// All that is written down.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// PHC string.
    pub(super) password: Option<String>,
    /// The same of the configuration's password that was in force when the sessions began.
    pub(super) fixed: Option<String>,
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
    /// Where a login came from, as [`host`] has it.
    pub(super) from: Option<IpAddr>,
}

impl Entry {
    pub(super) fn new(name: &str, right: Right, secret: &Plain, from: Option<IpAddr>) -> Result<Self, Error> {
        let (fingerprint, now) = (Fingerprint::of(secret.reveal()), now());
        let from = from.map(host_of);
        Ok(Self { id: id()?, name: name.to_owned(), right, fingerprint, created: now, used: now, from })
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
    pub(super) fn add_session(&mut self, right: Right, from: IpAddr) -> Result<Plain, Error> {
        let secret = Plain::new()?;
        if self.sessions.len() >= SESSIONS_MAX {
            let oldest = self.sessions.iter().enumerate().min_by_key(|(_, entry)| entry.used);
            if let Some((oldest, _)) = oldest {
                self.sessions.remove(oldest);
            }
        }
        self.sessions.push(Entry::new("", right, &secret, Some(from))?);
        Ok(secret)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    password: Option<String>,
    fixed: Option<String>,
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
    from: Option<IpAddr>,
}

/// An empty state if there is no file yet; why it can't be read if there is one.
pub(super) fn read(path: &Path) -> Result<State, String> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(BYTES_MAX + 1).read_to_string(&mut text));
    match read {
        Ok(bytes) if bytes as u64 > BYTES_MAX => Err(format!("it is larger than {BYTES_MAX} bytes")),
        Ok(_) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(State::default()),
        Err(error) => Err(error.to_string()),
    }
}

/// What such a file says, or why it is none of ours.
pub(super) fn parse(text: &str) -> Result<State, String> {
    let written: Written = toml::from_str(text).map_err(|error| error.message().to_owned())?;
    let entry = |entry: WrittenEntry| {
        let right =
            Right::named(&entry.right).ok_or_else(|| format!("the right \"{}\" is unknown", entry.right))?;
        let fingerprint = Fingerprint::stored(&entry.hash).ok_or("a hash is none")?;
        let WrittenEntry { id, name, created, used, from, .. } = entry;
        Ok(Entry { id, name, right, fingerprint, created, used, from })
    };
    if [&written.password, &written.fixed].into_iter().flatten().any(|hash| !is_hash(hash)) {
        return Err("the password's hash is none".to_owned());
    }
    let all = |entries: Vec<WrittenEntry>| entries.into_iter().map(entry).collect::<Result<_, String>>();
    Ok(State {
        password: written.password,
        fixed: written.fixed,
        sessions: all(written.session)?,
        tokens: all(written.token)?,
        links: all(written.link)?,
    })
}

/// Keeps a file that can't be read for whoever wants to look at it.
pub(super) fn set_aside(path: &Path) -> Result<(), Error> {
    let aside = path.with_extension("toml.damaged");
    match std::fs::rename(path, &aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write(format!("{} can't be renamed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

/// A power cut leaves the old one or the new one, whole.
pub(super) fn write(path: &Path, state: &State) -> Result<(), Error> {
    let temporary = path.with_extension("toml.new");
    let written = (|| {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        // One that was left behind may have other rights.
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text(state).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    })();
    written.map_err(|error: io::Error| Error::Write(format!("{}: {error}", path.display())))
}

fn text(state: &State) -> String {
    let mut table = Table::new();
    for (name, hash) in [("password", &state.password), ("fixed", &state.fixed)] {
        if let Some(hash) = hash {
            table.insert(name.to_owned(), hash.clone().into());
        }
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
    if let Some(from) = entry.from {
        table.insert("from".to_owned(), from.to_string().into());
    }
    Value::Table(table)
}
