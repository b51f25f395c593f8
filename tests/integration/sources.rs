//! Sources end to end inside the program: a real RTSP server in, the hub's tracks out.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::Duration;

use marquee::config::{self, Certificate, Profile, Secret, Transport};
use marquee::hub::{ReadError, Reader, Source, Start};
use marquee::media::{Cause, Frame, Picture, State};
use marquee::pipeline;
use marquee::source::Running;
use marquee::watched::Latest;
use tokio::time::timeout;

use crate::rtsp::{RtspServer, free_port};

/// Far above what anything here takes, for a machine under load: waiting ends with the level, not with this.
const PATIENCE: Duration = Duration::from_secs(60);

fn profile() -> Profile {
    config::Config::default().test.expect("the defaults have a test picture").profile
}

fn camera(url: &str) -> config::Camera {
    pipeline::clock::init().expect("GStreamer is installed");
    config::Camera {
        id: "cam".to_owned(),
        name: "Camera".to_owned(),
        url: url.to_owned(),
        user: None,
        password: None,
        transport: Transport::Tcp,
        certificate: Certificate::OfAuthorities,
        sound: true,
        profile: profile(),
    }
}

async fn state(source: &Source, wanted: impl Fn(&State) -> bool) -> State {
    let mut status = source.status.subscribe();
    let reached = timeout(PATIENCE, status.wait_for(|status| wanted(&status.state))).await;
    reached.expect("the state is reached").expect("the source lives").state.clone()
}

async fn cause(source: &Source, wanted: Cause) {
    state(source, |state| state.loss().is_some_and(|loss| loss.cause == wanted)).await;
}

async fn frame(reader: &mut Reader) -> Frame {
    loop {
        match timeout(PATIENCE, reader.next()).await.expect("a frame comes") {
            Ok(frame) => return frame,
            Err(ReadError::Lagged { .. }) => {}
            Err(ReadError::Closed) => panic!("the track closed"),
        }
    }
}

async fn picture(source: &Source, wanted: impl Fn(&Picture) -> bool) -> Picture {
    let _want = source.pictures.want();
    let mut seen = 0;
    loop {
        let (number, picture) =
            timeout(PATIENCE, source.pictures.newer_than(seen)).await.expect("a picture comes");
        if wanted(&picture) {
            return picture;
        }
        seen = number;
    }
}

fn encodes(source: &Source) -> u64 {
    source.counters.encodes_started.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_picture_runs_only_while_somebody_watches() {
    pipeline::clock::init().expect("GStreamer is installed");
    let config = config::Config::default().test.expect("the defaults have a test picture");
    let running = Running::test(&config);
    let source = &running.source;
    assert_eq!(source.status.latest().state, State::Idle);
    assert_eq!(source.counters.frames_in.load(Ordering::Relaxed), 0);

    let mut video = source.video.join();
    let mut sound = source.audio.join();
    let first = frame(&mut video).await;
    assert!(first.key);
    let params = first.params.h264().expect("H.264").clone();
    assert_eq!((params.width, params.height), (config.width, config.height));
    let mut last = first;
    for _ in 0..60 {
        let next = frame(&mut video).await;
        assert!(next.decode_time > last.decode_time);
        last = next;
    }
    assert!(frame(&mut sound).await.params.opus().is_some());
    state(source, |state| *state == State::Live).await;
    assert!(!picture(source, |_| true).await.slate);

    drop((video, sound));
    state(source, |state| *state == State::Idle).await;
    let mut status = source.status.subscribe();
    let stopped = timeout(PATIENCE, status.wait_for(|status| status.encoding.is_none())).await;
    drop(stopped.expect("the encoder stops").expect("the source lives"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_h264_camera_passes_through_and_is_decoded_for_pictures_only() {
    let server = RtspServer::start(&["/cam=h264,1280x720,25,pcma"]);
    let running = Running::camera(&camera(&server.url("/cam")), program());
    let source = &running.source;
    state(source, |state| *state == State::Live).await;
    let mut video = source.video.read(Start::NewestKeyFrame);
    for _ in 0..30 {
        frame(&mut video).await;
    }
    let mut sound = source.audio.join();
    frame(&mut sound).await;
    assert_eq!(encodes(source), 0, "nothing is decoded or encoded for viewers of the camera's own H.264");
    let shown = picture(source, |picture| !picture.slate).await;
    assert_eq!((shown.width, shown.height), (1280, 720));
    assert_eq!(encodes(source), 1, "one decoder, for the picture");
    running.stop().await;
    while timeout(PATIENCE, video.next()).await.expect("the track ends").err() != Some(ReadError::Closed) {}
}

#[tokio::test(flavor = "multi_thread")]
async fn h265_and_mjpeg_cameras_are_transcoded() {
    let server = RtspServer::start(&["/h265=h265,640x360,25,aac", "/mjpeg=mjpeg,640x360,25,pcmu"]);
    for (path, codec) in [("/h265", "h265"), ("/mjpeg", "jpeg")] {
        let running = Running::camera(&camera(&server.url(path)), program());
        let source = &running.source;
        state(source, |state| *state == State::Live).await;
        assert_eq!(source.status.latest().input.expect("announced").codec, codec);
        assert_eq!(encodes(source), 0, "nobody watches");
        let (mut video, mut sound) = (source.video.join(), source.audio.join());
        for _ in 0..30 {
            frame(&mut video).await.params.h264().expect("H.264");
        }
        frame(&mut sound).await.params.opus().expect("Opus");
        picture(source, |picture| !picture.slate).await;
        running.stop().await;
    }
}

/// Readers of every kind stay, see the slate, and see the live picture again.
async fn survives(
    loss: Cause,
    config: &config::Camera,
    break_it: impl FnOnce(),
    mend_it: impl FnOnce() -> Option<RtspServer>,
) {
    let running = Running::camera(config, program());
    let source = &running.source;
    state(source, |state| *state == State::Live).await;
    let mut video = source.video.join();
    let mut last = frame(&mut video).await;
    break_it();
    cause(source, loss).await;
    picture(source, |picture| picture.slate).await;
    let mended = mend_it();
    state(source, |state| *state == State::Live).await;
    picture(source, |picture| !picture.slate).await;
    let written = source.video.written();
    while source.video.written() < written + 30 || video.behind() > 0 {
        let next = frame(&mut video).await;
        assert!(next.decode_time > last.decode_time, "time goes on across the loss");
        last = next;
    }
    running.stop().await;
    drop(mended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_camera_comes_back() {
    let server = RtspServer::start(&["/cam=h264,640x360,25"]);
    let (config, port) = (camera(&server.url("/cam")), server.port);
    let again = move || Some(RtspServer::start_at(port, &["/cam=h264,640x360,25"]));
    survives(Cause::NotAnswering, &config, || server.kill(), again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_camera_comes_back() {
    let server = RtspServer::start(&["/cam=h265,640x360,25"]);
    let config = camera(&server.url("/cam"));
    let go_on = || {
        server.go_on();
        None
    };
    survives(Cause::NoPicture, &config, || server.stall(), go_on).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn causes_at_start_are_named_and_end_by_themselves() {
    let port = free_port();
    let mut config = camera(&format!("rtsp://127.0.0.1:{port}/cam"));
    (config.user, config.password) = (Some("viewer".to_owned()), Some(Secret::new("p@ss/word: \"x\"")));
    let running = Running::camera(&config, program());
    let source = &running.source;
    let mut video = source.video.join();
    cause(source, Cause::NotAnswering).await;
    assert!(frame(&mut video).await.key, "the slate is a stream like any other");
    let server = RtspServer::start_at(
        port,
        &["--user", "viewer", "--password", "p@ss/word: \"x\"", "/cam=h264,640x360,25"],
    );
    state(source, |state| *state == State::Live).await;
    running.stop().await;

    config.password = Some(Secret::new("wrong"));
    let running = Running::camera(&config, program());
    cause(&running.source, Cause::Unauthorized).await;
    running.stop().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_video_is_named() {
    let server = RtspServer::start(&["/cam=h264", "/sound=none,pcma"]);
    for path in ["/nothing-there", "/sound"] {
        let running = Running::camera(&camera(&server.url(path)), program());
        cause(&running.source, Cause::NotVideo).await;
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_accepts_and_says_nothing_is_named() {
    let server = RtspServer::start(&["/cam=h264,640x360,25"]);
    server.freeze();
    let running = Running::camera(&camera(&server.url("/cam")), program());
    cause(&running.source, Cause::NotAnswering).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_over_udp_is_live() {
    let server = RtspServer::start(&["/cam=h264,640x360,25"]);
    let mut config = camera(&server.url("/cam"));
    config.transport = Transport::Udp;
    let running = Running::camera(&config, program());
    state(&running.source, |state| *state == State::Live).await;
    running.stop().await;
}

/// That reads cameras.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_marquee"))
}
