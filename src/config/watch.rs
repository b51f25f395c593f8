//! Watches the file, and checks it again when its content has changed.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;
use tokio::time::sleep;

use super::problem::LoadError;
use super::{Config, check, file};

/// An editor may truncate, write, rename; a file counts once it has been the same for this long.
const SETTLE: Duration = Duration::from_millis(200);
/// A file that never settles is taken as it is after so many rounds.
const SETTLE_ROUNDS_MAX: usize = 10;
/// Looked at without any event, too: a partition mounted over the folder, or a link pointed elsewhere, is none.
const LOOK_PERIOD: Duration = Duration::from_secs(5);

/// A watched file. Deleting, replacing and mounting over it count as changes like any other.
pub struct Watch {
    path: PathBuf,
    /// What was read last: text, or why there was none.
    seen: Result<String, LoadError>,
    /// Holds at most one wake-up, however many events there are.
    touched: Arc<Notify>,
    look_period: Duration,
    folder: Option<WatchedFolder>,
    /// The system's watching failed and that was logged.
    warned: bool,
}

/// The folder is watched, not the file: a rename over the file ends a watch on the file.
struct WatchedFolder {
    /// Device and inode: another folder at the same path needs a new watch.
    identity: (u64, u64),
    _watcher: RecommendedWatcher,
}

impl Watch {
    /// Reads the file for the first time and watches it from before that on, so that no change falls in between.
    pub fn start(path: PathBuf) -> (Self, Result<Config, LoadError>) {
        let unread = Err(LoadError { problems: Vec::new(), more: 0 });
        let mut watch = Self {
            path,
            seen: unread,
            touched: Arc::default(),
            look_period: LOOK_PERIOD,
            folder: None,
            warned: false,
        };
        watch.arm();
        watch.seen = file::read(&watch.path);
        let first = watch.check();
        (watch, first)
    }

    /// Waits until the file's content is another one, and checks it. Cancel-safe.
    pub async fn changed(&mut self) -> Result<Config, LoadError> {
        loop {
            tokio::select! {
                () = self.touched.notified() => {}
                () = sleep(self.look_period) => {}
            }
            self.arm();
            let read = self.settled().await;
            if read != self.seen {
                self.seen = read;
                return self.check();
            }
        }
    }

    fn check(&self) -> Result<Config, LoadError> {
        check::check(&self.path.display().to_string(), self.seen.as_ref().map_err(LoadError::clone)?)
    }

    /// The content, once it is the known one or has stayed the same for a moment.
    async fn settled(&self) -> Result<String, LoadError> {
        let mut read = self.read().await;
        for _ in 0..SETTLE_ROUNDS_MAX {
            if read == self.seen {
                break;
            }
            sleep(SETTLE).await;
            let again = self.read().await;
            if again == read {
                break;
            }
            read = again;
        }
        read
    }

    /// Off the async threads: a card can take its time.
    async fn read(&self) -> Result<String, LoadError> {
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || file::read(&path)).await;
        // The task ends early only when the runtime shuts down; then nothing has changed.
        read.unwrap_or_else(|_| self.seen.clone())
    }

    /// Watches the folder, unless the one at this path is watched already.
    fn arm(&mut self) {
        let identity =
            std::fs::metadata(folder_of(&self.path)).map(|folder| (folder.dev(), folder.ino())).ok();
        if identity == self.folder.as_ref().map(|folder| folder.identity) {
            return;
        }
        self.folder = None;
        let Some(identity) = identity else { return };
        match watch_folder(&self.path, Arc::clone(&self.touched)) {
            Ok(watcher) => self.folder = Some(WatchedFolder { identity, _watcher: watcher }),
            Err(error) if !self.warned => {
                self.warned = true;
                log::warn!("{} can't be watched, it is read every 5 s instead: {error}", self.path.display());
            }
            Err(_) => {}
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn watch_folder(path: &Path, touched: Arc<Notify>) -> Result<RecommendedWatcher, notify::Error> {
    let no_name = || notify::Error::io(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    let name = path.file_name().ok_or_else(no_name)?.to_owned();
    let on_event = move |event: Result<Event, notify::Error>| {
        if event.map_or(true, |event| concerns(&event, &name)) {
            touched.notify_one();
        }
    };
    let mut watcher = notify::recommended_watcher(on_event)?;
    watcher.watch(folder_of(path), RecursiveMode::NonRecursive)?;
    Ok(watcher)
}

/// Whether the event may have changed the file. Other files of the folder (an editor's temporary ones) do not, and
/// neither does reading it, which we do ourselves.
fn concerns(event: &Event, name: &OsStr) -> bool {
    let read_only = match event.kind {
        EventKind::Access(kind) => kind != AccessKind::Close(AccessMode::Write),
        _ => false,
    };
    let named = event.paths.iter().any(|path| path.file_name() == Some(name));
    event.need_rescan() || (named && !read_only)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tokio::time::timeout;

    use super::*;

    fn names(outcome: &Result<Config, LoadError>) -> String {
        match outcome {
            Ok(config) => config.device.name.clone(),
            Err(error) => format!("error: {}", error.problems[0].message),
        }
    }

    fn named(name: &str) -> String {
        format!("[device]\nname = \"{name}\"\n")
    }

    /// Far above the settling time: only a change that is never seen fails.
    async fn next(watch: &mut Watch) -> String {
        names(&timeout(Duration::from_secs(30), watch.changed()).await.expect("a change is seen"))
    }

    #[tokio::test]
    async fn writing_renaming_breaking_and_deleting_are_seen_once_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("marquee.toml");
        fs::write(&path, named("one")).expect("written");
        let (mut watch, first) = Watch::start(path.clone());
        assert_eq!(names(&first), "one");

        fs::write(&path, named("two")).expect("written");
        assert_eq!(next(&mut watch).await, "two");

        let temporary = folder.path().join(".marquee.toml.swp");
        fs::write(&temporary, named("three")).expect("written");
        fs::rename(&temporary, &path).expect("renamed");
        assert_eq!(next(&mut watch).await, "three");

        fs::write(&path, "[device\n").expect("written");
        assert!(next(&mut watch).await.starts_with("error: is not TOML"));

        fs::remove_file(&path).expect("removed");
        assert!(next(&mut watch).await.starts_with("error: can't be read"));

        fs::write(&path, named("four")).expect("written");
        assert_eq!(next(&mut watch).await, "four");
    }

    #[tokio::test]
    async fn a_folder_put_in_place_of_the_old_one_is_watched() {
        let top = tempfile::tempdir().expect("a folder");
        let folder = top.path().join("boot");
        let path = folder.join("marquee.toml");
        let (mut watch, first) = Watch::start(path.clone());
        watch.look_period = SETTLE;
        assert!(names(&first).starts_with("error: can't be read"));
        fs::create_dir(&folder).expect("made");
        fs::write(&path, named("one")).expect("written");
        assert_eq!(next(&mut watch).await, "one");
        fs::rename(&folder, top.path().join("old")).expect("renamed");
        fs::create_dir(&folder).expect("made");
        fs::write(&path, named("two")).expect("written");
        assert_eq!(next(&mut watch).await, "two");
    }

    #[tokio::test]
    async fn a_touch_without_a_change_and_other_files_are_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("marquee.toml");
        fs::write(&path, named("one")).expect("written");
        let (mut watch, _) = Watch::start(path.clone());
        fs::write(&path, named("one")).expect("written");
        fs::write(folder.path().join("marquee.toml~"), named("other")).expect("written");
        timeout(SETTLE * 4, watch.changed()).await.expect_err("nothing changed");
        // It looks, and those were looked at.
        fs::write(&path, named("two")).expect("written");
        assert_eq!(next(&mut watch).await, "two");
    }
}
