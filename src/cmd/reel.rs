//! `marquee reel`: a file of the library for a screen, in a process of its own. Run by `marquee run`, never by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use log::LevelFilter;

use crate::program::Fit;
use crate::reel::Errand;
use crate::{child, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(long)]
    input: PathBuf,
    #[arg(long)]
    scratch: PathBuf,
    #[arg(long)]
    width: u32,
    #[arg(long)]
    height: u32,
    #[arg(long, value_parser = fit)]
    fit: Fit,
    #[arg(long)]
    from_ms: u64,
    #[arg(long)]
    until_ms: Option<u64>,
    #[arg(long)]
    sound: bool,
    #[arg(long)]
    coded: bool,
}

fn fit(name: &str) -> Result<Fit, String> {
    [Fit::Contain, Fit::Cover]
        .into_iter()
        .find(|fit| fit.name() == name)
        .ok_or_else(|| format!("there is no fit {name}"))
}

impl From<Arguments> for Errand {
    fn from(arguments: Arguments) -> Self {
        Self {
            input: arguments.input,
            scratch: arguments.scratch,
            width: arguments.width,
            height: arguments.height,
            fit: arguments.fit,
            from_ms: arguments.from_ms,
            until_ms: arguments.until_ms,
            sound: arguments.sound,
            coded: arguments.coded,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    telemetry::log::start(LevelFilter::Warn);
    if child::reel::run(&arguments.into()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn an_errand_is_read_as_it_was_written() {
        let errand = Errand {
            input: PathBuf::from("/a b/-c.mp4"),
            scratch: PathBuf::from("scratch"),
            width: 3,
            height: 4,
            fit: Fit::Cover,
            from_ms: 5,
            until_ms: Some(6),
            sound: true,
            coded: true,
        };
        let plain =
            Errand { fit: Fit::Contain, until_ms: None, sound: false, coded: false, ..errand.clone() };
        for errand in [errand, plain] {
            let line = std::iter::once("reel".into()).chain(errand.arguments());
            let line = Line::try_parse_from(line).unwrap();
            assert_eq!(Errand::from(line.arguments), errand);
        }
    }
}
