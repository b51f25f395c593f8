//! Why a step of the work failed, in words for people: what is wrong, and what they can do.

use crate::library::Step;

/// Why a job ended without a result. Some the child says, others are seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The content is none of those that its kind can have.
    NotMedia,
    /// A codec that nothing here decodes.
    Unsupported,
    /// It begins right, and then does not make sense.
    Damaged,
    /// Larger than any screen, or than the box can hold.
    TooLarge,
    Encrypted,
    /// There is no video in it, only sound, or nothing at all.
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
    pub const ALL: [Self; 14] = [
        Self::NotMedia,
        Self::Unsupported,
        Self::Damaged,
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
            Self::Damaged => "damaged",
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
                "Open it on a computer: if it plays there, save it as MP4, JPEG, PNG or PDF and upload that.",
            ),
            Self::Unsupported => {
                ("the box has no decoder for it", "Convert it to H.264 in MP4 on a computer and upload that.")
            }
            Self::Damaged => (
                "the file is damaged or not complete",
                "Play it to its end on a computer; if that works, upload it again, else get another copy.",
            ),
            Self::TooLarge => (
                "it is larger than the box can take",
                "Make it smaller on a computer (pictures at most 16384 pixels wide and high) and upload that.",
            ),
            Self::Encrypted => {
                ("it is protected by a password or by copy protection", "Upload a copy without protection.")
            }
            Self::NoPicture => {
                ("there is no picture in it", "Upload a video or a picture; sound alone can't be shown.")
            }
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
        let problem = if detail.is_empty() { problem.to_owned() } else { format!("{problem} ({detail})") };
        (problem, advice.to_owned())
    }
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
}
