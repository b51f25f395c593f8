//! Starts and stops a source's encoders and decoder so that they match the plan: a reconciler without input, run on
//! every change of demand, flow or shape.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{JoinError, JoinHandle, spawn_blocking};

use super::decoding::decode;
use super::demands::Demands;
use super::feed::Feed;
use super::plan::{Coding, KeyFrameGate, Linger, Plan, Wanted, plan};
use super::slates::Slates;
use crate::causes::with_causes;
use crate::config::Profile;
use crate::hub::{Counters, Encoding};
use crate::pipeline::encode::{EncodeSettings, VideoEncoder};
use crate::pipeline::opus::SoundEncoder;
use crate::pipeline::{Ended, SoundBuffer, clock, encoders};
use crate::task::Stop;
use crate::watched::{Latest, LatestSeen};

/// A half that failed is tried again after this.
const RETRY: Duration = Duration::from_secs(2);

/// All that runs for one source by demand.
pub(super) struct Halves {
    feed: Arc<Feed>,
    profile: Profile,
    encoder: Option<(EncodeSettings, VideoEncoder)>,
    sound: Option<(SoundBuffer, SoundEncoder)>,
    decoder: Option<(Coding, JoinHandle<()>)>,
    slates: Slates,
    lingers: [Linger; 3],
    keys: KeyFrameGate,
    retry_at: Option<Instant>,
}

/// A half that ended by itself. The decoder's own task has told why.
enum Failed {
    Encoder(Ended),
    Sound(Ended),
    Decoder(Result<(), JoinError>),
}

/// Runs until told to stop, then gives back every encoder and decoder.
pub(super) async fn run(feed: Arc<Feed>, profile: Profile, mut stop: Stop) {
    let mut halves = Halves::new(Arc::clone(&feed), profile);
    let mut demands = Demands::of(&feed.source);
    let mut flow = feed.flow.subscribe();
    let mut shape = feed.shape.subscribe();
    let mut kind = feed.sound_kind.subscribe();
    let mut wishes = feed.source.video.key_frame_wishes();
    loop {
        let now = Instant::now();
        let wanted = halves.wanted(now);
        let plan = plan(wanted, flow.latest_seen(), shape.latest_seen(), &halves.profile);
        kind.mark_unchanged();
        let busy = feed.source.reconciler.enter(clock::now());
        halves.follow(&plan, now).await;
        drop(busy);
        let wake = halves.wake(&plan);
        let failed = tokio::select! {
            () = stop.stopped() => break,
            () = demands.changed() => None,
            _ = flow.changed() => None,
            _ = shape.changed() => None,
            _ = kind.changed() => None,
            _ = wishes.changed() => {
                halves.keys.wish();
                None
            }
            failed = halves.failed() => Some(failed),
            () = sleep_until(wake) => None,
        };
        if let Some(failed) = failed {
            halves.remove(failed).await;
        }
    }
    let _busy = feed.source.reconciler.enter(clock::now());
    halves.follow(&Plan::default(), Instant::now()).await;
}

async fn sleep_until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake.into()).await,
        None => std::future::pending().await,
    }
}

impl Halves {
    fn new(feed: Arc<Feed>, profile: Profile) -> Self {
        let slates = Slates::new(Arc::clone(&feed));
        Self {
            feed,
            profile,
            encoder: None,
            sound: None,
            decoder: None,
            slates,
            lingers: Default::default(),
            keys: KeyFrameGate::default(),
            retry_at: None,
        }
    }

    fn wanted(&mut self, now: Instant) -> Wanted {
        let source = &self.feed.source;
        let [video, sound, pictures] = &mut self.lingers;
        Wanted {
            video: video.wanted(source.video.demand().count(), now),
            sound: sound.wanted(source.audio.demand().count(), now),
            pictures: pictures.wanted(source.pictures.demand().count(), now),
        }
    }

    /// When to look again without being told.
    fn wake(&self, plan: &Plan) -> Option<Instant> {
        let lingers = self.lingers.iter().filter_map(Linger::ends);
        let slate = self.slates.due().filter(|_| plan.slate.is_some() || plan.silence);
        lingers.chain(slate).chain(self.keys.due()).chain(self.retry_at).min()
    }

    /// Returns when a running half has failed. Cancel-safe.
    async fn failed(&mut self) -> Failed {
        let encoder = async {
            match &mut self.encoder {
                Some((_, encoder)) => encoder.ended().await,
                None => std::future::pending().await,
            }
        };
        let sound = async {
            match &mut self.sound {
                Some((_, sound)) => sound.ended().await,
                None => std::future::pending().await,
            }
        };
        let decoder = async {
            match &mut self.decoder {
                Some((_, decoder)) => decoder.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            ended = encoder => Failed::Encoder(ended),
            ended = sound => Failed::Sound(ended),
            ended = decoder => Failed::Decoder(ended),
        }
    }

    /// Gives up a half that failed; it is tried again after [`RETRY`].
    async fn remove(&mut self, failed: Failed) {
        let id = self.feed.source.id.clone();
        match failed {
            Failed::Encoder(ended) => {
                log::error!("{id}: the encoder failed: {ended}");
                self.stop_encoder().await;
            }
            Failed::Sound(ended) => {
                log::error!("{id}: the sound encoder failed: {ended}");
                self.stop_sound().await;
            }
            Failed::Decoder(ended) => {
                if let Err(error) = ended {
                    log::error!("{id}: the decoder failed: {error}");
                }
                self.decoder = None;
            }
        }
        self.retry_at = Some(Instant::now() + RETRY);
    }

    async fn follow(&mut self, plan: &Plan, now: Instant) {
        self.retry_at = self.retry_at.filter(|retry| now < *retry);
        self.follow_encoder(plan.encode.as_ref()).await;
        self.follow_decoder(plan.decode).await;
        self.follow_sound(plan.sound).await;
        self.slates.follow(plan, now).await;
        if let Some((_, encoder)) = &self.encoder
            && self.keys.take(now)
        {
            encoder.input().request_key_frame();
        }
    }

    async fn follow_encoder(&mut self, wanted: Option<&EncodeSettings>) {
        let matches = self.encoder.as_ref().map(|(settings, _)| settings) == wanted;
        if matches {
            return;
        }
        self.stop_encoder().await;
        let Some(settings) = wanted.filter(|_| self.retry_at.is_none()).cloned() else { return };
        let (feed, name) = (Arc::clone(&self.feed), self.profile.encoder.clone());
        let starting = spawn_blocking(move || start_encoder(name.as_deref(), &settings, feed));
        match starting.await.map_err(|error| error.to_string()).and_then(|started| started) {
            Ok((settings, element, encoder)) => {
                Counters::add(&self.feed.source.counters.encodes_started);
                self.feed.connect_video(Some(encoder.input()));
                let EncodeSettings { width, height, .. } = settings;
                self.set_encoding(Some(Encoding { encoder: element.to_owned(), width, height }));
                self.encoder = Some((settings, encoder));
                // The first thing a new encoder makes is a key frame.
                self.keys = KeyFrameGate::default();
                self.slates.hurry();
            }
            Err(error) => self.put_off("the encoder", &error),
        }
    }

    async fn stop_encoder(&mut self) {
        if let Some((_, encoder)) = self.encoder.take() {
            self.feed.connect_video(None);
            encoder.stop().await;
            self.feed.encoder_gone();
            self.set_encoding(None);
        }
    }

    fn set_encoding(&self, encoding: Option<Encoding>) {
        self.feed.source.status.send_modify(|status| status.encoding = encoding);
    }

    async fn follow_decoder(&mut self, wanted: Option<Coding>) {
        if self.decoder.as_ref().map(|(coding, _)| *coding) == wanted {
            return;
        }
        if let Some((_, decoder)) = self.decoder.take() {
            // Its half is stopped by being dropped.
            decoder.abort();
        }
        if let Some(coding) = wanted.filter(|_| self.retry_at.is_none()) {
            Counters::add(&self.feed.source.counters.encodes_started);
            self.decoder = Some((coding, tokio::spawn(decode(coding, Arc::clone(&self.feed)))));
        }
    }

    async fn follow_sound(&mut self, wanted: bool) {
        let kind = self.feed.sound_kind.latest().filter(|_| wanted);
        let same = match (&self.sound, &kind) {
            (Some((running, _)), Some(kind)) => running.same_kind(kind),
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        self.stop_sound().await;
        let Some(kind) = kind.filter(|_| self.retry_at.is_none()) else { return };
        let feed = Arc::clone(&self.feed);
        let starting = spawn_blocking(move || {
            let encoder = SoundEncoder::start(&kind, move |frame| feed.encoded_sound(frame));
            encoder.map(|encoder| (kind, encoder)).map_err(|error| with_causes(&error))
        });
        match starting.await.map_err(|error| error.to_string()).and_then(|started| started) {
            Ok((kind, encoder)) => {
                self.feed.connect_sound(Some(encoder.input()));
                self.sound = Some((kind, encoder));
            }
            Err(error) => self.put_off("the sound encoder", &error),
        }
    }

    async fn stop_sound(&mut self) {
        if let Some((_, encoder)) = self.sound.take() {
            self.feed.connect_sound(None);
            encoder.stop().await;
        }
    }

    fn put_off(&mut self, what: &str, error: &str) {
        log::error!("{}: {what} does not start: {error}", self.feed.source.id);
        self.retry_at = Some(Instant::now() + RETRY);
    }
}

type Started = (EncodeSettings, &'static str, VideoEncoder);

fn start_encoder(name: Option<&str>, settings: &EncodeSettings, feed: Arc<Feed>) -> Result<Started, String> {
    let encoder = encoders::choose(name)?;
    let started = VideoEncoder::start(encoder, settings, move |frame| feed.encoded(frame));
    let started = started.map_err(|error| with_causes(&error))?;
    Ok((settings.clone(), encoder.element, started))
}
