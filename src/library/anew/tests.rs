//! Tests of the way back, with databases that are damaged for real.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};

use super::*;
use crate::library::edit::{Edit, New};
use crate::library::{CheckOptions, Kind, Query, Selection, Step};

const PAGE: u64 = 4096;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn open(&self) -> Library {
        Library::open(self.folder.path()).unwrap()
    }

    fn database(&self) -> PathBuf {
        Library::folder(self.folder.path()).join(DATABASE)
    }

    /// Overwrites a piece of the database with what is none.
    fn damage(&self, from: u64, bytes: u64) {
        damage(&self.database(), from, bytes);
    }
}

fn damage(path: &Path, from: u64, bytes: u64) {
    let mut file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(from)).unwrap();
    let count = usize::try_from(bytes.min(length - from)).unwrap();
    file.write_all(&vec![0xa5; count]).unwrap();
}

async fn add(library: &Library, name: &str, content: &[u8]) -> i64 {
    let path = library.store().incoming().join(name);
    fs::write(&path, content).unwrap();
    let new = New {
        kind: Kind::Slide,
        file_name: name.to_owned(),
        ext: "svg".to_owned(),
        tags: vec!["keep".to_owned()],
        steps: vec![Step::Pages],
    };
    let added = library.add(path, new).await.unwrap().id;
    let rated = Edit { rating: Some(4), ..Edit::default() };
    library.edit(vec![added], rated).await.unwrap();
    added
}

fn svg(number: usize) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg'><!--{number}--></svg>").into_bytes()
}

async fn filled(count: usize) -> Place {
    let place = Place::new();
    let library = place.open();
    for number in 0..count {
        add(&library, &format!("Slide {number}.svg"), &svg(number)).await;
    }
    place
}

async fn listed(library: &Library) -> Vec<(String, u8)> {
    let listing = library.list(Query { limit: 500, ..Query::default() }).await.unwrap();
    let mut all: Vec<_> = listing.assets.iter().map(|asset| (asset.name.clone(), asset.rating)).collect();
    all.sort();
    all
}

fn is_well(library: &Library) {
    let options = CheckOptions { content: true, repair: false };
    let report = tokio::task::block_in_place(|| library.check(options)).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_well_is_not_begun_anew() {
    let place = filled(1).await;
    let data = place.folder.path().to_owned();
    assert_eq!(Library::open_anew(&data, Anew::Empty).err(), Some(Error::NotDamaged));
    assert_eq!(place.open().begin_anew(Anew::Empty).err(), Some(Error::NotDamaged));
    assert_eq!(listed(&place.open()).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_start_keeps_the_damaged_database_and_all_files() {
    let place = filled(3).await;
    place.damage(0, 2 * PAGE);
    let damaged = fs::read(place.database()).unwrap();
    let (library, renewed) = Library::open_anew(place.folder.path(), Anew::Empty).unwrap();
    assert_eq!((renewed.assets, listed(&library).await.len()), (0, 0));
    let kept = Library::folder(place.folder.path()).join(&renewed.set_aside);
    assert_eq!(fs::read(&kept).unwrap(), damaged);
    assert_eq!(library.set_aside(), [renewed.set_aside]);
    is_well(&library);
    // What only the damaged one names stays, however old, until that is thrown away.
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(7200);
    let files = || {
        let shelves = fs::read_dir(library.store().shelves()).unwrap();
        shelves
            .flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap())
            .map(|file| file.unwrap().path())
    };
    for file in files() {
        fs::File::options().write(true).open(file).unwrap().set_modified(old).unwrap();
    }
    assert_eq!((library.sweep().await, files().count()), (Ok(0), 3));
    library.forget_set_aside().unwrap();
    assert!(!kept.exists() && library.set_aside().is_empty());
    assert_eq!((library.sweep().await, files().count()), (Ok(3), 0));
}

/// Wherever the damage is, what can be read is back, with its names and tags.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_be_read_is_rescued_slow() {
    let place = filled(60).await;
    let whole = fs::read(place.database()).unwrap();
    let (mut nothing_lost, mut refused) = (0, 0);
    for page in (1..whole.len() as u64 / PAGE).step_by(2) {
        fs::write(place.database(), &whole).unwrap();
        place.damage(page * PAGE, PAGE);
        let Err(error) = Library::open(place.folder.path()) else { continue };
        assert!(error.is_of_the_database(), "{error}");
        refused += 1;
        let (library, renewed) = Library::open_anew(place.folder.path(), Anew::Rescued).unwrap();
        // A page of the assets' own table costs the names of some; their files are there all the same.
        let all = listed(&library).await;
        assert_eq!(all.len(), 60, "page {page}: {renewed:?}");
        let known = all.iter().filter(|(name, rating)| name.starts_with("Slide") && *rating == 4).count();
        assert!(known as u64 + renewed.adopted >= 60, "page {page}: {renewed:?}");
        nothing_lost += usize::from(known == 60);
        is_well(&library);
    }
    // All but the few pages of that one table.
    assert!(refused > 10 && nothing_lost > refused / 2, "{refused} {nothing_lost}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_destroyed_one_the_spare_copy_and_the_newer_files_are_rescued() {
    let place = filled(3).await;
    let library = place.open();
    library.keep_spare().await.unwrap();
    add(&library, "newer.svg", &svg(99)).await;
    drop(library);
    place.damage(0, 2 * PAGE);
    let (library, renewed) = Library::open_anew(place.folder.path(), Anew::Rescued).unwrap();
    assert_eq!((renewed.assets, renewed.adopted, renewed.whole), (4, 1, false));
    assert!(renewed.spare_of.is_some());
    let all = listed(&library).await;
    assert!(all[0].0.starts_with("Rescued "), "{all:?}");
    assert_eq!(all[1..].iter().map(|(_, rating)| *rating).collect::<Vec<_>>(), [4, 4, 4]);
    let found = Query {
        selection: Selection { search: "slide".to_owned(), ..Selection::default() },
        limit: 10,
        ..Query::default()
    };
    assert_eq!(library.list(found).await.unwrap().assets.len(), 3, "it is in the index");
    is_well(&library);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_makes_no_spare_copy() {
    let place = filled(40).await;
    let library = place.open();
    library.keep_spare().await.unwrap();
    let spare = Library::folder(place.folder.path()).join(SPARE);
    let before = fs::read(&spare).unwrap();
    drop(library);
    let library = place.open();
    // Behind the back of the one who has it open; past what it may have in its memory.
    place.damage(2 * PAGE, 40 * PAGE);
    assert!(library.keep_spare().await.is_err());
    assert_eq!(fs::read(&spare).unwrap(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_damaged_while_it_is_open_is_begun_anew_and_goes_on() {
    let place = filled(40).await;
    let library = place.open();
    library.keep_spare().await.unwrap();
    drop(library);
    let library = place.open();
    place.damage(2 * PAGE, 40 * PAGE);
    assert!(library.keep_spare().await.is_err());
    assert!(library.damage().is_some());
    let renewing = library.clone();
    let renewed =
        tokio::task::spawn_blocking(move || renewing.begin_anew(Anew::Rescued)).await.unwrap().unwrap();
    assert_eq!(renewed.assets, 40, "{renewed:?}");
    assert_eq!((library.damage(), listed(&library).await.len()), (None, 40));
    // It can be written, and is there after a restart.
    add(&library, "later.svg", &svg(77)).await;
    drop(library);
    assert_eq!(listed(&place.open()).await.len(), 41);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_takes_the_place_of_a_damaged_database() {
    let place = filled(2).await;
    let mut tar = Vec::new();
    place.open().begin_backup().unwrap().write(&mut tar).unwrap();
    place.damage(0, 2 * PAGE);
    let data = place.folder.path();
    let damaged = fs::read(place.database()).unwrap();
    assert!(Library::open_from_backup(data, &b"no backup"[..], |_| Ok(())).is_err());
    assert_eq!(fs::read(place.database()).unwrap(), damaged, "what is no backup replaces nothing");
    let (library, restored) = Library::open_from_backup(data, &tar[..], |_| Ok(())).unwrap();
    assert_eq!((restored.assets, listed(&library).await.len(), library.set_aside().len()), (2, 2, 1));
    is_well(&library);
}
