//! Whether the disk can be written, found out by trying: Linux says so nowhere else. An ext4 that met an error aborts its
//! journal and refuses every change from then on, and neither /proc/mounts nor statvfs(2) tells (seen with Debian's Linux
//! 6.1.0-57; tests/image/dead_ends.py).

use std::fs::{self, File};
use std::io;
use std::sync::atomic::Ordering;

use rustix::fs::{StatVfsMountFlags, statvfs};

use super::Library;

const TRIED: &str = "try";

impl Library {
    /// The disk can't be written: what is there is shown and played, and nothing can be changed.
    pub fn is_read_only(&self) -> bool {
        let mounted_so = || statvfs(self.store().incoming()).is_ok_and(|found| is_read_only(found.f_flag));
        self.inner.read_only || self.inner.refused.load(Ordering::Relaxed) || mounted_so()
    }

    /// Makes an empty file and takes it away. Writes some kilobytes of the disk's journal: now and then, not always. (A new
    /// time for a file that is there would be less, but an aborted ext4 loses that without an error.) Blocks for as long as
    /// the disk takes.
    pub fn try_disk(&self) {
        let path = self.store().incoming().join(TRIED);
        let refused = match File::create(&path).and_then(|_| fs::remove_file(&path)) {
            Ok(()) => false,
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => true,
            Err(error) => {
                return log::warn!("library: whether the disk can be written can't be told: {error}");
            }
        };
        if self.inner.refused.swap(refused, Ordering::Relaxed) != refused {
            match refused {
                true => log::error!("library: the disk can't be written any more"),
                false => log::info!("library: the disk can be written again"),
            }
        }
    }
}

fn is_read_only(flags: StatVfsMountFlags) -> bool {
    flags.contains(StatVfsMountFlags::RDONLY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_takes_changes_is_none_that_refuses_them() {
        let folder = tempfile::tempdir().unwrap();
        let library = Library::open(folder.path()).unwrap();
        library.inner.refused.store(true, Ordering::Relaxed);
        assert!(library.is_read_only());
        library.try_disk();
        assert!(!library.is_read_only());
        assert!(is_read_only(StatVfsMountFlags::RDONLY | StatVfsMountFlags::NOSUID));
    }
}
