//! Who may do what: the admin's password, sessions, tokens for programs, links that only look.
//!
//! Belongs here: secrets, and whether one is right.
//! Does not belong here: HTTP, and what a right allows (`web::route`).
//!
//! Secrets that we make are 128 random bits, so their BLAKE3 is kept and nothing more is needed; the password, which a
//! person makes up, goes through argon2id. Everything is in one small file of its own, not in the library's database:
//! a damaged library must not lock its admin out.

mod file;
mod password;
mod secret;
mod throttle;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use file::{Entry, State};
use password::Hasher;
use secret::Fingerprint;
pub use secret::Plain;
use throttle::Throttle;

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
    /// No password yet: whoever knows the code from the log sets it.
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

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the code is wrong")]
    WrongCode,
    #[error("the password is set already; log in with it")]
    NotInSetup,
    #[error("the password is set in marquee.toml, [web] admin_password; change it there")]
    InConfiguration,
    #[error("too many attempts; try again in {seconds} s")]
    TooMany { seconds: u64 },
    #[error("{what} must be {allowed}")]
    Invalid { what: &'static str, allowed: &'static str },
    #[error("there are {ENTRIES_MAX} of them already; take one away first")]
    Full,
    #[error("there is none with this id")]
    NotFound,
    #[error("who may do what can't be written down: {0}")]
    Write(String),
    #[error("no random numbers: {0}")]
    Chance(String),
}

/// The one who knows. Short locks; argon2, which takes half a second on a Pi, runs outside of them.
pub struct Access {
    /// `None`: nothing survives a restart.
    path: Option<PathBuf>,
    settings: Mutex<Settings>,
    state: Mutex<State>,
    throttle: Mutex<Throttle>,
    hasher: Hasher,
    code: Plain,
}

impl Access {
    /// Reads what is written in the data folder. A damaged file is no reason to let anybody in: it is an error.
    pub fn open(data: Option<&Path>, settings: Settings) -> Result<Self, Error> {
        let path = data.map(|data| data.join("access.toml"));
        let state = path.as_deref().map_or_else(|| Ok(State::default()), file::read)?;
        Ok(Self {
            path,
            settings: Mutex::new(settings),
            state: Mutex::new(state),
            throttle: Mutex::default(),
            hasher: Hasher::default(),
            code: Plain::code()?,
        })
    }

    pub fn follow(&self, settings: Settings) {
        *lock(&self.settings) = settings;
    }

    pub fn phase(&self) -> Phase {
        let settings = lock(&self.settings);
        match (settings.login, settings.password.is_some() || lock(&self.state).password.is_some()) {
            (false, _) => Phase::Open,
            (true, false) => Phase::Setup,
            (true, true) => Phase::Login,
        }
    }

    /// What whoever sets the password has to know, while there is none: shown in the log and on the TVs.
    pub fn setup_code(&self) -> Option<&str> {
        (self.phase() == Phase::Setup).then(|| self.code.reveal())
    }

    /// Whether the password may be changed here.
    pub fn password_is_fixed(&self) -> bool {
        lock(&self.settings).password.is_some()
    }

    /// The right of whoever shows this cookie of a session.
    pub fn by_session(&self, secret: &str) -> Option<Right> {
        let fingerprint = Fingerprint::of(secret);
        let now = now();
        let mut state = lock(&self.state);
        let entry = state.sessions.iter_mut().find(|entry| entry.fingerprint == fingerprint)?;
        if now.saturating_sub(entry.used) > SESSION_TIME.as_secs() {
            return None;
        }
        let (right, stale) = (entry.right, now.saturating_sub(entry.used) > TOUCH_EVERY.as_secs());
        if stale {
            entry.used = now;
            if let Err(error) = self.write(&state) {
                log::warn!("{error}");
            }
        }
        Some(right)
    }

    /// The right of a token in a header.
    pub fn by_token(&self, secret: &str) -> Option<Right> {
        let fingerprint = Fingerprint::of(secret);
        lock(&self.state)
            .tokens
            .iter()
            .find(|entry| entry.fingerprint == fingerprint)
            .map(|entry| entry.right)
    }

    /// The right of a link that has not been withdrawn.
    pub fn by_link(&self, secret: &str) -> Option<Right> {
        let fingerprint = Fingerprint::of(secret);
        lock(&self.state).links.iter().find(|entry| entry.fingerprint == fingerprint).map(|entry| entry.right)
    }

    /// Sets the first password. Returns a session's secret.
    pub async fn set_up(&self, from: IpAddr, code: &str, password: &str) -> Result<Plain, Error> {
        if self.phase() != Phase::Setup {
            return Err(Error::NotInSetup);
        }
        check_password(password)?;
        self.may_try(from)?;
        if Fingerprint::of(code.trim()) != Fingerprint::of(self.code.reveal()) {
            self.failed(from);
            return Err(Error::WrongCode);
        }
        let hash = self.hasher.hash(password).await?;
        self.change(|state| {
            // Two at once: the first one has it.
            if state.password.is_some() {
                return Err(Error::NotInSetup);
            }
            state.password = Some(hash);
            state.add_session(Right::Admin)
        })
    }

    /// Returns a session's secret.
    pub async fn log_in(&self, from: IpAddr, password: &str) -> Result<Plain, Error> {
        self.may_try(from)?;
        if !self.is_password(password).await? {
            self.failed(from);
            return Err(Error::WrongPassword);
        }
        lock(&self.throttle).forget(from);
        self.change(|state| state.add_session(Right::Admin))
    }

    pub fn log_out(&self, secret: &str) -> Result<(), Error> {
        let fingerprint = Fingerprint::of(secret);
        self.change(|state| {
            state.sessions.retain(|entry| entry.fingerprint != fingerprint);
            Ok(())
        })
    }

    /// A new password ends all other sessions: it may be changed because somebody else knew the old one.
    pub async fn change_password(&self, from: IpAddr, old: &str, new: &str) -> Result<Plain, Error> {
        if self.password_is_fixed() {
            return Err(Error::InConfiguration);
        }
        check_password(new)?;
        self.may_try(from)?;
        if !self.is_password(old).await? {
            self.failed(from);
            return Err(Error::WrongPassword);
        }
        let hash = self.hasher.hash(new).await?;
        self.change(|state| {
            state.password = Some(hash);
            state.sessions.clear();
            state.add_session(Right::Admin)
        })
    }

    pub fn grants(&self, kind: GrantKind) -> Vec<Grant> {
        lock(&self.state).entries(kind).iter().map(Entry::grant).collect()
    }

    /// Returns the new one, and its secret, which nobody can be told again.
    pub fn grant(&self, kind: GrantKind, name: &str, right: Right) -> Result<(Grant, Plain), Error> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
            return Err(Error::Invalid { what: "name", allowed: "a text of 1 to 60 characters" });
        }
        let secret = Plain::new()?;
        let entry = Entry::new(name, right, &secret)?;
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
        self.change(|state| {
            let entries = state.entries_mut(kind);
            let before = entries.len();
            entries.retain(|entry| entry.id != id);
            if entries.len() == before { Err(Error::NotFound) } else { Ok(()) }
        })
    }

    async fn is_password(&self, password: &str) -> Result<bool, Error> {
        if let Some(fixed) = &lock(&self.settings).password {
            // Of both the fingerprint, so that the time taken tells nothing of where they differ.
            return Ok(Fingerprint::of(fixed) == Fingerprint::of(password));
        }
        let hash = lock(&self.state).password.clone();
        match hash {
            Some(hash) if password.len() <= PASSWORD_BYTES_MAX => self.hasher.is_right(password, hash).await,
            _ => Ok(false),
        }
    }

    fn may_try(&self, from: IpAddr) -> Result<(), Error> {
        match lock(&self.throttle).wait(from, Instant::now()) {
            Some(wait) => Err(Error::TooMany { seconds: whole_seconds(wait) }),
            None => Ok(()),
        }
    }

    fn failed(&self, from: IpAddr) {
        log::warn!("a wrong password or code from {from}");
        lock(&self.throttle).failed(from, Instant::now());
    }

    /// A change is in force when it is on the disk; one that can't be written is taken back.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, Error>) -> Result<T, Error> {
        let mut state = lock(&self.state);
        let mut changed = state.clone();
        let value = change(&mut changed)?;
        self.write(&changed)?;
        *state = changed;
        Ok(value)
    }

    fn write(&self, state: &State) -> Result<(), Error> {
        self.path.as_deref().map_or(Ok(()), |path| file::write(path, state))
    }
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn open(folder: &Path) -> Access {
        Access::open(Some(folder), Settings { login: true, password: None }).unwrap()
    }

    #[test]
    fn nobody_is_told_to_come_too_early() {
        let seconds = [0, 1, 1000, 1001, 1999, 2000].map(|ms| whole_seconds(Duration::from_millis(ms)));
        assert_eq!(seconds, [0, 1, 1, 2, 2, 2]);
    }

    #[tokio::test]
    async fn the_first_visitor_needs_the_code_and_there_is_no_second_first() {
        let folder = tempfile::tempdir().unwrap();
        let access = open(folder.path());
        let code = access.setup_code().unwrap().to_owned();
        assert_eq!(access.set_up(FROM, "nonsense", "long enough").await.unwrap_err(), Error::WrongCode);
        let short = access.set_up(FROM, &code, "short").await;
        assert!(matches!(short, Err(Error::Invalid { .. })));
        let session = access.set_up(FROM, &code, "long enough").await.unwrap();
        assert_eq!(access.by_session(session.reveal()), Some(Right::Admin));
        assert_eq!(access.set_up(FROM, &code, "another one").await.unwrap_err(), Error::NotInSetup);
        assert_eq!(access.setup_code(), None);
    }

    #[tokio::test]
    async fn sessions_tokens_and_links_survive_a_restart_and_end_when_told() {
        let folder = tempfile::tempdir().unwrap();
        let access = open(folder.path());
        let code = access.setup_code().unwrap().to_owned();
        access.set_up(FROM, &code, "long enough").await.unwrap();
        let session = access.log_in(FROM, "long enough").await.unwrap();
        let (token, token_secret) = access.grant(GrantKind::Token, "robot", Right::View).unwrap();
        let (link, link_secret) = access.grant(GrantKind::Link, "guests", Right::View).unwrap();
        let access = open(folder.path());
        assert_eq!(access.by_session(session.reveal()), Some(Right::Admin));
        assert_eq!(access.by_token(token_secret.reveal()), Some(Right::View));
        assert_eq!(access.by_link(link_secret.reveal()), Some(Right::View));
        assert_eq!(access.by_token(link_secret.reveal()), None, "each only where it belongs");
        assert_eq!(access.grants(GrantKind::Token), std::slice::from_ref(&token));
        access.withdraw(GrantKind::Token, &token.id).unwrap();
        access.withdraw(GrantKind::Link, &link.id).unwrap();
        access.log_out(session.reveal()).unwrap();
        assert_eq!(access.by_token(token_secret.reveal()), None);
        assert_eq!(access.by_link(link_secret.reveal()), None);
        assert_eq!(access.by_session(session.reveal()), None);
        assert_eq!(access.withdraw(GrantKind::Link, &link.id), Err(Error::NotFound));
    }

    #[tokio::test]
    async fn a_new_password_ends_all_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let access = open(folder.path());
        let code = access.setup_code().unwrap().to_owned();
        let first = access.set_up(FROM, &code, "long enough").await.unwrap();
        let second = access.change_password(FROM, "long enough", "long enough 2").await.unwrap();
        assert_eq!(access.by_session(first.reveal()), None);
        assert_eq!(access.by_session(second.reveal()), Some(Right::Admin));
        assert_eq!(access.log_in(FROM, "long enough").await.unwrap_err(), Error::WrongPassword);
        access.log_in(FROM, "long enough 2").await.unwrap();
    }

    #[tokio::test]
    async fn whoever_guesses_has_to_wait_longer_and_longer() {
        let access =
            Access::open(None, Settings { login: true, password: Some("right".to_owned()) }).unwrap();
        for _ in 0..5 {
            assert_eq!(access.log_in(FROM, "wrong").await.unwrap_err(), Error::WrongPassword);
        }
        assert!(matches!(access.log_in(FROM, "right").await, Err(Error::TooMany { .. })));
        let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
        access.log_in(other, "right").await.unwrap();
    }

    #[test]
    fn nobody_gets_in_by_a_damaged_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("access.toml"), "password = 7").unwrap();
        assert!(Access::open(Some(folder.path()), Settings { login: true, password: None }).is_err());
    }

    #[test]
    fn without_a_login_everybody_is_the_admin() {
        let access = Access::open(None, Settings::default()).unwrap();
        assert_eq!((access.phase(), access.setup_code()), (Phase::Open, None));
    }
}
