//! One conversation with a camera: it is asked what it has, told what to send, and kept from ending it.

use std::io;
use std::net::UdpSocket;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use url::Url;

use super::description::{self, Description};
use super::error::Error;
use super::link::{Arrived, Link, Trust, readable, wait};
use super::login::{Scheme, is_stale};
use super::message::{self, Answer, Next};
use super::packets::Filter;
use super::tracks::{PACKET_BYTES_MAX, Track, deliver, open_the_way, take_datagrams, udp_pair};

/// How long the camera may think about a request: some take 6 s to describe themselves.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// A request is asked without a login, with one, and with one for a newer challenge.
const ASKED_MAX: usize = 3;
/// From one camera to another, and again.
const REDIRECTS_MAX: usize = 5;
/// Bytes in a row that belong to nothing.
const JUNK_BYTES_MAX: usize = 256 << 10;
const NO_RTSP: &str = "what answers is no RTSP";
/// How long a session lives without a request, where the camera does not say (RFC 2326 section 12.37).
const SESSION_LIFE: Duration = Duration::from_secs(60);
/// Between two of the receiver's reports, which are looked for this often.
const REPORTS_EVERY: Duration = Duration::from_secs(1);
const USER_AGENT: &str = concat!("Marquee/", env!("CARGO_PKG_VERSION"));

/// What to connect to. No `Debug`: it holds a password.
pub struct Settings<'a> {
    /// `rtsp://` or `rtsps://`, without user and password.
    pub url: &'a str,
    pub user: Option<&'a str>,
    pub password: Option<&'a str>,
    /// Packets come over the connection of the requests; else by UDP.
    pub tcp: bool,
    pub trust: Trust,
}

/// Who takes what a camera sends.
pub trait Receiver {
    /// Which of its streams are to be sent, by their places in the description.
    fn choose(&mut self, description: &Description) -> Result<Vec<usize>, Error>;
    /// A packet of the stream that was chosen as number `stream`.
    fn rtp(&mut self, stream: usize, packet: &[u8]);
    /// The sender's report on it.
    fn rtcp(&mut self, stream: usize, report: &[u8]);
    /// Reports that are to go back to the camera.
    fn reports(&mut self) -> Vec<(usize, Vec<u8>)>;
}

/// Takes what the camera sends until it ends or `stop` can be read (or is closed). Blocks.
pub fn run(settings: &Settings<'_>, receiver: &mut dyn Receiver, stop: BorrowedFd<'_>) -> Error {
    let mut url = settings.url.to_owned();
    let mut visited = Vec::new();
    while visited.len() <= REDIRECTS_MAX && !visited.contains(&url) {
        visited.push(url.clone());
        let outcome = Session::open(settings, &url, receiver, stop).map(|mut session| {
            let outcome = session.go();
            if !matches!(outcome, Outcome::Over(Error::Closed)) {
                session.tear_down();
            }
            outcome
        });
        match outcome {
            Ok(Outcome::Elsewhere(other)) => url = other,
            Ok(Outcome::Over(error)) | Err(error) => return error,
        }
    }
    Error::Refused("the camera sends from one address to the next, and never to a stream".to_owned())
}

enum Outcome {
    Over(Error),
    /// The camera names another address.
    Elsewhere(String),
}

impl From<Error> for Outcome {
    fn from(error: Error) -> Self {
        Self::Over(error)
    }
}

struct Session<'a> {
    settings: &'a Settings<'a>,
    receiver: &'a mut dyn Receiver,
    stop: BorrowedFd<'a>,
    url: String,
    link: Link,
    number: u32,
    scheme: Option<Scheme>,
    /// User and password were right once.
    is_logged_in: bool,
    /// Its name, once there is one.
    id: Option<String>,
    life: Duration,
    keep_alive_by: &'static str,
    junk: usize,
    /// It answered once, so that it is an RTSP server.
    has_answered: bool,
    tracks: Vec<Track>,
    /// Empty where none come.
    datagram: Vec<u8>,
    /// What all streams are played by.
    aggregate: String,
}

impl<'a> Session<'a> {
    fn open(
        settings: &'a Settings<'a>,
        url: &str,
        receiver: &'a mut dyn Receiver,
        stop: BorrowedFd<'a>,
    ) -> Result<Self, Error> {
        let parsed =
            Url::parse(url).map_err(|error| Error::Failed(format!("an address that can't be: {error}")))?;
        let (secure, port) = match parsed.scheme() {
            "rtsp" => (false, 554),
            "rtsps" => (true, 322),
            other => return Err(Error::Refused(format!("the camera sends to an address of {other}"))),
        };
        let host = parsed.host_str().ok_or_else(|| Error::Failed("an address without a host".to_owned()))?;
        let link = Link::connect(host, parsed.port().unwrap_or(port), secure.then_some(&settings.trust))?;
        Ok(Self {
            settings,
            receiver,
            stop,
            url: url.to_owned(),
            link,
            number: 0,
            scheme: None,
            is_logged_in: false,
            id: None,
            life: SESSION_LIFE,
            keep_alive_by: "OPTIONS",
            junk: 0,
            has_answered: false,
            tracks: Vec::new(),
            datagram: vec![0; if settings.tcp { 0 } else { PACKET_BYTES_MAX }],
            aggregate: url.to_owned(),
        })
    }

    fn go(&mut self) -> Outcome {
        match self.begin() {
            Ok(None) => self.play().into(),
            Ok(Some(elsewhere)) => Outcome::Elsewhere(elsewhere),
            Err(error) => error.into(),
        }
    }

    /// Up to the moment at which the camera sends. `Some`: it sends somewhere else instead.
    fn begin(&mut self) -> Result<Option<String>, Error> {
        let url = self.url.clone();
        let options = self.ask("OPTIONS", &url, &[])?;
        if options.all("public").any(|methods| methods.contains("GET_PARAMETER")) {
            self.keep_alive_by = "GET_PARAMETER";
        }
        let described = self.ask("DESCRIBE", &url, &[("Accept", "application/sdp".to_owned())])?;
        if let Some(elsewhere) = redirect(&url, &described) {
            return Ok(Some(elsewhere));
        }
        good("DESCRIBE", &described)?;
        let description = description::parse(&String::from_utf8_lossy(&described.body));
        let chosen = self.receiver.choose(&description)?;
        let base = described.header("content-base").or_else(|| described.header("content-location"));
        let base =
            base.filter(|base| message::is_one_line(base) && base.contains("://")).unwrap_or(&url).to_owned();
        self.aggregate = checked(description::address(&base, description.control.as_deref()))?;
        for place in chosen {
            let Some(stream) = description.streams.get(place) else { continue };
            let address =
                checked(description::address(&self.base(&base, &description), stream.control.as_deref()))?;
            self.set_up(&address, stream)?;
        }
        let aggregate = self.aggregate.clone();
        let played = self.ask("PLAY", &aggregate, &[("Range", "npt=0.000-".to_owned())])?;
        good("PLAY", &played)?;
        Ok(None)
    }

    /// What the addresses of streams are added to.
    fn base(&self, base: &str, description: &Description) -> String {
        let whole = description.control.as_deref().is_some_and(|control| control.contains("://"));
        if whole { self.aggregate.clone() } else { base.to_owned() }
    }

    fn set_up(&mut self, address: &str, stream: &description::Stream) -> Result<(), Error> {
        let channel = u8::try_from(self.tracks.len() * 2).unwrap_or(0);
        let sockets = if self.settings.tcp { None } else { Some(udp_pair(self.link.socket())?) };
        let transport = match &sockets {
            None => format!("RTP/AVP/TCP;unicast;interleaved={channel}-{}", channel + 1),
            Some((rtp, rtcp)) => {
                let port = |socket: &UdpSocket| socket.local_addr().map_or(0, |address| address.port());
                format!("RTP/AVP;unicast;client_port={}-{}", port(rtp), port(rtcp))
            }
        };
        let answer = self.ask("SETUP", address, &[("Transport", transport)])?;
        if answer.status == 461 {
            let other = if self.settings.tcp { "udp" } else { "tcp" };
            let detail = format!("{}; transport = \"{other}\" may do", refusal("SETUP", &answer));
            return Err(Error::Refused(detail));
        }
        good("SETUP", &answer)?;
        self.remember(&answer)?;
        let said = answer.header("transport").unwrap_or("").to_owned();
        let value = |name: &str| said.split(';').find_map(|part| part.trim().strip_prefix(name));
        let first =
            |name: &str| value(name).and_then(|range| range.split('-').next()?.trim().parse::<u16>().ok());
        let announced = value("ssrc=").and_then(|ssrc| u32::from_str_radix(ssrc.trim(), 16).ok());
        let ports = first("server_port=");
        if let (Some((rtp, rtcp)), Some(port)) = (&sockets, ports) {
            open_the_way(self.link.socket(), rtp, rtcp, port);
        }
        self.tracks.push(Track {
            filter: Filter::new(stream.payload_type, stream.others.clone(), announced, Instant::now()),
            channel: first("interleaved=").and_then(|first| u8::try_from(first).ok()).unwrap_or(channel),
            sockets,
            reports_to: ports.and_then(|port| port.checked_add(1)),
        });
        Ok(())
    }

    /// `12345678;timeout=60`
    fn remember(&mut self, answer: &Answer) -> Result<(), Error> {
        let Some(session) = answer.header("session") else { return Ok(()) };
        let (id, rest) = session.split_once(';').unwrap_or((session, ""));
        self.id = Some(checked(id.trim().to_owned())?);
        let life = rest.split(';').find_map(|part| part.trim().strip_prefix("timeout=")?.trim().parse().ok());
        self.life = life.filter(|seconds| *seconds > 0).map_or(self.life, Duration::from_secs);
        Ok(())
    }

    /// Until it is over.
    fn play(&mut self) -> Error {
        // Twice within its life, so that one that is lost or late does no harm.
        let every = (self.life / 3).clamp(Duration::from_secs(1), SESSION_LIFE / 2);
        let mut keep_alive_at = Instant::now() + every;
        loop {
            match self.step(keep_alive_at.min(Instant::now() + REPORTS_EVERY)) {
                Ok(Some(answer)) => {
                    if let Err(error) = self.kept_alive(&answer) {
                        return error;
                    }
                }
                Ok(None) => {}
                Err(error) => return error,
            }
            let outcome = self.send_reports().and_then(|()| {
                if Instant::now() < keep_alive_at {
                    return Ok(());
                }
                keep_alive_at = Instant::now() + every;
                let aggregate = self.aggregate.clone();
                self.send(self.keep_alive_by, &aggregate, &[])
            });
            if let Err(error) = outcome {
                return error;
            }
        }
    }

    /// What the camera said to being kept alive.
    fn kept_alive(&mut self, answer: &Answer) -> Result<(), Error> {
        match answer.status {
            // It forgot us, and sends no more.
            454 => Err(Error::Closed),
            401 => self.log_in(answer),
            // Not all that is announced is done.
            400..=599 => {
                self.keep_alive_by = "OPTIONS";
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn send_reports(&mut self) -> Result<(), Error> {
        for (place, report) in self.receiver.reports() {
            let Some(track) = self.tracks.get(place) else { continue };
            match (&track.sockets, track.reports_to) {
                (Some((_, rtcp)), Some(port)) => {
                    if let Ok(camera) = self.link.socket().peer_addr() {
                        // One that does not get there is followed by another.
                        let _ = rtcp.send_to(&report, (camera.ip(), port));
                    }
                }
                (None, _) => {
                    let bytes = message::interleaved(track.channel.wrapping_add(1), &report);
                    self.link.write(&bytes.unwrap_or_default()).map_err(|error| lost(&error))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Says good-bye, so that the camera has room for another. Waits for nothing.
    fn tear_down(&mut self) {
        if self.id.is_some() {
            let aggregate = self.aggregate.clone();
            // Whether it hears of it or not, this is over.
            let _ = self.send("TEARDOWN", &aggregate, &[]);
        }
    }

    /// Asks, and logs in if the camera wants that.
    fn ask(&mut self, method: &'static str, url: &str, headers: &[(&str, String)]) -> Result<Answer, Error> {
        for _ in 0..ASKED_MAX {
            self.send(method, url, headers)?;
            let deadline = Instant::now() + ANSWER_MAX;
            let number = self.number.to_string();
            let answer = loop {
                let Some(answer) = self.step(deadline)? else {
                    let seconds = ANSWER_MAX.as_secs();
                    let silent = Error::NotAnswering(format!("no answer to {method} for {seconds} s"));
                    return Err(self.no_rtsp().unwrap_or(silent));
                };
                // Of one that was given up.
                if answer.header("cseq").is_none_or(|said| said == number) && answer.status >= 200 {
                    break answer;
                }
            };
            if answer.status != 401 {
                self.is_logged_in |= self.scheme.is_some();
                return Ok(answer);
            }
            self.log_in(&answer)?;
        }
        Err(Error::Unauthorized("user or password are refused".to_owned()))
    }

    /// After a 401: what the next request says of user and password.
    fn log_in(&mut self, answer: &Answer) -> Result<(), Error> {
        let challenges: Vec<&str> = answer.all("www-authenticate").collect();
        if self.settings.user.is_none() {
            return Err(Error::Unauthorized("it wants a user and a password".to_owned()));
        }
        // A password that was refused is not said again: cameras lock an account after a few. One that was right before is
        // asked for with another challenge, whether the camera calls the first one stale or not.
        if self.scheme.is_some() && !self.is_logged_in && !is_stale(&challenges) {
            return Err(Error::Unauthorized("user or password are refused".to_owned()));
        }
        let scheme = Scheme::choose(&challenges).map_err(|asked| {
            Error::Refused(format!("the camera wants a login by {asked}, which is not known here"))
        })?;
        if scheme.shows_password() && !same_host(&self.url, self.settings.url) {
            let detail =
                "the camera sends to another host, which asks for the password in plain: it is not told";
            return Err(Error::Refused(detail.to_owned()));
        }
        self.scheme = Some(scheme);
        Ok(())
    }

    fn send(&mut self, method: &str, url: &str, headers: &[(&str, String)]) -> Result<(), Error> {
        self.number += 1;
        let mut all: Vec<(&str, String)> = vec![("User-Agent", USER_AGENT.to_owned())];
        if let (Some(scheme), Some(user)) = (&mut self.scheme, self.settings.user) {
            let answer = scheme.answer(user, self.settings.password.unwrap_or(""), method, url);
            all.push(("Authorization", answer.map_err(|error| Error::Failed(format!("no login: {error}")))?));
        }
        if let Some(id) = &self.id {
            all.push(("Session", id.clone()));
        }
        all.extend(headers.iter().map(|(name, value)| (*name, value.clone())));
        let bytes = message::request(method, url, self.number, &all);
        self.link.write(&bytes).map_err(|error| lost(&error))
    }

    /// Takes what comes, until that is an answer. `None`: it is `until`.
    fn step(&mut self, until: Instant) -> Result<Option<Answer>, Error> {
        loop {
            if let Some(answer) = self.take_arrived()? {
                return Ok(Some(answer));
            }
            // TLS may hold what no poll tells of: read first, wait then.
            match self.link.read().map_err(|error| lost(&error))? {
                Arrived::Something => continue,
                Arrived::End => return Err(self.no_rtsp().unwrap_or(Error::Closed)),
                Arrived::Nothing => {}
            }
            if let Ok(camera) = self.link.socket().peer_addr() {
                take_datagrams(&mut self.tracks, self.receiver, camera.ip(), &mut self.datagram);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(None);
            }
            self.sleep(left)?;
        }
    }

    /// Something spoke, and not one answer was among it: such as the camera's web server.
    fn no_rtsp(&self) -> Option<Error> {
        (self.junk > 0 && !self.has_answered).then(|| Error::NotVideo(NO_RTSP.to_owned()))
    }

    fn sleep(&self, time: Duration) -> Result<(), Error> {
        let sockets = self.tracks.iter().filter_map(|track| track.sockets.as_ref());
        let mut fds: Vec<PollFd<'_>> = vec![readable(&self.stop), readable(self.link.socket())];
        fds.extend(sockets.flat_map(|(rtp, rtcp)| [readable(rtp), readable(rtcp)]));
        wait(&mut fds, time).map_err(|error| Error::Failed(error.to_string()))?;
        let told = fds[0].revents().intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR);
        if told { Err(Error::Stopped) } else { Ok(()) }
    }

    /// What of the connection has arrived whole.
    fn take_arrived(&mut self) -> Result<Option<Answer>, Error> {
        loop {
            let (next, len) = message::next(self.link.arrived());
            let mut own = None;
            match next {
                Next::Nothing => return Ok(None),
                Next::Answer(answer) => own = Some(answer),
                Next::Request(_, number) => {
                    let answer = message::not_implemented(&number);
                    self.link.take(len);
                    self.link.write(&answer).map_err(|error| lost(&error))?;
                    continue;
                }
                Next::Packet(channel, data) => {
                    self.junk = 0;
                    deliver(&mut self.tracks, self.receiver, channel, data);
                }
                Next::Junk => {
                    self.junk += len;
                    if self.junk > JUNK_BYTES_MAX {
                        return Err(Error::NotVideo(NO_RTSP.to_owned()));
                    }
                }
                Next::TooLong => return Err(Error::NotVideo("its answer has no end".to_owned())),
            }
            self.link.take(len);
            if let Some(answer) = own {
                (self.junk, self.has_answered) = (0, true);
                return Ok(Some(answer));
            }
        }
    }
}

/// Where else an answer sends.
fn redirect(url: &str, answer: &Answer) -> Option<String> {
    if !matches!(answer.status, 300..=303 | 305 | 307 | 308) {
        return None;
    }
    let location = answer.header("location").filter(|location| message::is_one_line(location))?;
    let mut elsewhere = Url::parse(url).ok()?.join(location).ok()?;
    // User and password are those of the settings alone.
    let _ = elsewhere.set_username("").and_then(|()| elsewhere.set_password(None));
    Some(elsewhere.into())
}

fn same_host(one: &str, other: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    host(one) == host(other)
}

fn checked(text: String) -> Result<String, Error> {
    let well = message::is_one_line(&text) && !text.contains(' ');
    if well {
        Ok(text)
    } else {
        Err(Error::NotVideo("the camera's description has addresses that can't be".to_owned()))
    }
}

fn good(method: &str, answer: &Answer) -> Result<(), Error> {
    match answer.status {
        200..=299 => Ok(()),
        404 | 410 => Err(Error::NotFound(refusal(method, answer))),
        _ => Err(Error::Refused(refusal(method, answer))),
    }
}

/// Such as `DESCRIBE: 453 Not Enough Bandwidth`.
fn refusal(method: &str, answer: &Answer) -> String {
    let reason: String = answer.reason.chars().filter(|char| !char.is_control()).take(100).collect();
    format!("the camera answers {method} with {} {reason}", answer.status).trim_end().to_owned()
}

/// The connection is gone.
fn lost(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof => {
            Error::Closed
        }
        _ => Error::NotAnswering(format!("the connection is lost: {error}")),
    }
}
