//! `marquee camera`: a camera, read in a process of its own. Run by `marquee run`, never by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use log::LevelFilter;

use crate::{child, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// An empty folder from which code can be run. What to read comes by standard input.
    #[arg(long)]
    scratch: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    telemetry::log::start(LevelFilter::Warn);
    if child::camera::run(&arguments.scratch) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
