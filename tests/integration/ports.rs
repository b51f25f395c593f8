//! The box's own ports play the schedule: the real program in a window, files of the library, and what is to be seen.

use std::ops::Range;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use crate::desktop::{Desktop, Picture, Sample, Sampler};
use crate::program::{PATIENCE, Program};
use crate::uploads;
use crate::work::made;

const CONFIG: &str =
    "[web]\nwebrtc_port = 0\n[device]\ntime_zone = 'UTC'\n[test]\nenabled = true\n[[screen]]\n";

/// A clip of one colour and 1.2 s, with sound.
fn clip(folder: &std::path::Path, pattern: &str) -> Vec<u8> {
    made(
        &folder.join(format!("{pattern}.mp4")),
        &format!(
            "mp4mux name=mux ! OUT videotestsrc num-buffers=30 pattern={pattern} \
             ! video/x-raw,width=320,height=180,framerate=25/1 ! x264enc speed-preset=ultrafast key-int-max=10 \
             ! h264parse ! mux. audiotestsrc num-buffers=56 samplesperbuffer=1024 volume=0.1 \
             ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! aacparse ! mux."
        ),
    )
}

fn slide(width: u32, height: u32, colour: [u8; 3]) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = RgbImage::from_pixel(width, height, Rgb(colour));
    image.write_to(&mut bytes, ImageFormat::Png).expect("memory");
    bytes.into_inner()
}

/// Uploads it and waits until screens can show it. Its id.
pub(crate) async fn add(program: &Program, name: &str, bytes: Vec<u8>) -> i64 {
    uploads::upload(program, &format!("filename {}", STANDARD.encode(name)), bytes).await;
    let stem = name.split('.').next().unwrap_or_default();
    let ready = async {
        loop {
            let assets = program.json("/api/assets").await["assets"].clone();
            let assets = assets.as_array().expect("a list").clone();
            let asset = assets.iter().find(|asset| asset["name"] == stem).expect("uploaded");
            let id = asset["id"].as_i64().expect("an id");
            let whole = program.json(&format!("/api/assets/{id}")).await;
            if whole["jobs"].as_array().is_some_and(|jobs| jobs.iter().all(|job| job["state"] == "done")) {
                return id;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // Work has the lowest priority: beside a suite that uses all processors it hardly gets one.
    tokio::time::timeout(3 * PATIENCE, ready).await.unwrap_or_else(|_| panic!("{name} never was ready"))
}

pub(crate) async fn send(program: &Program, method: &str, path: &str, content: Value) -> Value {
    let answer = program.send(method, path, &[], &content.to_string()).await;
    assert!(answer.status < 300, "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
    if answer.body.is_empty() { Value::Null } else { serde_json::from_slice(&answer.body).expect("JSON") }
}

/// A playlist that is on always and everywhere. Its id.
pub(crate) async fn play(program: &Program, transition: &str, items: Value) -> i64 {
    let list = json!({"name": transition, "transition": transition, "items": items});
    let list = send(program, "POST", "/api/playlists", list).await;
    assert_eq!(list["problems"], json!([]));
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let window =
        json!({"playlist": list["id"], "everywhere": true, "days": days, "from": "00:00", "until": "24:00"});
    send(program, "POST", "/api/windows", window).await;
    list["id"].as_i64().expect("an id")
}

/// One letter for what is on: r, g, b, y(ellow), m(agenta), t(est picture), `-` for black, `?` for anything else.
fn letter(sample: &Sample) -> char {
    let (left, right) = (sample.at(28, 30), sample.at(82, 30));
    if sample.is_black() {
        return '-';
    }
    let full = |colour: [u8; 3]| colour.map(|value| value > 128);
    let pure = |colour: [u8; 3]| colour.iter().all(|value| !(60..=180).contains(value));
    match (full(left), full(right)) {
        ([true, true, false], [false, false, true]) => 't',
        (left_full, right_full) if left_full == right_full && pure(left) => match left_full {
            [true, false, false] => 'r',
            [false, true, false] => 'g',
            [false, false, true] => 'b',
            [true, true, false] => 'y',
            [true, false, true] => 'm',
            _ => '?',
        },
        _ => '?',
    }
}

/// That colour, or one that nobody can tell from it, in the middle.
fn is(colour: [u8; 3]) -> impl Fn(&Picture) -> bool {
    move |picture| picture.at(50, 50).iter().zip(colour).all(|(seen, wanted)| seen.abs_diff(wanted) < 8)
}

/// What was on, one letter a turn.
fn turns(samples: &[Sample]) -> String {
    let mut turns: Vec<char> = samples.iter().map(letter).collect();
    turns.dedup();
    turns.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clips_slides_and_live_pictures_follow_each_other_without_a_black_picture_slow() {
    let (desktop, folder) = (Desktop::start(), tempfile::tempdir().expect("a folder"));
    let program = desktop.program(CONFIG);
    let red = add(&program, "red.mp4", clip(folder.path(), "red")).await;
    let green = add(&program, "green.mp4", clip(folder.path(), "green")).await;
    let blue = add(&program, "blue.mp4", clip(folder.path(), "blue")).await;
    let yellow = add(&program, "yellow.png", slide(320, 180, [255, 255, 0])).await;
    let magenta = add(&program, "magenta.png", slide(300, 900, [255, 0, 255])).await;
    let items = json!([
        {"kind": "asset", "asset": red},
        {"kind": "asset", "asset": yellow, "duration_ms": 1000},
        {"kind": "asset", "asset": green},
        {"kind": "live", "source": "test", "duration_ms": 1500},
        {"kind": "asset", "asset": blue},
        {"kind": "asset", "asset": magenta, "duration_ms": 1000, "fit": "cover"},
    ]);
    let list = play(&program, "cut", items).await;
    desktop.until("the first slide", is([255, 255, 0])).await;

    let sampler = Sampler::start(&desktop);
    sampler.until("a sample", |samples| !samples.is_empty()).await;
    let begun_ms = now_ms();
    plays_until(&program, "of two rounds", |plays| plays.len() > 2 * ORDER.len()).await;
    let ended_ms = now_ms();
    let samples = sampler.stop();
    let seen = turns(&samples);
    // On a machine that is too busy to have an item ready in its time, the one before stays: nothing else is ever seen.
    assert!(!seen.contains(['-', '?']), "{seen}");
    // With what was on at the end, which is written down when it is over.
    let plays = plays_until(&program, "of what was seen last", |plays| plays[0].until_ms >= ended_ms).await;
    let plays: Vec<Shown> = plays.into_iter().rev().collect();
    assert!(plays.iter().all(|play| play.playlist == list), "{plays:?}");
    assert_shown(&seen, &plays, begun_ms..ended_ms);
    assert_in_order(&program, &plays).await;

    // What it says of itself.
    let screens = program.json("/api/screens").await;
    assert_eq!(screens["screens"][0]["state"], "play");
    assert_eq!(screens["screens"][0]["problem"], Value::Null);
    let playing = screens["screens"][0]["playing"].as_str().expect("a name");
    assert!(ORDER.iter().any(|(name, _)| *name == playing), "{screens}");
}

/// The playlist's items, and the letter of each.
const ORDER: [(&str, char); 6] =
    [("red", 'r'), ("yellow", 'y'), ("green", 'g'), ("Test picture", 't'), ("blue", 'b'), ("magenta", 'm')];
/// An item that was on for less may be between two samples on a machine that is busy.
const BRIEF_MS: i64 = 500;

/// What the program wrote down of one item.
#[derive(Clone, Debug)]
struct Shown {
    /// Index into [`ORDER`].
    item: usize,
    playlist: Value,
    from_ms: i64,
    until_ms: i64,
    whole: bool,
}

impl Shown {
    fn new(play: &Value) -> Self {
        let moment = |name: &str| {
            let text = play[name].as_str().expect("a moment");
            text.parse::<jiff::Timestamp>().expect("a moment").as_millisecond()
        };
        let item = ORDER.iter().position(|(name, _)| play["name"] == *name);
        Self {
            item: item.unwrap_or_else(|| panic!("{play}")),
            playlist: play["playlist"].clone(),
            from_ms: moment("from"),
            until_ms: moment("until"),
            whole: play["whole"] == true,
        }
    }

    const fn letter(&self) -> char {
        ORDER[self.item].1
    }
}

fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Waits until the plays that were written down, the last one first, are as wanted.
async fn plays_until(program: &Program, what: &str, wanted: impl Fn(&[Shown]) -> bool) -> Vec<Shown> {
    let waiting = async {
        loop {
            let plays = program.json("/api/plays?limit=100").await["plays"].clone();
            let mut plays: Vec<Shown> = plays.as_array().expect("a list").iter().map(Shown::new).collect();
            plays.sort_by_key(|play| std::cmp::Reverse(play.from_ms));
            if !plays.is_empty() && wanted(&plays) {
                return plays;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap_or_else(|_| panic!("no plays {what}"))
}

/// What was seen within a time is what the program says it showed, one after the other.
fn assert_shown(seen: &str, plays: &[Shown], within: Range<i64>) {
    let told: String = plays.iter().map(Shown::letter).collect();
    let mut rest = seen.chars().peekable();
    for play in plays.iter().filter(|play| play.until_ms > within.start - BRIEF_MS) {
        let is_seen = rest.next_if_eq(&play.letter()).is_some();
        let in_time_ms = play.until_ms.min(within.end) - play.from_ms.max(within.start);
        assert!(is_seen || in_time_ms < BRIEF_MS, "{seen} was seen, {told} was told: {play:?}");
    }
    assert_eq!(rest.next(), None, "{seen} was seen, {told} was told");
}

/// Each item was on when it should be; one that was left out was told in the log.
async fn assert_in_order(program: &Program, plays: &[Shown]) {
    for play in plays {
        let middle = jiff::Timestamp::from_millisecond((play.from_ms + play.until_ms) / 2).expect("a moment");
        let screen = program.json("/api/screens").await["screens"][0]["id"].clone();
        let due = program.json(&format!("/api/screens/{screen}/program?at={middle}")).await;
        assert_eq!(due["item"]["name"], ORDER[play.item].0, "{play:?}: {due}");
    }
    // The first one was joined in its middle.
    assert!(plays[1..].iter().all(|play| play.whole), "{plays:?}");
    let logs = program.json("/api/logs?lines=1000").await;
    let lines = logs["lines"].as_array().expect("a list");
    let told = |name: &str| {
        let late = format!("{name} was not ready in its time");
        lines.iter().filter(|line| line["text"].as_str().is_some_and(|text| text.contains(&late))).count()
    };
    let mut left_out = [0; ORDER.len()];
    for pair in plays.windows(2) {
        let mut item = (pair[0].item + 1) % ORDER.len();
        while item != pair[1].item {
            left_out[item] += 1;
            item = (item + 1) % ORDER.len();
        }
    }
    for ((name, _), count) in ORDER.iter().zip(left_out) {
        assert!(told(name) >= count, "{name} was left out {count} times, and told {} times", told(name));
    }
}

/// Of each change between yellow and magenta, the values of green between the two.
fn fades(samples: &[Sample]) -> Vec<Vec<u8>> {
    let mut fades = Vec::new();
    let (mut steps, mut before) = (Vec::new(), None);
    for green in samples.iter().map(|sample| sample.at(50, 50)[1]) {
        match green {
            6..250 => steps.push(green),
            _ => {
                let now = green >= 250;
                if before.is_some_and(|before| before != now) {
                    fades.push(std::mem::take(&mut steps));
                }
                // The first one may have been joined in its middle.
                steps.clear();
                before = Some(now);
            }
        }
    }
    fades
}

#[tokio::test(flavor = "multi_thread")]
async fn slides_fade_and_messages_nights_and_codes_come_and_go_slow() {
    let desktop = Desktop::start();
    let program = desktop.program(CONFIG);
    let yellow = add(&program, "yellow.png", slide(320, 180, [255, 255, 0])).await;
    let magenta = add(&program, "magenta.png", slide(320, 180, [255, 0, 255])).await;
    let items = json!([
        {"kind": "asset", "asset": yellow, "duration_ms": 2000},
        {"kind": "asset", "asset": magenta, "duration_ms": 2000},
    ]);
    let list = play(&program, "fade", items).await;
    desktop.until("the first slide", is([255, 255, 0])).await;
    let sampler = Sampler::start(&desktop);
    sampler.until("three fades", |samples| fades(samples).len() > 3).await;
    let samples = sampler.stop();
    assert!(!samples.iter().any(Sample::is_black), "{}", turns(&samples));
    // The last one may not be over. On a machine that is busy there may be a single step between.
    for steps in &fades(&samples)[..3] {
        assert!(!steps.is_empty(), "cut, not faded");
        let falls = steps.windows(2).all(|two| two[0] >= two[1]);
        assert!(falls || steps.windows(2).all(|two| two[0] <= two[1]), "to and fro: {steps:?}");
    }

    // A message to everybody, and back.
    send(&program, "PUT", "/api/message", json!({"text": "Fire drill at noon"})).await;
    desktop.until("the message", |picture| picture.at(2, 2) == [0xff, 0xd6, 0x0a]).await;
    program.send("DELETE", "/api/message", &[], "").await;
    desktop.until("the playlist again", is([255, 0, 255])).await;

    // Which screen is it?
    let screen = program.json("/api/screens").await["screens"][0].clone();
    let id = screen["id"].as_i64().expect("an id");
    send(&program, "POST", &format!("/api/screens/{id}/identify"), json!({})).await;
    desktop.until("name and code", |picture| picture.at(2, 2) == [0x14, 0x17, 0x1c]).await;
    desktop.until("the playlist again", is([255, 255, 0])).await;

    // A picture of it, for the page.
    send(&program, "POST", &format!("/api/screens/{id}/screenshot"), json!({})).await;
    let shot = async {
        loop {
            let answer = program.get(&format!("/api/screens/{id}/screenshot.jpg")).await;
            if answer.status == 200 {
                return answer.body;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let shot = tokio::time::timeout(PATIENCE, shot).await.expect("a screenshot");
    let shot = image::load_from_memory(&shot).expect("a picture").into_rgb8();
    assert_eq!(shot.dimensions(), (1280, 720));
    assert!(shot.get_pixel(640, 360)[0] > 240, "one of the slides");

    // At night it is black, whatever else is scheduled.
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let night = json!({"playlist": null, "everywhere": true, "days": days, "from": "00:00", "until": "24:00", "priority": 5});
    let night = send(&program, "POST", "/api/windows", night).await;
    desktop.until("black", is([0, 0, 0])).await;
    assert_eq!(program.json("/api/status").await["screens"][0]["shows"], "standby");
    let window = format!("/api/windows/{}", night["id"]);
    assert_eq!(program.send("DELETE", &window, &[], "").await.status, 204);
    desktop.until("the day", is([255, 255, 0])).await;

    // Nothing is scheduled any more: the splash.
    for window in program.json("/api/windows").await["windows"].as_array().expect("a list") {
        program.send("DELETE", &format!("/api/windows/{}", window["id"]), &[], "").await;
    }
    desktop.until("the splash", |picture| picture.qr_code().is_some()).await;
    assert_eq!(program.send("DELETE", &format!("/api/playlists/{list}"), &[], "").await.status, 204);
    program.signal("TERM");
    assert!(program.ended().await.success());
}
