//! The schedule against a slow model that knows no time zones but what their clocks show, and whole plans.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::{Date, DateTime, date};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::schedule::Schedule;
use super::*;

mod two_weeks;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A small generator, so that each run sees the same cases (Marsaglia, Xorshift RNGs).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).expect("small")]
    }

    fn small(&mut self, end: u64) -> u16 {
        u16::try_from(self.below(end)).expect("small")
    }
}

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().expect("a moment").as_millisecond()
}

fn shown(zone: &TimeZone, at_ms: i64) -> DateTime {
    zone.to_datetime(Timestamp::from_millisecond(at_ms).expect("in range"))
}

/// The rule, word by word: the clocks are read minute by minute until they show a time. No look at offsets.
struct Model<'a> {
    zone: &'a TimeZone,
    windows: &'a [Window],
    moments: HashMap<DateTime, i64>,
}

impl Model<'_> {
    fn first_shown(&mut self, wall: DateTime) -> i64 {
        if let Some(known) = self.moments.get(&wall) {
            return *known;
        }
        let utc = wall.to_zoned(TimeZone::UTC).expect("in range").timestamp().as_millisecond();
        // No zone is further ahead.
        let mut at = utc - 15 * HOUR;
        while shown(self.zone, at) < wall {
            at += MINUTE;
        }
        self.moments.insert(wall, at);
        at
    }

    fn is_on(&mut self, window: &Window, at_ms: i64) -> bool {
        let today = shown(self.zone, at_ms).date();
        (-2..=2).any(|away: i32| {
            let day = today.saturating_add(away.days());
            let named = window.days.names().contains(
                &["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
                    [usize::from(day.weekday().to_monday_zero_offset().unsigned_abs())],
            );
            let dated =
                window.first.is_none_or(|first| day >= first) && window.last.is_none_or(|last| day <= last);
            named && dated && {
                let begin = self.first_shown(time_of(day, window.from));
                let ends_on =
                    if window.until <= window.from { day.tomorrow().expect("in range") } else { day };
                let end = self.first_shown(time_of(ends_on, window.until));
                begin <= at_ms && at_ms < end
            }
        })
    }

    /// Id of the window that rules.
    fn ruling(&mut self, place: Place, at_ms: i64) -> Option<i64> {
        let windows = self.windows;
        let mut best: Option<((u8, u8, i64), i64)> = None;
        for window in windows {
            let narrow = match &window.target {
                target if target.screens.contains(&place.screen) => 3,
                target if place.group.is_some_and(|group| target.groups.contains(&group)) => 2,
                target if target.everywhere => 1,
                _ => continue,
            };
            if self.is_on(window, at_ms) {
                let rank = (window.priority, narrow, window.id);
                if best.is_none_or(|(known, _)| known < rank) {
                    best = Some((rank, window.id));
                }
            }
        }
        best.map(|(_, id)| id)
    }
}

fn time_of(day: Date, minutes: u16) -> DateTime {
    let day = if minutes == 1440 { day.tomorrow().expect("in range") } else { day };
    let minutes = minutes % 1440;
    day.at(i8::try_from(minutes / 60).expect("an hour"), i8::try_from(minutes % 60).expect("a minute"), 0, 0)
}

fn some_window(chance: &mut Chance, id: i64, around: Date) -> Window {
    let step = chance.pick(&[1, 15, 60]);
    let time = |chance: &mut Chance| chance.small(1440) / step * step;
    let date = |chance: &mut Chance| {
        let away = i64::from(chance.small(7)) - 3;
        (chance.below(3) == 0).then(|| around.saturating_add(away.days()))
    };
    let (first, last) = (date(chance), date(chance));
    Window {
        id,
        playlist: Some(id),
        target: Target {
            everywhere: chance.below(2) == 0,
            screens: if chance.below(3) == 0 { vec![1] } else { vec![2] },
            groups: if chance.below(3) == 0 { vec![7] } else { Vec::new() },
        },
        days: Days::from_bits(u8::try_from(chance.below(127) + 1).expect("7 bits")),
        from: if chance.below(6) == 0 { 0 } else { time(chance) },
        until: if chance.below(6) == 0 { 1440 } else { time(chance) },
        first: first.min(last).or(first),
        last: first.max(last).filter(|_| last.is_some()),
        priority: u8::try_from(chance.below(3)).expect("small"),
    }
}

/// Compares every stretch's begin, end and inside, and moments between.
fn compare(zone: &str, around: &str, chance: &mut Chance) {
    let tz = TimeZone::get(zone).expect("a zone");
    let middle = ms(around);
    let day = shown(&tz, middle).date();
    let windows: Vec<Window> =
        (1..=i64::from(chance.small(7)) + 1).map(|id| some_window(chance, id, day)).collect();
    let (from_ms, until_ms) = (middle - 2 * DAY, middle + 2 * DAY);
    let schedule = Schedule::new(&windows, &tz, from_ms, until_ms);
    let mut model = Model { zone: &tz, windows: &windows, moments: HashMap::new() };
    for group in [None, Some(7)] {
        let place = Place { screen: 1, group, idle: None };
        let stretches = schedule.stretches(&schedule.concerning(1, group));
        assert_eq!((stretches[0].from_ms, stretches[stretches.len() - 1].until_ms), (from_ms, until_ms));
        assert!(stretches.windows(2).all(|two| two[0].until_ms == two[1].from_ms), "{stretches:?}");
        let found = |at: i64| {
            let stretch = stretches.iter().find(|one| (one.from_ms..one.until_ms).contains(&at));
            stretch.expect("no gap").window.map(|index| windows[index].id)
        };
        let edges = stretches
            .iter()
            .flat_map(|one| [one.from_ms, (one.from_ms + one.until_ms) / 2, one.until_ms - 1]);
        let grid = (0..(until_ms - from_ms) / (47 * MINUTE)).map(|step| from_ms + step * 47 * MINUTE);
        for at in edges.chain(grid) {
            assert_eq!(
                found(at),
                model.ruling(place, at),
                "{zone} at {} with {windows:#?}",
                Timestamp::from_millisecond(at).expect("in range")
            );
        }
    }
}

#[test]
fn the_schedule_is_what_a_slow_model_says() {
    let moments = [
        ("Europe/Berlin", "2026-03-29T01:00:00Z"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z"),
        ("America/New_York", "2026-11-01T06:00:00Z"),
        ("Africa/Cairo", "2026-04-23T22:00:00Z"),
        ("Africa/Cairo", "2026-10-29T21:00:00Z"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
        ("America/Sao_Paulo", "2018-02-18T02:00:00Z"),
        ("Pacific/Apia", "2011-12-30T10:00:00Z"),
        ("Asia/Kathmandu", "2026-12-31T18:15:00Z"),
        ("UTC", "2027-01-01T00:00:00Z"),
        ("Pacific/Kiritimati", "2028-02-29T12:00:00Z"),
    ];
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    for (zone, around) in moments {
        for _ in 0..15 {
            compare(zone, around, &mut chance);
        }
    }
}

/// Everywhere, on all days.
fn window(id: i64, from: u16, until: u16) -> Window {
    Window {
        id,
        playlist: Some(id),
        target: Target { everywhere: true, ..Target::default() },
        days: Days::ALL,
        from,
        until,
        first: None,
        last: None,
        priority: 0,
    }
}

fn bases(windows: &[Window], from: &str, until: &str) -> Vec<(i64, i64)> {
    let schedule =
        Schedule::new(windows, &TimeZone::get("Europe/Berlin").expect("a zone"), ms(from), ms(until));
    let stretches = schedule.stretches(&schedule.concerning(1, None)).into_iter();
    stretches.filter(|one| one.window.is_some()).map(|one| (one.from_ms, one.base_ms)).collect()
}

#[test]
fn a_playlist_begins_with_its_window_and_is_not_cut_at_midnight() {
    let (from, until) = ("2026-01-05T06:00:00Z", "2026-01-07T06:00:00Z");
    let mornings = [window(1, 9 * 60, 12 * 60)];
    let begun = [ms("2026-01-05T08:00:00Z"), ms("2026-01-06T08:00:00Z")];
    assert_eq!(bases(&mornings, from, until), [(begun[0], begun[0]), (begun[1], begun[1])]);
    // Always: one stretch, through every midnight, and no begin that anybody could name.
    assert_eq!(bases(&[window(1, 0, 1440)], from, until), [(ms(from), 0)]);
    assert_eq!(bases(&[window(1, 540, 540)], from, until), [(ms(from), 0)]);
    let since = Window { first: Some(date(2026, 1, 3)), ..window(1, 0, 1440) };
    assert_eq!(bases(&[since], from, until), [(ms(from), ms("2026-01-02T23:00:00Z"))]);
    // Monday to Friday: since Monday's midnight.
    let days = Days::named(["mon", "tue", "wed", "thu", "fri"]).expect("days");
    let week = Window { days, ..window(1, 0, 1440) };
    let thursday = "2026-01-08T06:00:00Z";
    assert_eq!(
        bases(&[week], thursday, "2026-01-11T06:00:00Z"),
        [(ms(thursday), ms("2026-01-04T23:00:00Z"))]
    );
}

#[test]
fn what_comes_between_does_not_begin_a_playlist_anew() {
    let windows = [window(1, 9 * 60, 12 * 60), Window { priority: 1, ..window(2, 10 * 60, 11 * 60) }];
    let at = |time: &str| ms(&format!("2026-01-05T{time}:00Z"));
    let expected = [(at("08:00"), at("08:00")), (at("09:00"), at("09:00")), (at("10:00"), at("08:00"))];
    assert_eq!(bases(&windows, "2026-01-05T06:00:00Z", "2026-01-05T20:00:00Z"), expected);
}

fn slide(name: &str) -> Asset {
    let file = File { name: format!("{name}.png"), media_type: "image/png", bytes: 1 };
    Asset { name: name.to_owned(), media: Ok(Media::Slide { pages: vec![Page { number: 1, file }] }) }
}

/// Playlists of slides of 10 s, by the ids of the assets; the always-window of the first.
fn world(playlists: &[(i64, &[i64])]) -> World {
    let playlist = |(id, assets): &(i64, &[i64])| {
        let entries = assets.iter().map(|id| Entry::of(What::Asset { id: *id, pages: None })).collect();
        let transition = Transition::Cut;
        (
            *id,
            Playlist {
                id: *id,
                name: format!("P{id}"),
                shuffle: false,
                transition,
                slide_ms: SLIDE_MS,
                entries,
            },
        )
    };
    let mut shelf = Shelf::default();
    for id in 1..10 {
        shelf.assets.insert(id, slide(&format!("S{id}")));
    }
    World {
        zone: TimeZone::UTC,
        playlists: playlists.iter().map(playlist).collect::<BTreeMap<_, _>>(),
        shelf,
        windows: vec![Window { playlist: Some(playlists[0].0), ..window(1, 0, 1440) }],
        message: None,
        idle: Idle::Splash,
    }
}

const NOON: i64 = 1_767_614_400_000;

fn compile(world: &World, now_ms: i64, before: &Compiled, group: Option<i64>) -> (Plan, Compiled) {
    let mut compiler = Compiler::new(world, (now_ms - HOUR, now_ms + DAY), now_ms, before);
    let plan = compiler.plan(Place { screen: 1, group, idle: None });
    (Plan::clone(&plan), compiler.finish())
}

/// Key of what is on, and for how long it has been.
fn on(plan: &Plan, at_ms: i64) -> (String, u64) {
    let now = plan.at(at_ms).expect("within its time");
    let (_, into_ms) = now.item.expect("something is on");
    (now.playing().expect("something is on").key.clone(), into_ms)
}

#[test]
fn what_is_on_is_a_function_of_the_time_alone() {
    let world = world(&[(1, &[1, 2, 3])]);
    let (plan, _) = compile(&world, NOON, &Compiled::default(), None);
    let (later, _) = compile(&world, NOON + 7 * HOUR, &Compiled::default(), Some(3));
    for step in 0..100 {
        let at = NOON + 7 * HOUR + step * 1234;
        assert_eq!(on(&plan, at), on(&later, at));
    }
    assert_eq!((plan.programs[0].in_step, later.programs[0].in_step), (false, true));
    // 30 s divide a day.
    assert_eq!(on(&plan, NOON), ("a1".to_owned(), 0));
    assert_eq!(on(&plan, NOON - 1), ("a3".to_owned(), 9999));
    assert_eq!(on(&plan, NOON + 12_345), ("a2".to_owned(), 2345));
}

#[test]
fn a_change_leaves_on_what_is_on() {
    let mut world = world(&[(1, &[1, 2, 3])]);
    let now = NOON + 12_345;
    let (_, before) = compile(&world, now - 5000, &Compiled::default(), None);
    // One joins before it.
    world
        .playlists
        .get_mut(&1)
        .expect("there")
        .entries
        .insert(0, Entry::of(What::Asset { id: 4, pages: None }));
    let (plan, after) = compile(&world, now, &before, None);
    assert_eq!(on(&plan, now), ("a2".to_owned(), 2345));
    assert_eq!(on(&plan, now + 10_000).0, "a3");
    assert_eq!(on(&plan, now + 20_000).0, "a4");
    // It stays so: at the next compilation, and after a restart that knows nothing but the anchors.
    let (again, _) = compile(&world, now + 60_000, &after, None);
    let (restarted, _) = compile(&world, now + 60_000, &Compiled::new(after.anchors.clone()), None);
    for step in 0..60 {
        let at = now + 60_000 + step * 977;
        assert_eq!((on(&again, at), on(&restarted, at)), (on(&plan, at), on(&plan, at)));
    }
    // What is on goes away: the next one that is left begins.
    world
        .playlists
        .get_mut(&1)
        .expect("there")
        .entries
        .retain(|entry| entry.what != What::Asset { id: 2, pages: None });
    let (plan, after) = compile(&world, now, &after, None);
    assert_eq!(on(&plan, now), ("a3".to_owned(), 0));
    // Everything does, and something else comes.
    world.shelf.assets.retain(|id, _| *id == 9);
    let (plan, after) = compile(&world, now, &after, None);
    assert_eq!(
        (plan.programs[0].show, plan.programs[0].skipped.len(), plan.at(now).map(|now| now.item)),
        (Show::Splash, 3, Some(None))
    );
    world.shelf.assets.insert(3, slide("S3"));
    let (plan, _) = compile(&world, now + 777, &after, None);
    assert_eq!(on(&plan, now + 777), ("a3".to_owned(), 0));
}

#[test]
fn another_name_moves_nothing() {
    let mut world = world(&[(1, &[1, 2, 3])]);
    let (plan, before) = compile(&world, NOON, &Compiled::default(), None);
    world.shelf.assets.insert(2, slide("renamed"));
    let (renamed, after) = compile(&world, NOON + 500, &before, None);
    assert_eq!((plan.programs[0].epoch_ms, renamed.programs[0].epoch_ms), (0, 0));
    assert_eq!(renamed.programs[0].items[1].name, "renamed");
    assert!(after.anchors.is_empty());
}

#[test]
fn a_message_comes_over_everything_for_its_screens_and_its_time() {
    let mut world = world(&[(1, &[1, 2, 3]), (2, &[7])]);
    let message = |screens, groups| Message {
        id: 5,
        shown: Shown {
            text: Some("Out!".to_owned()),
            playlist: Some(2),
            target: Target::of(screens, groups),
        },
        from_ms: NOON,
        until_ms: Some(NOON + 60_000),
    };
    world.message = Some(message(Some(vec![1]), None));
    let (plan, _) = compile(&world, NOON + 10, &Compiled::default(), None);
    let segments: Vec<_> = plan
        .segments
        .iter()
        .map(|one| (one.from_ms - NOON, one.until_ms - NOON, one.program, one.window))
        .collect();
    let expected = [(10 - HOUR, 0, 0, Some(1)), (0, 60_000, 1, None), (60_000, 10 + DAY, 0, Some(1))];
    assert_eq!(segments, expected);
    assert_eq!(on(&plan, NOON + 59_999).0, "a7");
    assert_eq!(plan.text_at(NOON + 59_999).map(|text| text.text.as_str()), Some("Out!"));
    assert_eq!(plan.text_at(NOON + 60_000), None);
    let (over, _) = compile(&world, NOON + 60_000, &Compiled::default(), None);
    assert_eq!(over.message, None);
    // A clock that was set back does not take it away.
    let (early, _) = compile(&world, NOON - HOUR, &Compiled::default(), None);
    assert_eq!(on(&early, NOON - HOUR).0, "a7");
    let mut reaches = |screens, groups, group| {
        world.message = Some(message(screens, groups));
        compile(&world, NOON + 10, &Compiled::default(), group).0.message.is_some()
    };
    assert!(!reaches(Some(vec![2]), None, None));
    assert!(reaches(None, None, Some(4)) && reaches(Some(vec![2]), Some(vec![4]), Some(4)));
    assert!(!reaches(None, Some(vec![4]), Some(5)) && !reaches(None, Some(vec![4]), None));
}

#[test]
fn a_plan_shows_the_live_sources_of_its_playlists() {
    let mut world = world(&[(1, &[]), (2, &[])]);
    world.playlists.get_mut(&1).expect("there").entries.push(Entry::of(What::Live("door".to_owned())));
    let source = Source { name: "Door".to_owned(), is_lost: false };
    world.shelf.sources.insert("door".to_owned(), source);
    let (plan, _) = compile(&world, NOON, &Compiled::default(), None);
    assert!(plan.shows("door") && !plan.shows("yard"));
    world.windows[0].playlist = Some(2);
    let (plan, _) = compile(&world, NOON, &Compiled::default(), None);
    assert!(!plan.shows("door"));
}

#[test]
fn nothing_scheduled_is_the_splash_and_no_playlist_is_standby() {
    let mut world = world(&[(1, &[1])]);
    world.windows = vec![Window { playlist: None, ..window(3, 13 * 60, 14 * 60) }];
    let (plan, _) = compile(&world, NOON, &Compiled::default(), None);
    let shows: Vec<_> =
        plan.segments.iter().map(|one| (plan.programs[one.program].show, one.window)).collect();
    assert_eq!(shows, [(Show::Splash, None), (Show::Standby, Some(3)), (Show::Splash, None)]);
    assert_eq!(plan.programs.len(), 2, "the splash is written once");
}

#[test]
fn screens_with_the_same_windows_share_one_plan() {
    let world = world(&[(1, &[1])]);
    let before = Compiled::default();
    let mut compiler = Compiler::new(&world, (NOON, NOON + DAY), NOON, &before);
    let one = compiler.plan(Place { screen: 1, group: Some(1), idle: None });
    let two = compiler.plan(Place { screen: 2, group: Some(2), idle: None });
    let other = compiler.plan(Place { screen: 3, group: None, idle: None });
    assert!(std::sync::Arc::ptr_eq(&one, &two) && !std::sync::Arc::ptr_eq(&one, &other));
}

#[test]
fn one_playlist_alone_begins_when_it_is_told_to() {
    let mut world = world(&[(1, &[1, 2]), (2, &[7])]);
    world.windows = vec![Window { playlist: None, ..window(1, 0, 24 * 60) }];
    let before = Compiled::default();
    let alone = |now_ms| Compiler::new(&world, (now_ms, now_ms + 1), now_ms, &before).alone(1, NOON);
    let plan = alone(NOON + 5);
    assert_eq!((plan.programs.len(), plan.programs[0].epoch_ms, plan.programs[0].in_step), (1, NOON, false));
    assert_eq!(on(&plan, NOON).0, "a1");
    assert!(plan.at(NOON + DAY).is_some(), "for a day, whatever the schedule says");
    assert_eq!(alone(NOON + HOUR).programs, plan.programs, "asked again later, it goes on");
}

#[test]
fn a_window_that_can_play_nothing_lets_the_one_below_through() {
    let mut world = world(&[(1, &[1]), (2, &[99])]);
    world.windows.push(Window { playlist: Some(2), priority: 5, ..window(2, 12 * 60, 13 * 60) });
    let (plan, before) = compile(&world, NOON, &Compiled::default(), None);
    assert_eq!((on(&plan, NOON).0.as_str(), plan.segments.len()), ("a1", 1));
    let idle = |plan: &Plan, at| plan.idle_at(at).map(|program| program.name.clone()).collect::<Vec<_>>();
    assert_eq!((idle(&plan, NOON), idle(&plan, NOON + HOUR)), (vec!["P2".to_owned()], vec![]));
    assert_eq!(idle(&plan.without_past(NOON + HOUR), NOON + HOUR), [""; 0]);
    // What comes back takes its time, and only its time.
    world.shelf.assets.insert(99, slide("S99"));
    let (plan, _) = compile(&world, NOON, &before, None);
    assert_eq!((on(&plan, NOON).0, on(&plan, NOON + HOUR).0), ("a99".to_owned(), "a1".to_owned()));
    assert_eq!(idle(&plan, NOON), [""; 0]);
    // Below it is nothing: then it is said what can't be played.
    world.shelf.assets.remove(&99);
    world.windows.remove(0);
    let (plan, _) = compile(&world, NOON, &before, None);
    assert_eq!(
        (plan.at(NOON).map(|now| now.program.name.as_str()), idle(&plan, NOON).len()),
        (Some("P2"), 1)
    );
}

#[test]
fn what_is_over_is_left_out() {
    let mut world = world(&[(1, &[1, 2, 3]), (2, &[7])]);
    world.windows.push(Window { priority: 1, ..window(2, 12 * 60, 13 * 60) });
    let (plan, _) = compile(&world, NOON - 1, &Compiled::default(), None);
    assert_eq!((plan.segments.len(), plan.programs.len()), (3, 2));
    assert_eq!(plan.changes_after(NOON - 1), Some(NOON));
    assert_eq!(plan.without_past(NOON - 1), plan);
    let left = plan.without_past(NOON);
    assert_eq!((left.segments.len(), left.segments[0].program, left.segments[1].program), (2, 0, 1));
    assert_eq!((on(&left, NOON + 5), on(&left, NOON + HOUR)), (on(&plan, NOON + 5), on(&plan, NOON + HOUR)));
    let last = plan.without_past(NOON + HOUR);
    assert_eq!((last.segments.len(), last.programs.len()), (1, 1));
}
