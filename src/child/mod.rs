//! The child: one process for one job, in which files of strangers are read. `marquee work` runs it for the library,
//! `marquee reel` (`reel`) for a screen, `marquee camera` (`camera`) for a camera, nobody by hand.
//!
//! Belongs here: what it takes from itself before it touches the file, reading pictures and documents, and telling what
//! it found. Does not belong here: video, which is `pipeline::file`; whether what it tells is true, which the parent
//! judges (`library::work`); the database, which it can't even open.

pub mod camera;
mod colours;
mod exif;
mod form;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod heif;
mod limits;
mod page;
mod pdf;
mod picture;
mod probe;
pub mod reel;
mod sandbox;
mod sound;
mod svg;
mod text;
mod video;
mod whole;

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use crate::library::Step;
use crate::library::content::{Content, HEAD_BYTES};
use crate::library::work::{Errand, Failure, Line, Remark};
use crate::pipeline::file as videos;

/// Why it can't do what it was sent for.
#[derive(Debug)]
pub(crate) struct Problem {
    failure: Failure,
    detail: String,
}

impl Problem {
    fn new(failure: Failure, detail: impl Into<String>) -> Self {
        Self { failure, detail: detail.into() }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self::new(failure, "")
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        let failure = match error.kind() {
            StorageFull | QuotaExceeded => Failure::NoRoom,
            FileTooLarge => Failure::TooLarge,
            _ => Failure::Unreadable,
        };
        Self::new(failure, error.to_string())
    }
}

/// What it says goes out at once: it may not live to say more. If nobody listens any more, nobody wants what it does.
fn say(line: &Line) {
    let mut out = std::io::stdout().lock();
    if out.write_all(line.write().as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::abort();
    }
}

fn remark(remark: Remark, detail: impl Into<String>) {
    say(&Line::Remark { remark, detail: detail.into() });
}

/// Does what it was sent for; true: it could.
pub fn run(errand: &Errand) -> bool {
    let (line, done) = match work(errand) {
        Ok(()) => (Line::Done, true),
        Err(Problem { failure, detail }) => (Line::Failed { failure, detail }, false),
    };
    say(&line);
    done
}

fn work(errand: &Errand) -> Result<(), Problem> {
    limits::take(limits::Limits {
        nice: limits::NICE_WORK,
        memory_bytes: errand.memory_bytes,
        cpu_s: Some(errand.cpu_s),
        file_bytes: errand.file_bytes,
    });
    let decodes = matches!(errand.step, Step::Probe | Step::Preview | Step::Subtitles | Step::Convert)
        || errand.step == Step::Thumbnail && plays(&errand.ext)
        || errand.step == Step::Pages && is_heif(&errand.ext);
    if decodes {
        // Before it is confined: the list of plug-ins may have to be made anew.
        videos::init().map_err(|error| Problem::new(Failure::NotStarted, error.to_string()))?;
    }
    let openings = sandbox::Openings {
        input: Some(&errand.input),
        folders: &[&errand.output, &errand.scratch],
        encoder: errand.step == Step::Convert,
        network: false,
    };
    say(&Line::Sandbox(sandbox::enter(&openings)));
    let content = content(&errand.input, &errand.ext)?;
    if matches!(errand.step, Step::Probe | Step::Pages) && whole::check(&errand.input, content)? {
        remark(Remark::BrokenOff, "");
    }
    match errand.step {
        Step::Probe => probe::probe(errand, content),
        Step::Pages => page::pages(errand, content),
        Step::Thumbnail if errand.sound => sound::thumbnail(errand),
        Step::Thumbnail if content.plays() => video::thumbnail(errand),
        Step::Thumbnail => page::thumbnail(errand, content),
        Step::Preview => video::preview(errand),
        Step::Subtitles => text::texts(errand, content),
        Step::Convert if errand.sound => sound::convert(errand),
        Step::Convert => video::convert(errand),
    }
}

fn plays(ext: &str) -> bool {
    Content::PLAYED.iter().any(|content| content.fits(ext))
}

/// A picture that is coded as a frame of a video.
fn is_heif(ext: &str) -> bool {
    [Content::Heic, Content::Avif].iter().any(|content| content.fits(ext))
}

/// What the file is by its first bytes; they must be of what its name says.
fn content(input: &Path, ext: &str) -> Result<Content, Problem> {
    let mut head = Vec::new();
    File::open(input)?.take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let content = Content::of(&head).filter(|content| content.fits(ext));
    content.ok_or_else(|| Failure::NotMedia.into())
}
