//! Files that mean harm, or are broken: each gets its answer, and nobody else notices.

use marquee::library::{Purge, Selection, Step};

use super::*;

const CLIP: &str = "videotestsrc num-buffers=60 ! video/x-raw,width=320,height=180,framerate=30/1 \
     ! x264enc speed-preset=ultrafast ! video/x-h264,profile=main ! mp4mux faststart=true ! OUT";

/// A small generator, so that each run sees the same files.
struct Random(u32);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 4) as usize % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_its_name_says_is_refused_with_a_reason() {
    let shelf = Shelf::new();
    for (name, bytes, step) in [
        ("zip.mp4", &b"PK\x03\x04\x14\0\0\0\x08\0a bomb"[..], Step::Probe),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n", Step::Probe),
        ("page.mp4", b"<html><script>alert(1)</script></html>", Step::Probe),
        ("empty.mkv", b"\x1a", Step::Probe),
        ("text.png", b"no picture at all", Step::Pages),
        ("page.svg", b"<html>svg</html>", Step::Pages),
        ("text.pdf", b"no document", Step::Pages),
        ("picture.jpg", b"\x89PNG\r\n\x1a\nrest", Step::Pages),
    ] {
        let asset = shelf.added(name, bytes).await;
        assert!(problem(&asset, step).contains("not what its name says"), "{name}: {:?}", asset.jobs);
        assert_eq!(asset.jobs.len(), 1, "{name}: nothing else is tried");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_say_they_are_enormous_are_refused() {
    let shelf = Shelf::new();
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend([100_000_u32.to_be_bytes(), 100_000_u32.to_be_bytes()].concat());
    png.extend([8, 2, 0, 0, 0]);
    let crc = crc32(&png[12..]);
    png.extend(crc.to_be_bytes());
    png.extend(b"\0\0\0\x08IDAT\x78\x9c\x03\0\0\0\0\x01");
    let asset = shelf.added("bomb.png", &png).await;
    let problem = problem(&asset, Step::Pages);
    assert!(problem.contains("larger than the box can take") || problem.contains("damaged"), "{problem}");
    let svg =
        "<svg xmlns='http://www.w3.org/2000/svg' width='1e9' height='1e9'><rect width='9' height='9'/></svg>";
    let asset = shelf.added("large.svg", svg.as_bytes()).await;
    assert!(asset.pages.iter().all(|page| page.width <= 3840), "{:?}", asset.pages);
    let asset = shelf.added("thin.pdf", &slides::pdf(&[(1_000_000, 1)])).await;
    assert!(asset.pages.iter().all(|page| page.width <= 3840), "{:?}", asset.jobs);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_video_cut_off_fails_with_advice_or_is_used_as_far_as_it_goes() {
    let shelf = Shelf::new();
    let whole = shelf.made("whole.mp4", CLIP);
    for part in [9, 40, 300, whole.len() / 2] {
        let asset = shelf.added("cut.mp4", &whole[..part]).await;
        let probe = asset.jobs.iter().find(|job| job.step == Step::Probe).expect("there");
        let failed = probe.state == JobState::Failed;
        assert!(failed || part == whole.len() / 2, "{part}: {:?}", asset.jobs);
        assert!(!failed || !probe.problem.is_empty() && probe.advice.ends_with('.'), "{probe:?}");
    }
    // After all of them, a whole one is done as ever.
    let asset = shelf.added("whole.mp4", &whole).await;
    assert!(asset.summary.thumbnail.is_some(), "{:?}", asset.jobs);
}

/// Files of each kind that go wrong, by day; MARQUEE_WRONG_FILES asks for more (`scripts/test --long`).
const WRONG_FILES: usize = 8;

fn wrong_files() -> usize {
    std::env::var("MARQUEE_WRONG_FILES")
        .map_or(WRONG_FILES, |wanted| wanted.parse().expect("MARQUEE_WRONG_FILES is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn files_gone_wrong_at_random_end_one_way_or_the_other_slow() {
    let shelf = Shelf::new();
    let video = shelf.made("whole.mp4", CLIP);
    let document = slides::pdf(&[(595, 842), (842, 595)]);
    let mut random = Random(7);
    for (name, whole) in [("a.mp4", &video), ("a.pdf", &document)] {
        for _ in 0..wrong_files() {
            let mut bytes = whole.clone();
            for _ in 0..20 {
                let at = random.below(bytes.len().min(4000));
                // What says what it is stays, or it would be refused for that alone.
                if at >= 12 {
                    bytes[at] = random.below(256) as u8;
                }
            }
            let asset = shelf.added(name, &bytes).await;
            for job in &asset.jobs {
                assert!(job.state != JobState::Failed || job.advice.ends_with('.'), "{job:?}");
            }
        }
    }
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
    let asset = shelf.added("whole.mp4", &video).await;
    assert!(asset.summary.thumbnail.is_some(), "{:?}", asset.jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_meanwhile_leaves_nothing() {
    let shelf = Shelf::new();
    let id = shelf.add("whole.mp4", &shelf.made("whole.mp4", CLIP)).await;
    shelf.library.bin(vec![id]).await.expect("binned");
    let all = Purge::Selected { selection: Selection::default(), except: vec![], until: None };
    shelf.library.purge(all).await.expect("purged");
    let mut status = shelf.work.status();
    let idle = |status: &marquee::library::work::Status| status.running.is_empty() && status.waiting == 0;
    // A job that ran is over when the next asset's are.
    shelf.added("other.mp4", &shelf.made("other.mp4", &CLIP.replace("320", "240"))).await;
    tokio::time::timeout(PATIENCE, status.wait_for(idle)).await.expect("idle").expect("told");
    let files =
        Command::new("find").arg(shelf.path("library/files")).args(["-type", "f"]).output().expect("listed");
    let files = String::from_utf8_lossy(&files.stdout).lines().count();
    assert_eq!(files, 3, "the other's original, thumbnail and preview");
}
