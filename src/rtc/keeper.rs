//! The handle that the rest of the program holds: an engine that is started again whenever it can't run.
//!
//! A port that somebody else has, or an engine that ended, costs viewers WebRTC and nothing else: they are served in
//! other ways until it is back.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::sync::watch;

use super::handle::{Command, Reply, Running, Target};
use super::{
    Ice, Join, JoinError, Joined, Restart, Restarted, SessionError, SessionId, Settings, StartError, Stats,
};
use crate::causes::with_causes;
use crate::task::{self, Stop, Stopper, Task};
use crate::watched::Latest;

/// The first wait before it is started again, doubled by each failure up to the last.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);

/// The WebRTC engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    state: watch::Receiver<State>,
}

/// It runs, or why it does not.
type State = Result<Running, Missing>;

/// Why there is no engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// For people.
    pub why: String,
    /// Another program has its port.
    pub port_is_busy: bool,
}

/// Keeps an [`Engine`] running, until it is told to stop.
pub struct Keeper {
    engine: Engine,
    stop: Stopper,
    task: Task,
}

impl Keeper {
    /// Starts the engine; where it can't start, that is told by [`Engine::missing`] and tried again.
    pub fn start(settings: Settings) -> Self {
        let (sender, state) = watch::channel(start(&settings));
        let (stop, stopping) = Stopper::new();
        let task = task::spawn("webrtc", keep(settings, sender, stopping));
        Self { engine: Engine { state }, stop, task }
    }

    pub fn engine(&self) -> Engine {
        self.engine.clone()
    }

    /// Tells all viewers that it is over; takes a second at most.
    pub async fn shutdown(self) {
        self.stop.stop();
        self.task.join().await;
    }
}

impl Engine {
    /// The UDP port in use.
    pub fn port(&self) -> Option<u16> {
        self.running().ok().map(|running| running.port())
    }

    /// Why there is none at this moment.
    pub fn missing(&self) -> Option<Missing> {
        self.running().err()
    }

    /// Lets a viewer join. Its first picture comes as soon as it has connected.
    pub async fn join(&self, join: Join) -> Result<Joined, JoinError> {
        let running = self.running().map_err(|missing| JoinError::Stopped(missing.why))?;
        let asked = running.ask(|reply| Command::Join(Box::new(join), reply)).await;
        asked.unwrap_or_else(|| Err(JoinError::Stopped("it does not answer".to_owned())))
    }

    pub async fn ice(&self, session: SessionId, source: &str) -> Result<Ice, SessionError> {
        self.ask_session(session, source, Command::Ice).await
    }

    /// Tells a session more addresses of its viewer, as `candidate:…` lines.
    pub async fn add_candidates(
        &self,
        session: SessionId,
        source: &str,
        candidates: Vec<String>,
    ) -> Result<(), SessionError> {
        self.ask_session(session, source, |target, reply| Command::Candidates(target, candidates, reply))
            .await
    }

    /// Starts a session's ICE anew; frames flow on meanwhile.
    pub async fn restart_ice(
        &self,
        session: SessionId,
        source: &str,
        restart: Restart,
    ) -> Result<Restarted, SessionError> {
        self.ask_session(session, source, |target, reply| Command::Restart(target, restart, reply)).await
    }

    /// Ends a session and tells its viewer.
    pub async fn leave(&self, session: SessionId, source: &str) -> Result<(), SessionError> {
        self.ask_session(session, source, Command::Leave).await
    }

    pub fn stats(&self) -> Stats {
        self.running().map_or_else(|_| Stats::default(), |running| running.stats())
    }

    /// How long ago the thread's loop last came round: about half a second at most while all is well. `None`: there is
    /// none.
    pub fn heartbeat_age(&self) -> Option<Duration> {
        self.running().ok().map(|running| running.heartbeat_age())
    }

    fn running(&self) -> State {
        self.state.latest()
    }

    async fn ask_session<T>(
        &self,
        session: SessionId,
        source: &str,
        command: impl FnOnce(Target, Reply<Result<T, SessionError>>) -> Command,
    ) -> Result<T, SessionError> {
        let target = Target { session, source: source.to_owned() };
        let running = self.running().map_err(|missing| SessionError::Stopped(missing.why))?;
        let asked = running.ask(|reply| command(target, reply)).await;
        asked.unwrap_or_else(|| Err(SessionError::Stopped("it does not answer".to_owned())))
    }
}

fn start(settings: &Settings) -> State {
    Running::start(settings.clone()).map_err(|error: StartError| Missing {
        why: with_causes(&error),
        port_is_busy: matches!(&error, StartError::Bind { source, .. } if source.kind() == ErrorKind::AddrInUse),
    })
}

impl Missing {
    fn told(why: &str) -> Self {
        Self { why: why.to_owned(), port_is_busy: false }
    }
}

async fn keep(settings: Settings, state: watch::Sender<State>, mut stop: Stop) {
    let (mut wait, mut told) = (RETRY_MIN, None);
    loop {
        let now = state.latest();
        match now {
            Ok(running) => {
                if told.take().is_some() {
                    log::info!("WebRTC is there");
                }
                tokio::select! {
                    () = running.ended() => log::error!("the WebRTC engine ended, which it never should; it is started again"),
                    () = stop.stopped() => {
                        running.shutdown().await;
                        drop(state.send_replace(Err(Missing::told("it was stopped"))));
                        return;
                    }
                }
                // Its thread is joined, and its port free, before the next one wants it.
                running.shutdown().await;
                drop(state.send_replace(Err(Missing::told("it ended; the log says why"))));
            }
            // Once in words; the same again says nothing new.
            Err(Missing { why, .. }) if told.as_ref() != Some(&why) => {
                log::error!("there is no WebRTC, viewers are served in other ways: {why}");
                told = Some(why);
            }
            Err(_) => wait = (wait * 2).min(RETRY_MAX),
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.stopped() => return,
        }
        let next = start(&settings);
        if next.is_ok() {
            wait = RETRY_MIN;
        }
        drop(state.send_replace(next));
    }
}
