//! The WebRTC engine with real viewers over loopback.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{BufMut, Bytes, BytesMut};
use marquee::hub::{Limits, Source, SourceKind, Track, TrackWriter, ViewerKind};
use marquee::media::{Frame, H264Params, MediaTime, OpusParams, Params, State};
use marquee::output::whep::{Patched, Whep, WhepError};
use marquee::rtc::{Engine, Join, Keeper, Settings, Stats};

use crate::whep_client::{Habits, Loss, Received, Stream, Viewer};

const LOCALHOST: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);
const SPS: &[u8] = &[0x67, 0x42, 0xe0, 0x1f, 0xda, 1];
const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
const FRAME_MILLIS: u64 = 20;

/// An engine and the tracks of one source, both under the test's control.
struct Stage {
    rtc: Keeper,
    engine: Engine,
    whep: Whep,
    source: Arc<Source>,
    video: TrackWriter,
    audio: TrackWriter,
    video_params: Arc<Params>,
    audio_params: Arc<Params>,
    /// NAL units of every picture pushed, parameter sets included where they are sent.
    pushed: Vec<Vec<Vec<u8>>>,
    time_ms: u64,
}

impl Stage {
    fn new() -> Self {
        let settings = Settings { port: 0, addresses: Vec::new(), bind: LOCALHOST };
        let rtc = Keeper::start(settings);
        let engine = rtc.engine();
        assert_eq!(engine.missing(), None);
        let (mut video_writer, video) = Track::create(Limits::VIDEO);
        video_writer.set_key_frames_on_demand(true);
        let (audio_writer, audio) = Track::create(Limits::AUDIO);
        let (sps, pps) = (Bytes::from_static(SPS), Bytes::from_static(PPS));
        Self {
            whep: Whep::new(engine.clone()),
            rtc,
            engine,
            source: Arc::new(source("one", video, audio)),
            video: video_writer,
            audio: audio_writer,
            video_params: Arc::new(Params::H264(H264Params { sps, pps, width: 64, height: 64 })),
            audio_params: Arc::new(Params::Opus(OpusParams { channels: 2, pre_skip: 312 })),
            pushed: Vec::new(),
            time_ms: 10_000,
        }
    }

    /// One picture of `bytes` and the sound beside it.
    fn push(&mut self, key: bool, bytes: usize) {
        let index = self.pushed.len();
        let mut picture: Vec<u8> = (0..bytes).map(|at| (at * 7 + index) as u8).collect();
        picture[0] = if key { 0x65 } else { 0x41 };
        let mut data = BytesMut::new();
        data.put_u32(u32::try_from(picture.len()).expect("small"));
        data.put_slice(&picture);
        let time = MediaTime::from_millis(self.time_ms);
        let params = Arc::clone(&self.video_params);
        self.video.push(Frame { time, decode_time: time, key, data: data.freeze(), params });
        let params = Arc::clone(&self.audio_params);
        let data = Bytes::from(vec![31 << 3, index as u8, (index >> 8) as u8]);
        self.audio.push(Frame { time, decode_time: time, key: true, data, params });
        let sets = if key { vec![SPS.to_vec(), PPS.to_vec()] } else { Vec::new() };
        self.pushed.push(sets.into_iter().chain([picture]).collect());
        self.time_ms += FRAME_MILLIS;
    }

    /// Pushes `count` pictures at ten times their pace; a key frame first and whenever one is asked for.
    async fn play(&mut self, count: usize, bytes: usize) {
        self.play_at(count, bytes, Duration::from_millis(FRAME_MILLIS / 10)).await;
    }

    async fn play_at(&mut self, count: usize, bytes: usize, pace: Duration) {
        let mut wishes = self.source.video.key_frame_wishes();
        for index in 0..count {
            let asked = wishes.has_changed().unwrap_or(false);
            wishes.mark_unchanged();
            self.push(index == 0 || asked, bytes);
            tokio::time::sleep(pace).await;
        }
    }

    async fn viewer(&self, habits: Habits) -> Viewer {
        let (mut viewer, offer) = Viewer::new(LOCALHOST, habits).await.expect("made");
        let answer = self.whep.offer(&self.source, &offer, LOCALHOST, LOCALHOST).await.expect("answered");
        viewer.accept(&answer.sdp).expect("accepted");
        viewer
    }

    async fn connected(&self, habits: Habits) -> Viewer {
        let mut viewer = self.viewer(habits).await;
        assert!(viewer.watch(PATIENCE, |seen| seen.connected_after.is_some()).await.expect("watched"));
        viewer
    }

    fn address(&self) -> SocketAddr {
        SocketAddr::new(LOCALHOST, self.engine.port().expect("it runs"))
    }

    async fn until(&self, what: &str, mut reached: impl FnMut(Stats) -> bool) {
        let wait = async {
            while !reached(self.engine.stats()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, wait).await;
        assert!(reached.is_ok(), "{what}: {:?}", self.engine.stats());
    }
}

fn source(id: &str, video: Track, audio: Track) -> Source {
    let (source, _) = Source::create(id, id, SourceKind::Test, State::Live);
    Source { video, audio, ..source }
}

/// Lets several viewers watch at once, and gives them back.
fn watch_all(
    viewers: Vec<Viewer>,
    done: impl Fn(&Received) -> bool + Clone + Send + 'static,
) -> tokio::task::JoinSet<Viewer> {
    let mut watching = tokio::task::JoinSet::new();
    for mut viewer in viewers {
        let done = done.clone();
        watching.spawn(async move {
            viewer.watch(PATIENCE, done).await.expect("watched");
            viewer
        });
    }
    watching
}

async fn one(watching: tokio::task::JoinSet<Viewer>) -> Viewer {
    watching.join_all().await.pop().expect("one viewer")
}

/// Says only which picture is not as it was pushed: its bytes fill pages.
fn assert_same_pictures(received: &[(u32, Vec<Vec<u8>>)], pushed: &[Vec<Vec<u8>>]) {
    let sizes = |units: &[Vec<u8>]| units.iter().map(Vec::len).collect::<Vec<_>>();
    for (index, ((_, units), expected)) in received.iter().zip(pushed).enumerate() {
        assert!(
            units == expected,
            "picture {index} has units of {:?}, not {:?}",
            sizes(units),
            sizes(expected)
        );
    }
    assert_eq!(received.len(), pushed.len());
}

const RECORD: Habits = Habits { lose: None, record: true };

#[tokio::test]
async fn a_viewer_gets_every_frame_bit_by_bit() {
    let mut stage = Stage::new();
    let demand = stage.source.video.demand().clone();
    let viewer = stage.connected(RECORD).await;
    assert_eq!(demand.count(), 1);
    let watching = watch_all(vec![viewer], |seen| seen.video.frames == 100 && seen.audio.packets == 100);
    stage.play(100, 9000).await;
    let viewer = one(watching).await;
    let pictures = viewer.received.video.pictures();
    assert_same_pictures(&pictures, &stage.pushed);
    let steps = pictures.windows(2).map(|pair| pair[1].0.wrapping_sub(pair[0].0));
    assert!(steps.into_iter().all(|step| step == 90 * FRAME_MILLIS as u32));
    let sound: Vec<_> = viewer.received.audio.recorded.values().collect();
    assert!(sound.windows(2).all(|pair| pair[1].timestamp.wrapping_sub(pair[0].timestamp) == 960));
    assert_eq!(sound[99].payload, [31 << 3, 99, 0]);
}

#[tokio::test]
async fn a_key_frame_is_asked_for_on_joining_and_by_the_viewer() {
    let mut stage = Stage::new();
    let mut wishes = stage.source.video.key_frame_wishes();
    let viewer = stage.connected(Habits::default()).await;
    tokio::time::timeout(PATIENCE, wishes.changed()).await.expect("asked on joining").expect("open");
    let watching = watch_all(vec![viewer], |seen| seen.video.frames > 0);
    stage.push(true, 100);
    let mut viewer = one(watching).await;
    wishes.mark_unchanged();
    viewer.request_key_frame();
    let _watching = watch_all(vec![viewer], |_| false);
    tokio::time::timeout(PATIENCE, wishes.changed()).await.expect("asked by the viewer").expect("open");
    stage.until("counted", |stats| stats.key_frame_requests > 0).await;
}

#[tokio::test]
async fn lost_packets_are_sent_again() {
    let mut stage = Stage::new();
    let lose = Some(Loss { every: 10, at_most: 150 });
    let viewer = stage.connected(Habits { lose, record: true }).await;
    let watching = watch_all(vec![viewer], |seen| seen.video.frames == 500 && seen.video.lost() == 0);
    // The viewer's library asks again only for what is less than 100 packets old.
    stage.play_at(500, 4000, Duration::from_millis(10)).await;
    let received = one(watching).await.received;
    assert_eq!((received.thrown_away, received.video.lost()), (150, 0));
    assert_same_pictures(&received.video.pictures(), &stage.pushed);
    stage.until("nacks are counted", |stats| stats.nacks > 0).await;
}

#[tokio::test]
async fn fifty_viewers_get_every_frame_from_one_reader() {
    let mut stage = Stage::new();
    let mut viewers = Vec::new();
    for _ in 0..50 {
        viewers.push(stage.viewer(Habits::default()).await);
    }
    let mut connecting = watch_all(viewers, |seen| seen.connected_after.is_some());
    let mut viewers = Vec::new();
    while let Some(viewer) = connecting.join_next().await {
        viewers.push(viewer.expect("joined"));
    }
    assert_eq!(stage.source.viewers.count(ViewerKind::Whep), 50);
    assert_eq!(stage.source.video.demand().count(), 1);
    assert_eq!(stage.source.audio.demand().count(), 1);
    let watching = watch_all(viewers, |seen| seen.video.frames == 100 && seen.audio.packets == 100);
    stage.play(100, 4000).await;
    for viewer in watching.join_all().await {
        let received = viewer.received;
        assert_eq!((received.video.frames, received.video.lost(), received.audio.lost()), (100, 0, 0));
    }
    assert_eq!(stage.engine.stats().frames_missed, 0);
}

#[tokio::test]
async fn a_track_without_key_frames_on_demand_is_joined_at_its_newest_one() {
    let mut stage = Stage::new();
    stage.video.set_key_frames_on_demand(false);
    stage.push(true, 500);
    stage.push(true, 3000);
    for _ in 0..30 {
        stage.push(false, 3000);
    }
    let viewer = stage.connected(RECORD).await;
    let watching = watch_all(vec![viewer], |seen| seen.video.frames == 31);
    let viewer = one(watching).await;
    let watching = watch_all(vec![viewer], |seen| seen.video.frames == 41);
    for _ in 0..10 {
        stage.push(false, 3000);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let viewer = one(watching).await;
    let pictures = viewer.received.video.pictures();
    assert_same_pictures(&pictures, &stage.pushed[1..]);
    let steps: Vec<u32> = pictures.windows(2).map(|pair| pair[1].0.wrapping_sub(pair[0].0)).collect();
    assert_eq!(steps, [vec![90; 30], vec![90 * FRAME_MILLIS as u32; 10]].concat());
}

#[tokio::test]
async fn picture_and_sound_are_reported_on_one_clock() {
    let mut stage = Stage::new();
    let viewer = stage.connected(RECORD).await;
    let mut watching =
        watch_all(vec![viewer], |seen| seen.video.reports.len() > 1 && seen.audio.reports.len() > 1);
    let viewer = loop {
        stage.push(true, 500);
        tokio::select! {
            viewer = watching.join_next() => break viewer.expect("one").expect("joined"),
            () = tokio::time::sleep(Duration::from_millis(FRAME_MILLIS)) => {}
        }
    };
    let Received { video, audio, .. } = &viewer.received;
    // When, in Unix time, the first frame of either stream was made: both were pushed with the same time.
    let made = |stream: &Stream, hz: f64| {
        let first = stream.recorded.values().next().expect("recorded").timestamp;
        let &(at, timestamp) = stream.reports.last().expect("reported");
        let since = f64::from((timestamp as u32).wrapping_sub(first)) / hz;
        at.duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs_f64() - since
    };
    let apart = made(video, 90_000.0) - made(audio, 48_000.0);
    // One of the two may have missed some pushes at the start.
    let steps = apart * 1000.0 / FRAME_MILLIS as f64;
    assert!(
        (steps - steps.round()).abs() < 0.1 && steps.abs() < 3.0,
        "picture and sound are {apart} s apart"
    );
}

#[tokio::test]
async fn garbage_is_counted_and_disturbs_nobody() {
    let mut stage = Stage::new();
    let viewer = stage.connected(Habits::default()).await;
    let to = stage.address();
    let stranger = tokio::net::UdpSocket::bind((LOCALHOST, 0)).await.expect("bound");
    let mut state = 1_u64;
    let mut sent = 0;
    for round in 0..3000_u64 {
        let mut datagram: Vec<u8> = (0..1 + round % 1499)
            .map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                (state >> 33) as u8
            })
            .collect();
        // What begins like STUN, DTLS, RTP and RTCP gets further in than mere noise.
        for first in [0, 1, 22, 64, 128, 200] {
            datagram[0] = first;
            stranger.send_to(&datagram, to).await.expect("sent");
            // From an address that is known: not all of that is garbage to the library.
            viewer.send_raw(&datagram, to).await.expect("sent");
            sent += 1;
        }
        // A socket holds so much: loopback would lose what the engine is too slow for.
        if round % 10 == 9 {
            stage.until("garbage is counted", |stats| stats.garbage >= sent).await;
        }
    }
    let watching = watch_all(vec![viewer], |seen| seen.video.frames == 50);
    stage.play(50, 2000).await;
    assert_eq!(one(watching).await.received.video.lost(), 0);
    let stats = stage.engine.stats();
    assert_eq!((stats.peers, stats.panics), (1, 0));
}

#[tokio::test]
async fn viewers_that_vanish_or_never_come_are_given_up_slow() {
    let stage = Stage::new();
    let vanished = stage.connected(Habits::default()).await;
    let _never_came = stage.viewer(Habits::default()).await;
    let (mut stuck, offer) = Viewer::new(LOCALHOST, Habits::default()).await.expect("made");
    let answer = stage.whep.offer(&stage.source, &offer, LOCALHOST, LOCALHOST).await.expect("answered");
    stuck.accept(&answer.sdp).expect("accepted");
    assert!(stuck.watch(PATIENCE, |seen| seen.connected_after.is_some()).await.expect("watched"));
    let anew = "a=ice-ufrag:anew\r\na=ice-pwd:0123456789012345678901\r\n";
    let restarted = stage.whep.patch("one", &answer.session, Some("*"), anew).await;
    assert!(matches!(restarted, Ok(Patched::Restarted { .. })));
    assert_eq!(stage.source.viewers.count(ViewerKind::Whep), 3);
    drop((vanished, stuck));
    stage.until("all are given up", |stats| stats.peers == 0).await;
    // The engine counts a peer as gone before its own task has heard of that.
    let (source, viewers) = (&stage.source, || stage.source.viewers.count(ViewerKind::Whep));
    let wanted = || source.video.demand().count() + source.audio.demand().count();
    let begun = Instant::now();
    while viewers() + wanted() > 0 {
        assert!(begun.elapsed() < PATIENCE, "{} viewers, {} readers", viewers(), wanted());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn viewers_are_told_when_the_source_or_the_engine_ends() {
    let stage = Stage::new();
    let viewer = stage.connected(Habits::default()).await;
    let Stage { video, rtc, .. } = stage;
    let mut watching = watch_all(vec![viewer], |_| false);
    drop(video);
    assert!(watching.join_next().await.expect("one").expect("joined").received.closed);

    let stage = Stage::new();
    let viewer = stage.connected(Habits::default()).await;
    let watching = watch_all(vec![viewer], |_| false);
    stage.rtc.shutdown().await;
    assert!(one(watching).await.received.closed);
    assert_eq!(stage.source.viewers.count(ViewerKind::Whep), 0);
    let refused = stage.whep.delete("one", &"0".repeat(32)).await;
    assert!(matches!(refused, Err(WhepError::Stopped(_))));
    rtc.shutdown().await;
}

#[tokio::test]
async fn a_session_is_only_found_under_its_source_and_ends_by_delete() {
    let stage = Stage::new();
    let (mut viewer, offer) = Viewer::new(LOCALHOST, Habits::default()).await.expect("made");
    let answer = stage.whep.offer(&stage.source, &offer, LOCALHOST, LOCALHOST).await.expect("answered");
    viewer.accept(&answer.sdp).expect("accepted");
    assert!(viewer.watch(PATIENCE, |seen| seen.connected_after.is_some()).await.expect("watched"));
    let delete = |source: &'static str| stage.whep.delete(source, &answer.session);
    assert!(matches!(delete("two").await, Err(WhepError::NotFound)));
    assert!(delete("one").await.is_ok());
    assert!(matches!(delete("one").await, Err(WhepError::NotFound)));
    assert!(!viewer.watch(PATIENCE, |_| false).await.expect("watched"));
    assert!(viewer.received.closed);
}

#[tokio::test]
async fn candidates_trickle_and_ice_is_started_anew() {
    let mut stage = Stage::new();
    let (mut viewer, offer) = Viewer::new(LOCALHOST, Habits::default()).await.expect("made");
    let answer = stage.whep.offer(&stage.source, &offer, LOCALHOST, LOCALHOST).await.expect("answered");
    viewer.accept(&answer.sdp).expect("accepted");
    assert!(viewer.watch(PATIENCE, |seen| seen.connected_after.is_some()).await.expect("watched"));
    let patch = |if_match: Option<&'static str>, fragment: String| {
        let (whep, session) = (stage.whep.clone(), answer.session.clone());
        async move { whep.patch("one", &session, if_match, &fragment).await }
    };
    let candidate = "a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
    let trickled = stage.whep.patch("one", &answer.session, Some(&answer.etag), candidate).await;
    assert!(matches!(trickled, Ok(Patched::Trickled)));
    assert!(matches!(patch(None, candidate.to_owned()).await, Ok(Patched::Trickled)));
    assert!(matches!(patch(Some("\"x\""), candidate.to_owned()).await, Err(WhepError::OldIfMatch)));

    let restart = viewer.restart_ice().expect("offered");
    let about_ice = |line: &&str| line.starts_with("a=ice-ufrag") || line.starts_with("a=ice-pwd");
    let fragment: Vec<&str> = restart.lines().filter(about_ice).take(2).collect();
    let unnamed = patch(None, fragment.join("\r\n")).await;
    assert!(matches!(unnamed, Err(WhepError::NoIfMatch)), "what begins anew says what it replaces");
    let restarted = patch(Some("*"), fragment.join("\r\n")).await;
    let Ok(Patched::Restarted { fragment, etag }) = restarted else { unreachable!("{restarted:?}") };
    assert_ne!(etag, answer.etag);
    // What a browser does with the fragment: the old answer with the new credentials.
    let new = |name: &str| fragment.lines().find(|line| line.starts_with(name)).expect("in the fragment");
    let lines = answer.sdp.lines().map(|line| match line {
        line if line.starts_with("a=ice-ufrag:") => new("a=ice-ufrag:"),
        line if line.starts_with("a=ice-pwd:") => new("a=ice-pwd:"),
        line => line,
    });
    let renewed: String = lines.map(|line| format!("{line}\r\n")).collect();
    viewer.accept(&renewed).expect("accepted");
    let watching = watch_all(vec![viewer], |seen| seen.video.frames >= 100);
    stage.play(120, 1000).await;
    assert!(one(watching).await.received.video.frames >= 100);
}

#[tokio::test]
async fn what_can_not_be_watched_is_refused() {
    let stage = Stage::new();
    let offer = |sdp: String| async { stage.whep.offer(&stage.source, &{ sdp }, LOCALHOST, LOCALHOST).await };
    let (_viewer, good) = Viewer::new(LOCALHOST, Habits::default()).await.expect("made");
    assert!(matches!(offer(String::new()).await, Err(WhepError::BadOffer(_))));
    assert!(matches!(
        offer("v=0\r\nm=video 9 x y\r\na=mid:0\r\n".to_owned()).await,
        Err(WhepError::BadOffer(_))
    ));
    assert!(matches!(offer(good.replace("ice-ufrag", "x")).await, Err(WhepError::BadOffer(_))));
    assert!(matches!(offer(good.replace("H264", "VP8")).await, Err(WhepError::NotAcceptable(_))));
    let modes = good.replace("packetization-mode=1", "packetization-mode=0");
    assert!(matches!(offer(modes).await, Err(WhepError::NotAcceptable(_))));
    let silent = offer(good.replace("opus", "speex")).await.expect("the picture alone is fine");
    assert!(silent.sdp.contains("m=audio 0 "), "{}", silent.sdp);
    for cut in (0..good.len()).step_by(97) {
        // Near its end, nothing may be missing that is needed.
        if let Err(error) = offer(good[..cut].to_owned()).await {
            assert!(
                matches!(error, WhepError::BadOffer(_) | WhepError::NotAcceptable(_)),
                "{cut}: {error:?}"
            );
        }
    }
    assert_eq!(stage.engine.stats().panics, 0);
}

#[tokio::test]
async fn there_are_only_so_many_viewers_and_those_that_never_come_make_room() {
    let stage = Stage::new();
    let (_viewer, offer) = Viewer::new(LOCALHOST, Habits::default()).await.expect("made");
    let join = |host: u8| Join {
        offer: offer.clone(),
        reached_at: LOCALHOST,
        from: [192, 0, 2, host].into(),
        source: "one".to_owned(),
        video: stage.source.video.clone(),
        audio: stage.source.audio.clone(),
        guard: stage.source.viewers.enter(ViewerKind::Whep),
    };
    let there = stage.connected(Habits::default()).await;
    // It goes on answering meanwhile.
    let watching = watch_all(vec![there], |seen| seen.video.frames >= 50);
    let peers = || stage.engine.stats().peers;
    // One host that asks and never comes holds 64 places, nine hold all but those of who is there.
    for _ in 0..100 {
        stage.engine.join(join(1)).await.expect("its oldest makes room");
    }
    stage.until("one host has its places", |stats| stats.peers <= 65).await;
    for host in 2..11 {
        for _ in 0..64 {
            stage.engine.join(join(host)).await.expect("the oldest makes room");
        }
        assert!(peers() <= 512, "{} viewers", peers());
    }
    let mut stage = stage;
    stage.play(60, 1000).await;
    assert!(one(watching).await.received.video.frames >= 50, "who was connected watches on");
    assert!(stage.engine.heartbeat_age().expect("it runs") < Duration::from_secs(5));
}
