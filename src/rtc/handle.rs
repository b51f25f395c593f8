//! One running engine: its thread, and how it is asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::answer::Common;
use super::engine;
use super::socket;
use super::stats::Counters;
use super::{
    Ice, Join, JoinError, Joined, Restart, Restarted, SessionError, SessionId, Settings, StartError, Stats,
};

/// Requests that wait for the engine. It serves one in well under a millisecond: more than these wait only if it is
/// stuck, and then nothing should pile up.
const COMMANDS_MAX: usize = 256;
/// A stuck engine is not waited for.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// A running engine. Cheap to clone; it stops when told to, or when the last clone is dropped.
#[derive(Clone)]
pub(super) struct Running {
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    port: u16,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

/// What the thread shows of itself.
pub(super) struct Shared {
    pub(super) counters: Arc<Counters>,
    started: Instant,
    /// Milliseconds since `started` when the thread's loop last came round.
    beat_ms: AtomicU64,
}

/// A session, which must be one of that source.
pub(super) struct Target {
    pub(super) session: SessionId,
    pub(super) source: String,
}

pub(super) type Reply<T> = oneshot::Sender<T>;

pub(super) enum Command {
    Join(Box<Join>, Reply<Result<Joined, JoinError>>),
    Ice(Target, Reply<Result<Ice, SessionError>>),
    Candidates(Target, Vec<String>, Reply<Result<(), SessionError>>),
    Restart(Target, Restart, Reply<Result<Restarted, SessionError>>),
    Leave(Target, Reply<Result<(), SessionError>>),
    Shutdown,
}

impl Running {
    /// Opens the port and starts the thread.
    pub(super) fn start(settings: Settings) -> Result<Self, StartError> {
        let Settings { port, addresses, bind } = settings;
        let socket = socket::bind(bind, port).map_err(|source| StartError::Bind { port, source })?;
        let bound = socket.local_addr().map_err(|source| StartError::Bind { port, source })?;
        let crypto = Arc::new(str0m::crypto::from_feature_flags());
        let certificate = crypto.dtls_provider.generate_certificate().ok_or(StartError::Certificate)?;
        let common = Common { crypto, certificate };
        let counters = Arc::new(Counters::default());
        let shared = Arc::new(Shared { counters, started: Instant::now(), beat_ms: AtomicU64::new(0) });
        let (commands, receiver) = mpsc::channel(COMMANDS_MAX);
        let setup =
            engine::Setup { socket, port: bound.port(), addresses, common, shared: Arc::clone(&shared) };
        let thread = std::thread::Builder::new()
            .name("webrtc".to_owned())
            .spawn(move || engine::run(setup, receiver))
            .map_err(|source| StartError::Thread { source })?;
        Ok(Self { commands, shared, port: bound.port(), thread: Arc::new(Mutex::new(Some(thread))) })
    }

    /// The UDP port in use.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn stats(&self) -> Stats {
        self.shared.counters.snapshot()
    }

    /// How long ago the thread's loop last came round: about half a second at most while all is well.
    pub(super) fn heartbeat_age(&self) -> Duration {
        let beat = Duration::from_millis(self.shared.beat_ms.load(Ordering::Relaxed));
        self.shared.started.elapsed().saturating_sub(beat)
    }

    /// Returns when the thread has ended. Cancel-safe.
    pub(super) async fn ended(&self) {
        self.commands.closed().await;
    }

    /// Tells all viewers that it is over and ends the thread; takes a second at most. Later calls return at once.
    pub(super) async fn shutdown(&self) {
        let thread = self.thread.lock().expect("no holder of this lock can panic").take();
        let Some(thread) = thread else { return };
        // Refused only if the thread has ended, or is stuck with a full queue.
        let _ = self.commands.try_send(Command::Shutdown);
        let ended = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.commands.closed()).await;
        if ended.is_err() {
            log::warn!("the WebRTC thread did not end in time");
        } else if thread.join().is_err() {
            log::error!("the WebRTC thread panicked");
        }
    }

    /// `None` if the engine has ended or its queue is full.
    pub(super) async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.try_send(command(reply)).ok()?;
        answer.await.ok()
    }
}

impl Shared {
    pub(super) fn beat(&self, now: Instant) {
        let since = now.saturating_duration_since(self.started).as_millis();
        self.beat_ms.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
