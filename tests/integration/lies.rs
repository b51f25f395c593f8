//! Cameras that are not what they say: whatever they send, the program goes on, and nobody else is disturbed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::program::{PATIENCE, Program};
use crate::viewers::{more_by_whep, watch_whep};

/// Of each camera. Streams end in their first moments, while other threads are about to start what belongs to them: a race,
/// which was lost within some twenty attempts.
const ATTEMPTS: u64 = 10;
const CAMERAS: usize = 4;

/// A camera that tells lies of `tests/long/lies.py`.
struct Liar {
    child: Child,
    port: u16,
}

impl Liar {
    fn start(lies: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/long/tell.py");
        let mut child = Command::new("/usr/bin/python3")
            .arg(script)
            .args(lies)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("scripts/test installs python3");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let port = line.trim().strip_prefix("ready ").and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("the camera said {line:?}")) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        // Already gone if it failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Each camera is connected again and again while somebody watches another source, and sees every picture of it.
async fn is_survived(lies: &[&str]) {
    let liar = Liar::start(lies);
    let section = |number| {
        format!("[[camera]]\nid = \"liar{number}\"\nurl = \"rtsp://127.0.0.1:{}/{number}\"\n", liar.port)
    };
    let cameras: String = (0..CAMERAS).map(section).collect();
    let program = Program::start(&format!(
        "[web]\nwebrtc_port = 0\n[test]\nenabled = true\nsize = \"320x180\"\n{cameras}"
    ));
    let (mut viewer, _) = watch_whep(&program, "test").await;
    let begun = Instant::now();
    let mut fewest = 0;
    while fewest < ATTEMPTS {
        assert!(begun.elapsed() < PATIENCE, "one was connected {fewest} times");
        fewest = u64::MAX;
        for number in 0..CAMERAS {
            let path = format!("/api/sources/liar{number}/restart");
            let answer = program.attempt("POST", &path, &[], "").await;
            let answer = answer.unwrap_or_else(|| panic!("the program ended after {fewest} attempts"));
            assert!(answer.status < 300, "{}", answer.status);
            let source = program.source(&format!("liar{number}")).await;
            fewest = fewest.min(source["counters"]["attempts"].as_u64().expect("a number"));
        }
        more_by_whep(&mut viewer, 5).await;
    }
    assert_eq!(viewer.received.video.lost(), 0);
    program.signal("TERM");
    assert_eq!(program.ended().await.code(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_says_h265_and_sends_h264_ends_nothing_slow() {
    is_survived(&["SaysH265SendsH264"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_begins_with_packets_nobody_supports_ends_nothing() {
    is_survived(&["Paci"]).await;
}

/// GStreamer's connection can't be cancelled within a message: in this process, each attempt would go on for ever, and its
/// memory grow.
#[tokio::test(flavor = "multi_thread")]
async fn a_camera_whose_answer_never_ends_holds_nothing_up_slow() {
    is_survived(&["EndlessHeaders", "EndlessLine", "EndlessDescription"]).await;
}

/// It ends the process that reads it.
#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_makes_gstreamer_crash_ends_its_own_reader_alone() {
    is_survived(&["ChallengesWithNothing"]).await;
}
