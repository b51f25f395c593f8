//! Plans reach two weeks ahead, and what is behind the first day is not written out again.

use std::sync::Arc;

use super::*;

/// As the signage does: from just before the hour, two weeks beyond its end.
fn compile(world: &World, now_ms: i64, before: &Compiled) -> (Plan, Compiled) {
    let hour_ms = now_ms - now_ms.rem_euclid(HOUR);
    let span = (hour_ms - 1, hour_ms + HOUR + HORIZON_MS);
    let mut compiler = Compiler::new(world, span, now_ms, before);
    let plan = compiler.plan(Place { screen: 1, group: None, idle: None });
    (Plan::clone(&plan), compiler.finish())
}

/// One long playlist each day from 9 to 17 o'clock.
fn shop(items: i64) -> World {
    let ids: Vec<i64> = (1..=items).map(|id| id % 9 + 1).collect();
    let mut world = world(&[(1, &ids)]);
    world.windows = vec![window(1, 9 * 60, 17 * 60)];
    world
}

#[test]
fn a_playlist_of_each_day_is_known_for_two_weeks_and_written_out_once() {
    let (plan, _) = compile(&shop(900), NOON, &Compiled::default());
    assert_eq!(on(&plan, NOON + 14 * DAY).1, on(&plan, NOON + 14 * DAY + 1).1 - 1);
    let (near, later) = plan.near_and_later();
    assert_eq!((near.len(), later.len()), (3, 26), "today, the night, tomorrow; and so on");
    let near = plan.near_programs();
    assert_eq!((near, plan.programs.len()), (3, 16), "each day begins anew; the nights are one");
    let first = &plan.programs[0].items[0];
    let days = plan.programs.iter().filter(|program| !program.items.is_empty());
    assert!(days.into_iter().all(|program| Arc::ptr_eq(&program.items[0], first)));
}

#[test]
fn what_was_compiled_on_different_days_has_its_items_in_common() {
    let world = shop(3);
    let (_, before) = compile(&world, NOON, &Compiled::default());
    let (plan, before) = compile(&world, NOON + DAY, &before);
    let first = Arc::clone(&plan.programs[0].items[0]);
    assert!(
        plan.programs.iter().flat_map(|program| program.items.first()).all(|item| Arc::ptr_eq(item, &first))
    );
    let mut world = world;
    world.playlists.get_mut(&1).expect("there").entries.pop();
    let (plan, _) = compile(&world, NOON + DAY, &before);
    assert!(plan.programs.iter().all(|program| program.items.len() != 3), "what has changed is made anew");
}

#[test]
fn plans_of_many_long_playlists_reach_less_far() {
    let many: Vec<i64> = vec![1; 500];
    let playlists: Vec<(i64, &[i64])> = (1..=24).map(|id| (id, many.as_slice())).collect();
    let mut world = world(&playlists);
    world.windows = (0..24).map(|hour| window(i64::from(hour) + 1, hour * 60, hour * 60 + 60)).collect();
    let (plan, _) = super::compile(&world, NOON, &Compiled::default(), None);
    let items: usize = plan.programs.iter().map(|program| program.items.len()).sum();
    assert_eq!((items, plan.segments.len()), (5000, 10));
    assert!(plan.at(NOON).is_some() && plan.segments.iter().all(|one| one.program < plan.programs.len()));
}

#[test]
fn plans_of_many_long_days_reach_less_far() {
    let mut world = shop(1000);
    // Each hour another beginning.
    world.windows = (0..24).map(|hour| window(1, hour * 60, hour * 60 + 60)).collect();
    let (plan, _) = compile(&world, NOON, &Compiled::default());
    assert_eq!(plan.segments.len(), 5, "of the first day all are written out");
    let mut world = shop(1000);
    world.windows = vec![window(1, 0, 6 * 60), window(1, 6 * 60, 12 * 60), window(1, 12 * 60, 24 * 60)];
    let (plan, _) = compile(&world, NOON, &Compiled::default());
    let places: usize = plan.programs[plan.near_programs()..].iter().map(|program| program.items.len()).sum();
    assert_eq!(places, 39_000, "two weeks with three beginnings each");
}
