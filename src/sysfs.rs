//! Reading trees of small files, as the kernel shows its devices in `/sys` and `/proc`.

use std::fs;
use std::path::{Path, PathBuf};

/// What a file says, without the line's end; `None` if it is not there or is no text.
pub(crate) fn text(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok().map(|text| text.trim().to_owned())
}

/// Entries of a folder in the order of their names; none if it is not there.
pub(crate) fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
