//! The child that reads a file for a screen: what it says, and what becomes of it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

use image::{Rgb, RgbImage};
use marquee::pipeline::clock;
use marquee::pipeline::reel::{Decoder, PicturePool};
use marquee::program::Fit;
use marquee::reel::Errand;
use marquee::reel::wire::{Header, Kind, Sizes};
use tempfile::TempDir;

use crate::work::{lie_down, made};

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;

struct Piece {
    kind: Kind,
    time_ms: u64,
    data: Vec<u8>,
}

/// 2 s at 25 pictures a second, a key frame each second, with sound; maybe as a phone held upright writes it.
fn clip(folder: &TempDir, turned: bool) -> PathBuf {
    let path = folder.path().join("clip.mp4");
    let mut bytes = made(
        &path,
        "mp4mux name=mux ! OUT videotestsrc num-buffers=50 ! video/x-raw,width=640,height=360,framerate=25/1 \
         ! x264enc speed-preset=ultrafast key-int-max=25 bframes=2 b-adapt=false ! h264parse ! mux. \
         audiotestsrc num-buffers=94 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac \
         ! aacparse ! mux.",
    );
    if turned {
        lie_down(&mut bytes);
        std::fs::write(&path, bytes).expect("written");
    }
    path
}

fn errand(input: &Path, folder: &TempDir) -> Errand {
    Errand {
        input: input.to_owned(),
        scratch: folder.path().join("scratch"),
        width: WIDTH,
        height: HEIGHT,
        fit: Fit::Contain,
        from_ms: 0,
        until_ms: None,
        sound: true,
        coded: false,
    }
}

/// Everything that a child says, and whether it ended well.
fn said(errand: &Errand) -> (Vec<Piece>, bool) {
    clock::init().expect("GStreamer is installed");
    std::fs::create_dir_all(&errand.scratch).expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_marquee"))
        .arg("reel")
        .args(errand.arguments())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut out = child.stdout.take().expect("piped");
    let pool = PicturePool::new(errand.width, errand.height).expect("memory");
    let slide = errand.width as usize * errand.height as usize * 4;
    let sizes = Sizes { picture: pool.bytes(), slide };
    let mut pieces = Vec::new();
    while let Some(header) = Header::read(&mut out, sizes).expect("it keeps to what was agreed") {
        let mut data = vec![0; header.bytes];
        out.read_exact(&mut data).expect("as long as it says");
        pieces.push(Piece { kind: header.kind, time_ms: header.time_ns / 1_000_000, data });
    }
    (pieces, child.wait().expect("it ends").success())
}

fn times(pieces: &[Piece], kind: Kind) -> Vec<u64> {
    pieces.iter().filter(|piece| piece.kind == kind).map(|piece| piece.time_ms).collect()
}

fn failure(errand: &Errand) -> String {
    let (pieces, well) = said(errand);
    let last = pieces.last().expect("it says why");
    assert!(!well && last.kind == Kind::Failed);
    String::from_utf8(last.data.clone()).expect("text")
}

#[test]
fn a_clip_is_whole_and_its_sound_comes_before_its_pictures() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pieces, well) = said(&errand(&clip(&folder, false), &folder));
    assert!(well && pieces.last().is_some_and(|last| last.kind == Kind::End));
    let pictures = times(&pieces, Kind::Picture);
    assert_eq!(pictures, (0..50).map(|number| number * 40).collect::<Vec<_>>());
    let sound: usize =
        pieces.iter().filter(|piece| piece.kind == Kind::Sound).map(|piece| piece.data.len()).sum();
    assert!((190_000 * 2..=200_000 * 2).contains(&sound), "2 s of 192,000 bytes: {sound}");
    let mut heard_ms = 0;
    for piece in &pieces {
        match piece.kind {
            Kind::Sound => heard_ms = piece.time_ms,
            Kind::Picture => {
                assert!(heard_ms >= 1800 || heard_ms >= piece.time_ms, "{} {heard_ms}", piece.time_ms);
            }
            _ => {}
        }
    }
}

#[test]
fn the_last_picture_stands_while_there_is_sound() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, muxer) in [("short.mp4", "mp4mux"), ("short.mkv", "matroskamux")] {
        let path = folder.path().join(name);
        made(
            &path,
            &format!(
                "{muxer} name=mux ! OUT videotestsrc num-buffers=50 ! video/x-raw,width=320,height=180,framerate=25/1 \
                 ! x264enc speed-preset=ultrafast bframes=2 b-adapt=false ! h264parse ! queue ! mux. audiotestsrc \
                 num-buffers=700 samplesperbuffer=1024 ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! queue \
                 ! mux."
            ),
        );
        let (pieces, well) = said(&errand(&path, &folder));
        assert!(well, "{name}");
        assert_eq!(times(&pieces, Kind::Picture).len(), 50, "{name}");
        let last = |kind| times(&pieces, kind).last().copied().expect("some");
        assert!(last(Kind::Sound) > 14_500 && last(Kind::Picture) == 1960, "{name}: {}", last(Kind::Sound));
        // None of the pictures comes long after its sound.
        let place = |kind| pieces.iter().rposition(|piece| piece.kind == kind).expect("some");
        let heard = pieces[..place(Kind::Picture)].iter().filter(|piece| piece.kind == Kind::Sound);
        let heard = heard.map(|piece| piece.time_ms).max().expect("some");
        assert!(heard < 4000, "{name}: the last picture comes at {heard}");
    }
    let late = Errand { from_ms: 6000, ..errand(&folder.path().join("short.mp4"), &folder) };
    let (pieces, well) = said(&late);
    assert_eq!((times(&pieces, Kind::Picture), well), (vec![6000], true));
    assert!(times(&pieces, Kind::Sound).len() > 100);
}

#[test]
fn a_part_of_a_clip_is_that_part() {
    let folder = tempfile::tempdir().expect("a folder");
    let part =
        Errand { from_ms: 500, until_ms: Some(1300), sound: false, ..errand(&clip(&folder, false), &folder) };
    let (pieces, _) = said(&part);
    // The first picture began before, and is on when the part begins.
    let expected: Vec<_> = [500].into_iter().chain((13..33).map(|number| number * 40)).collect();
    assert_eq!(times(&pieces, Kind::Picture), expected);
    assert_eq!(times(&pieces, Kind::Sound), Vec::<u64>::new());
}

#[test]
fn h264_as_it_is_becomes_the_same_pictures_in_our_own_decoder() {
    let folder = tempfile::tempdir().expect("a folder");
    let coded = Errand { coded: true, from_ms: 1200, ..errand(&clip(&folder, false), &folder) };
    let (pieces, well) = said(&coded);
    assert!(well && times(&pieces, Kind::Picture).is_empty());
    let (sender, pictures) = mpsc::channel();
    // What a machine without the hardware has in its place.
    let decoder = Decoder::start("avdec_h264", move |time_ns, picture| {
        sender.send((time_ns / 1_000_000, picture.width, picture.height)).is_ok()
    });
    let mut decoder = decoder.expect("a decoder");
    for piece in pieces.into_iter().filter(|piece| piece.kind == Kind::Coded) {
        decoder.push(piece.time_ms * 1_000_000, piece.data).expect("taken");
    }
    decoder.finish().expect("all of it");
    let seen: Vec<_> = pictures.iter().collect();
    // From the key frame on, which the reader leaves out up to the time that was asked for.
    let expected: Vec<_> = (25..50).map(|number| (number * 40, 640, 360)).collect();
    assert_eq!(seen, expected);
}

#[test]
fn pictures_that_are_turned_are_not_left_to_hardware_and_are_upright() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = Errand { sound: false, ..errand(&clip(&folder, true), &folder) };
    assert!(failure(&Errand { coded: true, ..whole.clone() }).contains("turned"));
    let (pieces, well) = said(&whole);
    assert!(well);
    // An upright picture has black at its sides; luma comes first, and black is 16.
    let first = &pieces[0].data;
    let row = HEIGHT as usize / 4 * WIDTH as usize;
    assert_eq!((first[row], first[row + WIDTH as usize - 1]), (16, 16));
    assert!(first[row + WIDTH as usize / 2] > 60);
}

#[test]
fn a_slide_fills_the_screen_as_it_should() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("slide.png");
    RgbImage::from_pixel(90, 90, Rgb([10, 200, 30])).save(&path).expect("written");
    let shown = |fit| {
        let (pieces, well) = said(&Errand { fit, ..errand(&path, &folder) });
        assert!(well && pieces.len() == 2 && pieces[0].kind == Kind::Slide);
        let at = |x: usize| pieces[0].data[(HEIGHT as usize / 2 * WIDTH as usize + x) * 4..][..4].to_vec();
        (at(2), at(WIDTH as usize / 2))
    };
    assert_eq!(shown(Fit::Contain), (vec![0, 0, 0, 255], vec![10, 200, 30, 255]));
    assert_eq!(shown(Fit::Cover), (vec![10, 200, 30, 255], vec![10, 200, 30, 255]));
}

#[test]
fn what_can_not_be_shown_is_said_with_a_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        errand(&path, &folder)
    };
    let whole = std::fs::read(clip(&folder, false)).expect("made");
    failure(&write("noise.mp4", &[whole[..64].to_vec(), vec![0x5a; 100_000]].concat()));
    failure(&write("text.png", b"no picture at all"));
    failure(&write("empty.mp4", b""));
    failure(&errand(&folder.path().join("gone.mp4"), &folder));
    // A document is no page.
    failure(&write("pages.pdf", b"%PDF-1.7\n"));
    // Another file's content under a video's name.
    let mut png = std::io::Cursor::new(Vec::new());
    RgbImage::new(8, 8).write_to(&mut png, image::ImageFormat::Png).expect("memory");
    failure(&write("picture.mp4", png.get_ref()));
}
