//! Files of sound on a screen of the box: heard, seen by their cover, and followed by what comes next.

use serde_json::json;

use crate::desktop::{Desktop, Sampler};
use crate::ports::{add, play};
use crate::program::PATIENCE;
use crate::work::made;
use crate::work::sounds::{cover, id3, tone};

const CONFIG: &str =
    "[web]\nwebrtc_port = 0\n[device]\ntime_zone = 'UTC'\n[test]\nenabled = false\n[[screen]]\n";
/// How many items are watched.
const ITEMS: usize = 7;

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_shows_its_cover_for_as_long_as_it_lasts_and_is_followed_slow() {
    let (desktop, folder) = (Desktop::start(), tempfile::tempdir().expect("a folder"));
    let program = desktop.program(CONFIG);
    // Items are made ready 8 s before their time, three at most (output/hdmi/show/stage.rs): of shorter ones a busy machine
    // leaves some out, and says so.
    let mp3 = made(&folder.path().join("a.mp3"), &format!("{} ! lamemp3enc ! OUT", tone(3)));
    let song = [id3("", "", Some(&cover(300, 300, [220, 0, 0]))), mp3].concat();
    let song = add(&program, "song.mp3", song).await;
    let slide = add(&program, "slide.png", cover(320, 180, [0, 200, 0])).await;
    let items =
        json!([{"kind": "asset", "asset": song}, {"kind": "asset", "asset": slide, "duration_ms": 3000}]);
    play(&program, "cut", items).await;
    let is_red = |[red, green, _]: [u8; 3]| red > 150 && green < 60;
    desktop.until("the cover", |picture| is_red(picture.at(50, 50))).await;

    let sampler = Sampler::start(&desktop);
    let watched = async {
        loop {
            let plays = program.json("/api/plays?limit=100").await["plays"].clone();
            let plays = plays.as_array().expect("a list").clone();
            if plays.len() >= ITEMS {
                return plays;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let plays = tokio::time::timeout(PATIENCE, watched).await.expect("items are shown");
    let samples = sampler.stop();
    assert!(samples.iter().all(|sample| !sample.is_black()), "never black");
    let seen =
        |wanted: fn([u8; 3]) -> bool| samples.iter().filter(|sample| wanted(sample.at(50, 50))).count();
    let (songs, slides) =
        (seen(|[red, green, _]| red > 150 && green < 60), seen(|[red, green, _]| red < 60 && green > 150));
    assert!(
        songs > 0 && slides > 0 && songs + slides == samples.len(),
        "{songs} {slides} of {}",
        samples.len()
    );
    for pair in plays.windows(2) {
        assert_ne!(pair[0]["name"], pair[1]["name"], "one after the other");
    }
}
