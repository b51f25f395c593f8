//! Who may do what: the admin's password, sessions, tokens for programs, links that only look.
//!
//! Belongs here: secrets, and whether one is right.
//! Does not belong here: HTTP, and what a right allows (`web::route`).
//!
//! Secrets that we make are 128 random bits, so their BLAKE3 is kept and nothing more is needed; the password, which a
//! person makes up, goes through argon2id. Everything is in one small file of its own, not in the library's database:
//! a damaged library must not lock its admin out. Nor does a file that is damaged itself, or a disk that takes no
//! writing: the code of the first visit sets a new password then, and logins hold until the next restart.

mod error;
mod file;
mod password;
mod secret;
#[cfg(test)]
mod tests;
mod throttle;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub use error::{BUSY_S, Error};
use file::{Entry, State};
use password::Hasher;
use secret::Fingerprint;
pub use secret::Plain;
use throttle::Throttle;
use tokio::sync::watch;

use crate::host::host_of;

/// A box has one admin and a few integrations; beyond, somebody fills the file.
pub const ENTRIES_MAX: usize = 64;
/// Logins at once: one for each browser of the house. The one unused for longest goes first.
const SESSIONS_MAX: usize = 64;
/// A session ends when it was not used for so long.
pub const SESSION_TIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// When a session was used is written down this often: each write wears the card.
const TOUCH_EVERY: Duration = Duration::from_secs(24 * 3600);
pub const PASSWORD_CHARS_MIN: usize = 8;
/// argon2 reads it all.
pub const PASSWORD_BYTES_MAX: usize = 256;
pub const NAME_CHARS_MAX: usize = 60;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    View,
    /// Put a message on the screens and take it back, and nothing else: for a door bell or a fire alarm.
    Message,
    /// Everything.
    Admin,
}

impl Right {
    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Message => "message",
            Self::Admin => "admin",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::View, Self::Message, Self::Admin].into_iter().find(|right| right.name() == name)
    }

    /// Whether whoever has this right may do what needs the other.
    pub fn covers(self, needed: Self) -> bool {
        self == Self::Admin || self == needed
    }
}

/// What the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Without a login everybody who reaches the box is its admin.
    pub login: bool,
    /// In place of one that was set in the browser.
    pub password: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Everybody is the admin.
    Open,
    /// No password, or none that can be read: whoever knows the code from the log or a TV sets it.
    Setup,
    Login,
}

/// A token or a link, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub id: String,
    pub name: String,
    pub right: Right,
    pub created: SystemTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantKind {
    /// For programs, in a header.
    Token,
    /// For people who only look.
    Link,
}

/// The one who knows. Short locks; argon2, which takes half a second on a Pi, runs outside of them.
pub struct Access {
    /// `None`: nothing survives a restart.
    path: Option<PathBuf>,
    settings: Mutex<Settings>,
    kept: Mutex<Kept>,
    throttle: Mutex<Throttle>,
    hasher: Hasher,
    code: Plain,
    changes: watch::Sender<u64>,
}

/// What is known, and how it stands with the file.
#[derive(Default)]
struct Kept {
    state: State,
    /// Why the file can't be read. It is set aside by what is written next.
    damaged: Option<String>,
    /// Why the last change could not be written: it holds until the next restart.
    unwritten: Option<String>,
}

impl Access {
    /// Reads what is written in the data folder. A damaged file is no reason to let anybody in, and none to keep
    /// everybody out: nothing of it holds, and the code sets a new password.
    pub fn open(data: Option<&Path>, settings: Settings) -> Result<Self, Error> {
        let path = data.map(|data| data.join("access.toml"));
        let kept = match path.as_deref().map(file::read) {
            None => Kept::default(),
            Some(Ok(state)) => Kept { state, ..Kept::default() },
            Some(Err(why)) => Kept { damaged: Some(why), ..Kept::default() },
        };
        Ok(Self {
            path,
            settings: Mutex::new(settings),
            kept: Mutex::new(kept),
            throttle: Mutex::default(),
            hasher: Hasher::default(),
            code: Plain::code()?,
            changes: watch::Sender::default(),
        })
    }

    pub async fn follow(&self, settings: Settings) {
        let before = std::mem::replace(&mut *lock(&self.settings), settings);
        self.settle().await;
        if *lock(&self.settings) != before {
            self.changed();
        }
    }

    /// Ends the sessions that began with another password of the configuration than today's, also if its file was
    /// changed while Marquee did not run. To be called before anybody is let in.
    pub async fn settle(&self) {
        let fixed = lock(&self.settings).password.clone();
        let known = lock(&self.kept).state.fixed.clone();
        let outcome = match (fixed, known) {
            (None, None) => return,
            (None, Some(_)) => Ok(None),
            (Some(fixed), known) => self.hash_if_other(&fixed, known).await,
        };
        let hash = match outcome {
            Ok(None) if lock(&self.settings).password.is_some() => return,
            Ok(hash) => hash,
            Err(error) => {
                log::error!("the sessions of another password are ended: {error}");
                None
            }
        };
        let mut kept = lock(&self.kept);
        if !kept.state.sessions.is_empty() {
            log::warn!("[web] admin_password is another one: whoever is logged in has to log in again");
        }
        kept.state.sessions.clear();
        kept.state.fixed = hash;
        self.write_if_possible(&mut kept);
        drop(kept);
        self.changed();
    }

    /// `None`: it is the same.
    async fn hash_if_other(&self, fixed: &str, known: Option<String>) -> Result<Option<String>, Error> {
        if let Some(known) = known
            && self.hasher.is_right(self.hasher.place(true)?, fixed, known).await?
        {
            return Ok(None);
        }
        self.hasher.hash(self.hasher.place(true)?, fixed).await.map(Some)
    }

    /// Raised when somebody may no longer do what they could: whoever holds a stream open looks again.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn changed(&self) {
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// What is wrong with the text of such a file, which comes from elsewhere.
    pub fn check(text: &str) -> Result<(), String> {
        file::parse(text).map(drop)
    }

    /// Takes what a backup says of who may do what in the place of what is known: at once, and for ever.
    pub fn take_over(&self, text: &str) -> Result<(), Error> {
        let brought = file::parse(text).map_err(Error::Damaged)?;
        self.change(|state| {
            *state = brought;
            Ok(())
        })?;
        self.changed();
        Ok(())
    }

    pub fn phase(&self) -> Phase {
        let settings = lock(&self.settings);
        match (settings.login, settings.password.is_some() || lock(&self.kept).state.password.is_some()) {
            (false, _) => Phase::Open,
            (true, false) => Phase::Setup,
            (true, true) => Phase::Login,
        }
    }

    /// What whoever sets the password has to know, while there is none: shown in the log and on the TVs.
    pub fn setup_code(&self) -> Option<&str> {
        (self.phase() == Phase::Setup).then(|| self.code.reveal())
    }

    /// Why nobody's login, token or link of before holds: the file that knows them can't be read.
    pub fn damaged(&self) -> Option<String> {
        lock(&self.kept).damaged.clone()
    }

    /// Why what changed last is forgotten with the next restart.
    pub fn unwritten(&self) -> Option<String> {
        lock(&self.kept).unwritten.clone()
    }

    /// Whether the password may be changed here.
    pub fn password_is_fixed(&self) -> bool {
        lock(&self.settings).password.is_some()
    }

    /// The right of whoever shows this cookie of a session.
    pub fn by_session(&self, secret: &str) -> Option<Right> {
        let fingerprint = Fingerprint::of(secret);
        let now = now();
        let mut kept = lock(&self.kept);
        let entry = kept.state.sessions.iter_mut().find(|entry| entry.fingerprint == fingerprint)?;
        if now.saturating_sub(entry.used) > SESSION_TIME.as_secs() {
            return None;
        }
        let (right, stale) = (entry.right, now.saturating_sub(entry.used) > TOUCH_EVERY.as_secs());
        if stale {
            entry.used = now;
            self.write_if_possible(&mut kept);
        }
        Some(right)
    }

    /// The right of a token in a header.
    pub fn by_token(&self, secret: &str) -> Option<Right> {
        self.by_grant(GrantKind::Token, secret)
    }

    /// The right of a link that has not been withdrawn.
    pub fn by_link(&self, secret: &str) -> Option<Right> {
        self.by_grant(GrantKind::Link, secret)
    }

    fn by_grant(&self, kind: GrantKind, secret: &str) -> Option<Right> {
        let fingerprint = Fingerprint::of(secret);
        let kept = lock(&self.kept);
        kept.state
            .entries(kind)
            .iter()
            .find(|entry| entry.fingerprint == fingerprint)
            .map(|entry| entry.right)
    }

    /// Sets the first password. Returns a session's secret.
    pub async fn set_up(&self, from: IpAddr, code: &str, password: &str) -> Result<Plain, Error> {
        if self.phase() != Phase::Setup {
            return Err(Error::NotInSetup);
        }
        check_password(password)?;
        self.begin(from)?;
        if Fingerprint::of(code.trim()) != Fingerprint::of(self.code.reveal()) {
            return Err(wrong(from, Error::WrongCode));
        }
        // Who knows the code is nobody's flood.
        let hash = self.hasher.hash(self.hasher.place(true)?, password).await?;
        self.change_at_once(|state| {
            // Two at once: the first one has it.
            if state.password.is_some() {
                return Err(Error::NotInSetup);
            }
            state.password = Some(hash);
            state.add_session(Right::Admin, from)
        })
    }

    /// Returns a session's secret. One that can't be written down holds all the same: who may mend a full disk has to
    /// log in first.
    pub async fn log_in(&self, from: IpAddr, password: &str) -> Result<Plain, Error> {
        if let (Phase::Setup, Some(why)) = (self.phase(), self.damaged()) {
            return Err(Error::Damaged(why));
        }
        self.try_password(from, password).await?;
        self.change_at_once(|state| state.add_session(Right::Admin, from))
    }

    pub fn log_out(&self, secret: &str) {
        let fingerprint = Fingerprint::of(secret);
        let mut kept = lock(&self.kept);
        kept.state.sessions.retain(|entry| entry.fingerprint != fingerprint);
        self.write_if_possible(&mut kept);
        drop(kept);
        self.changed();
    }

    /// A new password ends all other sessions: it may be changed because somebody else knew the old one. `end_grants`:
    /// and who knew it may have made tokens and links.
    pub async fn change_password(
        &self,
        from: IpAddr,
        old: &str,
        new: &str,
        end_grants: bool,
    ) -> Result<Plain, Error> {
        if self.password_is_fixed() {
            return Err(Error::InConfiguration);
        }
        check_password(new)?;
        self.try_password(from, old).await?;
        let hash = self.hasher.hash(self.hasher.place(true)?, new).await?;
        let secret = self.change(|state| {
            state.password = Some(hash);
            state.sessions.clear();
            if end_grants {
                state.tokens.clear();
                state.links.clear();
            }
            state.add_session(Right::Admin, from)
        })?;
        self.changed();
        Ok(secret)
    }

    pub fn grants(&self, kind: GrantKind) -> Vec<Grant> {
        lock(&self.kept).state.entries(kind).iter().map(Entry::grant).collect()
    }

    /// Returns the new one, and its secret, which nobody can be told again.
    pub fn grant(&self, kind: GrantKind, name: &str, right: Right) -> Result<(Grant, Plain), Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Error::Invalid { what: "name", allowed: "a text of 1 to 60 characters" });
        }
        let secret = Plain::new()?;
        let entry = Entry::new(name, right, &secret, None)?;
        let grant = entry.grant();
        self.change(|state| {
            let entries = state.entries_mut(kind);
            if entries.len() >= ENTRIES_MAX {
                return Err(Error::Full);
            }
            entries.push(entry);
            Ok(())
        })?;
        Ok((grant, secret))
    }

    pub fn withdraw(&self, kind: GrantKind, id: &str) -> Result<(), Error> {
        self.change_at_once(|state| {
            let entries = state.entries_mut(kind);
            let before = entries.len();
            entries.retain(|entry| entry.id != id);
            if entries.len() == before { Err(Error::NotFound) } else { Ok(()) }
        })?;
        self.changed();
        self.unwritten().map_or(Ok(()), |why| Err(Error::Unwritten(why)))
    }

    /// Ok if the password is right. An attempt counts before it is looked at, and is forgotten if it was right.
    async fn try_password(&self, from: IpAddr, password: &str) -> Result<(), Error> {
        let known = self.is_known(from);
        let fixed = lock(&self.settings).password.clone();
        let right = if let Some(fixed) = fixed {
            self.begin(from)?;
            // Of both the fingerprint, so that the time taken tells nothing of where they differ.
            Fingerprint::of(&fixed) == Fingerprint::of(password)
        } else {
            // Who finds no place has not tried.
            let place = self.hasher.place(known)?;
            self.begin(from)?;
            let hash = lock(&self.kept).state.password.clone();
            match hash {
                Some(hash) if password.len() <= PASSWORD_BYTES_MAX => {
                    self.hasher.is_right(place, password, hash).await?
                }
                _ => false,
            }
        };
        if !right {
            return Err(wrong(from, Error::WrongPassword));
        }
        lock(&self.throttle).forget(from, known);
        Ok(())
    }

    fn begin(&self, from: IpAddr) -> Result<(), Error> {
        let known = self.is_known(from);
        let begun = lock(&self.throttle).begin(from, known, Instant::now());
        begun.map_err(|wait| Error::TooMany { seconds: whole_seconds(wait) })
    }

    /// Whether somebody is logged in who came from there.
    fn is_known(&self, from: IpAddr) -> bool {
        let host = host_of(from);
        lock(&self.kept).state.sessions.iter().any(|entry| entry.from == Some(host))
    }

    /// A change is in force when it is on the disk; one that can't be written is taken back.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        let mut kept = lock(&self.kept);
        let mut changed = kept.state.clone();
        let value = change(&mut changed)?;
        self.write(&mut kept, &changed)?;
        kept.state = changed;
        Ok(value)
    }

    /// A change that must not wait for a disk: who comes in, and who is kept out from now on.
    fn change_at_once<T>(&self, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        let mut kept = lock(&self.kept);
        let mut changed = kept.state.clone();
        let value = change(&mut changed)?;
        kept.state = changed;
        self.write_if_possible(&mut kept);
        Ok(value)
    }

    fn write_if_possible(&self, kept: &mut Kept) {
        let state = kept.state.clone();
        if let Err(error) = self.write(kept, &state) {
            log::warn!("{error}; what was changed holds until the next restart");
            kept.unwritten = Some(error.to_string());
        }
    }

    fn write(&self, kept: &mut Kept, state: &State) -> Result<(), Error> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(why) = &kept.damaged {
            file::set_aside(path)?;
            log::warn!("the logins of before are in access.toml.damaged, which can't be read: {why}");
            kept.damaged = None;
        }
        file::write(path, state)?;
        kept.unwritten = None;
        Ok(())
    }
}

fn wrong(from: IpAddr, error: Error) -> Error {
    log::warn!("a wrong password or code from {from}");
    error
}

fn check_password(password: &str) -> Result<(), Error> {
    let allowed = password.chars().count() >= PASSWORD_CHARS_MIN && password.len() <= PASSWORD_BYTES_MAX;
    if allowed { Ok(()) } else { Err(Error::Invalid { what: "password", allowed: "8 characters or longer" }) }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("no holder of this lock can panic")
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// What is told to whoever has to wait: rounded up, since who comes a moment too early is refused once more.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
