//! `marquee import DIR`.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::library::work::subtitles::is_subtitles;
use crate::library::{Added, FileKind, HEAD_BYTES, Library, New, Past, Records};

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 16;
/// Names that are listed of what could not be matched.
const NAMES_SHOWN_MAX: usize = 50;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The data folder that `marquee run` is given
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of videos with their subtitles, of slides and of sounds, with ratings.json, views.json, tags.json and
    /// favorites.json of the old server if it has them
    folder: PathBuf,
}

/// What became of the files.
#[derive(Default)]
struct Outcome {
    taken: usize,
    there: usize,
    /// Of those that were there: what was known of them is more now.
    added_to: usize,
    /// That found their video.
    subtitles: usize,
    refused: Vec<String>,
    /// What is in the folder and was not looked at, with the reason.
    left_out: Vec<String>,
}

/// Not all could be taken, or not all that is known of it.
const EXIT_NOT_ALL: u8 = 2;
/// What the old server made from its videos, and what it looked like: not the library's.
const OLD_FOLDERS: [&str; 2] = ["thumbnails", "static"];
/// Its own files.
const OLD_FILES: [&str; 4] = ["ratings.json", "views.json", "tags.json", "favorites.json"];

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    fs::create_dir_all(&arguments.data)?;
    let library = Library::open(&arguments.data)?;
    let (mut files, mut outcome) = (Vec::new(), Outcome::default());
    list(&arguments.folder, "", 0, &mut files, &mut outcome.left_out)?;
    files.sort();
    // Not among those that the JSON files may mean: these say nothing about subtitles.
    let (subtitles, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|name| is_subtitles(name));
    let Records { by_file: mut past, unmatched, mut problems } = Records::read(&arguments.folder, &files);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for name in &files {
        let known = past.remove(name).unwrap_or_default();
        match runtime.block_on(take(&library, &arguments.folder.join(name), name, known)) {
            Ok(added) if added.existed => {
                outcome.there += 1;
                outcome.added_to += usize::from(added.changed);
            }
            Ok(_) => {
                outcome.taken += 1;
                // At once: a folder of films takes an hour.
                super::print(&format!("taken: {name}\n"))?;
            }
            Err(why) => outcome.refused.push(format!("{name}: {why}")),
        }
    }
    for name in &subtitles {
        match runtime.block_on(give(&library, &arguments.folder.join(name), name)) {
            Ok(true) => outcome.subtitles += 1,
            Ok(false) => problems.push(format!("{name}: subtitles of no video here")),
            Err(why) => outcome.refused.push(format!("{name}: {why}")),
        }
    }
    super::print(&told(&outcome, &problems, &unmatched)?)?;
    let all = [&outcome.refused, &outcome.left_out, &problems].into_iter().all(Vec::is_empty);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NOT_ALL) })
}

/// Paths from the folder, of what the library could take; and what it leaves out, with the reason.
fn list(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<String>,
    left_out: &mut Vec<String>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = match entry.file_name().into_string() {
            Ok(name) => name,
            Err(name) => {
                // It could not be found in the JSON files, nor be shown.
                left_out.push(format!("{prefix}{}: its name is no UTF-8", name.to_string_lossy()));
                continue;
            }
        };
        let path = format!("{prefix}{name}");
        let why = if name.starts_with('.') || depth == 0 && OLD_FILES.contains(&name.as_str()) {
            continue;
        } else if kind.is_symlink() {
            "it is a link; give the folder that it leads to"
        } else if kind.is_dir() && OLD_FOLDERS.contains(&name.as_str()) {
            "a folder of the old server's own"
        } else if kind.is_dir() && depth >= DEPTH_MAX {
            "it is too many folders deep"
        } else if kind.is_dir() {
            list(&entry.path(), &format!("{path}/"), depth + 1, files, left_out)?;
            continue;
        } else if kind.is_file() && (FileKind::of(&name).is_some() || is_subtitles(&name)) {
            files.push(path);
            continue;
        } else {
            "the library takes no files of this kind"
        };
        left_out.push(format!("{path}: {why}"));
    }
    Ok(())
}

async fn take(library: &Library, path: &Path, name: &str, past: Past) -> Result<Added, Box<dyn Error>> {
    let mut head = vec![0; HEAD_BYTES];
    let mut file = fs::File::open(path)?;
    let read = read_up_to(&mut file, &mut head)?;
    let kind = FileKind::by(&head[..read], name)?;
    // A copy: the folder stays as it is, and what is done to it later does not reach the library.
    let copy = library.store().incoming().join("import");
    fs::copy(path, &copy)?;
    let (ext, steps) = (kind.ext.to_owned(), kind.steps());
    let new = New { kind: kind.kind, file_name: name.to_owned(), ext, tags: Vec::new(), steps };
    let added = library.add_known(copy.clone(), new, past).await;
    if added.is_err() {
        // Gone already if it got as far as the shelf.
        let _ = fs::remove_file(&copy);
    }
    Ok(added?)
}

/// False: no video has its name. Doing it again changes nothing.
async fn give(library: &Library, path: &Path, name: &str) -> Result<bool, Box<dyn Error>> {
    let copy = library.store().incoming().join("import");
    fs::copy(path, &copy)?;
    Ok(library.add_subtitle(copy, name).await?.is_some())
}

fn read_up_to(file: &mut fs::File, buffer: &mut [u8]) -> std::io::Result<usize> {
    use std::io::Read;
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}

fn told(outcome: &Outcome, problems: &[String], unmatched: &[String]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let Outcome { taken, there, added_to, subtitles, refused, left_out } = outcome;
    refused.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    for (what, lines) in [
        ("of the JSON files and subtitles could not be used:", problems),
        ("named in the JSON files, but no file here (or more than one):", unmatched),
        ("left out:", &left_out[..]),
    ] {
        some(&mut out, what, lines)?;
    }
    if *subtitles > 0 {
        writeln!(out, "{subtitles} subtitles went to their videos")?;
    }
    if *added_to > 0 {
        writeln!(out, "{added_to} of those that were there have more known of them now")?;
    }
    let left_out = left_out.len();
    write!(out, "{taken} taken, {there} there already, {} refused", refused.len())?;
    writeln!(out, "{}", if left_out > 0 { format!(", {left_out} left out") } else { String::new() })?;
    Ok(out)
}

/// As many lines as anybody reads.
fn some(out: &mut String, what: &str, lines: &[String]) -> std::fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{what}")?;
    lines.iter().take(NAMES_SHOWN_MAX).try_for_each(|line| writeln!(out, "  {line}"))?;
    match lines.len().saturating_sub(NAMES_SHOWN_MAX) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}
