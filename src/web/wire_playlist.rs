//! The JSON types of playlists.

use serde::{Deserialize, Serialize};

use crate::program::{self, Entry, Fit, Playlist, Transition, What};

#[derive(Serialize)]
pub(super) struct Playlists {
    pub playlists: Vec<OnePlaylist>,
}

#[derive(Serialize)]
pub(super) struct OnePlaylist {
    id: i64,
    name: String,
    shuffle: bool,
    transition: &'static str,
    slide_ms: u64,
    items: Vec<PlaylistItem>,
    total_ms: u64,
    problems: Vec<ItemProblem>,
}

#[derive(Serialize)]
pub(super) struct Appended {
    pub added: usize,
    /// There was no room for these.
    pub left_out: usize,
}

#[derive(Serialize)]
struct ItemProblem {
    /// Index.
    item: usize,
    reason: &'static str,
}

/// An item as it was arranged.
#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlaylistItem {
    kind: ItemKind,
    #[serde(default)]
    asset: Option<i64>,
    #[serde(default)]
    pages: Option<Pages>,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    duration_ms: Option<u64>,
    #[serde(default)]
    from_ms: Option<u64>,
    #[serde(default)]
    until_ms: Option<u64>,
    #[serde(default)]
    fit: ItemFit,
    #[serde(default = "yes")]
    sound: bool,
    #[serde(default)]
    until_no_signal: bool,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum ItemKind {
    #[default]
    Asset,
    Tag,
    Live,
}

#[derive(Clone, Copy, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum ItemFit {
    #[default]
    Contain,
    Cover,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ListTransition {
    #[default]
    Cut,
    Fade,
}

#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Pages {
    All(All),
    Numbers(Vec<u32>),
}

#[derive(Deserialize, Serialize)]
enum All {
    #[serde(rename = "all")]
    All,
}

fn yes() -> bool {
    true
}

fn slide_ms() -> u64 {
    program::SLIDE_MS
}

/// What is computed may come back as it was sent, and is left alone.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlaylist {
    name: String,
    #[serde(default)]
    shuffle: bool,
    #[serde(default)]
    transition: ListTransition,
    #[serde(default = "slide_ms")]
    slide_ms: u64,
    #[serde(default)]
    items: Vec<PlaylistItem>,
    #[serde(default, rename = "id")]
    _id: serde::de::IgnoredAny,
    #[serde(default, rename = "total_ms")]
    _total_ms: serde::de::IgnoredAny,
    #[serde(default, rename = "problems")]
    _problems: serde::de::IgnoredAny,
}

impl OnePlaylist {
    pub(super) fn new(playlist: Playlist, round: &program::Round) -> Self {
        let skipped = round.skipped.iter();
        Self {
            id: playlist.id,
            name: playlist.name,
            shuffle: playlist.shuffle,
            transition: playlist.transition.name(),
            slide_ms: playlist.slide_ms,
            items: playlist.entries.into_iter().map(PlaylistItem::from).collect(),
            total_ms: round.total_ms(),
            problems: skipped.map(|one| ItemProblem { item: one.entry, reason: one.reason.code() }).collect(),
        }
    }
}

impl From<Entry> for PlaylistItem {
    fn from(entry: Entry) -> Self {
        let Entry { what, duration_ms, from_ms, until_ms, fit, sound, until_no_signal } = entry;
        let fit = match fit {
            Fit::Contain => ItemFit::Contain,
            Fit::Cover => ItemFit::Cover,
        };
        let item = Self { duration_ms, from_ms, until_ms, fit, sound, until_no_signal, ..Self::default() };
        match what {
            What::Asset { id, pages } => Self {
                kind: ItemKind::Asset,
                asset: Some(id),
                pages: Some(pages.map_or(Pages::All(All::All), Pages::Numbers)),
                ..item
            },
            What::Tag(tag) => Self { kind: ItemKind::Tag, tag: Some(tag), ..item },
            What::Live(source) => Self { kind: ItemKind::Live, source: Some(source), ..item },
        }
    }
}

impl NewPlaylist {
    /// Or the name of what an item lacks.
    pub(super) fn playlist(self, id: i64) -> Result<Playlist, &'static str> {
        let Self { name, shuffle, transition, slide_ms, items, .. } = self;
        let entries = items.into_iter().map(PlaylistItem::entry).collect::<Result<_, _>>()?;
        let transition = match transition {
            ListTransition::Cut => Transition::Cut,
            ListTransition::Fade => Transition::Fade,
        };
        Ok(Playlist { id, name, shuffle, transition, slide_ms, entries })
    }
}

impl PlaylistItem {
    fn entry(self) -> Result<Entry, &'static str> {
        let what = match self.kind {
            ItemKind::Asset => {
                let pages = match self.pages {
                    Some(Pages::Numbers(numbers)) => Some(numbers),
                    Some(Pages::All(All::All)) | None => None,
                };
                What::Asset { id: self.asset.ok_or("asset")?, pages }
            }
            ItemKind::Tag => What::Tag(self.tag.ok_or("tag")?),
            ItemKind::Live => What::Live(self.source.ok_or("source")?),
        };
        let fit = match self.fit {
            ItemFit::Contain => Fit::Contain,
            ItemFit::Cover => Fit::Cover,
        };
        let Self { duration_ms, from_ms, until_ms, sound, until_no_signal, .. } = self;
        Ok(Entry { what, duration_ms, from_ms, until_ms, fit, sound, until_no_signal })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_playlist_comes_back_as_it_was_sent() {
        let items = json!([
            {"kind": "asset", "asset": 7, "pages": [3, 1], "duration_ms": 2000, "fit": "cover", "sound": false},
            {"kind": "asset", "asset": 8, "pages": "all", "from_ms": 5, "until_ms": 9},
            {"kind": "tag", "tag": "Shop"},
            {"kind": "live", "source": "door", "until_no_signal": true},
        ]);
        let sent = json!({"name": "Menu", "shuffle": true, "transition": "fade", "slide_ms": 7000, "items": items,
            "id": 99, "total_ms": null, "problems": []});
        let read: NewPlaylist = serde_json::from_value(sent).expect("as the pages send it");
        let playlist = read.playlist(3).expect("complete");
        assert_eq!((playlist.id, playlist.entries.len()), (3, 4));
        let written = serde_json::to_value(OnePlaylist::new(playlist.clone(), &program::Round::default()));
        let written = written.expect("JSON");
        assert_eq!((&written["id"], &written["transition"]), (&json!(3), &json!("fade")));
        assert_eq!(written["items"][0]["pages"], json!([3, 1]));
        assert_eq!(
            (&written["items"][1]["pages"], &written["items"][1]["sound"]),
            (&json!("all"), &json!(true))
        );
        let again: NewPlaylist = serde_json::from_value(written).expect("what is sent can be sent back");
        assert_eq!(again.playlist(3), Ok(playlist));
    }

    #[test]
    fn an_item_says_what_it_is() {
        let lacks = |item: serde_json::Value| {
            let sent = json!({"name": "x", "items": [item]});
            serde_json::from_value::<NewPlaylist>(sent).map_err(|_| ()).map(|read| read.playlist(0).err())
        };
        assert_eq!(lacks(json!({"kind": "asset"})), Ok(Some("asset")));
        assert_eq!(lacks(json!({"kind": "live", "asset": 1})), Ok(Some("source")));
        assert_eq!(lacks(json!({"kind": "film", "asset": 1})), Err(()));
        assert_eq!(lacks(json!({"kind": "asset", "asset": 1, "pages": "some"})), Err(()));
        assert_eq!(lacks(json!({"kind": "asset", "asset": 1, "pages": [-1]})), Err(()));
        assert_eq!(lacks(json!({"kind": "tag", "tag": "x", "colour": 1})), Err(()));
    }
}
