//! The sound of one screen, beside its picture: a sound card that is missing, busy or unplugged never takes the picture
//! down. Told once per change, tried again ever later, and at once when another source or TV comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use super::lips::Lips;
use super::{Spec, sound_card};
use crate::causes::with_causes;
use crate::config::ScreenSound;
use crate::hub::{Listener, ReadError, Sounds, Source};
use crate::media::MediaTime;
use crate::pipeline::speaker::Speaker;
use crate::pipeline::{SoundBuffer, clock};
use crate::task::Stop;
use crate::watched::LatestSeen;

const RETRY_MIN: Duration = Duration::from_secs(2);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// Weight of a new picture in the mean age: one that was held up changes little.
const AGE_WEIGHT: u32 = 8;
/// What ALSA plays on where a PC's owner has chosen nothing else.
const DEFAULT_DEVICE: &str = "default";

/// How old pictures are when they are handed to the screen: what the sound waits for.
#[derive(Debug, Default)]
pub(super) struct PictureAge {
    /// Zero: not known yet.
    nanos: AtomicU64,
}

/// What is to be heard.
#[derive(Clone)]
pub(super) struct Audible {
    pub(super) heard: Heard,
    /// Of its pictures on this screen.
    pub(super) age: Arc<PictureAge>,
}

#[derive(Clone)]
pub(super) enum Heard {
    Source(Arc<Source>),
    /// The files of a playlist, one after the other.
    Files(Arc<Sounds>),
}

impl Heard {
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Source(a), Self::Source(b)) => Arc::ptr_eq(a, b),
            (Self::Files(a), Self::Files(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    fn listen(&self) -> Listener {
        match self {
            Self::Source(source) => source.sounds.listen(),
            Self::Files(sounds) => sounds.listen(),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Source(source) => &source.id,
            Self::Files(_) => "the playlist",
        }
    }
}

/// Keeps the sound of one screen.
pub(super) struct ScreenSpeaker {
    pub(super) id: &'static str,
    pub(super) spec: Spec,
    pub(super) wanted: watch::Receiver<ScreenSound>,
    /// `None` while no source is on the screen.
    pub(super) audible: watch::Receiver<Option<Audible>>,
    /// What was told last, so that it is told once.
    pub(super) told: Option<String>,
}

/// Why a piece of playing is over.
enum Over {
    /// Something else is to be heard, or nothing.
    Changed,
    Failed(String),
}

impl PictureAge {
    /// One picture was handed over.
    pub(super) fn note(&self, age: Duration) {
        let known = self.get().unwrap_or(age);
        let mean = (known * (AGE_WEIGHT - 1) + age) / AGE_WEIGHT;
        self.nanos.store(u64::try_from(mean.as_nanos()).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
    }

    fn get(&self) -> Option<Duration> {
        Some(self.nanos.load(Ordering::Relaxed)).filter(|nanos| *nanos > 0).map(Duration::from_nanos)
    }
}

impl ScreenSpeaker {
    pub(super) async fn run(mut self, mut stop: Stop) {
        let mut retry = RETRY_MIN;
        loop {
            let over = tokio::select! {
                () = stop.stopped() => return,
                over = self.play() => over,
            };
            let Over::Failed(problem) = over else {
                retry = RETRY_MIN;
                continue;
            };
            if self.told.as_ref() != Some(&problem) {
                log::warn!("{}: no sound: {problem}", self.id);
                self.told = Some(problem);
            }
            tokio::select! {
                () = stop.stopped() => return,
                () = changed(&mut self.wanted, &mut self.audible) => retry = RETRY_MIN,
                () = tokio::time::sleep(retry) => retry = (retry * 2).min(RETRY_MAX),
            }
        }
    }

    /// Waits for something to be heard and plays it until it is over. Dropped, it gives the card back.
    async fn play(&mut self) -> Over {
        let wanted = self.wanted.latest_seen();
        let audible = self.audible.latest_seen();
        let audible = audible.filter(|_| wanted != ScreenSound::Off);
        let Some(Audible { heard, age }) = audible else {
            changed(&mut self.wanted, &mut self.audible).await;
            return Over::Changed;
        };
        let mut listener = heard.listen();
        // A source without sound opens no card.
        let first = tokio::select! {
            () = changed(&mut self.wanted, &mut self.audible) => return Over::Changed,
            first = next(&mut listener) => first,
        };
        let Some((_, first)) = first else { return gone(&mut self.wanted, &mut self.audible).await };
        let spec = self.spec.clone();
        let kind = first.clone();
        let opened = spawn_blocking(move || open(&spec, &wanted, &kind)).await;
        let (device, speaker) = match opened.map_err(|error| error.to_string()).and_then(|opened| opened) {
            Ok(opened) => opened,
            Err(problem) => return Over::Failed(problem),
        };
        log::info!("{}: the sound of {} is on {device}", self.id, heard.name());
        self.told = None;
        self.pass_on(speaker, &device, &mut listener, &first, &age).await
    }

    async fn pass_on(
        &mut self,
        mut speaker: Speaker,
        device: &str,
        listener: &mut Listener,
        kind: &SoundBuffer,
        picture: &PictureAge,
    ) -> Over {
        let (input, mut lips, mut heard_after) = (speaker.input(), Lips::default(), None);
        let over = loop {
            let sound = tokio::select! {
                () = changed(&mut self.wanted, &mut self.audible) => break Over::Changed,
                ended = speaker.ended() => break Over::Failed(format!("{device}: {ended}")),
                sound = next(listener) => sound,
            };
            let Some((time, sound)) = sound else {
                break gone(&mut self.wanted, &mut self.audible).await;
            };
            if !sound.same_kind(kind) {
                break Over::Changed;
            }
            let now = clock::now();
            let delay = lips.delay(now, now.since(time), picture.get());
            if heard_after.replace(delay) != Some(delay) {
                log::debug!("{}: sound is heard {} ms after it was taken", self.id, delay.as_millis());
            }
            // What the card could not take is left out; its own clock closes the gap.
            input.push(&sound, delay);
        };
        speaker.stop().await;
        over
    }
}

/// The source is gone from the configuration: the picture's player finds out within a moment.
async fn gone(
    wanted: &mut watch::Receiver<ScreenSound>,
    audible: &mut watch::Receiver<Option<Audible>>,
) -> Over {
    changed(wanted, audible).await;
    Over::Changed
}

/// Returns when something else may have to be heard. Cancel-safe.
async fn changed(wanted: &mut watch::Receiver<ScreenSound>, audible: &mut watch::Receiver<Option<Audible>>) {
    let changed = tokio::select! {
        changed = wanted.changed() => changed,
        changed = audible.changed() => changed,
    };
    // Who would tell is gone: the screen is being stopped, and so is this.
    if changed.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The next sound; `None` if there will be none. Cancel-safe.
async fn next(listener: &mut Listener) -> Option<(MediaTime, SoundBuffer)> {
    loop {
        match listener.next().await {
            Ok(sound) => {
                if let Some(buffer) = SoundBuffer::from_data(&sound.data) {
                    return Some((sound.time, buffer.clone()));
                }
            }
            // Its place is heard as silence.
            Err(ReadError::Lagged { .. }) => {}
            Err(ReadError::Closed) => return None,
        }
    }
}

/// One attempt. Blocks while the sound card is opened.
fn open(spec: &Spec, wanted: &ScreenSound, first: &SoundBuffer) -> Result<(String, Speaker), String> {
    let device = match (wanted, spec) {
        (ScreenSound::Alsa(device), _) => device.clone(),
        (_, Spec::Window { .. }) => DEFAULT_DEVICE.to_owned(),
        (_, Spec::Port { connector, .. }) => {
            let device = sound_card::of(connector);
            device.ok_or_else(|| format!("no sound card is known to belong to {}", connector.name))?
        }
    };
    let speaker = Speaker::start(&device, first);
    let speaker = speaker.map_err(|error| format!("{device}: {}", with_causes(&error)))?;
    Ok((device, speaker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_picture_that_was_held_up_changes_little() {
        let age = PictureAge::default();
        assert_eq!(age.get(), None);
        age.note(Duration::from_millis(40));
        assert_eq!(age.get(), Some(Duration::from_millis(40)));
        age.note(Duration::from_millis(440));
        assert_eq!(age.get(), Some(Duration::from_millis(90)));
    }
}
