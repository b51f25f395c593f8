//! What moves on a screen: a file or a source, what is made ready to follow it, and the fade between the two.

use std::collections::VecDeque;

use super::*;
use crate::hub::Sounds;
use crate::media::{Picture, PictureData};
use crate::output::hdmi::fade::{self, Fade, Seen};
use crate::output::hdmi::playing::{Event, Playing, Setting};
use crate::output::hdmi::speaker::{Audible, Heard};
use crate::output::hdmi::view::View;
use crate::program::{Fit, Kind, Transition};
use crate::reel::Error;

/// So much before its time something is made ready: a child needs seconds to start on a Pi that is busy.
pub(super) const AHEAD_MS: i64 = 8000;
/// At most so many: items of a second each.
pub(super) const AHEAD_MAX: usize = 3;
/// A clock that was set: what plays follows it.
const DRIFT_MAX: Duration = Duration::from_millis(150);

/// What is on, or comes.
enum Act {
    File(Box<Playing>),
    Live(View),
    /// The slide that is on once more.
    Same,
    /// It can't be shown; what was there stays.
    Nothing,
}

pub(super) enum Step {
    /// A picture was shown.
    Shown,
    Failed(Error),
}

/// What is to be shown next of what is on.
pub(super) enum Moved {
    File(Event),
    Live(Picture),
    Fade,
}

pub(super) struct Stage {
    input: DisplayInput,
    /// Of pictures that are made for this screen.
    page: (u32, u32),
    program: PathBuf,
    sources: crate::hub::Registry,
    audible: tokio::sync::watch::Sender<Option<Audible>>,
    /// Of files, one after the other.
    sounds: Arc<Sounds>,
    on: Act,
    cover: bool,
    /// The sound of the source that is on is to be heard.
    hears_live: bool,
    ahead: VecDeque<(Turn, Act)>,
    fade: Option<Fade>,
    /// What moved last; none of a source whose pictures are decoded on their way to the screen.
    last: Option<Seen>,
    /// The slide that it is.
    last_key: Option<String>,
    /// What is on the screen, drawn or not.
    shown: Option<Seen>,
    /// Since when what is on can be seen, in milliseconds since 1970.
    pub(super) seen_ms: Option<i64>,
    pictures: u64,
    /// Something drawn is over everything that moves.
    pub(super) covered: bool,
    dropped: u64,
    /// What can't be shown, and why.
    pub(super) problem: Option<String>,
}

impl Stage {
    pub(super) fn new(player: &Player, input: DisplayInput, on: &On) -> Self {
        Self {
            input,
            page: on.page,
            program: player.shared.program.clone(),
            sources: player.shared.sources.clone(),
            audible: player.audible.clone(),
            sounds: Arc::default(),
            on: Act::Nothing,
            cover: false,
            hears_live: false,
            ahead: VecDeque::new(),
            fade: None,
            last: None,
            last_key: None,
            shown: None,
            seen_ms: None,
            pictures: 0,
            covered: false,
            dropped: 0,
            problem: None,
        }
    }

    /// Nothing that moves has been shown yet.
    pub(super) fn is_blank(&self) -> bool {
        self.last.is_none() && !self.shows_view()
    }

    /// The source that is on has a picture.
    pub(super) fn shows_view(&self) -> bool {
        matches!(self.on, Act::Live(_)) && self.seen_ms.is_some()
    }

    /// The picture shown last was the first of its turn.
    pub(super) fn is_first(&self) -> bool {
        self.pictures == 1
    }

    pub(super) fn dropped(&self) -> u64 {
        let on = if let Act::File(playing) = &self.on { playing.dropped } else { 0 };
        self.dropped + on
    }

    /// Everything is begun anew.
    pub(super) fn clear(&mut self) {
        self.dropped = self.dropped();
        (self.on, self.fade, self.seen_ms, self.problem) = (Act::Nothing, None, None, None);
        self.ahead.clear();
    }

    /// Makes ready what follows, and lets go of what will not.
    pub(super) fn prepare(&mut self, channel: &Channel, on: &Turn, following: Vec<Turn>) {
        let mut before = std::mem::take(&mut self.ahead);
        let mut previous = slide(on);
        for turn in following {
            let known = before.iter().position(|(known, _)| known.is(&turn));
            let act = known.and_then(|index| before.remove(index)).map(|(_, act)| act);
            let next = slide(&turn);
            let again = next.is_some() && next == previous;
            let act = match act {
                Some(act) => act,
                None if again => Act::Same,
                None => self.open(channel, &turn, 0, true),
            };
            previous = next;
            self.ahead.push_back((turn, act));
        }
    }

    /// `since_ms`: how much of it is over.
    fn open(&self, channel: &Channel, turn: &Turn, since_ms: u64, coded: bool) -> Act {
        let source = match &turn.what {
            What::Source(id) => Some(id),
            What::Item(item, _) => item.source.as_ref(),
            _ => None,
        };
        if let Some(id) = source {
            return self.sources.get(id).map_or(Act::Nothing, |source| Act::Live(View::new(source)));
        }
        let What::Item(item, _) = &turn.what else { return Act::Nothing };
        let Some(file) = channel.file(item) else { return Act::Nothing };
        let setting = Setting { program: &self.program, size: self.page, since_ms, coded };
        match Playing::open(item, &file, setting) {
            Ok(playing) => Act::File(Box::new(playing)),
            Err(error) => {
                log::warn!("{}: {error}", item.name);
                Act::Nothing
            }
        }
    }

    /// Something else is on: what was shown last stays until its first picture.
    pub(super) fn turn_to(&mut self, channel: &Channel, turn: &Turn) {
        let now = now_ms();
        let ready = self.ahead.iter().position(|(known, _)| known.is(turn));
        let ready = ready.and_then(|index| self.ahead.remove(index)).map(|(_, act)| act);
        let since_ms = u64::try_from(now.saturating_sub(turn.from_ms)).unwrap_or(0);
        let same = matches!(ready, Some(Act::Same)) && slide(turn) == self.last_key && self.last.is_some();
        let ready = ready.filter(|act| same || !matches!(act, Act::Same));
        let act = ready.unwrap_or_else(|| self.open(channel, turn, since_ms, true));
        self.dropped = self.dropped();
        let was_item = self.seen_ms.is_some() && !same;
        (self.on, self.seen_ms, self.pictures, self.problem) = (act, None, 0, None);
        let item = if let What::Item(item, _) = &turn.what { Some(item) } else { None };
        self.cover = item.is_some_and(|item| item.fit == Fit::Cover);
        self.hears_live = item.is_none_or(|item| item.sound);
        let fades = item.is_some_and(|item| {
            item.transition == Transition::Fade && item.duration_ms >= fade::ITEM_MS_MIN && was_item
        });
        self.fade = self.last.clone().filter(|_| fades).map(|last| Fade::new(last, self.page));
        if let (Act::File(playing), Some(item)) = (&mut self.on, item) {
            playing.begin(item, Duration::from_millis(since_ms), &self.sounds);
        }
        match item {
            // The sound card stays open from file to file.
            Some(item) if item.source.is_none() => self.hear(Heard::Files(Arc::clone(&self.sounds))),
            _ => {
                self.audible.send_replace(None);
            }
        }
        if same {
            self.seen_ms = Some(now);
        } else {
            self.last_key = slide(turn);
        }
        if item.is_none() && !matches!(self.on, Act::Live(_)) {
            self.last = None;
        }
    }

    fn hear(&self, heard: Heard) {
        self.audible.send_if_modified(|audible| {
            let same = audible.as_ref().is_some_and(|audible| audible.heard.is(&heard));
            if !same {
                *audible = Some(Audible { heard, age: Arc::default() });
            }
            !same
        });
    }

    /// The clock may have been set: what plays follows it.
    pub(super) fn keep_time(&mut self, turn: &Turn, now: i64) {
        let (Act::File(playing), What::Item(item, _)) = (&mut self.on, &turn.what) else { return };
        let since = Duration::from_millis(u64::try_from(now.saturating_sub(turn.from_ms)).unwrap_or(0));
        if playing.drift(item, since) > DRIFT_MAX {
            playing.begin(item, since, &self.sounds);
        }
    }

    /// Waits for what is to be shown next. Cancel-safe.
    pub(super) async fn next(&mut self) -> Moved {
        let on = async {
            match &mut self.on {
                Act::File(playing) => Moved::File(playing.next().await),
                Act::Live(view) => Moved::Live(view.next().await),
                Act::Same | Act::Nothing => std::future::pending().await,
            }
        };
        let fade = async {
            match &self.fade {
                Some(fade) => fade.step().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            moved = on => moved,
            () = fade => Moved::Fade,
        }
    }

    /// Shows it. Must not be cancelled.
    pub(super) async fn show(&mut self, moved: Moved) -> Step {
        match moved {
            Moved::File(Event::Failed(error)) => return Step::Failed(error),
            Moved::File(Event::Picture(picture)) => self.seen(Some(picture)),
            Moved::Live(picture) => self.show_live(&picture).await,
            Moved::Fade => self.show_fade().await,
        }
        Step::Shown
    }

    async fn show_live(&mut self, picture: &Picture) {
        let Act::Live(view) = &mut self.on else { return };
        let first = self.seen_ms.is_none();
        // What goes through a decoder can't be faded into, and not be held back.
        let raw = match &picture.data {
            PictureData::Raw(data) => {
                let raw = RawPicture::from_data(data).cloned();
                if let Some(raw) = raw.as_ref().filter(|_| !picture.slate) {
                    view.age.note(clock::now().since(raw.time));
                }
                raw
            }
            PictureData::Jpeg(_) if self.covered => None,
            PictureData::Jpeg(_) => {
                view.decode(&self.input, picture, self.cover).await;
                self.fade = None;
                None
            }
        };
        if first {
            let (source, age) = (Arc::clone(&view.source), Arc::clone(&view.age));
            self.audible
                .send_replace(self.hears_live.then_some(Audible { heard: Heard::Source(source), age }));
        }
        self.seen(raw);
    }

    /// A picture of what is on has come; `None`: it is on its way by itself.
    fn seen(&mut self, picture: Option<RawPicture>) {
        self.seen_ms.get_or_insert_with(now_ms);
        self.pictures += 1;
        self.last = picture.map(|picture| Seen { picture, cover: self.cover });
        match (&mut self.fade, &self.last) {
            (Some(fade), Some(last)) => fade.towards(last.clone()),
            _ => self.push_last(),
        }
    }

    async fn show_fade(&mut self) {
        let Some(fade) = &mut self.fade else { return };
        match fade.picture().await {
            Some(mixed) => self.push(Seen { picture: mixed, cover: false }),
            None => {
                self.fade = None;
                self.push_last();
            }
        }
    }

    /// Shows what moved last, once nothing covers it any more.
    pub(super) fn push_last(&mut self) {
        match self.last.clone() {
            Some(last) => self.push(last),
            // A source's decoder has shown it.
            None => self.shown = None,
        }
    }

    fn push(&mut self, seen: Seen) {
        if self.covered {
            return;
        }
        if !self.input.push(&seen.picture, seen.cover) {
            self.dropped += 1;
        }
        self.shown = Some(seen);
    }

    /// Shows a drawing. False: the screen was behind, and did not take it.
    pub(super) fn push_drawn(&mut self, picture: &RawPicture) -> bool {
        self.shown = Some(Seen { picture: picture.clone(), cover: false });
        self.input.push(picture, false)
    }

    /// What is on can't be shown: once more without hardware, or not at all.
    pub(super) fn failed(&mut self, channel: &Channel, turn: &Turn, error: &Error) {
        let What::Item(item, _) = &turn.what else { return };
        let was_coded = matches!(&self.on, Act::File(playing) if playing.coded);
        self.dropped = self.dropped();
        self.on = Act::Nothing;
        if was_coded {
            log::debug!("{}: not by hardware: {error}", item.name);
            let since_ms = u64::try_from(now_ms().saturating_sub(turn.from_ms)).unwrap_or(0);
            self.on = self.open(channel, turn, since_ms, false);
            if let Act::File(playing) = &mut self.on {
                playing.begin(item, Duration::from_millis(since_ms), &self.sounds);
            }
            return;
        }
        log::warn!("{} can't be shown: {error}", item.name);
        self.problem = Some(format!("{}: {error}", item.name));
    }

    /// What is on the screen as a JPEG file, for a page.
    pub(super) async fn shot(&mut self) -> Option<bytes::Bytes> {
        let picture = match (&self.shown, &self.on) {
            (Some(seen), _) => Err(seen.clone()),
            (None, Act::Live(view)) => Ok(view.source.pictures.get()?.1),
            _ => return None,
        };
        let page = self.page;
        let made = spawn_blocking(move || {
            let picture = match picture {
                Ok(picture) => picture,
                Err(Seen { picture, cover }) => {
                    let (width, height) = shot_size(page);
                    Stiller::default()
                        .still(&picture, width, height, cover)?
                        .into_picture()
                        .into_picture(false)
                }
            };
            let mut encoder = Encoder::default();
            let jpegs =
                SHOT_QUALITIES.into_iter().filter_map(|quality| encoder.encode(&picture, quality).ok());
            jpegs.into_iter().find(|jpeg| jpeg.len() <= SHOT_BYTES_MAX)
        });
        made.await.ok().flatten()
    }
}

/// Of a slide that may follow itself: what it looks like.
fn slide(turn: &Turn) -> Option<String> {
    match &turn.what {
        What::Item(item, _) if item.kind == Kind::Slide => Some(format!("{} {}", item.key, item.fit.name())),
        _ => None,
    }
}

/// As large as the page shows it.
fn shot_size((width, height): (u32, u32)) -> (u32, u32) {
    let times = (width.max(height)).div_ceil(SHOT_SIDE_MAX).max(1);
    (width / times, height / times)
}
