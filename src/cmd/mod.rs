//! The command line: one file per subcommand.
//!
//! Belongs here: arguments, what is printed on the terminal, exit codes. Does not belong here: what the commands do;
//! that is `app` and the modules below it.

mod apply_system;
mod backup;
mod camera;
mod check_config;
mod check_library;
mod greeting;
mod import;
mod probe;
mod reel;
mod run;
mod work;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::causes::with_causes;
use crate::heap;

/// The box behind every TV in a building: live pictures, encoded once, shown everywhere.
#[derive(Debug, Parser)]
#[command(name = "marquee", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run until SIGINT or SIGTERM
    Run(run::Arguments),
    /// Check a configuration file: print what is in force, or every mistake (exit code 2)
    CheckConfig(check_config::Arguments),
    /// Take a folder of videos, slides and sounds into the library, with what the old server knew of them: print what is
    /// left out (exit code 2)
    Import(import::Arguments),
    /// Compare the library's database with its files: print what is wrong (exit code 2), or mend it
    CheckLibrary(check_library::Arguments),
    /// Write everything that is kept into one file, also while Marquee runs
    Backup(backup::Arguments),
    /// Put a backup in the place of everything that is kept
    Restore(backup::Arguments),
    /// Write what the operating system of our image needs of the configuration; run by root at boot
    ApplySystem(apply_system::Arguments),
    /// Tell what this machine has: board, encoders, capture cards, HDMI ports, pins, and why others can't be used
    Probe(probe::Arguments),
    /// One job of the library; run by `marquee run`
    #[command(hide = true)]
    Work(work::Arguments),
    /// A file of the library for a screen; run by `marquee run`
    #[command(hide = true)]
    Reel(reel::Arguments),
    /// A camera; run by `marquee run`
    #[command(hide = true)]
    Camera(camera::Arguments),
}

/// Exit codes: 0 all right, 1 failed, 2 wrong arguments or a wrong configuration file.
pub fn main() -> ExitCode {
    heap::bound();
    let outcome = match Arguments::parse().command {
        Command::Run(arguments) => run::run(arguments),
        Command::CheckConfig(arguments) => check_config::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::CheckLibrary(arguments) => check_library::run(&arguments),
        Command::Backup(arguments) => backup::backup(&arguments),
        Command::Restore(arguments) => backup::restore(&arguments),
        Command::ApplySystem(arguments) => apply_system::run(&arguments),
        Command::Probe(arguments) => probe::run(&arguments).map(|()| ExitCode::SUCCESS),
        Command::Work(arguments) => Ok(work::run(arguments)),
        Command::Reel(arguments) => Ok(reel::run(arguments)),
        Command::Camera(arguments) => Ok(camera::run(&arguments)),
    };
    outcome.unwrap_or_else(|error| {
        // Nobody is left to be told if stderr is closed.
        let _ = writeln!(std::io::stderr(), "marquee: {}", with_causes(&*error));
        ExitCode::FAILURE
    })
}

/// Prints on stdout. A reader that went away (`marquee probe | head`) is no failure of ours.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}
