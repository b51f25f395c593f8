//! One viewer: its WebRTC state, driven from outside. Nothing in here knows a socket or reads a clock.

use std::net::{IpAddr, SocketAddr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use str0m::media::MediaKind;
use str0m::net::{DatagramRecv, Protocol, Receive, Transmit};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcError};

use super::addresses;
use super::answer::{self, Answered, Common};
use super::outlet::Outlet;
use super::sdp::{self, OfferError, ViewerOffer};
use super::sender::Sender;
use super::socket::{Datagram, Route};
use super::{Ice, JoinError};
use crate::hub::ViewerGuard;

/// A browser that accepted the answer is connected within a second or two, over a bad network within ten. One that
/// is not by then has gone, or can't reach the box.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// The library's own timers are not served more often than this while a viewer connects, and
const CONNECTING_TIMER_STEP: Duration = Duration::from_millis(10);
/// than this once it is connected: then they are reports and keep-alives, everything urgent is driven by frames and
/// datagrams, and after every frame the library asks to be called at once, for nothing.
const TIMER_STEP: Duration = Duration::from_millis(100);
/// A viewer sends from one address, or from two while its network changes.
const PATHS_MAX: usize = 16;
/// Browsers trickle about 10. None is needed: the box learns a viewer's address from its first datagram.
const REMOTE_CANDIDATES_MAX: usize = 32;

/// Why a viewer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Left,
    /// It sent nothing any more.
    Vanished,
    NotReached,
    /// It had not connected yet, and another one wanted its place.
    MadeRoom,
    Failed,
    SourceGone,
    Shutdown,
    /// A bug of the library or in our use of it.
    Panicked,
}

/// What came of giving a viewer something.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Happened {
    pub(super) connected: bool,
    pub(super) wants_key_frame: bool,
    pub(super) nacks: u64,
    pub(super) ended: Option<End>,
}

pub(super) struct Peer {
    rtc: Rtc,
    offer: ViewerOffer,
    /// Id of the source it watches.
    pub(super) source: String,
    /// The host that asked for it, and when.
    pub(super) host: IpAddr,
    pub(super) since: Instant,
    pub(super) video: Option<Outlet>,
    pub(super) audio: Option<Outlet>,
    local_candidates: Vec<SocketAddr>,
    remote_candidates: usize,
    /// How its addresses are reached, newest last.
    paths: Vec<Route>,
    /// When the library wants to be called again.
    pub(super) timeout: Instant,
    connected: bool,
    /// When it is given up, unless its ICE has found a way (again) by then.
    reach_by: Option<Instant>,
    nacks: u64,
    /// Held for its `Drop`: the viewer counts until then.
    _guard: ViewerGuard,
}

impl Peer {
    /// Answers an offer.
    pub(super) fn join(
        common: &Common,
        offer: &str,
        local_candidates: Vec<SocketAddr>,
        (source, host, guard): (String, IpAddr, ViewerGuard),
        random: [u8; 12],
        now: Instant,
    ) -> Result<(Self, String), JoinError> {
        let offer = ViewerOffer::read(offer)?;
        let Answered { rtc, video, audio, answer } =
            answer::answer(common, &offer, &local_candidates, random, now)?;
        let peer = Self {
            rtc,
            offer,
            source,
            host,
            since: now,
            video,
            audio,
            local_candidates,
            remote_candidates: 0,
            paths: Vec::new(),
            timeout: now,
            connected: false,
            reach_by: Some(now + CONNECT_TIMEOUT),
            nacks: 0,
            _guard: guard,
        };
        Ok((peer, answer))
    }

    pub(super) fn ice(&mut self) -> Ice {
        let local = self.rtc.direct_api().local_ice_credentials();
        let sections = self.offer.text.lines();
        let remote = sections.filter_map(|line| line.strip_prefix("a=ice-ufrag:")).next();
        Ice { local_ufrag: local.ufrag, remote_ufrag: remote.unwrap_or_default().to_owned() }
    }

    /// Candidates that can't be read or are of no use (TCP, host names) are passed over, as ICE asks.
    pub(super) fn add_candidates(&mut self, candidates: &[String]) {
        let readable = candidates.iter().filter_map(|line| Candidate::from_sdp_string(line).ok());
        for candidate in readable.filter(|candidate| candidate.proto() == Protocol::Udp) {
            if self.remote_candidates == REMOTE_CANDIDATES_MAX {
                return;
            }
            self.remote_candidates += 1;
            self.rtc.add_remote_candidate(candidate);
        }
    }

    /// Starts ICE anew with the viewer's new credentials. Returns our side as a fragment.
    pub(super) fn restart_ice(&mut self, ufrag: &str, pwd: &str, now: Instant) -> Result<String, OfferError> {
        let text = self.offer.restarted(ufrag, pwd);
        let answer = answer::contained(|| answer::accept(&mut self.rtc, &text))?;
        self.offer.text = text;
        self.remote_candidates = 0;
        // The library waits for ever for an ICE that was started anew.
        self.reach_by = Some(now + CONNECT_TIMEOUT);
        for outlet in [&mut self.video, &mut self.audio].into_iter().flatten() {
            outlet.withhold(&mut self.rtc);
        }
        Ok(sdp::ice_fragment(&answer))
    }

    /// Whether a datagram from an unknown address, or one known as another viewer's, is from this one.
    pub(super) fn accepts(&self, datagram: &Datagram<'_>, now: Instant) -> bool {
        let Some(input) = self.input(datagram, now) else { return false };
        catch_unwind(AssertUnwindSafe(|| self.rtc.accepts(&input))).unwrap_or(false)
    }

    /// Gives it a datagram that is known to be its. `None` if it is of no kind that WebRTC has.
    pub(super) fn receive(
        &mut self,
        datagram: &Datagram<'_>,
        now: Instant,
        sender: &mut Sender,
    ) -> Option<Happened> {
        let input = self.input(datagram, now)?;
        Some(self.drive(now, sender, |peer| {
            let Err(error) = peer.rtc.handle_input(input) else { return Ok(()) };
            log::debug!("a datagram from {} was refused: {error}", datagram.from);
            if is_fatal(&error, peer.connected) { Err(End::Failed) } else { Ok(()) }
        }))
    }

    fn input<'a>(&self, datagram: &Datagram<'a>, now: Instant) -> Option<Input<'a>> {
        let contents = DatagramRecv::try_from(datagram.bytes).ok()?;
        let destination = addresses::destination(datagram.at, &self.local_candidates)?;
        let receive = Receive { proto: Protocol::Udp, source: datagram.from, destination, contents };
        Some(Input::Receive(now, receive))
    }

    /// Remembers how its sender is reached; the datagram was proven to be its. Returns an address that is forgotten
    /// for it.
    pub(super) fn learn_path(&mut self, datagram: &Datagram<'_>) -> Option<SocketAddr> {
        let route = Route { to: datagram.from, from: datagram.at };
        self.paths.retain(|path| path.to != route.to);
        let forgotten = (self.paths.len() == PATHS_MAX).then(|| self.paths.remove(0).to);
        self.paths.push(route);
        forgotten
    }

    pub(super) fn tick(&mut self, now: Instant, sender: &mut Sender) -> Happened {
        if self.reach_by.is_some_and(|deadline| deadline <= now) {
            return Happened { ended: Some(End::NotReached), ..Happened::default() };
        }
        self.drive(now, sender, |_| Ok(()))
    }

    /// Tells the viewer that it is over. Nothing more may be asked of it.
    pub(super) fn close(&mut self, now: Instant, sender: &mut Sender) {
        self.drive(now, sender, |peer| {
            if let Err(error) = peer.rtc.close() {
                log::debug!("closing a viewer failed: {error}");
            }
            Ok(())
        });
    }

    /// Lets `act` do one thing to the viewer, and sends all that comes of it; nothing if that ended the viewer.
    pub(super) fn drive(
        &mut self,
        now: Instant,
        sender: &mut Sender,
        act: impl FnOnce(&mut Self) -> Result<(), End>,
    ) -> Happened {
        let work = || match act(self) {
            Ok(()) => self.drain(now, sender),
            Err(end) => Happened { ended: Some(end), ..Happened::default() },
        };
        let happened = catch_unwind(AssertUnwindSafe(work));
        sender.finish();
        happened.unwrap_or(Happened { ended: Some(End::Panicked), ..Happened::default() })
    }

    fn drain(&mut self, now: Instant, sender: &mut Sender) -> Happened {
        let mut happened = Happened::default();
        if let Err(error) = self.rtc.handle_input(Input::Timeout(now)) {
            log::debug!("a viewer's timer failed: {error}");
        }
        loop {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    let step = if self.is_connected() { TIMER_STEP } else { CONNECTING_TIMER_STEP };
                    self.timeout = at.max(now + step);
                    break;
                }
                Ok(Output::Transmit(transmit)) => self.transmit(&transmit, sender),
                Ok(Output::Event(event)) => self.on_event(&event, &mut happened),
                Err(error) => {
                    happened.ended.get_or_insert(failed(&error));
                    break;
                }
            }
        }
        if !self.rtc.is_alive() {
            happened.ended.get_or_insert(End::Left);
        }
        happened
    }

    fn transmit(&self, transmit: &Transmit, sender: &mut Sender) {
        let path = self.paths.iter().rev().find(|path| path.to == transmit.destination);
        let route = path.copied().unwrap_or(Route { to: transmit.destination, from: None });
        sender.push(route, &transmit.contents);
    }

    fn on_event(&mut self, event: &Event, happened: &mut Happened) {
        match event {
            Event::Connected => {
                (self.connected, self.reach_by) = (true, None);
                happened.connected = true;
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) => {
                happened.ended = Some(End::Vanished);
            }
            Event::IceConnectionStateChange(state) if state.is_connected() && self.connected => {
                self.reach_by = None;
            }
            Event::Closed => happened.ended = Some(End::Left),
            Event::KeyframeRequest(_) => happened.wants_key_frame = true,
            Event::MediaEgressStats(stats)
                if self.video.as_ref().is_some_and(|video| video.announced().mid == stats.mid) =>
            {
                happened.nacks += stats.nacks.saturating_sub(self.nacks);
                self.nacks = stats.nacks;
            }
            _ => {}
        }
    }

    /// The parts a frame needs: the library, and the stream to write to.
    pub(super) fn stream(&mut self, kind: MediaKind) -> Option<(&mut Rtc, &mut Outlet)> {
        let outlet = if kind.is_video() { &mut self.video } else { &mut self.audio };
        Some((&mut self.rtc, outlet.as_mut()?))
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }
}

/// Whether a viewer can't go on after a datagram that was refused. Anybody can send with a viewer's address, so what
/// can't be read ends nothing; but OpenSSL gives a handshake up, and str0m-openssl 0.6 panics when it is asked about
/// one that was.
pub(super) const fn is_fatal(error: &RtcError, connected: bool) -> bool {
    !connected && matches!(error, RtcError::Dtls(_))
}

fn failed(error: &RtcError) -> End {
    log::debug!("a viewer failed: {error}");
    End::Failed
}
