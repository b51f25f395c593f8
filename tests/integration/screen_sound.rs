//! The sound of a screen as a TV would get it: ALSA's own library plays into a card that is a foreign program.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::ports::{add, play, send};
use crate::program::{PATIENCE, Program};
use crate::rtsp::RtspServer;
use crate::work::made;
use crate::work::sounds::tone;

const RATE: usize = 48_000;
/// Of 16-bit samples: above the noise of a G.711 encoder, below any tick.
const LOUD: u16 = 1000;
/// A tick is ten periods of 440 Hz, each second.
const TICK_HZ: usize = 440;
const TICK_PERIODS: usize = 10;

struct SoundCard {
    child: Child,
    folder: TempDir,
}

/// One stretch of sound between two silences.
#[derive(Debug)]
struct Burst {
    /// In samples.
    start: usize,
    len: usize,
    /// How often the wave rises.
    rises: usize,
}

impl SoundCard {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new("/usr/bin/python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/sound_card.py"))
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it speaks");
        assert_eq!(line.trim(), "ready");
        Self { child, folder }
    }

    fn config(&self) -> impl AsRef<Path> {
        self.folder.path().join("asound.conf")
    }

    /// What is written to by whoever plays.
    fn file(&self) -> PathBuf {
        self.folder.path().join("card")
    }

    /// Waits until all of it was played that is still in the card, 21 ms at most.
    async fn played_all(&self) {
        let card = std::fs::File::open(self.file()).expect("it is there");
        while rustix::io::ioctl_fionread(&card).expect("a pipe tells") > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The left channel of all that was played so far.
    fn played(&self) -> Vec<i16> {
        let bytes = std::fs::read(self.folder.path().join("played")).expect("it is kept");
        bytes.chunks_exact(4).map(|frame| i16::from_le_bytes([frame[0], frame[1]])).collect()
    }

    /// Waits until what was played from sample `from` on is as wanted.
    async fn until(&self, what: &str, from: usize, wanted: impl Fn(&[i16]) -> bool) {
        let listening = async {
            while !wanted(self.played().get(from..).unwrap_or_default()) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let heard = tokio::time::timeout(PATIENCE, listening).await;
        assert!(heard.is_ok(), "{what} was never heard, but {:?}", bursts(&self.played()));
    }
}

impl Drop for SoundCard {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Stretches of sound with 100 ms of silence between them at least; not one that still goes on.
fn bursts(samples: &[i16]) -> Vec<Burst> {
    let mut bursts: Vec<Burst> = Vec::new();
    let (mut end, mut below) = (0, true);
    for (at, sample) in samples.iter().enumerate().filter(|(_, sample)| sample.unsigned_abs() > LOUD) {
        match bursts.last_mut() {
            Some(burst) if at - end < RATE / 10 => burst.len = at - burst.start,
            _ => {
                bursts.push(Burst { start: at, len: 0, rises: 0 });
                below = true;
            }
        }
        if let Some(burst) = bursts.last_mut() {
            burst.rises += usize::from(below && *sample > 0);
        }
        (end, below) = (at, *sample < 0);
    }
    if samples.len() - end < RATE / 10 {
        bursts.pop();
    }
    bursts
}

impl Burst {
    fn is_tick(&self) -> bool {
        let expected = RATE * TICK_PERIODS / TICK_HZ;
        // The first samples of a sine are not loud yet; a resampler rings a little.
        self.len.abs_diff(expected) < expected / 5 && self.rises.abs_diff(TICK_PERIODS) <= 1
    }
}

/// One is enough: a machine under load may lose others.
fn tick(samples: &[i16]) -> bool {
    bursts(samples).iter().any(Burst::is_tick)
}

fn silence_of(seconds: usize) -> impl Fn(&[i16]) -> bool {
    move |samples| {
        let tail = samples.len().checked_sub(seconds * RATE).map(|from| &samples[from..]);
        tail.is_some_and(|tail| tail.iter().all(|sample| *sample == 0))
    }
}

/// Something is heard in each of so many stretches of `length` samples in a row.
fn sound_in_each(count: usize, length: usize) -> impl Fn(&[i16]) -> bool {
    move |samples| {
        let loud =
            |part: &[i16]| part.iter().filter(|sample| sample.unsigned_abs() > LOUD).count() > RATE / 10;
        let heard: Vec<bool> = samples.chunks_exact(length).map(loud).collect();
        heard.windows(count).any(|parts| parts.iter().all(|heard| *heard))
    }
}

fn program(desktop: &Desktop, card: &SoundCard, config: &str) -> Program {
    desktop.program_with(config, |command| {
        command.env("ALSA_CONFIG_PATH", card.config().as_ref());
    })
}

fn config(screen: &str, camera: &str) -> String {
    format!(
        "[web]\nwebrtc_port = 0\n[test]\nenabled = true\n[[camera]]\nid = 'cam'\nurl = '{camera}'\n[[screen]]\n{screen}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sound_of_what_is_shown_is_heard_and_no_other() {
    let server = RtspServer::start(&["/cam=mjpeg,640x360,25,pcma"]);
    let (desktop, card, camera) = (Desktop::start(), SoundCard::start(), server.url("/cam"));
    let program = program(&desktop, &card, &config("show = 'test'", &camera));
    card.until("the tick of the test picture", 0, tick).await;
    let counters = program.source("test").await["counters"].clone();
    assert_eq!(counters["encodes_started"], 0, "raw sound is played, not encoded");

    // Switched off: the card is given back.
    std::fs::write(program.config_file(), config("show = 'test'\nsound = false", &camera)).expect("written");
    let given_back = async {
        while program.has_open(&card.file()) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, given_back).await.expect("the card is given back");
    card.played_all().await;
    let played = card.played().len();

    // A camera's G.711, decoded for the screen alone.
    std::fs::write(program.config_file(), config("show = 'cam'", &camera)).expect("written");
    card.until("the tick of the camera", played, tick).await;
    server.kill();
    card.until("silence", played, silence_of(2)).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_card_that_is_missing_takes_no_picture() {
    let (desktop, card) = (Desktop::start(), SoundCard::start());
    let nothing = "rtsp://127.0.0.1:1/nothing";
    let missing = config("show = 'test'\nsound_device = 'busy'", nothing);
    let program = program(&desktop, &card, &missing);
    desktop.shows_test_picture().await;
    assert!(card.played().is_empty(), "another card than the one named is left alone");
    // It goes on, and there is a card after all.
    desktop.shows_test_picture().await;
    let named = config("show = 'test'\nsound_device = 'default'", nothing);
    std::fs::write(program.config_file(), named).expect("written");
    card.until("the tick of the test picture", 0, tick).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clips_of_a_playlist_are_heard_one_after_the_other_slow() {
    let (desktop, card, folder) =
        (Desktop::start(), SoundCard::start(), tempfile::tempdir().expect("a folder"));
    let program = program(&desktop, &card, "[web]\nwebrtc_port = 0\n[test]\nenabled = true\n[[screen]]\n");
    let clip = made(
        &folder.path().join("tone.mp4"),
        "mp4mux name=mux ! OUT videotestsrc num-buffers=50 ! video/x-raw,width=320,height=180,framerate=25/1 \
         ! x264enc speed-preset=ultrafast key-int-max=10 ! h264parse ! mux. \
         audiotestsrc num-buffers=94 samplesperbuffer=1024 freq=440 volume=0.5 \
         ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux.",
    );
    let tone = add(&program, "tone.mp4", clip).await;
    let list = play(&program, "cut", serde_json::json!([{"kind": "asset", "asset": tone}])).await;
    // A machine under load may lose some of it, but never all of a clip of 2 s.
    card.until("the tone of five clips", 0, sound_in_each(5, 2 * RATE)).await;

    let path = format!("/api/playlists/{list}");
    let etag = program.get(&path).await.header("etag").to_owned();
    let silent = serde_json::json!({
        "name": "silent", "transition": "cut", "items": [{"kind": "asset", "asset": tone, "sound": false}],
    });
    let put = program.send("PUT", &path, &[("if-match", &etag)], &silent.to_string()).await;
    assert_eq!(put.status, 200, "{}", String::from_utf8_lossy(&put.body));
    card.until("silence", card.played().len(), silence_of(1)).await;
    send(&program, "PUT", "/api/message", serde_json::json!({"text": "Fire"})).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_sound_is_heard_as_often_as_it_is_its_turn_slow() {
    let (desktop, card, folder) =
        (Desktop::start(), SoundCard::start(), tempfile::tempdir().expect("a folder"));
    let program = program(&desktop, &card, "[web]\nwebrtc_port = 0\n[test]\nenabled = false\n[[screen]]\n");
    let wav = format!("{} ! wavenc ! OUT", tone(2));
    let tone = add(&program, "tone.wav", made(&folder.path().join("tone.wav"), &wav)).await;
    play(&program, "cut", serde_json::json!([{"kind": "asset", "asset": tone}])).await;
    card.until("the sound four times", 0, sound_in_each(4, 2 * RATE)).await;
    program.signal("TERM");
    assert!(program.ended().await.success());
}
