//! `marquee check-config FILE`.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::config;

/// The file is wrong.
const EXIT_WRONG: u8 = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The file to check, such as marquee.toml
    file: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    match config::load(&arguments.file) {
        Ok(config) => {
            super::print(&config::to_toml(&config, config::Secrets::Covered))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            writeln!(std::io::stderr(), "{error}")?;
            Ok(ExitCode::from(EXIT_WRONG))
        }
    }
}
