//! Every JSON type of the API. Nothing else in the program is `Serialize`.

use std::time::SystemTime;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde::ser::SerializeMap;

use super::wire_trouble::Problems;
use crate::device;
use crate::hub::{self, ViewerKind};
use crate::media::{MediaTime, Params, State};
use crate::output::hdmi;
use crate::telemetry::{health, process};
use crate::watched::Latest;

/// The JSON text of a value of this module.
pub(super) fn to_json(value: &impl Serialize) -> Bytes {
    serde_json::to_vec(value).expect("the types here have string keys and no failing serializer").into()
}

/// A time as RFC 3339 has it, to the millisecond, in `zone`.
pub(super) fn rfc_3339(time: SystemTime, zone: &TimeZone) -> String {
    // Out of jiff's range (years beyond 9999) only with a clock that is badly wrong.
    let time = Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// RFC 9457.
pub(super) struct Problem<'a> {
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
    members: &'a [(&'static str, String)],
}

impl<'a> Problem<'a> {
    pub(super) fn new(
        title: &'a str,
        status: u16,
        code: &'a str,
        detail: &'a str,
        members: &'a [(&'static str, String)],
    ) -> Self {
        Self { title, status, code, detail, members }
    }
}

impl Serialize for Problem<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "about:blank")?;
        map.serialize_entry("title", self.title)?;
        map.serialize_entry("status", &self.status)?;
        map.serialize_entry("code", self.code)?;
        map.serialize_entry("detail", self.detail)?;
        for (name, value) in self.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[derive(Serialize)]
pub(super) struct Status {
    pub name: String,
    pub version: &'static str,
    /// RFC 3339, like all times.
    pub started: String,
    pub uptime_s: u64,
    pub time: String,
    pub time_zone: String,
    pub health: Health,
    /// What is wrong, for people.
    #[serde(flatten)]
    pub problems: Problems,
    pub sources: SourceCounts,
    pub viewers: Viewers,
    pub screens: Vec<Screen>,
    /// Of all kinds, that are on.
    pub screens_active: usize,
    /// TVs that opened `/tv`.
    pub web_screens: WebScreens,
    pub webrtc: WebRtc,
    pub config: Config,
    pub board: Board,
    pub data: Option<Data>,
    pub process: Option<Process>,
}

#[derive(Serialize)]
pub(super) struct Health {
    pub ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problems: Option<Vec<HealthProblem>>,
}

#[derive(Serialize)]
pub(super) struct HealthProblem {
    pub part: String,
    pub problem: String,
}

impl HealthProblem {
    pub(super) fn list(problems: Vec<health::Problem>) -> Vec<Self> {
        problems.into_iter().map(|problem| Self { part: problem.part, problem: problem.problem }).collect()
    }
}

#[derive(Default, Serialize)]
pub(super) struct SourceCounts {
    pub total: usize,
    pub live: usize,
    pub lost: usize,
    pub idle: usize,
}

impl SourceCounts {
    pub(super) fn add(&mut self, state: &State) {
        self.total += 1;
        match state {
            State::Live => self.live += 1,
            State::Lost(_) => self.lost += 1,
            State::Idle => self.idle += 1,
            State::Starting => {}
        }
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Viewers {
    pub whep: usize,
    pub mse: usize,
    pub mjpeg: usize,
    pub jpeg: usize,
    pub total: usize,
}

impl Viewers {
    pub(super) fn of(viewers: &hub::Viewers) -> Self {
        let count = |kind| viewers.count(kind);
        let (whep, mse) = (count(ViewerKind::Whep), count(ViewerKind::Mse));
        let (mjpeg, jpeg) = (count(ViewerKind::Mjpeg), count(ViewerKind::Jpeg));
        Self { whep, mse, mjpeg, jpeg, total: whep + mse + mjpeg + jpeg }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.whep += other.whep;
        self.mse += other.mse;
        self.mjpeg += other.mjpeg;
        self.jpeg += other.jpeg;
        self.total += other.total;
    }
}

/// An HDMI port of the box.
#[derive(Serialize)]
pub(super) struct Screen {
    pub connector: &'static str,
    pub connected: bool,
    /// Id of a source, or `splash`.
    pub shows: Option<String>,
    pub width: u32,
    pub height: u32,
}

impl From<&hdmi::Status> for Screen {
    fn from(status: &hdmi::Status) -> Self {
        let hdmi::Status { port, connected, shows, width, height } = status;
        Self {
            connector: port.id(),
            connected: *connected,
            shows: shows.clone(),
            width: *width,
            height: *height,
        }
    }
}

#[derive(Serialize)]
pub(super) struct WebScreens {
    pub total: usize,
    /// Heard within a minute.
    pub active: usize,
}

#[derive(Serialize)]
pub(super) struct WebRtc {
    /// UDP; null while there is no WebRTC.
    pub port: Option<u16>,
    pub peers: u64,
    /// Why there is none at this moment; null if there is.
    pub problem: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Config {
    pub file: Option<String>,
    pub ok: bool,
    pub errors: Vec<String>,
    /// The same in German.
    pub errors_de: Vec<String>,
}

/// `null` wherever the board does not tell.
#[derive(Serialize)]
pub(super) struct Board {
    pub model: Option<String>,
    pub temperature_c: Option<f64>,
    /// Now or within the last minute.
    pub under_voltage: Option<bool>,
    /// What slows the processor down now; empty is full speed.
    pub throttled: Option<Vec<&'static str>>,
}

impl From<device::Board> for Board {
    fn from(board: device::Board) -> Self {
        let device::Board { model, temperature_c, under_voltage, throttled } = board;
        Self {
            model,
            temperature_c: temperature_c.map(tenths),
            under_voltage,
            throttled: throttled.map(|limits| limits.into_iter().map(device::Limit::code).collect()),
        }
    }
}

/// The data partition, as it was found at this boot.
#[derive(Serialize)]
pub(super) struct Data {
    /// `ok`, `new`, `repaired`, `remade` or `memory`.
    pub state: &'static str,
    pub text: String,
}

impl From<device::Data> for Data {
    fn from(data: device::Data) -> Self {
        Self { state: data.state.code(), text: data.text }
    }
}

#[derive(Serialize)]
pub(super) struct Process {
    pub memory_bytes: u64,
    pub cpu_seconds: f64,
    pub threads: u64,
}

impl From<process::Process> for Process {
    fn from(process: process::Process) -> Self {
        let process::Process { memory_bytes, cpu, threads, .. } = process;
        Self { memory_bytes, cpu_seconds: cpu.as_secs_f64(), threads }
    }
}

#[derive(Serialize)]
pub(super) struct Sources {
    pub sources: Vec<Source>,
}

#[derive(Serialize)]
pub(super) struct Source {
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    /// Of a camera: host and port.
    pub address: Option<String>,
    pub state: &'static str,
    pub cause: Option<Cause>,
    pub since: String,
    /// When it is tried again by itself.
    pub next_try: Option<String>,
    /// Only who may look, and screens that play it, see it.
    pub private: bool,
    pub input: Option<Input>,
    pub video: Option<Video>,
    pub audio: Option<Audio>,
    pub viewers: Viewers,
    pub drops: Drops,
    pub counters: Counters,
}

#[derive(PartialEq, Eq, Serialize)]
pub(super) struct Cause {
    pub code: &'static str,
    pub text: &'static str,
    pub advice: &'static str,
    pub detail: String,
}

#[derive(Serialize)]
pub(super) struct Input {
    pub codec: String,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
}

#[derive(Serialize)]
pub(super) struct Video {
    pub codec: &'static str,
    pub width: u32,
    pub height: u32,
    pub fps: f64,
    pub bitrate_bps: u64,
    pub encoder: String,
}

#[derive(Serialize)]
pub(super) struct Audio {
    pub codec: &'static str,
    pub channels: u8,
    pub bitrate_bps: u64,
}

#[derive(Serialize)]
pub(super) struct Drops {
    pub encode: u64,
    pub readers: u64,
}

#[derive(Serialize)]
pub(super) struct Counters {
    pub frames_in: u64,
    pub attempts: u64,
    pub losses: u64,
    pub encodes_started: u64,
}

impl Source {
    /// A source as it is at `now`.
    pub(super) fn of(source: &hub::Source, private: bool, now: MediaTime, zone: &TimeZone) -> Self {
        let status = source.status.latest();
        Self {
            id: source.id.clone(),
            name: source.name.clone(),
            kind: source.kind.code(),
            address: source.address.clone(),
            state: status.state.code(),
            cause: Cause::of(&status.state),
            since: rfc_3339(status.since, zone),
            next_try: status.next_try.map(|at| rfc_3339(at, zone)),
            private,
            input: status.input.map(Input::from),
            video: status.encoding.map(|encoding| Video::of(encoding, source.video.rate(now))),
            audio: Audio::of(&source.audio, now),
            viewers: Viewers::of(&source.viewers),
            drops: Drops {
                encode: load(&source.counters.frames_dropped),
                readers: source.video.frames_missed()
                    + source.audio.frames_missed()
                    + load(&source.counters.pictures_missed),
            },
            counters: Counters::of(&source.counters),
        }
    }
}

fn load(counter: &std::sync::atomic::AtomicU64) -> u64 {
    counter.load(std::sync::atomic::Ordering::Relaxed)
}

impl Cause {
    fn of(state: &State) -> Option<Self> {
        let loss = state.loss()?;
        let (code, text, advice) = (loss.cause.code(), loss.cause.text(), loss.cause.advice());
        Some(Self { code, text, advice, detail: loss.detail.clone() })
    }
}

impl From<hub::Input> for Input {
    fn from(input: hub::Input) -> Self {
        Self { codec: input.codec, width: input.width, height: input.height, fps: tenths(input.frames_per_s) }
    }
}

impl Video {
    fn of(encoding: hub::Encoding, rate: hub::Rate) -> Self {
        let hub::Encoding { encoder, width, height } = encoding;
        let fps = tenths(rate.frames_per_s);
        Self { codec: "h264", width, height, fps, bitrate_bps: rate.bits_per_s as u64, encoder }
    }
}

impl Audio {
    /// `None` while no sound is encoded.
    fn of(track: &hub::Track, now: MediaTime) -> Option<Self> {
        let params = track.params()?;
        let Params::Opus(opus) = &*params else { return None };
        let bitrate_bps = track.rate(now).bits_per_s as u64;
        Some(Self { codec: "opus", channels: opus.channels, bitrate_bps })
    }
}

impl Counters {
    fn of(counters: &hub::Counters) -> Self {
        Self {
            frames_in: load(&counters.frames_in),
            attempts: load(&counters.attempts),
            losses: load(&counters.losses),
            encodes_started: load(&counters.encodes_started),
        }
    }
}

/// More digits than a frame rate over two seconds has would only flicker.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

#[derive(Serialize)]
pub(super) struct Logs {
    pub lines: Vec<LogLine>,
    /// Lines since the start that are no longer there.
    pub lost: u64,
}

#[derive(Serialize)]
pub(super) struct LogLine {
    pub time: String,
    pub level: &'static str,
    pub target: String,
    pub text: String,
}

/// What an MSE viewer is told in text.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum MseMessage<'a> {
    /// An initialization segment of this type follows.
    Init {
        mime: &'a str,
    },
    Skipped {
        frames: u64,
    },
    End,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn messages_look_as_the_player_expects_them() {
        let text = |message: &MseMessage<'_>| String::from_utf8(to_json(message).into()).expect("text");
        assert_eq!(text(&MseMessage::Init { mime: "video/mp4" }), r#"{"type":"init","mime":"video/mp4"}"#);
        assert_eq!(text(&MseMessage::Skipped { frames: 3 }), r#"{"type":"skipped","frames":3}"#);
        assert_eq!(text(&MseMessage::End), r#"{"type":"end"}"#);
    }

    #[test]
    fn a_problem_has_the_members_of_the_rfc_and_its_own() {
        let members = [("parameter", "quality".to_owned())];
        let json = to_json(&Problem::new("Bad Request", 400, "invalid", "No.", &members));
        let expected = concat!(
            r#"{"type":"about:blank","title":"Bad Request","status":400,"code":"invalid","detail":"No.","#,
            r#""parameter":"quality"}"#
        );
        assert_eq!(json, expected);
    }

    #[test]
    fn times_carry_the_zone() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        assert_eq!(rfc_3339(time, &TimeZone::UTC), "1970-01-01T00:00:01.500+00:00");
        let ahead = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(rfc_3339(time, &ahead), "1970-01-01T02:00:01.500+02:00");
    }
}
