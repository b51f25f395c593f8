//! What is opened from the data folder at the start.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;

use super::Error;
use super::settings::Settings;
use crate::access::Access;
use crate::config::Config;
use crate::library::Library;
use crate::library::work::{self, Work};
use crate::task::{self, Stopper, Task};

/// Who may do what. Without knowing that, nobody could be let in.
pub(super) fn access(settings: &Settings, config: &Config) -> Result<Arc<Access>, Error> {
    let access = Access::open(settings.data(), settings.access(config)).map_err(Error::Access)?;
    if let Some(code) = access.setup_code() {
        log::warn!("nobody has set the admin's password yet: open the pages and use the code {code}");
    }
    Ok(Arc::new(access))
}

/// The library of the data folder, or why there is none: everything else goes on without it.
pub(super) async fn library(data: Option<&Path>) -> Result<Library, String> {
    let Some(data) = data.map(Path::to_owned) else {
        return Err("no data folder was named; start with --data DIR".to_owned());
    };
    let opened = tokio::task::spawn_blocking(move || Library::open(&data)).await;
    let outcome = opened.map_err(|error| error.to_string());
    let outcome = outcome.and_then(|opened| opened.map_err(|error| error.to_string()));
    if let Err(why) = &outcome {
        log::error!("there is no library: {why}");
    }
    outcome
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
        let task = task::spawn("the library's work", work.run(super::program(), watch, stop));
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
