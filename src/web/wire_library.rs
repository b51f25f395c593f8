//! The JSON types of the library's part of the API.

use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::wire::rfc_3339;
use crate::library::{self, Hash, work};

#[derive(Serialize)]
pub(super) struct Assets {
    pub assets: Vec<Summary>,
    /// For `after`; null on the last page.
    pub next: Option<String>,
    /// Null where it would have to be counted.
    pub total: Option<u64>,
    /// A word of the search was found nowhere: these are spelt like it.
    pub similar: bool,
}

#[derive(Serialize)]
pub(super) struct Summary {
    id: i64,
    kind: &'static str,
    name: String,
    added: String,
    taken: String,
    binned: Option<String>,
    duration_ms: u64,
    width: u32,
    height: u32,
    favorite: bool,
    rating: u8,
    views: u64,
    last_watched: Option<String>,
    position_ms: u64,
    resume_ms: Option<u64>,
    thumbnail: Option<String>,
    preview: Option<Preview>,
    tags: Vec<String>,
    work: &'static str,
}

/// Pictures side by side.
#[derive(Serialize)]
pub(super) struct Preview {
    url: String,
    frames: u32,
}

#[derive(Serialize)]
pub(super) struct Asset {
    #[serde(flatten)]
    summary: Summary,
    file_name: String,
    original: File,
    converted: Option<File>,
    /// What a browser plays: the original if it can, else the converted file.
    play: Option<String>,
    container: String,
    video_codec: String,
    audio_codec: String,
    rotation: u32,
    frames_per_s: f64,
    bitrate_bps: u64,
    plays: Option<Plays>,
    pages: Vec<Page>,
    subtitles: Vec<Subtitle>,
    jobs: Vec<Job>,
}

#[derive(Serialize)]
pub(super) struct File {
    url: String,
    ext: String,
    bytes: u64,
}

#[derive(Serialize)]
struct Plays {
    hdmi: bool,
    browser: bool,
    old_tv: bool,
}

#[derive(Serialize)]
struct Page {
    number: u32,
    url: String,
    width: u32,
    height: u32,
}

#[derive(Serialize)]
struct Subtitle {
    number: u32,
    language: String,
    label: String,
    url: String,
}

#[derive(Serialize)]
struct Job {
    step: &'static str,
    state: &'static str,
    /// 0 to 1, while it is running and known.
    progress: Option<f64>,
    problem: String,
    advice: String,
    /// The problem by its codes; empty if it has none.
    causes: Vec<Cause>,
}

#[derive(Serialize)]
struct Cause {
    code: &'static str,
    /// What is special of it; may be empty.
    detail: String,
}

#[derive(Serialize)]
pub(super) struct Tags {
    pub tags: Vec<Tag>,
}

#[derive(Serialize)]
pub(super) struct Tag {
    pub name: String,
    pub assets: u64,
}

/// What the library can be narrowed to.
#[derive(Serialize)]
pub(super) struct Shares {
    pub years: Vec<Year>,
    pub types: Vec<Type>,
}

#[derive(Serialize)]
pub(super) struct Year {
    pub year: i64,
    pub assets: u64,
}

#[derive(Serialize)]
pub(super) struct Type {
    pub r#type: String,
    pub assets: u64,
}

#[derive(Serialize)]
pub(super) struct Random {
    pub id: Option<i64>,
}

/// How many were changed.
#[derive(Serialize)]
pub(super) struct Changed {
    pub assets: usize,
    /// For `POST /api/assets/undo`; null if it can't be taken back.
    pub undo: Option<String>,
}

/// How many there are.
#[derive(Serialize)]
pub(super) struct Count {
    pub assets: u64,
}

#[derive(Serialize)]
pub(super) struct Library {
    pub ok: bool,
    pub problem: Option<String>,
    /// It can begin anew: with a backup, with what can be rescued, or empty.
    pub damaged: bool,
    /// Damaged databases that are kept.
    pub set_aside: Vec<String>,
    /// The disk can't be written: nothing can be changed.
    pub read_only: bool,
    pub totals: Totals,
    /// How long something stays in the bin; 0: until somebody empties it.
    pub bin_days: u32,
    pub disk: Option<Disk>,
    pub work: Work,
    /// Rises with every change.
    pub generation: u64,
}

impl Library {
    pub(super) fn missing(problem: String, damaged: bool, bin_days: u32) -> Self {
        Self {
            ok: false,
            problem: Some(problem),
            damaged,
            set_aside: Vec::new(),
            read_only: false,
            totals: Totals::default(),
            bin_days,
            disk: None,
            work: Work::default(),
            generation: 0,
        }
    }
}

/// What a library began with whose database was damaged.
#[derive(Serialize)]
pub(super) struct Renewed {
    assets: u64,
    adopted: u64,
    lost_rows: u64,
    whole: bool,
    /// Of the spare copy, if something had to be taken from it.
    spare_of: Option<String>,
    set_aside: String,
}

impl Renewed {
    pub(super) fn new(renewed: library::Renewed, zone: &TimeZone) -> Self {
        let library::Renewed { assets, adopted, lost_rows, whole, spare_of, set_aside } = renewed;
        Self { assets, adopted, lost_rows, whole, spare_of: spare_of.map(|at| time(at, zone)), set_aside }
    }
}

/// What is done in the background.
#[derive(Default, Serialize)]
pub(super) struct Work {
    waiting: u64,
    running: Vec<Running>,
}

#[derive(Serialize)]
struct Running {
    asset: i64,
    /// The asset's.
    name: String,
    step: &'static str,
    /// 0 to 1; null until it is known.
    progress: Option<f32>,
    seconds_left: Option<u64>,
}

#[derive(Default, Serialize)]
pub(super) struct Totals {
    pub videos: u64,
    pub slides: u64,
    pub sounds: u64,
    pub favorites: u64,
    pub bin: u64,
}

#[derive(Serialize)]
pub(super) struct Disk {
    pub free_bytes: u64,
    pub total_bytes: u64,
    /// Of what is free: what uploads leave, for the database, what is made of videos, and the system.
    pub kept_bytes: u64,
}

#[derive(Serialize)]
pub(super) struct Restored {
    pub assets: u64,
    pub files: u64,
}

/// `PATCH /api/assets/{id}`, and with `ids` `POST /api/assets/edit`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    #[serde(default)]
    pub ids: Vec<i64>,
    #[serde(default)]
    pub all: bool,
    #[serde(default)]
    pub except: Vec<i64>,
    pub name: Option<String>,
    pub favorite: Option<bool>,
    pub rating: Option<u8>,
    #[serde(default)]
    pub add_tags: Vec<String>,
    #[serde(default)]
    pub remove_tags: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ids {
    #[serde(default)]
    pub ids: Vec<i64>,
    /// In place of ids: everything the address selects, as in `GET /api/assets`.
    #[serde(default)]
    pub all: bool,
    /// With `all`, but these.
    #[serde(default)]
    pub except: Vec<i64>,
}

/// `POST /api/assets/purge`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Purge {
    #[serde(default)]
    pub ids: Vec<i64>,
    #[serde(default)]
    pub all: bool,
    #[serde(default)]
    pub except: Vec<i64>,
    /// With `all`, what was in the bin by then: RFC 3339.
    pub binned_until: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Undo {
    pub undo: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    pub position_ms: u64,
}

/// Where a stored file is served.
fn url(hash: Hash, ext: &str) -> String {
    format!("/media/{hash}.{ext}")
}

fn url_of(file: &library::StoredFile) -> String {
    url(file.hash, &file.ext)
}

/// Seconds since 1970 as RFC 3339.
fn time(seconds: i64, zone: &TimeZone) -> String {
    let since = Duration::from_secs(seconds.max(0).cast_unsigned());
    rfc_3339(SystemTime::UNIX_EPOCH + since, zone)
}

impl Summary {
    pub(super) fn new(summary: library::Summary, zone: &TimeZone) -> Self {
        let resume_ms = summary.resume_ms();
        let frames = summary.preview_frames;
        Self {
            id: summary.id,
            kind: summary.kind.name(),
            name: summary.name,
            added: time(summary.added, zone),
            // The clock of a camera has no zone.
            taken: time(summary.taken, &TimeZone::UTC),
            binned: summary.binned.map(|at| time(at, zone)),
            duration_ms: summary.duration_ms,
            width: summary.width,
            height: summary.height,
            favorite: summary.favorite,
            rating: summary.rating,
            views: summary.views,
            last_watched: (summary.last_watched > 0).then(|| time(summary.last_watched, zone)),
            position_ms: summary.position_ms,
            resume_ms,
            thumbnail: summary.thumbnail.as_ref().map(url_of),
            preview: summary.preview.map(|file| Preview { url: url_of(&file), frames }),
            tags: summary.tags,
            work: match summary.work {
                library::Work::Done => "done",
                library::Work::Waiting => "waiting",
                library::Work::Running => "running",
                library::Work::Failed => "failed",
            },
        }
    }
}

impl Asset {
    pub(super) fn new(asset: library::Asset, zone: &TimeZone) -> Self {
        let browser = asset.plays.is_some_and(|plays| plays.browser);
        let file = |file: library::StoredFile| File {
            url: url(file.hash, &file.ext),
            ext: file.ext,
            bytes: file.bytes,
        };
        let (original, converted) = (file(asset.original), asset.converted.map(file));
        let plays = asset.summary.kind != library::Kind::Slide;
        let play = match &converted {
            _ if !plays => None,
            Some(converted) => Some(converted.url.clone()),
            None => browser.then(|| original.url.clone()),
        };
        Self {
            summary: Summary::new(asset.summary, zone),
            file_name: asset.file_name,
            original,
            converted,
            play,
            container: asset.container,
            video_codec: asset.video_codec,
            audio_codec: asset.audio_codec,
            rotation: asset.rotation,
            frames_per_s: asset.frames_per_s,
            bitrate_bps: asset.bitrate_bps,
            plays: asset.plays.map(Plays::from),
            pages: asset.pages.into_iter().map(Page::from).collect(),
            subtitles: asset.subtitles.into_iter().map(Subtitle::from).collect(),
            jobs: asset.jobs.into_iter().map(Job::from).collect(),
        }
    }
}

impl From<library::Plays> for Plays {
    fn from(plays: library::Plays) -> Self {
        Self { hdmi: plays.hdmi, browser: plays.browser, old_tv: plays.old_tv }
    }
}

impl From<library::Page> for Page {
    fn from(page: library::Page) -> Self {
        Self { number: page.number, url: url_of(&page.file), width: page.width, height: page.height }
    }
}

impl From<library::Subtitle> for Subtitle {
    fn from(subtitle: library::Subtitle) -> Self {
        let library::Subtitle { number, language, label, file } = subtitle;
        Self { number, language, label, url: url_of(&file) }
    }
}

impl From<library::Job> for Job {
    fn from(job: library::Job) -> Self {
        let (step, state) = (job.step.name(), job.state.name());
        let causes = work::causes(&job.problem).into_iter();
        let causes = causes.map(|(code, detail)| Cause { code, detail }).collect();
        Self { step, state, progress: None, problem: job.problem, advice: job.advice, causes }
    }
}

impl From<work::Status> for Work {
    fn from(status: work::Status) -> Self {
        let running = status.running.into_iter().map(|running| Running {
            asset: running.asset,
            name: running.name,
            step: running.step.name(),
            progress: running.progress,
            seconds_left: running.seconds_left,
        });
        Self { waiting: status.waiting, running: running.collect() }
    }
}

impl From<library::Totals> for Totals {
    fn from(totals: library::Totals) -> Self {
        let library::Totals { videos, slides, sounds, favorites, bin } = totals;
        Self { videos, slides, sounds, favorites, bin }
    }
}
