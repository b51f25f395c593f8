//! One screen, from on to off and on again: a failed display is tried again, the rest of the box goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::card::{Cards, Lit};
use super::show::Show;
use super::speaker::{Audible, ScreenSpeaker};
use super::{Shared, Spec};
use crate::causes::with_causes;
use crate::config::{Port, Rotation, ScreenSound};
use crate::pipeline::Ended;
use crate::pipeline::display::{Display, DisplaySettings, Target};
use crate::task::{self, Stop, Stopper};

/// A display that failed is tried again after this.
const RETRY: Duration = Duration::from_secs(5);
/// One that fails sooner is as one that never came on: its coming and going is told once.
const SHAKY: Duration = Duration::from_secs(60);

pub(super) struct Player {
    pub(super) port: Port,
    spec: Spec,
    cards: Arc<Cards>,
    pub(super) shared: Shared,
    /// The source wanted.
    pub(super) show: watch::Receiver<Option<String>>,
    /// What is on the screen, for those who let it be heard.
    pub(super) audible: watch::Sender<Option<Audible>>,
    /// What was logged last, so that it is logged once.
    told: Option<String>,
    /// The last display failed within [`SHAKY`].
    shaky: bool,
}

/// A display that is on.
pub(super) struct On {
    display: Display,
    /// Of the screen.
    pub(super) size: (u32, u32),
    /// Of what is drawn for it.
    pub(super) upright: (u32, u32),
    /// Of the pictures of files: a plane that scales is given no more than 1080p.
    pub(super) page: (u32, u32),
    /// Let go of after the display: it switches the mode off.
    lit: Option<Lit>,
}

/// Why a display went off.
pub(super) enum Off {
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
    pub(super) fn judge(&self, ended: Ended) -> Off {
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
    let scales = lit.as_ref().is_some_and(|lit| lit.plane.scales);
    let turned = lit.as_ref().is_some_and(|lit| lit.turned);
    let target = lit.as_ref().map_or(Target::Window, |lit| Target::Plane(lit.plane.clone()));
    let turn = if turned { 0 } else { rotation.degrees() };
    let display = Display::start(DisplaySettings { target, width, height, turn });
    let display = display.map_err(|error| with_causes(&error))?;
    let upright = rotation.upright(width, height);
    let page = if scales { within_1080p(upright) } else { upright };
    Ok(On { display, size, upright, page, lit })
}

/// A whole part of the screen's size, so that a 4K screen costs no more to fill than others.
const fn within_1080p((width, height): (u32, u32)) -> (u32, u32) {
    let long = if width > height { width } else { height };
    let times = long.div_ceil(1920);
    (width / times, height / times)
}
