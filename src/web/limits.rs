//! Every limit of the web server, with its reason.

use std::time::Duration;

/// Connections at once. Each of 500 screens has a stream of events open, and one or two more while it fetches; a hundred
/// live viewers and dashboards beside them are some 300. An idle one takes about 13 kB.
pub(super) const CONNECTIONS_MAX: usize = 2048;
/// Connections at once from one address. A whole site may stand behind one router or proxy; one mad client must
/// still leave room for the others.
pub(super) const CONNECTIONS_PER_ADDRESS_MAX: usize = 256;
/// Streams of events: each looks for news four times a second. All TVs, and some hundred pages of the dashboard.
pub(super) const EVENT_STREAMS_MAX: usize = 1024;
/// Half of the connections: a hundred TVs behind one router, or the tabs of a few people.
pub(super) const EVENT_STREAMS_PER_ADDRESS_MAX: usize = 128;
/// Advice to one who was sent away.
pub(super) const RETRY_AFTER_S: u32 = 2;

/// A request's line and headers. Browsers send about 1 kB; cookies of other services on the same host can add some.
pub(super) const HEAD_BYTES_MAX: usize = 16 << 10;
pub(super) const HEADERS_MAX: usize = 64;
/// From the first byte expected to the end of the headers; also how long an idle connection is kept.
pub(super) const HEAD_TIME_MAX: Duration = Duration::from_secs(10);

/// An SDP offer is about 8 kB, with every codec and candidate a browser may name under 20 kB.
pub(super) const BODY_BYTES_MAX: usize = 64 << 10;
/// A playlist of 500 items, each with the pages it shows of a document.
pub(super) const PLAYLIST_BYTES_MAX: usize = 1 << 20;
/// 500 plays, each with the longest name there is in letters of four bytes.
pub(super) const PLAYS_BYTES_MAX: usize = 640 << 10;
/// A body that brings nothing for so long is given up.
pub(super) const BODY_SILENCE_MAX: Duration = Duration::from_secs(10);
/// A whole body, so that one byte every few seconds does not hold a connection for days.
pub(super) const BODY_TIME_MAX: Duration = Duration::from_secs(30);

/// After a refusal that comes before the end of an upload: how long what still arrives is read, so that the client gets to
/// see the answer and not a connection that was reset.
pub(super) const LINGER_MAX: Duration = Duration::from_secs(5);

/// A client that takes nothing of what waits for it for so long is gone or stuck.
pub(super) const WRITE_SILENCE_MAX: Duration = Duration::from_secs(10);
/// What hyper may hold of an answer for one connection; larger parts pass through without being copied.
pub(super) const BUFFER_BYTES_MAX: usize = 64 << 10;
/// Bytes the kernel may hold unsent for one connection. Without it, some seconds of video wait there for a slow
/// viewer, who then sees the past and can't be skipped ahead.
pub(super) const UNSENT_BYTES_MAX: u32 = 128 << 10;
/// A peer that acknowledges nothing for so long, or answers no probe, is gone.
pub(super) const PEER_SILENCE_MAX: Duration = Duration::from_secs(20);

/// A message from an MSE viewer: they have nothing to say but pongs and goodbyes.
pub(super) const SOCKET_MESSAGE_BYTES_MAX: usize = 4 << 10;
/// The largest fragment sent: one picture at 24 MB is as large as a whole track's ring.
pub(super) const SOCKET_WRITE_BYTES_MAX: usize = 32 << 20;
/// How often viewers are asked whether they are still there.
pub(super) const SOCKET_PING_EVERY: Duration = Duration::from_secs(10);
/// A viewer that has not said anything for so long, in spite of pings, is gone.
pub(super) const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(21);

/// Lines of the log in one answer.
pub(super) const LOG_LINES_MAX: usize = 1000;
/// Lines when no number is asked.
pub(super) const LOG_LINES_DEFAULT: usize = 200;
