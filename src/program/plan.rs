//! What one screen plays over the next time. A player that is cut off from the box goes on by it.

use std::sync::Arc;

use super::unroll::{Item, Skipped};

/// How far ahead players know what they play: a box that is broken at the beginning of a holiday is mended after it.
pub const HORIZON_MS: i64 = 14 * DAY_MS;
/// What begins within the next day is written in full, all behind it in short.
pub const DAY_MS: i64 = 24 * 3600 * 1000;

/// Nobody changes it: another one takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub programs: Vec<Arc<Program>>,
    /// One after the other, without a gap.
    pub segments: Vec<Segment>,
    pub message: Option<Text>,
    /// Windows that would rule and give way to others, in the order of time. Players need not know of them.
    pub passed_over: Vec<PassedOver>,
    /// What begins from then on is written in short for players.
    pub near_until_ms: i64,
}

/// A stretch of time of a window whose playlist can play nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    pub from_ms: i64,
    pub until_ms: i64,
    pub program: Arc<Program>,
}

/// What is played for a while, over and over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub playlist: Option<i64>,
    /// The playlist's.
    pub name: String,
    pub show: Show,
    /// The moment of which the first item begins, in milliseconds since 1970.
    pub epoch_ms: i64,
    /// Of all items; 0: there is nothing to play.
    pub total_ms: u64,
    /// Other screens play it, too: keep to the clock.
    pub in_step: bool,
    pub items: Vec<Arc<Item>>,
    pub skipped: Vec<Skipped>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    Play,
    /// Nothing is scheduled, or nothing of it can be played.
    Splash,
    /// Black; the TV may be switched off.
    Standby,
}

impl Show {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Play => "play",
            Self::Splash => "splash",
            Self::Standby => "standby",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub from_ms: i64,
    pub until_ms: i64,
    /// Index into the plan's programs.
    pub program: usize,
    /// Id of the window that rules; `None`: none does, or a message comes over it.
    pub window: Option<i64>,
    /// It is the playlist of a message.
    pub is_message: bool,
}

/// A text over everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub id: i64,
    pub text: String,
    pub until_ms: Option<i64>,
}

/// What is on at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Now<'p> {
    pub segment: &'p Segment,
    pub program: &'p Program,
    /// Index into the program's items, and how far into the item it is.
    pub item: Option<(usize, u64)>,
}

impl Plan {
    /// Nothing is known: the splash.
    pub const fn empty() -> Self {
        Self {
            programs: Vec::new(),
            segments: Vec::new(),
            message: None,
            passed_over: Vec::new(),
            near_until_ms: i64::MAX,
        }
    }

    /// The segments that begin soon, and those behind them.
    pub fn near_and_later(&self) -> (&[Segment], &[Segment]) {
        let near = self.segments.partition_point(|segment| segment.from_ms < self.near_until_ms);
        self.segments.split_at(near)
    }

    /// How many of the programs the segments that begin soon have: the first ones, since each is put there when a segment
    /// needs it.
    pub fn near_programs(&self) -> usize {
        self.near_and_later().0.iter().map(|segment| segment.program + 1).max().unwrap_or(0)
    }

    /// The same without what is over, so that the first segment holds `now_ms`.
    pub fn without_past(&self, now_ms: i64) -> Self {
        let coming = |passed: &&PassedOver| now_ms < passed.until_ms;
        let passed_over = self.passed_over.iter().filter(coming).cloned().collect();
        let (message, near_until_ms) = (self.message.clone(), self.near_until_ms);
        let mut plan = Self { message, passed_over, near_until_ms, ..Self::empty() };
        for segment in self.segments.iter().filter(|segment| now_ms < segment.until_ms) {
            let program = &self.programs[segment.program];
            let known = plan.programs.iter().position(|known| Arc::ptr_eq(known, program));
            let index = known.unwrap_or(plan.programs.len());
            if known.is_none() {
                plan.programs.push(Arc::clone(program));
            }
            plan.segments.push(Segment { program: index, ..*segment });
        }
        plan
    }

    /// When it says something else about the present than it does at `now_ms`.
    pub fn changes_after(&self, now_ms: i64) -> Option<i64> {
        let ends = self.at(now_ms).map(|now| now.segment.until_ms);
        ends.into_iter().chain(self.text_at(now_ms).and_then(|text| text.until_ms)).min()
    }

    /// `None` outside of its time.
    pub fn at(&self, now_ms: i64) -> Option<Now<'_>> {
        let segment =
            self.segments.iter().find(|segment| (segment.from_ms..segment.until_ms).contains(&now_ms))?;
        let program = &self.programs[segment.program];
        Some(Now { segment, program, item: program.position(now_ms) })
    }

    /// Programs of which nothing can be played, though a window says that they are on at a moment.
    pub fn idle_at(&self, now_ms: i64) -> impl Iterator<Item = &Program> {
        let on =
            self.at(now_ms).filter(|now| now.segment.window.is_some() && now.program.show == Show::Splash);
        let on = on.map(|now| now.program);
        let passed = self.passed_over.iter();
        let passed = passed.filter(move |passed| (passed.from_ms..passed.until_ms).contains(&now_ms));
        let passed = passed.map(|passed| &*passed.program);
        on.into_iter().chain(passed.filter(move |passed| on.is_none_or(|on| !std::ptr::eq(on, *passed))))
    }

    /// Whether a source is among what it plays.
    pub fn shows(&self, source: &str) -> bool {
        let mut items = self.programs.iter().flat_map(|program| &program.items);
        items.any(|item| item.source.as_deref() == Some(source))
    }

    /// The text that is over everything at a moment.
    pub fn text_at(&self, now_ms: i64) -> Option<&Text> {
        self.message.as_ref().filter(|text| text.until_ms.is_none_or(|until| now_ms < until))
    }
}

impl Program {
    /// Which item is on, and how far into it. Before its epoch, too: it repeats in both directions.
    pub fn position(&self, now_ms: i64) -> Option<(usize, u64)> {
        if self.total_ms == 0 {
            return None;
        }
        let since = i128::from(now_ms) - i128::from(self.epoch_ms);
        let mut left = u64::try_from(since.rem_euclid(i128::from(self.total_ms))).ok()?;
        for (index, item) in self.items.iter().enumerate() {
            if left < item.duration_ms {
                return Some((index, left));
            }
            left -= item.duration_ms;
        }
        None
    }
}

impl<'p> Now<'p> {
    pub fn playing(&self) -> Option<&'p Item> {
        let (index, _) = self.item?;
        self.program.items.get(index).map(Arc::as_ref)
    }
}
