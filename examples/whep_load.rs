//! Many WHEP viewers at once: `whep_load URL VIEWERS SECONDS`.
//!
//! Each joins by HTTP as a browser would, receives for SECONDS, decodes nothing, and leaves. Prints one line per viewer
//! that lost something or failed, to stderr, and one line of JSON for all, to stdout. Fails if a viewer could not join.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

use std::process::ExitCode;
use std::time::Duration;

use hyper::Uri;
use tokio::task::JoinSet;
use whep_client::{Habits, Received};

#[path = "../tests/support/whep_client.rs"]
mod whep_client;
#[path = "../tests/support/whep_http.rs"]
mod whep_http;

/// Between two joins: a crowd, but one that came through a door.
const JOIN_PAUSE: Duration = Duration::from_millis(5);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((endpoint, viewers, time)) = read(&arguments) else {
        eprintln!("usage: whep_load URL VIEWERS SECONDS");
        return ExitCode::from(2);
    };
    let mut watching = JoinSet::new();
    for _ in 0..viewers {
        watching.spawn(watch(endpoint.clone(), time));
        tokio::time::sleep(JOIN_PAUSE).await;
    }
    let outcomes = watching.join_all().await;
    let mut seen = Vec::new();
    for (index, outcome) in outcomes.into_iter().enumerate() {
        match outcome {
            Ok(received) => seen.push(received),
            Err(error) => eprintln!("viewer {index}: {error}"),
        }
    }
    println!("{}", summary(viewers, time, &seen));
    if seen.len() == viewers { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(arguments: &[String]) -> Option<(Uri, usize, Duration)> {
    let [endpoint, viewers, seconds] = arguments else { return None };
    Some((endpoint.parse().ok()?, viewers.parse().ok()?, Duration::from_secs(seconds.parse().ok()?)))
}

async fn watch(endpoint: Uri, time: Duration) -> std::io::Result<Received> {
    let (mut viewer, session) = whep_http::join(&endpoint, Habits::default()).await?;
    viewer.watch(time, |_| false).await?;
    let received = std::mem::take(&mut viewer.received);
    if received.video.lost() > 0 {
        eprintln!("lost {} of {} packets", received.video.lost(), received.video.packets);
    }
    whep_http::leave(&session).await?;
    Ok(received)
}

fn summary(viewers: usize, time: Duration, seen: &[Received]) -> serde_json::Value {
    let sum = |of: fn(&Received) -> u64| seen.iter().map(of).sum::<u64>();
    let frames: Vec<u64> = seen.iter().map(|received| received.video.frames).collect();
    let mut first_frames: Vec<Duration> =
        seen.iter().filter_map(|received| received.first_frame_after).collect();
    first_frames.sort_unstable();
    let first_frame_ms =
        |place: usize| first_frames.get(place).map(|after| (after.as_secs_f64() * 1000.0).round());
    let bits = 8.0 * sum(|received| received.video.bytes + received.audio.bytes) as f64;
    serde_json::json!({
        "viewers": viewers,
        "joined": seen.len(),
        "connected": seen.iter().filter(|received| received.connected_after.is_some()).count(),
        "closed": seen.iter().filter(|received| received.closed).count(),
        "seconds": time.as_secs(),
        "frames": { "min": frames.iter().min(), "max": frames.iter().max(), "total": frames.iter().sum::<u64>() },
        "packets": { "video": sum(|received| received.video.packets), "audio": sum(|received| received.audio.packets) },
        "lost": { "video": sum(|received| received.video.lost()), "audio": sum(|received| received.audio.lost()) },
        "kbit_per_s_per_viewer": (bits / 1000.0 / time.as_secs_f64() / seen.len().max(1) as f64).round(),
        "first_frame_ms": {
            "median": first_frame_ms(first_frames.len() / 2),
            "max": first_frame_ms(first_frames.len().saturating_sub(1)),
        },
    })
}
