//! This program started again as a child, for what strangers made: its surroundings, and a folder of its own.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::process::Command;

/// What it is told of our environment: where programs and GStreamer's plug-ins are, and nothing that is secret.
const ENVIRONMENT: [&str; 9] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "GST_REGISTRY",
    "GST_REGISTRY_1_0",
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
    "XDG_CACHE_HOME",
];

/// What is younger may be in use.
const OLD: Duration = Duration::from_secs(24 * 3600);
/// The beginning of the names of their folders, followed by the number of the process that made them.
const SCRATCH: &str = "marquee-";

/// The running program itself, even if its file was replaced meanwhile.
pub fn own_program() -> PathBuf {
    PathBuf::from("/proc/self/exe")
}

/// An empty folder for one child, gone with everything in it when this is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Whatever an earlier one of this name left behind is removed first.
    pub fn make(path: PathBuf) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        match std::fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("the folder {} can't be removed: {error}", self.0.display());
        }
    }
}

/// This program as a child: it is told nothing of our environment that is secret, its standard output is ours to read,
/// and it ends when whoever started it lets go of it.
pub fn command(program: &Path, scratch: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // GStreamer's list of plug-ins stays where it is, though the home is another: making it takes seconds.
    if std::env::var_os("XDG_CACHE_HOME").is_none()
        && let Some(home) = std::env::var_os("HOME")
    {
        command.env("XDG_CACHE_HOME", Path::new(&home).join(".cache"));
    }
    // Plug-ins are listed in the process, so that it needs no right to start programs. Few arenas: each takes 64 MiB
    // of the addresses that it may have.
    command
        .env("GST_REGISTRY_FORK", "no")
        .env("MALLOC_ARENA_MAX", "2")
        .env("XDG_RUNTIME_DIR", scratch)
        .env("TMPDIR", scratch)
        .env("HOME", scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}

/// A folder for each child's code, which goes with it. `what`: what the child is for.
pub fn scratch(what: &str) -> io::Result<Folder> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Folder::make(std::env::temp_dir().join(format!("{SCRATCH}{}-{what}-{number}", std::process::id())))
}

/// Removes such folders of programs that are no more: a kill leaves them behind.
pub fn sweep_scratch() {
    let listed = std::fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    for entry in listed {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(SCRATCH)?.split_once('-'));
        let Some((owner, _)) = owner else { continue };
        let is_number = !owner.is_empty() && owner.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && !Path::new("/proc").join(owner).exists() && is_old(&entry.path()) {
            // Somebody else's of the same name stays: it can't be removed.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A program in a container of its own may share this folder, and have numbers that are not seen here.
fn is_old(path: &Path) -> bool {
    let modified = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|age| age > OLD))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_programs_that_are_gone_are_swept_and_no_others() {
        let kept = scratch("test").expect("made");
        // Above what any kernel gives: 4 million.
        let gone = std::env::temp_dir().join(format!("{SCRATCH}99999999-test-0"));
        let other = std::env::temp_dir().join(format!("{SCRATCH}x{}-test", std::process::id()));
        std::fs::create_dir_all(gone.join("deep")).expect("made");
        std::fs::create_dir_all(&other).expect("made");
        sweep_scratch();
        assert!(gone.exists(), "it may be in use");
        let old = SystemTime::now() - 2 * OLD;
        std::fs::File::open(&gone).and_then(|folder| folder.set_modified(old)).expect("ours");
        sweep_scratch();
        assert!(kept.path().exists() && other.exists() && !gone.exists());
        std::fs::remove_dir(other).expect("there");
    }
}
