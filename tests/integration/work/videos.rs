//! Videos of every kind.

use marquee::library::{JobState, Step};

use super::*;

/// Two seconds of a moving ball with a tone. `V` is the picture's encoder, `A` the sound's, `MUX` the muxer.
fn clip(video: &str, audio: &str, mux: &str) -> String {
    let sound = match audio {
        "" => String::new(),
        audio => format!(
            "audiotestsrc num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! {audio} ! queue ! m."
        ),
    };
    format!(
        "videotestsrc num-buffers=60 pattern=ball background-color=0xff203040 \
         ! video/x-raw,format=I420,width=320,height=180,framerate=30/1 ! {video} ! queue ! m. {sound} {mux} name=m ! OUT"
    )
}

const X264: &str = "x264enc speed-preset=ultrafast key-int-max=15 ! video/x-h264,profile=main";

#[tokio::test(flavor = "multi_thread")]
async fn an_mp4_that_plays_everywhere_gets_pictures_and_no_copy() {
    let shelf = Shelf::new();
    let bytes = shelf.made("a.mp4", &clip(X264, "avenc_aac", "mp4mux"));
    let asset = shelf.added("a.mp4", &bytes).await;
    let summary = &asset.summary;
    assert_eq!((summary.width, summary.height, asset.rotation), (320, 180, 0));
    assert!((1900..=2200).contains(&summary.duration_ms), "{}", summary.duration_ms);
    assert!((asset.frames_per_s - 30.0).abs() < 0.1 && asset.bitrate_bps > 10_000, "{asset:?}");
    let kinds = (asset.container.as_str(), asset.video_codec.as_str(), asset.audio_codec.as_str());
    assert_eq!(kinds, ("mp4", "h264", "aac"));
    let plays = asset.plays.expect("probed");
    assert!(plays.hdmi && plays.browser && plays.old_tv);
    assert_eq!((state(&asset, Step::Convert), &asset.converted), (None, &None));
    let thumbnail = picture(&shelf.stored(summary.thumbnail.as_ref().expect("made")));
    assert_eq!(thumbnail.dimensions(), (320, 180), "never enlarged");
    let preview = picture(&shelf.stored(summary.preview.as_ref().expect("made")));
    assert_eq!((preview.dimensions(), summary.preview_frames), ((2400, 135), 10));
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_play_everywhere_gets_a_copy_that_does() {
    let shelf = Shelf::new();
    let hevc = clip("x265enc speed-preset=ultrafast ! h265parse", "avenc_aac", "mp4mux");
    let clips = [
        (
            "a.webm",
            clip("vp8enc deadline=1", "vorbisenc", "webmmux"),
            ("webm", "vp8", "vorbis"),
            (true, true),
        ),
        ("a.mkv", clip(X264, "opusenc", "matroskamux"), ("mkv", "h264", "opus"), (true, false)),
        ("a.mov", clip("jpegenc", "", "qtmux"), ("mov", "jpeg", ""), (true, false)),
        ("hevc.mp4", hevc, ("mp4", "h265", "aac"), (true, false)),
    ];
    for (name, description, kinds, plays) in clips {
        let bytes = shelf.made(name, &description);
        let asset = shelf.added(name, &bytes).await;
        let found = (asset.container.as_str(), asset.video_codec.as_str(), asset.audio_codec.as_str());
        assert_eq!(found, kinds, "{asset:#?}");
        let found = asset.plays.expect("probed");
        assert_eq!(((found.hdmi, found.browser), found.old_tv), (plays, false), "{name}");
        let copy = asset.converted.as_ref().unwrap_or_else(|| panic!("{name}: {:?}", asset.jobs));
        let copy = shelf.stored(copy);
        let at = |name: &[u8]| copy.windows(4).position(|bytes| bytes == name).expect("an MP4 has it");
        assert!(at(b"moov") < at(b"mdat"), "{name}: the index comes first");
        // The copy is an asset like any other: it plays everywhere and gets no copy of its own.
        let again = shelf.added("copy.mp4", &copy).await;
        assert_eq!((again.video_codec.as_str(), state(&again, Step::Convert)), ("h264", None), "{name}");
        assert_eq!(again.audio_codec.is_empty(), kinds.2.is_empty(), "{name}");
        assert!(again.summary.duration_ms.abs_diff(asset.summary.duration_ms) < 300, "{name}");
    }
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_from_a_phone_held_upright_is_upright() {
    let shelf = Shelf::new();
    // Left half black, right half white; turned clockwise, black is up.
    let lying = format!(
        "videotestsrc num-buffers=30 pattern=solid-color foreground-color=0xffffffff \
         ! video/x-raw,width=160,height=180,framerate=30/1 ! videobox left=-160 \
         ! video/x-raw,width=320,height=180 ! {X264} ! mp4mux ! OUT"
    );
    let mut bytes = shelf.made("lying.mp4", &lying);
    lie_down(&mut bytes);
    let asset = shelf.added("turned.mp4", &bytes).await;
    assert_eq!((asset.summary.width, asset.summary.height, asset.rotation), (180, 320, 90));
    assert!(!asset.plays.expect("probed").old_tv, "old TVs ignore the rotation");
    let thumbnail = picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made")));
    assert_eq!(thumbnail.dimensions(), (180, 320));
    assert!(thumbnail.get_pixel(90, 20).0[0] < 60 && thumbnail.get_pixel(90, 300).0[0] > 200);
    let copy = asset.converted.clone().unwrap_or_else(|| panic!("{:?}", asset.jobs));
    let copy = shelf.added("copy.mp4", &shelf.stored(&copy)).await;
    // 180 lines are the most here.
    assert_eq!((copy.summary.width, copy.summary.height, copy.rotation), (102, 180, 0));
    let upright = picture(&shelf.stored(copy.summary.thumbnail.as_ref().expect("made")));
    assert!(upright.get_pixel(51, 10).0[0] < 60 && upright.get_pixel(51, 170).0[0] > 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_is_not_of_the_black_it_begins_with() {
    let shelf = Shelf::new();
    // Black for the first two thirds.
    let fade = format!(
        "concat name=c ! {X264} ! mp4mux ! OUT \
         videotestsrc num-buffers=60 pattern=black ! video/x-raw,width=320,height=180,framerate=30/1 ! c. \
         videotestsrc num-buffers=30 pattern=smpte ! video/x-raw,width=320,height=180,framerate=30/1 ! c."
    );
    // A tenth of it is black, half of it is, a tenth from its end is not.
    let bytes = shelf.made("fade.mp4", &fade.replace("num-buffers=60", "num-buffers=25"));
    let asset = shelf.added("fade.mp4", &bytes).await;
    let thumbnail = picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made")));
    assert!(brightness(&thumbnail) > 80, "{}", brightness(&thumbnail));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_varying_rate_is_told_and_made_even() {
    let shelf = Shelf::new();
    // Four seconds of 30 frames, of which four in ten are missing.
    let varying = "videotestsrc num-buffers=120 pattern=ball ! video/x-raw,width=320,height=180,framerate=30/1 \
         ! identity drop-probability=0.4 ! vp8enc deadline=1 ! webmmux ! OUT";
    let bytes = shelf.made("varying.webm", varying);
    let asset = shelf.added("varying.webm", &bytes).await;
    assert!((12.0..26.0).contains(&asset.frames_per_s), "{}", asset.frames_per_s);
    let copy = shelf.stored(asset.converted.as_ref().unwrap_or_else(|| panic!("{:?}", asset.jobs)));
    let copy = shelf.added("copy.mp4", &copy).await;
    assert!(copy.summary.duration_ms.abs_diff(4000) < 300, "{}", copy.summary.duration_ms);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_inside_and_beside_become_subtitles() {
    let shelf = Shelf::new();
    let srt = shelf.path("in.srt");
    std::fs::write(&srt, "1\n00:00:00,500 --> 00:00:01,500\n<i>Hello</i> & you\n").expect("written");
    let with_text = format!(
        "{} filesrc location={} ! subparse ! queue ! m.",
        clip(X264, "opusenc", "matroskamux"),
        srt.display()
    );
    let bytes = shelf.made("film.mkv", &with_text);
    let asset = shelf.added("film.mkv", &bytes).await;
    assert_eq!(asset.subtitles.len(), 1, "{:?}", asset.jobs);
    let vtt = String::from_utf8(shelf.stored(&asset.subtitles[0].file)).expect("text");
    assert!(vtt.starts_with("WEBVTT\n") && vtt.contains("00:00:00.500 --> 00:00:01.500\n"), "{vtt}");
    assert!(vtt.contains("Hello") && vtt.contains("&amp; you"), "{vtt}");

    let beside = shelf.library.store().incoming().join("beside");
    std::fs::write(&beside, "1\n00:00:01,000 --> 00:00:02,000\nHallo\n").expect("written");
    let found = shelf.library.add_subtitle(beside.clone(), "Film.de.srt").await;
    assert_eq!(found, Ok(Some(asset.summary.id)));
    shelf.work.retry(asset.summary.id, Step::Subtitles).await.expect("asked for");
    let asset = shelf.done(asset.summary.id).await;
    let languages: Vec<&str> = asset.subtitles.iter().map(|text| text.language.as_str()).collect();
    assert_eq!(languages.last(), Some(&"de"), "what came beside stays when the inside is read again");
    assert_eq!(languages.len(), 2);
    std::fs::write(&beside, "1\n00:00:01,000 --> 00:00:02,000\nHallo\n").expect("written");
    assert_eq!(shelf.library.add_subtitle(beside.clone(), "Nobody.srt").await, Ok(None));
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
}

/// Half a minute in 480p: its conversion takes long enough to be seen and cancelled.
fn long_clip(shelf: &Shelf) -> Vec<u8> {
    shelf.made(
        "long.webm",
        "videotestsrc num-buffers=750 pattern=ball ! video/x-raw,width=854,height=480,framerate=25/1 \
         ! vp8enc deadline=1 cpu-used=16 threads=2 ! webmmux ! OUT",
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversion_tells_its_progress_can_be_cancelled_and_survives_a_restart_slow() {
    let mut shelf = Shelf::new();
    let id = shelf.add("long.webm", &long_clip(&shelf)).await;
    let mut status = shelf.work.status();
    let progressing = |status: &marquee::library::work::Status| {
        status
            .running
            .iter()
            .any(|job| job.step == Step::Convert && job.progress.is_some_and(|part| part > 0.0 && part < 1.0))
    };
    tokio::time::timeout(PATIENCE, status.wait_for(progressing)).await.expect("it progresses").expect("told");
    shelf.work.cancel(id, Step::Convert).await.expect("it runs");
    let asset = shelf.done(id).await;
    assert_eq!((state(&asset, Step::Convert), &asset.converted), (Some(JobState::Cancelled), &None));
    assert!(shelf.work.cancel(id, Step::Convert).await.is_err(), "it is over");

    shelf.work.convert(id).await.expect("asked for");
    let running = |asset: &Asset| state(asset, Step::Convert) == Some(JobState::Running);
    shelf.until(id, "running", running).await;
    shelf.stop().await;
    assert_eq!(
        state(&shelf.asset(id).await, Step::Convert),
        Some(JobState::Waiting),
        "it waits for the next start"
    );
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
    shelf.start(watch::channel(SETTINGS).1);
    let asset = shelf.done(id).await;
    assert_eq!(state(&asset, Step::Convert), Some(JobState::Done), "{:?}", asset.jobs);
}

/// Clips of real cameras and films.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs MARQUEE_CLIPS, a folder that scripts/test fetches"]
async fn clips_of_the_real_world_are_understood_slow() {
    let clips = PathBuf::from(std::env::var_os("MARQUEE_CLIPS").expect("scripts/test fetches them"));
    let shelf = Shelf::new();
    for (name, size) in
        [("bigbuckbunny.mp4", (1280, 720)), ("bikes.mp4", (640, 272)), ("carphone_pristine.mp4", (193, 144))]
    {
        let bytes = std::fs::read(clips.join(name)).expect("scripts/test fetched it");
        let asset = shelf.added(name, &bytes).await;
        assert_eq!((asset.summary.width, asset.summary.height), size, "{name}: {asset:#?}");
        assert!(
            asset.summary.thumbnail.is_some() && asset.summary.preview_frames > 1,
            "{name}: {:?}",
            asset.jobs
        );
        assert!(asset.jobs.iter().all(|job| job.state == JobState::Done), "{name}: {:?}", asset.jobs);
    }
}
