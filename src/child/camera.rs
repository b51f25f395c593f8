//! A camera, read in a process of its own: whatever it sends, it gets no further than that. Coded pictures and sound go onto
//! standard output (`pipeline::carry`). What to connect to comes by standard input, whose end ends this.

use std::io::{self, BufWriter};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::limits::{self, Limits};
use super::sandbox;
use crate::pipeline::carry::Carrier;
use crate::pipeline::order::Order;
use crate::pipeline::rtsp::{self, RtspSettings, Samples};
use crate::pipeline::{Ended, clock};

/// Of addresses: some twenty threads and GStreamer take a quarter. An answer without end reaches this, not the box's own.
const MEMORY_BYTES_MAX: u64 = 1 << 30;
/// For the camera to be told that nobody watches any more; less than whoever started this waits.
const FAREWELL_MAX: Duration = Duration::from_secs(1);
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
    let settings = RtspSettings {
        url: &order.url,
        user: order.user.as_deref(),
        password: order.password.as_deref(),
        tcp: order.tcp,
        sound: order.sound,
    };
    let samples: Arc<dyn Samples> = Arc::<Carrier<_>>::clone(to);
    let mut half = rtsp::half(&settings, &samples).map_err(|error| failed(&error))?;
    to.asks();
    half.start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| failed(&error))?;
    let outcome = runtime.block_on(async {
        let told = tokio::task::spawn_blocking(|| {
            // Nothing more is said: its end is what is waited for.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        });
        let outcome = tokio::select! {
            ended = half.ended() => Err(ended),
            _ = told => Ok(()),
        };
        // One that the camera holds up ends with this process.
        if tokio::time::timeout(FAREWELL_MAX, half.stop()).await.is_err() {
            log::warn!("the camera does not let go of its connection");
        }
        outcome
    });
    runtime.shutdown_background();
    outcome
}
