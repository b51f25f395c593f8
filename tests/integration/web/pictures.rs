//! Snapshots and MJPEG over HTTP.

use marquee::hub::{Status, ViewerKind};
use marquee::media::{Cause, Loss, State};
use marquee::pipeline::RawPicture;
use tokio::time::timeout;

use super::{PATIENCE, Server, fed};

fn raw(shade: u8) -> marquee::media::Picture {
    let pixels = vec![shade; 64 * 64 * 4];
    RawPicture::from_rgba(64, 64, pixels, marquee::media::MediaTime::default()).into_picture(false)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_has_a_tag_and_is_not_sent_twice() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let _wanted = door.source.pictures.want();
    door.show(b"first file", false);
    let first = server.ask("GET /live/door/frame.jpg").await;
    assert_eq!((first.status, &first.body[..]), (200, &b"first file"[..]));
    assert_eq!(first.header("content-type"), Some("image/jpeg"));
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    assert_eq!(first.header("marquee-picture"), Some("live"));
    assert_eq!(first.header("access-control-allow-origin"), None, "nobody asked");
    let etag = first.header("etag").expect("an ETag").to_owned();
    let ask = format!("GET /live/door/frame.jpg?cache=outwitted\nIf-None-Match: \"x\", {etag}");
    assert_eq!(server.ask(&ask).await.status, 304);
    door.show(b"second file", false);
    assert_eq!(server.ask(&ask).await.body, b"second file");
    assert_eq!(door.source.viewers.count(ViewerKind::Jpeg), 1, "one address, however often it asks");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quality_is_encoded_and_a_bad_one_named() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let _wanted = door.source.pictures.want();
    door.source.pictures.set(raw(100));
    for path in ["frame.jpg", "frame.jpg?quality=1", "frame.jpg?quality=100"] {
        let jpeg = server.ask(&format!("GET /live/door/{path}")).await;
        assert!(jpeg.status == 200 && jpeg.body.starts_with(&[0xff, 0xd8]), "{path}: {}", jpeg.status);
    }
    for quality in ["0", "101", "high", "", "-5", "+5", "5.5", "99999999999"] {
        for path in ["frame.jpg", "mjpeg"] {
            let problem = server.ask(&format!("GET /live/door/{path}?quality={quality}")).await.problem(400);
            assert_eq!(problem["parameter"], "quality", "{quality}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slate_says_so_and_why() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let _wanted = door.source.pictures.want();
    door.source.status.send_replace(Status::new(State::Lost(Loss::new(Cause::NoSignal, ""))));
    door.show(b"slate", true);
    let jpeg = server.ask("GET /live/door/frame.jpg").await;
    assert_eq!(jpeg.header("marquee-picture"), Some("slate"));
    assert_eq!(jpeg.header("marquee-cause"), Some("no_signal"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_picture_one_is_told_to_come_again() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let answer = server.ask("GET /live/door/frame.jpg").await;
    assert!(answer.header("retry-after").is_some());
    answer.problem(503);
    let answer = server.ask("GET /live/door/mjpeg").await;
    answer.problem(503);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mjpeg_is_one_picture_after_the_other_with_an_end() {
    let door = fed("door");
    let server = Server::start(vec![door.source()]).await;
    let mut viewer = server.connect().await;
    viewer.send("GET /live/door/mjpeg", b"").await;
    timeout(PATIENCE, async {
        let mut demand = door.source.pictures.demand().watch();
        demand.wait_for(|count| *count > 0).await.expect("the slot is there");
    })
    .await
    .expect("pictures are wanted");
    door.show(b"one", false);
    let head = viewer.head().await;
    assert_eq!(head.header("content-type"), Some("multipart/x-mixed-replace; boundary=marquee-picture"));
    assert_eq!(head.header("marquee-picture"), Some("live"));
    viewer.line_with("Content-Length: 3").await;
    viewer.line_with("one").await;
    viewer.line_with("--marquee-picture").await;
    assert_eq!(door.source.viewers.count(ViewerKind::Mjpeg), 1);
    door.show(b"three", true);
    viewer.line_with("marquee-picture: slate").await;
    viewer.line_with("Content-Length: 5").await;
    viewer.line_with("three").await;
    server.stop.send_replace(true);
    viewer.line_with("--marquee-picture--").await;
    server.stop().await;
    assert_eq!(door.source.viewers.count(ViewerKind::Mjpeg), 0);
}
