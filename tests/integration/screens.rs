//! Screens as a person sees them: windows on a desktop that exists in memory only, and pictures taken of it.

use std::time::Duration;

use crate::desktop::{Desktop, HEIGHT, Picture, WIDTH};
use crate::program::{PATIENCE, Program};
use crate::rtsp::RtspServer;

async fn shows(program: &Program, wanted: &str) {
    let reached = async {
        while program.json("/api/status").await["screens"][0]["shows"] != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{wanted} never was on"));
}

fn config(show: &str, camera: &str) -> String {
    format!(
        "[web]\nwebrtc_port = 0\n[test]\nenabled = true\n[[camera]]\nid = 'cam'\nurl = '{camera}'\n[[screen]]\n{show}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_splash_then_the_source_and_another_one_without_a_restart_slow() {
    let server = RtspServer::start(&["/cam=mjpeg,640x360,25"]);
    let (desktop, camera) = (Desktop::start(), server.url("/cam"));
    let program = desktop.program(&config("show = 'test'", &camera));
    let splash = desktop.until("a QR code", |picture| picture.qr_code().is_some()).await;
    assert_eq!(splash.qr_code(), Some(format!("http://{}/", program.address)));
    desktop.shows_test_picture().await;
    shows(&program, "test").await;
    let screens = program.json("/api/status").await["screens"].clone();
    let expected = serde_json::json!([
        {"connector": "hdmi-1", "connected": true, "shows": "test", "width": WIDTH, "height": HEIGHT}
    ]);
    assert_eq!(screens, expected);
    assert_eq!(
        program.source("test").await["counters"]["encodes_started"],
        0,
        "raw pictures are shown, not encoded"
    );

    // A camera's JPEG files, decoded for the screen alone.
    std::fs::write(program.config_file(), config("show = 'cam'", &camera)).expect("written");
    desktop.until("the camera", Picture::is_camera).await;
    shows(&program, "cam").await;

    // Mistakes in the file come up on the screen, and go again.
    std::fs::write(program.config_file(), config("show = 'nothing'", &camera)).expect("written");
    desktop.until("the splash with the mistakes", |picture| picture.qr_code().is_some()).await;
    desktop.until("the camera again", Picture::is_camera).await;

    // Without `show`: the splash, and nobody wants the camera's pictures.
    std::fs::write(program.config_file(), config("", &camera)).expect("written");
    desktop.until("the splash", |picture| picture.qr_code().is_some()).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_without_a_picture_shows_its_slate() {
    let desktop = Desktop::start();
    let config = config("show = 'cam'", "rtsp://127.0.0.1:1/nothing");
    let program = desktop.program(&config);
    shows(&program, "cam").await;
    // Text on the plain ground of a slate.
    let slate = |picture: &Picture| picture.at(2, 2) == [0x14, 0x17, 0x1c] && picture.qr_code().is_none();
    desktop.until("the slate", slate).await;
}
