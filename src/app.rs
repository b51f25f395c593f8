//! THE wiring: configuration → handles → tasks → drain. Read it first.

mod sources;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::pipeline;

/// What `marquee run` was told.
pub struct Options {
    pub config: Option<PathBuf>,
    /// Folder for everything that must survive a restart.
    pub data: Option<PathBuf>,
    /// Instead of the configuration's.
    pub listen: Option<SocketAddr>,
    /// Called once the pages can be opened, with the address they are at.
    pub ready: Box<dyn FnOnce(SocketAddr) + Send>,
}

/// Why Marquee can't start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("GStreamer can't be loaded")]
    GStreamer(#[source] pipeline::InitError),
}

pub fn run(_options: Options) -> Result<(), Error> {
    pipeline::clock::init().map_err(Error::GStreamer)?;
    Ok(())
}
