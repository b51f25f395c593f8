//! `marquee import DIR`.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::library::work::subtitles::is_subtitles;
use crate::library::{FileKind, HEAD_BYTES, Library, New, Past, Records};

/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 16;
/// Names that are listed of what could not be matched.
const NAMES_SHOWN_MAX: usize = 50;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The data folder that `marquee run` is given
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Folder of videos with their subtitles and of slides, with ratings.json, views.json, tags.json and
    /// favorites.json of the old server if it has them
    folder: PathBuf,
}

/// What became of the files.
#[derive(Default)]
struct Outcome {
    taken: usize,
    there: usize,
    /// That found their video.
    subtitles: usize,
    refused: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    fs::create_dir_all(&arguments.data)?;
    let library = Library::open(&arguments.data)?;
    let mut files = Vec::new();
    list(&arguments.folder, "", 0, &mut files)?;
    files.sort();
    // Not among those that the JSON files may mean: these say nothing about subtitles.
    let (subtitles, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|name| is_subtitles(name));
    let records = Records::read(&arguments.folder);
    let mut problems = records.problems.clone();
    let (mut past, unmatched) = records.match_with(&files);
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut outcome = Outcome::default();
    for name in &files {
        let known = past.remove(name).unwrap_or_default();
        match runtime.block_on(take(&library, &arguments.folder.join(name), name, known)) {
            Ok(true) => outcome.there += 1,
            Ok(false) => outcome.taken += 1,
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
    Ok(if outcome.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Paths from the folder, of what the library could take.
fn list(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // What has no name in UTF-8 could not be found in the JSON files, nor be shown.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEPTH_MAX && !name.starts_with('.') {
            list(&entry.path(), &format!("{path}/"), depth + 1, files)?;
        } else if kind.is_file() && (FileKind::of(&name).is_some() || is_subtitles(&name)) {
            files.push(path);
        }
    }
    Ok(())
}

/// True: the same content was there already, and nothing changed.
async fn take(library: &Library, path: &Path, name: &str, past: Past) -> Result<bool, Box<dyn Error>> {
    let kind = FileKind::of(name).ok_or("the library takes no such file")?;
    let mut head = vec![0; HEAD_BYTES];
    let mut file = fs::File::open(path)?;
    let read = read_up_to(&mut file, &mut head)?;
    kind.check(&head[..read])?;
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
    Ok(added?.existed)
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
    for line in problems.iter().chain(&outcome.refused) {
        writeln!(out, "{line}")?;
    }
    if !unmatched.is_empty() {
        writeln!(out, "named in the JSON files, but no file here (or more than one):")?;
        for name in unmatched.iter().take(NAMES_SHOWN_MAX) {
            writeln!(out, "  {name}")?;
        }
        let more = unmatched.len().saturating_sub(NAMES_SHOWN_MAX);
        if more > 0 {
            writeln!(out, "  and {more} more")?;
        }
    }
    let Outcome { taken, there, subtitles, refused } = outcome;
    if *subtitles > 0 {
        writeln!(out, "{subtitles} subtitles went to their videos")?;
    }
    writeln!(out, "{taken} taken, {there} there already, {} refused", refused.len())?;
    Ok(out)
}
