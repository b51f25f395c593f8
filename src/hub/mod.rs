//! Holds the tracks of every source and hands them from the one writer to all readers.
//!
//! Belongs here: rings, demand, the registry of sources, counters of viewers and drops.
//! Does not belong here: I/O, GStreamer, protocols. The writer of a track never waits for a reader.

mod busy;
mod demand;
mod latest;
mod registry;
mod ring;
mod sounds;
mod track;
mod viewers;

pub use busy::{Busy, BusyGuard};
pub use demand::{Demand, DemandGuard};
pub use latest::Latest;
pub use registry::{Counters, Encoding, Input, Registry, Source, SourceKind, Status};
pub use ring::Limits;
pub use sounds::{Listener, Sounds};
pub use track::{Rate, ReadError, Reader, Start, Track, TrackWriter};
pub use viewers::{Left, ViewerGuard, ViewerKind, Viewers};
