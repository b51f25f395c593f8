//! Lets the heartbeats of the parts beat while they are well, and stop where one is stuck; feeds the watchdog while
//! none is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::init;
use crate::hub::{Busy, Registry, Source};
use crate::pipeline::clock;
use crate::rtc::Engine;
use crate::task::Stop;
use crate::telemetry::health::{Beat, Heartbeats};

/// How often the parts are looked at.
const PERIOD: Duration = Duration::from_secs(2);
/// A part is reported as stuck this long after its last beat.
const SILENCE_MAX: Duration = Duration::from_secs(10);
/// The WebRTC thread comes round every half second.
const ENGINE_SILENCE_MAX: Duration = Duration::from_secs(3);
/// Opening or stopping a device ends in time-outs of its own, all of them shorter.
const BUSY_MAX: Duration = Duration::from_secs(30);

/// Runs until told to stop.
pub(super) async fn run(heartbeats: Heartbeats, engine: Engine, sources: Registry, mut stop: Stop) {
    let beat = |name: String| heartbeats.register(name, SILENCE_MAX, Instant::now());
    let webrtc = beat("webrtc".to_owned());
    let mut fed = init::watchdog_period().map(|period| (Instant::now(), period));
    let mut beats: Vec<(Arc<Source>, Beat)> = Vec::new();
    loop {
        let list = sources.list();
        let gone =
            |(source, _): &mut (Arc<Source>, Beat)| !list.iter().any(|listed| Arc::ptr_eq(listed, source));
        beats.extract_if(.., gone).for_each(|(_, beat)| beat.retire());
        for source in &list {
            if !beats.iter().any(|(known, _)| Arc::ptr_eq(known, source)) {
                beats.push((Arc::clone(source), beat(format!("source {}", source.id))));
            }
        }
        // One that could not start is told as missing, and tried again: nobody is stuck.
        if engine.heartbeat_age().is_none_or(|age| age < ENGINE_SILENCE_MAX) {
            webrtc.tick(Instant::now());
        }
        for (source, beat) in beats.iter().filter(|(source, _)| is_well(source)) {
            log::trace!("{}: well", source.id);
            beat.tick(Instant::now());
        }
        if fed.is_some_and(|(last, period)| last.elapsed() >= period) {
            init::feed_watchdog(&heartbeats);
            fed = fed.map(|(_, period)| (Instant::now(), period));
        }
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => {}
            () = stop.stopped() => break,
        }
    }
    webrtc.retire();
    beats.into_iter().for_each(|(_, beat)| beat.retire());
}

fn is_well(source: &Source) -> bool {
    let stuck = |busy: &Busy| busy.since().is_some_and(|since| clock::now().since(since) > BUSY_MAX);
    !stuck(&source.supervisor) && !stuck(&source.reconciler)
}
