//! What became of the data partition at this boot, as our image's script tells it (board/overlay/usr/libexec/marquee/data).

use std::fs;
use std::path::Path;

const FILE: &str = "run/marquee-system/data";
/// The script writes a word and a sentence.
const TEXT_CHARS_MAX: usize = 200;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataState {
    /// Nothing to say.
    Ok,
    /// Formatted for the first time.
    New,
    /// Had mistakes that could be mended.
    Repaired,
    /// Was past repair and has been formatted.
    Remade,
    /// There is none that works: everything is in memory.
    Memory,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    pub state: DataState,
    /// For people; empty if there is nothing to say.
    pub text: String,
}

impl DataState {
    pub const ALL: [Self; 5] = [Self::Ok, Self::New, Self::Repaired, Self::Remade, Self::Memory];

    /// The word for machines, which is the script's.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::New => "new",
            Self::Repaired => "repaired",
            Self::Remade => "remade",
            Self::Memory => "memory",
        }
    }
}

impl Data {
    /// `None`: not our image, or it does not say.
    pub fn read(root: &Path) -> Option<Self> {
        let text = fs::read_to_string(root.join(FILE)).ok()?;
        let (word, text) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let state = DataState::ALL.into_iter().find(|state| state.code() == word)?;
        Some(Self { state, text: text.chars().take(TEXT_CHARS_MAX).collect() })
    }

    /// Something that was kept is gone, or will be.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, DataState::Remade | DataState::Memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(DataState, &str, bool)>) {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join(FILE);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
        fs::write(path, text).expect("written");
        let data = Data::read(root.path());
        let found = data.as_ref().map(|data| (data.state, data.text.as_str(), data.is_lost()));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn the_words_of_the_script_are_understood() {
        check("ok \n", Some((DataState::Ok, "", false)));
        check("new It is new.\n", Some((DataState::New, "It is new.", false)));
        check("remade All is gone.\n", Some((DataState::Remade, "All is gone.", true)));
        check("memory None.\n", Some((DataState::Memory, "None.", true)));
        check("", None);
        check("fine \n", None);
        assert_eq!(Data::read(Path::new("/nowhere")), None);
    }

    #[test]
    fn each_word_is_one_the_script_says() {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/board/overlay/usr/libexec/marquee/data");
        let script = fs::read_to_string(script).expect("in the repository");
        for state in DataState::ALL {
            assert!(script.contains(&format!("tell {} \"", state.code())), "{state:?}");
        }
    }
}
