//! The text of `/metrics`, in the OpenMetrics format that Prometheus reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use prometheus_client::encoding::text::{encode, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::Routes;
use super::process::Process;
use crate::hub::{self, Source, Track, ViewerKind};
use crate::media::MediaTime;
use crate::watched::Latest;

pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What is told, all of the same moment.
pub struct Figures<'a> {
    pub version: &'static str,
    pub started: SystemTime,
    /// Now, for rates.
    pub now: MediaTime,
    /// Nothing is late or ended.
    pub healthy: bool,
    /// The configuration file checks.
    pub config_ok: bool,
    pub board: Board,
    pub sources: &'a hub::Registry,
    /// Network TVs: all that are known, and those heard within a minute.
    pub screens: (usize, usize),
    /// To the web server.
    pub connections: usize,
    pub rtc: Rtc,
    /// `None` if /proc could not be read.
    pub process: Option<Process>,
    pub routes: &'a Routes,
}

/// What the board tells of itself; what it does not tell has no line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Board {
    pub temperature_c: Option<f64>,
    /// Now or within the last minute.
    pub under_voltage: Option<bool>,
}

/// Counters of the WebRTC engine since the start; `peers` is the number now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rtc {
    pub peers: u64,
    pub packets_sent: u64,
    pub bytes_sent: u64,
    /// Packets the system did not take.
    pub packets_dropped: u64,
    /// Requests of viewers to send packets again.
    pub nacks: u64,
    pub key_frame_requests: u64,
    /// Packets on the port that belong to no viewer.
    pub garbage: u64,
    /// Frames that all viewers of a track lost because the engine was behind.
    pub frames_missed: u64,
    /// Viewers closed because of a bug in the engine.
    pub panics: u64,
}

/// The text, complete with its end mark.
pub fn text(figures: &Figures<'_>) -> String {
    let mut metrics = Registry::with_prefix("marquee");
    of_box(&mut metrics, figures);
    of_sources(&mut metrics, figures);
    of_rtc(&mut metrics, &figures.rtc);
    figures.routes.register(&mut metrics);
    let mut plain = Registry::default();
    if let Some(process) = &figures.process {
        of_process(&mut plain, process, figures.started);
    }
    let mut text = String::new();
    encode_registry(&mut text, &plain).expect("a String takes everything");
    encode(&mut text, &metrics).expect("a String takes everything");
    text
}

type Value = Gauge<f64, AtomicU64>;
type Labels = Vec<(&'static str, String)>;

fn gauge(metrics: &mut Registry, name: &str, help: &str, value: f64) {
    let gauge = Value::default();
    gauge.set(value);
    metrics.register(name, help, gauge);
}

fn counter(metrics: &mut Registry, name: &str, help: &str, value: u64) {
    let counter: Counter = Counter::default();
    counter.inc_by(value);
    metrics.register(name, help, counter);
}

fn of_box(metrics: &mut Registry, figures: &Figures<'_>) {
    metrics.register("build", "The program", Info::new([("version", figures.version)]));
    gauge(metrics, "healthy", "1 if every part answers", f64::from(u8::from(figures.healthy)));
    gauge(metrics, "config_ok", "1 if the configuration file checks", f64::from(u8::from(figures.config_ok)));
    let (screens, active) = figures.screens;
    gauge(metrics, "http_connections", "Connections to the web server", figures.connections as f64);
    gauge(metrics, "screens", "Network TVs that are known", screens as f64);
    gauge(metrics, "screens_active", "Network TVs heard within a minute", active as f64);
    let Board { temperature_c, under_voltage } = figures.board;
    if let Some(temperature_c) = temperature_c {
        gauge(metrics, "board_temperature_celsius", "Temperature of the processor", temperature_c);
    }
    if let Some(low) = under_voltage {
        let help = "1 if the power supply gave too little within the last minute";
        gauge(metrics, "board_under_voltage", help, f64::from(u8::from(low)));
    }
}

/// Names as Prometheus' client libraries have them, for dashboards that know these.
fn of_process(metrics: &mut Registry, process: &Process, started: SystemTime) {
    let since_epoch = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    gauge(metrics, "process_start_time_seconds", "Start, since 1970", since_epoch.as_secs_f64());
    gauge(metrics, "process_resident_memory_bytes", "Resident memory", process.memory_bytes as f64);
    gauge(metrics, "process_open_fds", "Open file descriptors", process.open_files as f64);
    gauge(metrics, "process_threads", "Threads", process.threads as f64);
    let cpu: Counter<f64, AtomicU64> = Counter::default();
    cpu.inc_by(process.cpu.as_secs_f64());
    metrics.register("process_cpu_seconds", "Processor time used", cpu);
}

fn of_sources(metrics: &mut Registry, figures: &Figures<'_>) {
    let sources = figures.sources.list();
    let mut gauges = |name, help, values: &dyn Fn(&Source) -> Vec<(Labels, f64)>| {
        let family = Family::<Labels, Value>::default();
        for source in &sources {
            for (labels, value) in values(source) {
                family.get_or_create(&with_source(source, labels)).set(value);
            }
        }
        metrics.register(name, help, family);
    };
    gauges("source_state", "1 for the state that the source is in", &states);
    gauges("source_cause", "1 for the reason why there is no picture", &cause);
    gauges("source_viewers", "Viewers by the way they watch", &viewers);
    gauges("source_bitrate_bps", "Bits per second of late", &|source| {
        of_tracks(source, |track| track.rate(figures.now).bits_per_s)
    });
    gauges("source_frames_per_second", "Frames per second of late", &|source| {
        of_tracks(source, |track| track.rate(figures.now).frames_per_s)
    });
    counters_of_sources(metrics, &sources);
}

fn counters_of_sources(metrics: &mut Registry, sources: &[Arc<Source>]) {
    let mut counters = |name, help, values: &dyn Fn(&Source) -> Vec<(Labels, u64)>| {
        let family = Family::<Labels, Counter>::default();
        for source in sources {
            for (labels, value) in values(source) {
                family.get_or_create(&with_source(source, labels)).inc_by(value);
            }
        }
        metrics.register(name, help, family);
    };
    let plain = |counter: &AtomicU64| vec![(Vec::new(), counter.load(Ordering::Relaxed))];
    counters("source_frames_in", "Pictures that came in", &|source| plain(&source.counters.frames_in));
    counters("source_attempts", "Times it was opened", &|source| plain(&source.counters.attempts));
    counters("source_losses", "Times its picture was lost", &|source| plain(&source.counters.losses));
    counters("source_encodes_started", "Encoders started", &|source| plain(&source.counters.encodes_started));
    counters("source_frames_dropped", "Frames that an encoder or a reader was too slow for", &|source| {
        let by_encoder = source.counters.frames_dropped.load(Ordering::Relaxed);
        let by_readers = source.video.frames_missed() + source.audio.frames_missed();
        let by = |who: &str| vec![("by", who.to_owned())];
        vec![(by("encode"), by_encoder), (by("readers"), by_readers)]
    });
}

fn with_source(source: &Source, labels: Labels) -> Labels {
    std::iter::once(("source", source.id.clone())).chain(labels).collect()
}

/// Every state has its line, so that none vanishes from a graph when it ends.
fn states(source: &Source) -> Vec<(Labels, f64)> {
    let current = source.status.with(|status| status.state.code());
    let line = |state: &str| {
        let labels = vec![("kind", source.kind.code().to_owned()), ("state", state.to_owned())];
        (labels, f64::from(u8::from(state == current)))
    };
    ["idle", "starting", "live", "lost"].into_iter().map(line).collect()
}

fn cause(source: &Source) -> Vec<(Labels, f64)> {
    let cause = source.status.with(|status| status.state.loss().map(|loss| loss.cause.code()));
    cause.map(|cause| (vec![("cause", cause.to_owned())], 1.0)).into_iter().collect()
}

fn viewers(source: &Source) -> Vec<(Labels, f64)> {
    let line = |kind: ViewerKind| (vec![("kind", kind.code().to_owned())], source.viewers.count(kind) as f64);
    ViewerKind::ALL.into_iter().map(line).collect()
}

fn of_tracks(source: &Source, value: impl Fn(&Track) -> f64) -> Vec<(Labels, f64)> {
    let line = |name: &str, track| (vec![("track", name.to_owned())], value(track));
    vec![line("video", &source.video), line("audio", &source.audio)]
}

fn of_rtc(metrics: &mut Registry, rtc: &Rtc) {
    gauge(metrics, "webrtc_peers", "WebRTC viewers connected", rtc.peers as f64);
    counter(metrics, "webrtc_packets_sent", "UDP packets sent to viewers", rtc.packets_sent);
    counter(metrics, "webrtc_sent_bytes", "Bytes sent to viewers", rtc.bytes_sent);
    counter(metrics, "webrtc_packets_dropped", "Packets the system did not take", rtc.packets_dropped);
    counter(metrics, "webrtc_nacks", "Requests to send packets again", rtc.nacks);
    counter(metrics, "webrtc_key_frame_requests", "Key frames asked for by viewers", rtc.key_frame_requests);
    counter(metrics, "webrtc_garbage", "Packets that belong to no viewer", rtc.garbage);
    counter(metrics, "webrtc_frames_missed", "Frames the engine was too slow for", rtc.frames_missed);
    counter(metrics, "webrtc_panics", "Viewers closed because of a bug", rtc.panics);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{Counters, SourceKind};
    use crate::media::{Cause, Loss, State};

    fn source(id: &str, state: State) -> Arc<Source> {
        Arc::new(Source::create(id, "\"hostile\"\n", SourceKind::Camera, state).0)
    }

    fn metrics_of(sources: Vec<Arc<Source>>, routes: &Routes) -> String {
        let registry = hub::Registry::default();
        registry.replace(sources);
        text(&Figures {
            version: "1.2.3",
            started: SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
            now: MediaTime::default(),
            healthy: true,
            config_ok: false,
            board: Board { temperature_c: Some(48.5), under_voltage: None },
            sources: &registry,
            screens: (12, 9),
            connections: 5,
            rtc: Rtc { peers: 2, packets_sent: 7, ..Rtc::default() },
            process: Some(Process {
                memory_bytes: 1 << 20,
                cpu: Duration::from_millis(1500),
                threads: 4,
                open_files: 9,
            }),
            routes,
        })
    }

    fn check(text: &str, lines: &[&str]) {
        for line in lines {
            assert!(text.lines().any(|found| found == *line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn a_lost_camera_and_its_viewers_are_told() {
        let door = source("door", State::Lost(Loss::new(Cause::NotAnswering, "secret detail")));
        Counters::add(&door.counters.attempts);
        let _viewer = door.viewers.enter(ViewerKind::Mse);
        let text = metrics_of(vec![door, source("yard", State::Live)], &Routes::default());
        check(
            &text,
            &[
                "marquee_source_state{source=\"door\",kind=\"camera\",state=\"lost\"} 1.0",
                "marquee_source_state{source=\"door\",kind=\"camera\",state=\"live\"} 0.0",
                "marquee_source_state{source=\"yard\",kind=\"camera\",state=\"live\"} 1.0",
                "marquee_source_cause{source=\"door\",cause=\"not_answering\"} 1.0",
                "marquee_source_attempts_total{source=\"door\"} 1",
                "marquee_source_viewers{source=\"door\",kind=\"mse\"} 1.0",
                "marquee_source_viewers{source=\"yard\",kind=\"mse\"} 0.0",
                "marquee_source_bitrate_bps{source=\"yard\",track=\"video\"} 0.0",
                "marquee_source_frames_dropped_total{source=\"yard\",by=\"readers\"} 0",
            ],
        );
        assert!(!text.contains("secret detail") && !text.contains("hostile"));
    }

    #[test]
    fn box_process_and_requests_are_told() {
        let routes = Routes::default();
        routes.record("/live/{source}/whep", 201, Duration::from_millis(2));
        routes.record("/live/{source}/whep", 404, Duration::from_micros(90));
        let text = metrics_of(Vec::new(), &routes);
        check(
            &text,
            &[
                "marquee_build_info{version=\"1.2.3\"} 1",
                "marquee_healthy 1.0",
                "marquee_config_ok 0.0",
                "marquee_http_connections 5.0",
                "marquee_screens 12.0",
                "marquee_screens_active 9.0",
                "marquee_board_temperature_celsius 48.5",
                "marquee_webrtc_peers 2.0",
                "marquee_webrtc_packets_sent_total 7",
                "process_resident_memory_bytes 1048576.0",
                "process_cpu_seconds_total 1.5",
                "process_start_time_seconds 1767225600.0",
                "marquee_http_requests_total{route=\"/live/{source}/whep\",status=\"2xx\"} 1",
                "marquee_http_requests_total{route=\"/live/{source}/whep\",status=\"4xx\"} 1",
                "marquee_http_request_duration_seconds_bucket{le=\"0.00025\",route=\"/live/{source}/whep\"} 1",
                "marquee_http_request_duration_seconds_count{route=\"/live/{source}/whep\"} 2",
            ],
        );
        assert!(!text.contains("under_voltage"), "a board that can't tell tells nothing");
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(text.matches("# EOF").count(), 1);
    }
}
