//! A spare copy of the database, made anew a few times a day: what is rescued of a damaged one goes back to it.

use std::fs;

use super::backup::{copy_of_now, unique};
use super::error::Error;
use super::swap::put_in_place;
use super::{DATABASE, Library};

/// Beside the database.
pub(super) const SPARE: &str = "library.db.spare";
/// The beginning of the name of one that is being made.
pub(super) const BEGUN: &str = "spare-";

impl Library {
    /// How large the database is; 0 if nobody can say.
    pub fn database_bytes(&self) -> u64 {
        fs::metadata(self.inner.folder.join(DATABASE)).map_or(0, |metadata| metadata.len())
    }

    /// Copies the database as of now, unless it is damaged: the copy of before is kept then.
    pub async fn keep_spare(&self) -> Result<(), Error> {
        if self.is_read_only() {
            return Ok(());
        }
        self.db().look_for_damage().await?;
        self.has_room()?;
        let folder = self.inner.folder.clone();
        let begun = self.store().incoming().join(format!("{BEGUN}{}.db", unique()?));
        let copied = tokio::task::spawn_blocking(move || {
            let outcome = copy_of_now(&folder.join(DATABASE), &begun)
                .and_then(|()| put_in_place(&begun, &folder.join(SPARE)));
            if outcome.is_err() {
                // The sweep comes for it otherwise.
                let _ = fs::remove_file(begun);
            }
            outcome
        });
        copied.await.unwrap_or_else(|error| {
            Err(Error::Failed { operation: "copying the database".to_owned(), cause: error.to_string() })
        })
    }
}
