//! One screen: the splash, then a source's pictures. A failed display is tried again, the rest of the box goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::card::{Cards, Lit};
use super::speaker::{Audible, PictureAge, ScreenSpeaker};
use super::{Notice, Shared, Spec};
use crate::config::{Port, Rotation, ScreenSound};
use crate::draw::draw_splash;
use crate::hub::{DemandGuard, Source};
use crate::media::{Frame, Params, Picture, PictureData};
use crate::pipeline::decode::{Codec, Decoder};
use crate::pipeline::display::{Display, DisplayInput, DisplaySettings, Target};
use crate::pipeline::{Ended, RawPicture, clock};
use crate::task::{self, Stop, Stopper};

/// How long the splash is up at least when a screen comes on: long enough to read the address.
const SPLASH: Duration = Duration::from_secs(5);
/// How long a new trouble is up on a screen that shows a source.
const ALERT: Duration = Duration::from_secs(15);
/// How often the splash's texts and the list of sources are looked at.
const TICK: Duration = Duration::from_secs(1);
/// A display that failed is tried again after this.
const RETRY: Duration = Duration::from_secs(5);
/// One that fails sooner is as one that never came on: its coming and going is told once.
const SHAKY: Duration = Duration::from_secs(60);
/// What the API calls the splash.
const SHOWS_SPLASH: &str = "splash";

pub(super) struct Player {
    port: Port,
    spec: Spec,
    cards: Arc<Cards>,
    shared: Shared,
    /// The source wanted.
    show: watch::Receiver<Option<String>>,
    /// What is on the screen, for those who let it be heard.
    audible: watch::Sender<Option<Audible>>,
    /// What was logged last, so that it is logged once.
    told: Option<String>,
    /// The last display failed within [`SHAKY`].
    shaky: bool,
}

/// A display that is on.
struct On {
    display: Display,
    /// Of the screen.
    size: (u32, u32),
    /// Of what is drawn for it.
    upright: (u32, u32),
    /// Let go of after the display: it switches the mode off.
    lit: Option<Lit>,
}

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

/// Why a display went off.
enum Off {
    Stopped,
    Failed(String),
}

impl Player {
    pub(super) fn new(
        port: Port,
        spec: Spec,
        cards: Arc<Cards>,
        shared: Shared,
        show: watch::Receiver<Option<String>>,
    ) -> Self {
        Self { port, spec, cards, shared, show, audible: watch::Sender::new(None), told: None, shaky: false }
    }

    /// Runs until told to stop; a window also ends when it is closed. Its sound runs beside it.
    pub(super) async fn run(mut self, sound: watch::Receiver<ScreenSound>, stop: Stop) {
        let speaker = ScreenSpeaker {
            id: self.port.id(),
            spec: self.spec.clone(),
            wanted: sound,
            audible: self.audible.subscribe(),
            told: None,
        };
        let (stopper, silenced) = Stopper::new();
        let speaker = task::spawn(format!("sound of {}", self.port.id()), speaker.run(silenced));
        self.show_until_stopped(stop).await;
        stopper.stop();
        speaker.join().await;
    }

    async fn show_until_stopped(&mut self, mut stop: Stop) {
        loop {
            let failed = match self.attempt(&mut stop).await {
                Off::Stopped => return,
                Off::Failed(reason) => reason,
            };
            self.shared.tell(self.port, None, (0, 0));
            if self.told.as_ref() != Some(&failed) {
                log::warn!("{}: nothing can be shown: {failed}", self.port.id());
                self.told = Some(failed);
            }
            tokio::select! {
                () = stop.stopped() => return,
                () = tokio::time::sleep(RETRY) => {}
            }
        }
    }

    /// One display, from on to off.
    async fn attempt(&mut self, stop: &mut Stop) -> Off {
        let (spec, cards) = (self.spec.clone(), Arc::clone(&self.cards));
        let starting = spawn_blocking(move || start(&spec, &cards)).await;
        let mut on = match starting.map_err(|error| error.to_string()).and_then(|started| started) {
            Ok(on) => on,
            Err(reason) => return Off::Failed(reason),
        };
        if !self.shaky {
            self.tell_on(&on);
            self.told = None;
        }
        let since = Instant::now();
        let off = Show::new(self, on.display.input(), &on).play(&mut on.display, stop).await;
        self.audible.send_replace(None);
        let On { display, lit, .. } = on;
        display.stop().await;
        // Talks to the driver.
        let _ = spawn_blocking(move || drop(lit)).await;
        self.shaky = matches!(off, Off::Failed(_)) && since.elapsed() < SHAKY;
        off
    }

    fn tell_on(&self, on: &On) {
        let (id, (width, height)) = (self.port.id(), on.size);
        let (Some(lit), Spec::Port { mode, rotation, .. }) = (&on.lit, &self.spec) else {
            log::info!("{id}: a screen of {width}x{height} is on");
            return;
        };
        log::info!("{id}: a screen of {width}x{height} at {} Hz is on", lit.rate_hz);
        if let Some(mode) = mode.filter(|_| lit.refused) {
            log::warn!("{id}: the TV has no mode {mode}");
        }
        match (*rotation, lit.turned) {
            (Rotation::None, _) => {}
            (_, true) => log::info!("{id}: pictures are turned by the screen's plane"),
            (_, false) => log::info!("{id}: pictures are turned in software: the screen's plane can't"),
        }
    }

    /// A display that ended by itself: somebody closed the window, or it failed.
    fn judge(&self, ended: Ended) -> Off {
        match (&self.spec, ended) {
            (Spec::Window { .. }, Ended::NotFound(_)) => {
                log::info!("{}: its window was closed", self.port.id());
                self.shared.tell(self.port, None, (0, 0));
                Off::Stopped
            }
            (_, ended) => Off::Failed(ended.to_string()),
        }
    }
}

fn start(spec: &Spec, cards: &Cards) -> Result<On, String> {
    let (lit, rotation, size) = match spec {
        Spec::Port { connector, mode, rotation } => {
            let card = cards.card(&connector.card).map_err(|error| error.to_string())?;
            let lit = card.light(&connector.name, *mode, *rotation == Rotation::Half);
            let lit = lit.map_err(|error| error.to_string())?;
            let size = (lit.width, lit.height);
            (Some(lit), *rotation, size)
        }
        // A window is upright: nobody turns a desktop's screen.
        Spec::Window { size, rotation } => (None, Rotation::None, rotation.upright(size.width, size.height)),
    };
    let (width, height) = size;
    let turned = lit.as_ref().is_some_and(|lit| lit.turned);
    let target = lit.as_ref().map_or(Target::Window, |lit| Target::Plane(lit.plane.clone()));
    let turn = if turned { 0 } else { rotation.degrees() };
    let display = Display::start(DisplaySettings { target, width, height, turn });
    let display = display.map_err(|error| error.with_causes())?;
    Ok(On { display, size, upright: rotation.upright(width, height), lit })
}

/// What is on one display.
struct Show<'p> {
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
    fn new(player: &'p mut Player, input: DisplayInput, on: &On) -> Self {
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

    async fn play(mut self, display: &mut Display, stop: &mut Stop) -> Off {
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
