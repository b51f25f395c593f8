//! What is opened from the data folder at the start.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::Error;
use super::settings::Settings;
use crate::access::Access;
use crate::config::Config;
use crate::library::work::{self, Work};
use crate::library::{Library, NoLibrary, OpenError};
use crate::task::{self, Stopper, Task};

/// Who may do what.
pub(super) fn access(settings: &Settings, config: &Config) -> Result<Arc<Access>, Error> {
    let access = Access::open(settings.data(), settings.access(config)).map_err(Error::Access)?;
    let damaged = access.damaged();
    if let Some(why) = &damaged {
        log::error!("access.toml in the data folder can't be read, so no login, token or link holds: {why}");
    }
    match (access.setup_code(), damaged) {
        (Some(code), Some(_)) => log::warn!("open the pages and set a new password with the code {code}"),
        (Some(code), None) => {
            log::warn!("nobody has set the admin's password yet: open the pages and use the code {code}");
        }
        (None, _) => {}
    }
    Ok(Arc::new(access))
}

/// The library of the data folder, or why there is none: everything else goes on without it. But two programs never work
/// with one folder: the second ends.
pub(super) async fn library(data: Option<&Path>) -> Result<Result<Library, NoLibrary>, Error> {
    let Some(data) = data.map(Path::to_owned) else { return Ok(Err(NoLibrary::NoFolder)) };
    let opened = tokio::task::spawn_blocking(move || Library::open(&data)).await;
    match opened.map_err(|_| Error::Ended("opening the library".to_owned()))? {
        Ok(library) => Ok(Ok(library)),
        Err(error @ OpenError::InUse { .. }) => Err(Error::InUse(error)),
        Err(error) => {
            log::error!("there is no library: {error}");
            Ok(Err(error.into()))
        }
    }
}

/// The library's work in the background.
pub(super) struct Working {
    settings: watch::Sender<work::Settings>,
    stop: Stopper,
    task: Task,
}

impl Working {
    pub(super) fn start(work: Work, config: &Config) -> Self {
        let (settings, watch) = watch::channel(settings(config));
        let (stopper, stop) = Stopper::new();
        let task = task::spawn("the library's work", work.run(crate::process::own_program(), watch, stop));
        Self { settings, stop: stopper, task }
    }

    pub(super) fn follow(&self, config: &Config) {
        self.settings.send_replace(settings(config));
    }

    pub(super) async fn stop(self) {
        self.stop.stop();
        self.task.join().await;
    }
}

fn settings(config: &Config) -> work::Settings {
    let crate::config::Library { convert_kbit_per_s, convert_height_max, bin_days } = config.library;
    work::Settings { convert_kbit_per_s, convert_height_max, bin_days }
}
