//! Snapshots: the newest picture of a source as a JPEG file, encoded once for everybody who asks at the same time.
//!
//! A source makes pictures only while somebody wants them. The first one who asks waits for a fresh picture; the
//! wish is kept up for a while, so that one who polls does not start and stop a decoder with each request.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::causes::with_causes;
use crate::hub::{DemandGuard, Source, ViewerGuard, ViewerKind};
use crate::media::{Picture, PictureData};
use crate::pipeline::jpeg::{Encoder, JpegError};

/// Used where no quality is asked and the source has no JPEG of its own.
pub const QUALITY_DEFAULT: u8 = 85;

/// How long one encoded picture is handed out, and so the least distance between two encodes of a quality: one
/// picture of a 60 Hz source.
const LIFE: Duration = Duration::from_millis(16);
/// Encoded pictures kept per source, one per quality: the three steps of the polling page, and as many others.
const QUALITIES_MAX: usize = 6;
/// After the last request pictures are wanted for so long, like tracks after their last reader.
const WANTED_AFTER: Duration = Duration::from_secs(10);
/// A camera that was not decoded has to be given the time to reach its next key frame. Longer, and clients give up.
const FIRST_PICTURE_MAX: Duration = Duration::from_secs(3);
/// After a picture that can't be encoded, before the next is tried: each such costs a new pipeline.
const UNREADABLE_PAUSE: Duration = Duration::from_millis(200);
/// One who has asked within this time counts as a viewer.
const VIEWER_AFTER: Duration = Duration::from_secs(5);
/// Addresses counted per source. More than any site has screens; beyond it they are served and not counted.
const VIEWERS_MAX: usize = 256;
/// How often what is over is looked for.
const TEND_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error("source {source_id} has given no picture yet")]
    NoPictureYet { source_id: String },
    /// The pictures are damaged, or of a kind that no encoder takes. The next ones may be better.
    #[error("the pictures of source {source_id} can't be encoded")]
    Unreadable {
        source_id: String,
        #[source]
        source: JpegError,
    },
    #[error("no picture of source {source_id} can be encoded here")]
    NoEncoder {
        source_id: String,
        #[source]
        source: JpegError,
    },
    #[error("the snapshot encoder of source {source_id} came to an unexpected end")]
    EncoderGone { source_id: String },
}

/// Snapshots of all sources. Cheap to clone.
#[derive(Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
}

struct Shared {
    /// Tells this run of the process from earlier ones, whose pictures had the same numbers.
    run: u64,
    shots: Mutex<HashMap<String, Arc<Shots>>>,
    /// Number of the next `Shots`, whose pictures are counted anew.
    next: AtomicU64,
    /// Encodes at once, of all sources: half of the processors, so that whoever asks for many pictures leaves the rest.
    encodes: Arc<Semaphore>,
}

/// One picture as a file. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Jpeg {
    pub data: Bytes,
    /// Strong entity tag, with its quotes. Another for each picture and quality.
    pub etag: String,
    /// It shows why there is no picture.
    pub slate: bool,
    /// Number of the picture; rises within a source.
    pub number: u64,
}

/// What an asker gets.
#[derive(Debug)]
pub enum Snapshot {
    Fresh(Jpeg),
    /// The asker already has the newest picture, which has this tag.
    Unchanged {
        etag: String,
        slate: bool,
    },
}

/// One source whose pictures are wanted.
pub(super) struct Shots {
    source: Arc<Source>,
    tag: String,
    /// Pictures up to this number are from before anybody asked, of unknown age.
    stale_up_to: u64,
    /// Held while a picture is encoded, on threads that may block.
    encoder: Arc<Mutex<Encoder>>,
    encodes: Arc<Semaphore>,
    /// Held by the one who has a picture encoded; the others wait for it and find the file in `state`.
    flight: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    _wanted: DemandGuard,
}

struct State {
    asked: Instant,
    encoded: Vec<Encoded>,
    viewers: HashMap<IpAddr, (Instant, ViewerGuard)>,
    /// Why the last picture could not be encoded.
    failure: Option<String>,
}

struct Encoded {
    quality: u8,
    at: Instant,
    jpeg: Jpeg,
}

impl Default for Snapshots {
    fn default() -> Self {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let run = u64::try_from(since_epoch.as_millis()).unwrap_or(0);
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let encodes = Arc::new(Semaphore::new(processors.div_ceil(2)));
        Self { shared: Arc::new(Shared { run, shots: Mutex::default(), next: AtomicU64::new(0), encodes }) }
    }
}

impl Snapshots {
    /// The newest picture of `source`. `quality` is 1 to 100; `None` means the source's own JPEG if it has one.
    /// `has` says whether the asker already has the picture of a tag: then nothing is encoded.
    pub async fn get(
        &self,
        source: &Arc<Source>,
        quality: Option<u8>,
        asker: IpAddr,
        has: impl Fn(&str) -> bool,
    ) -> Result<Snapshot, SnapshotError> {
        let shots = self.shots(source);
        shots.count_viewer(asker);
        let (number, picture) = shots.newest(0).await?;
        let etag = shots.etag(number, encoding(&picture, quality));
        if has(&etag) {
            return Ok(Snapshot::Unchanged { etag, slate: picture.slate });
        }
        let jpeg = shots.jpeg(quality, 0).await?;
        if has(&jpeg.etag) {
            return Ok(Snapshot::Unchanged { etag: jpeg.etag, slate: jpeg.slate });
        }
        Ok(Snapshot::Fresh(jpeg))
    }

    /// Lets go what nobody has asked for lately. Runs for as long as snapshots are served.
    pub async fn tend(&self) {
        let mut tick = tokio::time::interval(TEND_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = tick.tick().await;
            self.let_go(now);
        }
    }

    fn let_go(&self, now: Instant) {
        let mut over = Vec::new();
        self.map().retain(|_, shots| {
            let keep = shots.is_wanted(now);
            if !keep {
                over.push(Arc::clone(shots));
            }
            keep
        });
        // Outside the lock: an encoder may have to be stopped.
        drop(over);
    }

    /// Notes that pictures of `source` are wanted.
    pub(super) fn shots(&self, source: &Arc<Source>) -> Arc<Shots> {
        let mut map = self.map();
        let known = map.get(&source.id).filter(|shots| Arc::ptr_eq(&shots.source, source));
        if let Some(shots) = known {
            shots.state().asked = Instant::now();
            return Arc::clone(shots);
        }
        let number = self.shared.next.fetch_add(1, Ordering::Relaxed);
        let tag = format!("{:x}-{number:x}", self.shared.run);
        let shots = Arc::new(Shots::new(Arc::clone(source), tag, Arc::clone(&self.shared.encodes)));
        map.insert(source.id.clone(), Arc::clone(&shots));
        shots
    }

    fn map(&self) -> MutexGuard<'_, HashMap<String, Arc<Shots>>> {
        self.shared.shots.lock().expect("no holder of this lock can panic")
    }
}

/// The quality to encode at; `None` if the picture goes out as it came in.
fn encoding(picture: &Picture, quality: Option<u8>) -> Option<u8> {
    match (&picture.data, quality) {
        (PictureData::Jpeg(_), None) => None,
        (_, quality) => Some(quality.unwrap_or(QUALITY_DEFAULT)),
    }
}

impl Shots {
    fn new(source: Arc<Source>, tag: String, encodes: Arc<Semaphore>) -> Self {
        let cold = source.pictures.demand().count() == 0;
        let held = source.pictures.get().map_or(0, |(number, _)| number);
        Self {
            tag,
            stale_up_to: if cold { held } else { 0 },
            encoder: Arc::default(),
            encodes,
            flight: tokio::sync::Mutex::new(()),
            state: Mutex::new(State {
                asked: Instant::now(),
                encoded: Vec::new(),
                viewers: HashMap::new(),
                failure: None,
            }),
            _wanted: source.pictures.want(),
            source,
        }
    }

    pub(super) fn source(&self) -> &Arc<Source> {
        &self.source
    }

    /// The newest picture with a number above `seen`; waits for it, but not for ever.
    async fn newest(&self, seen: u64) -> Result<(u64, Picture), SnapshotError> {
        let newer = self.source.pictures.newer_than(seen.max(self.stale_up_to));
        let newest = tokio::time::timeout(FIRST_PICTURE_MAX, newer).await;
        newest.map_err(|_| SnapshotError::NoPictureYet { source_id: self.source.id.clone() })
    }

    /// The newest picture with a number above `seen` as a file. Pictures that can't be encoded are passed over, as long as
    /// one waits for a first picture.
    pub(super) async fn jpeg(&self, quality: Option<u8>, mut seen: u64) -> Result<Jpeg, SnapshotError> {
        let give_up = Instant::now() + FIRST_PICTURE_MAX;
        loop {
            let (number, picture) = self.newest(seen).await?;
            let Some(quality) = encoding(&picture, quality) else {
                let PictureData::Jpeg(data) = picture.data else { unreachable!("encoding() asked the same") };
                return Ok(Jpeg { data, etag: self.etag(number, None), slate: picture.slate, number });
            };
            if let Some(jpeg) = self.ready(quality, number, seen) {
                return Ok(jpeg);
            }
            let _flight = self.flight.lock().await;
            // Somebody may have had it made while this one waited.
            let (number, picture) = self.newest(seen).await?;
            if let Some(jpeg) = self.ready(quality, number, seen) {
                return Ok(jpeg);
            }
            if let Some(too_early) = self.too_early(quality) {
                tokio::time::sleep(too_early).await;
                continue;
            }
            match self.encode(number, picture, quality).await {
                Err(SnapshotError::Unreadable { .. }) if Instant::now() < give_up => {
                    seen = number;
                    tokio::time::sleep(UNREADABLE_PAUSE).await;
                }
                outcome => return outcome,
            }
        }
    }

    /// A file already made that will do.
    fn ready(&self, quality: u8, newest: u64, seen: u64) -> Option<Jpeg> {
        let state = self.state();
        let encoded = state.encoded.iter().find(|encoded| encoded.quality == quality)?;
        let current = encoded.jpeg.number == newest || encoded.at.elapsed() < LIFE;
        (current && encoded.jpeg.number > seen).then(|| encoded.jpeg.clone())
    }

    /// How long the file of this quality still lives, after which the next may be made.
    fn too_early(&self, quality: u8) -> Option<Duration> {
        let state = self.state();
        let encoded = state.encoded.iter().find(|encoded| encoded.quality == quality)?;
        LIFE.checked_sub(encoded.at.elapsed()).filter(|left| !left.is_zero())
    }

    async fn encode(&self, number: u64, picture: Picture, quality: u8) -> Result<Jpeg, SnapshotError> {
        let _turn = self.encodes.acquire().await.expect("never closed");
        let encoder = Arc::clone(&self.encoder);
        let slate = picture.slate;
        let encoded = tokio::task::spawn_blocking(move || {
            // After a panic it is as good as new: it takes its pipeline out while it works.
            let mut encoder = encoder.lock().unwrap_or_else(PoisonError::into_inner);
            encoder.encode(&picture, quality)
        });
        let source_id = || self.source.id.clone();
        let outcome = match encoded.await {
            Ok(outcome) => outcome.map_err(|source| match source {
                JpegError::Start(_) => SnapshotError::NoEncoder { source_id: source_id(), source },
                _ => SnapshotError::Unreadable { source_id: source_id(), source },
            }),
            Err(_) => Err(SnapshotError::EncoderGone { source_id: source_id() }),
        };
        self.note_failure(outcome.as_ref().err());
        let data = outcome?;
        let jpeg = Jpeg { data, etag: self.etag(number, Some(quality)), slate, number };
        self.keep(quality, jpeg.clone());
        Ok(jpeg)
    }

    /// Logs a failure, once until it is another or over.
    fn note_failure(&self, failure: Option<&SnapshotError>) {
        let text = failure.map(|error| with_causes(error));
        let before = std::mem::replace(&mut self.state().failure, text.clone());
        if let Some(text) = text.filter(|text| before.as_ref() != Some(text)) {
            log::warn!("{text}");
        }
    }

    fn keep(&self, quality: u8, jpeg: Jpeg) {
        let mut state = self.state();
        state.encoded.retain(|encoded| encoded.quality != quality);
        if state.encoded.len() >= QUALITIES_MAX {
            // The oldest stands first.
            state.encoded.remove(0);
        }
        state.encoded.push(Encoded { quality, at: Instant::now(), jpeg });
    }

    fn etag(&self, number: u64, quality: Option<u8>) -> String {
        match quality {
            Some(quality) => format!("\"{}-{number:x}-{quality}\"", self.tag),
            None => format!("\"{}-{number:x}\"", self.tag),
        }
    }

    fn count_viewer(&self, asker: IpAddr) {
        let now = Instant::now();
        let mut state = self.state();
        if let Some((asked, _)) = state.viewers.get_mut(&asker) {
            *asked = now;
        } else if state.viewers.len() < VIEWERS_MAX {
            let guard = self.source.viewers.enter(ViewerKind::Jpeg);
            state.viewers.insert(asker, (now, guard));
        }
    }

    /// Whether anybody asked lately or watches. Forgets viewers that have gone.
    fn is_wanted(self: &Arc<Self>, now: Instant) -> bool {
        let mut state = self.state();
        state.viewers.retain(|_, (asked, _)| now.saturating_duration_since(*asked) < VIEWER_AFTER);
        // The map has one; others are viewers of MJPEG and requests under way.
        let watched = Arc::strong_count(self) > 1;
        watched || now.saturating_duration_since(state.asked) < WANTED_AFTER
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock can panic")
    }
}

#[cfg(test)]
#[path = "jpeg_tests.rs"]
mod tests;
