//! A file of the library as pictures and sound for a screen, read by a child (`child::reel`): a hostile file gets no
//! further than that. Where there is hardware for it, the child takes the file apart and our own decoder makes the
//! pictures, so that they stay in the device's memory; else the child makes them, too.
//!
//! Belongs here: the child's start and end, the way of pictures from it to us. Does not belong here: when a picture is
//! shown (`output/hdmi`), how a file is read (`child`, `pipeline::file`).

mod errand;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod reader;
pub mod wire;

use std::io;
use std::process::Stdio;

use tokio::process::Child;
use tokio::sync::mpsc;

use crate::pipeline::RawPicture;
use crate::process::{self, Folder, command};
pub use errand::Errand;

/// Pictures that wait to be shown: what bridges a scheduling gap. Each is 3 MB at 1080p.
const PICTURES_AHEAD: usize = 4;
/// Of sound: what comes before the first pictures' time and with them, in pieces of 10 ms and more.
const SOUNDS_AHEAD: usize = 128;
/// A picture goes through in a few pieces, not in fifty: the largest that anybody may have.
const PIPE_BYTES: usize = 1 << 20;

/// Why a file is not shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("its reader does not start: {0}")]
    Start(String),
    /// In the child's words.
    #[error("{0}")]
    File(String),
    #[error("its reader has ended")]
    Ended,
    #[error("its reader says what can't be")]
    Garbled,
    #[error("its pictures can't be decoded: {0}")]
    Decoder(String),
}

/// What a file gives to see.
pub enum Shown {
    Picture {
        /// In the file.
        time_ns: u64,
        picture: RawPicture,
    },
    /// Nothing more comes.
    Over(Result<(), Error>),
}

/// A piece of sound: 48 kHz, two channels, 16 bit.
pub struct Heard {
    /// In the file.
    pub time_ns: u64,
    pub samples: Vec<u8>,
}

/// A file that is being read. Dropping it ends its child.
pub struct Reel {
    pub pictures: mpsc::Receiver<Shown>,
    pub sounds: mpsc::Receiver<Heard>,
    _child: Child,
    _scratch: Folder,
}

impl Reel {
    /// `program`: this program, as a child starts it. Pictures come in a while. Must be called on a runtime.
    pub fn open(program: &std::path::Path, mut errand: Errand) -> Result<Self, Error> {
        let failed = |error: io::Error| Error::Start(error.to_string());
        let scratch = process::scratch("reel").map_err(failed)?;
        errand.scratch = scratch.path().to_owned();
        errand.coded = errand.coded && reader::has_decoder();
        let mut command = command(program, scratch.path());
        command.arg("reel").args(errand.arguments()).current_dir(scratch.path()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(failed)?;
        let out = child.stdout.take().ok_or(Error::Ended)?.into_owned_fd().map_err(failed)?;
        // A hint: a smaller pipe does, too.
        let _ = rustix::pipe::fcntl_setpipe_size(&out, PIPE_BYTES);
        let (pictures, shown) = mpsc::channel(PICTURES_AHEAD);
        let (sounds, heard) = mpsc::channel(SOUNDS_AHEAD);
        reader::start(out, &errand, pictures, sounds)?;
        Ok(Self { pictures: shown, sounds: heard, _child: child, _scratch: scratch })
    }
}
