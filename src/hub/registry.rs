//! Every source by its id: its tracks, its state and its counters. What outputs and the API look at.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use tokio::sync::{Notify, watch};

use super::{Busy, Latest, Limits, Sounds, Track, TrackWriter, Viewers};
use crate::media::{Picture, State};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    Capture,
    Camera,
    Test,
}

impl SourceKind {
    /// The word for machines: API, metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Camera => "camera",
            Self::Test => "test",
        }
    }
}

/// What comes in, as the device or camera announced it.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// `h264`, `h265`, `jpeg`, or `raw`.
    pub codec: String,
    pub width: u32,
    pub height: u32,
    /// 0 if it does not say.
    pub frames_per_s: f64,
}

/// How the video track is being made right now.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    /// The encoder element, or `passthrough`.
    pub encoder: String,
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub state: State,
    /// Of a source without a picture: since the outage began, whatever its cause has been called since, and however often
    /// somebody pressed "Try now".
    pub since: SystemTime,
    /// The outage that is not over: it is tried just now, or there is no picture.
    outage: Option<SystemTime>,
    /// When it is tried again by itself; `None`: it runs, or nothing but a change would help.
    pub next_try: Option<SystemTime>,
    pub input: Option<Input>,
    /// `None` while nobody watches and nothing is encoded.
    pub encoding: Option<Encoding>,
    /// The source has sound.
    pub sound: bool,
}

/// Counters since the start of the process.
#[derive(Debug, Default)]
pub struct Counters {
    /// Pictures that came in.
    pub frames_in: AtomicU64,
    /// Pictures or sound buffers given up because the encoder or decoder was behind.
    pub frames_dropped: AtomicU64,
    /// Pictures that a reader of single pictures was too slow for.
    pub pictures_missed: AtomicU64,
    /// Times the source was opened.
    pub attempts: AtomicU64,
    /// Times a picture that was there was lost.
    pub losses: AtomicU64,
    /// Encoder or decoder processes started.
    pub encodes_started: AtomicU64,
}

impl Counters {
    pub fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// One source as all others see it. Its runner (`source`) writes, everybody reads.
pub struct Source {
    pub id: String,
    /// For people; the id if none was set.
    pub name: String,
    pub kind: SourceKind,
    /// Of a camera: its host, and its port if it is no usual one. Never a path, which may hold a password.
    pub address: Option<String>,
    pub video: Track,
    pub audio: Track,
    pub pictures: Latest<Picture>,
    /// As it comes in; `audio` is the same for those who need it encoded.
    pub sounds: Sounds,
    pub viewers: Viewers,
    pub counters: Counters,
    pub status: watch::Sender<Status>,
    /// Its supervisor opens, checks or stops something.
    pub supervisor: Busy,
    /// Its reconciler starts or stops encoders and decoders.
    pub reconciler: Busy,
    /// Notified by the API: end the attempt or the waiting, and try now.
    pub restart: Notify,
}

/// All sources, in the order of the configuration. Cheap to clone.
#[derive(Clone, Default)]
pub struct Registry {
    sources: Arc<RwLock<Vec<Arc<Source>>>>,
}

impl Registry {
    pub fn get(&self, id: &str) -> Option<Arc<Source>> {
        self.read().iter().find(|source| source.id == id).cloned()
    }

    pub fn list(&self) -> Vec<Arc<Source>> {
        self.read().clone()
    }

    /// Replaces the list by one rebuilt from the configuration.
    pub fn replace(&self, sources: Vec<Arc<Source>>) {
        *self.sources.write().expect("no holder of this lock can panic") = sources;
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Source>>> {
        self.sources.read().expect("no holder of this lock can panic")
    }
}

impl Source {
    /// A source and the writers of its two tracks, video and sound.
    pub fn create(id: &str, name: &str, kind: SourceKind, state: State) -> (Self, [TrackWriter; 2]) {
        let (video_writer, video) = Track::create(Limits::VIDEO);
        let (audio_writer, audio) = Track::create(Limits::AUDIO);
        let source = Self {
            id: id.to_owned(),
            name: name.to_owned(),
            kind,
            address: None,
            video,
            audio,
            pictures: Latest::default(),
            sounds: Sounds::default(),
            viewers: Viewers::default(),
            counters: Counters::default(),
            status: watch::Sender::new(Status::new(state)),
            supervisor: Busy::default(),
            reconciler: Busy::default(),
            restart: Notify::new(),
        };
        (source, [video_writer, audio_writer])
    }
}

impl Status {
    pub fn new(state: State) -> Self {
        let since = SystemTime::now();
        Self { state, since, outage: None, next_try: None, input: None, encoding: None, sound: false }
    }

    /// Takes over what it is now. True if the state or its cause is another than before.
    pub fn enter(&mut self, state: State, now: SystemTime) -> bool {
        let cause = |state: &State| state.loss().map(|loss| loss.cause);
        let changed = self.state.code() != state.code() || cause(&self.state) != cause(&state);
        self.outage = match state {
            State::Lost(_) => Some(self.outage.unwrap_or(now)),
            State::Starting => self.outage,
            State::Live | State::Idle => None,
        };
        if changed {
            self.since = self.outage.filter(|_| state.loss().is_some()).unwrap_or(now);
            self.next_try = None;
        }
        self.state = state;
        changed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::media::{Cause, Loss};

    #[test]
    fn an_outage_begins_once_and_ends_with_a_picture() {
        let begin = SystemTime::UNIX_EPOCH;
        let at = |seconds| begin + Duration::from_secs(seconds);
        let lost = |cause| State::Lost(Loss::new(cause, ""));
        let mut status = Status::new(State::Starting);
        let mut enter = |state, seconds, expected| {
            status.enter(state, at(seconds));
            assert_eq!(status.since, at(expected), "at {seconds}");
        };
        enter(State::Live, 1, 1);
        enter(lost(Cause::NoPicture), 10, 10);
        enter(lost(Cause::NotAnswering), 20, 10);
        // "Try now".
        enter(State::Starting, 30, 30);
        enter(lost(Cause::NotAnswering), 40, 10);
        enter(State::Live, 50, 50);
        enter(State::Live, 55, 50);
        enter(lost(Cause::NoPicture), 60, 60);
        // Nobody watches any more: whoever comes next begins anew.
        enter(State::Idle, 70, 70);
        enter(lost(Cause::NoPicture), 80, 80);
    }
}
