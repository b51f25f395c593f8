//! From all there is to the plans of all screens.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::idle::Idle;
use super::message::Message;
use super::plan::{DAY_MS, HORIZON_MS, PassedOver, Plan, Program, Segment, Show, Text};
use super::playlist::Playlist;
use super::schedule::{Concern, Schedule, Stretch};
use super::shelf::Shelf;
use super::shuffle::{Counter, seed, shuffle};
use super::unroll::{Item, Round, unroll};
use super::window::Window;

/// Items that a plan has written out: all those of the programs of the next day, and of the later ones each once. A schedule
/// of many long playlists is known less far ahead: an answer of some megabytes is nothing for a TV.
const PLAN_ITEMS_MAX: usize = 5000;
/// Places of the later programs, each some five letters long.
const PLAN_PLACES_MAX: usize = 50_000;

/// All that plans depend on, but for the time.
#[derive(Clone, Debug)]
pub struct World {
    pub zone: TimeZone,
    pub playlists: BTreeMap<i64, Playlist>,
    pub shelf: Shelf,
    pub windows: Vec<Window>,
    pub message: Option<Message>,
    /// Of screens that have no choice of their own.
    pub idle: Idle,
}

/// A screen, as far as its plan depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub screen: i64,
    pub group: Option<i64>,
    /// `None`: what all screens show.
    pub idle: Option<Idle>,
}

/// A playlist that began at a moment: all screens that have the same one are at the same place in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    pub playlist: i64,
    pub base_ms: i64,
}

/// Where playlists are that have changed while they were played: their epoch in place of the moment they began.
pub type Anchors = BTreeMap<Key, i64>;

/// What was compiled, as the next time needs it.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    pub anchors: Anchors,
    /// And whether in step.
    playing: HashMap<(Key, bool), Arc<Program>>,
    /// By playlist.
    rounds: HashMap<i64, Arc<Round>>,
}

impl Compiled {
    /// At the start, with the anchors from before.
    pub fn new(anchors: Anchors) -> Self {
        Self { anchors, ..Self::default() }
    }
}

/// Makes plans of one moment. What screens have in common is made once.
pub struct Compiler<'w> {
    world: &'w World,
    schedule: Schedule<'w>,
    now_ms: i64,
    near_until_ms: i64,
    before: &'w Compiled,
    programs: HashMap<(Option<Key>, Show, bool), Arc<Program>>,
    plans: HashMap<Common, Arc<Plan>>,
    after: Compiled,
}

/// What makes two screens play the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Common {
    windows: Vec<Concern>,
    message: bool,
    in_step: bool,
    idle: Idle,
}

impl std::hash::Hash for Show {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
    }
}

impl<'w> Compiler<'w> {
    /// Plans from `from_ms` to `until_ms`, made at `now_ms`. `before`: what was compiled last.
    pub fn new(world: &'w World, (from_ms, until_ms): (i64, i64), now_ms: i64, before: &'w Compiled) -> Self {
        Self {
            world,
            schedule: Schedule::new(&world.windows, &world.zone, from_ms, until_ms),
            now_ms,
            // As many hours behind the first day as the plan is long beyond its horizon.
            near_until_ms: until_ms.saturating_sub(HORIZON_MS).max(from_ms).saturating_add(DAY_MS),
            before,
            programs: HashMap::new(),
            plans: HashMap::new(),
            after: Compiled::default(),
        }
    }

    pub fn plan(&mut self, place: Place) -> Arc<Plan> {
        let windows = self.concerning(place);
        let message = self
            .world
            .message
            .as_ref()
            .filter(|message| message.shown.target.includes(place.screen, place.group));
        let in_step = place.group.is_some();
        let idle = place.idle.unwrap_or(self.world.idle);
        let common = Common { windows, message: message.is_some(), in_step, idle };
        if let Some(plan) = self.plans.get(&common) {
            return Arc::clone(plan);
        }
        let stretches = self.schedule.stretches(&self.ruling(&common.windows, idle));
        let otherwise = self.idle_rule(idle);
        let mut plan = self.made(&stretches, otherwise, message, in_step);
        plan.passed_over = self.passed_over(&common.windows, in_step);
        plan.passed_over.extend(self.passed_idle(idle, otherwise, in_step));
        let plan = Arc::new(plan);
        self.plans.insert(common, Arc::clone(&plan));
        plan
    }

    /// What rules a screen, without a gap, but for the message.
    pub fn stretches(&mut self, place: Place) -> Vec<Stretch> {
        let windows = self.concerning(place);
        self.schedule.stretches(&self.ruling(&windows, place.idle.unwrap_or(self.world.idle)))
    }

    /// Those that may rule: what is shown when nothing is scheduled comes before what can't be played.
    fn ruling(&self, windows: &[Concern], idle: Idle) -> Vec<Concern> {
        let may_rule = |concern: &&Concern| idle == Idle::Splash || !concern.is_idle;
        windows.iter().filter(may_rule).copied().collect()
    }

    /// What can't be played leaves the screen dark: passers-by need not read how to set up the box.
    fn idle_rule(&mut self, idle: Idle) -> Rule {
        match idle.playlist() {
            None if idle == Idle::Splash => Rule::Nothing,
            Some(playlist) if !self.is_idle(playlist) => Rule::Playlist(Key { playlist, base_ms: 0 }),
            _ => Rule::Standby,
        }
    }

    /// What would be shown when nothing is scheduled, and can't be.
    fn passed_idle(&mut self, idle: Idle, rule: Rule, in_step: bool) -> Option<PassedOver> {
        let playlist = idle.playlist().filter(|_| rule == Rule::Standby)?;
        let (from_ms, until_ms) = (0, i64::MAX);
        let rule = Rule::Playlist(Key { playlist, base_ms: 0 });
        let ruled = Ruled { from_ms, until_ms, rule, window: None, is_message: false };
        Some(PassedOver { from_ms, until_ms, program: self.program(&ruled, in_step) })
    }

    fn concerning(&mut self, place: Place) -> Vec<Concern> {
        let mut windows = self.schedule.concerning(place.screen, place.group);
        for concern in &mut windows {
            let playlist = self.world.windows[concern.window].playlist;
            concern.is_idle = playlist.is_some_and(|playlist| self.is_idle(playlist));
        }
        windows
    }

    fn is_idle(&mut self, id: i64) -> bool {
        let world = self.world;
        world.playlists.get(&id).is_none_or(|playlist| self.round(id, playlist).total_ms() == 0)
    }

    fn round(&mut self, id: i64, playlist: &Playlist) -> Arc<Round> {
        let (shelf, before) = (&self.world.shelf, self.before);
        let round = self.after.rounds.entry(id).or_insert_with(|| {
            let round = unroll(playlist, shelf);
            // The very same items as before: programs that were made at different times have them in common.
            let known = before.rounds.get(&id).filter(|known| ***known == round);
            known.map_or_else(|| Arc::new(round), Arc::clone)
        });
        Arc::clone(round)
    }

    /// What would rule and gives way, since nothing of it can be played.
    fn passed_over(&mut self, windows: &[Concern], in_step: bool) -> Vec<PassedOver> {
        if windows.iter().all(|concern| !concern.is_idle) {
            return Vec::new();
        }
        let arranged: Vec<_> = windows.iter().map(|concern| Concern { is_idle: false, ..*concern }).collect();
        let idle: Vec<_> =
            windows.iter().filter(|concern| concern.is_idle).map(|concern| concern.window).collect();
        let mut passed_over = Vec::new();
        for Stretch { from_ms, until_ms, window, base_ms } in self.schedule.stretches(&arranged) {
            let Some(index) = window.filter(|window| idle.contains(window)) else { continue };
            let ruled =
                Ruled { from_ms, until_ms, rule: self.rule(index, base_ms), window, is_message: false };
            passed_over.push(PassedOver { from_ms, until_ms, program: self.program(&ruled, in_step) });
        }
        passed_over
    }

    /// One playlist that begins at `base_ms`, whatever is scheduled: for who wants to see it as a screen shows it.
    pub fn alone(&mut self, playlist: i64, base_ms: i64) -> Plan {
        let until_ms = self.now_ms.saturating_add(HORIZON_MS);
        let rule = Rule::Playlist(Key { playlist, base_ms });
        let ruled = Ruled { from_ms: base_ms, until_ms, rule, window: None, is_message: false };
        let program = self.program(&ruled, false);
        let segment = Segment { from_ms: base_ms, until_ms, program: 0, window: None, is_message: false };
        Plan { programs: vec![program], segments: vec![segment], ..Plan::empty() }
    }

    /// What the next compilation needs to know of this one.
    pub fn finish(self) -> Compiled {
        self.after
    }

    fn made(
        &mut self,
        stretches: &[Stretch],
        otherwise: Rule,
        message: Option<&Message>,
        in_step: bool,
    ) -> Plan {
        let (message_text, near_until_ms) = (text(message, self.now_ms), self.near_until_ms);
        let mut plan = Plan { message: message_text, near_until_ms, ..Plan::empty() };
        let mut room = Room::default();
        for ruled in self.ruled(stretches, otherwise, message) {
            let program = self.program(&ruled, in_step);
            let known = plan.programs.iter().position(|known| Arc::ptr_eq(known, &program));
            let index = known.unwrap_or(plan.programs.len());
            if known.is_none() {
                room.take(&program, ruled.from_ms < near_until_ms);
                if room.is_full() && !plan.segments.is_empty() {
                    break;
                }
                plan.programs.push(program);
            }
            let window = ruled.window.map(|window| self.world.windows[window].id);
            let Ruled { from_ms, until_ms, is_message, .. } = ruled;
            plan.segments.push(Segment { from_ms, until_ms, program: index, window, is_message });
        }
        plan
    }

    fn program(&mut self, ruled: &Ruled, in_step: bool) -> Arc<Program> {
        let (key, show) = match ruled.rule {
            Rule::Nothing => (None, Show::Splash),
            Rule::Standby => (None, Show::Standby),
            Rule::Playlist(key) => (Some(key), Show::Play),
        };
        if let Some(program) = self.programs.get(&(key, show, in_step)) {
            return Arc::clone(program);
        }
        let program = match key.and_then(|key| Some((key, self.world.playlists.get(&key.playlist)?))) {
            Some((key, playlist)) => self.playing(key, playlist, in_step),
            None => Program {
                playlist: None,
                name: String::new(),
                show: if show == Show::Play { Show::Splash } else { show },
                epoch_ms: 0,
                total_ms: 0,
                in_step,
                items: Vec::new(),
                skipped: Vec::new(),
            },
        };
        // The very same as before stays the very same: nobody has to write it down anew.
        let before = key.and_then(|key| self.before.playing.get(&(key, in_step)));
        let program = match before.filter(|before| ***before == program) {
            Some(before) => Arc::clone(before),
            None => Arc::new(program),
        };
        self.programs.insert((key, show, in_step), Arc::clone(&program));
        if let Some(key) = key {
            self.after.playing.insert((key, in_step), Arc::clone(&program));
            if program.epoch_ms != key.base_ms {
                self.after.anchors.insert(key, program.epoch_ms);
            }
        }
        program
    }

    fn playing(&mut self, key: Key, playlist: &Playlist, in_step: bool) -> Program {
        let round = self.round(key.playlist, playlist);
        let items = match playlist.shuffle {
            true => shuffle(&round.items, seed(key.playlist, key.base_ms)),
            false => round.items.clone(),
        };
        let total_ms = items.iter().map(|item| item.duration_ms).sum();
        Program {
            // Not that of a single asset.
            playlist: Some(key.playlist).filter(|id| *id > 0),
            name: playlist.name.clone(),
            show: if total_ms == 0 { Show::Splash } else { Show::Play },
            epoch_ms: self.epoch(key, &items, in_step),
            total_ms,
            in_step,
            items,
            skipped: round.skipped.clone(),
        }
    }

    /// The moment it began, unless it has changed since: then such a one that what is on goes on.
    fn epoch(&self, key: Key, items: &[Arc<Item>], in_step: bool) -> i64 {
        let anchored = self.before.anchors.get(&key).copied().unwrap_or(key.base_ms);
        let before = [in_step, !in_step].map(|in_step| self.before.playing.get(&(key, in_step)));
        match before.into_iter().flatten().next() {
            Some(before) if key.base_ms <= self.now_ms && !same_times(&before.items, items) => {
                carried_on(before, items, self.now_ms)
            }
            _ => anchored,
        }
    }
}

impl Compiler<'_> {
    /// What the windows say, `otherwise` between them, and over it the playlist of a message.
    fn ruled(&self, stretches: &[Stretch], otherwise: Rule, message: Option<&Message>) -> Vec<Ruled> {
        let urgent = message.and_then(|message| {
            // A clock that was set back does not take it away.
            let from_ms = message.from_ms.min(self.now_ms);
            let key = Key { playlist: message.shown.playlist?, base_ms: message.from_ms };
            Some((from_ms, message.until_ms.unwrap_or(i64::MAX), key))
        });
        let mut ruled: Vec<Ruled> = Vec::new();
        for stretch in stretches {
            let (window, rule) = match stretch.window {
                None => (None, otherwise),
                Some(index) => (Some(index), self.rule(index, stretch.base_ms)),
            };
            let of_window = |from_ms, until_ms| Ruled { from_ms, until_ms, rule, window, is_message: false };
            let Some((from_ms, until_ms, key)) = urgent else {
                add(&mut ruled, of_window(stretch.from_ms, stretch.until_ms));
                continue;
            };
            let begin = from_ms.clamp(stretch.from_ms, stretch.until_ms);
            let end = until_ms.clamp(begin, stretch.until_ms);
            add(&mut ruled, of_window(stretch.from_ms, begin));
            let rule = Rule::Playlist(key);
            add(&mut ruled, Ruled { from_ms: begin, until_ms: end, rule, window: None, is_message: true });
            add(&mut ruled, of_window(end, stretch.until_ms));
        }
        ruled
    }

    fn rule(&self, window: usize, base_ms: i64) -> Rule {
        let playlist = self.world.windows[window].playlist;
        playlist.map_or(Rule::Standby, |playlist| Rule::Playlist(Key { playlist, base_ms }))
    }
}

/// What rules for a while.
#[derive(Clone, Copy, Debug)]
struct Ruled {
    from_ms: i64,
    until_ms: i64,
    rule: Rule,
    /// Index.
    window: Option<usize>,
    is_message: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    Nothing,
    Standby,
    Playlist(Key),
}

impl Ruled {
    fn rules_like(&self, other: &Self) -> bool {
        (self.rule, self.window, self.is_message) == (other.rule, other.window, other.is_message)
    }
}

fn add(ruled: &mut Vec<Ruled>, next: Ruled) {
    if next.from_ms >= next.until_ms {
        return;
    }
    match ruled.last_mut() {
        Some(last) if last.rules_like(&next) => last.until_ms = next.until_ms,
        _ => ruled.push(next),
    }
}

fn text(message: Option<&Message>, now_ms: i64) -> Option<Text> {
    let Message { id, shown, until_ms, .. } = message.filter(|message| !message.is_over(now_ms))?;
    Some(Text { id: *id, text: shown.text.clone()?, until_ms: *until_ms })
}

/// What a plan has written so far.
#[derive(Default)]
struct Room {
    items: usize,
    places: usize,
    /// By their address.
    written: HashSet<*const Item>,
}

impl Room {
    fn take(&mut self, program: &Program, is_near: bool) {
        if is_near {
            self.items += program.items.len();
        } else {
            self.places += program.items.len();
        }
        let mut new = 0;
        for item in &program.items {
            new += usize::from(self.written.insert(Arc::as_ptr(item)));
        }
        self.items += if is_near { 0 } else { new };
    }

    const fn is_full(&self) -> bool {
        self.items > PLAN_ITEMS_MAX || self.places > PLAN_PLACES_MAX
    }
}

/// Whether every position means the same in both.
fn same_times(one: &[Arc<Item>], other: &[Arc<Item>]) -> bool {
    let time = |item: &Arc<Item>| item.duration_ms;
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.key == other.key && time(one) == time(other))
}

/// The epoch with which new items go on where the old ones are: the item that is on stays on, or if it is gone the next
/// one that is still there begins.
fn carried_on(before: &Program, items: &[Arc<Item>], now_ms: i64) -> i64 {
    let Some((index, into_ms)) = before.position(now_ms) else { return now_ms };
    let mut starts: HashMap<(&str, u64), (u64, u64)> = HashMap::new();
    let (mut counter, mut start_ms) = (Counter::default(), 0);
    for item in items {
        let key = item.key.as_str();
        starts.insert((key, counter.next(key)), (start_ms, item.duration_ms));
        start_ms += item.duration_ms;
    }
    let mut counter = Counter::default();
    let numbered: Vec<(&str, u64)> =
        before.items.iter().map(|item| (item.key.as_str(), counter.next(item.key.as_str()))).collect();
    let following = numbered.iter().cycle().skip(index).take(numbered.len());
    for (step, (key, time)) in following.enumerate() {
        // The same thing may stand there fewer times now.
        let Some((start, duration)) = starts.get(&(*key, *time)).or_else(|| starts.get(&(*key, 0))) else {
            continue;
        };
        let into = if step == 0 { into_ms.min(duration - 1) } else { 0 };
        return now_ms.saturating_sub_unsigned(start + into);
    }
    now_ms
}
