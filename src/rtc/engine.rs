//! The engine's thread: waits for frames, datagrams, requests and timers, and gives each to the viewers it is for.

use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::media::MediaKind;
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout_at};

use super::addresses;
use super::answer::Common;
use super::directory::Directory;
use super::feeds::Feeds;
use super::handle::{Command, Shared, Target};
use super::outlet::CATCH_UP_STEP;
use super::packetize::Packets;
use super::peer::{End, Happened, Peer};
use super::sender::Sender;
use super::socket::{Datagram, Io, Receiver};
use super::stats::add;
use super::timing::WallClock;
use super::{Join, JoinError, Joined, Restart, Restarted, SessionError, SessionId, random};
use crate::host::host_of;
use crate::hub::{ReadError, Start, Track};
use crate::media::Frame;

/// The loop comes round at least this often, which is what `/health` looks at.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// At shutdown, how long farewells may wait for the kernel.
const FAREWELL_TIMEOUT: Duration = Duration::from_millis(300);

/// What the thread begins with.
pub(super) struct Setup {
    pub(super) socket: std::net::UdpSocket,
    pub(super) port: u16,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) common: Common,
    pub(super) shared: Arc<Shared>,
}

enum Wake {
    /// `None`: all handles are gone.
    Command(Option<Command>),
    Readable,
    Writable,
    Frame(usize, Result<Frame, ReadError>),
    Timer,
}

struct Core {
    port: u16,
    addresses: Vec<IpAddr>,
    common: Common,
    shared: Arc<Shared>,
    sender: Sender,
    feeds: Feeds,
    peers: Directory,
    catching_up: Vec<SessionId>,
    wall: WallClock,
}

/// The thread. Ends at `Command::Shutdown` or when no handle is left.
pub(super) fn run(setup: Setup, commands: mpsc::Receiver<Command>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.map(|runtime| runtime.block_on(serve(setup, commands)));
    if let Err(error) | Ok(Err(error)) = ended {
        log::error!("the WebRTC thread could not begin: {error}");
    }
}

async fn serve(setup: Setup, mut commands: mpsc::Receiver<Command>) -> std::io::Result<()> {
    let Setup { socket, port, addresses, common, shared } = setup;
    let now = Instant::now();
    let io = Io::open(socket)?;
    let mut receiver = Receiver::new(Rc::clone(&io));
    let sender = Sender::new(io, Arc::clone(&shared.counters), now);
    let mut core = Core {
        port,
        addresses,
        common,
        shared,
        sender,
        feeds: Feeds::default(),
        peers: Directory::default(),
        catching_up: Vec::new(),
        wall: WallClock::new(now),
    };
    loop {
        let wake = core.wait(&receiver, &mut commands).await;
        let now = Instant::now();
        core.shared.beat(now);
        match wake {
            Wake::Command(None | Some(Command::Shutdown)) => break,
            Wake::Command(Some(command)) => core.on_command(command, now),
            Wake::Readable => core.read(&mut receiver, now),
            Wake::Writable => core.sender.flush(),
            Wake::Frame(feed, outcome) => core.on_frame(feed, outcome, now),
            Wake::Timer => core.on_timer(now),
        }
    }
    core.say_farewell().await;
    Ok(())
}

impl Core {
    async fn wait(&mut self, receiver: &Receiver, commands: &mut mpsc::Receiver<Command>) -> Wake {
        let deadline = self.deadline(Instant::now());
        tokio::select! {
            command = commands.recv() => Wake::Command(command),
            (feed, outcome) = self.feeds.next() => Wake::Frame(feed, outcome),
            // An error shows again when reading or writing, where it is dealt with.
            _ = self.sender.io().writable(), if self.sender.has_waiting() => Wake::Writable,
            _ = receiver.readable() => Wake::Readable,
            () = sleep_until(deadline.into()) => Wake::Timer,
        }
    }

    fn deadline(&self, now: Instant) -> Instant {
        let timers = self.peers.timeout();
        let heartbeat = now + HEARTBEAT;
        let mut deadline = timers.map_or(heartbeat, |timer| timer.min(heartbeat));
        if !self.catching_up.is_empty() {
            deadline = deadline.min(now + CATCH_UP_STEP);
        }
        deadline
    }

    fn on_timer(&mut self, now: Instant) {
        self.sender.tick(now);
        for id in self.peers.due(now) {
            self.with_peer(id, now, |peer, tools| Some(peer.tick(now, tools.sender)));
        }
        for id in std::mem::take(&mut self.catching_up) {
            self.catch_up(id, now);
        }
    }

    /// Sends a viewer the next part of what it has to catch up.
    fn catch_up(&mut self, id: SessionId, now: Instant) {
        self.with_peer(id, now, |peer, tools| {
            Some(peer.drive(now, tools.sender, |peer| {
                if let Some((rtc, outlet)) = peer.stream(MediaKind::Video) {
                    outlet.write_catch_up(rtc, tools.wall, now);
                }
                Ok(())
            }))
        });
        let video = self.peers.get(id).and_then(|peer| peer.video.as_ref());
        if video.is_some_and(|video| video.is_catching_up()) {
            self.catching_up.push(id);
        }
    }

    fn on_frame(&mut self, index: usize, outcome: Result<Frame, ReadError>, now: Instant) {
        match outcome {
            Ok(frame) => self.fan_out(index, &frame, now),
            Err(ReadError::Lagged { missed }) => {
                add(&self.shared.counters.frames_missed, missed);
                if let Some(feed) = self.feeds.get(index) {
                    feed.track.request_key_frame();
                }
            }
            Err(ReadError::Closed) => {
                let feed = self.feeds.remove(index);
                // Without its picture a source is gone; sound alone may end before it.
                for id in feed.viewers.into_iter().filter(|_| feed.kind.is_video()) {
                    self.end(id, End::SourceGone, now);
                }
            }
        }
    }

    fn fan_out(&mut self, index: usize, frame: &Frame, now: Instant) {
        let Some(feed) = self.feeds.get(index) else { return };
        let (kind, viewers) = (feed.kind, feed.viewers.clone());
        let packets = Packets::of(frame);
        for id in viewers {
            self.with_peer(id, now, |peer, tools| {
                let write = |peer: &mut Peer| {
                    if let Some((rtc, outlet)) = peer.stream(kind) {
                        outlet.write(rtc, frame, &packets, tools.wall, now);
                    }
                    Ok(())
                };
                peer.is_connected().then(|| peer.drive(now, tools.sender, write))
            });
        }
    }

    fn read(&mut self, receiver: &mut Receiver, now: Instant) {
        receiver.read(|datagram| self.on_datagram(&datagram, now));
    }

    fn on_datagram(&mut self, datagram: &Datagram<'_>, now: Instant) {
        let mut understood = false;
        if let Some(id) = self.peers.owner(datagram, now) {
            self.with_peer(id, now, |peer, tools| {
                let happened = peer.receive(datagram, now, tools.sender);
                understood = happened.is_some();
                happened
            });
        }
        if !understood {
            add(&self.shared.counters.garbage, 1);
        }
    }

    fn on_command(&mut self, command: Command, now: Instant) {
        // Whoever asked may have gone: that only matters to a viewer that just joined.
        match command {
            Command::Join(join, reply) => {
                let joined = self.join(*join, now);
                if let Err(Ok(Joined { session, .. })) = reply.send(joined) {
                    self.end(session, End::Left, now);
                }
            }
            Command::Ice(target, reply) => {
                let _ = reply.send(self.peers.of(&target).map(Peer::ice));
            }
            Command::Candidates(target, candidates, reply) => {
                let _ = reply.send(self.peers.of(&target).map(|peer| peer.add_candidates(&candidates)));
            }
            Command::Restart(target, restart, reply) => {
                let _ = reply.send(self.restart_ice(&target, &restart, now));
            }
            Command::Leave(target, reply) => {
                let found = self.peers.of(&target).map(|_| ());
                if found.is_ok() {
                    self.end(target.session, End::Left, now);
                }
                let _ = reply.send(found);
            }
            Command::Shutdown => {}
        }
    }

    fn join(&mut self, join: Join, now: Instant) -> Result<Joined, JoinError> {
        let Join { offer, reached_at, from, source, video, audio, guard } = join;
        let host = host_of(from);
        if let Some(waiting) = self.peers.make_room(host)? {
            self.end(waiting, End::MadeRoom, now);
        }
        let speaks = |address| self.sender.io().speaks(address);
        let chosen = addresses::candidates(reached_at, &self.addresses, addresses::own, speaks);
        let candidates: Vec<SocketAddr> =
            chosen.into_iter().map(|address| SocketAddr::new(address, self.port)).collect();
        if candidates.is_empty() {
            return Err(JoinError::NoAddress);
        }
        let session = SessionId(u128::from_be_bytes(random()));
        let joined = Peer::join(&self.common, &offer, candidates, (source, host, guard), random(), now);
        let (mut peer, answer) = joined?;
        let ice = peer.ice();
        if peer.video.is_some() {
            self.feeds.join(&video, MediaKind::Video, session);
        }
        if peer.audio.is_some() {
            self.feeds.join(&audio, MediaKind::Audio, session);
        }
        log::debug!("a viewer of {} joins", peer.source);
        self.peers.insert(session, ice.local_ufrag.clone(), peer);
        self.count_peers();
        Ok(Joined { session, answer, ice })
    }

    fn restart_ice(
        &mut self,
        target: &Target,
        restart: &Restart,
        now: Instant,
    ) -> Result<Restarted, SessionError> {
        let peer = self.peers.of(target)?;
        let fragment = peer.restart_ice(&restart.ufrag, &restart.pwd, now).map_err(SessionError::Restart)?;
        peer.add_candidates(&restart.candidates);
        let ice = peer.ice();
        self.peers.rename(target.session, ice.local_ufrag.clone());
        Ok(Restarted { fragment, ice })
    }

    /// Lets `act` do something to a viewer, and draws the consequences.
    fn with_peer(
        &mut self,
        id: SessionId,
        now: Instant,
        act: impl FnOnce(&mut Peer, Tools<'_>) -> Option<Happened>,
    ) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let tools = Tools { sender: &mut self.sender, wall: &mut self.wall };
        let Some(happened) = act(peer, tools) else { return };
        let counters = &self.shared.counters;
        if happened.nacks > 0 {
            add(&counters.nacks, happened.nacks);
        }
        if happened.wants_key_frame {
            add(&counters.key_frame_requests, 1);
            if let Some(track) = self.feeds.track(MediaKind::Video, id) {
                track.request_key_frame();
            }
        }
        if let Some(end) = happened.ended {
            self.end(id, end, now);
        } else if happened.connected {
            self.begin(id, now);
        }
    }

    /// The viewer has connected: its frames begin to flow.
    fn begin(&mut self, id: SessionId, now: Instant) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        log::debug!("a viewer of {} is connected", peer.source);
        if let Some(audio) = &mut peer.audio {
            audio.await_key_frame();
        }
        let (Some(video), Some(track)) = (&mut peer.video, self.feeds.track(MediaKind::Video, id)) else {
            return;
        };
        track.request_key_frame();
        if track.makes_key_frames_on_demand() {
            video.await_key_frame();
        } else {
            video.catch_up(cached(track));
            self.catch_up(id, now);
        }
    }

    /// Removes a viewer and tells it, if it can still be told.
    fn end(&mut self, id: SessionId, why: End, now: Instant) {
        let Some(mut peer) = self.peers.remove(id) else { return };
        log::debug!("a viewer of {} ended: {why:?}", peer.source);
        if why == End::Panicked {
            add(&self.shared.counters.panics, 1);
            log::error!("a viewer of {} was closed after a panic", peer.source);
        } else {
            peer.close(now, &mut self.sender);
        }
        self.feeds.leave(id);
        self.count_peers();
    }

    fn count_peers(&self) {
        let peers = self.peers.len() as u64;
        self.shared.counters.peers.store(peers, std::sync::atomic::Ordering::Relaxed);
    }

    async fn say_farewell(&mut self) {
        let now = Instant::now();
        for id in self.peers.ids() {
            self.end(id, End::Shutdown, now);
        }
        while self.sender.has_waiting() {
            let writable = timeout_at((now + FAREWELL_TIMEOUT).into(), self.sender.io().writable()).await;
            if !matches!(writable, Ok(Ok(()))) {
                break;
            }
            self.sender.flush();
        }
    }
}

/// What is needed to send something to a viewer.
struct Tools<'a> {
    sender: &'a mut Sender,
    wall: &'a mut WallClock,
}

/// The newest key frame a track holds and all after it.
fn cached(track: &Track) -> Vec<Frame> {
    let mut reader = track.read(Start::NewestKeyFrame);
    std::iter::from_fn(|| reader.try_next()?.ok()).collect()
}
