//! A camera, read in a process of its own: whatever it sends, it gets no further than that. Coded pictures and sound go onto
//! standard output (`pipeline::carry`). What to connect to comes by standard input, whose end ends this.

use std::io::{self, BufWriter};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;

use super::limits::{self, Limits};
use super::sandbox;
use crate::pipeline::carry::Carrier;
use crate::pipeline::order::Order;
use crate::pipeline::rtsp::{self as pipeline, Halves, Packets, Samples};
use crate::pipeline::{Ended, clock};
use crate::rtsp;

/// Of addresses: some twenty threads and GStreamer take a quarter. An answer without end reaches this, not the box's own.
const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// Nothing is written but what GStreamer compiles.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Reads until the camera ends, or whoever wants it. True: it was told to end.
pub fn run(scratch: &Path) -> bool {
    let Some(order) = Order::read(&mut io::stdin().lock()) else { return false };
    limits::take(Limits {
        nice: limits::NICE_LIVE,
        memory_bytes: MEMORY_BYTES_MAX,
        cpu_s: None,
        file_bytes: FILE_BYTES_MAX,
    });
    // A picture is a few pieces, not a hundred.
    let to = Arc::new(Carrier::new(BufWriter::with_capacity(256 << 10, io::stdout())));
    match read(&order, scratch, &to) {
        Ok(()) => true,
        Err(ended) => {
            to.end(&ended);
            false
        }
    }
}

fn read(order: &Order, scratch: &Path, to: &Arc<Carrier<BufWriter<io::Stdout>>>) -> Result<(), Ended> {
    let failed = |error: &dyn std::fmt::Display| Ended::Failed(error.to_string());
    // Before it is confined: GStreamer may have to write its list of plug-ins.
    clock::init_at(order.base_ns).map_err(|error| failed(&error))?;
    let openings = sandbox::Openings { input: None, folders: &[scratch], encoder: false, network: true };
    log::debug!("confined by {}", sandbox::enter(&openings));
    let samples: Arc<dyn Samples> = Arc::<Carrier<_>>::clone(to);
    let (mut halves, packets) = pipeline::halves(order.sound, &samples).map_err(|error| failed(&error))?;
    halves.video.start()?;
    halves.sound.start()?;
    to.asks();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let outcome = runtime.block_on(async {
        let asking = ask(order, packets);
        tokio::select! {
            ended = asking => ended,
            ended = until_ended(&mut halves, to) => Err(ended),
        }
    });
    // What a pipeline or a camera holds up ends with this process.
    runtime.shutdown_background();
    outcome
}

/// Talks to the camera on a thread of its own, until it ends or standard input does.
async fn ask(order: &Order, mut packets: Packets) -> Result<(), Ended> {
    let (url, user, password) = (order.url.clone(), order.user.clone(), order.password.clone());
    let (tcp, trust) = (order.tcp, order.trust.clone());
    let over = tokio::task::spawn_blocking(move || {
        let settings =
            rtsp::Settings { url: &url, user: user.as_deref(), password: password.as_deref(), tcp, trust };
        rtsp::run(&settings, &mut packets, io::stdin().as_fd())
    });
    match over.await {
        Ok(rtsp::Error::Stopped) => Ok(()),
        Ok(error) => Err(error.into()),
        Err(error) => Err(Ended::Failed(error.to_string())),
    }
}

/// Sound that fails is told, and leaves the pictures alone.
async fn until_ended(halves: &mut Halves, to: &Carrier<BufWriter<io::Stdout>>) -> Ended {
    let Halves { video, sound } = halves;
    tokio::select! {
        ended = video.ended() => return ended,
        ended = sound.ended() => {
            to.note(&format!("the camera's sound can't be read ({ended}): its pictures are shown without"));
        }
    }
    video.ended().await
}
