//! `marquee work`: one job of the library, in a process of its own. Run by `marquee run`, never by hand.

use std::path::PathBuf;
use std::process::ExitCode;

use log::LevelFilter;

use crate::library::Step;
use crate::library::work::{Conversion, Errand};
use crate::{child, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[arg(value_parser = step)]
    step: Step,
    #[arg(long)]
    input: PathBuf,
    #[arg(long)]
    ext: String,
    #[arg(long)]
    output: PathBuf,
    #[arg(long)]
    scratch: PathBuf,
    #[arg(long)]
    memory_bytes: u64,
    #[arg(long)]
    cpu_s: u64,
    #[arg(long)]
    file_bytes: u64,
    #[arg(long)]
    width: u32,
    #[arg(long)]
    height: u32,
    #[arg(long)]
    rotation: u32,
    #[arg(long)]
    duration_ms: u64,
    #[arg(long)]
    sound: bool,
    #[arg(long)]
    convert: Option<Conversion>,
}

fn step(name: &str) -> Result<Step, String> {
    Step::named(name).ok_or_else(|| format!("there is no step {name}"))
}

impl From<Arguments> for Errand {
    fn from(arguments: Arguments) -> Self {
        Self {
            step: arguments.step,
            input: arguments.input,
            ext: arguments.ext,
            output: arguments.output,
            scratch: arguments.scratch,
            memory_bytes: arguments.memory_bytes,
            cpu_s: arguments.cpu_s,
            file_bytes: arguments.file_bytes,
            width: arguments.width,
            height: arguments.height,
            rotation: arguments.rotation,
            duration_ms: arguments.duration_ms,
            sound: arguments.sound,
            conversion: arguments.convert,
        }
    }
}

pub(super) fn run(arguments: Arguments) -> ExitCode {
    telemetry::log::start(LevelFilter::Warn);
    if child::run(&arguments.into()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
            step: Step::Convert,
            input: PathBuf::from("/a b/-c"),
            ext: "mp4".to_owned(),
            output: PathBuf::from("out"),
            scratch: PathBuf::from("scratch"),
            memory_bytes: 1,
            cpu_s: 2,
            file_bytes: u64::MAX,
            width: 3,
            height: 4,
            rotation: 90,
            duration_ms: 5,
            sound: false,
            conversion: Some(Conversion { width: 6, height: 8, rate: (30000, 1001), kbit_per_s: 9 }),
        };
        for errand in [errand.clone(), Errand { sound: true, conversion: None, ..errand }] {
            let line = std::iter::once("work".into()).chain(errand.arguments());
            let line = Line::try_parse_from(line).unwrap();
            assert_eq!(Errand::from(line.arguments), errand);
        }
    }
}
