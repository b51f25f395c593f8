//! The work after an upload, with the real program as the child: real files of every kind, and hostile ones.

mod heif;
mod hostile;
mod odd;
mod slides;
pub(crate) mod sounds;
mod videos;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use marquee::library::work::{Settings, Work};
use marquee::library::{Asset, FileKind, JobState, Kind, Library, New, Step};
use marquee::task::{self, Stopper, Task};
use tempfile::TempDir;
use tokio::sync::watch;

/// Far above what anything here takes, for a machine under load: waiting ends with the level, not with this.
const PATIENCE: Duration = Duration::from_secs(240);

const SETTINGS: Settings = Settings { convert_kbit_per_s: 1000, convert_height_max: 180, bin_days: 30 };

/// A library whose work is done.
pub(crate) struct Shelf {
    folder: TempDir,
    pub(crate) library: Library,
    pub(crate) work: Work,
    stop: Option<(Stopper, Task)>,
    // Settings end with their sender.
    _settings: watch::Sender<Settings>,
}

impl Shelf {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let library = Library::open(folder.path()).expect("a library");
        let (settings, watch) = watch::channel(SETTINGS);
        let mut shelf =
            Self { folder, work: Work::new(library.clone()), library, stop: None, _settings: settings };
        shelf.start(watch);
        shelf
    }

    fn start(&mut self, settings: watch::Receiver<Settings>) {
        let (stopper, stop) = Stopper::new();
        let program = PathBuf::from(env!("CARGO_BIN_EXE_marquee"));
        let task = task::spawn("work", self.work.clone().run(program, settings, stop));
        self.stop = Some((stopper, task));
    }

    /// As a shutdown does.
    pub(crate) async fn stop(&mut self) {
        let (stopper, task) = self.stop.take().expect("it runs");
        stopper.stop();
        task.join().await;
    }

    /// As after an upload.
    pub(crate) async fn add(&self, name: &str, bytes: &[u8]) -> i64 {
        let from = self.library.store().incoming().join("upload");
        std::fs::write(&from, bytes).expect("written");
        let ext = Path::new(name).extension().expect("an ending").to_str().expect("text").to_owned();
        let kind = FileKind::of(name).map_or(Kind::Slide, |named| named.kind);
        let steps = vec![kind.first_step()];
        let new = New { kind, file_name: name.to_owned(), ext, tags: vec![], steps };
        self.library.add(from, new).await.expect("added").id
    }

    pub(crate) async fn asset(&self, id: i64) -> Asset {
        self.library.asset(id).await.expect("there")
    }

    /// Waits until an asset is as wanted.
    pub(crate) async fn until(&self, id: i64, what: &str, wanted: impl Fn(&Asset) -> bool) -> Asset {
        let mut changes = self.library.changes();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                let asset = self.asset(id).await;
                if wanted(&asset) {
                    return asset;
                }
                changes.changed().await.expect("the library lives");
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(asset) => asset,
            Err(_) => panic!("never {what}: {:#?}", self.asset(id).await),
        }
    }

    /// Waits until nothing is left to do with it.
    pub(crate) async fn done(&self, id: i64) -> Asset {
        let open = |state| matches!(state, JobState::Waiting | JobState::Running);
        self.until(id, "done", |asset| !asset.jobs.iter().any(|job| open(job.state))).await
    }

    pub(crate) async fn added(&self, name: &str, bytes: &[u8]) -> Asset {
        self.done(self.add(name, bytes).await).await
    }

    pub(crate) fn stored(&self, file: &marquee::library::StoredFile) -> Vec<u8> {
        std::fs::read(self.library.store().path(file.hash, &file.ext)).expect("it is in the store")
    }

    /// What children left behind once none runs, which is nothing.
    pub(crate) async fn left_behind(&self) -> Vec<PathBuf> {
        let mut status = self.work.status();
        let idle = tokio::time::timeout(PATIENCE, status.wait_for(|status| status.running.is_empty())).await;
        drop(idle.expect("idle").expect("told"));
        let incoming = std::fs::read_dir(self.library.store().incoming()).expect("listed");
        let paths = incoming.map(|entry| entry.expect("listed").path());
        paths.filter(|path| !path.ends_with("uploads")).collect()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file made by GStreamer from a description that ends in `OUT`.
    pub(crate) fn made(&self, name: &str, description: &str) -> Vec<u8> {
        made(&self.path(name), description)
    }
}

/// The file that GStreamer makes from a description that ends in `OUT`. Encoded once: the next test, or the next run, finds
/// it again, unless it is made of another file.
pub(crate) fn made(path: &Path, description: &str) -> Vec<u8> {
    if description.contains("location=") {
        encode(path, description);
        return std::fs::read(path).expect("made");
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clips");
    let name = blake3::hash(format!("{} {description}", gstreamer::version_string()).as_bytes()).to_string();
    if !kept.join(&name).exists() {
        std::fs::create_dir_all(&kept).expect("a folder");
        let new = tempfile::NamedTempFile::new_in(&kept).expect("a file");
        encode(new.path(), description);
        // Whole or not at all: another test may look for it meanwhile.
        new.persist(kept.join(&name)).expect("kept");
    }
    std::fs::copy(kept.join(&name), path).expect("copied");
    std::fs::read(path).expect("made")
}

fn encode(path: &Path, description: &str) {
    let description = description.replace("OUT", &format!("filesink location={}", path.display()));
    // As low as the library's own work, which it would keep from the processor otherwise.
    let output = Command::new("nice")
        .args(["-n", "19", "gst-launch-1.0"])
        .arg("-q")
        .args(description.split_whitespace())
        .output()
        .expect("gst-launch-1.0 runs");
    let said = String::from_utf8_lossy(&output.stderr);
    let written = std::fs::metadata(path).is_ok_and(|file| file.len() > 0);
    assert!(output.status.success() && written, "{description}: {said}");
}

/// Turns an MP4 as phones do: by the matrix of its first track's header (ISO 14496-12, 8.3.2), 90 degrees.
pub(crate) fn lie_down(mp4: &mut [u8]) {
    let header = mp4.windows(4).position(|name| name == b"tkhd").expect("a track's header");
    let matrix: [u32; 5] = [0, 0x0001_0000, 0, 0xffff_0000, 0];
    let matrix: Vec<u8> = matrix.into_iter().flat_map(u32::to_be_bytes).collect();
    mp4[header + 44..header + 64].copy_from_slice(&matrix);
}

pub(crate) fn state(asset: &Asset, step: Step) -> Option<JobState> {
    asset.jobs.iter().find(|job| job.step == step).map(|job| job.state)
}

/// The problem of a step that failed.
pub(crate) fn problem(asset: &Asset, step: Step) -> &str {
    let job = asset.jobs.iter().find(|job| job.step == step).unwrap_or_else(|| panic!("{asset:#?}"));
    assert_eq!(job.state, JobState::Failed, "{job:?}");
    assert!(job.advice.ends_with('.'), "a next step: {job:?}");
    &job.problem
}

/// Its pixels; whether it is a whole picture shows here.
pub(crate) fn picture(bytes: &[u8]) -> image::RgbImage {
    image::load_from_memory(bytes).expect("a whole picture").into_rgb8()
}

/// The mean of its brightest colour, 0 to 255.
pub(crate) fn brightness(image: &image::RgbImage) -> u64 {
    let sum: u64 = image.pixels().map(|pixel| u64::from(*pixel.0.iter().max().expect("three"))).sum();
    sum / image.pixels().len() as u64
}
