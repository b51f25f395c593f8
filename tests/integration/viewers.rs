//! The whole program with foreign cameras in and viewers of every kind out.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::program::{Answer, PATIENCE, Program};
use crate::rtsp::{RtspServer, free_port};
use crate::whep_client::{Habits, Viewer};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn camera(id: &str, url: &str) -> String {
    format!("[[camera]]\nid = \"{id}\"\nurl = \"{url}\"\n")
}

fn config(cameras: &[String]) -> String {
    format!("[web]\nwebrtc_port = 0\n{}", cameras.concat())
}

pub(crate) async fn watch_whep(program: &Program, source: &str) -> (Viewer, String) {
    let (mut viewer, offer) = Viewer::new(LOOPBACK, Habits::default()).await.expect("a socket");
    let headers = [("content-type", "application/sdp")];
    let answer = program.send("POST", &format!("/live/{source}/whep"), &headers, &offer).await;
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    viewer.accept(std::str::from_utf8(&answer.body).expect("text")).expect("an answer");
    (viewer, answer.header("location").to_owned())
}

/// Watches until `more` pictures have come.
pub(crate) async fn more_by_whep(viewer: &mut Viewer, more: u64) {
    let wanted = viewer.received.video.frames + more;
    let seen = viewer.watch(PATIENCE, |received| received.video.frames >= wanted).await.expect("a socket");
    assert!(seen, "the viewer was closed or left alone: {:?}", viewer.received);
}

pub(crate) type Socket = WebSocketStream<TcpStream>;

pub(crate) async fn watch_mse(program: &Program, source: &str) -> Socket {
    let stream = TcpStream::connect(program.address).await.expect("connected");
    let url = format!("ws://{}/live/{source}/mse", program.address);
    tokio_tungstenite::client_async(url, stream).await.expect("a WebSocket").0
}

/// Reads until `more` fragments have come; the texts that came between.
pub(crate) async fn more_by_mse(socket: &mut Socket, more: usize) -> Vec<Value> {
    let (mut texts, mut fragments) = (Vec::new(), 0);
    while fragments < more {
        let message = tokio::time::timeout(PATIENCE, socket.next()).await.expect("it goes on");
        match message.expect("it stays open").expect("it is well formed") {
            Message::Text(text) => texts.push(serde_json::from_str(&text).expect("JSON")),
            Message::Binary(_) => fragments += 1,
            _ => {}
        }
    }
    texts
}

async fn snapshot(program: &Program, source: &str) -> Answer {
    let answer = program.get(&format!("/live/{source}/frame.jpg")).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(&answer.body[..2], [0xff, 0xd8], "a JPEG begins so");
    answer
}

/// Fetches pictures until one is a slate, or is not.
async fn until_snapshot(program: &Program, source: &str, kind: &str) -> Answer {
    let waiting = async {
        loop {
            let answer = snapshot(program, source).await;
            if answer.header("marquee-picture") == kind {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("no picture is a {kind}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn five_cameras_are_live_and_untouched_until_somebody_looks() {
    let paths: Vec<String> = (0..5).map(|number| format!("/cam{number}=h264,1280x720,25,pcma")).collect();
    let server = RtspServer::start(&paths.iter().map(String::as_str).collect::<Vec<_>>());
    let cameras = (0..5).map(|number| camera(&format!("cam{number}"), &server.url(&format!("/cam{number}"))));
    let program = Program::start(&config(&cameras.collect::<Vec<_>>()));
    let ids: Vec<String> = (0..5).map(|number| format!("cam{number}")).collect();
    for id in &ids {
        let source = program.until_live(id).await;
        assert_eq!(source["input"]["width"], 1280);
    }
    for id in &ids {
        let source = program.until(id, |source| source["counters"]["frames_in"].as_u64() > Some(50)).await;
        assert_eq!(source["counters"]["encodes_started"], 0, "nobody looks: {source}");
    }
    for id in &ids {
        let first = until_snapshot(&program, id, "live").await;
        let waiting = async {
            loop {
                let next = snapshot(&program, id).await;
                if next.header("etag") != first.header("etag") {
                    return next;
                }
            }
        };
        let next = tokio::time::timeout(PATIENCE, waiting).await.expect("each picture is a fresh one");
        assert_ne!(first.body, next.body);
        assert_eq!(program.source(id).await["counters"]["encodes_started"], 1, "one decoder");
    }
    let status = program.json("/api/status").await;
    assert_eq!(status["sources"]["live"], 5);
}

/// Viewers of three kinds watch while `break_it` and `mend_it` happen; none is closed, all see it.
async fn all_viewers_stay(program: &Program, cause: &str, break_it: impl FnOnce(), mend_it: impl FnOnce()) {
    program.until_live("cam").await;
    let (mut whep, _) = watch_whep(program, "cam").await;
    let mut mse = watch_mse(program, "cam").await;
    more_by_whep(&mut whep, 20).await;
    more_by_mse(&mut mse, 20).await;
    until_snapshot(program, "cam", "live").await;
    break_it();
    let source = program.until("cam", |source| source["state"] == "lost").await;
    assert_eq!(source["cause"]["code"], cause, "{source}");
    // It names the cause once the attempts have failed; one that has just begun has none yet.
    let named =
        async { while until_snapshot(program, "cam", "slate").await.header("marquee-cause") != cause {} };
    tokio::time::timeout(PATIENCE, named).await.expect("the slate names the cause");
    // The slate is one encoder more; both kinds of viewers are fed by it, on the connections they have.
    more_by_whep(&mut whep, 10).await;
    more_by_mse(&mut mse, 10).await;
    mend_it();
    program.until_live("cam").await;
    until_snapshot(program, "cam", "live").await;
    more_by_whep(&mut whep, 30).await;
    more_by_mse(&mut mse, 30).await;
    assert_eq!(program.source("cam").await["viewers"]["whep"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_stay_while_a_camera_is_killed_and_comes_back() {
    const CAMERA: &str = "/cam=h264,640x360,25,pcma";
    let server = RtspServer::start(&[CAMERA]);
    let (port, url) = (server.port, server.url("/cam"));
    let program = Program::start(&config(&[camera("cam", &url)]));
    let mut again = None;
    all_viewers_stay(
        &program,
        "not_answering",
        || server.kill(),
        || {
            again = Some(RtspServer::start_at(port, &[CAMERA]));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_stay_while_a_camera_sends_nothing() {
    let server = RtspServer::start(&["/cam=h264,640x360,25"]);
    let program = Program::start(&config(&[camera("cam", &server.url("/cam"))]));
    all_viewers_stay(&program, "no_picture", || server.stall(), || server.go_on()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_may_come_before_the_camera_and_a_password_may_be_put_right() {
    let port = free_port();
    let camera = |password: &str| {
        let camera = camera("cam", &format!("rtsp://127.0.0.1:{port}/cam"));
        config(&[format!("{camera}user = \"viewer\"\npassword = \"{password}\"\n")])
    };
    let program = Program::start(&camera("wrong"));
    let (mut whep, _) = watch_whep(&program, "cam").await;
    more_by_whep(&mut whep, 5).await;
    program.until("cam", |source| source["cause"]["code"] == "not_answering").await;
    let _server =
        RtspServer::start_at(port, &["--user", "viewer", "--password", "right", "/cam=h264,640x360,25"]);
    program.until("cam", |source| source["cause"]["code"] == "unauthorized").await;
    more_by_whep(&mut whep, 5).await;

    // The file is put right while it runs: the source starts over with it.
    std::fs::write(program.config_file(), camera("right")).expect("written");
    program.until_live("cam").await;
    let (mut whep, location) = watch_whep(&program, "cam").await;
    more_by_whep(&mut whep, 20).await;
    assert_eq!(program.send("DELETE", &location, &[], "").await.status, 200);
    program.until("cam", |source| source["viewers"]["whep"] == 0).await;
    let logs = program.get("/api/logs?lines=1000").await;
    assert!(!String::from_utf8_lossy(&logs.body).contains("right"), "no password in the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_viewers_share_one_encoder_and_lose_nothing() {
    const VIEWERS: usize = 50;
    const FRAMES: u64 = 100;
    let program = Program::start("[web]\nwebrtc_port = 0\n[test]\nsize = \"640x360\"\n");
    let mut viewers = Vec::new();
    for _ in 0..VIEWERS {
        let (mut viewer, _) = watch_whep(&program, "test").await;
        viewers.push(tokio::spawn(async move {
            more_by_whep(&mut viewer, FRAMES).await;
            viewer
        }));
    }
    for viewer in viewers {
        let viewer = viewer.await.expect("joined");
        assert_eq!((viewer.received.video.lost(), viewer.received.audio.lost()), (0, 0));
    }
    let source = program.source("test").await;
    assert_eq!(source["counters"]["encodes_started"], 1, "{source}");
    assert_eq!(source["drops"]["readers"], 0, "{source}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_file_restarts_only_what_changed_and_a_bad_one_changes_nothing() {
    let server = RtspServer::start(&["/a=h264,640x360,25", "/b=h264,640x360,25"]);
    let (a, b) = (camera("a", &server.url("/a")), camera("b", &server.url("/b")));
    let program = Program::start(&config(&[a.clone(), b.clone()]));
    program.until_live("a").await;
    program.until_live("b").await;

    std::fs::write(
        program.config_file(),
        config(&[a.clone(), b.replace("camera]]", "camera]]\ncolour = 3")]),
    )
    .expect("written");
    until_mistakes(&program, 1).await;
    assert_eq!(program.source("b").await["state"], "live");

    std::fs::write(program.config_file(), config(&[a, camera("b", &server.url("/a"))])).expect("written");
    program
        .until("b", |source| {
            source["counters"]["attempts"] == 1 && source["counters"]["frames_in"].as_u64() < Some(20)
        })
        .await;
    program.until_live("b").await;
    assert_eq!(program.source("a").await["counters"]["attempts"], 1, "untouched");
    until_mistakes(&program, 0).await;
}

/// Waits until the status tells so many mistakes of the configuration.
async fn until_mistakes(program: &Program, count: usize) {
    let told = async {
        while program.json("/api/status").await["config"]["errors"].as_array().map(Vec::len) != Some(count) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, told).await.expect("the mistakes are told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_it_in_order_and_viewers_are_told() {
    let program = Program::start("[web]\nwebrtc_port = 0\n[test]\nsize = \"640x360\"\n");
    let (mut whep, _) = watch_whep(&program, "test").await;
    let mut mse = watch_mse(&program, "test").await;
    more_by_whep(&mut whep, 5).await;
    more_by_mse(&mut mse, 5).await;
    program.signal("TERM");
    let mut told = false;
    while let Ok(Some(Ok(message))) = tokio::time::timeout(PATIENCE, mse.next()).await {
        told |= message.to_text().is_ok_and(|text| text.contains("\"end\""));
    }
    assert!(told, "an MSE viewer is told that it is the end");
    whep.watch(PATIENCE, |_| false).await.expect("a socket");
    assert!(whep.received.closed, "a WebRTC viewer is told, too");
    assert_eq!(program.ended().await.code(), Some(0));
}

/// What an encoder held of memory comes back when nobody watches any more, however often that happens.
#[tokio::test(flavor = "multi_thread")]
async fn memory_comes_back_after_each_encoder_slow() {
    const ROUNDS: usize = 4;
    let program = Program::start("[web]\nwebrtc_port = 0\n[test]\nenabled = true\n");
    let mut held = Vec::new();
    for _ in 0..ROUNDS {
        let mut viewer = watch_mse(&program, "test").await;
        more_by_mse(&mut viewer, 30).await;
        drop(viewer);
        program.until("test", |source| source["state"] == "idle" && source["video"].is_null()).await;
        held.push(program.own_memory() >> 10);
    }
    assert!(held[ROUNDS - 1] < 2 * held[0], "kB after each: {held:?}");
}
