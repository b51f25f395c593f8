//! RTSP (RFC 2326) as cameras speak it: asks a camera what it has, and takes the packets of its streams. Runs in the child
//! that reads the camera, on one thread.
//!
//! Belongs here: requests and answers, logging in, TLS, redirections, keeping the session alive, whose packets are whose.
//! Does not belong here: what is in the packets, which is GStreamer's (`pipeline::rtsp`).
//!
//! GStreamer's own client (rtspsrc) was used before. It can be held up for ever by an answer without end and crashed by a
//! challenge without parameters, follows redirections without a bound, knows no Digest but MD5, does not keep a session
//! alive by requests while packets come, and tells no refusal from silence.

mod description;
mod error;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod link;
mod login;
mod message;
mod packets;
mod session;
mod tracks;

pub use description::{Description, Kind, Stream, parse};
pub use error::Error;
pub use link::Trust;
pub use session::{Receiver, Settings, run};
