//! Files that are right, and unlike most: trimmed, mirrored, without a length, of other makers; and those that lack their end.

use marquee::library::{Asset, JobState, Step};

use super::*;

const PICTURE: &str = "video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! x264enc speed-preset=ultrafast \
     key-int-max=300 ! video/x-h264,profile=main ! h264parse ! queue ! m.";

/// A ball and a tone, as many seconds of each, in a file of this muxer.
fn clip(muxer: &str, picture_s: u32, sound_s: u32) -> String {
    format!(
        "videotestsrc num-buffers={} pattern=ball ! {PICTURE} audiotestsrc num-buffers={} samplesperbuffer=960 \
         ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! queue ! m. {muxer} name=m ! OUT",
        picture_s * 30,
        sound_s * 50,
    )
}

/// The place behind the `number`th box of this name.
fn behind(mp4: &[u8], name: &[u8; 4], number: usize) -> usize {
    let found = mp4.windows(4).enumerate().filter(|(_, window)| *window == name).nth(number);
    found.expect("an MP4 has it").0 + 4
}

fn put(mp4: &mut [u8], at: usize, value: u32) {
    mp4[at..at + 4].copy_from_slice(&value.to_be_bytes());
}

/// Leaves two seconds from the third on, as programs do that copy what is there and write down what is to be shown. Time
/// scales are those of GStreamer's muxer: 3000, and the sound's rate.
fn trim(mp4: &mut [u8]) {
    let whole = behind(mp4, b"mvhd", 0) + 16;
    put(mp4, whole, 6000);
    for (track, media_scale) in [(0, 3000), (1, 48_000)] {
        let (header, edit) = (behind(mp4, b"tkhd", track) + 20, behind(mp4, b"elst", track) + 8);
        put(mp4, header, 6000);
        put(mp4, edit, 6000);
        put(mp4, edit + 4, 2 * media_scale);
    }
}

fn track_ms(mp4: &[u8], track: usize) -> u64 {
    let number = |at: usize| u32::from_be_bytes(mp4[at..at + 4].try_into().expect("four"));
    let length = number(behind(mp4, b"tkhd", track) + 20);
    u64::from(length) * 1000 / u64::from(number(behind(mp4, b"mvhd", 0) + 12))
}

fn done(asset: &Asset) {
    assert!(
        asset.jobs.iter().all(|job| job.state == JobState::Done && job.problem.is_empty()),
        "{:?}",
        asset.jobs
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trimmed_film_keeps_its_sound_in_the_copy() {
    let shelf = Shelf::new();
    let mut bytes = shelf.made("whole.mp4", &clip("mp4mux", 4, 4));
    trim(&mut bytes);
    let asset = shelf.added("trimmed.mov", &bytes).await;
    done(&asset);
    assert!(asset.summary.duration_ms.abs_diff(2000) < 100, "{}", asset.summary.duration_ms);
    shelf.work.convert(asset.summary.id).await.expect("asked for");
    let asset = shelf.done(asset.summary.id).await;
    done(&asset);
    let copy = shelf.stored(asset.converted.as_ref().expect("made"));
    for track in [0, 1] {
        assert!(track_ms(&copy, track).abs_diff(2000) < 150, "{track}: {}", track_ms(&copy, track));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_may_be_much_shorter_than_its_sound_slow() {
    let shelf = Shelf::new();
    for (name, muxer) in [("short.mp4", "mp4mux"), ("short.mkv", "matroskamux")] {
        let asset = shelf.added(name, &shelf.made(name, &clip(muxer, 2, 15))).await;
        done(&asset);
        assert!(asset.summary.duration_ms.abs_diff(15_000) < 200, "{name}: {}", asset.summary.duration_ms);
        assert_eq!((asset.video_codec.as_str(), asset.audio_codec.as_str()), ("h264", "aac"), "{name}");
        assert!(asset.summary.thumbnail.is_some() && asset.summary.preview.is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_without_a_length_is_as_long_as_it_is() {
    let shelf = Shelf::new();
    for (name, muxer) in
        [("live.mkv", "matroskamux streamable=true"), ("live.mp4", "mp4mux fragment-duration=500")]
    {
        let asset = shelf.added(name, &shelf.made(name, &clip(muxer, 5, 5))).await;
        done(&asset);
        assert!(asset.summary.duration_ms.abs_diff(5000) < 200, "{name}: {}", asset.summary.duration_ms);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn mirrored_films_are_upright_slow() {
    let shelf = Shelf::new();
    // Left third white, the rest black; above them a line of white.
    let drawn = "videotestsrc num-buffers=30 pattern=solid-color foreground-color=0xffffffff \
         ! video/x-raw,width=100,height=120,framerate=30/1 ! videobox right=-220 bottom=-60 ! video/x-raw,width=320,height=180 \
         ! x264enc speed-preset=ultrafast ! video/x-h264,profile=main ! mp4mux ! OUT";
    let bytes = shelf.made("drawn.mp4", drawn);
    // The matrix, and the corner in which the white is then: from the left, from the top.
    let one = 0x0001_0000u32;
    let minus = one.wrapping_neg();
    for (name, [a, b, c, d], (right, down)) in [
        ("mirror", [minus, 0, 0, one], (true, false)),
        ("flip", [one, 0, 0, minus], (false, true)),
        ("transpose", [0, one, one, 0], (false, false)),
        ("transverse", [0, minus, minus, 0], (true, true)),
        ("half", [minus, 0, 0, minus], (true, true)),
        ("quarter", [0, one, minus, 0], (true, false)),
        ("back", [0, minus, one, 0], (false, true)),
    ] {
        let mut turned = bytes.clone();
        let matrix = behind(&turned, b"tkhd", 0) + 40;
        for (at, value) in [(0, a), (4, b), (12, c), (16, d)] {
            put(&mut turned, matrix + at, value);
        }
        let asset = shelf.added(&format!("{name}.mp4"), &turned).await;
        done(&asset);
        let (width, height) = if a == 0 { (180, 320) } else { (320, 180) };
        assert_eq!((asset.summary.width, asset.summary.height), (width, height), "{name}");
        assert!(!asset.plays.expect("probed").old_tv, "{name}: old TVs don't turn");
        let copy = shelf.stored(asset.converted.as_ref().expect("made"));
        let mut seen = vec![asset];
        // A copy is mirrored and turned by one element: one of each tells whether it is.
        if matches!(name, "mirror" | "transverse" | "back") {
            seen.push(shelf.added("copy.mp4", &copy).await);
        }
        for seen in &seen {
            let seen = picture(&shelf.stored(seen.summary.thumbnail.as_ref().expect("made")));
            for (x, y) in [(false, false), (true, false), (false, true), (true, true)] {
                let at = |far: bool, side: u32| if far { side * 9 / 10 } else { side / 10 };
                let white = seen.get_pixel(at(x, seen.width()), at(y, seen.height())).0[1] > 128;
                assert_eq!(white, (x, y) == (right, down), "{name}: {x} {y}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lacks_its_end_is_said_to_slow() {
    let shelf = Shelf::new();
    let image = image::RgbImage::from_fn(640, 360, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8]));
    let drawn = |name: &str| {
        image.save(shelf.path(name)).expect("drawn");
        std::fs::read(shelf.path(name)).expect("written")
    };
    let files = [
        ("a.mp4", shelf.made("a.mp4", &clip("mp4mux faststart=true", 2, 2)), Step::Probe),
        ("a.mkv", shelf.made("a.mkv", &clip("matroskamux", 2, 2)), Step::Probe),
        ("a.avi", shelf.made("a.avi", &clip("avimux", 2, 2)), Step::Probe),
        ("a.flv", shelf.made("a.flv", &clip("flvmux", 2, 2)), Step::Probe),
        ("a.jpg", drawn("a.jpg"), Step::Pages),
        ("a.png", drawn("a.png"), Step::Pages),
        ("a.bmp", drawn("a.bmp"), Step::Pages),
        ("a.gif", drawn("a.gif"), Step::Pages),
        ("a.webp", drawn("a.webp"), Step::Pages),
        ("a.pdf", slides::pdf(&[(960, 540), (595, 842)]), Step::Pages),
    ];
    for (name, bytes, step) in files {
        let part = shelf.added(name, &bytes[..bytes.len() * 2 / 3]).await;
        let said = problem(&part, step);
        assert!(said.contains("its end is missing") || said.contains("damaged"), "{name}: {said}");
        let whole = shelf.added(name, &bytes).await;
        done(&whole);
        assert!(whole.summary.thumbnail.is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn films_of_other_makers_get_a_copy_that_plays_slow() {
    let shelf = Shelf::new();
    let theora = "videotestsrc num-buffers=60 pattern=ball ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 \
         ! theoraenc ! queue ! m. audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 \
         ! vorbisenc ! queue ! m. oggmux name=m ! OUT";
    for (name, made, container) in [
        ("a.avi", clip("avimux", 2, 2), "avi"),
        ("a.ts", clip("mpegtsmux", 2, 2), "ts"),
        ("a.flv", clip("flvmux", 2, 2), "flv"),
        ("a.ogv", theora.to_owned(), "ogv"),
        ("a.3gp", clip("3gppmux", 2, 2), "mp4"),
    ] {
        let asset = shelf.added(name, &shelf.made(name, &made)).await;
        done(&asset);
        assert_eq!(asset.container, container, "{name}");
        assert!(asset.summary.duration_ms.abs_diff(2000) < 300, "{name}: {}", asset.summary.duration_ms);
        if container != "mp4" {
            let copy = shelf.stored(asset.converted.as_ref().expect("made"));
            let copy = shelf.added("copy.mp4", &copy).await;
            assert_eq!((copy.audio_codec.as_str(), state(&copy, Step::Convert)), ("aac", None), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sounds_the_one_that_is_meant_is_heard() {
    let shelf = Shelf::new();
    // The first is short, and not the one to choose.
    let two = format!(
        "videotestsrc num-buffers=60 ! {PICTURE} audiotestsrc num-buffers=25 samplesperbuffer=960 \
         ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! queue ! m. audiotestsrc num-buffers=100 \
         samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! avenc_aac ! aacparse ! queue ! m. mp4mux name=m ! OUT"
    );
    let mut bytes = shelf.made("two.mp4", &two);
    // Its header says that it is not enabled.
    let flags = behind(&bytes, b"tkhd", 1);
    bytes[flags + 3] &= !1;
    let asset = shelf.added("two.mp4", &bytes).await;
    shelf.work.convert(asset.summary.id).await.expect("asked for");
    let asset = shelf.done(asset.summary.id).await;
    done(&asset);
    let copy = shelf.stored(asset.converted.as_ref().expect("made"));
    assert!(track_ms(&copy, 1).abs_diff(2000) < 150, "{}", track_ms(&copy, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn films_of_much_light_are_as_vivid_as_they_were_meant_slow() {
    let shelf = Shelf::new();
    // Red at the light of paper, in BT.2020 and PQ: 136, 83 and 56 of 255.
    let hdr = "videotestsrc num-buffers=30 pattern=solid-color foreground-color=0xff885338 \
         ! video/x-raw,format=RGB,width=320,height=180,framerate=30/1 ! videoconvert \
         ! video/x-raw,format=I420,colorimetry=2:4:14:7 ! x264enc speed-preset=ultrafast ! video/x-h264,profile=main \
         ! h264parse ! matroskamux ! OUT";
    let asset = shelf.added("hdr.mkv", &shelf.made("hdr.mkv", hdr)).await;
    done(&asset);
    let copy = shelf.stored(asset.converted.as_ref().expect("made"));
    let copy = shelf.added("copy.mp4", &copy).await;
    for seen in [&asset, &copy] {
        let seen = picture(&shelf.stored(seen.summary.thumbnail.as_ref().expect("made")));
        let [red, green, blue] = seen.get_pixel(160, 90).0;
        assert!(red > 140 && green < 70 && blue < 70, "{red} {green} {blue}");
    }
}
