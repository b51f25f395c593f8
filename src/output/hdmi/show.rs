//! What is on one display: the splash, then a source's pictures.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use super::Notice;
use super::player::{Off, On, Player};
use super::speaker::{Audible, PictureAge};
use crate::draw::draw_splash;
use crate::hub::{DemandGuard, Source};
use crate::media::{Frame, Params, Picture, PictureData};
use crate::pipeline::decode::{Codec, Decoder};
use crate::pipeline::display::{Display, DisplayInput};
use crate::pipeline::{RawPicture, clock};
use crate::task::Stop;

/// How long the splash is up at least when a screen comes on: long enough to read the address.
const SPLASH: Duration = Duration::from_secs(5);
/// How long a new trouble is up on a screen that shows a source.
const ALERT: Duration = Duration::from_secs(15);
/// How often the splash's texts and the list of sources are looked at.
const TICK: Duration = Duration::from_secs(1);
/// What the API calls the splash.
pub const SHOWS_SPLASH: &str = "splash";

/// The source that is watched.
struct View {
    source: Arc<Source>,
    _want: DemandGuard,
    age: Arc<PictureAge>,
    /// Number of the last picture taken.
    seen: u64,
    /// A picture of it is on the screen.
    shown: bool,
    decoder: Option<Decoder>,
}

/// What is on one display.
pub(super) struct Show<'p> {
    player: &'p mut Player,
    input: DisplayInput,
    size: (u32, u32),
    upright: (u32, u32),
    view: Option<View>,
    /// What is drawn, as long as it is on the screen.
    drawn: Option<Notice>,
    /// The notice of the last look.
    notice: Notice,
    splash_until: Instant,
}

impl<'p> Show<'p> {
    pub(super) fn new(player: &'p mut Player, input: DisplayInput, on: &On) -> Self {
        let notice = (player.shared.notices)();
        Self {
            splash_until: Instant::now() + if notice.alert { ALERT } else { SPLASH },
            notice,
            player,
            input,
            size: on.size,
            upright: on.upright,
            view: None,
            drawn: None,
        }
    }

    pub(super) async fn play(mut self, display: &mut Display, stop: &mut Stop) -> Off {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            let picture = tokio::select! {
                () = stop.stopped() => return Off::Stopped,
                ended = display.ended() => return self.player.judge(ended),
                changed = self.player.show.changed() => {
                    if changed.is_err() {
                        return Off::Stopped;
                    }
                    None
                }
                _ = tick.tick() => None,
                picture = next(&mut self.view) => Some(picture),
            };
            match picture {
                Some(picture) => self.show_picture(picture).await,
                None => self.look().await,
            }
        }
    }

    /// Looks what should be on, and draws the splash if that is it.
    async fn look(&mut self) {
        let notice = (self.player.shared.notices)();
        if notice.alert && notice.splash.missing != self.notice.splash.missing {
            self.splash_until = self.splash_until.max(Instant::now() + ALERT);
        }
        self.notice = notice;
        let splash = Instant::now() < self.splash_until;
        let wanted = self.player.show.borrow_and_update().clone();
        let source = wanted.filter(|_| !splash).and_then(|id| self.player.shared.sources.get(&id));
        let same = match (&self.view, &source) {
            (Some(view), Some(source)) => Arc::ptr_eq(&view.source, source),
            (None, None) => true,
            _ => false,
        };
        if !same {
            self.view = source.map(View::new);
            self.player.audible.send_replace(None);
        }
        if self.view.as_ref().is_none_or(|view| !view.shown) {
            self.show_splash().await;
        }
    }

    async fn show_splash(&mut self) {
        self.tell(SHOWS_SPLASH);
        if self.drawn.as_ref().is_some_and(|drawn| drawn.splash == self.notice.splash) {
            return;
        }
        let (notice, (width, height)) = (self.notice.clone(), self.upright);
        let drawing = spawn_blocking(move || {
            let pixels = draw_splash(&notice.splash, width, height);
            (notice, RawPicture::from_rgba(width, height, pixels, clock::now()))
        });
        match drawing.await {
            // Not taken: the next look tries again.
            Ok((notice, picture)) => self.drawn = self.input.push(&picture).then_some(notice),
            Err(error) => log::error!("{}: the splash can't be drawn: {error}", self.player.port.id()),
        }
    }

    async fn show_picture(&mut self, picture: Picture) {
        let Some(view) = &mut self.view else { return };
        match &picture.data {
            PictureData::Raw(data) => {
                view.decoder = None;
                if let Some(raw) = RawPicture::from_data(data) {
                    // One that comes while the screen is behind is left out: the next is newer.
                    view.push(&self.input, raw, picture.slate);
                }
            }
            PictureData::Jpeg(file) => {
                let params = Arc::new(Params::Jpeg { width: picture.width, height: picture.height });
                let (time, data) = (picture.time, file.clone());
                view.decode(&self.input, Frame { time, decode_time: time, key: true, data, params }).await;
            }
        }
        if !std::mem::replace(&mut view.shown, true) {
            let (source, age) = (Arc::clone(&view.source), Arc::clone(&view.age));
            self.drawn = None;
            self.tell(&source.id);
            self.player.audible.send_replace(Some(Audible { source, age }));
        }
    }

    fn tell(&self, shows: &str) {
        self.player.shared.tell(self.player.port, Some(shows), self.size);
    }
}

/// The next picture of what is watched; never, if nothing is. Cancel-safe.
async fn next(view: &mut Option<View>) -> Picture {
    let Some(view) = view else { return std::future::pending().await };
    let (number, picture) = view.source.pictures.newer_than(view.seen).await;
    view.seen = number;
    picture
}

impl View {
    fn new(source: Arc<Source>) -> Self {
        let _want = source.pictures.want();
        // What is in the slot is from when somebody last wanted pictures.
        let seen = source.pictures.get().map_or(0, |(number, _)| number);
        Self { source, _want, age: Arc::default(), seen, shown: false, decoder: None }
    }

    fn push(&self, input: &DisplayInput, picture: &RawPicture, slate: bool) {
        if input.push(picture) && !slate {
            self.age.note(clock::now().since(picture.time));
        }
    }

    /// A card's or camera's own JPEG.
    async fn decode(&mut self, input: &DisplayInput, frame: Frame) {
        if self.decoder.as_mut().is_some_and(Decoder::has_ended) {
            log::debug!("{}: the decoder of the screen has failed, a new one is started", self.source.id);
            self.decoder = None;
        }
        if self.decoder.is_none() {
            let (input, age) = (input.clone(), Arc::clone(&self.age));
            let starting = spawn_blocking(move || {
                Decoder::start(Codec::Jpeg, move |picture| {
                    if input.push(&picture) {
                        age.note(clock::now().since(picture.time));
                    }
                })
            });
            match starting.await {
                Ok(Ok(decoder)) => self.decoder = Some(decoder),
                Ok(Err(error)) => log::error!("{}: {}", self.source.id, error.with_causes()),
                Err(error) => log::error!("{}: the decoder does not start: {error}", self.source.id),
            }
        }
        if let Some(decoder) = &self.decoder {
            decoder.push(&frame);
        }
    }
}
