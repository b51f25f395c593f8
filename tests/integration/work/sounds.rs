//! Files of sound: found out about, shown by a picture, and made into a film that plays everywhere.

use image::{ImageFormat, Rgb, RgbImage};
use marquee::library::{Asset, JobState, Kind, Step};

use super::*;

/// Seconds of a tone.
pub(crate) fn tone(seconds: u32) -> String {
    format!(
        "audiotestsrc num-buffers={} samplesperbuffer=960 volume=0.5 ! audio/x-raw,rate=48000,channels=2,format=S16LE",
        seconds * 50
    )
}

pub(crate) fn cover(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    RgbImage::from_pixel(width, height, Rgb(colour)).write_to(&mut bytes, ImageFormat::Png).expect("memory");
    bytes.into_inner()
}

/// A tag as programs put it before an MP3 (ID3v2.3): title, artist, cover.
pub(crate) fn id3(title: &str, artist: &str, cover: Option<&[u8]>) -> Vec<u8> {
    let frame = |name: &[u8; 4], content: &[u8]| {
        [&name[..], &(content.len() as u32).to_be_bytes(), &[0, 0], content].concat()
    };
    let text = |name: &[u8; 4], text: &str| frame(name, &[&[0], text.as_bytes()].concat());
    let mut frames = [text(b"TIT2", title), text(b"TPE1", artist)].concat();
    if let Some(cover) = cover {
        frames.extend(frame(b"APIC", &[&b"\0image/png\0\x03\0"[..], cover].concat()));
    }
    let seven = |shift: u32| (frames.len() >> shift & 0x7f) as u8;
    let size = [seven(21), seven(14), seven(7), seven(0)];
    [&b"ID3\x03\0\0"[..], &size, &frames].concat()
}

/// Puts a cover into a FLAC, behind its first block (RFC 9639, 8.8).
fn with_picture(flac: &[u8], cover: &[u8]) -> Vec<u8> {
    let long = |number: usize| (number as u32).to_be_bytes();
    let mime = b"image/png";
    let head =
        [&long(3)[..], &long(mime.len()), mime, &long(0), &long(64), &long(64), &long(24), &long(0)].concat();
    let block = [&head[..], &long(cover.len()), cover].concat();
    let first_bytes = 4 + 4 + 34;
    [&flac[..first_bytes], &[6], &long(block.len())[1..], &block, &flac[first_bytes..]].concat()
}

/// A tone of 500 Hz in its second half, as a WAV of 8 kHz (16 samples are a wave).
fn half_silent(seconds: usize) -> Vec<u8> {
    let count = seconds * 8000;
    let wave = |at: usize| if at % 16 < 8 { 12_000i16 } else { -12_000 };
    let samples = (0..count).flat_map(|at| if at < count / 2 { 0 } else { wave(at) }.to_le_bytes());
    let bytes = 2 * count as u32;
    let form = [
        &16u32.to_le_bytes()[..],
        &[1, 0, 1, 0],
        &8000u32.to_le_bytes(),
        &16_000u32.to_le_bytes(),
        &[2, 0, 16, 0],
    ];
    let head = [
        &b"RIFF"[..],
        &(36 + bytes).to_le_bytes(),
        b"WAVEfmt ",
        &form.concat(),
        b"data",
        &bytes.to_le_bytes(),
    ];
    head.concat().into_iter().chain(samples).collect()
}

fn done(asset: &Asset) {
    let well = |job: &marquee::library::Job| job.state == JobState::Done && job.problem.is_empty();
    assert!(asset.jobs.iter().all(well), "{:#?}", asset.jobs);
}

/// What was remarked of a step that was done.
fn remark(asset: &Asset, step: Step) -> &str {
    let job = asset.jobs.iter().find(|job| job.step == step).unwrap_or_else(|| panic!("{asset:#?}"));
    assert_eq!(job.state, JobState::Done, "{job:?}");
    &job.problem
}

fn thumbnail(shelf: &Shelf, asset: &Asset) -> RgbImage {
    picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made")))
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_of_every_kind_becomes_a_film_that_plays_everywhere_slow() {
    let shelf = Shelf::new();
    let files = [
        ("a.mp3", "lamemp3enc", ("mp3", "mp3"), true),
        ("a.m4a", "audioconvert ! avenc_aac ! aacparse ! mp4mux", ("mp4", "aac"), true),
        (
            "a.aac",
            "audioconvert ! avenc_aac ! aacparse ! audio/mpeg,stream-format=adts",
            ("aac", "aac"),
            true,
        ),
        ("a.flac", "flacenc", ("flac", "flac"), true),
        ("a.wav", "wavenc", ("wav", "pcm"), true),
        ("a.ogg", "audioconvert ! vorbisenc ! oggmux", ("ogg", "vorbis"), false),
        ("a.opus", "opusenc ! oggmux", ("ogg", "opus"), false),
        // A voice message of a browser, and a film's name for sound: what they are shows when they are looked at.
        ("a.webm", "opusenc ! webmmux", ("webm", "opus"), false),
        ("a.mp4", "lamemp3enc ! mp4mux", ("mp4", "mp3"), true),
    ];
    for (name, encoder, kinds, browser) in files {
        let bytes = shelf.made(name, &format!("{} ! {encoder} ! OUT", tone(3)));
        let asset = shelf.added(name, &bytes).await;
        done(&asset);
        let summary = &asset.summary;
        let found = (asset.container.as_str(), asset.audio_codec.as_str());
        assert_eq!((summary.kind, found), (Kind::Sound, kinds), "{name}");
        assert_eq!((asset.video_codec.as_str(), summary.width, &summary.preview), ("", 0, &None), "{name}");
        assert!(summary.duration_ms.abs_diff(3000) < 120, "{name}: {}", summary.duration_ms);
        let plays = asset.plays.expect("probed");
        assert_eq!((plays.hdmi, plays.browser, plays.old_tv), (false, browser, false), "{name}");
        assert_eq!(thumbnail(&shelf, &asset).dimensions(), (480, 270), "{name}");
        let copy = shelf.stored(asset.converted.as_ref().expect("made"));
        let at = |name: &[u8]| copy.windows(4).position(|bytes| bytes == name).expect("an MP4 has it");
        assert!(at(b"moov") < at(b"mdat"), "{name}: the index comes first");
        let copy = shelf.added("copy.mp4", &copy).await;
        let kinds = (copy.summary.kind, copy.video_codec.as_str(), copy.audio_codec.as_str());
        assert_eq!((kinds, state(&copy, Step::Convert)), ((Kind::Video, "h264", "aac"), None), "{name}");
        assert_eq!((copy.summary.width, copy.summary.height, copy.frames_per_s), (320, 180, 25.0), "{name}");
        let length = copy.summary.duration_ms;
        assert!(length.abs_diff(summary.duration_ms) < 120, "{name}: {length}");
    }
    let totals = shelf.library.totals().await.expect("counted");
    assert_eq!((totals.sounds, totals.videos), (9, 9));
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cover_is_what_is_seen_slow() {
    let shelf = Shelf::new();
    let (red, green) = (cover(300, 300, [200, 20, 20]), cover(900, 600, [20, 160, 20]));
    let mp3 = shelf.made("plain.mp3", &format!("{} ! lamemp3enc ! OUT", tone(2)));
    let flac = shelf.made("plain.flac", &format!("{} ! flacenc ! OUT", tone(2)));
    let tagged = [id3("Morning song", "The Harbour Band", Some(&red)), mp3].concat();
    let flac = with_picture(&flac, &green);
    let inside = shelf.path("inside.flac");
    std::fs::write(&inside, &flac).expect("written");
    let m4a = format!(
        "filesrc location={} ! flacparse ! flacdec ! audioconvert ! avenc_aac ! aacparse ! mp4mux ! OUT",
        inside.display()
    );
    let m4a = shelf.made("inside.m4a", &m4a);
    for (name, bytes, colour) in [
        ("song.mp3", tagged, [200, 20, 20]),
        ("song.flac", flac, [20, 160, 20]),
        ("song.m4a", m4a, [20, 160, 20]),
    ] {
        let asset = shelf.added(name, &bytes).await;
        done(&asset);
        let copy = shelf.added("copy.mp4", &shelf.stored(asset.converted.as_ref().expect("made"))).await;
        // In the middle of the cover, and beside it.
        for (what, image) in [("thumbnail", thumbnail(&shelf, &asset)), ("film", thumbnail(&shelf, &copy))] {
            let at = |x: u32, y: u32| image.get_pixel(image.width() * x / 100, image.height() * y / 100).0;
            let near =
                |seen: [u8; 3]| seen.iter().zip(colour).all(|(seen, wanted)| seen.abs_diff(wanted) < 25);
            assert!(near(at(50, 40)), "{name}, {what}: {:?}", at(50, 40));
            assert!(
                !near(at(3, 40)) && at(3, 40).iter().any(|part| *part > 30),
                "{name}, {what}: {:?}",
                at(3, 40)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cover_it_is_seen_how_loud_it_is() {
    let shelf = Shelf::new();
    // The longer one is looked at in places.
    for (name, seconds) in [("short.wav", 2), ("long.wav", 90)] {
        let asset = shelf.added(name, &half_silent(seconds)).await;
        done(&asset);
        let image = thumbnail(&shelf, &asset);
        let light = |x: u32, y: u32| image.get_pixel(x, y).0.iter().map(|part| u32::from(*part)).sum::<u32>();
        // The lightest of a row above the middle, where only tall bars are.
        let most = |from: u32, to: u32| (from..to).map(|x| light(x, 105)).max().expect("some");
        assert!(most(280, 380) > most(100, 200) + 150, "{name}: {} {}", most(280, 380), most(100, 200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_was_cut_short_plays_up_to_there_and_says_so_slow() {
    let shelf = Shelf::new();
    for (name, encoder) in [
        ("a.wav", "wavenc"),
        ("a.mp3", "lamemp3enc ! xingmux"),
        ("a.flac", "flacenc"),
        ("a.ogg", "audioconvert ! vorbisenc ! oggmux max-page-delay=100000000"),
    ] {
        let bytes = shelf.made(name, &format!("{} ! {encoder} ! OUT", tone(6)));
        let whole = shelf.added(name, &bytes).await;
        done(&whole);
        let part = shelf.added(name, &bytes[..bytes.len() / 2]).await;
        let said = remark(&part, Step::Probe);
        assert!(said.starts_with("the recording breaks off, and is shown up to there"), "{name}: {said}");
        let length = part.summary.duration_ms;
        assert!((2000..5000).contains(&length), "{name}: {length}");
        let copy = shelf.added("copy.mp4", &shelf.stored(part.converted.as_ref().expect("made"))).await;
        assert!(copy.summary.duration_ms.abs_diff(length) < 300, "{name}: {}", copy.summary.duration_ms);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_files_of_sound_are_told_or_played_slow() {
    let shelf = Shelf::new();
    // A cover that is none.
    let mp3 = shelf.made("plain.mp3", &format!("{} ! lamemp3enc ! OUT", tone(2)));
    let asset = shelf
        .added(
            "a.mp3",
            &[id3("Song", "Band", Some(b"\x89PNG\r\n\x1a\nand no more of it than that")), mp3.clone()]
                .concat(),
        )
        .await;
    assert!(remark(&asset, Step::Thumbnail).starts_with("its cover can't be read"), "{:?}", asset.jobs);
    assert!(asset.converted.is_some());
    // A tag, and nothing behind it.
    let asset = shelf.added("b.mp3", &id3("Song", "Band", None)).await;
    assert!(!problem(&asset, Step::Probe).is_empty());
    // Nothing of it can be heard, and its length is right.
    let silence = tone(2).replace("audiotestsrc", "audiotestsrc wave=silence");
    done(&shelf.added("c.wav", &shelf.made("c.wav", &format!("{silence} ! wavenc ! OUT"))).await);
    // One channel, half the rate, and four channels.
    for (name, caps) in
        [("d.wav", "rate=22050,channels=1"), ("e.wav", "rate=96000,channels=4,channel-mask=(bitmask)0x33")]
    {
        let odd = format!(
            "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,format=S16LE,{caps} ! wavenc ! OUT"
        );
        done(&shelf.added(name, &shelf.made(name, &odd)).await);
    }
    assert!(shelf.work.retry(asset.summary.id, Step::Preview).await.is_err(), "sound has none");
}
