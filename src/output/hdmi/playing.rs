//! A file on a screen: its pictures at their time, its sound a little before.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::lips::SCREEN;
use crate::hub::Sounds;
use crate::media::MediaTime;
use crate::pipeline::speaker::Speaker;
use crate::pipeline::{RawPicture, clock, reel};
use crate::program::{Item, Kind};
use crate::reel::{Errand, Error, Heard, Reel, Shown};

/// A picture that is later than this is left out if there is a newer one.
const LATE_MAX: Duration = Duration::from_millis(60);

/// How a file comes onto a screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    /// This program, as a child starts it.
    pub(super) program: &'a Path,
    /// Of the pictures.
    pub(super) size: (u32, u32),
    /// Where in the item it begins.
    pub(super) since_ms: u64,
    /// By hardware, where there is any.
    pub(super) coded: bool,
}

/// A file that is read, shown or not yet.
pub(super) struct Playing {
    reel: Reel,
    /// When the file's begin would have been shown, and heard. `None`: nobody looks yet.
    begun: Option<Begun>,
    next: Option<(u64, RawPicture)>,
    over: bool,
    failed: Option<Error>,
    /// Pictures that came too late.
    pub(super) dropped: u64,
    /// The child was asked for H.264 as it is.
    pub(super) coded: bool,
}

#[derive(Clone)]
struct Begun {
    seen: Instant,
    /// In media time; before its begin, if the machine was switched on in the middle of the item.
    heard_ns: i128,
    sounds: Arc<Sounds>,
}

/// What comes next.
pub(super) enum Event {
    /// It is to be seen now.
    Picture(RawPicture),
    Failed(Error),
}

impl Playing {
    pub(super) fn open(item: &Item, file: &Path, setting: Setting<'_>) -> Result<Self, Error> {
        let Setting { program, size: (width, height), since_ms, coded } = setting;
        let is_video = item.kind == Kind::Video;
        let from_ms = if is_video { item.from_ms.saturating_add(since_ms) } else { 0 };
        let errand = Errand {
            input: file.to_owned(),
            scratch: Default::default(),
            width,
            height,
            fit: item.fit,
            from_ms,
            until_ms: is_video.then(|| item.from_ms.saturating_add(item.duration_ms)),
            sound: is_video && item.sound,
            coded: coded && is_video,
        };
        let reel = Reel::open(program, errand)?;
        Ok(Self { reel, begun: None, next: None, over: false, failed: None, dropped: 0, coded })
    }

    /// From now on it is seen and heard. `since`: how long ago the item began, by the clock of the box. Called again when
    /// that clock was set.
    pub(super) fn begin(&mut self, item: &Item, since: Duration, sounds: &Arc<Sounds>) {
        let since = since + Duration::from_millis(item.from_ms);
        let now = Instant::now();
        let ago = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        self.begun = Some(Begun {
            // Longer than the machine runs: then it is late, and shows what there is.
            seen: now.checked_sub(since).unwrap_or(now),
            heard_ns: i128::from(clock::now().nanos()) - i128::from(ago),
            sounds: Arc::clone(sounds),
        });
    }

    /// How far it is from where it should be.
    pub(super) fn drift(&self, item: &Item, since: Duration) -> Duration {
        let Some(begun) = &self.begun else { return Duration::ZERO };
        begun.seen.elapsed().abs_diff(since + Duration::from_millis(item.from_ms))
    }

    /// Waits for the next picture's time; its sound goes out meanwhile. After the last one nothing comes any more.
    /// Cancel-safe.
    pub(super) async fn next(&mut self) -> Event {
        let Some(begun) = self.begun.clone() else { return std::future::pending().await };
        loop {
            if let Some(error) = self.failed.take() {
                return Event::Failed(error);
            }
            let due = self.next.as_ref().map(|(time_ns, _)| begun.seen + Duration::from_nanos(*time_ns));
            tokio::select! {
                biased;
                Some(heard) = self.reel.sounds.recv() => begun.hear(heard),
                shown = self.reel.pictures.recv(), if due.is_none() && !self.over => match shown {
                    Some(Shown::Picture { time_ns, picture }) => self.next = Some((time_ns, picture)),
                    Some(Shown::Over(over)) => self.end(over),
                    None => self.end(Err(Error::Ended)),
                },
                () = at(due) => {
                    if let Some((_, picture)) = self.next.take()
                        && !self.newer_is_due(&begun)
                    {
                        return Event::Picture(picture);
                    }
                }
            }
        }
    }

    /// Whether there is a picture whose time has come as well: then the one before is given up.
    fn newer_is_due(&mut self, begun: &Begun) -> bool {
        let Ok(shown) = self.reel.pictures.try_recv() else { return false };
        let (time_ns, picture) = match shown {
            Shown::Picture { time_ns, picture } => (time_ns, picture),
            Shown::Over(over) => {
                self.end(over);
                return false;
            }
        };
        let late = begun.seen.elapsed() > Duration::from_nanos(time_ns) + LATE_MAX;
        self.next = Some((time_ns, picture));
        self.dropped += u64::from(late);
        late
    }

    fn end(&mut self, over: Result<(), Error>) {
        self.over = true;
        self.failed = over.err();
    }
}

impl Begun {
    fn hear(&self, heard: Heard) {
        // Handed over so much before its time that a speaker may take it as live sound.
        let early = Speaker::AHEAD.saturating_sub(SCREEN);
        let at = self.heard_ns + i128::from(heard.time_ns) - i128::try_from(early.as_nanos()).unwrap_or(0);
        let at = MediaTime::from_nanos(u64::try_from(at).unwrap_or(0));
        self.sounds.push(|| reel::pcm(heard.samples, at));
    }
}

async fn at(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
