//! Uploads as their users see them, through every kind of break.

use std::fs;
use std::path::Path;

use super::*;
use crate::library::{Kind, Step};

struct Shelf {
    folder: tempfile::TempDir,
    library: Library,
}

fn shelf() -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    Shelf { folder, library }
}

impl Shelf {
    /// As if the program had been killed and started again.
    fn again(self) -> Self {
        let Self { folder, library } = self;
        drop(library);
        Self { library: Library::open(folder.path()).unwrap(), folder }
    }

    async fn begin(&self, file_name: &str, bytes: usize) -> Result<Upload, UploadError> {
        let (bytes, tags) = (bytes as u64, vec!["new".to_owned()]);
        let new = NewUpload { file_name: file_name.to_owned(), bytes, tags, metadata: "m".to_owned() };
        self.library.create_upload(new).await
    }

    async fn send(&self, id: UploadId, offset: usize, bytes: &[u8]) -> Result<Upload, UploadError> {
        let receiving = self.library.continue_upload(id, offset as u64).await?;
        let (receiving, _) = receiving.write(bytes.to_vec()).await?;
        receiving.end(true).await
    }

    /// Names in the folder of uploads.
    fn left(&self) -> usize {
        fs::read_dir(self.library.store().incoming().join("uploads")).unwrap().count()
    }
}

/// Looks like a video for as far as one looks.
fn video(len: usize) -> Vec<u8> {
    let mut bytes = b"\0\0\0\x20ftypisom".to_vec();
    bytes.extend((bytes.len()..len).map(|at| (at * 31 / 7) as u8));
    bytes
}

async fn check_asset(shelf: &Shelf, upload: &Upload, content: &[u8]) {
    let asset = shelf.library.asset(upload.asset.expect("it is whole")).await.unwrap();
    assert_eq!(asset.original.hash, blake3::hash(content).into());
    let path = shelf.library.store().path(asset.original.hash, &asset.original.ext);
    assert!(fs::read(path).unwrap() == content);
    assert_eq!((asset.summary.kind, &asset.summary.tags[..]), (Kind::Video, &["new".to_owned()][..]));
    let steps: Vec<Step> = asset.jobs.iter().map(|job| job.step).collect();
    assert_eq!(steps, [Step::Probe]);
}

#[tokio::test]
async fn parts_become_an_asset_and_the_answer_can_be_asked_for_again() {
    let shelf = shelf();
    let content = video(100_000);
    let id = shelf.begin("One.mp4", content.len()).await.unwrap().id;
    assert_eq!(shelf.send(id, 0, &content[..10]).await.unwrap().offset, 10);
    assert_eq!(shelf.send(id, 10, &content[10..60_000]).await.unwrap().offset, 60_000);
    assert_eq!(shelf.send(id, 10, b"again").await, Err(UploadError::Offset { offset: 60_000 }));
    assert_eq!(shelf.library.open_uploads().len(), 1);
    let whole = shelf.send(id, 60_000, &content[60_000..]).await.unwrap();
    check_asset(&shelf, &whole, &content).await;
    assert_eq!(shelf.library.upload(id).await.unwrap().asset, whole.asset);
    assert_eq!(shelf.library.open_uploads(), []);
    let shelf = shelf.again();
    let known = shelf.library.upload(id).await.unwrap();
    assert_eq!((known.asset, known.offset, known.metadata.as_str()), (whole.asset, 100_000, "m"));
    assert_eq!(shelf.left(), 1, "a record, and no bytes");
    assert_eq!(shelf.send(id, 100_000, b"").await, Err(UploadError::TooMuch));
}

#[tokio::test]
async fn after_a_kill_it_goes_on_where_it_was_acknowledged() {
    let shelf = shelf();
    let content = video(300_000);
    let id = shelf.begin("one.mov", content.len()).await.unwrap().id;
    shelf.send(id, 0, &content[..100_000]).await.unwrap();
    let receiving = shelf.library.continue_upload(id, 100_000).await.unwrap();
    // Written, but nobody was told so.
    let (receiving, _) = receiving.write(vec![0; 50_000]).await.unwrap();
    drop(receiving);
    let shelf = shelf.again();
    let known = shelf.library.upload(id).await.unwrap();
    assert_eq!((known.offset, known.asset), (100_000, None));
    shelf.send(id, 100_000, &content[100_000..]).await.unwrap();
    let whole = shelf.library.upload(id).await.unwrap();
    check_asset(&shelf, &whole, &content).await;
}

#[tokio::test]
async fn a_long_one_is_kept_while_it_is_sent() {
    let shelf = shelf();
    let content = video(40 << 20);
    let id = shelf.begin("long.mp4", content.len() + 1).await.unwrap().id;
    let receiving = shelf.library.continue_upload(id, 0).await.unwrap();
    let (receiving, _) = receiving.write(content).await.unwrap();
    drop(receiving);
    assert_eq!(shelf.again().library.upload(id).await.unwrap().offset, 40 << 20);
}

/// Whatever was done of the last steps, the rest is done.
#[tokio::test]
async fn what_breaks_off_at_the_end_is_finished() {
    let content = video(50_000);
    let stored = |shelf: &Shelf| shelf.library.store().path(blake3::hash(&content).into(), "mp4");
    let hash = Some(blake3::hash(&content).to_string());
    // Whole, not yet hashed; hashed; moved.
    for (hash, moved) in [(None, false), (hash.clone(), false), (hash.clone(), true)] {
        let shelf = shelf();
        let id = shelf.begin("one.mp4", content.len()).await.unwrap().id;
        let folder = &shelf.library.uploads().folder;
        fs::write(if moved { stored(&shelf) } else { folder.part(id) }, &content).unwrap();
        let mut record = shelf.library.uploads().entry(id).unwrap().state().record.clone();
        (record.offset, record.hash) = (50_000, hash);
        folder.write(id, &record).unwrap();
        let shelf = shelf.again();
        let tending = shelf.library.tend_uploads();
        assert!(timeout(Duration::from_secs(60), async {
            tokio::select! {
                () = tending => {}
                () = async { while !shelf.library.open_uploads().is_empty() { sleep(Duration::from_millis(5)).await } } => {}
            }
        })
        .await
        .is_ok());
        check_asset(&shelf, &shelf.library.upload(id).await.unwrap(), &content).await;
    }
}

#[tokio::test]
async fn what_is_not_what_its_checksum_says_leaves_no_trace() {
    let shelf = shelf();
    let content = video(1000);
    let id = shelf.begin("one.mp4", content.len()).await.unwrap().id;
    let send = async |expected: [u8; 20], whole| {
        let mut receiving = shelf.library.continue_upload(id, 0).await.unwrap();
        receiving.expect_sha1(expected);
        let (receiving, _) = receiving.write(content[..600].to_vec()).await.unwrap();
        receiving.end(whole).await
    };
    use sha1::Digest;
    let right: [u8; 20] = sha1::Sha1::digest(&content[..600]).into();
    assert_eq!(send([7; 20], true).await, Err(UploadError::Checksum));
    assert_eq!(send(right, false).await.unwrap().offset, 0, "a part of it can't be checked");
    assert_eq!(fs::metadata(shelf.library.uploads().folder.part(id)).unwrap().len(), 0);
    assert_eq!(send(right, true).await.unwrap().offset, 600);
    let whole = shelf.send(id, 600, &content[600..]).await.unwrap();
    check_asset(&shelf, &whole, &content).await;
}

#[tokio::test]
async fn what_the_library_does_not_take_is_refused_before_it_is_sent() {
    let shelf = shelf();
    for name in ["", " "] {
        assert_eq!(shelf.begin(name, 5).await, Err(UploadError::Kind), "{name}");
    }
    assert_eq!(shelf.begin("one.srt", 5).await, Err(UploadError::NoVideo));
    assert_eq!(shelf.begin("one.mp4", 0).await, Err(UploadError::Empty));
    assert_eq!(shelf.begin("one.mp4", (1 << 40) + 1).await, Err(UploadError::TooLarge));
    let tags = vec!["x".repeat(61)];
    let new = NewUpload { file_name: "a.mp4".to_owned(), bytes: 1, tags, metadata: String::new() };
    assert!(matches!(shelf.library.create_upload(new).await, Err(UploadError::Library(_))));
    assert_eq!(shelf.left(), 0);
}

#[tokio::test]
async fn room_is_counted_with_what_others_still_need() {
    let shelf = shelf();
    let free = shelf.library.disk().unwrap().free_bytes;
    let most = free - RESERVE_BYTES;
    assert!(
        matches!(shelf.begin("one.mp4", free as usize).await, Err(UploadError::NoRoom { needed, .. }) if needed == free)
    );
    let half = shelf.begin("one.mp4", (most / 2) as usize).await.unwrap();
    let refused = shelf.begin("two.mp4", (most / 4 * 3) as usize).await;
    // Others use the disk, too: about half of it.
    assert!(matches!(refused, Err(UploadError::NoRoom { free, .. }) if free < most / 4 * 3), "{refused:?}");
    // One that was left keeps no room, and goes on only if there is some.
    let left = shelf.library.uploads().entry(half.id).unwrap();
    left.state().heard -= HELD;
    let two = shelf.begin("two.mp4", (most / 4 * 3) as usize).await.unwrap();
    let again = shelf.library.continue_upload(half.id, 0).await;
    assert!(matches!(again, Err(UploadError::NoRoom { .. })));
    shelf.library.cancel_upload(two.id).await.unwrap();
    assert!(shelf.library.continue_upload(half.id, 0).await.is_ok());
}

#[tokio::test]
async fn there_is_an_end_to_how_many_may_be_begun() {
    let shelf = shelf();
    for number in 0..UPLOADS_MAX {
        let entry = Entry::new(
            UploadId(number as u128),
            Purpose::of("a.mp4").unwrap(),
            Record {
                file_name: String::new(),
                bytes: 1,
                tags: vec![],
                metadata: String::new(),
                offset: 0,
                touched: now(),
                hash: None,
                asset: None,
            },
            None,
        );
        shelf.library.uploads().admit(Arc::new(entry), u64::MAX).unwrap();
    }
    assert_eq!(shelf.begin("one.mp4", 1).await, Err(UploadError::TooMany));
}

#[tokio::test]
async fn other_content_is_refused_as_soon_as_it_shows() {
    let shelf = shelf();
    let id = shelf.begin("one.mp4", 1 << 20).await.unwrap().id;
    assert_eq!(shelf.send(id, 0, b"PK\x03\x04").await.unwrap().offset, 4);
    let refused = shelf.send(id, 4, &[0; 20_000]).await.unwrap_err();
    assert!(refused.to_string().starts_with("the file is a ZIP archive or an office document"), "{refused}");
    assert_eq!(shelf.library.upload(id).await, Err(UploadError::Unknown));
    // A small one shows at its end.
    let id = shelf.begin("one.png", 4).await.unwrap().id;
    assert!(matches!(shelf.send(id, 0, b"text").await, Err(UploadError::Content(_))));
    assert_eq!(shelf.left(), 0);
    assert_eq!(shelf.library.totals().await.unwrap(), Default::default());
}

#[tokio::test]
async fn one_sender_at_a_time_and_a_silent_one_makes_way() {
    let shelf = shelf();
    let id = shelf.begin("one.mp4", 1000).await.unwrap().id;
    let content = video(1000);
    let first = shelf.library.continue_upload(id, 0).await.unwrap();
    let (first, _) = first.write(content[..100].to_vec()).await.unwrap();
    let heard = async {
        loop {
            first.heard();
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::select! {
        never = heard => never,
        second = shelf.library.continue_upload(id, 100) => assert_eq!(second.err(), Some(UploadError::Busy)),
    }
    // Now it is silent: it is told to go, and what it had is kept.
    let mut first = first;
    let making_way = async {
        first.interrupted().await;
        first.end(false).await.unwrap()
    };
    let (ended, known) = tokio::join!(making_way, shelf.library.upload(id));
    assert_eq!((ended.offset, known.unwrap().offset), (100, 100));
    let whole = shelf.send(id, 100, &content[100..]).await.unwrap();
    check_asset(&shelf, &whole, &content).await;
}

#[tokio::test]
async fn cancelling_interrupts_whoever_is_sending() {
    let shelf = shelf();
    let id = shelf.begin("one.mp4", 1000).await.unwrap().id;
    let mut sender = shelf.library.continue_upload(id, 0).await.unwrap();
    let sending = async {
        sender.interrupted().await;
        drop(sender);
    };
    let ((), cancelled) = tokio::join!(sending, shelf.library.cancel_upload(id));
    assert_eq!(cancelled, Ok(()));
    assert_eq!(shelf.library.cancel_upload(id).await, Err(UploadError::Unknown));
    assert_eq!(shelf.left(), 0);
}

impl Library {
    /// As if something had happened to it then.
    pub(in crate::library) fn date_upload(&self, id: UploadId, at: i64) {
        let entry = self.uploads().entry(id).unwrap();
        entry.state().record.touched = at;
        let record = entry.state().record.clone();
        self.uploads().folder.write(id, &record).unwrap();
    }
}

#[tokio::test]
async fn what_nobody_continues_expires() {
    let shelf = shelf();
    let one = shelf.begin("one.mp4", 1000).await.unwrap();
    let two = shelf.begin("two.mp4", 1000).await.unwrap();
    let sender = shelf.library.continue_upload(two.id, 0).await.unwrap();
    shelf.library.remove_expired(one.expires - 5).await;
    assert_eq!(shelf.library.open_uploads().len(), 2);
    shelf.library.remove_expired(two.expires).await;
    assert_eq!(shelf.library.upload(one.id).await, Err(UploadError::Unknown));
    assert_eq!(shelf.library.open_uploads().len(), 1, "the other is being sent");
    drop(sender);
}

#[test]
fn the_folder_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    drop(Library::open(folder.path()).unwrap());
    let uploads = Library::folder(folder.path()).join("incoming/uploads");
    let put = |name: &str, text: &str| fs::write(Path::new(&uploads).join(name), text).unwrap();
    put("0123.json", "{}");
    put(&format!("{}.json", UploadId(1)), "{ half");
    put(&format!("{}.json", UploadId(2)), "");
    put("note.txt", "hello");
    fs::create_dir(uploads.join("folder")).unwrap();
    assert_eq!(Library::open(folder.path()).unwrap().open_uploads(), []);
}

#[test]
fn ids_are_read_back_and_nothing_else_is_one() {
    let id = UploadId::random().unwrap();
    assert_eq!(id.to_string().parse(), Ok(id));
    for text in ["", "1", &"g".repeat(32), &"A".repeat(32), &format!("+{}", "0".repeat(31)), &"é".repeat(16)]
    {
        assert_eq!(text.parse::<UploadId>(), Err(UploadError::Unknown), "{text}");
    }
}
