//! The last good configuration, kept in the data folder: a box whose file is damaged goes on with it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::show::{Secrets, to_toml};
use super::{Config, LoadError};

const NAME: &str = "last-good.toml";

/// Why the last good configuration could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("{} can't be written", path.display())]
pub struct KeepError {
    path: PathBuf,
    source: io::Error,
}

/// Keeps `config` in the data folder. A power cut leaves the old one or the new one, whole.
///
/// The file holds passwords: only its owner can read it.
pub fn keep(config: &Config, data: &Path) -> Result<(), KeepError> {
    let path = data.join(NAME);
    write_whole(&path, &to_toml(config, Secrets::Revealed)).map_err(|source| KeepError { path, source })
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let temporary = path.with_extension("toml.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)?;
    // The rename itself is in the folder.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// The configuration to run with: the file's if it is right, else the last good one, else the built-in defaults.
/// What is wrong with the file comes with it.
pub fn load_or_last_good(file: &Path, data: Option<&Path>) -> (Config, Option<LoadError>) {
    match super::load(file) {
        Ok(config) => (config, None),
        Err(error) => (last_good(data), Some(error)),
    }
}

/// The last good configuration, else the built-in defaults.
pub fn last_good(data: Option<&Path>) -> Config {
    match data.and_then(load_kept) {
        Some(Ok(config)) => config,
        _ => Config::default(),
    }
}

/// What [`keep`] kept, or `None` if it never did.
pub fn load_kept(data: &Path) -> Option<Result<Config, LoadError>> {
    let path = data.join(NAME);
    path.exists().then(|| super::load(&path))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn what_is_kept_comes_back_with_its_passwords_and_for_its_owner_only() {
        let data = tempfile::tempdir().expect("a folder");
        assert!(load_kept(data.path()).is_none());
        let text = "[[camera]]\nurl = 'rtsp://a:b%20%22c@cam/'\n";
        let config = crate::config::check::check("m.toml", text).expect("right");
        for _ in 0..2 {
            keep(&config, data.path()).expect("written");
        }
        assert_eq!(load_kept(data.path()), Some(Ok(config)));
        let mode = std::fs::metadata(data.path().join(NAME)).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(data.path()).expect("listed").count(), 1);
    }

    #[test]
    fn without_a_right_file_runs_what_ran_last_and_that_is_told() {
        let (data, boot) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let file = boot.path().join("marquee.toml");
        let ran = crate::config::check::check("m.toml", "[device]\nname = 'Shop 1'\n").expect("right");
        assert_eq!(load_or_last_good(&file, Some(data.path())).0, Config::default(), "nothing ran yet");
        keep(&ran, data.path()).expect("written");
        for text in [None, Some("[device]\nname = 7\n")] {
            if let Some(text) = text {
                std::fs::write(&file, text).expect("written");
            }
            let (config, error) = load_or_last_good(&file, Some(data.path()));
            assert_eq!((config, error.is_some()), (ran.clone(), true), "{text:?}");
        }
        std::fs::write(&file, "").expect("written");
        let (config, error) = load_or_last_good(&file, Some(data.path()));
        assert_eq!((config, error.is_none()), (Config::default(), true), "an empty file is all defaults");
    }
}
