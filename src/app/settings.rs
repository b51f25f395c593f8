//! Where the configuration in force comes from: the file, the last good one, or the built-in defaults.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::Error;
use crate::access;
use crate::config::{self, Config, LoadError, Problem, Watch};
use crate::device::Pins;
use crate::web::Site;

pub(super) struct Settings {
    file: Option<(PathBuf, Watch)>,
    data: Option<PathBuf>,
    /// No login, whatever the file says.
    open: bool,
    /// What is wrong with the file as it is now.
    errors: Vec<Problem>,
}

impl Settings {
    /// A file that does not check is no reason not to start: the last good one runs, or the defaults do.
    pub(super) fn load(
        file: Option<PathBuf>,
        data: Option<PathBuf>,
        open: bool,
    ) -> Result<(Self, Config), Error> {
        if let Some(path) = &data {
            let made = std::fs::create_dir_all(path);
            made.map_err(|source| Error::Data { path: path.clone(), source })?;
        }
        let mut settings = Self { file: None, data, open, errors: Vec::new() };
        let Some(path) = file else { return Ok((settings, Config::default())) };
        let (watch, first) = Watch::start(path.clone());
        settings.file = Some((path, watch));
        let config = settings.take(first).unwrap_or_else(|| {
            log::warn!("running with the last good configuration, or the built-in defaults if there is none");
            config::last_good(settings.data.as_deref())
        });
        Ok((settings, config))
    }

    /// Folder for everything that must survive a restart.
    pub(super) fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// Who may do what, as far as the configuration says.
    pub(super) fn access(&self, config: &Config) -> access::Settings {
        let password = config.web.admin_password.as_ref().map(|password| password.reveal().to_owned());
        access::Settings { login: config.web.login && !self.open, password }
    }

    /// Waits for a change of the file. `None`: it has mistakes, and what ran goes on. Cancel-safe.
    pub(super) async fn changed(&mut self) -> Option<Config> {
        let Some((_, watch)) = &mut self.file else { return std::future::pending().await };
        let read = watch.changed().await;
        if read.is_ok() {
            log::info!("the configuration has changed");
        }
        self.take(read)
    }

    /// What the pages show of it.
    pub(super) fn site(&self, config: &Config) -> Site {
        Site {
            name: config.device.name.clone(),
            time_zone: TimeZone::get(&config.device.time_zone).unwrap_or(TimeZone::UTC),
            language: config.device.language,
            base_path: config.web.base_path.clone(),
            trusted_proxies: config.web.trusted_proxies.clone(),
            origins: config.web.origins.clone(),
            private_sources: config.private_sources.clone(),
            bin_days: config.library.bin_days,
            config_file: self.file.as_ref().map(|(path, _)| path.display().to_string()),
            config_errors: self.errors.clone(),
        }
    }

    /// The file does not check.
    pub(super) fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    /// The pins of LEDs and button. Those of a file that is wrong elsewhere count, too: how else should the LEDs tell of
    /// it, if it is the first file of this box?
    pub(super) fn pins(&self, config: &Config) -> Pins {
        let wrong = self.file.as_ref().filter(|_| self.is_wrong());
        let (leds, button) = wrong
            .and_then(|(path, _)| config::pins_of(path))
            .unwrap_or_else(|| (config.leds.clone(), config.button.clone()));
        Pins { leds, button }
    }

    /// Keeps a good configuration for the day the file is damaged; remembers and logs what is wrong with a bad one.
    fn take(&mut self, read: Result<Config, LoadError>) -> Option<Config> {
        match read {
            Ok(config) => {
                self.errors.clear();
                if let Some(data) = &self.data
                    && let Err(error) = config::keep(&config, data)
                {
                    log::error!("the last good configuration can't be kept: {error}");
                }
                Some(config)
            }
            Err(error) => {
                self.errors = error.problems;
                self.errors.iter().for_each(|problem| log::error!("{problem}"));
                None
            }
        }
    }
}
