//! The library as its users see it: one folder, one handle.

use std::collections::BTreeSet;
use std::fs;

use super::*;

struct Shelf {
    _folder: tempfile::TempDir,
    library: Library,
}

fn shelf() -> Shelf {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    Shelf { _folder: folder, library }
}

impl Shelf {
    async fn add(&self, file_name: &str, content: &str, tags: &[&str]) -> Added {
        let from = self.library.store().incoming().join("upload");
        fs::write(&from, content).unwrap();
        let (kind, ext) = match file_name.ends_with(".png") {
            true => (Kind::Slide, "png"),
            false => (Kind::Video, "mp4"),
        };
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        let new = New { kind, file_name: file_name.to_owned(), ext: ext.to_owned(), tags, steps: vec![] };
        self.library.add(from, new).await.unwrap()
    }

    async fn names(&self, query: Query) -> Vec<String> {
        let listing = self.library.list(Query { limit: 200, ..query }).await.unwrap();
        listing.assets.into_iter().map(|asset| asset.name).collect()
    }

    async fn search(&self, text: &str) -> Vec<String> {
        let selection = Selection { search: text.to_owned(), ..Selection::default() };
        self.names(Query { selection, order: Order::Name, ..Query::default() }).await
    }
}

fn tagged(tags: &[&str]) -> Selection {
    Selection { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..Selection::default() }
}

fn all_of_the_bin() -> Purge {
    Purge::Selected { selection: Selection::default(), except: vec![], until: None }
}

/// A video that nothing is known of.
pub(super) fn asset() -> Asset {
    let hash = Hash::new([0; 32]);
    let summary = Summary {
        id: 1,
        kind: Kind::Video,
        name: "Film".to_owned(),
        added: 0,
        taken: 0,
        binned: None,
        duration_ms: 0,
        width: 0,
        height: 0,
        favorite: false,
        rating: 0,
        views: 0,
        last_watched: 0,
        position_ms: 0,
        thumbnail: None,
        preview: None,
        preview_frames: 0,
        tags: Vec::new(),
        work: Work::Done,
    };
    Asset {
        summary,
        original: StoredFile { hash, ext: "mp4".to_owned(), bytes: 1 },
        file_name: "Film.mp4".to_owned(),
        container: String::new(),
        video_codec: String::new(),
        audio_codec: String::new(),
        rotation: 0,
        frames_per_s: 0.0,
        bitrate_bps: 0,
        plays: None,
        converted: None,
        pages: Vec::new(),
        subtitles: Vec::new(),
        jobs: Vec::new(),
    }
}

#[tokio::test]
async fn the_same_content_is_one_asset() {
    let shelf = shelf();
    let first = shelf.add("a.mp4", "content", &[]).await;
    let second = shelf.add("b.mp4", "content", &[]).await;
    assert_eq!(second, Added { id: first.id, existed: true, changed: false });
    shelf.library.bin(vec![first.id]).await.unwrap();
    assert_eq!(shelf.names(Query::default()).await, Vec::<String>::new());
    shelf.add("c.mp4", "content", &[]).await;
    assert_eq!(shelf.names(Query::default()).await, ["a"], "out of the bin again");
}

#[tokio::test]
async fn names_are_made_fit_to_be_shown() {
    let shelf = shelf();
    for (number, (file_name, name)) in [
        ("/etc/passwd.mp4", "passwd"),
        ("C:\\clips\\my_clip.v2.mp4", "my clip.v2"),
        ("a\nb\u{202e}4pm.mp4", "a b4pm"),
        (".mp4", ".mp4"),
        ("", "untitled"),
        ("\u{200f}.mp4", "untitled"),
    ]
    .into_iter()
    .enumerate()
    {
        let added = shelf.add(file_name, &number.to_string(), &[]).await;
        assert_eq!(shelf.library.asset(added.id).await.unwrap().summary.name, name, "{file_name:?}");
    }
}

#[tokio::test]
async fn search_finds_parts_of_words_in_names_and_tags() {
    let shelf = shelf();
    shelf.add("Summer in Ärmelkanal.mp4", "1", &["holiday"]).await;
    let winter = shelf.add("Winter.mp4", "2", &["Holiday", "snow"]).await.id;
    for (text, found) in [
        ("holi", vec!["Summer in Ärmelkanal", "Winter"]),
        ("armel SUM", vec!["Summer in Ärmelkanal"]),
        ("w", vec!["Winter"]),
        ("kanal", vec!["Summer in Ärmelkanal"]),
        ("day wint", vec!["Winter"]),
        ("sumer", vec!["Summer in Ärmelkanal"]),
        ("holydai", vec![]),
        ("\" OR 1 *", vec![]),
        ("-", vec![]),
    ] {
        assert_eq!(shelf.search(text).await, found, "{text}");
    }
    let edit =
        Edit { name: Some("Spring".to_owned()), remove_tags: vec!["SNOW".to_owned()], ..Edit::default() };
    shelf.library.edit(vec![winter], edit).await.unwrap();
    assert_eq!(shelf.search("wint").await, Vec::<String>::new());
    assert_eq!(shelf.search("snow").await, Vec::<String>::new());
    assert_eq!(shelf.search("spr").await, ["Spring"]);
}

#[tokio::test]
async fn search_takes_every_script_and_says_what_is_only_similar() {
    let shelf = shelf();
    for (number, (name, typed)) in [
        ("新製品発表会", "発表会"),
        ("한국어영상", "영상"),
        ("ภาษาไทย", "ไทย"),
        ("Fête été", "e\u{301}te\u{301}"),
        ("VID20260105WA0001", "20260105"),
        ("party 🎉", "🎉"),
        ("Ελλάδα", "ΕΛΛΑ"),
        ("Straßenfest", "STRASSE"),
        ("Menu ＡＢ", "ab"),
    ]
    .into_iter()
    .enumerate()
    {
        shelf.add(&format!("{name}.png"), &number.to_string(), &[]).await;
        assert_eq!(shelf.search(typed).await, [name], "{typed}");
    }
    for (typed, similar) in [("straße", false), ("starssen", true), ("menu", false), ("emnu", true)] {
        let selection = Selection { search: typed.to_owned(), ..Selection::default() };
        let listing = shelf.library.list(Query { selection, limit: 9, ..Query::default() }).await.unwrap();
        assert_eq!((listing.assets.len(), listing.similar), (1, similar), "{typed}");
    }
}

#[tokio::test]
async fn tags_are_the_same_in_any_case_and_form() {
    let shelf = shelf();
    let id = shelf.add("a.png", "1", &["Äpfel", "a\u{308}PFEL", "Apfel"]).await.id;
    let tags = |tags: Vec<Tag>| tags.into_iter().map(|tag| (tag.name, tag.assets)).collect::<Vec<_>>();
    let known = tags(shelf.library.tags().await.unwrap());
    assert_eq!(known, [("Apfel".to_owned(), 1), ("Äpfel".to_owned(), 1)]);
    assert_eq!(shelf.names(Query { selection: tagged(&["ÄPFEL"]), ..Query::default() }).await, ["a"]);
    let edit = Edit { remove_tags: vec!["äpfel".to_owned()], ..Edit::default() };
    shelf.library.edit(vec![id], edit).await.unwrap();
    assert_eq!(shelf.library.asset(id).await.unwrap().summary.tags, ["Apfel"]);
}

/// Every order and filter against the same done by hand, page by page, with few assets and with many.
#[tokio::test]
async fn pages_hold_every_asset_once_in_order() {
    let shelf = shelf();
    for number in 0..60_u32 {
        let name = format!("{}-{number}.{}", number % 7, if number % 5 == 0 { "png" } else { "mp4" });
        let tags: &[&str] = if number % 3 == 0 { &["third", "all"] } else { &["all"] };
        let id = shelf.add(&name, &number.to_string(), tags).await.id;
        let edit = Edit {
            favorite: Some(number % 4 == 0),
            rating: Some((number % 6).try_into().unwrap()),
            ..Edit::default()
        };
        shelf.library.edit(vec![id], edit).await.unwrap();
    }
    let selections = [
        (Selection::default(), 60),
        (Selection { kind: Some(Kind::Slide), ..Selection::default() }, 12),
        (Selection { favorite: true, ..Selection::default() }, 15),
        (tagged(&["ALL"]), 60),
        (tagged(&["third", "all"]), 20),
        (Selection { favorite: true, kind: Some(Kind::Video), ..tagged(&["third"]) }, 4),
        (Selection { search: "3".to_owned(), ..Selection::default() }, 21),
        (Selection { search: "3".to_owned(), ..tagged(&["third"]) }, 7),
        (tagged(&["nobody's"]), 0),
    ];
    for (selection, count) in selections {
        for order in Order::ALL {
            for descending in [false, true] {
                let query = Query { selection: selection.clone(), order, descending, after: None, limit: 7 };
                check_pages(&shelf.library, query, count).await;
            }
        }
    }
}

async fn check_pages(library: &Library, mut query: Query, count: usize) {
    let mut seen = Vec::new();
    loop {
        let page = library.list(query.clone()).await.unwrap();
        assert!(page.total.is_none_or(|total| total == count as u64), "{query:?}: {:?}", page.total);
        seen.extend(page.assets);
        let Some(next) = page.next else { break };
        query.after = Some(next);
    }
    let ids: BTreeSet<i64> = seen.iter().map(|asset| asset.id).collect();
    assert_eq!((ids.len(), seen.len()), (count, count), "{query:?}");
    let keys = seen.iter().map(|asset| match query.order {
        Order::Name => (fold::sort_name(&asset.name), 0),
        Order::Rating => (String::new(), asset.rating.into()),
        Order::Added => (String::new(), asset.added),
        _ => (String::new(), 0),
    });
    let keys: Vec<_> = keys.zip(seen.iter().map(|asset| asset.id)).collect();
    let sorted = keys.is_sorted_by(|one, two| if query.descending { one > two } else { one < two });
    assert!(sorted, "{query:?}: {keys:?}");
}

#[tokio::test]
async fn totals_and_tags_count_what_is_outside_of_the_bin() {
    let shelf = shelf();
    let one = shelf.add("one.mp4", "1", &["a"]).await.id;
    let two = shelf.add("two.png", "2", &["a", "b"]).await.id;
    shelf.library.edit(vec![one], Edit { favorite: Some(true), ..Edit::default() }).await.unwrap();
    shelf.library.bin(vec![one]).await.unwrap();
    let count = |tags: Vec<Tag>| tags.into_iter().map(|tag| (tag.name, tag.assets)).collect::<Vec<_>>();
    let expected = [("a".to_owned(), 1), ("b".to_owned(), 1)];
    assert_eq!(count(shelf.library.tags().await.unwrap()), expected);
    let totals = Totals { slides: 1, bin: 1, ..Totals::default() };
    assert_eq!(shelf.library.totals().await.unwrap(), totals);
    shelf.library.restore(vec![one, two, 99]).await.unwrap();
    let totals = Totals { videos: 1, slides: 1, favorites: 1, ..Totals::default() };
    assert_eq!(shelf.library.totals().await.unwrap(), totals);
    shelf.library.bin(vec![one, two]).await.unwrap();
    shelf.library.purge(Purge::Assets(vec![two])).await.unwrap();
    assert_eq!(count(shelf.library.tags().await.unwrap()), [("a".to_owned(), 0)]);
    assert_eq!(shelf.library.totals().await.unwrap(), Totals { bin: 1, ..Totals::default() });
}

#[tokio::test]
async fn only_what_is_in_the_bin_is_deleted_and_its_file_with_it() {
    let shelf = shelf();
    let id = shelf.add("one.mp4", "1", &["a"]).await.id;
    let file = shelf.library.asset(id).await.unwrap().original;
    let path = shelf.library.store().path(file.hash, &file.ext);
    assert_eq!(shelf.library.purge(Purge::Assets(vec![id])).await.unwrap().assets, 0);
    assert!(path.exists());
    shelf.library.bin(vec![id]).await.unwrap();
    assert_eq!(shelf.library.purge(all_of_the_bin()).await.unwrap().assets, 1);
    assert!(!path.exists());
    assert_eq!(shelf.library.asset(id).await, Err(Error::NoSuchAsset));
    assert_eq!(shelf.search("one").await, Vec::<String>::new());
}

#[tokio::test]
async fn what_people_do_is_kept_and_what_makes_no_sense_refused() {
    let shelf = shelf();
    let id = shelf.add("one.mp4", "1", &[]).await.id;
    shelf.library.watched(id).await.unwrap();
    shelf.library.position(id, 7000).await.unwrap();
    let summary = shelf.library.asset(id).await.unwrap().summary;
    assert_eq!((summary.views, summary.position_ms, summary.last_watched > 0), (1, 7000, true));
    assert_eq!(shelf.library.watched(99).await, Err(Error::NoSuchAsset));
    for edit in [
        Edit { rating: Some(6), ..Edit::default() },
        Edit { name: Some(" \n".to_owned()), ..Edit::default() },
        Edit { add_tags: vec!["x".repeat(61)], ..Edit::default() },
        Edit { add_tags: (0..65).map(|tag| tag.to_string()).collect(), ..Edit::default() },
    ] {
        let refused = shelf.library.edit(vec![id], edit.clone()).await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{edit:?}");
    }
    let after = Query { after: Some("rubbish".to_owned()), ..Query::default() };
    assert!(matches!(shelf.library.list(after).await, Err(Error::Invalid { .. })));
}

#[tokio::test]
async fn chance_picks_among_the_selected() {
    let shelf = shelf();
    assert_eq!(shelf.library.random(Selection::default()).await, Ok(None));
    let mut ids = BTreeSet::new();
    for number in 0..4 {
        let id = shelf.add("a.mp4", &number.to_string(), &["a"]).await.id;
        if number > 0 {
            ids.insert(id);
        } else {
            shelf.library.bin(vec![id]).await.unwrap();
        }
    }
    let mut seen = BTreeSet::new();
    while seen.len() < 3 {
        let tagged = shelf.library.random(tagged(&["a"])).await.unwrap();
        seen.extend(
            [tagged, shelf.library.random(Selection::default()).await.unwrap()].into_iter().flatten(),
        );
    }
    assert_eq!(seen, ids);
}

#[test]
fn a_data_folder_may_be_named_from_where_one_is() {
    let folder = tempfile::tempdir().unwrap();
    let here = std::env::current_dir().unwrap();
    let up: PathBuf = here.components().skip(1).map(|_| "..").collect();
    let library = Library::open(&up.join(folder.path().strip_prefix("/").unwrap())).unwrap();
    // Whoever works elsewhere finds it as well.
    assert!(library.store().incoming().is_absolute());
}

#[test]
fn what_a_killed_program_still_holds_is_waited_for_and_another_marquee_is_not() {
    let shelf = shelf();
    let (folder, library) = (shelf._folder.path().to_owned(), shelf.library);
    assert!(matches!(Library::open(&folder), Err(OpenError::InUse { .. })));
    let holder = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        drop(library);
    });
    assert!(Library::open(&folder).is_ok());
    holder.join().unwrap();
}

/// 2,000 imported files must not keep a picture that somebody uploads meanwhile waiting for half an hour.
#[tokio::test]
async fn work_is_done_in_the_order_in_which_people_wait_for_it() {
    use Step::{Preview, Probe, Thumbnail};
    let shelf = shelf();
    let put = async |number: u32, imported: bool| {
        let from = shelf.library.store().incoming().join("upload");
        fs::write(&from, format!("{number}")).unwrap();
        let (kind, ext) = (Kind::Video, "mp4".to_owned());
        let new = New { kind, file_name: format!("{number}.mp4"), ext, tags: vec![], steps: vec![Probe] };
        let added = match imported {
            true => shelf.library.add_known(from, new, Past::default()).await,
            false => shelf.library.add(from, new).await,
        };
        added.unwrap().id
    };
    let (old, new) = (put(1, true).await, put(2, true).await);
    let (sent, sent_later) = (put(3, false).await, put(4, false).await);
    let steps = "INSERT INTO jobs (asset, step, state, changed)
        VALUES (?1, 'thumbnail', 'waiting', 0), (?1, 'preview', 'waiting', 0);";
    let mut order = Vec::new();
    shelf.library.seen([old]);
    while let Some((id, step)) = shelf.library.next_job(false).await.unwrap() {
        order.push((id, step));
        let done = move |connection: &rusqlite::Connection| {
            let sql = "UPDATE jobs SET state = 'done' WHERE asset = ? AND step = ?";
            connection.execute(sql, rusqlite::params![id, step])?;
            if step == Probe {
                connection.execute(steps, [id])?;
            }
            Ok(())
        };
        shelf.library.db().write(done).await.unwrap();
    }
    let expected = [
        // On somebody's page.
        (old, Probe),
        (old, Thumbnail),
        (old, Preview),
        // Uploaded, the newest first, then imported; what makes all of them seen before what makes them comfortable.
        (sent_later, Probe),
        (sent_later, Thumbnail),
        (sent, Probe),
        (sent, Thumbnail),
        (new, Probe),
        (new, Thumbnail),
        (sent_later, Preview),
        (sent, Preview),
        (new, Preview),
    ];
    assert_eq!(order, expected);
}

#[tokio::test]
async fn what_is_selected_is_changed_whole_and_taken_back_whole() {
    let shelf = shelf();
    let mut ids = Vec::new();
    for number in 0..111 {
        let tags: &[&str] = if number % 3 == 0 { &["summer", "beach"] } else { &["summer"] };
        ids.push(shelf.add(&format!("clip {number}.mp4"), &format!("content {number}"), tags).await.id);
    }
    shelf.add("other.mp4", "other", &[]).await;
    shelf.library.edit(vec![ids[5]], Edit { rating: Some(4), ..Edit::default() }).await.unwrap();
    let count = async |selection: Selection| shelf.library.count(selection).await.unwrap();
    let search = |text: &str| Selection { search: text.to_owned(), ..Selection::default() };
    assert_eq!(count(search("clip")).await, 111);
    assert_eq!(count(Selection { kind: Some(Kind::Video), ..tagged(&["summer", "beach"]) }).await, 37);

    let which = Which::Selected { selection: search("clip"), except: vec![ids[0]] };
    let (rating, add_tags, remove_tags) = (Some(2), vec!["beach".to_owned()], vec!["Summer".to_owned()]);
    let edit = Edit { rating, add_tags, remove_tags, ..Edit::default() };
    let done = shelf.library.edit(which, edit).await.unwrap();
    assert_eq!(done.assets, 110);
    assert_eq!(count(tagged(&["summer"])).await, 1);
    assert_eq!(count(tagged(&["beach"])).await, 111);
    let back = shelf.library.undo(&done.undo.clone().unwrap()).await.unwrap();
    assert_eq!(back.assets, 110);
    assert_eq!((count(tagged(&["summer"])).await, count(tagged(&["beach"])).await), (111, 37));
    assert_eq!(shelf.library.asset(ids[5]).await.unwrap().summary.rating, 4);
    assert_eq!(shelf.library.asset(ids[6]).await.unwrap().summary.rating, 0);
    assert!(matches!(shelf.library.undo(&done.undo.unwrap()).await, Err(Error::NoSuch(_))));

    let all = |selection: Selection| Which::Selected { selection, except: vec![] };
    let done = shelf.library.bin(all(search("clip"))).await.unwrap();
    assert_eq!(done.assets, 111);
    let binned = shelf.library.asset(ids[7]).await.unwrap().summary.binned;
    let restored = shelf.library.restore(all(Selection { bin: true, ..search("clip") })).await.unwrap();
    assert_eq!((restored.assets, count(search("clip")).await), (111, 111));
    shelf.library.undo(&restored.undo.unwrap()).await.unwrap();
    assert_eq!(
        shelf.library.asset(ids[7]).await.unwrap().summary.binned,
        binned,
        "in the bin since the same moment"
    );
    shelf.library.undo(&done.undo.unwrap()).await.unwrap();
    assert_eq!(count(search("clip")).await, 111);
}

#[tokio::test]
async fn the_bin_is_emptied_of_what_was_in_it_when_somebody_looked() {
    let shelf = shelf();
    let id = shelf.add("a.mp4", "a", &[]).await.id;
    shelf.library.bin(vec![id]).await.unwrap();
    let since = shelf.library.asset(id).await.unwrap().summary.binned;
    let purge = |until, except| Purge::Selected { selection: Selection::default(), except, until };
    let before = since.map(|since| since - 1);
    assert_eq!(shelf.library.purge(purge(before, vec![])).await.unwrap().assets, 0);
    assert_eq!(shelf.library.purge(purge(since, vec![id])).await.unwrap().assets, 0);
    assert_eq!(shelf.library.purge(purge(since, vec![])).await.unwrap().assets, 1);
}

#[tokio::test]
async fn ratings_lengths_years_and_types_narrow_and_the_date_taken_sorts() {
    let shelf = shelf();
    let mut ids = Vec::new();
    for (name, rating, taken) in
        [("a.mp4", 0, 1_000_000_000), ("b.mp4", 3, 1_600_000_000), ("c.png", 5, 1_200_000_000)]
    {
        let id = shelf.add(name, name, &[]).await.id;
        shelf.library.edit(vec![id], Edit { rating: Some(rating), ..Edit::default() }).await.unwrap();
        shelf.library.set_taken(id, taken).await.unwrap();
        ids.push(id);
    }
    let names = async |selection: Selection| {
        let query = Query { selection: selection.clone(), order: Order::Taken, ..Query::default() };
        let names = shelf.names(query).await.join("");
        assert_eq!(shelf.library.count(selection).await.unwrap(), names.len() as u64, "{names}");
        names
    };
    let all = Selection::default;
    assert_eq!(names(all()).await, "acb", "by when they were taken");
    assert_eq!(names(Selection { rating: Some(3..=5), ..all() }).await, "cb");
    assert_eq!(names(Selection { rating: Some(0..=0), ..all() }).await, "a");
    assert_eq!(names(Selection { taken: Some(1_000_000_001..=1_500_000_000), ..all() }).await, "c");
    assert_eq!(names(Selection { exts: vec!["mp4".to_owned()], ..all() }).await, "ab");
    let both = Selection { exts: vec!["mp4".to_owned()], rating: Some(1..=5), ..all() };
    assert_eq!(names(both.clone()).await, "b");
    assert_eq!(names(Selection { search: "b".to_owned(), ..both }).await, "b");
    assert_eq!(names(Selection { duration_ms: Some(1..=u64::MAX), ..all() }).await, "", "nothing was probed");
    let shares = shelf.library.shares().await.unwrap();
    assert_eq!(shares.years, [(2020, 1), (2008, 1), (2001, 1)]);
    assert_eq!(shares.types, [("mp4".to_owned(), 2), ("png".to_owned(), 1)]);
    let listing =
        shelf.library.list(Query { limit: 1, order: Order::Taken, ..Query::default() }).await.unwrap();
    let next = Query { after: listing.next, order: Order::Taken, ..Query::default() };
    assert_eq!(shelf.names(next).await.join(""), "cb");
    shelf.library.bin(ids).await.unwrap();
    assert_eq!(names(Selection { bin: true, rating: Some(3..=5), ..all() }).await.len(), 2);
}
