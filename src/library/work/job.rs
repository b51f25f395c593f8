//! One job: the errand it is, and what of the child's answer is believed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::errand::Errand;
use super::facts::Facts;
use super::line::Line;
use super::plan::{Conversion, Limits, PAGES_MAX};
use super::plays::{needs_conversion, plays};
use super::problem::{Failure, Remark};
use super::process::{self, End};
use super::{Container, Settings, VideoCodec, subtitles};
use crate::library::jobs::{BESIDE_NUMBER_MIN, Made, MadePage, MadeSubtitle};
use crate::library::{self, Asset, Kind, Library, Step};
use crate::process::Folder;

/// Of the names of folders that children write to.
pub(super) const FOLDER_PREFIX: &str = "work-";
/// The long side of a page; screens have 3840 at most.
const PAGE_SIDE_MAX: u32 = 3840;
/// Pictures in a preview.
const PREVIEW_FRAMES_MAX: u32 = 10;
/// A converted video must be as long as its original, but for the last frames and what a damaged end costs.
const LENGTH_MISSING_MAX: f64 = 0.1;
const LENGTH_MISSING_MS_MAX: u64 = 2000;
/// Of picture or sound by itself: what encoders add and leave out at the ends is a tenth of that.
const TRACK_MISSING_MS_MAX: u64 = 400;

/// Why a job has no result.
#[derive(Debug)]
pub(super) enum Error {
    /// We ended it.
    Ended,
    Failed(Failure, String),
    Library(library::Error),
}

impl From<library::Error> for Error {
    fn from(error: library::Error) -> Self {
        Self::Library(error)
    }
}

fn failed<T>(failure: Failure) -> Result<T, Error> {
    Err(Error::Failed(failure, String::new()))
}

/// Does a job that was begun and attaches what it made.
pub(super) async fn run(
    library: &Library,
    program: &Path,
    asset: &Asset,
    step: Step,
    settings: Settings,
    stop: impl Future<Output = ()>,
    on_progress: impl FnMut(f32),
) -> Result<(), Error> {
    let mut stop = std::pin::pin!(stop);
    let id = asset.summary.id;
    let (output, scratch) = folders(library, id, step).await?;
    let input = input(library, asset, step);
    let mut errand = Errand {
        step,
        ext: input.1,
        input: input.0,
        output: output.path().to_owned(),
        scratch: scratch.path().to_owned(),
        memory_bytes: 0,
        cpu_s: 0,
        file_bytes: 0,
        width: asset.summary.width,
        height: asset.summary.height,
        rotation: asset.rotation,
        duration_ms: asset.summary.duration_ms,
        sound: asset.summary.kind == Kind::Sound,
        conversion: (step == Step::Convert).then(|| Conversion::of(asset, settings)),
    };
    let limits = Limits::of(asset, step, settings);
    errand.limits(&limits);
    let mut said = lines(process::run(program, &errand, &limits, stop.as_mut(), on_progress).await)?;
    if step == Step::Convert {
        // Whoever owned the child may have written anything: another one looks at what it made.
        let result = output.path().join("converted.mp4");
        check_file(&result)?;
        let mut probe = Errand { step: Step::Probe, input: result, ext: "mp4".to_owned(), ..errand };
        let limits = Limits::of(asset, Step::Probe, settings);
        probe.limits(&limits);
        let found = facts(&lines(process::run(program, &probe, &limits, stop, |_| {}).await)?)?;
        check_conversion(&found, asset)?;
        said.extend(shortened(&found, &said));
    }
    let taken = said.iter().find_map(|line| if let Line::Taken { at } = line { Some(*at) } else { None });
    if let Some(at) = taken.filter(|_| matches!(step, Step::Probe | Step::Pages)) {
        library.set_taken(id, at).await?;
    }
    let (looked_at, folder) = (asset.clone(), output.path().to_owned());
    let remarks = Remark::all(&remarks(&said));
    let made = tokio::task::spawn_blocking(move || made(&looked_at, step, &folder, &said)).await;
    let made = made.unwrap_or_else(|_| failed(Failure::Garbled))?;
    library.attach(id, step, made, remarks).await?;
    Ok(())
}

fn lines(end: End) -> Result<Vec<Line>, Error> {
    match end {
        End::Done(lines) => Ok(lines),
        End::Failed { failure, detail } => Err(Error::Failed(failure, detail)),
        End::Ended => Err(Error::Ended),
    }
}

/// Each of them once, whoever says them.
fn remarks(said: &[Line]) -> Vec<(Remark, String)> {
    let mut remarks: Vec<(Remark, String)> = Vec::new();
    for line in said {
        let Line::Remark { remark, detail } = line else { continue };
        if remarks.iter().all(|(known, _)| known != remark) {
            remarks.push((*remark, detail.clone()));
        }
    }
    remarks
}

/// The folder for what it makes, on the library's own file system, and the one for its code.
async fn folders(library: &Library, id: i64, step: Step) -> Result<(Folder, Folder), Error> {
    let name = format!("{FOLDER_PREFIX}{id}-{}", step.name());
    let output = library.store().incoming().join(&name);
    let scratch = std::env::temp_dir().join(format!("marquee-{}-{name}", std::process::id()));
    let make = move || Ok((Folder::make(output)?, Folder::make(scratch)?));
    let made: std::io::Result<_> =
        tokio::task::spawn_blocking(make).await.unwrap_or_else(|error| Err(error.into()));
    made.map_err(|error| Error::Library(library::Error::io("making a folder for the work", &error)))
}

/// The file a step reads, and what it is said to be: for the thumbnail of a slide that is its first page.
fn input(library: &Library, asset: &Asset, step: Step) -> (PathBuf, String) {
    let first_page =
        asset.pages.first().filter(|_| step == Step::Thumbnail && asset.summary.kind == Kind::Slide);
    let file = first_page.map_or(&asset.original, |page| &page.file);
    (library.store().path(file.hash, &file.ext), file.ext.clone())
}

/// What a child made, as far as it can be true.
fn made(asset: &Asset, step: Step, output: &Path, said: &[Line]) -> Result<Made, Error> {
    Ok(match step {
        Step::Probe => {
            let facts = facts(said)?;
            let plays = plays(&facts);
            let mut next = vec![Step::Thumbnail];
            next.extend((!facts.is_sound()).then_some(Step::Preview));
            next.extend((facts.texts > 0).then_some(Step::Subtitles));
            next.extend(needs_conversion(plays).then_some(Step::Convert));
            Made::Probed { facts, plays, next }
        }
        Step::Pages => Made::Pages(pages(asset, output, said)?),
        Step::Thumbnail => Made::Thumbnail(jpeg(output.join("thumbnail.jpg"))?),
        Step::Preview => {
            let frames = said.iter().find_map(|line| match line {
                Line::Preview { frames } if (1..=PREVIEW_FRAMES_MAX).contains(frames) => Some(*frames),
                _ => None,
            });
            let Some(frames) = frames else { return failed(Failure::Garbled) };
            Made::Preview { file: jpeg(output.join("preview.jpg"))?, frames }
        }
        Step::Subtitles => Made::Subtitles(texts(output, said)?),
        Step::Convert => Made::Converted(output.join("converted.mp4")),
    })
}

fn facts(said: &[Line]) -> Result<Facts, Error> {
    Facts::heard(|wanted| value(said, wanted)).map_or_else(|| failed(Failure::Garbled), Ok)
}

fn value<'a>(said: &'a [Line], wanted: &str) -> Option<&'a str> {
    said.iter().find_map(|line| match line {
        Line::Fact { name, value } if name == wanted => Some(value.as_str()),
        _ => None,
    })
}

/// 0: not said.
fn number(said: &[Line], wanted: &str) -> u64 {
    value(said, wanted).and_then(|value| value.parse().ok()).unwrap_or(0)
}

fn pages(asset: &Asset, output: &Path, said: &[Line]) -> Result<Vec<MadePage>, Error> {
    let mut pages = Vec::new();
    for line in said {
        let Line::Page { width, height, ext } = *line else { continue };
        let number = pages.len() as u32 + 1;
        let sized = |side: u32| (1..=PAGE_SIDE_MAX).contains(&side);
        // Only what browsers show, old ones too, can be shown as it is.
        let shown = ext.is_some() || matches!(asset.original.ext.as_str(), "jpg" | "jpeg" | "png");
        if number > PAGES_MAX || !sized(width) || !sized(height) || !shown {
            return failed(Failure::Garbled);
        }
        let file = match ext {
            None => None,
            Some("jpg") => Some((jpeg(output.join(format!("page-{number}.jpg")))?, "jpg")),
            Some(_) => Some((png(output.join(format!("page-{number}.png")))?, "png")),
        };
        pages.push(MadePage { file, width, height });
    }
    if pages.is_empty() { failed(Failure::NoPicture) } else { Ok(pages) }
}

/// What the child wrote is read and written again by ourselves: a subtitle is text, which is no danger to read.
fn texts(output: &Path, said: &[Line]) -> Result<Vec<MadeSubtitle>, Error> {
    let mut texts = Vec::new();
    for line in said {
        let Line::Text { language, label } = line else { continue };
        let number = texts.len() as u32 + 1;
        if number >= BESIDE_NUMBER_MIN {
            break;
        }
        let file = output.join(format!("text-{number}.vtt"));
        check_file(&file)?;
        let failed = |error: std::io::Error| library::Error::file("reading", &file, &error);
        let cues = subtitles::read_file(&file).map_err(failed)?;
        std::fs::write(&file, subtitles::write_vtt(&cues)).map_err(failed)?;
        let language = subtitles::language(language).unwrap_or_default();
        texts.push(MadeSubtitle { file, language, label: label.clone() });
    }
    Ok(texts)
}

/// A conversion that is not what it should be is worth less than none: TVs would stand black.
fn check_conversion(facts: &Facts, asset: &Asset) -> Result<(), Error> {
    let plays = plays(facts);
    let right =
        facts.container == Container::Mp4 && facts.video == VideoCodec::H264 && !needs_conversion(plays);
    let length = asset.summary.duration_ms;
    let missing_max = LENGTH_MISSING_MS_MAX.max((length as f64 * LENGTH_MISSING_MAX) as u64);
    if !right {
        return failed(Failure::Garbled);
    }
    if facts.duration_ms + missing_max < length {
        let detail = format!("it ends after {} of {} s", facts.duration_ms / 1000, length / 1000);
        return Err(Error::Failed(Failure::Damaged, detail));
    }
    Ok(())
}

/// What of the tracks did not come into the copy: the child said how long they are in the original.
fn shortened(copy: &Facts, said: &[Line]) -> Option<Line> {
    let original = |name| number(said, name);
    let tracks = [
        ("picture", original("picture_ms"), copy.picture_ms),
        ("sound", original("sound_ms"), copy.sound_ms),
    ];
    let tolerance =
        TRACK_MISSING_MS_MAX + if copy.frames_per_s > 0.0 { (2000.0 / copy.frames_per_s) as u64 } else { 0 };
    let short = tracks.into_iter().filter(|(_, original, copy)| copy + tolerance < *original);
    let seconds = |ms: u64| format!("{:.1}", ms as f64 / 1000.0);
    let said =
        short.map(|(what, original, copy)| format!("{what}: {} of {} s", seconds(copy), seconds(original)));
    let detail = said.collect::<Vec<_>>().join(", ");
    (!detail.is_empty()).then_some(Line::Remark { remark: Remark::Shortened, detail })
}

/// A file of the child's own: no link to another, neither by name nor by content.
fn check_file(path: &Path) -> Result<(), Error> {
    match std::fs::symlink_metadata(path) {
        Ok(file) if file.is_file() && file.nlink() == 1 && file.len() > 0 => Ok(()),
        _ => failed(Failure::Garbled),
    }
}

fn jpeg(path: PathBuf) -> Result<PathBuf, Error> {
    starts_with(path, &[0xff, 0xd8, 0xff])
}

fn png(path: PathBuf) -> Result<PathBuf, Error> {
    starts_with(path, b"\x89PNG\r\n\x1a\n")
}

/// Under its name is served what the name says; the rest is the browser's own care (`nosniff`).
fn starts_with(path: PathBuf, magic: &[u8]) -> Result<PathBuf, Error> {
    use std::io::Read;
    check_file(&path)?;
    let mut head = vec![0; magic.len()];
    let read = std::fs::File::open(&path).and_then(|mut file| file.read_exact(&mut head));
    if read.is_ok() && head == magic { Ok(path) } else { failed(Failure::Garbled) }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{memo, phone};
    use super::*;
    use crate::library::tests::asset;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn facts_said(facts: &Facts) -> Vec<Line> {
        let fact = |(name, value): (&str, String)| Line::Fact { name: name.to_owned(), value };
        facts.told().into_iter().map(fact).collect()
    }

    fn next(facts: &Facts) -> Vec<Step> {
        match made(&asset(), Step::Probe, Path::new("/"), &facts_said(facts)) {
            Ok(Made::Probed { next, .. }) => next,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_found_says_what_is_next() {
        assert_eq!(next(&phone()), [Step::Thumbnail, Step::Preview]);
        let film = Facts { container: Container::Matroska, texts: 2, ..phone() };
        assert_eq!(next(&film), [Step::Thumbnail, Step::Preview, Step::Subtitles, Step::Convert]);
        assert_eq!(next(&memo()), [Step::Thumbnail, Step::Convert]);
    }

    #[test]
    fn only_a_jpeg_of_its_own_is_taken_as_one() {
        let folder = folder();
        let path = folder.path().join("thumbnail.jpg");
        let taken = || made(&asset(), Step::Thumbnail, folder.path(), &[]).is_ok();
        assert!(!taken(), "there is none");
        std::fs::write(&path, b"<html>").unwrap();
        assert!(!taken(), "it is something else");
        std::fs::write(&path, b"\xff\xd8\xff\xe0").unwrap();
        assert!(taken());
        let other = folder.path().join("other");
        std::fs::hard_link(&path, &other).unwrap();
        assert!(!taken(), "it is the file of somebody else");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(!taken(), "it is a link");
    }

    #[test]
    fn pages_that_can_not_be_are_refused() {
        let folder = folder();
        std::fs::write(folder.path().join("page-1.png"), b"\x89PNG\r\n\x1a\n").unwrap();
        let page = |width, height, ext| Line::Page { width, height, ext };
        let taken = |lines: &[Line]| pages(&asset(), folder.path(), lines).is_ok();
        assert!(taken(&[page(3840, 1, Some("png"))]));
        assert!(!taken(&[page(3841, 1, Some("png"))]), "too wide");
        assert!(!taken(&[page(0, 1, Some("png"))]), "empty");
        assert!(!taken(&[page(1, 1, Some("jpg"))]), "no such file");
        assert!(!taken(&[page(1, 1, None)]), "a video is no page");
        assert!(!taken(&[]), "none");
    }

    #[test]
    fn what_is_missing_of_a_track_is_said() {
        let fact = |name: &str, value: u64| Line::Fact { name: name.to_owned(), value: value.to_string() };
        let said = |picture, sound| {
            let copy = Facts { picture_ms: 4000, sound_ms: 1100, ..phone() };
            match shortened(&copy, &[fact("picture_ms", picture), fact("sound_ms", sound)]) {
                Some(Line::Remark { remark: Remark::Shortened, detail }) => detail,
                other => format!("{other:?}"),
            }
        };
        assert_eq!(said(4000, 4000), "sound: 1.1 of 4.0 s");
        assert_eq!(said(6000, 4000), "picture: 4.0 of 6.0 s, sound: 1.1 of 4.0 s");
        assert_eq!(said(4400, 1500), "None", "what encoders leave out at the ends");
        assert_eq!(said(0, 0), "None", "unknown");
    }

    #[test]
    fn a_conversion_must_be_whole_and_play() {
        let mut asset = asset();
        asset.summary.duration_ms = 60_000;
        let right = |facts: Facts| check_conversion(&facts, &asset).is_ok();
        assert!(right(phone()));
        assert!(right(Facts { duration_ms: 54_100, ..phone() }));
        assert!(!right(Facts { duration_ms: 53_000, ..phone() }));
        assert!(!right(Facts { level: 50, ..phone() }));
        assert!(!right(Facts { container: Container::Matroska, ..phone() }));
    }
}
