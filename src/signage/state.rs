//! One compilation: the plans of all screens, and the answers that players get, as bytes.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;

use super::now_ms;
use crate::config::Port;
use crate::library::Hash;
use crate::library::signage::{Group, Screen, Snapshot};
use crate::program::{
    Anchors, Compiled, Compiler, DAY_MS, HORIZON_MS, Place, Plan, Program, SHORT_MS, Stretch, World,
};

/// Plans begin just before the hour, so that a time that is on is seen to be longer than a short one, and reach two weeks
/// beyond its end: so an answer stays the same for an hour if nothing else changes.
const GRID_MS: i64 = 3600 * 1000;
/// How far `until` of a moment's program is looked for.
const LOOK_AHEAD_MS: i64 = 8 * DAY_MS;

/// How answers are written.
#[derive(Clone, Copy)]
pub struct Render {
    /// The beginning of the text, with the name of the screen's group. It ends so that what `plan` gives, and many screens
    /// have in common, follows.
    pub screen: fn(&Screen, Option<&str>) -> Bytes,
    /// What many plans have in common, and most changes leave as it is.
    pub program: fn(&Program) -> Bytes,
    /// With the texts of its near programs, in their order.
    pub plan: fn(&Plan, &[Bytes]) -> Bytes,
}

/// What a player is answered.
#[derive(Clone, Debug)]
pub struct Answer {
    pub plan: Arc<Plan>,
    /// One after the other, they are the body.
    pub head: Bytes,
    pub rest: Bytes,
    /// With its quotes.
    pub etag: String,
}

/// Everything as of one moment. Never changes.
#[derive(Debug)]
pub struct State {
    pub world: World,
    /// By id.
    pub screens: Vec<Screen>,
    /// By name.
    pub groups: Vec<Group>,
    answers: Vec<Answer>,
    by_key: HashMap<Hash, usize>,
    pub(super) compiled: Compiled,
    texts: Texts,
    /// When it is over: something else is on then, by the clock alone.
    pub(super) due_ms: i64,
    /// Rises with every change, but not when it is made anew for the time's sake: of that players know by themselves.
    pub content: u64,
    generation: Option<u64>,
}

impl Default for State {
    fn default() -> Self {
        let world = World {
            zone: jiff::tz::TimeZone::UTC,
            playlists: std::collections::BTreeMap::new(),
            shelf: crate::program::Shelf::default(),
            windows: Vec::new(),
            message: None,
            idle: crate::program::Idle::default(),
        };
        Self {
            world,
            screens: Vec::new(),
            groups: Vec::new(),
            answers: Vec::new(),
            by_key: HashMap::new(),
            compiled: Compiled::default(),
            texts: Texts::new(),
            due_ms: i64::MAX,
            content: 0,
            generation: None,
        }
    }
}

/// Programs as they are written, by their address: a state keeps the programs, and so their addresses, while it lives.
type Texts = HashMap<usize, Bytes>;

/// What a state is made of.
pub(super) struct Ingredients {
    pub(super) snapshot: Snapshot,
    pub(super) zone: jiff::tz::TimeZone,
    pub(super) sources: HashMap<String, crate::program::Source>,
    pub(super) before: Arc<State>,
    pub(super) generation: u64,
    /// Something has changed but the time.
    pub(super) changed: bool,
}

impl State {
    /// With nothing but the anchors from before the start.
    pub(super) fn remembered(anchors: Anchors) -> Self {
        Self { compiled: Compiled::new(anchors), ..Self::default() }
    }

    pub(super) fn make(ingredients: Ingredients, now_ms: i64, render: &Render) -> Self {
        let Ingredients { snapshot, zone, sources, before, generation, changed } = ingredients;
        let Snapshot { playlists, mut shelf, windows, message, screens, groups, idle } = snapshot;
        shelf.sources = sources;
        let world = World { zone, playlists, shelf, windows, message, idle };
        let hour_ms = now_ms - now_ms.rem_euclid(GRID_MS);
        let span = (hour_ms - SHORT_MS, hour_ms + GRID_MS + HORIZON_MS);
        let mut compiler = Compiler::new(&world, span, now_ms, &before.compiled);
        let (known, texts) = (&before.texts, Texts::new());
        let mut writer = Writer { render, now_ms, known, texts, written: HashMap::new() };
        let (mut answers, mut by_key) = (Vec::with_capacity(screens.len()), HashMap::new());
        for (index, screen) in screens.iter().enumerate() {
            let plan = compiler.plan(place(screen));
            let group = screen.group.and_then(|id| groups.iter().find(|group| group.id == id));
            answers.push(writer.answer(screen, group.map(|group| group.name.as_str()), &plan));
            screen.key.map(|key| by_key.insert(key, index));
        }
        let (compiled, texts) = (compiler.finish(), writer.texts);
        let changes = answers.iter().filter_map(|answer| answer.plan.changes_after(now_ms));
        let due_ms = changes.chain([hour_ms + GRID_MS]).min().unwrap_or(i64::MAX);
        let content = before.content + u64::from(changed);
        let generation = Some(generation);
        Self { world, screens, groups, answers, by_key, compiled, texts, due_ms, content, generation }
    }

    /// Nothing was compiled yet.
    pub fn is_empty(&self) -> bool {
        self.generation.is_none()
    }

    /// What it was made from; below all there are, if nothing was.
    pub(super) fn signage_generation(&self) -> u64 {
        self.generation.unwrap_or(0)
    }

    pub fn screen(&self, id: i64) -> Option<&Screen> {
        let index = self.screens.binary_search_by_key(&id, |screen| screen.id).ok()?;
        self.screens.get(index)
    }

    /// By what a network TV shows to be known by.
    pub fn by_key(&self, key: &str) -> Option<(&Screen, &Answer)> {
        let index = *self.by_key.get(&Hash::from(blake3::hash(key.as_bytes())))?;
        Some((self.screens.get(index)?, self.answers.get(index)?))
    }

    pub fn of_port(&self, port: Port) -> Option<(&Screen, &Answer)> {
        let index = self.screens.iter().position(|screen| screen.connector.as_deref() == Some(port.id()))?;
        Some((self.screens.get(index)?, self.answers.get(index)?))
    }

    /// Every screen with what it is answered.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Screen, &Answer)> {
        self.screens.iter().zip(&self.answers)
    }

    pub fn group(&self, id: i64) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// A screen's plan from a moment on, whatever moment that is: by the code that makes the answers.
    pub fn plan_at(&self, screen: &Screen, at_ms: i64) -> Arc<Plan> {
        let span = (at_ms, at_ms.saturating_add(LOOK_AHEAD_MS));
        let mut compiler = Compiler::new(&self.world, span, now_ms(), &self.compiled);
        compiler.plan(place(screen))
    }

    /// One playlist as a screen would play it from `base_ms` on. `None`: there is none of this id.
    pub fn alone(&self, playlist: i64, base_ms: i64) -> Option<Plan> {
        self.world.playlists.contains_key(&playlist).then(|| {
            let now_ms = now_ms();
            let span = (now_ms, now_ms.saturating_add(1));
            Compiler::new(&self.world, span, now_ms, &self.compiled).alone(playlist, base_ms)
        })
    }

    /// What the windows say for a screen, without the message.
    pub fn stretches(&self, screen: &Screen, from_ms: i64, until_ms: i64) -> Vec<Stretch> {
        let mut compiler = Compiler::new(&self.world, (from_ms, until_ms), now_ms(), &self.compiled);
        compiler.stretches(place(screen))
    }
}

const fn place(screen: &Screen) -> Place {
    Place { screen: screen.id, group: screen.group, idle: screen.idle }
}

/// Writes what screens have in common once.
struct Writer<'a> {
    render: &'a Render,
    now_ms: i64,
    /// Of the state before.
    known: &'a Texts,
    texts: Texts,
    /// By the address of the plan as it was compiled.
    written: HashMap<*const Plan, Written>,
}

struct Written {
    /// Keeps the address from being given to another.
    _compiled: Arc<Plan>,
    plan: Arc<Plan>,
    text: Bytes,
    hash: blake3::Hash,
}

impl Writer<'_> {
    fn answer(&mut self, screen: &Screen, group: Option<&str>, compiled: &Arc<Plan>) -> Answer {
        if !self.written.contains_key(&Arc::as_ptr(compiled)) {
            let written = self.write(Arc::clone(compiled));
            self.written.insert(Arc::as_ptr(compiled), written);
        }
        let written = &self.written[&Arc::as_ptr(compiled)];
        let head = (self.render.screen)(screen, group);
        let mut hasher = blake3::Hasher::new();
        hasher.update(&head).update(written.hash.as_bytes());
        // 64 bits: two states of one screen's answer never meet.
        let etag = format!("\"{}\"", &hasher.finalize().to_hex()[..16]);
        Answer { plan: Arc::clone(&written.plan), head, rest: written.text.clone(), etag }
    }

    fn write(&mut self, compiled: Arc<Plan>) -> Written {
        let plan = Arc::new(compiled.without_past(self.now_ms));
        let near = plan.programs.iter().take(plan.near_programs());
        let texts: Vec<Bytes> = near.map(|program| self.program(program)).collect();
        let text = (self.render.plan)(&plan, &texts);
        let hash = blake3::hash(&text);
        Written { _compiled: compiled, plan, text, hash }
    }

    fn program(&mut self, program: &Arc<Program>) -> Bytes {
        let address = Arc::as_ptr(program).addr();
        let text = self.texts.entry(address).or_insert_with(|| {
            // The state before lives: what has its address is what it was.
            self.known.get(&address).cloned().unwrap_or_else(|| (self.render.program)(program))
        });
        text.clone()
    }
}
