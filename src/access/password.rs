//! The admin's password, by argon2id.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Error;

/// Logins of strangers that wait for their turn; each takes half a second of a Pi, and who comes from where somebody
/// logged in before has places of his own, behind no more than these.
const STRANGERS_MAX: usize = 4;
const KNOWN_MAX: usize = 8;

/// 19 MiB and two passes, which OWASP advises; about half a second on a Pi. One at a time, so that many logins at once
/// don't take all of its memory.
pub(super) struct Hasher {
    turn: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    known: Arc<Semaphore>,
}

/// A place in the line of those whose password is worked on.
pub(super) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Default for Hasher {
    fn default() -> Self {
        let places = |count| Arc::new(Semaphore::new(count));
        Self { turn: places(1), strangers: places(STRANGERS_MAX), known: places(KNOWN_MAX) }
    }
}

/// Whether it is the text of a hash.
pub(super) fn is_hash(text: &str) -> bool {
    PasswordHash::new(text).is_ok()
}

impl Hasher {
    /// `known`: it comes from where somebody logged in before.
    pub(super) fn place(&self, known: bool) -> Result<Place, Error> {
        let places = if known { &self.known } else { &self.strangers };
        Arc::clone(places).try_acquire_owned().map(|_permit| Place { _permit }).map_err(|_| Error::Busy)
    }

    /// The password's hash with all its parameters, as text (PHC string format).
    pub(super) async fn hash(&self, place: Place, password: &str) -> Result<String, Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Error::Chance(error.to_string()))?;
        let password = password.to_owned();
        self.work(place, move || {
            let salt = SaltString::encode_b64(&salt).map_err(|error| Error::Hash(error.to_string()))?;
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Hash(error.to_string()))
        })
        .await
    }

    pub(super) async fn is_right(&self, place: Place, password: &str, hash: String) -> Result<bool, Error> {
        let password = password.to_owned();
        self.work(place, move || {
            let hash = PasswordHash::new(&hash).map_err(|error| Error::Hash(error.to_string()))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turn = Arc::clone(&self.turn).acquire_owned().await.expect("never closed");
        // Both are held until the work is done, also if nobody waits for it any more.
        let done = tokio::task::spawn_blocking(move || {
            let _held = (turn, place);
            work()
        });
        done.await.unwrap_or_else(|error| Err(Error::Hash(error.to_string())))
    }
}
