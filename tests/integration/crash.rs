//! `kill -9` again and again, while everything is being changed: what was acknowledged is there.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::care::{marquee, text};
use crate::program::{Answer, PATIENCE, Program};
use crate::uploads::{BYTES, CONFIG, MP4, SVG, VERSION, video};

/// MARQUEE_CRASH_ROUNDS asks for more.
const ROUNDS: u32 = 10;
/// How long people work before the next kill. The first moments of a start are part of it.
const WORK_MS_MAX: u64 = 900;
/// Sent by one PATCH: most files take a few.
const PART_BYTES: usize = 60_000;
const PARTS_MAX: u64 = 5;

/// What people were told, and what they asked for last.
#[derive(Default)]
struct Ledger {
    uploads: Vec<Sent>,
    assets: BTreeMap<i64, Known>,
    /// Counts what was acknowledged.
    edits: usize,
    backups: usize,
}

struct Sent {
    address: String,
    content: Vec<u8>,
    acknowledged: usize,
    asset: Option<i64>,
    /// Its content was looked at after a restart.
    looked_at: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Facts {
    rating: u64,
    favorite: bool,
    tags: BTreeSet<String>,
}

#[derive(Default)]
struct Known {
    acknowledged: Facts,
    /// Sent, and never answered.
    asked_for: Option<Facts>,
}

/// The same in every run; the moments of the kills are not.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Slides are worked on at once; what looks like a video is soon found out to be none.
fn content(number: usize, len: usize) -> (&'static str, Vec<u8>) {
    if number.is_multiple_of(2) {
        return (MP4, video(len, u32::try_from(number).expect("few")));
    }
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"160\" height=\"90\"><rect x=\"{number}\" width=\"9\" \
         height=\"9\"/><!--{}--></svg>",
        "x".repeat(len)
    );
    (SVG, drawing.into_bytes())
}

/// Sends files, first those that broke off, until nobody answers any more.
async fn send_files(program: &Program, ledger: &RefCell<Ledger>, chance: &mut Chance) {
    loop {
        let unfinished = ledger.borrow().uploads.iter().position(|sent| sent.asset.is_none());
        let Some(at) = unfinished else {
            let number = ledger.borrow().uploads.len();
            let len = PART_BYTES * usize::try_from(chance.below(PARTS_MAX)).expect("few") + 1000;
            let (metadata, content) = content(number, len);
            let length = content.len().to_string();
            let headers = [VERSION, ("upload-length", &length), ("upload-metadata", metadata)];
            let Some(created) = program.attempt("POST", "/api/uploads", &headers, "").await else { return };
            assert_eq!(created.status, 201, "{}", String::from_utf8_lossy(&created.body));
            let address = created.header("location").to_owned();
            let sent = Sent { address, content, acknowledged: 0, asset: None, looked_at: false };
            ledger.borrow_mut().uploads.push(sent);
            continue;
        };
        let (address, from, part) = {
            let sent = &ledger.borrow().uploads[at];
            let end = sent.content.len().min(sent.acknowledged + PART_BYTES);
            (sent.address.clone(), sent.acknowledged, sent.content[sent.acknowledged..end].to_vec())
        };
        let offset = from.to_string();
        let headers = [VERSION, BYTES, ("upload-offset", offset.as_str())];
        let Some(answer) = program.attempt("PATCH", &address, &headers, part).await else { return };
        assert_eq!(answer.status, 204, "{}", String::from_utf8_lossy(&answer.body));
        learn(&mut ledger.borrow_mut(), at, &answer);
    }
}

/// What an answer says of an upload.
fn learn(ledger: &mut Ledger, at: usize, answer: &Answer) {
    let sent = &mut ledger.uploads[at];
    sent.acknowledged = answer.header("upload-offset").parse().expect("a number");
    let asset: Option<i64> = answer.header("marquee-asset").parse().ok();
    assert!(sent.asset.is_none() || sent.asset == asset, "{:?} became {asset:?}", sent.asset);
    sent.asset = asset;
    if let Some(id) = asset {
        ledger.assets.entry(id).or_default();
    }
}

/// Edits assets until nobody answers any more. Of two editors, each has its own.
async fn edit(program: &Program, ledger: &RefCell<Ledger>, chance: &mut Chance, editor: i64) {
    loop {
        let own: Vec<i64> = ledger.borrow().assets.keys().copied().filter(|id| id % 2 == editor).collect();
        if own.is_empty() {
            if program.attempt("GET", "/api/tags", &[], "").await.is_none() {
                return;
            }
            continue;
        }
        let id = own[usize::try_from(chance.below(own.len() as u64)).expect("an index")];
        let mut facts = ledger.borrow().assets[&id].acknowledged.clone();
        let tag = format!("tag {}", chance.below(9));
        let mut body = json!({});
        match chance.below(4) {
            0 => {
                facts.rating = chance.below(6);
                body["rating"] = facts.rating.into();
            }
            1 => {
                facts.favorite = !facts.favorite;
                body["favorite"] = facts.favorite.into();
            }
            2 => {
                body["remove_tags"] = json!([tag]);
                facts.tags.remove(&tag);
            }
            _ => {
                body["add_tags"] = json!([tag]);
                facts.tags.insert(tag);
            }
        }
        ledger.borrow_mut().assets.get_mut(&id).expect("known").asked_for = Some(facts.clone());
        let path = format!("/api/assets/{id}");
        let Some(answer) = program.attempt("PATCH", &path, &[], body.to_string()).await else { return };
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let mut ledger = ledger.borrow_mut();
        ledger.assets.insert(id, Known { acknowledged: facts, asked_for: None });
        ledger.edits += 1;
    }
}

async fn back_up(program: &Program, ledger: &RefCell<Ledger>) {
    while let Some(answer) = program.attempt("GET", "/api/backup", &[], "").await {
        if answer.status == 503 {
            // The ones before are still being tidied up after.
            continue;
        }
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
        ledger.borrow_mut().backups += 1;
    }
}

async fn facts_of(program: &Program, id: i64) -> (Facts, Value) {
    let asset = program.json(&format!("/api/assets/{id}")).await;
    let tags = asset["tags"].as_array().expect("a list").iter();
    let facts = Facts {
        rating: asset["rating"].as_u64().expect("a number"),
        favorite: asset["favorite"].as_bool().expect("yes or no"),
        tags: tags.map(|tag| tag.as_str().expect("text").to_owned()).collect(),
    };
    (facts, asset)
}

/// Compares what people were told with what is there.
async fn look(program: &Program, ledger: &mut Ledger) {
    for at in 0..ledger.uploads.len() {
        let known = stand_of(program, &ledger.uploads[at].address).await;
        let offset: usize = known.header("upload-offset").parse().expect("a number");
        let told = ledger.uploads[at].acknowledged;
        assert!(offset >= told, "upload {at}: {told} bytes were acknowledged, and {offset} are there");
        learn(ledger, at, &known);
    }
    for (id, known) in &mut ledger.assets {
        let (facts, _) = facts_of(program, *id).await;
        let wanted = facts == known.acknowledged || Some(&facts) == known.asked_for.as_ref();
        assert!(wanted, "{facts:?}, not {:?} or {:?}", known.acknowledged, known.asked_for);
        *known = Known { acknowledged: facts, asked_for: None };
    }
    for sent in ledger.uploads.iter_mut().filter(|sent| !sent.looked_at) {
        let Some(id) = sent.asset else { continue };
        let (_, asset) = facts_of(program, id).await;
        let url = asset["original"]["url"].as_str().expect("an address").to_owned();
        assert!(program.get(&url).await.body == sent.content, "{url}");
        sent.looked_at = true;
    }
    let totals = &program.json("/api/library").await["totals"];
    let there =
        totals["videos"].as_u64().zip(totals["slides"].as_u64()).map(|(videos, slides)| videos + slides);
    assert_eq!(there, Some(ledger.assets.len() as u64), "nothing twice, nothing that nobody sent");
}

/// How an upload stands; one that was whole is being taken in at the start.
async fn stand_of(program: &Program, address: &str) -> Answer {
    let asking = async {
        loop {
            let answer = program.send("HEAD", address, &[VERSION], "").await;
            if answer.status != 423 {
                return answer;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = timeout(PATIENCE, asking).await.expect("it ends");
    assert_eq!(answer.status, 200, "{address}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_every_kill_slow() {
    let wanted = std::env::var("MARQUEE_CRASH_ROUNDS").ok();
    let rounds = wanted.map_or(ROUNDS, |rounds| rounds.parse().expect("MARQUEE_CRASH_ROUNDS is a number"));
    let mut program = Program::start(CONFIG);
    let mut ledger = Ledger::default();
    let [mut files, mut one, mut other, mut moments] = [1, 2, 3, 4].map(Chance);
    for round in 1..=rounds as usize {
        let until = Duration::from_millis(moments.below(WORK_MS_MAX));
        let shared = RefCell::new(ledger);
        let killing = async {
            sleep(until).await;
            // On a busy machine people get less done: then they work for longer.
            let done = || shared.borrow().assets.len() >= round && shared.borrow().edits >= round;
            let working = async {
                while !done() {
                    sleep(Duration::from_millis(10)).await;
                }
            };
            timeout(PATIENCE, working).await.expect("people get something done");
            program.signal("KILL");
        };
        tokio::join!(
            killing,
            send_files(&program, &shared, &mut files),
            edit(&program, &shared, &mut one, 0),
            edit(&program, &shared, &mut other, 1),
            back_up(&program, &shared),
        );
        ledger = shared.into_inner();
        program.kill_and_start_again();
        look(&program, &mut ledger).await;
    }
    program.kill();
    let checked = marquee("check-library", &program.data(), &[]);
    assert!(checked.status.success() && text(&checked).contains("all is well"), "{}", text(&checked));
    // Else nothing was tested.
    assert!(ledger.backups > 0, "no backup was made");
}
