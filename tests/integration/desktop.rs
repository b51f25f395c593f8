//! A desktop that exists in memory only, and pictures taken of it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;

use crate::program::{PATIENCE, Program};

pub(crate) const WIDTH: usize = 1280;
pub(crate) const HEIGHT: usize = 720;

/// A desktop of the size of one screen.
pub(crate) struct Desktop {
    child: Child,
    display: String,
    /// Where its memory can be read.
    folder: TempDir,
}

/// What is on it: 8-bit RGB, rows without padding.
pub(crate) struct Picture(pub(crate) Vec<u8>);

impl Desktop {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{WIDTH}x{HEIGHT}x24"))
            .arg("-fbdir")
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("scripts/test installs xvfb");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
        Self { child, display: format!(":{}", line.trim()), folder }
    }

    /// As the environment names it.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    pub(crate) fn program(&self, config: &str) -> Program {
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

    /// What is in its memory: a file in the format of `xwd`, with pixels of blue, green, red and nothing.
    fn picture(&self) -> Picture {
        let file = std::fs::read(self.folder.path().join("Xvfb_screen0")).expect("it is shared");
        let number = |index: usize| {
            u32::from_be_bytes(file[index * 4..][..4].try_into().expect("four bytes")) as usize
        };
        let [header, width, height, row, colours] = [0, 4, 5, 12, 19].map(number);
        assert_eq!((width, height, row), (WIDTH, HEIGHT, WIDTH * 4));
        // Each colour of the map has 12 bytes.
        let pixels = &file[header + colours * 12..];
        Picture(pixels.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect())
    }

    /// Takes pictures until one is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&Picture) -> bool) -> Picture {
        let looking = async {
            loop {
                let picture = self.picture();
                if wanted(&picture) {
                    return picture;
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        match tokio::time::timeout(PATIENCE, looking).await {
            Ok(picture) => picture,
            Err(_) => {
                let middle = self.picture().at(50, 50);
                panic!("the screen never showed {what}; its middle is {middle:?}")
            }
        }
    }
}

/// What is on a desktop, 50 times a second, scaled down to [`Sample`]s.
pub(crate) struct Sampler {
    child: Child,
    reader: std::thread::JoinHandle<()>,
    samples: Arc<Mutex<Vec<Sample>>>,
}

const SAMPLE_WIDTH: usize = 64;
const SAMPLE_HEIGHT: usize = 36;

/// 8-bit RGB, rows without padding.
pub(crate) struct Sample(Vec<u8>);

impl Sample {
    /// At so many hundredths of width and height.
    pub(crate) fn at(&self, across: usize, down: usize) -> [u8; 3] {
        let index = (SAMPLE_HEIGHT * down / 100 * SAMPLE_WIDTH + SAMPLE_WIDTH * across / 100) * 3;
        [self.0[index], self.0[index + 1], self.0[index + 2]]
    }

    /// Nothing of it can be seen.
    pub(crate) fn is_black(&self) -> bool {
        self.0.iter().all(|value| *value < 24)
    }
}

impl Sampler {
    pub(crate) fn start(desktop: &Desktop) -> Self {
        let caps = format!("video/x-raw,format=RGB,width={SAMPLE_WIDTH},height={SAMPLE_HEIGHT}");
        let mut child = Command::new("gst-launch-1.0")
            .args(["-q", "ximagesrc", "use-damage=false", "show-pointer=false"])
            .arg(format!("display-name={}", desktop.display))
            .args(["!", "video/x-raw,framerate=50/1", "!", "videoscale", "method=nearest-neighbour"])
            .args(["!", "videoconvert", "!", &caps, "!", "fdsink", "fd=1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("gst-launch-1.0 runs");
        let mut out = child.stdout.take().expect("piped");
        let samples = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&samples);
        let reader = std::thread::spawn(move || {
            let mut sample = vec![0; SAMPLE_WIDTH * SAMPLE_HEIGHT * 3];
            while out.read_exact(&mut sample).is_ok() {
                taken.lock().expect("whole").push(Sample(sample.clone()));
            }
        });
        Self { child, reader, samples }
    }

    /// Waits until what was seen since its start is as wanted.
    pub(crate) async fn until(&self, what: &str, wanted: impl Fn(&[Sample]) -> bool) {
        let looking = async {
            while !wanted(&self.samples.lock().expect("whole")) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, looking).await.is_ok(), "there never was {what}");
    }

    /// All that was seen since its start.
    pub(crate) fn stop(mut self) -> Vec<Sample> {
        self.child.kill().expect("it was not waited for");
        self.child.wait().expect("it ends");
        self.reader.join().expect("joined");
        std::mem::take(&mut self.samples.lock().expect("whole"))
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
    pub(crate) fn at(&self, across: usize, down: usize) -> [u8; 3] {
        let index = (HEIGHT * down / 100 * WIDTH + WIDTH * across / 100) * 3;
        [self.0[index], self.0[index + 1], self.0[index + 2]]
    }

    pub(crate) fn qr_code(&self) -> Option<String> {
        let grey = |x: usize, y: usize| self.0[(y * WIDTH + x) * 3 + 1];
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(WIDTH, HEIGHT, grey);
        image.detect_grids().first()?.decode().ok().map(|(_, text)| text)
    }

    /// The bars of SMPTE RP 219: yellow on the left, blue on the right.
    pub(crate) fn is_test_picture(&self) -> bool {
        let ([yellow_r, yellow_g, yellow_b], [blue_r, blue_g, blue_b]) = (self.at(28, 30), self.at(82, 30));
        yellow_r > 150 && yellow_g > 150 && yellow_b < 80 && blue_r < 80 && blue_g < 80 && blue_b > 150
    }

    /// A white ball on black, and time running in a corner.
    pub(crate) fn is_camera(&self) -> bool {
        let (dark, all) = (self.0.iter().filter(|value| **value < 30).count(), self.0.len());
        dark > all * 8 / 10 && self.0.iter().any(|value| *value > 200) && self.qr_code().is_none()
    }
}
