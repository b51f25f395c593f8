//! From a playlist to the items of one round, by what there is.

use std::sync::Arc;

use super::playlist::{Entry, Fit, LIVE_MS, Playlist, Transition, What};
use super::shelf::{File, Media, Page, Shelf};

/// Items of one round. A tag may stand for the whole library; a player must be able to hold the answer.
pub const UNROLLED_MAX: usize = 1000;

/// Something a screen shows for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The same for as long as it is the same thing to look at: for proof of play, and to go on where one is.
    pub key: String,
    pub kind: Kind,
    pub name: String,
    pub asset: Option<i64>,
    pub page: Option<u32>,
    pub source: Option<String>,
    /// `None`: live.
    pub file: Option<File>,
    /// Never 0.
    pub duration_ms: u64,
    /// Where in a video it begins.
    pub from_ms: u64,
    pub fit: Fit,
    pub sound: bool,
    pub transition: Transition,
    pub until_no_signal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Video,
    Slide,
    Live,
}

impl Kind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Slide => "slide",
            Self::Live => "live",
        }
    }
}

/// Something that should be shown and can't.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Index of the playlist's entry.
    pub entry: usize,
    pub name: String,
    pub reason: Reason,
}

/// Why. The codes are part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was deleted for good.
    Gone,
    InBin,
    /// It is being prepared.
    Waiting,
    /// Preparing it failed.
    Failed,
    NoSource,
    NoSignal,
    NoPage,
    /// Nothing has the tag.
    NoTag,
    /// The part lies behind the video's end.
    NoPart,
    /// More than [`UNROLLED_MAX`].
    TooMany,
}

impl Reason {
    pub const ALL: [Self; 10] = [
        Self::Gone,
        Self::InBin,
        Self::Waiting,
        Self::Failed,
        Self::NoSource,
        Self::NoSignal,
        Self::NoPage,
        Self::NoTag,
        Self::NoPart,
        Self::TooMany,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::InBin => "bin",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::NoSource => "no_source",
            Self::NoSignal => "no_signal",
            Self::NoPage => "no_page",
            Self::NoTag => "no_tag",
            Self::NoPart => "no_part",
            Self::TooMany => "too_many",
        }
    }
}

/// A playlist once through, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    pub items: Vec<Arc<Item>>,
    pub skipped: Vec<Skipped>,
}

impl Round {
    pub fn total_ms(&self) -> u64 {
        self.items.iter().map(|item| item.duration_ms).sum()
    }
}

/// Never fails: what can't be played is skipped and said to be.
pub fn unroll(playlist: &Playlist, shelf: &Shelf) -> Round {
    let mut round = Round::default();
    for (index, entry) in playlist.entries.iter().enumerate() {
        Unroll { playlist, shelf, index, entry, round: &mut round }.entry();
    }
    round
}

/// One entry on its way.
struct Unroll<'a> {
    playlist: &'a Playlist,
    shelf: &'a Shelf,
    index: usize,
    entry: &'a Entry,
    round: &'a mut Round,
}

impl Unroll<'_> {
    fn entry(&mut self) {
        match &self.entry.what {
            What::Asset { id, pages } => self.asset(*id, pages.as_deref()),
            What::Tag(tag) => match self.shelf.tags.get(tag).map_or(&[][..], Vec::as_slice) {
                [] => self.skip(tag, Reason::NoTag),
                assets => assets.iter().for_each(|id| self.asset(*id, None)),
            },
            What::Live(source) => self.live(source),
        }
    }

    fn asset(&mut self, id: i64, pages: Option<&[u32]>) {
        let shelf = self.shelf;
        let Some(asset) = shelf.assets.get(&id) else {
            return self.skip(&format!("{id}"), Reason::Gone);
        };
        match &asset.media {
            Err(reason) => self.skip(&asset.name, *reason),
            Ok(Media::Video { file, duration_ms }) => self.video(id, &asset.name, file, *duration_ms),
            Ok(Media::Slide { pages: all }) => self.slide(id, &asset.name, all, pages),
        }
    }

    fn video(&mut self, id: i64, name: &str, file: &File, length_ms: u64) {
        let from_ms = self.entry.from_ms.unwrap_or(0);
        let until_ms = self.entry.until_ms.unwrap_or(length_ms).min(length_ms);
        if from_ms >= until_ms {
            return self.skip(name, Reason::NoPart);
        }
        let whole = from_ms == 0 && until_ms == length_ms;
        let key = if whole { format!("a{id}") } else { format!("a{id}t{from_ms}-{until_ms}") };
        self.push(Item {
            asset: Some(id),
            file: Some(file.clone()),
            from_ms,
            ..self.item(key, Kind::Video, name, until_ms - from_ms)
        });
    }

    /// `wanted`: the pages, in this order; `None`: all.
    fn slide(&mut self, id: i64, name: &str, all: &[Page], wanted: Option<&[u32]>) {
        let page = |number: u32| all.iter().find(|page| page.number == number);
        let pages: Vec<Option<&Page>> = match wanted {
            Some(numbers) => numbers.iter().map(|number| page(*number)).collect(),
            None => all.iter().map(Some).collect(),
        };
        if pages.is_empty() {
            return self.skip(name, Reason::NoPage);
        }
        for page in pages {
            let Some(page) = page else {
                self.skip(name, Reason::NoPage);
                continue;
            };
            // A picture is what it is called; of a document it is a page.
            let key = if all.len() == 1 { format!("a{id}") } else { format!("a{id}p{}", page.number) };
            let duration_ms = self.entry.duration_ms.unwrap_or(self.playlist.slide_ms);
            self.push(Item {
                asset: Some(id),
                page: (all.len() > 1).then_some(page.number),
                file: Some(page.file.clone()),
                ..self.item(key, Kind::Slide, name, duration_ms)
            });
        }
    }

    fn live(&mut self, id: &str) {
        let shelf = self.shelf;
        let Some(source) = shelf.sources.get(id) else { return self.skip(id, Reason::NoSource) };
        if source.is_lost && self.entry.until_no_signal {
            return self.skip(&source.name, Reason::NoSignal);
        }
        let duration_ms = self.entry.duration_ms.unwrap_or(LIVE_MS);
        self.push(Item {
            source: Some(id.to_owned()),
            until_no_signal: self.entry.until_no_signal,
            ..self.item(format!("s:{id}"), Kind::Live, &source.name, duration_ms)
        });
    }

    fn item(&self, key: String, kind: Kind, name: &str, duration_ms: u64) -> Item {
        let Entry { fit, sound, .. } = *self.entry;
        Item {
            key,
            kind,
            name: name.to_owned(),
            asset: None,
            page: None,
            source: None,
            file: None,
            duration_ms: duration_ms.max(1),
            from_ms: 0,
            fit,
            sound,
            transition: self.playlist.transition,
            until_no_signal: false,
        }
    }

    fn push(&mut self, item: Item) {
        if self.round.items.len() < UNROLLED_MAX {
            self.round.items.push(Arc::new(item));
        } else if self.round.skipped.last().is_none_or(|last| last.reason != Reason::TooMany) {
            // Said once: the first one that is left out.
            self.skip(&item.name, Reason::TooMany);
        }
    }

    fn skip(&mut self, name: &str, reason: Reason) {
        // Not one line for each of 100,000 assets with a tag.
        if self.round.skipped.len() < UNROLLED_MAX {
            self.round.skipped.push(Skipped { entry: self.index, name: name.to_owned(), reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::playlist::SLIDE_MS;
    use crate::program::shelf::{Asset, Source};

    fn file(name: &str) -> File {
        File { name: name.to_owned(), media_type: "video/mp4", bytes: 7 }
    }

    fn shelf() -> Shelf {
        let mut shelf = Shelf::default();
        let pages = |count: u32| {
            let page = |number| Page { number, file: file(&format!("{number}.png")) };
            Ok(Media::Slide { pages: (1..=count).map(page).collect() })
        };
        let assets = [
            (1, "clip", Ok(Media::Video { file: file("clip.mp4"), duration_ms: 9000 })),
            (2, "poster", pages(1)),
            (3, "menu", pages(3)),
            (4, "new", Err(Reason::Waiting)),
            (5, "old", Err(Reason::InBin)),
        ];
        for (id, name, media) in assets {
            shelf.assets.insert(id, Asset { name: name.to_owned(), media });
        }
        shelf.tags.insert("all".to_owned(), vec![1, 2, 4]);
        let source = |name: &str, is_lost| Source { name: name.to_owned(), is_lost };
        shelf.sources.insert("door".to_owned(), source("Door", false));
        shelf.sources.insert("yard".to_owned(), source("Yard", true));
        shelf
    }

    /// Items as `key duration`, those that are skipped as `entry reason`.
    fn check(entries: Vec<Entry>, items: &[&str], skipped: &[&str]) {
        let playlist = Playlist {
            id: 1,
            name: "Menu".to_owned(),
            shuffle: false,
            transition: Transition::Fade,
            slide_ms: SLIDE_MS,
            entries,
        };
        let round = unroll(&playlist, &shelf());
        let found: Vec<_> =
            round.items.iter().map(|item| format!("{} {}", item.key, item.duration_ms)).collect();
        assert_eq!(found, items);
        let left: Vec<_> =
            round.skipped.iter().map(|one| format!("{} {}", one.entry, one.reason.code())).collect();
        assert_eq!(left, skipped);
        assert!(round.items.iter().all(|item| item.transition == Transition::Fade));
    }

    fn asset(id: i64) -> Entry {
        Entry::of(What::Asset { id, pages: None })
    }

    fn live(source: &str) -> Entry {
        Entry::of(What::Live(source.to_owned()))
    }

    #[test]
    fn videos_play_whole_or_a_part() {
        let part = |from_ms, until_ms| Entry { from_ms, until_ms, ..asset(1) };
        // A duration is for slides.
        let timed = Entry { duration_ms: Some(2000), ..asset(1) };
        check(vec![asset(1), timed], &["a1 9000", "a1 9000"], &[]);
        check(vec![part(Some(2000), None)], &["a1t2000-9000 7000"], &[]);
        check(vec![part(None, Some(99_000))], &["a1 9000"], &[]);
        check(vec![part(Some(9000), Some(10_000))], &[], &["0 no_part"]);
    }

    #[test]
    fn documents_are_their_pages() {
        let pages = |pages: &[u32]| Entry::of(What::Asset { id: 3, pages: Some(pages.to_vec()) });
        check(vec![asset(3)], &["a3p1 10000", "a3p2 10000", "a3p3 10000"], &[]);
        let short = Entry { duration_ms: Some(3000), ..pages(&[3, 1]) };
        check(vec![short, asset(2)], &["a3p3 3000", "a3p1 3000", "a2 10000"], &[]);
        check(vec![pages(&[4, 2])], &["a3p2 10000"], &["0 no_page"]);
    }

    #[test]
    fn a_tag_is_what_has_it_and_what_can_not_be_played_is_said() {
        let tag = |name: &str| Entry::of(What::Tag(name.to_owned()));
        check(vec![tag("all"), asset(5)], &["a1 9000", "a2 10000"], &["0 waiting", "1 bin"]);
        check(vec![tag("none"), asset(6)], &[], &["0 no_tag", "1 gone"]);
    }

    #[test]
    fn live_pictures_last_as_told_and_may_be_left_out_without_a_signal() {
        let if_there = |source: &str| Entry { until_no_signal: true, ..live(source) };
        let short = Entry { duration_ms: Some(5000), ..live("door") };
        check(vec![live("door"), short], &["s:door 60000", "s:door 5000"], &[]);
        // Its slate says why; leaving it out has to be asked for.
        check(vec![live("yard")], &["s:yard 60000"], &[]);
        check(vec![if_there("yard"), if_there("door")], &["s:door 60000"], &["0 no_signal"]);
        check(vec![live("gone")], &[], &["0 no_source"]);
    }

    #[test]
    fn there_is_an_end_to_it() {
        let round = |count| {
            let mut shelf = shelf();
            shelf.tags.insert("many".to_owned(), vec![2; count]);
            let entries = vec![Entry::of(What::Tag("many".to_owned())), asset(2)];
            let playlist = Playlist {
                id: 1,
                name: String::new(),
                shuffle: false,
                transition: Transition::Cut,
                slide_ms: SLIDE_MS,
                entries,
            };
            let round = unroll(&playlist, &shelf);
            (round.items.len(), round.skipped.iter().map(|one| one.reason).collect::<Vec<_>>())
        };
        assert_eq!(round(UNROLLED_MAX - 1), (UNROLLED_MAX, vec![]));
        assert_eq!(round(UNROLLED_MAX * 5), (UNROLLED_MAX, vec![Reason::TooMany]));
    }
}
