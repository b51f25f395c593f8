//! The work after an upload: probing, pages, thumbnails, previews, subtitles, conversion.
//!
//! Belongs here: which job is next, what a child is sent to do and for how long, what of its answer is believed, and
//! what follows from it. Does not belong here: reading the file itself, which only the child does (`src/child`).
//!
//! One conversion and one other job at a time, each in a process of its own that a hostile file can own without owning
//! more: it sees its one file, writes to its one folder, and everything it says is checked.

mod errand;
mod facts;
mod job;
mod line;
mod plan;
mod plays;
mod problem;
mod process;
pub mod subtitles;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::{Error, JobState, Library, Step};
use crate::task::Stop;
use crate::watched::Latest;
pub use errand::Errand;
pub use facts::{Audio, AudioCodec, Container, Facts, Profile, VideoCodec};
pub use line::Line;
pub use plan::{Conversion, PAGES_MAX};
pub use plays::{needs_conversion, plays};
pub use problem::{Failure, Remark, causes};

/// After the database failed; it says why in the log each time.
const PAUSE: Duration = Duration::from_secs(10);
/// How often the bin is looked through. An hour more or less is nothing to whoever waits 30 days.
const BIN_PERIOD: Duration = Duration::from_secs(3600);
/// Progress is told this often at most.
const PROGRESS_PERIOD: Duration = Duration::from_millis(250);

/// What the configuration says of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of a conversion to 1080p; smaller ones get less.
    pub convert_kbit_per_s: u32,
    pub convert_height_max: u32,
    /// What was thrown away is deleted after so many days; 0: never.
    pub bin_days: u32,
}

/// What is being done, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// Jobs that wait for their turn.
    pub waiting: u64,
    pub running: Vec<Running>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub asset: i64,
    /// The asset's.
    pub name: String,
    pub step: Step,
    /// 0 to 1; `None` until it says.
    pub progress: Option<f32>,
    pub seconds_left: Option<u64>,
}

/// A handle to the work. Cheap to clone.
#[derive(Clone)]
pub struct Work {
    inner: Arc<Inner>,
}

struct Inner {
    library: Library,
    status: watch::Sender<Status>,
    active: Mutex<Vec<Active>>,
}

/// A job that runs.
struct Active {
    running: Running,
    started: Instant,
    told: Instant,
    cancel: watch::Sender<bool>,
}

impl Work {
    pub fn new(library: Library) -> Self {
        Self {
            inner: Arc::new(Inner { library, status: watch::Sender::default(), active: Mutex::default() }),
        }
    }

    /// What is being done; changes a few times per second at most.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner.status.subscribe()
    }

    /// Does a step again, or for the first time.
    pub async fn retry(&self, asset: i64, step: Step) -> Result<(), Error> {
        self.inner.library.ask_for_job(asset, step).await
    }

    /// Asks for a conversion, needed or not.
    pub async fn convert(&self, asset: i64) -> Result<(), Error> {
        self.retry(asset, Step::Convert).await
    }

    /// Cancels a job that waits or runs.
    pub async fn cancel(&self, asset: i64, step: Step) -> Result<(), Error> {
        if self.inner.library.cancel_waiting(asset, step).await? {
            return Ok(());
        }
        let active = self.inner.active.lock().expect("no holder of this lock can panic");
        let job = active.iter().find(|job| job.running.asset == asset && job.running.step == step);
        let job = job.ok_or(Error::Invalid { what: "the job", allowed: "one that waits or runs" })?;
        job.cancel.send_replace(true);
        Ok(())
    }

    /// Does what there is to do until it is told to stop; then children are ended, and what they did waits again.
    /// `program`: this program, as a child starts it.
    pub async fn run(self, program: PathBuf, settings: watch::Receiver<Settings>, stop: Stop) {
        while let Err(error) = self.inner.library.reopen_jobs().await {
            log::error!("library: the work can't begin: {error}");
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stopped(&stop) => return,
            }
        }
        self.sweep().await;
        tokio::join!(
            self.lane(false, &program, &settings, &stop),
            self.lane(true, &program, &settings, &stop),
            self.empty_bin(settings.clone(), &stop),
        );
    }

    /// Removes what children of a program that was killed left behind.
    async fn sweep(&self) {
        let incoming = self.inner.library.store().incoming();
        let sweeping = tokio::task::spawn_blocking(move || {
            for entry in std::fs::read_dir(incoming)?.flatten() {
                if entry.file_name().to_str().is_some_and(|name| name.starts_with(job::FOLDER_PREFIX)) {
                    std::fs::remove_dir_all(entry.path())?;
                }
            }
            std::io::Result::Ok(())
        });
        if let Ok(Err(error)) = sweeping.await {
            log::warn!("library: what was left behind by earlier work can't be removed: {error}");
        }
    }

    /// One job after the other, of conversions or of all others.
    async fn lane(
        &self,
        conversions: bool,
        program: &std::path::Path,
        settings: &watch::Receiver<Settings>,
        stop: &Stop,
    ) {
        let mut changes = self.inner.library.changes();
        let mut told = None;
        while !stop.is_stopped() {
            changes.mark_unchanged();
            let settings = settings.latest();
            match self.run_once(conversions, program, settings, stop).await {
                Ok(true) => told = None,
                Ok(false) => tokio::select! {
                    // An error would mean that the library is gone, of which we hold a handle.
                    _ = changes.changed() => {}
                    () = stopped(stop) => {}
                },
                Err(error) => {
                    // Once: a full disk may stay full for days.
                    if told.replace(std::mem::discriminant(&error)) != Some(std::mem::discriminant(&error)) {
                        log::error!("library: the work stands still: {error}");
                    }
                    tokio::select! {
                        () = tokio::time::sleep(PAUSE) => {}
                        () = stopped(stop) => {}
                    }
                }
            }
        }
    }

    /// False: there was nothing to do.
    async fn run_once(
        &self,
        conversions: bool,
        program: &std::path::Path,
        settings: Settings,
        stop: &Stop,
    ) -> Result<bool, Error> {
        let library = &self.inner.library;
        let Some((id, step)) = library.next_job(conversions).await? else {
            self.tell_waiting().await?;
            return Ok(false);
        };
        let Some(asset) = library.begin_job(id, step).await? else { return Ok(true) };
        let (cancel, cancelled) = watch::channel(false);
        let started = Instant::now();
        let name = asset.summary.name.clone();
        let running = Running { asset: id, name, step, progress: None, seconds_left: None };
        self.active().push(Active { running, started, told: started, cancel });
        self.tell_waiting().await?;
        let until = async {
            tokio::select! {
                () = told(cancelled.clone()) => {}
                () = stopped(stop) => {}
            }
        };
        let progress = |part| self.progressed(id, step, part);
        let outcome = job::run(library, program, &asset, step, settings, until, progress).await;
        // Before it is told to anybody: what is over can't be cancelled any more.
        self.active().retain(|job| (job.running.asset, job.running.step) != (id, step));
        let nothing = (String::new(), String::new());
        match outcome {
            Ok(()) => {}
            Err(job::Error::Ended) if cancelled.latest() => {
                library.end_job(id, step, JobState::Cancelled, nothing).await?;
            }
            Err(job::Error::Ended) => library.end_job(id, step, JobState::Waiting, nothing).await?,
            Err(job::Error::Failed(failure, detail)) => {
                library.end_job(id, step, JobState::Failed, failure.texts(step, &detail)).await?;
            }
            // It was deleted meanwhile.
            Err(job::Error::Library(Error::NoSuchAsset)) => {}
            Err(job::Error::Library(error)) => {
                let failure = if error == Error::Full { Failure::NoRoom } else { Failure::Unreadable };
                log::error!("library: {} of {id}: {error}", step.name());
                library.end_job(id, step, JobState::Failed, failure.texts(step, "")).await?;
            }
        }
        self.tell_waiting().await?;
        Ok(true)
    }

    fn active(&self) -> std::sync::MutexGuard<'_, Vec<Active>> {
        self.inner.active.lock().expect("no holder of this lock can panic")
    }

    fn progressed(&self, asset: i64, step: Step, part: f32) {
        let mut active = self.active();
        let job = active.iter_mut().find(|job| job.running.asset == asset && job.running.step == step);
        let Some(job) = job else { return };
        job.running.progress = Some(part);
        job.running.seconds_left = plan::seconds_left(part, job.started.elapsed());
        if job.told.elapsed() < PROGRESS_PERIOD {
            return;
        }
        job.told = Instant::now();
        let running: Vec<Running> = active.iter().map(|job| job.running.clone()).collect();
        drop(active);
        self.inner.status.send_modify(|status| status.running = running);
    }

    async fn tell_waiting(&self) -> Result<(), Error> {
        let waiting = self.inner.library.waiting_jobs().await?;
        let running: Vec<Running> = self.active().iter().map(|job| job.running.clone()).collect();
        let status = Status { waiting, running };
        self.inner.status.send_if_modified(|told| {
            let changed = *told != status;
            *told = status;
            changed
        });
        Ok(())
    }

    /// Deletes what has been in the bin for long enough.
    async fn empty_bin(&self, settings: watch::Receiver<Settings>, stop: &Stop) {
        loop {
            let days = settings.with(|settings| settings.bin_days);
            if days > 0 && !self.inner.library.is_read_only() {
                match self.inner.library.purge_older(days).await {
                    Ok(gone) if gone.assets > 0 => {
                        log::info!("library: {} assets deleted after {days} days in the bin", gone.assets);
                    }
                    Ok(_) => {}
                    Err(error) => log::error!("library: the bin can't be emptied: {error}"),
                }
            }
            tokio::select! {
                () = tokio::time::sleep(BIN_PERIOD) => {}
                () = stopped(stop) => return,
            }
        }
    }
}

async fn stopped(stop: &Stop) {
    stop.clone().stopped().await;
}

async fn told(mut flag: watch::Receiver<bool>) {
    if flag.wait_for(|told| *told).await.is_err() {
        // Whoever could have told is gone.
        std::future::pending::<()>().await;
    }
}
