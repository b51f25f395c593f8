//! Owns one source's attempts: opens it, watches its pictures, backs off, and says what is wrong.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::attempt::Attempt;
use super::demands::Demands;
use super::device::Device;
use super::feed::Feed;
use super::plan::{Flow, LINGER};
use crate::hub::Counters;
use crate::media::{Cause, Loss, State};
use crate::pipeline::capture::Sink;
use crate::pipeline::clock;
use crate::task::Stop;
use crate::watched::{Latest, LatestSeen};

/// Pictures that nobody can begin with are told as such after this: most cameras make a key frame every 2 s.
const KEY_FRAME_PATIENCE: Duration = Duration::from_secs(3);
/// A refused login is tried again this rarely: cameras lock an account after a few.
const LOGIN_RETRY: Duration = Duration::from_secs(30);
/// Opening a device or starting the process that reads it must come back at all.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// Viewers who wait for a source to start are told so after this; sooner it would only flash by.
const QUIET: Duration = Duration::from_millis(700);
/// Between attempts at a device that is sure to tell when one is worth while: only for what nobody thought of.
const TOLD_RETRY: Duration = Duration::from_secs(60);
/// How often a device is asked whether its signal is still there.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// Why an attempt is over.
enum Over {
    Lost(Loss),
    /// Nobody watches a source that runs on demand.
    Unwanted,
    /// The API asked for a new attempt.
    Restart,
    Stopped,
}

/// How long to wait before attempt number `failed` + 1: 1 s five times, 5 s five times, 10 s ten times, then 60 s.
fn back_off(failed: u32) -> Duration {
    Duration::from_secs(match failed {
        0..=5 => 1,
        6..=10 => 5,
        11..=20 => 10,
        _ => 60,
    })
}

pub(super) struct Supervisor {
    pub(super) feed: Arc<Feed>,
    pub(super) device: Arc<dyn Device>,
    pub(super) stop: Stop,
}

impl Supervisor {
    /// Runs until told to stop.
    pub(super) async fn run(mut self) {
        let mut failed = 0;
        while !self.stop.is_stopped() {
            if !self.wait_for_demand().await {
                break;
            }
            Counters::add(&self.feed.source.counters.attempts);
            match self.attempt(failed).await {
                Over::Stopped => break,
                Over::Restart => failed = 0,
                Over::Unwanted => {
                    failed = 0;
                    self.feed.lose(Flow::Quiet);
                }
                Over::Lost(loss) => {
                    // One that had pictures starts over with its patience.
                    failed = if self.was_live() { 1 } else { failed + 1 };
                    let refused = loss.cause == Cause::Unauthorized;
                    self.lost(loss);
                    let delay = match (self.device.tells_changes(), refused) {
                        (true, _) => TOLD_RETRY,
                        (false, true) => back_off(failed).max(LOGIN_RETRY),
                        (false, false) => back_off(failed),
                    };
                    if !self.wait_for_retry(delay).await {
                        failed = 0;
                    }
                }
            }
        }
        self.feed.lose(Flow::Quiet);
    }

    fn was_live(&self) -> bool {
        self.feed.flow.latest() == Flow::Live
    }

    /// True when the source is to run; false when told to stop.
    async fn wait_for_demand(&mut self) -> bool {
        if !self.device.on_demand() {
            return true;
        }
        let mut demands = Demands::of(&self.feed.source);
        if !demands.any() {
            self.set_state(State::Idle);
        }
        tokio::select! {
            () = demands.until(true) => true,
            () = self.stop.stopped() => false,
        }
    }

    async fn attempt(&mut self, failed: u32) -> Over {
        if failed == 0 {
            self.set_state(State::Starting);
            self.feed.lose(Flow::Quiet);
        }
        let feed = Arc::clone(&self.feed);
        let busy = feed.source.supervisor.enter(clock::now());
        let opened = self.open().await;
        drop(busy);
        let mut half = match opened {
            Ok(half) => half,
            Err(over) => return over,
        };
        let over = self.watch(&mut half, failed == 0).await;
        let _busy = feed.source.supervisor.enter(clock::now());
        half.stop().await;
        over
    }

    /// Opens and starts the device on a thread that may block; the stop is not made to wait for it.
    async fn open(&mut self) -> Result<Attempt, Over> {
        let (device, feed) = (Arc::clone(&self.device), Arc::clone(&self.feed));
        let opening = spawn_blocking(move || {
            let sink: Arc<dyn Sink> = feed;
            let mut half = device.open(&sink)?;
            half.start().map_err(|ended| device.loss(ended))?;
            Ok(half)
        });
        tokio::select! {
            opened = timeout(OPEN_TIMEOUT, opening) => match opened {
                Ok(Ok(opened)) => opened.map_err(Over::Lost),
                Ok(Err(error)) => Err(Over::Lost(Loss::new(Cause::Failed, error.to_string()))),
                Err(_) => Err(Over::Lost(Loss::new(Cause::NotAnswering, "opening it takes too long"))),
            },
            () = self.stop.stopped() => Err(Over::Stopped),
        }
    }

    /// Watches a running half: its end, its pictures, its signal, and whether it is still wanted.
    async fn watch(&mut self, half: &mut Attempt, is_first: bool) -> Over {
        let feed = Arc::clone(&self.feed);
        let mut started = clock::now();
        // Until then the box is slow, not the camera.
        let (asks, mut asked) = (half.asks(), false);
        tokio::pin!(asks);
        let mut flow = feed.flow.subscribe();
        let mut check_at = Instant::now() + CHECK_INTERVAL;
        let unwanted = until_unwanted(Demands::of(&feed.source));
        tokio::pin!(unwanted);
        let mut quiet_until = is_first.then(|| Instant::now() + QUIET);
        let mut first_arrival = None;
        loop {
            let live = feed.pace.newest() > started;
            if live && flow.latest_seen() == Flow::Live {
                self.live();
                quiet_until = None;
            } else if live {
                let since = *first_arrival.get_or_insert(feed.pace.newest());
                self.waits_for_key_frame(clock::now().since(since));
            }
            let first = self.device.first_picture_patience();
            let (since, patience) = match (live, asked) {
                (true, _) => (feed.pace.newest(), feed.pace.patience().unwrap_or(first)),
                (false, true) => (started, first),
                (false, false) => (started, OPEN_TIMEOUT),
            };
            let waited = clock::now().since(since);
            if waited >= patience {
                if !live && !asked {
                    return Over::Lost(Loss::new(Cause::Failed, "the process that reads it does not start"));
                }
                let detail = format!("no picture for {} s", patience.as_secs());
                // The device may know why.
                let known = if self.device.has_check() { self.check().await } else { None };
                return Over::Lost(known.unwrap_or_else(|| Loss::new(Cause::NoPicture, detail)));
            }
            tokio::select! {
                ended = half.ended() => return Over::Lost(self.device.loss(ended)),
                () = &mut asks, if !asked => {
                    asked = true;
                    started = clock::now();
                }
                _ = flow.changed() => {}
                () = sleep((patience - waited).min(KEY_FRAME_PATIENCE)) => {}
                () = quiet(quiet_until) => {
                    quiet_until = None;
                    feed.flow.send_if_modified(|flow| std::mem::replace(flow, Flow::Slate) != Flow::Slate);
                }
                () = sleep_until(check_at), if self.device.has_check() => {
                    if let Some(loss) = self.check().await {
                        return Over::Lost(loss);
                    }
                    check_at = Instant::now() + CHECK_INTERVAL;
                }
                () = &mut unwanted, if self.device.on_demand() => return Over::Unwanted,
                () = feed.source.restart.notified() => return Over::Restart,
                () = self.stop.stopped() => return Over::Stopped,
            }
        }
    }

    async fn check(&self) -> Option<Loss> {
        let _busy = self.feed.source.supervisor.enter(clock::now());
        let device = Arc::clone(&self.device);
        spawn_blocking(move || device.check())
            .await
            .unwrap_or_else(|error| Some(Loss::new(Cause::Failed, error.to_string())))
    }

    /// Waits out the back-off. False: something happened, so that patience starts over.
    async fn wait_for_retry(&mut self, delay: Duration) -> bool {
        // One that tells of changes is tried in between for nothing but safety.
        let next = (!self.device.tells_changes()).then(|| SystemTime::now() + delay);
        self.feed.source.status.send_modify(|status| status.next_try = next);
        let patient = tokio::select! {
            () = sleep(delay) => true,
            () = self.device.changed() => false,
            () = self.feed.source.restart.notified() => false,
            () = self.stop.stopped() => true,
        };
        self.feed.source.status.send_modify(|status| status.next_try = None);
        patient
    }

    fn live(&self) {
        if self.set_state(State::Live) {
            log::info!("{}: live", self.feed.source.id);
        }
    }

    /// Pictures come, and none of them can be begun with: viewers see why. The attempt goes on.
    fn waits_for_key_frame(&self, waited: Duration) {
        if waited < KEY_FRAME_PATIENCE {
            return;
        }
        let detail = format!("pictures come for {} s, none of them a key frame", waited.as_secs());
        if self.set_state(State::Lost(Loss::new(Cause::NoKeyFrame, detail))) {
            log::warn!("{}: pictures come, but no key frame to begin with", self.feed.source.id);
            self.feed.flow.send_if_modified(|flow| std::mem::replace(flow, Flow::Slate) != Flow::Slate);
        }
    }

    /// Told once per change of the cause, not per attempt.
    fn lost(&self, loss: Loss) {
        if self.was_live() {
            Counters::add(&self.feed.source.counters.losses);
        }
        let Loss { cause, detail } = &loss;
        let text = format!("{}: {} ({detail})", self.feed.source.id, cause.text());
        if self.set_state(State::Lost(loss)) {
            log::warn!("{text}");
        }
        self.feed.lose(Flow::Slate);
    }

    /// True if the state or its cause is another than before.
    fn set_state(&self, state: State) -> bool {
        self.feed.source.status.send_if_modified(|status| status.enter(state, SystemTime::now()))
    }
}

async fn quiet(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Returns when nobody has wanted anything for the whole of [`LINGER`].
async fn until_unwanted(mut demands: Demands) {
    loop {
        demands.until(false).await;
        if timeout(LINGER, demands.until(true)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_is_patient_in_steps() {
        let delays = (1..=22).map(|failed| back_off(failed).as_secs());
        let expected = [1; 5].into_iter().chain([5; 5]).chain([10; 10]).chain([60; 2]);
        assert!(delays.eq(expected));
    }
}
