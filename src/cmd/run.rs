//! `marquee run`.

use std::error::Error;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use log::LevelFilter;

use super::greeting::greeting;
use crate::telemetry::addresses::addresses_of;
use crate::{app, telemetry};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The configuration; built-in defaults without it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder for everything that must survive a restart
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port of the pages, instead of those in the configuration
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// No login: whoever reaches the pages is the admin. For trying things out, and for tests
    #[arg(long)]
    open: bool,
    /// How much is logged: off, error, warn, info, debug or trace [default: $MARQUEE_LOG, or info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<LevelFilter>,
    /// Print the QR code of the address even where stdout is no terminal
    #[arg(long)]
    qr: bool,
    /// Show the screens in windows of this desktop instead of on the HDMI ports
    #[arg(long)]
    window: bool,
}

pub(super) fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    telemetry::log::start(level(arguments.log)?);
    let qr = arguments.qr || std::io::stdout().is_terminal();
    let ready = move |listen: SocketAddr| {
        if let Err(error) = super::print(&greeting(&addresses_of(listen.ip()), listen.port(), qr)) {
            log::warn!("the address can't be printed on stdout: {error}");
        }
    };
    app::run(app::Options {
        config: arguments.config,
        data: arguments.data,
        listen: arguments.listen,
        window: arguments.window,
        open: arguments.open,
        ready: Box::new(ready),
    })?;
    Ok(ExitCode::SUCCESS)
}

#[derive(Debug, thiserror::Error)]
#[error("MARQUEE_LOG is {0:?}, which is none of off, error, warn, info, debug, trace")]
struct LogLevelError(String);

/// The level asked for, else the environment's, else `info`.
fn level(asked: Option<LevelFilter>) -> Result<LevelFilter, LogLevelError> {
    match (asked, std::env::var("MARQUEE_LOG")) {
        (Some(level), _) => Ok(level),
        (None, Ok(text)) if !text.is_empty() => text.parse().map_err(|_| LogLevelError(text)),
        (None, _) => Ok(LevelFilter::Info),
    }
}
