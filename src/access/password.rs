//! The admin's password, by argon2id.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use tokio::sync::Semaphore;

use super::Error;

/// 19 MiB and two passes, which OWASP advises; about half a second on a Pi. One at a time, so that many logins at once
/// don't take all of its memory.
pub(super) struct Hasher {
    turn: Semaphore,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { turn: Semaphore::new(1) }
    }
}

impl Hasher {
    /// The password's hash with all its parameters, as text (PHC string format).
    pub(super) async fn hash(&self, password: &str) -> Result<String, Error> {
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| Error::Chance(error.to_string()))?;
        let password = password.to_owned();
        self.work(move || {
            let salt = SaltString::encode_b64(&salt).map_err(|error| Error::Write(error.to_string()))?;
            let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
            hash.map(|hash| hash.to_string()).map_err(|error| Error::Write(error.to_string()))
        })
        .await
    }

    pub(super) async fn is_right(&self, password: &str, hash: String) -> Result<bool, Error> {
        let password = password.to_owned();
        self.work(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| Error::Write(error.to_string()))?;
            Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let _turn = self.turn.acquire().await.expect("never closed");
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(Error::Write(error.to_string())))
    }
}
