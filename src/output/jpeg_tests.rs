//! Tests of `jpeg` and `mjpeg`, with pictures pushed by hand.

use std::net::Ipv4Addr;

use super::*;
use crate::hub::{SourceKind, TrackWriter};
use crate::media::{MediaTime, State as SourceState};
use crate::output::mjpeg::Viewer;
use crate::pipeline::{RawPicture, clock};

const ASKER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

struct Camera {
    source: Arc<Source>,
    _writers: [TrackWriter; 2],
}

fn camera() -> Camera {
    clock::init().expect("GStreamer is installed");
    let (source, writers) = Source::create("door", "Door", SourceKind::Camera, SourceState::Live);
    Camera { source: Arc::new(source), _writers: writers }
}

impl Camera {
    fn raw(&self, shade: u8) {
        let raw = RawPicture::from_rgba(64, 64, vec![shade; 64 * 64 * 4], MediaTime::default());
        self.source.pictures.set(raw.into_picture(false));
    }

    fn own_jpeg(&self, file: &'static [u8]) {
        let data = PictureData::Jpeg(Bytes::from_static(file));
        let picture = Picture { time: MediaTime::default(), width: 64, height: 64, slate: false, data };
        self.source.pictures.set(picture);
    }
}

async fn get(snapshots: &Snapshots, camera: &Camera, quality: Option<u8>) -> Jpeg {
    match snapshots.get(&camera.source, quality, ASKER, |_| false).await.expect("a picture") {
        Snapshot::Fresh(jpeg) => jpeg,
        Snapshot::Unchanged { .. } => panic!("nothing was had"),
    }
}

#[tokio::test]
async fn the_first_asker_gets_no_picture_from_before_it_asked() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    camera.own_jpeg(b"yesterday");
    let asked = tokio::spawn({
        let (snapshots, source) = (snapshots.clone(), Arc::clone(&camera.source));
        async move { snapshots.get(&source, None, ASKER, |_| false).await }
    });
    while camera.source.pictures.demand().count() == 0 {
        tokio::task::yield_now().await;
    }
    camera.own_jpeg(b"now");
    let Snapshot::Fresh(jpeg) = asked.await.expect("joined").expect("a picture") else {
        panic!("nothing was had");
    };
    assert_eq!(&jpeg.data[..], b"now");
}

#[tokio::test]
async fn without_a_picture_it_says_so_after_a_while() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let outcome = snapshots.get(&camera.source, None, ASKER, |_| false).await;
    assert!(matches!(outcome, Err(SnapshotError::NoPictureYet { .. })));
}

#[tokio::test]
async fn an_own_jpeg_is_passed_on_untouched_unless_a_quality_is_asked() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let _wanted = camera.source.pictures.want();
    camera.raw(90);
    let file = get(&snapshots, &camera, Some(70)).await.data;
    camera.own_jpeg(Box::leak(file.to_vec().into_boxed_slice()));
    assert_eq!(get(&snapshots, &camera, None).await.data, file);
    assert_ne!(get(&snapshots, &camera, Some(10)).await.data, file);
}

#[tokio::test]
async fn all_who_ask_at_once_share_one_encode() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let _wanted = camera.source.pictures.want();
    camera.raw(90);
    let first = get(&snapshots, &camera, Some(80)).await;
    let asked: Vec<_> = (0..20).map(|_| get(&snapshots, &camera, Some(80))).collect();
    for jpeg in futures_util::future::join_all(asked).await {
        assert_eq!(jpeg.data.as_ptr(), first.data.as_ptr());
        assert_eq!(jpeg.etag, first.etag);
    }
    let other = get(&snapshots, &camera, Some(20)).await;
    assert_ne!(other.etag, first.etag);
}

#[tokio::test]
async fn who_has_the_newest_picture_is_told_so() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let _wanted = camera.source.pictures.want();
    camera.raw(90);
    let had = get(&snapshots, &camera, Some(80)).await.etag;
    let again = snapshots.get(&camera.source, Some(80), ASKER, |etag| etag == had).await;
    assert!(matches!(again, Ok(Snapshot::Unchanged { etag, .. }) if etag == had));
    tokio::time::sleep(LIFE).await;
    camera.raw(91);
    let newer = snapshots.get(&camera.source, Some(80), ASKER, |etag| etag == had).await;
    assert!(matches!(newer, Ok(Snapshot::Fresh(_))));
}

#[tokio::test]
async fn pictures_are_wanted_for_a_while_after_the_last_request() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let outcome = snapshots.get(&camera.source, None, ASKER, |_| false).await;
    assert!(outcome.is_err());
    let demand = camera.source.pictures.demand();
    assert_eq!((demand.count(), camera.source.viewers.count(ViewerKind::Jpeg)), (1, 1));
    let asked = Instant::now();
    snapshots.let_go(asked + VIEWER_AFTER);
    assert_eq!((demand.count(), camera.source.viewers.count(ViewerKind::Jpeg)), (1, 0));
    snapshots.let_go(asked + WANTED_AFTER);
    assert_eq!(demand.count(), 0);
}

#[tokio::test]
async fn an_mjpeg_viewer_gets_each_picture_once_and_skips_what_it_is_too_slow_for() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let mut viewer = Viewer::join(&snapshots, &camera.source, Some(50));
    let mut numbers = Vec::new();
    for shades in [vec![1], vec![2, 3, 4], vec![5]] {
        for shade in shades {
            camera.raw(shade);
        }
        numbers.push(viewer.next().await.expect("a picture").number);
    }
    assert_eq!(numbers, [1, 4, 5]);
    let missed = camera.source.counters.pictures_missed.load(Ordering::Relaxed);
    assert_eq!(missed, 2, "the source counts what it was too slow for");
    assert_eq!(camera.source.viewers.count(ViewerKind::Mjpeg), 1);
    drop(viewer);
    assert_eq!(camera.source.viewers.count(ViewerKind::Mjpeg), 0);
}

/// A camera that sends nothing but damage is said to do so; among others, a damaged picture ends nobody's stream.
#[tokio::test]
async fn damaged_pictures_are_passed_over_and_told_if_there_are_no_others() {
    let (snapshots, camera) = (Snapshots::default(), camera());
    let source = Arc::clone(&camera.source);
    let mut viewer = Viewer::join(&snapshots, &source, Some(50));
    let sending = async {
        loop {
            camera.own_jpeg(b"no JPEG at all");
            tokio::time::sleep(LIFE).await;
        }
    };
    let told = async { tokio::join!(viewer.next(), snapshots.get(&source, Some(50), ASKER, |_| false)) };
    let (streamed, asked) = tokio::select! {
        () = sending => unreachable!("it never ends"),
        told = told => told,
    };
    assert!(matches!(streamed, Err(SnapshotError::Unreadable { .. })), "{streamed:?}");
    assert!(matches!(asked, Err(SnapshotError::Unreadable { .. })), "{asked:?}");
    camera.own_jpeg(b"no JPEG at all");
    let next = async {
        tokio::time::sleep(UNREADABLE_PAUSE).await;
        camera.raw(90);
    };
    let (next, ()) = tokio::join!(viewer.next(), next);
    assert!(next.is_ok(), "{next:?}");
}
