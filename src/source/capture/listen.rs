//! The sound of a capture card, beside its picture: found, opened and opened again by itself, so that sound that is
//! missing, busy or stalled never takes the picture down.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::find::SYSFS;
use super::sound;
use crate::config::CaptureSound;
use crate::hub::Input;
use crate::media::MediaTime;
use crate::pipeline::capture::{Captured, Sink};
use crate::pipeline::{Half, SoundBuffer, alsa, clock};
use crate::source::feed::Feed;
use crate::source::plan::Flow;
use crate::task::Stop;
use crate::watched::LatestSeen;

/// The first retry comes soon, since a USB card's sound appears a moment after its video; then ever later.
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
/// Silence is written after this, so that players that have picture and sound go on; as often as slates are.
const QUIET: Duration = Duration::from_millis(500);
const LOOK_INTERVAL: Duration = Duration::from_millis(200);
/// A card that gives no sound at all for so long is opened anew.
const STALLED: Duration = Duration::from_secs(5);

/// Keeps the sound of one capture.
pub(in crate::source) struct Listener {
    pub(in crate::source) feed: Arc<Feed>,
    pub(in crate::source) wanted: CaptureSound,
    /// The card whose picture is taken.
    pub(in crate::source) card: watch::Receiver<Option<PathBuf>>,
    pub(in crate::source) stop: Stop,
}

/// Why a piece of listening is over.
enum Over {
    /// Nothing more to do here: stopped, or the picture is gone or is another card's.
    Done,
    Failed(Problem),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Problem {
    /// No fault: many cards have no sound.
    NoSound,
    Broken(String),
}

impl Listener {
    pub(in crate::source) async fn run(mut self) {
        let mut retry = RETRY_MIN;
        // Told once per change, not per attempt.
        let mut told = None;
        while self.wait_for_picture().await {
            match self.attempt(&mut told).await {
                Over::Done => retry = RETRY_MIN,
                Over::Failed(problem) => {
                    if told.as_ref() != Some(&problem) {
                        self.tell(&problem);
                        told = Some(problem);
                    }
                    if self.keep_quiet(retry).await {
                        retry = RETRY_MIN;
                    } else {
                        retry = (retry * 2).min(RETRY_MAX);
                    }
                }
            }
        }
    }

    fn tell(&self, problem: &Problem) {
        let id = &self.feed.source.id;
        match problem {
            Problem::NoSound => log::info!("{id}: the card has no sound"),
            Problem::Broken(text) => log::warn!("{id}: no sound: {text}"),
        }
    }

    /// False: told to stop.
    async fn wait_for_picture(&mut self) -> bool {
        if self.stop.is_stopped() {
            return false;
        }
        let mut flow = self.feed.flow.subscribe();
        tokio::select! {
            live = flow.wait_for(|flow| *flow == Flow::Live) => live.is_ok(),
            () = self.stop.stopped() => false,
        }
    }

    async fn attempt(&mut self, told: &mut Option<Problem>) -> Over {
        let card = self.card.latest_seen();
        let ear = Arc::new(Ear { to: Arc::clone(&self.feed), last_ns: AtomicU64::new(clock::now().nanos()) });
        let (wanted, to) = (self.wanted.clone(), Arc::clone(&ear));
        let opened = spawn_blocking(move || open(&wanted, card.as_deref(), &to));
        let half = match opened.await {
            Ok(Ok(half)) => half,
            Ok(Err(problem)) => return Over::Failed(problem),
            Err(error) => return Over::Failed(Problem::Broken(error.to_string())),
        };
        let (half, over) = self.listen(half, &ear, told).await;
        half.stop().await;
        self.feed.sound_kind.send_replace(None);
        over
    }

    /// Until the sound fails or the picture goes.
    async fn listen(&mut self, mut half: Half, ear: &Ear, told: &mut Option<Problem>) -> (Half, Over) {
        let opened = ear.last();
        let mut flow = self.feed.flow.subscribe();
        let mut looks = looks();
        let over = loop {
            let quiet = clock::now().since(ear.last());
            if quiet >= STALLED {
                let text = format!("nothing comes for {} s", STALLED.as_secs());
                break Over::Failed(Problem::Broken(text));
            }
            if quiet >= QUIET {
                self.feed.sound_kind.send_replace(None);
                self.silence();
            } else if ear.last() > opened && told.take().is_some() {
                log::info!("{}: sound is back", self.feed.source.id);
            }
            tokio::select! {
                ended = half.ended() => break Over::Failed(Problem::Broken(ended.to_string())),
                _ = flow.wait_for(|flow| *flow != Flow::Live) => break Over::Done,
                Ok(()) = self.card.changed() => break Over::Done,
                _ = looks.tick() => {}
                () = self.stop.stopped() => break Over::Done,
            }
        };
        (half, over)
    }

    /// Waits for the next attempt and keeps players going meanwhile. True: it need not wait any longer.
    async fn keep_quiet(&mut self, time: Duration) -> bool {
        let mut flow = self.feed.flow.subscribe();
        let mut looks = looks();
        let waiting = sleep(time);
        tokio::pin!(waiting);
        loop {
            tokio::select! {
                () = &mut waiting => return false,
                _ = flow.wait_for(|flow| *flow != Flow::Live) => return true,
                Ok(()) = self.card.changed() => return true,
                _ = looks.tick() => self.silence(),
                () = self.stop.stopped() => return true,
            }
        }
    }

    fn silence(&self) {
        if self.feed.source.audio.demand().count() > 0 {
            self.feed.silence();
        }
    }
}

fn looks() -> tokio::time::Interval {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// One attempt. Blocks while the sound card is opened.
fn open(wanted: &CaptureSound, card: Option<&Path>, to: &Arc<Ear>) -> Result<Half, Problem> {
    let device = match wanted {
        CaptureSound::Alsa(device) => Some(device.clone()),
        CaptureSound::Auto => card.and_then(|card| sound::beside(Path::new(SYSFS), card)),
        CaptureSound::Off => None,
    };
    let device = device.ok_or(Problem::NoSound)?;
    let sink = Arc::clone(to) as Arc<dyn Sink>;
    let mut half = alsa::half(&device, &sink).map_err(|error| Problem::Broken(error.to_string()))?;
    half.start().map_err(|ended| Problem::Broken(format!("{device}: {ended}")))?;
    Ok(half)
}

/// Passes sound on and notes when it came.
struct Ear {
    to: Arc<Feed>,
    /// Media time in ns.
    last_ns: AtomicU64,
}

impl Ear {
    fn last(&self) -> MediaTime {
        MediaTime::from_nanos(self.last_ns.load(Ordering::Relaxed))
    }
}

impl Sink for Ear {
    fn input(&self, _input: Input) {}

    fn video(&self, _captured: Captured) {}

    fn sound(&self, sound: SoundBuffer) {
        self.last_ns.store(clock::now().nanos(), Ordering::Relaxed);
        self.to.sound(sound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Source, SourceKind};
    use crate::media::State;
    use crate::task::{self, Stopper, Task};
    use crate::watched::Latest;

    /// A source whose picture is live, and the listener to its sound.
    fn listen(device: &str) -> (Arc<Feed>, Stopper, Task) {
        clock::init().unwrap();
        let (source, [video, audio]) = Source::create("card", "Card", SourceKind::Capture, State::Live);
        let feed = Arc::new(Feed::new(Arc::new(source), video, audio));
        feed.flow.send_replace(Flow::Live);
        let (stopper, stop) = Stopper::new();
        let (_, card) = watch::channel(None);
        let wanted = CaptureSound::Alsa(device.to_owned());
        let listener = Listener { feed: Arc::clone(&feed), wanted, card, stop };
        (feed, stopper, task::spawn("sound", listener.run()))
    }

    /// ALSA's own device that records silence, on any machine.
    #[tokio::test(flavor = "multi_thread")]
    async fn sound_comes_while_the_picture_is_there() {
        let (feed, stopper, task) = listen("null");
        let mut kind = feed.sound_kind.subscribe();
        kind.wait_for(Option::is_some).await.unwrap();
        assert!(feed.source.status.with(|status| status.sound));
        feed.flow.send_replace(Flow::Slate);
        kind.wait_for(Option::is_none).await.unwrap();
        feed.flow.send_replace(Flow::Live);
        kind.wait_for(Option::is_some).await.unwrap();
        stopper.stop();
        task.join().await;
    }

    #[tokio::test]
    async fn a_missing_sound_card_is_not_the_pictures_matter() {
        crate::telemetry::log::start(log::LevelFilter::Warn);
        let (feed, stopper, task) = listen("hw:29,0");
        // An attempt has failed, and that is told.
        let told = async {
            let is_told = |text: &str| text.starts_with("card: no sound: ");
            while !crate::telemetry::log::recent(1000).iter().any(|line| is_told(&line.text)) {
                sleep(LOOK_INTERVAL).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), told).await.unwrap();
        assert!(feed.sound_kind.with(Option::is_none));
        assert_eq!(feed.flow.latest(), Flow::Live);
        stopper.stop();
        task.join().await;
    }
}
