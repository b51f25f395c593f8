//! The signage's tables as their users see them: a real library in a folder.

use std::collections::BTreeSet;
use std::fs;

use super::*;
use crate::library::{Hash, Kind, New, Order, Selection, Step, Which};
use crate::program::{
    Anchors, Days, Entry, ITEMS_MAX, Idle, Key, Media, Playlist, Reason, Target, Transition, What, Window,
};

mod messages;

struct Shelf {
    _folder: tempfile::TempDir,
    library: Library,
}

fn shelf() -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    Shelf { _folder: folder, library }
}

fn playlist(entries: Vec<Entry>) -> Playlist {
    Playlist {
        id: 0,
        name: "Menu".to_owned(),
        shuffle: true,
        transition: Transition::Fade,
        slide_ms: 5000,
        entries,
    }
}

fn everywhere(playlist: Option<i64>) -> Window {
    Window {
        id: 0,
        playlist,
        target: Target { everywhere: true, ..Target::default() },
        days: Days::ALL,
        from: 60,
        until: 1440,
        first: Some(jiff::civil::date(2026, 2, 28)),
        last: None,
        priority: 3,
    }
}

fn key(number: u8) -> Hash {
    Hash::from(blake3::hash(&[number]))
}

fn play(number: i64, from_s: i64) -> Play {
    let from_ms = 1_800_000_000_000 + from_s * 1000;
    Play {
        number,
        item: "a1".to_owned(),
        name: "Clip".to_owned(),
        playlist: Some(1),
        asset: Some(1),
        source: None,
        from_ms,
        until_ms: from_ms + 1000,
        whole: true,
    }
}

impl Shelf {
    async fn screens(&self, count: u8) -> Vec<i64> {
        let mut ids = Vec::new();
        for number in 0..count {
            ids.push(self.library.add_screen(key(number), Met::default(), BTreeSet::new()).await.unwrap());
        }
        ids
    }

    async fn numbers(&self, query: PlayQuery) -> Vec<i64> {
        self.library.plays(query).await.unwrap().into_iter().map(|row| row.play.number).collect()
    }

    async fn asset(&self, name: &str, tags: &[&str]) -> i64 {
        let from = self.library.store().incoming().join("upload");
        fs::write(&from, name).unwrap();
        let (kind, ext, step) = match name.ends_with(".png") {
            true => (Kind::Slide, "png", Step::Pages),
            false => (Kind::Video, "mp4", Step::Probe),
        };
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let new = New { kind, file_name: name.to_owned(), ext: ext.to_owned(), tags, steps: vec![step] };
        self.library.add(from, new).await.unwrap().id
    }

    async fn sql(&self, sql: &'static str) {
        self.library.db().write(move |connection| Ok(connection.execute_batch(sql)?)).await.unwrap();
    }
}

#[tokio::test]
async fn a_playlist_is_read_as_it_was_written_and_only_by_who_saw_it_changed() {
    let shelf = shelf();
    let mut item = Entry::of(What::Asset { id: 7, pages: Some(vec![3, 1]) });
    (item.duration_ms, item.from_ms, item.until_ms) = (Some(2000), Some(5), Some(u64::MAX / 4));
    (item.sound, item.until_no_signal) = (false, true);
    let entries = vec![item, Entry::of(What::Tag("a".to_owned())), Entry::of(What::Live("door".to_owned()))];
    let written = playlist(entries);
    let id = shelf.library.add_playlist(written.clone()).await.unwrap();
    let read = shelf.library.playlist(id).await.unwrap();
    assert_eq!(read, Versioned { playlist: Playlist { id, ..written.clone() }, version: 1 });
    assert_eq!(shelf.library.snapshot().await.unwrap().playlists[&id], read.playlist);

    let shorter = Playlist { id, name: " a  b ".to_owned(), ..playlist(Vec::new()) };
    shelf.library.put_playlist(shorter.clone(), Some(1)).await.unwrap();
    assert_eq!(shelf.library.put_playlist(shorter.clone(), Some(1)).await, Err(Error::Changed));
    shelf.library.put_playlist(shorter.clone(), None).await.unwrap();
    let read = shelf.library.playlist(id).await.unwrap();
    assert_eq!((read.version, read.playlist.name.as_str(), read.playlist.entries.len()), (3, "a b", 0));

    let nameless = Playlist { name: "\u{7}".to_owned(), ..shorter.clone() };
    assert!(matches!(
        shelf.library.put_playlist(nameless, None).await,
        Err(Error::Invalid { what: "name", .. })
    ));
    let unknown = Playlist { id: 99, ..shorter };
    assert_eq!(shelf.library.put_playlist(unknown, None).await, Err(Error::NoSuch("playlist")));
}

#[tokio::test]
async fn a_playlist_that_is_shown_can_not_be_taken_away() {
    let shelf = shelf();
    let id = shelf.library.add_playlist(playlist(Vec::new())).await.unwrap();
    let window = shelf.library.add_window(everywhere(Some(id))).await.unwrap();
    let removed = shelf.library.remove_playlist(id).await.unwrap_err();
    assert_eq!(
        removed.to_string(),
        "the playlist is still used by a window of the schedule; change that first"
    );
    shelf.library.remove_window(window).await.unwrap();
    shelf.library.remove_playlist(id).await.unwrap();
    assert_eq!(shelf.library.remove_playlist(id).await, Err(Error::NoSuch("playlist")));
    let gone = shelf.library.add_window(everywhere(Some(id))).await;
    assert!(matches!(gone, Err(Error::Invalid { what: "playlist", .. })));
}

#[tokio::test]
async fn windows_go_with_the_last_screen_they_were_for() {
    let shelf = shelf();
    let screens = shelf.screens(2).await;
    let group = shelf.library.add_group("Bar", vec![screens[1]]).await.unwrap();
    let mut window = everywhere(None);
    window.target = Target { everywhere: false, screens: screens.clone(), groups: vec![group] };
    let id = shelf.library.add_window(window.clone()).await.unwrap();
    let always = shelf.library.add_window(everywhere(None)).await.unwrap();
    let kept = shelf.library.snapshot().await.unwrap();
    assert_eq!(kept.windows[0], Window { id, ..window });
    assert_eq!((kept.screens[0].group, kept.screens[1].group), (None, Some(group)));

    shelf.library.remove_screen(screens[0]).await.unwrap();
    shelf.library.remove_group(group).await.unwrap();
    let left = shelf.library.snapshot().await.unwrap();
    assert_eq!(left.windows[0].target.screens, [screens[1]]);
    assert_eq!((left.screens[0].group, left.groups.len()), (None, 0));
    shelf.library.remove_screen(screens[1]).await.unwrap();
    let left = shelf.library.snapshot().await.unwrap();
    assert_eq!(left.windows.iter().map(|window| window.id).collect::<Vec<_>>(), [always]);
}

#[tokio::test]
async fn a_window_is_changed_as_a_whole_or_not_at_all() {
    let shelf = shelf();
    let id = shelf.library.add_window(everywhere(None)).await.unwrap();
    let wrong = |window| Ok(Window { priority: 4, days: Days::default(), ..window });
    assert!(matches!(shelf.library.edit_window(id, wrong).await, Err(Error::Invalid { what: "days", .. })));
    let nobody = |window: Window| {
        Ok(Window { target: Target { everywhere: false, screens: vec![9], groups: Vec::new() }, ..window })
    };
    assert!(matches!(
        shelf.library.edit_window(id, nobody).await,
        Err(Error::Invalid { what: "screens", .. })
    ));
    assert_eq!(shelf.library.snapshot().await.unwrap().windows, [Window { id, ..everywhere(None) }]);
    shelf.library.edit_window(id, |window| Ok(Window { priority: 4, ..window })).await.unwrap();
    assert_eq!(shelf.library.snapshot().await.unwrap().windows[0].priority, 4);
    assert_eq!(shelf.library.edit_window(99, Ok).await, Err(Error::NoSuch("window")));
}

#[tokio::test]
async fn screens_get_names_and_codes_and_a_group_takes_them_from_another() {
    let shelf = shelf();
    let screens = shelf.screens(3).await;
    shelf.library.edit_screen(screens[1], Some("Door"), None, None).await.unwrap();
    shelf
        .library
        .add_screen(key(9), Met { browser: "TV".to_owned(), ..Met::default() }, BTreeSet::new())
        .await
        .unwrap();
    let known = shelf.library.snapshot().await.unwrap().screens;
    let names: Vec<_> = known.iter().map(|screen| screen.name.as_str()).collect();
    assert_eq!(names, ["TV 1", "Door", "TV 3", "TV 2"]);
    let codes: BTreeSet<_> = known.iter().map(|screen| &screen.code).collect();
    assert!(codes.len() == 4 && codes.iter().all(|code| code.len() == 4), "{codes:?}");
    assert_eq!((known[0].key, known[3].browser.as_str()), (Some(key(0)), "TV"));

    let one = shelf.library.add_group("One", screens.clone()).await.unwrap();
    let two = shelf.library.add_group("Two", vec![screens[0]]).await.unwrap();
    let groups = |known: Vec<Screen>| known.into_iter().map(|screen| screen.group).collect::<Vec<_>>();
    assert_eq!(
        groups(shelf.library.snapshot().await.unwrap().screens),
        [Some(two), Some(one), Some(one), None]
    );
    shelf.library.edit_group(one, Some("First"), Some(vec![screens[0]])).await.unwrap();
    assert_eq!(groups(shelf.library.snapshot().await.unwrap().screens), [Some(one), None, None, None]);
    let missing = shelf.library.edit_group(one, None, Some(vec![99])).await;
    assert!(matches!(missing, Err(Error::Invalid { what: "screens", .. })));
    assert_eq!(
        shelf.library.edit_screen(screens[0], None, Some(Some(99)), None).await,
        Err(Error::NoSuch("group"))
    );
}

#[tokio::test]
async fn ports_of_the_box_are_screens_that_stay() {
    let shelf = shelf();
    shelf.library.add_ports(vec!["hdmi-1", "hdmi-2"]).await.unwrap();
    shelf.library.add_ports(vec!["hdmi-2"]).await.unwrap();
    let screens = shelf.library.snapshot().await.unwrap().screens;
    let names: Vec<_> = screens.iter().map(|screen| screen.name.as_str()).collect();
    assert_eq!(names, ["HDMI 1", "HDMI 2"]);
    assert!(matches!(shelf.library.remove_screen(screens[0].id).await, Err(Error::InUse { .. })));
}

#[tokio::test]
async fn a_full_box_forgets_a_screen_that_nobody_misses_or_takes_no_more() {
    let shelf = shelf();
    shelf
        .sql(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
             INSERT INTO screens (key, code, name, added, seen)
                SELECT randomblob(32), 'x' || i, 'Room ' || i, 0, 0 FROM n;",
        )
        .await;
    let full = shelf.library.add_screen(key(1), Met::default(), BTreeSet::new()).await;
    assert_eq!(full, Err(Error::TooMany { what: "screens", max: 500 }));
    // One with a name of its own stays, and one that was seen today.
    shelf.sql("UPDATE screens SET name = 'TV 7', seen = unixepoch() WHERE id = 7;").await;
    assert!(shelf.library.add_screen(key(1), Met::default(), BTreeSet::new()).await.is_err());
    shelf.sql("UPDATE screens SET name = 'TV 8', seen = unixepoch() - 90000 WHERE id = 8;").await;
    shelf.library.add_screen(key(1), Met::default(), BTreeSet::new()).await.unwrap();
    let screens = shelf.library.snapshot().await.unwrap().screens;
    assert!(screens.len() == 500 && screens.iter().all(|screen| screen.id != 8));
}

fn all() -> PlayQuery {
    PlayQuery { from_ms: 0, until_ms: i64::MAX, screen: None, newest_first: true, after: None, limit: 1000 }
}

#[tokio::test]
async fn plays_that_are_sent_twice_count_once() {
    let shelf = shelf();
    let record = |screen, player: &'static str, plays: Vec<Play>| {
        let plays = plays.into_iter().map(|play| (play, true)).collect();
        shelf.library.record_plays(screen, player, plays)
    };
    assert_eq!(record(1, "p", vec![play(1, 10), play(2, 20)]).await, Ok(2));
    assert_eq!(record(1, "p", vec![play(1, 10), play(2, 20), play(3, 30)]).await, Ok(3));
    assert_eq!(record(2, "q", vec![play(1, 15)]).await, Ok(1));
    assert_eq!(record(1, "p", Vec::new()).await, Ok(3));
    assert_eq!(shelf.numbers(all()).await, [3, 2, 1, 1]);
    assert_eq!(shelf.numbers(PlayQuery { screen: Some(2), ..all() }).await, [1]);
    // What can't be true is not brought for ever, and not believed.
    let backward = Play { until_ms: 0, ..play(4, 40) };
    assert_eq!(record(1, "p", vec![backward, Play { from_ms: i64::MIN, ..play(5, 0) }]).await, Ok(5));
    assert_eq!(shelf.numbers(all()).await.len(), 4);
    assert!(record(1, "", vec![]).await.is_err() && record(1, "p", vec![play(1, 1); 501]).await.is_err());
}

/// Anybody on the network can say that something was shown.
#[tokio::test]
async fn a_play_that_nothing_proves_counts_only_if_the_same_was_shown_before() {
    let shelf = shelf();
    let made_up = Play { item: "x".repeat(400), name: "y".repeat(900), ..play(1, 10) };
    assert_eq!(shelf.library.record_plays(1, "p", vec![(made_up, false)]).await, Ok(1));
    assert_eq!(shelf.numbers(all()).await, [0_i64; 0]);
    shelf.library.record_plays(1, "p", vec![(play(2, 20), true)]).await.unwrap();
    let again = Play { name: "Another name".to_owned(), ..play(3, 30) };
    shelf.library.record_plays(1, "p", vec![(again, false)]).await.unwrap();
    let rows = shelf.library.plays(all()).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.play.name.as_str()).collect::<Vec<_>>(), ["Clip", "Clip"]);
}

#[tokio::test]
async fn plays_come_page_by_page_without_one_missing_or_twice() {
    let shelf = shelf();
    // Four begin at each moment.
    let plays = (0..100).map(|number| (play(number, number / 4), true)).collect();
    shelf.library.record_plays(1, "p", plays).await.unwrap();
    for newest_first in [true, false] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = PlayQuery { newest_first, after, limit: 7, ..all() };
            let page = shelf.library.plays(query).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(Cursor { from_ms: last.play.from_ms, id: last.id });
            seen.extend(page.into_iter().map(|row| row.play.number));
        }
        if newest_first {
            seen.reverse();
        }
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }
    let at = |second: i64| 1_800_000_000_000 + second * 1000;
    let some = PlayQuery { from_ms: at(3), until_ms: at(4), newest_first: false, ..all() };
    assert_eq!(shelf.numbers(some).await, [12, 13, 14, 15]);
}

#[tokio::test]
async fn plays_outlive_their_screen_and_name_it() {
    let shelf = shelf();
    let screen = shelf.screens(1).await[0];
    shelf.library.edit_screen(screen, Some("Door"), None, None).await.unwrap();
    let live = Play { asset: None, source: Some("cam".to_owned()), ..play(1, 1) };
    shelf.library.record_own_plays(screen, "hdmi-1", vec![live.clone()]).await.unwrap();
    shelf.library.record_own_plays(screen, "hdmi-1", vec![live.clone()]).await.unwrap();
    shelf.library.remove_screen(screen).await.unwrap();
    let rows = shelf.library.plays(all()).await.unwrap();
    assert_eq!((rows.len(), rows[0].screen_name.as_str()), (2, "Door"));
    assert_eq!((&rows[1].play, rows[0].play.number), (&live, 2));
    shelf.library.sweep_plays().await.unwrap();
    assert_eq!(shelf.library.plays(all()).await.unwrap(), rows);
}

#[tokio::test]
async fn the_shelf_says_what_can_be_played_and_why_not() {
    let shelf = shelf();
    let (new, clip, old) = (
        shelf.asset("new.mp4", &["Shop"]).await,
        shelf.asset("b clip.mp4", &["Shop"]).await,
        shelf.asset("old.mp4", &["Shop"]).await,
    );
    let (poster, failed) =
        (shelf.asset("a poster.png", &["Shop"]).await, shelf.asset("failed.png", &[]).await);
    shelf.library.bin(vec![old]).await.unwrap();
    // As probing and the pages' step leave them.
    shelf
        .sql(
            "UPDATE assets SET duration_ms = 9000, plays_hdmi = 1, plays_browser = 0, plays_old_tv = 1 WHERE id = 2;
             UPDATE jobs SET state = 'done' WHERE asset IN (2, 4); UPDATE jobs SET state = 'failed' WHERE asset = 5;
             INSERT INTO pages SELECT id, 1, hash, 10, 10 FROM assets WHERE id = 4;",
        )
        .await;
    let by_id = |id| Entry::of(What::Asset { id, pages: None });
    let entries = vec![
        Entry::of(What::Tag("shop".to_owned())),
        by_id(old),
        by_id(failed),
        by_id(77),
        Entry::of(What::Tag("none".to_owned())),
    ];
    shelf.library.add_playlist(playlist(entries)).await.unwrap();
    let found = shelf.library.snapshot().await.unwrap().shelf;
    assert_eq!(found.tags["shop"], [poster, clip, new], "by name, and tags are the same in any case");
    assert_eq!(found.tags["none"], [0_i64; 0]);
    let reason = |id: i64| found.assets[&id].media.as_ref().err().copied();
    assert_eq!(
        (reason(new), reason(old), reason(failed)),
        (Some(Reason::Waiting), Some(Reason::InBin), Some(Reason::Failed))
    );
    assert!(!found.assets.contains_key(&77));
    let Ok(Media::Video { file, duration_ms: 9000 }) = &found.assets[&clip].media else {
        panic!("{found:?}")
    };
    assert!(file.name.ends_with(".mp4") && file.media_type == "video/mp4" && file.bytes == 10, "{file:?}");
    let Ok(Media::Slide { pages }) = &found.assets[&poster].media else { panic!("{found:?}") };
    assert_eq!((pages.len(), pages[0].number, pages[0].file.media_type), (1, 1, "image/png"));
}

#[tokio::test]
async fn anchors_are_kept_and_changes_are_told() {
    let shelf = shelf();
    let mut changes = shelf.library.signage_changes();
    let anchors: Anchors = [(Key { playlist: 1, base_ms: -5 }, 7)].into_iter().collect();
    shelf.library.keep_anchors(anchors.clone()).await.unwrap();
    assert_eq!(shelf.library.anchors().await, Ok(anchors));
    assert!(!changes.has_changed().unwrap(), "who keeps them knows them");
    shelf.library.add_group("One", Vec::new()).await.unwrap();
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(shelf.library.add_group(" ", Vec::new()).await.is_err());
    assert!(!changes.has_changed().unwrap());
}

#[tokio::test]
async fn what_is_shown_while_nothing_is_scheduled_is_kept_and_can_not_be_taken_away() {
    let shelf = shelf();
    let screens = shelf.screens(2).await;
    let asset = shelf.asset("poster.png", &[]).await;
    let playlist = shelf.library.add_playlist(playlist(Vec::new())).await.unwrap();
    assert_eq!(shelf.library.snapshot().await.unwrap().idle, Idle::Splash);
    shelf.library.set_idle(Idle::Asset(asset)).await.unwrap();
    let own = Some(Some(Idle::Playlist(playlist)));
    shelf.library.edit_screen(screens[0], None, None, own).await.unwrap();
    let snapshot = shelf.library.snapshot().await.unwrap();
    assert_eq!(snapshot.idle, Idle::Asset(asset));
    let chosen: Vec<_> = snapshot.screens.iter().map(|screen| screen.idle).collect();
    assert_eq!(chosen, [Some(Idle::Playlist(playlist)), None]);
    assert_eq!(snapshot.playlists[&-asset].name, "poster");
    assert!(snapshot.shelf.assets.contains_key(&asset));

    let removed = shelf.library.remove_playlist(playlist).await;
    assert!(matches!(removed, Err(Error::InUse { .. })), "{removed:?}");
    shelf.library.edit_screen(screens[0], None, None, Some(None)).await.unwrap();
    shelf.library.remove_playlist(playlist).await.unwrap();
    for missing in [Idle::Playlist(playlist), Idle::Asset(99)] {
        let set = shelf.library.set_idle(missing).await;
        assert!(matches!(set, Err(Error::NoSuch(_))), "{set:?}");
    }
}

#[tokio::test]
async fn assets_are_put_behind_the_items_in_their_order_as_far_as_there_is_room() {
    let shelf = shelf();
    let mut ids = Vec::new();
    for name in ["b.png", "a.png", "c.png", "gone.png"] {
        ids.push(shelf.asset(name, &[]).await);
    }
    shelf.library.bin(vec![ids[3]]).await.unwrap();
    let id = shelf.library.add_playlist(playlist(vec![Entry::asset(ids[2])])).await.unwrap();
    let by_name = (Order::Name, false);
    let all = Which::Selected { selection: Selection::default(), except: vec![ids[2]] };
    let appended = shelf.library.append_to_playlist(id, all.clone(), by_name).await.unwrap();
    assert_eq!(appended, Appended { added: 2, left_out: 0 });
    let Versioned { playlist: now, version } = shelf.library.playlist(id).await.unwrap();
    assert_eq!(
        (now.entries, version),
        (vec![Entry::asset(ids[2]), Entry::asset(ids[1]), Entry::asset(ids[0])], 2)
    );
    let again =
        shelf.library.append_to_playlist(id, Which::Assets(vec![ids[0], ids[3], 99]), by_name).await.unwrap();
    assert_eq!(again, Appended { added: 1, left_out: 0 }, "what is in the bin, or nowhere, is no item");
    let full = playlist(vec![Entry::asset(ids[0]); ITEMS_MAX - 1]);
    let full = shelf.library.add_playlist(full).await.unwrap();
    let appended = shelf.library.append_to_playlist(full, all, by_name).await.unwrap();
    assert_eq!(appended, Appended { added: 1, left_out: 1 });
    let nowhere = shelf.library.append_to_playlist(99, Which::Assets(vec![]), by_name).await;
    assert_eq!(nowhere, Err(Error::NoSuch("playlist")));
}

#[test]
fn a_name_that_is_too_long_is_refused_and_not_cut() {
    assert_eq!(checked_name(" a\n b ").expect("fits"), "a b");
    assert!(checked_name(&"x".repeat(NAME_CHARS_MAX)).is_ok());
    for wrong in [String::new(), " ".to_owned(), "x".repeat(NAME_CHARS_MAX + 1)] {
        assert!(checked_name(&wrong).is_err(), "{} characters", wrong.chars().count());
    }
}
