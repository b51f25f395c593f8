//! Screens as a person sees them: windows on a desktop that exists in memory only, and pictures taken of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::program::{PATIENCE, Program};
use crate::rtsp::RtspServer;

const WIDTH: usize = 1280;
const HEIGHT: usize = 720;

/// A desktop of the size of one screen.
pub(crate) struct Desktop {
    child: Child,
    display: String,
}

/// What is on it: 8-bit RGB, rows without padding.
struct Picture(Vec<u8>);

impl Desktop {
    pub(crate) fn start() -> Self {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{WIDTH}x{HEIGHT}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/test installs xvfb");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
        Self { child, display: format!(":{}", line.trim()) }
    }

    fn program(&self, config: &str) -> Program {
        // Whatever sound card the machine has is not for tests.
        self.program_with(config, |command| {
            command.env("ALSA_CONFIG_PATH", "/dev/null");
        })
    }

    pub(crate) fn program_with(&self, config: &str, more: impl FnOnce(&mut Command)) -> Program {
        Program::start_with(config, |command| {
            more(command.arg("--window").env("DISPLAY", &self.display).env_remove("WAYLAND_DISPLAY"));
        })
    }

    /// Waits for the test picture, and until it has moved.
    pub(crate) async fn shows_test_picture(&self) {
        let first = self.until("the test picture", Picture::is_test_picture).await;
        self.until("it moving", |picture| picture.is_test_picture() && picture.0 != first.0).await;
    }

    async fn picture(&self) -> Picture {
        let mut import = Command::new("import");
        import.env("DISPLAY", &self.display).args(["-silent", "-window", "root", "-depth", "8", "rgb:-"]);
        let taken = tokio::task::spawn_blocking(move || import.output()).await.expect("joined");
        let taken = taken.expect("scripts/test installs imagemagick");
        assert_eq!(taken.stdout.len(), WIDTH * HEIGHT * 3, "{}", String::from_utf8_lossy(&taken.stderr));
        Picture(taken.stdout)
    }

    /// Takes pictures until one is as wanted.
    async fn until(&self, what: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let looking = async {
            loop {
                let picture = self.picture().await;
                if wanted(&picture) {
                    return picture;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(picture) => picture,
            Err(_) => panic!("the screen never showed {what}"),
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Picture {
    /// At so many hundredths of width and height.
    fn at(&self, across: usize, down: usize) -> [u8; 3] {
        let index = (HEIGHT * down / 100 * WIDTH + WIDTH * across / 100) * 3;
        [self.0[index], self.0[index + 1], self.0[index + 2]]
    }

    fn qr_code(&self) -> Option<String> {
        let grey = |x: usize, y: usize| self.0[(y * WIDTH + x) * 3 + 1];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(WIDTH, HEIGHT, grey);
        image.detect_grids().first()?.decode().ok().map(|(_, text)| text)
    }

    /// The bars of SMPTE RP 219: yellow on the left, blue on the right.
    fn is_test_picture(&self) -> bool {
        let ([yellow_r, yellow_g, yellow_b], [blue_r, blue_g, blue_b]) = (self.at(28, 30), self.at(82, 30));
        yellow_r > 150 && yellow_g > 150 && yellow_b < 80 && blue_r < 80 && blue_g < 80 && blue_b > 150
    }

    /// A white ball on black, and time running in a corner.
    fn is_camera(&self) -> bool {
        let (dark, all) = (self.0.iter().filter(|value| **value < 30).count(), self.0.len());
        dark > all * 8 / 10 && self.0.iter().any(|value| *value > 200) && self.qr_code().is_none()
    }
}

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
async fn the_splash_then_the_source_and_another_one_without_a_restart() {
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
