//! Facts in, the list out.

use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

use super::*;
use crate::media::Loss;

const MB: u64 = 1_000_000;

/// A moment of both clocks, so many seconds after the start.
struct Clocks {
    start: Instant,
    wall: SystemTime,
}

impl Clocks {
    fn new() -> (Self, Memory) {
        let (start, wall) = (Instant::now(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
        (Self { start, wall }, Memory::new(start, wall))
    }

    fn wall(&self, seconds: u64) -> SystemTime {
        self.wall + Duration::from_secs(seconds)
    }

    fn look(&self, memory: &mut Memory, facts: &Facts, seconds: u64) -> Vec<Trouble> {
        memory.look(facts, self.start + Duration::from_secs(seconds), self.wall(seconds)).listed.to_vec()
    }
}

/// What is told of facts that stay as they are for long.
fn codes(facts: &Facts) -> Vec<String> {
    let (clocks, mut memory) = Clocks::new();
    clocks.look(&mut memory, facts, 0);
    let text = |trouble: &Trouble| {
        let id = trouble.subject.as_ref().map(|subject| format!(" {}", subject.id)).unwrap_or_default();
        format!("{}{id}", trouble.kind.code())
    };
    clocks.look(&mut memory, facts, 3600).iter().map(text).collect()
}

fn source(id: &str, state: State, since: SystemTime) -> Source {
    Source {
        id: id.to_owned(),
        name: id.to_uppercase(),
        is_configured: true,
        state,
        since,
        key_frames_too_far: None,
    }
}

fn lost(cause: Cause) -> State {
    State::Lost(Loss::new(cause, "no route to host"))
}

fn screen(id: i64) -> Screen {
    Screen {
        id,
        name: format!("TV {id}"),
        is_known: true,
        is_awaited: true,
        is_on: false,
        seen: None,
        leaves_out: None,
    }
}

#[test]
fn nothing_is_wrong_with_a_box_of_which_nothing_is_known() {
    assert_eq!(codes(&Facts::default()), [""; 0]);
}

#[test]
fn each_source_without_a_picture_is_named_with_its_cause_and_others_are_not() {
    let now = SystemTime::now();
    let sources = vec![
        source("door", lost(Cause::NotAnswering), now),
        source("yard", State::Live, now),
        source("test", State::Idle, now),
        source("hall", State::Starting, now),
        Source { is_configured: false, ..source("card", lost(Cause::NoCable), now) },
    ];
    let facts = Facts { sources, ..Facts::default() };
    assert_eq!(codes(&facts), ["source_lost door"]);
    let (clocks, mut memory) = Clocks::new();
    let told = clocks.look(&mut memory, &facts, 0);
    assert_eq!((told[0].cause, told[0].detail.as_str()), (Some(Cause::NotAnswering), "no route to host"));
    assert_eq!(told[0].page().as_deref(), Some("/#source-door"));
}

#[test]
fn a_source_whose_key_frames_are_too_far_apart_is_told_while_it_has_a_picture() {
    let now = SystemTime::UNIX_EPOCH;
    let far =
        |id, state| Source { key_frames_too_far: Some(Duration::from_secs(90)), ..source(id, state, now) };
    let sources = vec![far("yard", State::Live), far("door", lost(Cause::NotAnswering))];
    let facts = Facts { sources, ..Facts::default() };
    assert_eq!(codes(&facts), ["source_lost door", "key_frames_far yard"]);
    let (clocks, mut memory) = Clocks::new();
    let told = clocks.look(&mut memory, &facts, 0);
    assert_eq!(told[1].detail, "a key frame every 90 s");
    assert_eq!(told[1].page().as_deref(), Some("/#source-yard"));
}

#[test]
fn an_outage_begins_when_the_picture_went_whatever_is_tried_meanwhile() {
    let (clocks, mut memory) = Clocks::new();
    let mut look = |state: State, began: u64, at: u64| {
        let facts = Facts { sources: vec![source("door", state, clocks.wall(began))], ..Facts::default() };
        clocks.look(&mut memory, &facts, at).first().map(|told| (told.since, told.cause))
    };
    let began = clocks.wall(5);
    assert_eq!(look(State::Live, 0, 4), None);
    assert_eq!(look(lost(Cause::NoPicture), 5, 6), Some((began, Some(Cause::NoPicture))));
    // Another cause, and somebody who presses "Try now".
    assert_eq!(look(lost(Cause::NotAnswering), 20, 21), Some((began, Some(Cause::NotAnswering))));
    assert_eq!(look(State::Starting, 30, 31), Some((began, Some(Cause::NotAnswering))));
    assert_eq!(look(lost(Cause::NotAnswering), 40, 41), Some((began, Some(Cause::NotAnswering))));
    assert_eq!(look(State::Live, 50, 51), None);
    assert_eq!(look(State::Starting, 60, 61), None);
    assert_eq!(look(lost(Cause::NoPicture), 70, 71), Some((clocks.wall(70), Some(Cause::NoPicture))));
}

#[test]
fn a_screen_is_missed_while_something_is_to_be_seen_on_it() {
    let check = |screen: Screen, missed: bool| {
        let facts = Facts { screens: vec![screen.clone()], ..Facts::default() };
        assert_eq!(codes(&facts).len(), usize::from(missed), "{screen:?}");
    };
    check(screen(3), true);
    check(Screen { is_on: true, ..screen(3) }, false);
    // It is night, or nothing is scheduled for it.
    check(Screen { is_awaited: false, ..screen(3) }, false);
    // A phone that opened `/tv` once.
    check(Screen { is_known: false, ..screen(3) }, false);
    check(Screen { leaves_out: Some("clip".to_owned()), ..screen(3) }, true);
    check(Screen { is_on: true, leaves_out: Some("clip".to_owned()), ..screen(3) }, true);
    check(Screen { is_on: true, is_known: false, leaves_out: Some("x".to_owned()), ..screen(3) }, false);
}

#[test]
fn a_screen_has_a_minute_to_wake_up_and_is_off_since_it_was_heard() {
    let (clocks, mut memory) = Clocks::new();
    let off = Facts { screens: vec![screen(3)], ..Facts::default() };
    let on = Facts { screens: vec![Screen { is_on: true, ..screen(3) }], ..Facts::default() };
    assert_eq!(clocks.look(&mut memory, &off, 0), []);
    assert_eq!(clocks.look(&mut memory, &off, 59), []);
    assert_eq!(clocks.look(&mut memory, &on, 60), []);
    assert_eq!(clocks.look(&mut memory, &off, 61), [], "the minute begins anew");
    assert_eq!(clocks.look(&mut memory, &off, 121)[0].since, clocks.wall(61));
    clocks.look(&mut memory, &on, 130);
    let heard = Screen { seen: Some(clocks.wall(128)), ..screen(3) };
    let heard = Facts { screens: vec![heard], ..Facts::default() };
    clocks.look(&mut memory, &heard, 190);
    assert_eq!(clocks.look(&mut memory, &heard, 250)[0].since, clocks.wall(128));
}

#[test]
fn a_disk_is_low_before_it_is_full() {
    let check = |free_mb: u64, expected: &[&str]| {
        let disk = Some(Disk { free_bytes: free_mb * MB, reserve_bytes: 256 * MB });
        assert_eq!(codes(&Facts { disk, ..Facts::default() }), expected, "{free_mb} MB");
    };
    check(2000, &[]);
    check(1000, &["disk_low"]);
    check(256, &["disk_low"]);
    check(255, &["disk_full"]);
    check(0, &["disk_full"]);
}

#[test]
fn everything_that_can_be_wrong_is_told_the_worst_first() {
    let now = SystemTime::now();
    let file = File { asset: 7, name: "clip".to_owned(), since: now, problem: String::new() };
    let library = |kind| Some(LibraryTrouble { kind, detail: String::new() });
    let webrtc = |port_is_busy| Some(MissingWebRtc { port_is_busy, why: String::new() });
    let data = |in_memory| Some(LostData { in_memory, text: String::new() });
    let facts = Facts {
        stuck: vec![("webrtc".to_owned(), "has ended".to_owned())],
        under_voltage: true,
        hot: true,
        data: data(true),
        library: library(Kind::LibraryReadOnly),
        disk: Some(Disk { free_bytes: 0, reserve_bytes: 1 }),
        mistakes: vec!["line 3: no".to_owned(), "line 4: no".to_owned()],
        clock_unset: true,
        webrtc: webrtc(true),
        screens: vec![screen(3), Screen { is_on: true, leaves_out: Some("x".to_owned()), ..screen(4) }],
        sources: vec![source("door", lost(Cause::NoPicture), now)],
        empty_playlists: vec![(5, "Lunch".to_owned())],
        files: vec![file],
        files_total: 1,
    };
    let expected = [
        "part_stuck webrtc",
        "power_supply",
        "heat",
        "data_in_memory",
        "library_read_only",
        "disk_full",
        "settings_wrong",
        "clock_unset",
        "webrtc_port_busy",
        "screen_off 3",
        "source_lost door",
        "playlist_empty 5",
        "screen_leaves_out 4",
        "file_failed 7",
    ];
    assert_eq!(codes(&facts), expected);
    let other =
        Facts { data: data(false), library: library(Kind::LibraryDamaged), webrtc: webrtc(false), ..facts };
    for code in ["data_remade", "library_damaged", "webrtc_missing"] {
        assert!(codes(&other).iter().any(|told| told == code), "{code}");
    }
}

#[test]
fn a_long_list_is_cut_and_counted() {
    let file = |asset| File { asset, name: String::new(), since: SystemTime::now(), problem: String::new() };
    let files: Vec<_> = (0..LISTED_MAX as i64).map(file).collect();
    let facts = Facts { files, files_total: 2000, hot: true, ..Facts::default() };
    let (clocks, mut memory) = Clocks::new();
    let troubles = memory.look(&facts, clocks.start, clocks.wall);
    assert_eq!((troubles.listed.len(), troubles.total), (LISTED_MAX, 2001));
    assert_eq!(troubles.listed[0].kind, Kind::Heat, "the worst is not cut");
}

#[test]
fn a_clock_that_is_set_moves_what_began_before() {
    let (clocks, mut memory) = Clocks::new();
    let facts = Facts { hot: true, ..Facts::default() };
    clocks.look(&mut memory, &facts, 10);
    let year = Duration::from_secs(365 * 24 * 3600);
    let set = memory.look(&facts, clocks.start + Duration::from_secs(20), clocks.wall(20) + year);
    assert_eq!(set.listed[0].since, clocks.wall(10) + year);
    let back = memory.look(&facts, clocks.start + Duration::from_secs(30), clocks.wall(30));
    assert_eq!(back.listed[0].since, clocks.wall(10));
}

#[test]
fn no_two_kinds_have_one_code() {
    let codes: BTreeSet<_> = Kind::ALL.into_iter().map(Kind::code).collect();
    assert_eq!(codes.len(), Kind::ALL.len());
}
