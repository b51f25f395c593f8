//! The owner with a real library: what changes is compiled, told, and the same after a restart.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::hub::{Source, SourceKind};
use crate::library::Hash;
use crate::library::signage::{Met, Play, PlayQuery};
use crate::media::State as Signal;
use crate::program::{Days, Entry, Message, Plan, Playlist, Power, Target, Transition, What, Window};
use crate::task::{self, Stopper, Task};
use crate::watched::{Latest, LatestSeen};

/// Enough to tell one from the other.
const RENDER: Render = Render {
    screen: |screen, group| format!("{} {group:?} ", screen.name).into(),
    program: |program| format!("{program:?}").into(),
    plan: |plan, programs| format!("Plan {programs:?} {:?} {:?}", plan.segments, plan.message).into(),
};

struct Box {
    signage: Signage,
    library: Library,
    sources: Registry,
    stopper: Stopper,
    task: Task,
}

async fn start(data: &Path) -> Box {
    start_with(data, &[]).await
}

async fn start_with(data: &Path, ids: &[&str]) -> Box {
    let library = Library::open(data).unwrap();
    let sources = Registry::default();
    sources.replace(live(ids));
    let settings = Settings { zone: TimeZone::UTC, ports: vec![Port::Hdmi2] };
    let signage = Signage::new(library.clone(), sources.clone(), settings, RENDER);
    signage.begin().await;
    let (stopper, stop) = Stopper::new();
    let task = task::spawn("signage", signage.clone().run(stop));
    Box { signage, library, sources, stopper, task }
}

impl Box {
    async fn stop(self) {
        self.stopper.stop();
        self.task.join().await;
    }

    async fn hello(&self, key: &str) -> i64 {
        let hash = Hash::from(blake3::hash(key.as_bytes()));
        let id = self.library.add_screen(hash, Met::default(), BTreeSet::new()).await.unwrap();
        self.settled().await;
        id
    }

    fn answer(&self, key: &str) -> Answer {
        self.signage.state().by_key(key).expect("it is known").1.clone()
    }

    /// A playlist of live pictures of a minute each.
    async fn playlist(&self, id: i64, sources: &[&str]) -> i64 {
        let live =
            |source: &&str| Entry { until_no_signal: true, ..Entry::of(What::Live((*source).to_owned())) };
        let entries = sources.iter().map(live).collect();
        let (name, transition) = ("Live".to_owned(), Transition::Cut);
        let playlist = Playlist { id, name, shuffle: false, transition, slide_ms: 1000, entries };
        match id {
            0 => self.library.add_playlist(playlist).await.unwrap(),
            _ => self.library.put_playlist(playlist, None).await.map(|()| id).unwrap(),
        }
    }

    async fn always(&self, playlist: i64, screens: Vec<i64>) -> i64 {
        let window = Window {
            id: 0,
            playlist: Some(playlist),
            target: Target { everywhere: screens.is_empty(), screens, groups: Vec::new() },
            days: Days::ALL,
            from: 0,
            until: 1440,
            first: None,
            last: None,
            priority: 0,
        };
        self.library.add_window(window).await.unwrap()
    }

    fn sources(&self, ids: &[&str]) {
        self.sources.replace(live(ids));
    }

    /// As `Signage::settled`, which gives up on a machine that is too busy.
    async fn settled(&self) {
        let wanted = self.library.signage_changes().latest();
        self.until("what was written is compiled", |state| state.signage_generation() >= wanted).await;
    }

    async fn until(&self, what: &str, wanted: impl Fn(&State) -> bool) {
        let mut states = self.signage.states();
        let waiting = states.wait_for(|state| wanted(state));
        tokio::time::timeout(Duration::from_secs(30), waiting).await.expect(what).unwrap();
    }
}

fn live(ids: &[&str]) -> Vec<Arc<Source>> {
    let source = |id: &&str| Arc::new(Source::create(id, id, SourceKind::Camera, Signal::Live).0);
    ids.iter().map(source).collect()
}

fn on(plan: &Plan) -> Option<String> {
    plan.at(now_ms())?.playing().map(|item| item.key.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_compiled_and_told_to_those_it_concerns() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    it.sources(&["door"]);
    let (one, _) = (it.hello("one").await, it.hello("two").await);
    assert!(it.signage.state().by_key("three").is_none());
    let before = (it.answer("one"), it.answer("two"));
    assert_ne!(before.0.etag, before.1.etag, "each has its own name");
    let playlist = it.playlist(0, &["door"]).await;
    it.always(playlist, vec![one]).await;
    it.settled().await;
    it.until("the source is known", |state| state.world.shelf.sources.contains_key("door")).await;
    let after = (it.answer("one"), it.answer("two"));
    assert_ne!(after.0.etag, before.0.etag);
    assert_eq!((after.1.etag, on(&after.0.plan).as_deref()), (before.1.etag, Some("s:door")));
    assert!(after.0.rest.starts_with(b"Plan") && after.0.head.starts_with(b"TV 1 None "));

    let id = it.library.add_group("Bar", vec![one]).await.unwrap();
    it.settled().await;
    assert!(
        it.answer("one").head.starts_with(b"TV 1 Some(\"Bar\") ")
            && it.answer("one").plan.programs[0].in_step
    );
    assert_eq!(it.signage.state().group(id).map(|group| group.name.clone()).as_deref(), Some("Bar"));
    it.library.remove_screen(one).await.unwrap();
    it.settled().await;
    assert!(it.signage.state().by_key("one").is_none() && it.signage.state().screen(one).is_none());
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_boxes_own_ports_play_the_same_plans() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    it.sources(&["door"]);
    assert!(it.signage.port_screen(Port::Hdmi1).is_none());
    let screen = it.signage.port_screen(Port::Hdmi2).expect("made at the begin");
    let mut plans = it.signage.watch_port(Port::Hdmi2);
    assert_eq!(on(&plans.latest_seen()), None);
    let playlist = it.playlist(0, &["door"]).await;
    it.always(playlist, Vec::new()).await;
    let played = plans.wait_for(|plan| on(plan).is_some());
    tokio::time::timeout(Duration::from_secs(30), played).await.expect("in time").unwrap();
    it.signage.follow(|settings| settings.ports = vec![Port::Hdmi1, Port::Hdmi2]);
    it.until("another port", |state| state.of_port(Port::Hdmi1).is_some()).await;

    let mut orders = it.signage.port_orders(Port::Hdmi2).expect("it is a screen");
    it.signage.reload(screen + 1);
    let id = it.signage.ask_for_shot(screen);
    assert_eq!(orders.next().await, Some(Order::Screenshot { id }), "others' orders are not for it");
    let (from_ms, name) = (now_ms(), "door".to_owned());
    let (playlist, source) = (Some(playlist), Some(name.clone()));
    let (item, until_ms) = ("s:door".to_owned(), from_ms + 5000);
    let play = Play { number: 0, item, name, playlist, asset: None, source, from_ms, until_ms, whole: true };
    it.signage.played(Port::Hdmi2, play);
    let library = it.library.clone();
    it.stop().await;
    let query = PlayQuery {
        from_ms: 0,
        until_ms: i64::MAX,
        screen: Some(screen),
        newest_first: true,
        after: None,
        limit: 9,
    };
    let plays = library.plays(query).await.unwrap();
    assert_eq!((plays.len(), plays[0].screen_name.as_str(), plays[0].play.number), (1, "HDMI 2", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tv_of_a_port_is_switched_by_its_own_schedule() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    let wanted = |port| it.signage.tv_wanted(port, now_ms()).power;
    assert_eq!((wanted(Port::Hdmi2), wanted(Port::Hdmi1)), (None, None), "nothing is arranged");
    let screen = it.signage.port_screen(Port::Hdmi2).expect("made at the begin");
    it.hello("one").await;
    let playlist = it.playlist(0, &["door"]).await;
    let window = it.always(playlist, vec![screen + 1]).await;
    it.settled().await;
    assert_eq!(wanted(Port::Hdmi2), None, "another screen's window");
    it.library.remove_window(window).await.unwrap();
    it.always(playlist, vec![screen]).await;
    it.settled().await;
    // The playlist has nothing to play, but it is scheduled.
    assert_eq!(wanted(Port::Hdmi2), Some(Power::On));

    let changes = it.signage.changes();
    it.signage.tell_tv(Port::Hdmi2, Some(Power::Standby));
    it.signage.tell_tv(Port::Hdmi2, Some(Power::Standby));
    assert_eq!((it.signage.tv(Port::Hdmi2), it.signage.tv(Port::Hdmi1)), (Some(Power::Standby), None));
    assert!(changes.has_changed().unwrap(), "the dashboard is told");
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_goes_on_through_a_change_and_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let all = ["a", "b", "c", "d", "e"];
    let it = start_with(folder.path(), &all).await;
    it.hello("one").await;
    let playlist = it.playlist(0, &all).await;
    it.always(playlist, Vec::new()).await;
    it.until("it plays", |state| on(&state.by_key("one").expect("known").1.plan).is_some()).await;
    let now = now_ms();
    let plan = it.answer("one").plan;
    let place = |plan: &Plan| {
        plan.at(now).map(|on| (on.playing().expect("something").key.clone(), on.item.map(|item| item.1)))
    };
    let before = place(&plan);
    // Others go: what is on stays, to the millisecond.
    let left: Vec<&str> = all
        .into_iter()
        .filter(|id| Some(format!("s:{id}")) == before.as_ref().map(|it| it.0.clone()))
        .collect();
    it.playlist(playlist, &left).await;
    it.settled().await;
    let plan = it.answer("one").plan;
    assert_eq!((plan.programs[0].items.len(), place(&plan)), (1, before));
    let kept = (it.answer("one").etag, plan.programs[0].epoch_ms);
    assert_ne!(kept.1, 0);
    it.stop().await;
    // Who asked is gone, the folder is left.
    let again = loop {
        match Library::open(folder.path()) {
            Ok(library) => break library,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    drop(again);
    let it = start_with(folder.path(), &all).await;
    it.until("it plays again", |state| on(&state.by_key("one").expect("known").1.plan).is_some()).await;
    assert_eq!(it.answer("one").plan.programs[0].epoch_ms, kept.1);
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_there_at_once_and_goes_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    it.hello("one").await;
    let content = it.signage.state().content;
    let now = now_ms();
    let message = Message { until_ms: Some(now + 1500), ..Message::of_text("Closing".to_owned(), now) };
    it.library.put_message(message).await.unwrap();
    it.settled().await;
    assert_eq!(it.answer("one").plan.text_at(now).map(|text| text.text.clone()).as_deref(), Some("Closing"));
    assert!(it.signage.state().due_ms <= now + 1500 && it.signage.state().content > content);
    let content = it.signage.state().content;
    it.until("it is over", |state| state.by_key("one").expect("known").1.plan.message.is_none()).await;
    assert!(now_ms() >= now + 1500);
    assert_eq!(it.signage.state().content, content, "of which players know by themselves");
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_puts_its_message_there_and_takes_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    it.hello("one").await;
    let text = || "Please leave".to_owned();
    for shown in [true, false, true] {
        assert_eq!(it.signage.toggle_message(text()).await, Ok(shown));
        it.settled().await;
        assert_eq!(it.answer("one").plan.message.is_some(), shown);
    }
    assert_eq!(
        it.signage.toggle_message("Come back".to_owned()).await,
        Ok(true),
        "another one takes its place"
    );
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_there_is_told_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let it = start(folder.path()).await;
    let id = it.hello("one").await;
    assert_eq!(it.signage.active(), 0);
    let mut changes = it.signage.changes();
    changes.mark_unchanged();
    let report = Report {
        item: Some("a1".to_owned()),
        name: Some("Clip".to_owned()),
        since_ms: Some(now_ms()),
        dropped_frames: 1,
        offset_ms: Some(-20),
        late_ms: Some(0),
        problem: None,
        state: Playing::Play,
    };
    it.signage.report(id, Some([10, 0, 0, 7].into()), report.clone());
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    it.signage.report(id, None, Report { dropped_frames: 2, ..report.clone() });
    assert!(!changes.has_changed().unwrap(), "figures are no news");
    it.signage.report(id, None, Report { late_ms: Some(2400), ..report.clone() });
    assert!(changes.has_changed().unwrap(), "that it is late is");
    changes.mark_unchanged();
    it.signage.report(id, None, Report { late_ms: Some(1900), ..report.clone() });
    assert!(!changes.has_changed().unwrap(), "how late is not");
    it.signage.report(id, None, Report { dropped_frames: 2, ..report.clone() });
    assert!(changes.has_changed().unwrap(), "nor is it late any more");
    let live = it.signage.live(id).expect("heard");
    assert_eq!(
        (live.address, live.report.map(|report| report.dropped_frames)),
        (Some([10, 0, 0, 7].into()), Some(2))
    );
    assert_eq!(it.signage.active(), 1);
    let late = Report { since_ms: Some(i64::MAX), ..report };
    assert_eq!(Signage::since(&late), None);
    let screen = it.signage.state().screen(id).expect("it is known").clone();
    let may_record =
        |player: &str, plays| it.signage.may_record(&screen, player, [10, 0, 0, 7].into(), plays).is_ok();
    assert!((0..10).all(|number| may_record(&format!("p{number}"), 1)) && !may_record("another", 1));
    assert!(may_record("p1", 29_990) && !may_record("p1", 1));
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_which_screens_are_missed_and_which_playlists_show_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let it = start_with(folder.path(), &["door"]).await;
    let (one, two) = (it.hello("one").await, it.hello("two").await);
    let playlist = it.playlist(0, &["door"]).await;
    it.always(playlist, vec![one]).await;
    it.settled().await;
    it.until("the source is known", |state| state.world.shelf.sources.contains_key("door")).await;
    let of = |id: i64, later: Duration| {
        let all = it.signage.presences(now_ms(), Instant::now() + later);
        let one = all.into_iter().find(|presence| presence.id == id).unwrap();
        (one.is_placed, one.is_awaited, one.is_active)
    };
    assert_eq!(of(one, Duration::ZERO), (true, true, false), "the schedule names it");
    assert_eq!(of(two, Duration::ZERO), (false, false, false));
    it.signage.heard(one, None);
    assert_eq!((of(one, Duration::ZERO).2, of(one, ACTIVE).2), (true, false));

    // A browser that opened `/tv` once plays what is scheduled everywhere, and is not missed before it has a name.
    it.always(playlist, vec![]).await;
    it.settled().await;
    assert_eq!(of(two, Duration::ZERO), (false, true, false));
    it.library.edit_screen(two, Some("Bar"), None, None).await.unwrap();
    it.settled().await;
    assert_eq!(of(two, Duration::ZERO), (true, true, false));
    assert_eq!(it.signage.empty_playlists(now_ms()), []);

    let gone = it.playlist(0, &["gone"]).await;
    it.always(gone, vec![two]).await;
    it.settled().await;
    assert_eq!(it.signage.empty_playlists(now_ms()), [(gone, "Live".to_owned())]);
    it.stop().await;
}
