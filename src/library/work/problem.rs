//! Why a step of the work failed, in words for people: what is wrong, and what they can do.

use crate::library::Step;

/// Why a job ended without a result. Some the child says, others are seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The content is none of those that its kind can have.
    NotMedia,
    /// A codec that nothing here decodes.
    Unsupported,
    /// A picture coded in a way that nothing here reads.
    OddPicture,
    /// The machine has no decoder for what pictures of this kind are coded in.
    NoPictureDecoder,
    /// It begins right, and then does not make sense.
    Damaged,
    /// Its end is missing.
    CutShort,
    /// Larger than any screen, or than the box can hold.
    TooLarge,
    Encrypted,
    /// There is neither picture nor sound in it.
    NoPicture,
    /// The machine has no encoder.
    NoEncoder,
    /// The disk is full.
    NoRoom,
    /// It took more memory than it may.
    Memory,
    /// It took more time than it may.
    TooSlow,
    /// The child was killed by what it read.
    Crashed,
    /// The child said what it never says.
    Garbled,
    /// The child could not be started.
    NotStarted,
    /// The file in the library can't be read.
    Unreadable,
}

impl Failure {
    pub const ALL: [Self; 17] = [
        Self::NotMedia,
        Self::Unsupported,
        Self::OddPicture,
        Self::NoPictureDecoder,
        Self::Damaged,
        Self::CutShort,
        Self::TooLarge,
        Self::Encrypted,
        Self::NoPicture,
        Self::NoEncoder,
        Self::NoRoom,
        Self::Memory,
        Self::TooSlow,
        Self::Crashed,
        Self::Garbled,
        Self::NotStarted,
        Self::Unreadable,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::NotMedia => "not_media",
            Self::Unsupported => "unsupported",
            Self::OddPicture => "odd_picture",
            Self::NoPictureDecoder => "no_picture_decoder",
            Self::Damaged => "damaged",
            Self::CutShort => "cut_short",
            Self::TooLarge => "too_large",
            Self::Encrypted => "encrypted",
            Self::NoPicture => "no_picture",
            Self::NoEncoder => "no_encoder",
            Self::NoRoom => "no_room",
            Self::Memory => "memory",
            Self::TooSlow => "too_slow",
            Self::Crashed => "crashed",
            Self::Garbled => "garbled",
            Self::NotStarted => "not_started",
            Self::Unreadable => "unreadable",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.name() == name)
    }

    /// What is wrong, and what a person can do. `detail` may be empty.
    pub fn texts(self, step: Step, detail: &str) -> (String, String) {
        let (problem, advice) = match self {
            Self::NotMedia => (
                "the file is not what its name says",
                "Open it on a computer: if it plays there, save it as MP4, JPEG, PNG, PDF or MP3 and upload that.",
            ),
            Self::Unsupported => (
                "the box has no decoder for it",
                "Convert it on a computer, a film to H.264 in MP4, sound to MP3, and upload that.",
            ),
            Self::OddPicture => (
                "the box can't read this kind of picture",
                "Save it as JPEG or PNG on a computer and upload that.",
            ),
            Self::NoPictureDecoder => (
                "the box has no decoder for this kind of picture",
                "Set the iPhone's camera to Most Compatible (Settings, Camera, Formats), or save the picture as JPEG, and \
                 upload that.",
            ),
            Self::Damaged => (
                "the file is damaged or not complete",
                "Play it to its end on a computer; if that works, upload it again, else get another copy.",
            ),
            Self::CutShort => (
                "the file is damaged: its end is missing",
                "Upload it again; if it is as short on your computer, get another copy.",
            ),
            Self::TooLarge => (
                "it is larger than the box can take",
                "Make it smaller on a computer (pictures at most 16384 pixels wide and high) and upload that.",
            ),
            Self::Encrypted => {
                ("it is protected by a password or by copy protection", "Upload a copy without protection.")
            }
            Self::NoPicture => (
                "there is neither picture nor sound in it",
                "Open it on a computer; if it plays there, save it as MP4, JPEG or MP3 and upload that.",
            ),
            Self::NoEncoder => (
                "no H.264 encoder runs here",
                "See `marquee probe` for what is missing, or convert it on a computer.",
            ),
            Self::NoRoom => (
                "there is no room left on the disk",
                "Empty the bin or delete what is not needed, then try again.",
            ),
            Self::Memory => (
                "it needs more memory than the box can give",
                "Make it smaller on a computer, for example 1080p, and upload that.",
            ),
            Self::TooSlow => match step {
                Step::Convert => (
                    "converting stood still or took far too long",
                    "Convert it on a computer and upload that.",
                ),
                _ => {
                    ("it took too long", "Try again when the box is less busy, or convert it on a computer.")
                }
            },
            Self::Crashed => (
                "reading it made the reader crash, which happened in a process of its own",
                "The file is probably damaged: play it on a computer, save it anew and upload that.",
            ),
            Self::Garbled => (
                "reading it gave no result that makes sense",
                "The file is probably damaged: play it on a computer, save it anew and upload that.",
            ),
            Self::NotStarted => {
                ("the box could not start the work", "Try again; if that fails too, restart the box.")
            }
            Self::Unreadable => {
                ("the file can't be read from the disk", "Check the library (`marquee check-library`).")
            }
        };
        (with_detail(problem, detail), advice.to_owned())
    }
}

/// What a person should know of a step that was done: it was done, but….
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// The document has more pages than are made.
    PagesLeftOut,
    /// Some of the document's pages can't be drawn.
    PagesOdd,
    /// Fonts of the document are not in the file.
    FontsMissing,
    /// Pictures of the document can't be read.
    PicturesOdd,
    /// A recording whose last piece is not whole.
    BrokenOff,
    /// It is an animation.
    FirstPicture,
    /// Of a picture with several pages.
    FirstPage,
    /// Of a file with several pictures.
    MainPicture,
    /// What is inside of a sound file as its cover is no picture.
    Cover,
    /// They are meant for something other than a screen.
    Colours,
    /// Picture or sound of the copy end before those of the original.
    Shortened,
    /// No font here has them.
    LettersMissing,
}

impl Remark {
    pub const ALL: [Self; 12] = [
        Self::PagesLeftOut,
        Self::PagesOdd,
        Self::FontsMissing,
        Self::PicturesOdd,
        Self::BrokenOff,
        Self::FirstPicture,
        Self::FirstPage,
        Self::MainPicture,
        Self::Cover,
        Self::Colours,
        Self::Shortened,
        Self::LettersMissing,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::PagesLeftOut => "pages_left_out",
            Self::PagesOdd => "pages_odd",
            Self::FontsMissing => "fonts_missing",
            Self::PicturesOdd => "pictures_odd",
            Self::BrokenOff => "broken_off",
            Self::FirstPicture => "first_picture",
            Self::FirstPage => "first_page",
            Self::MainPicture => "main_picture",
            Self::Cover => "cover",
            Self::Colours => "colours",
            Self::Shortened => "shortened",
            Self::LettersMissing => "letters_missing",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|remark| remark.name() == name)
    }

    /// What is not as one might think, and what a person can do. `detail` may be empty.
    pub fn texts(self, detail: &str) -> (String, String) {
        let (problem, advice) = match self {
            Self::PagesLeftOut => (
                "only the first pages are shown",
                "Split the document on a computer and upload the rest as another one.",
            ),
            Self::PagesOdd => (
                "some pages can't be drawn and are left out",
                "Print the document into a new PDF on a computer and upload that.",
            ),
            Self::FontsMissing => (
                "some text may be missing, since its font is not in the document",
                "Save it anew on a computer, with its fonts inside (as PDF/A), and upload that.",
            ),
            Self::PicturesOdd => (
                "some of its pictures can't be read and are left out",
                "Print the document into a new PDF on a computer and upload that.",
            ),
            Self::BrokenOff => (
                "the recording breaks off, and is shown up to there",
                "If it is longer on your computer, upload it again.",
            ),
            Self::FirstPicture => (
                "it is an animation, of which only the first picture is shown",
                "Save it as an MP4 video on a computer and upload that.",
            ),
            Self::FirstPage => (
                "it has several pages, of which only the first is shown",
                "Save it as a PDF on a computer and upload that.",
            ),
            Self::MainPicture => (
                "it holds several pictures, of which only the main one is shown",
                "Save the others as JPEG on the phone or on a computer and upload those.",
            ),
            Self::Cover => (
                "its cover can't be read, and a plain picture is shown in its place",
                "Put a JPEG or PNG into it on a computer and upload that.",
            ),
            Self::Colours => (
                "its colours may look different, since they are not made for screens",
                "Save it as sRGB on a computer and upload that.",
            ),
            Self::Shortened => (
                "the copy ends before the original",
                "Play it to its end; if something is missing, convert the original on a computer and upload that.",
            ),
            Self::LettersMissing => (
                "some letters are missing, since no font here has them",
                "Turn the text into paths in the drawing program, or save it as PDF or PNG, and upload that.",
            ),
        };
        (with_detail(problem, detail), advice.to_owned())
    }

    /// All that is to be said of one step.
    pub(super) fn all(remarks: &[(Self, String)]) -> (String, String) {
        let texts = remarks.iter().map(|(remark, detail)| remark.texts(detail));
        let (problems, advice): (Vec<_>, Vec<_>) = texts.unzip();
        (problems.join("; "), advice.join(" "))
    }
}

/// A word for each thing that the words of a job say, for pages that have it in other languages, with what is special of it.
/// Empty: it says something else, too.
pub fn causes(problem: &str) -> Vec<(&'static str, String)> {
    let causes: Option<Vec<_>> = problem.split("; ").map(cause).collect();
    causes.unwrap_or_default()
}

fn cause(part: &str) -> Option<(&'static str, String)> {
    let failures = Failure::ALL.into_iter().flat_map(|failure| {
        [Step::Convert, Step::Probe].map(|step| (failure.name(), failure.texts(step, "").0))
    });
    let remarks = Remark::ALL.into_iter().map(|remark| (remark.name(), remark.texts("").0));
    failures.chain(remarks).find_map(|(name, text)| {
        let rest = part.strip_prefix(text.as_str())?;
        let detail = rest.strip_prefix(" (").and_then(|detail| detail.strip_suffix(')'));
        (rest.is_empty() || detail.is_some()).then(|| (name, detail.unwrap_or_default().to_owned()))
    })
}

fn with_detail(text: &str, detail: &str) -> String {
    if detail.is_empty() { text.to_owned() } else { format!("{text} ({detail})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_name_a_reason_and_a_next_step() {
        for failure in Failure::ALL {
            assert_eq!(Failure::named(failure.name()), Some(failure));
            let (problem, advice) = failure.texts(Step::Convert, "x264");
            assert!(problem.ends_with("(x264)") && advice.ends_with('.'), "{failure:?}");
        }
    }

    #[test]
    fn every_remark_has_a_name_and_all_are_said() {
        for remark in Remark::ALL {
            assert_eq!(Remark::named(remark.name()), Some(remark));
            assert!(remark.texts("").1.ends_with('.'), "{remark:?}");
        }
        let (problem, advice) = Remark::all(&[
            (Remark::PagesLeftOut, "200 of 210".to_owned()),
            (Remark::BrokenOff, String::new()),
        ]);
        assert!(
            problem.starts_with("only the first pages are shown (200 of 210); the recording"),
            "{problem}"
        );
        assert!(advice.ends_with("upload it again."), "{advice}");
        assert_eq!(Remark::all(&[]), (String::new(), String::new()));
    }

    #[test]
    fn what_is_said_has_a_word_for_each_thing() {
        for failure in Failure::ALL {
            for (step, detail) in [(Step::Convert, ""), (Step::Probe, "x (y)")] {
                let (problem, _) = failure.texts(step, detail);
                assert_eq!(causes(&problem), [(failure.name(), detail.to_owned())], "{problem}");
            }
        }
        let all: Vec<_> = Remark::ALL.into_iter().map(|remark| (remark, "7 of 8".to_owned())).collect();
        let named: Vec<_> =
            Remark::ALL.into_iter().map(|remark| (remark.name(), "7 of 8".to_owned())).collect();
        assert_eq!(causes(&Remark::all(&all).0), named);
        for other in
            ["", "the box was switched off", "the file is damaged or not complete; and what nobody knows"]
        {
            assert_eq!(causes(other), [], "{other}");
        }
    }
}
