//! A playlist as somebody arranged it.

use super::Wrong;

/// Of one playlist: more than anybody arranges by hand; for the rest there are tags.
pub const ITEMS_MAX: usize = 500;
/// Pages of one document that are named one by one.
pub const PAGES_MAX: usize = 500;
/// Shorter, a TV can't have the next one ready.
pub const DURATION_MS_MIN: u64 = 1000;
/// Longer is what the schedule is for.
pub const DURATION_MS_MAX: u64 = 24 * 3600 * 1000;
/// How long a slide is up where nobody says.
pub const SLIDE_MS: u64 = 10_000;
/// How long a live picture is up where nobody says.
pub const LIVE_MS: u64 = 60_000;
/// Of a tag's name and a source's id: no longer ones exist.
const NAME_CHARS_MAX: usize = 60;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Playlist {
    pub id: i64,
    pub name: String,
    pub shuffle: bool,
    pub transition: Transition,
    /// For slides that have no time of their own.
    pub slide_ms: u64,
    pub entries: Vec<Entry>,
}

/// An item as it stands in a playlist: it may become many (a tag, a document), or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub what: What,
    /// Of slides and live pictures; videos last as long as they do.
    pub duration_ms: Option<u64>,
    /// The part of a video that is played.
    pub from_ms: Option<u64>,
    pub until_ms: Option<u64>,
    pub fit: Fit,
    pub sound: bool,
    /// A live picture is left out while it has no signal.
    pub until_no_signal: bool,
}

impl Entry {
    /// An asset as it is when somebody puts it in.
    pub fn asset(id: i64) -> Self {
        let what = What::Asset { id, pages: None };
        let (duration_ms, from_ms, until_ms, fit) = (None, None, None, Fit::default());
        Self { what, duration_ms, from_ms, until_ms, fit, sound: true, until_no_signal: false }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// `pages`: of a document, in this order; `None`: all.
    Asset { id: i64, pages: Option<Vec<u32>> },
    /// Whatever has it when the item's turn comes.
    Tag(String),
    /// The id of a source.
    Live(String),
}

/// How a picture fills a screen of another shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fit {
    /// All of it is seen.
    #[default]
    Contain,
    /// All of the screen is filled.
    Cover,
}

/// From one item to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transition {
    #[default]
    Cut,
    Fade,
}

impl Fit {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Contain => "contain",
            Self::Cover => "cover",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Contain, Self::Cover].into_iter().find(|fit| fit.name() == name)
    }
}

impl Transition {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Fade => "fade",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        [Self::Cut, Self::Fade].into_iter().find(|transition| transition.name() == name)
    }
}

impl Playlist {
    pub fn check(&self) -> Result<(), Wrong> {
        check_duration("slide_ms", Some(self.slide_ms))?;
        if self.entries.len() > ITEMS_MAX {
            return Err(Wrong::new("items", "at most 500; a tag stands for any number of assets"));
        }
        self.entries.iter().try_for_each(Entry::check)
    }
}

impl Entry {
    /// With nothing but what it is.
    pub const fn of(what: What) -> Self {
        Self {
            what,
            duration_ms: None,
            from_ms: None,
            until_ms: None,
            fit: Fit::Contain,
            sound: true,
            until_no_signal: false,
        }
    }

    fn check(&self) -> Result<(), Wrong> {
        check_duration("duration_ms", self.duration_ms)?;
        let (from, until) = (self.from_ms.unwrap_or(0), self.until_ms.unwrap_or(u64::MAX));
        if from >= until || from > DURATION_MS_MAX {
            return Err(Wrong::new("until_ms", "more than from_ms"));
        }
        let named = |name: &str| !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX;
        match &self.what {
            What::Asset { pages: Some(pages), .. } if pages.is_empty() || pages.len() > PAGES_MAX => {
                Err(Wrong::new("pages", "\"all\", or 1 to 500 numbers of pages"))
            }
            What::Tag(tag) if !named(tag) => Err(Wrong::new("tag", "the name of a tag")),
            What::Live(source) if !named(source) => Err(Wrong::new("source", "the id of a source")),
            What::Asset { .. } | What::Tag(_) | What::Live(_) => Ok(()),
        }
    }
}

fn check_duration(what: &'static str, duration_ms: Option<u64>) -> Result<(), Wrong> {
    match duration_ms {
        Some(ms) if !(DURATION_MS_MIN..=DURATION_MS_MAX).contains(&ms) => {
            Err(Wrong::new(what, "1000 to 86400000: a second to a day"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut Playlist, &mut Entry), expected: Option<&str>) {
        let mut entry = Entry::of(What::Asset { id: 1, pages: None });
        let mut playlist = Playlist {
            id: 1,
            name: "Menu".to_owned(),
            shuffle: false,
            transition: Transition::Cut,
            slide_ms: SLIDE_MS,
            entries: Vec::new(),
        };
        change(&mut playlist, &mut entry);
        playlist.entries.push(entry);
        assert_eq!(playlist.check().err().map(|wrong| wrong.what), expected);
    }

    #[test]
    fn what_can_not_be_played_is_refused_by_name() {
        check(|_, _| {}, None);
        check(|playlist, _| playlist.slide_ms = 999, Some("slide_ms"));
        check(|_, entry| entry.duration_ms = Some(DURATION_MS_MAX), None);
        check(|_, entry| entry.duration_ms = Some(DURATION_MS_MAX + 1), Some("duration_ms"));
        check(|_, entry| (entry.from_ms, entry.until_ms) = (Some(5), Some(6)), None);
        check(|_, entry| (entry.from_ms, entry.until_ms) = (Some(5), Some(5)), Some("until_ms"));
        check(|_, entry| entry.from_ms = Some(u64::MAX), Some("until_ms"));
        check(|_, entry| entry.what = What::Asset { id: 1, pages: Some(Vec::new()) }, Some("pages"));
        check(|_, entry| entry.what = What::Tag(String::new()), Some("tag"));
        check(|_, entry| entry.what = What::Live("x".repeat(61)), Some("source"));
        let many =
            |playlist: &mut Playlist, entry: &mut Entry| playlist.entries = vec![entry.clone(); ITEMS_MAX];
        check(many, Some("items"));
    }
}
