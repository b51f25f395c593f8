//! `marquee apply-system`: run by root once at boot, before the network is up.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::{config, system};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The configuration
    #[arg(long, value_name = "FILE", default_value = "/boot/marquee.toml")]
    config: PathBuf,
    /// Where the last good configuration is kept
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The folder the files go to
    #[arg(long, value_name = "DIR", default_value = "/run")]
    out: PathBuf,
}

#[derive(Debug, thiserror::Error)]
#[error("can't write {}", path.display())]
struct WriteError {
    path: PathBuf,
    source: io::Error,
}

/// A configuration that does not check is told and the last good one is applied: a box must come up in any case.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let (config, wrong) = config::load_or_last_good(&arguments.config, arguments.data.as_deref());
    if let Some(wrong) = wrong {
        writeln!(io::stderr(), "{wrong}")?;
    }
    let files = system::files(&config);
    for path in system::PATHS {
        let place = arguments.out.join(path);
        let outcome = match files.iter().find(|file| file.path == *path) {
            Some(file) => replace(&place, file),
            None => remove(&place),
        };
        outcome.map_err(|source| WriteError { path: place, source })?;
    }
    let link = system::time_zone(&config);
    let place = arguments.out.join(link.path);
    relink(&place, &link.target).map_err(|source| WriteError { path: place, source })?;
    Ok(ExitCode::SUCCESS)
}

/// Whole or not at all: who reads it may run already.
fn replace(place: &Path, file: &system::File) -> io::Result<()> {
    prepare(place)?;
    let temporary = place.with_extension("new");
    remove(&temporary)?;
    let mode = if file.secret { 0o600 } else { 0o644 };
    let mut written = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
    written.write_all(file.text.as_bytes())?;
    fs::rename(&temporary, place)
}

fn relink(place: &Path, target: &str) -> io::Result<()> {
    prepare(place)?;
    let temporary = place.with_extension("new");
    remove(&temporary)?;
    std::os::unix::fs::symlink(target, &temporary)?;
    fs::rename(&temporary, place)
}

fn prepare(place: &Path) -> io::Result<()> {
    place.parent().map_or(Ok(()), fs::create_dir_all)
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::remove_file(place) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn apply(folder: &Path, text: &str) {
        let config = folder.join("marquee.toml");
        fs::write(&config, text).expect("written");
        let arguments = Arguments { config, data: None, out: folder.join("run") };
        run(&arguments).expect("applied");
    }

    #[test]
    fn files_come_and_go_with_the_configuration() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = folder.path().join("run");
        apply(
            folder.path(),
            "[device]\nname = 'Bar'\ntime_zone = 'Europe/Berlin'\n[network]\nwifi_ssid = 'x'\nwifi_country = 'DE'\n",
        );
        let supplicant = run.join("marquee-system/wpa_supplicant.conf");
        let mode = fs::metadata(&supplicant).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_to_string(run.join("marquee-system/hostname")).expect("there"), "bar\n");
        let zone = fs::read_link(run.join("marquee-system/localtime")).expect("a link");
        assert_eq!(zone, Path::new("/usr/share/zoneinfo/Europe/Berlin"));

        // A file with a mistake, and no good one kept: the box comes up with the defaults.
        apply(folder.path(), "[device]\nname = 3\n");
        assert!(!supplicant.exists());
        assert_eq!(fs::read_to_string(run.join("marquee-system/hostname")).expect("there"), "marquee\n");
    }
}
