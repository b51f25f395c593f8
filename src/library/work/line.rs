//! What the child says, line by line: a word and its values, with tabs between. Pure.
//!
//! Plain text and not JSON, since whoever owns the child may say anything: there is little here that can be said at all.

use super::problem::{Failure, Remark};

/// Of one line; whatever is longer was not written by us.
pub(super) const LINE_BYTES_MAX: usize = 1024;
/// Of a reason that is passed on.
const DETAIL_CHARS_MAX: usize = 200;

/// A line of the child's standard output.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// How far it is, 0 to 1. Also a sign of life.
    Progress(f32),
    /// What kind of sandbox it is in: for the log.
    Sandbox(String),
    /// Something it found out; see [`super::Facts`].
    Fact { name: String, value: String },
    /// When a camera took it, in seconds since 1970.
    Taken { at: i64 },
    /// Pages come in order. `ext`: that of its file `page-N.EXT`, or `None` if the original is shown as it is.
    Page { width: u32, height: u32, ext: Option<&'static str> },
    /// The number of pictures in `preview.jpg`.
    Preview { frames: u32 },
    /// Subtitles, in the order of their files `text-N.vtt`.
    Text { language: String, label: String },
    /// What a person should know of what it did.
    Remark { remark: Remark, detail: String },
    /// The last line of one that could not do its work.
    Failed { failure: Failure, detail: String },
    /// The last line of one that did.
    Done,
}

/// There was a camera, and there is a calendar: from 1970 on, where clocks that were never set begin, to 2100.
const TAKEN: std::ops::Range<i64> = 366 * 24 * 3600..4_102_444_800;

/// What a page can be stored as.
const PAGE_EXTENSIONS: [&str; 2] = ["jpg", "png"];

impl Line {
    /// With its line break.
    pub fn write(&self) -> String {
        let fields = match self {
            Self::Progress(progress) => vec!["progress".to_owned(), format!("{progress:.4}")],
            Self::Sandbox(text) => vec!["sandbox".to_owned(), clean(text)],
            Self::Fact { name, value } => vec!["fact".to_owned(), clean(name), clean(value)],
            Self::Taken { at } => vec!["taken".to_owned(), at.to_string()],
            Self::Page { width, height, ext } => {
                let ext = ext.unwrap_or("original").to_owned();
                vec!["page".to_owned(), width.to_string(), height.to_string(), ext]
            }
            Self::Preview { frames } => vec!["preview".to_owned(), frames.to_string()],
            Self::Text { language, label } => vec!["text".to_owned(), clean(language), clean(label)],
            Self::Remark { remark, detail } => {
                vec!["remark".to_owned(), remark.name().to_owned(), clean(detail)]
            }
            Self::Failed { failure, detail } => {
                vec!["failed".to_owned(), failure.name().to_owned(), clean(detail)]
            }
            Self::Done => vec!["done".to_owned()],
        };
        fields.join("\t") + "\n"
    }

    /// Reads a line without its line break; `None` if it is none of ours.
    pub fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        let word = fields.next()?;
        let fields: Vec<&str> = fields.collect();
        Some(match (word, fields.as_slice()) {
            ("progress", [progress]) => {
                Self::Progress(progress.parse().ok().filter(|part| (0.0..=1.0).contains(part))?)
            }
            ("sandbox", [text]) => Self::Sandbox(clean(text)),
            ("fact", [name, value]) => Self::Fact { name: clean(name), value: clean(value) },
            ("taken", [at]) => Self::Taken { at: at.parse().ok().filter(|at| TAKEN.contains(at))? },
            ("page", [width, height, ext]) => Self::Page {
                width: width.parse().ok()?,
                height: height.parse().ok()?,
                ext: match *ext {
                    "original" => None,
                    ext => Some(PAGE_EXTENSIONS.into_iter().find(|known| *known == ext)?),
                },
            },
            ("preview", [frames]) => Self::Preview { frames: frames.parse().ok()? },
            ("text", [language, label]) => Self::Text { language: clean(language), label: clean(label) },
            ("remark", [remark, detail]) => {
                Self::Remark { remark: Remark::named(remark)?, detail: clean(detail) }
            }
            ("failed", [failure, detail]) => {
                Self::Failed { failure: Failure::named(failure)?, detail: clean(detail) }
            }
            ("done", []) => Self::Done,
            _ => return None,
        })
    }
}

/// One field: no control characters, not too long.
fn clean(text: &str) -> String {
    let char = |char: char| if char.is_control() { ' ' } else { char };
    text.chars().map(char).take(DETAIL_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_back() {
        for line in [
            Line::Progress(0.5),
            Line::Sandbox("landlock".to_owned()),
            Line::Fact { name: "width".to_owned(), value: "1920".to_owned() },
            Line::Taken { at: 1_593_698_400 },
            Line::Page { width: 1, height: 2, ext: Some("png") },
            Line::Page { width: 1, height: 2, ext: None },
            Line::Preview { frames: 10 },
            Line::Text { language: "en".to_owned(), label: String::new() },
            Line::Remark { remark: Remark::PagesLeftOut, detail: "200 of 210".to_owned() },
            Line::Failed { failure: Failure::NotMedia, detail: "a ZIP archive".to_owned() },
            Line::Done,
        ] {
            let written = line.write();
            assert_eq!(Line::read(written.trim_end_matches('\n')), Some(line), "{written}");
        }
    }

    #[test]
    fn nothing_that_is_said_can_look_like_more() {
        let line = Line::Failed { failure: Failure::Damaged, detail: "a\nprogress\t1\u{1b}[2J".repeat(90) };
        let written = line.write();
        assert_eq!(written.matches('\n').count(), 1);
        assert_eq!(written.matches('\t').count(), 2);
        assert!(written.len() <= LINE_BYTES_MAX);
    }

    #[test]
    fn what_we_never_say_is_not_read() {
        for line in [
            "",
            "done\t",
            "progress",
            "progress\tNaN",
            "progress\t2",
            "progress\t-1",
            "taken\t0",
            "taken\t9999999999",
            "page\t1\t2\t../../library.db",
            "page\t-1\t2\tpng",
            "preview\t99999999999",
            "failed\tnothing\tx",
            "rm -rf",
            "\u{0}\u{ff}",
        ] {
            assert_eq!(Line::read(line), None, "{line:?}");
        }
    }
}
