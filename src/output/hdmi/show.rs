//! What is on one display: the splash, a source, or what the schedule says, one turn after the other.
//!
//! The picture shown last stays until the next one is there: nothing here ever shows black but for the night.

mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::Notice;
use super::orders::Channel;
use super::player::{Off, On, Player};
use super::turn::{Turn, What};
use crate::draw::{draw_code, draw_message, draw_splash};
use crate::pipeline::blend::Stiller;
use crate::pipeline::display::{Display, DisplayInput};
use crate::pipeline::jpeg::Encoder;
use crate::pipeline::{RawPicture, clock};
use crate::signage::{Order, Playing as State, Report, SHOT_BYTES_MAX, now_ms};
use crate::task::Stop;
use crate::watched::LatestSeen;
use stage::{Stage, Step};

/// How long the splash is up at least when a screen comes on: long enough to read the address.
const SPLASH: Duration = Duration::from_secs(5);
/// How long a new trouble is up on a screen that shows a source.
const ALERT: Duration = Duration::from_secs(15);
/// What is drawn stays so long for the first picture of what follows it; then the splash tells that nothing comes.
const FIRST_PICTURE: Duration = Duration::from_secs(3);
/// How often the splash's texts, the list of sources and the clock are looked at.
const TICK: Duration = Duration::from_secs(1);
/// What the API calls what is no source.
pub const SHOWS_SPLASH: &str = "splash";
const SHOWS_PLAYLIST: &str = "playlist";
const SHOWS_STANDBY: &str = "standby";
const SHOWS_MESSAGE: &str = "message";
/// Of a screenshot: what its card on the page has room for, thrice.
const SHOT_SIDE_MAX: u32 = 1280;
/// The first that is small enough is taken.
const SHOT_QUALITIES: [u8; 3] = [80, 50, 20];

/// What is on one display.
pub(super) struct Show<'p> {
    player: &'p mut Player,
    channel: Channel,
    stage: Stage,
    size: (u32, u32),
    upright: (u32, u32),
    /// What is on, or will be with its first picture.
    turn: Option<Turn>,
    /// What was drawn last, as long as it is on the screen.
    drawn: Option<Drawing>,
    turned: Instant,
    /// When what is on was to be seen first, in milliseconds since 1970: later than by the plan if it was not known then.
    due_ms: i64,
    /// The notice of the last look.
    notice: Notice,
    splash_until: Instant,
    code_until_ms: i64,
}

/// Something that is drawn once.
#[derive(Clone, Debug, PartialEq)]
enum Drawing {
    Splash(crate::draw::Splash),
    Message(String),
    Code(String, String),
    Black,
}

impl<'p> Show<'p> {
    pub(super) fn new(player: &'p mut Player, input: DisplayInput, on: &On) -> Self {
        let notice = (player.shared.notices)();
        Self {
            splash_until: Instant::now() + if notice.alert { ALERT } else { SPLASH },
            notice,
            channel: Channel::new(player.port, player.shared.signage.clone()),
            stage: Stage::new(player, input, on),
            player,
            size: on.size,
            upright: on.upright,
            turn: None,
            drawn: None,
            turned: Instant::now(),
            due_ms: 0,
            code_until_ms: 0,
        }
    }

    pub(super) async fn play(mut self, display: &mut Display, stop: &mut Stop) -> Off {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let off = loop {
            let change = until(self.changes_ms());
            tokio::select! {
                () = stop.stopped() => break Off::Stopped,
                ended = display.ended() => break self.player.judge(ended),
                changed = self.player.show.changed() => match changed {
                    Ok(()) => self.look().await,
                    Err(_) => break Off::Stopped,
                },
                order = self.channel.next() => match order {
                    Some(order) => self.obey(order).await,
                    None => self.look().await,
                },
                _ = tick.tick() => self.look().await,
                () = change => self.look().await,
                moved = self.stage.next() => {
                    let step = self.stage.show(moved).await;
                    self.step(step);
                }
            }
        };
        self.end_turn();
        off
    }

    /// When something else has to be on by the clock alone.
    fn changes_ms(&self) -> i64 {
        let turn = self.turn.as_ref().map_or(i64::MAX, |turn| turn.until_ms);
        if self.code_until_ms > now_ms() { turn.min(self.code_until_ms) } else { turn }
    }

    /// Looks what should be on, and what comes next.
    async fn look(&mut self) {
        self.channel.look();
        let notice = (self.player.shared.notices)();
        let own = self.player.show.latest_seen();
        let (plan, now) = (self.channel.plan(), now_ms());
        let turn = Turn::at(&plan, own.as_deref(), now);
        let is_scheduled = !matches!(turn.what, What::Splash | What::Source(_));
        // Customers in front of a playlist are not those who mend it.
        if notice.alert && notice.splash.missing != self.notice.splash.missing && !is_scheduled {
            self.splash_until = self.splash_until.max(Instant::now() + ALERT);
        }
        self.notice = notice;
        let turn = match Instant::now() < self.splash_until && !matches!(turn.what, What::Message(_)) {
            true => Turn { what: What::Splash, ..turn },
            false => turn,
        };
        self.turn_to(turn);
        let turn = self.turn.clone().expect("turned to above");
        self.stage.prepare(
            &self.channel,
            &turn,
            turn.following(&plan, own.as_deref(), now, stage::AHEAD_MS, stage::AHEAD_MAX),
        );
        self.stage.keep_time(&turn, now);
        self.draw().await;
        self.report();
    }

    /// Something else is on from now on, unless it is the same.
    fn turn_to(&mut self, turn: Turn) {
        if self.turn.as_ref().is_some_and(|on| on.is(&turn)) {
            // Its end may have moved; its begin is what was shown.
            let shown_ms = self.turn.as_ref().map_or(turn.shown_ms, |on| on.shown_ms);
            self.turn = Some(Turn { shown_ms, ..turn });
            return;
        }
        let now = now_ms();
        // What was on has ended by the clock: this follows from it.
        let is_next = self.turn.as_ref().is_some_and(|on| on.until_ms <= now);
        self.due_ms = if is_next { turn.shown_ms } else { now };
        self.end_turn();
        self.stage.turn_to(&self.channel, &turn);
        self.turn = Some(turn);
        self.turned = Instant::now();
    }

    /// What was on is written down; what had its time and was not on, is told.
    fn end_turn(&mut self) {
        let Some(turn) = self.turn.take() else { return };
        // What came at the very end of its time was not there either.
        if let Some(from_ms) = self.stage.seen_ms.filter(|from_ms| *from_ms < turn.until_ms) {
            self.channel.played(&turn, from_ms);
        } else if let What::Item(item, _) = &turn.what
            && self.stage.problem.is_none()
            && turn.until_ms <= now_ms()
        {
            let port = self.player.port.id();
            log::warn!("{port}: {} was not ready in its time; what was on before it stayed", item.name);
        }
    }

    /// Draws what is drawn. What moves takes the screen with its first picture.
    async fn draw(&mut self) {
        let code = self.channel.names().filter(|_| now_ms() < self.code_until_ms);
        let wanted = match (&self.turn, code) {
            (_, Some((name, code))) => Some(Drawing::Code(name, code)),
            (Some(Turn { what: What::Message(text), .. }), _) => Some(Drawing::Message(text.clone())),
            (Some(Turn { what: What::Standby, .. }), _) => Some(Drawing::Black),
            (Some(Turn { what: What::Item(..), .. }), _) if !self.stage.is_blank() => None,
            (Some(Turn { what: What::Source(_), .. }), _) if self.stage.shows_view() => None,
            // The first picture of a source or an item is still to come.
            (Some(Turn { what: What::Item(..) | What::Source(_), .. }), _) if self.waits() => return,
            _ => Some(Drawing::Splash(self.notice.splash.clone())),
        };
        self.stage.covered = matches!(wanted, Some(Drawing::Code(..)));
        let Some(wanted) = wanted else {
            self.uncover();
            return;
        };
        if !matches!(wanted, Drawing::Code(..)) || self.stage.is_blank() {
            self.tell();
        }
        if self.drawn.as_ref() == Some(&wanted) {
            return;
        }
        let (drawing, (width, height)) = (wanted.clone(), self.upright);
        match spawn_blocking(move || drawing.pixels(width, height)).await {
            // Not taken: the next look tries again.
            Ok(picture) => self.drawn = self.stage.push_drawn(&picture).then_some(wanted),
            Err(error) => log::error!("{}: it can't be drawn: {error}", self.player.port.id()),
        }
    }

    /// What was drawn before is still good to look at.
    fn waits(&self) -> bool {
        let is_code = matches!(self.drawn, Some(Drawing::Code(..)));
        self.drawn.is_some() && !is_code && self.turned.elapsed() < FIRST_PICTURE
    }

    /// What was under a code is seen again.
    fn uncover(&mut self) {
        if matches!(self.drawn, Some(Drawing::Code(..))) {
            self.drawn = None;
            self.stage.push_last();
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Shown => {
                let drawn = !self.stage.covered && self.drawn.take().is_some();
                if drawn || self.stage.is_first() {
                    self.tell();
                    self.report();
                }
            }
            Step::Failed(error) => {
                if let Some(turn) = &self.turn {
                    self.stage.failed(&self.channel, turn, &error);
                    self.report();
                }
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Identify { until_ms } => {
                self.code_until_ms = until_ms;
                self.look().await;
            }
            Order::Reload => {
                self.end_turn();
                self.stage.clear();
                self.look().await;
            }
            Order::Screenshot { id } => match self.stage.shot().await {
                Some(jpeg) => self.channel.take_shot(id, jpeg),
                None => log::warn!("{}: there is no picture of the screen to be had", self.player.port.id()),
            },
        }
    }

    fn tell(&self) {
        let shows = match self.turn.as_ref().map(|turn| &turn.what) {
            Some(What::Source(id)) if self.stage.shows_view() => id,
            Some(What::Item(..)) if !self.stage.is_blank() => SHOWS_PLAYLIST,
            Some(What::Standby) => SHOWS_STANDBY,
            Some(What::Message(_)) => SHOWS_MESSAGE,
            _ => SHOWS_SPLASH,
        };
        self.player.shared.tell(self.player.port, Some(shows), self.size);
    }

    fn report(&mut self) {
        let Some(turn) = &self.turn else { return };
        let (state, item) = match &turn.what {
            What::Item(item, _) => (State::Play, Some(item)),
            What::Source(_) => (State::Play, None),
            What::Standby => (State::Standby, None),
            What::Message(_) => (State::Message, None),
            What::Splash => (State::Splash, None),
        };
        let own = match &turn.what {
            What::Source(id) => {
                Some(self.player.shared.sources.get(id).map_or(id.clone(), |own| own.name.clone()))
            }
            _ => None,
        };
        let report = Report {
            item: item.map(|item| item.key.clone()),
            name: item.map(|item| item.name.clone()).or(own),
            since_ms: Some(turn.shown_ms).filter(|_| item.is_some()),
            dropped_frames: self.stage.dropped(),
            // Its clock is the box's.
            offset_ms: Some(0),
            late_ms: item.map(|_| self.late_ms()),
            problem: self.stage.problem.clone(),
            state,
        };
        self.channel.report(report);
    }

    /// How late the first picture of what is on was; while there is none, how late it is by now.
    fn late_ms(&self) -> i64 {
        self.stage.seen_ms.unwrap_or_else(now_ms).saturating_sub(self.due_ms).max(0)
    }
}

impl Drawing {
    fn pixels(&self, width: u32, height: u32) -> RawPicture {
        let pixels = match self {
            Self::Splash(splash) => draw_splash(splash, width, height),
            Self::Message(text) => draw_message(text, width, height),
            Self::Code(name, code) => draw_code(name, code, width, height),
            Self::Black => [0, 0, 0, 255].repeat(width as usize * height as usize),
        };
        RawPicture::from_rgba(width, height, pixels, clock::now())
    }
}

/// Waits for a moment of the box's clock; at most for a tick, as that may be set meanwhile.
async fn until(moment_ms: i64) {
    let wait = u64::try_from(moment_ms.saturating_sub(now_ms())).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(wait).min(2 * TICK)).await;
}
