//! THE wiring: configuration → handles → tasks → drain. Read it first.

mod announce;
mod care;
mod front;
mod health;
mod init;
mod library;
mod power;
mod settings;
mod signage;
mod signals;
mod sources;
mod splash;
mod stored;
mod stuck;
mod troubles;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::access::{self, Access};
use crate::config::{self, Config};
use crate::device::Press;
use crate::hub::Registry;
use crate::library::{NoLibrary, OpenError};
use crate::output::hdmi;
use crate::output::jpeg::Snapshots;
use crate::output::mse::Mse;
use crate::output::whep::Whep;
use crate::pipeline;
use crate::process;
use crate::rtc;
use crate::signage::Signage;
use crate::source::capture;
use crate::task::{self, Stop, Stopper, Task};
use crate::telemetry::Routes;
use crate::telemetry::health::Heartbeats;
use crate::watched::Latest;
use crate::web::{self, Opened, Parts, Reopening, Services, Site, Stored};
use crate::words;
use announce::Announcement;
use front::{Front, Watched};
use settings::Settings;
use signals::Signals;
use sources::Sources;

/// All of the shutdown together; then the process ends whatever is still under way.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);
/// The part of it that answers under way may take.
const DRAIN_MAX: Duration = Duration::from_secs(2);

/// What `marquee run` was told.
pub struct Options {
    pub config: Option<PathBuf>,
    /// Folder for everything that must survive a restart.
    pub data: Option<PathBuf>,
    /// Instead of the configuration's.
    pub listen: Option<SocketAddr>,
    /// Screens are windows of the desktop, not the HDMI ports.
    pub window: bool,
    /// Whatever the configuration says: no login.
    pub open: bool,
    /// Called once the pages can be opened, with the address they are at.
    pub ready: Box<dyn FnOnce(SocketAddr) + Send>,
}

/// Why Marquee can't start, or why it ended.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("GStreamer can't be loaded")]
    GStreamer(#[source] pipeline::InitError),
    #[error("the GStreamer element {0} is missing; install the package that has it ({1})")]
    MissingElement(&'static str, &'static str),
    #[error("starting the threads of the program failed")]
    Runtime(#[source] std::io::Error),
    #[error("the signals of the system can't be listened to")]
    Signals(#[source] std::io::Error),
    #[error("the data folder {} can't be made", path.display())]
    Data { path: PathBuf, source: std::io::Error },
    #[error("nobody could log in")]
    Access(#[source] access::Error),
    #[error("the data folder is in use")]
    InUse(#[source] OpenError),
    #[error("can't listen on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("{0} ended, which it never should: see the log")]
    Ended(String),
    #[error("the shutdown took too long: {0} did not end")]
    Shutdown(&'static str),
}

/// Runs until a signal or until a part that must not end has ended.
pub fn run(options: Options) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::Runtime)?;
    let outcome = runtime.block_on(serve(options));
    // What could not be stopped in time is not waited for a second time.
    runtime.shutdown_background();
    outcome
}

async fn serve(options: Options) -> Result<(), Error> {
    let mut signals = Signals::listen().map_err(Error::Signals)?;
    process::sweep_scratch();
    let (mut settings, config) = Settings::load(options.config, options.data, options.open)?;
    words::set_language(config.device.language.unwrap_or_default());
    let (front, mut presses) = Front::start(settings.pins(&config), settings.is_wrong());
    load_gstreamer().await?;
    let address = options.listen.unwrap_or(config.web.listen);
    let place = if options.window { hdmi::Place::Windows } else { hdmi::Place::ports() };
    // Whoever mends the library waits for the answer.
    let (opened, mut reopened) = mpsc::channel(1);
    let reopening = Reopening { data: settings.data().map(Path::to_owned), opened };
    let mut app =
        App::start(&config, &settings, address, options.listen.is_none(), place, front, reopening).await?;
    (options.ready)(app.address);
    init::ready();
    let mut cards = capture::Changes::default();
    let outcome = loop {
        tokio::select! {
            signal = signals.received() => {
                log::info!("told to end: {signal}");
                break Ok(());
            }
            ended = app.ended() => break Err(Error::Ended(ended)),
            // A source that is optional comes with the first card.
            () = cards.next() => app.follow_cards().await,
            Some(press) = presses.recv() => app.pressed(press),
            Some(opened) = reopened.recv() => app.take_library(opened, &settings).await,
            config = settings.changed() => app.follow(config.as_ref(), &settings, options.listen).await,
        }
    };
    log::info!("stopping");
    init::stopping();
    tokio::select! {
        stopped = app.stop() => stopped?,
        signal = signals.received() => log::warn!("told twice, ending now: {signal}"),
    }
    outcome
}

/// The first time after a power-on it takes seconds.
async fn load_gstreamer() -> Result<(), Error> {
    let loading = tokio::task::spawn_blocking(|| {
        pipeline::clock::init().map_err(Error::GStreamer)?;
        match pipeline::missing_element() {
            Some((element, package)) => Err(Error::MissingElement(element, package)),
            None => Ok(()),
        }
    });
    loading.await.unwrap_or_else(|_| Err(Error::Ended("loading GStreamer".to_owned())))
}

/// All running parts.
struct App {
    address: SocketAddr,
    access: Arc<Access>,
    config: Config,
    site: watch::Sender<Site>,
    sources: Sources,
    registry: Registry,
    announcement: Option<Announcement>,
    rtc: rtc::Keeper,
    front: Front,
    /// While there is a library.
    library: Option<library::Running>,
    around: library::Around,
    /// The same, for those who answer and those who show.
    stored: watch::Sender<Result<Stored, NoLibrary>>,
    signage: watch::Sender<Option<Signage>>,
    screens: watch::Sender<Vec<config::Screen>>,
    screens_status: watch::Receiver<Vec<hdmi::Status>>,
    screens_stop: Stopper,
    hdmi: Task,
    web_stop: watch::Sender<bool>,
    web: Task,
    health_stop: Stopper,
    health: Task,
    troubles: troubles::Running,
}

impl App {
    /// `handed`: a socket that systemd hands over is taken instead of `address`.
    async fn start(
        config: &Config,
        settings: &Settings,
        address: SocketAddr,
        handed: bool,
        place: hdmi::Place,
        mut front: Front,
        reopening: Reopening,
    ) -> Result<Self, Error> {
        let listening = match init::listener().filter(|_| handed) {
            Some(listener) => listener,
            None => TcpListener::bind(address).await,
        };
        let listener = listening.map_err(|source| Error::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address, source })?;
        let rtc = rtc::Keeper::start(rtc::Settings {
            port: config.web.webrtc_port,
            addresses: config.web.webrtc_addresses.clone(),
            bind: IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        });
        let access = stored::access(settings, config)?;
        let settling = Arc::clone(&access);
        let settling = tokio::spawn(async move { settling.settle().await });
        let registry = Registry::default();
        let mut sources = Sources::new(registry.clone());
        sources.follow(config).await;
        let (site, site_watch) = watch::channel(settings.site(config));
        let heartbeats = Heartbeats::new(Instant::now());
        let (health_stop, stop) = Stopper::new();
        let health = task::spawn(
            "health",
            health::run(heartbeats.clone(), rtc.engine(), registry.clone(), Stop::clone(&stop)),
        );
        // Screens come on before the library is open.
        let (signage, signage_watch) = watch::channel(None);
        let shared = hdmi::Shared {
            sources: registry.clone(),
            signage: signage_watch,
            program: process::own_program(),
            notices: splash::notices(site_watch.clone(), front.condition(), Arc::clone(&access), address),
            status: watch::Sender::default(),
        };
        let status = shared.status.subscribe();
        let (screens, screens_watch) = watch::channel(config.screens.clone());
        let ports = matches!(place, hdmi::Place::Ports(_));
        let (screens_stop, stop) = Stopper::new();
        let hdmi = task::spawn("screens", hdmi::run(place, screens_watch, shared, stop));
        front.ready(Watched {
            sources: registry.clone(),
            heartbeats: heartbeats.clone(),
            site: site_watch.clone(),
            screens: status.clone(),
        });
        let around = library::Around { sources: registry.clone(), screens: status.clone(), ports };
        let (stored, stored_watch) = watch::channel(Err(NoLibrary::NoFolder));
        let watched = troubles::Watched {
            sources: registry.clone(),
            access: Arc::clone(&access),
            heartbeats: heartbeats.clone(),
            engine: rtc.engine(),
            site: site_watch.clone(),
            condition: front.condition(),
            ports: status.clone(),
            stored: stored_watch.clone(),
        };
        let (troubles, troubles_watch) = troubles::Running::start(watched, config);
        let services = Services::new(Parts {
            sources: registry.clone(),
            access: Arc::clone(&access),
            stored: stored_watch,
            reopening,
            whep: Whep::new(rtc.engine()),
            mse: Mse::default(),
            snapshots: Snapshots::default(),
            heartbeats,
            routes: Routes::default(),
            site: site_watch,
            screens: status.clone(),
            condition: front.condition(),
            troubles: troubles_watch,
            started: SystemTime::now(),
        });
        let zone = settings.site(config).time_zone;
        let library = match stored::library(settings.data()).await? {
            Ok(opened) => {
                let running = library::Running::start(opened, &around, config, zone).await;
                announce_library(&running, &stored, &signage);
                Some(running)
            }
            Err(why) => {
                let _ = stored.send_replace(Err(why));
                None
            }
        };
        // Nobody is let in by a password of before. It takes as long as a login, and screens come on meanwhile.
        if settling.await.is_err() {
            return Err(Error::Ended("looking after the logins".to_owned()));
        }
        let (web_stop, stopping) = watch::channel(false);
        let web = task::spawn("web server", web::server::serve(listener, services, stopping, DRAIN_MAX));
        let announcement = Announcement::start(&config.device.name, address);
        let config = config.clone();
        Ok(Self {
            address,
            access,
            config,
            site,
            sources,
            registry,
            announcement,
            rtc,
            front,
            library,
            around,
            stored,
            signage,
            screens,
            screens_status: status,
            screens_stop,
            hdmi,
            web_stop,
            web,
            health_stop,
            health,
            troubles,
        })
    }

    /// Returns the name of a part that ended by itself. Cancel-safe.
    async fn ended(&mut self) -> String {
        tokio::select! {
            () = self.web.ended() => self.web.name().to_owned(),
            () = self.health.ended() => self.health.name().to_owned(),
            () = self.hdmi.ended() => self.hdmi.name().to_owned(),
            name = self.sources.ended() => name,
        }
    }

    /// Takes a changed configuration over; with a file that does not check, everything goes on as it was.
    async fn follow(&mut self, config: Option<&Config>, settings: &Settings, listen: Option<SocketAddr>) {
        if let Some(config) = config {
            let moved = listen.is_none() && config.web.listen != self.config.web.listen;
            let webrtc = |web: &config::Web| (web.webrtc_port, web.webrtc_addresses.clone());
            if moved || webrtc(&config.web) != webrtc(&self.config.web) {
                log::warn!("[web] listen and webrtc settings are taken over at the next start");
            }
            words::set_language(config.device.language.unwrap_or_default());
            self.sources.follow(config).await;
            if let Some(announcement) = &mut self.announcement {
                announcement.rename(&config.device.name);
            }
            self.screens.send_if_modified(|screens| {
                let changed = *screens != config.screens;
                screens.clone_from(&config.screens);
                changed
            });
            self.access.follow(settings.access(config)).await;
            self.troubles.follow(config);
            if let Some(library) = &self.library {
                library.follow(config, settings.site(config).time_zone);
            }
            self.config = config.clone();
        }
        self.front.follow(settings.pins(&self.config));
        self.site.send_replace(settings.site(&self.config));
    }

    /// What the button does. Screens go back to what the file says with its next change.
    fn pressed(&mut self, press: Press) {
        match press {
            Press::PowerOff => self.front.power_off(),
            Press::Next if self.config.button.message.is_some() => {
                let text = self.config.button.message.clone().unwrap_or_default();
                match &self.library {
                    Some(library) => library.press(text),
                    None => log::warn!("the button was pressed, but there is no library to keep its message"),
                }
            }
            Press::Next => {
                let sources: Vec<String> =
                    self.registry.list().iter().map(|source| source.id.clone()).collect();
                let ports: Vec<_> =
                    self.screens_status.with(|list| list.iter().map(|status| status.port).collect());
                let stepped = self.screens.with(|screens| front::step(screens, &ports, &sources));
                log::info!("the button was pressed: the next source on every screen");
                self.screens.send_replace(stepped);
            }
        }
    }

    /// A library that could not be opened was mended: what stands on it starts, and screens play again.
    async fn take_library(&mut self, opened: Opened, settings: &Settings) {
        let zone = settings.site(&self.config).time_zone;
        let running = library::Running::start(opened.library, &self.around, &self.config, zone).await;
        announce_library(&running, &self.stored, &self.signage);
        self.library = Some(running);
        // Whoever mended it may have gone.
        let _ = opened.started.send(());
    }

    /// Looks again which optional sources there are.
    async fn follow_cards(&mut self) {
        self.sources.follow(&self.config).await;
    }

    /// The shutdown, in its written order; see ARCHITECTURE.md.
    async fn stop(self) -> Result<(), Error> {
        let deadline = tokio::time::Instant::now() + SHUTDOWN_MAX;
        drop(self.announcement);
        self.web_stop.send_replace(true);
        within(deadline, "the web server", self.web.join()).await?;
        within(deadline, "the look for what is wrong", self.troubles.stop()).await?;
        within(deadline, "the WebRTC engine", self.rtc.shutdown()).await?;
        let mut shown = None;
        if let Some(library) = self.library {
            let working = async { shown = Some(library.stop_work().await) };
            within(deadline, "the library's work", working).await?;
        }
        self.screens_stop.stop();
        within(deadline, "a screen", self.hdmi.join()).await?;
        if let Some(shown) = shown {
            within(deadline, "what screens play", shown.stop()).await?;
        }
        within(deadline, "a source", self.sources.stop()).await?;
        self.health_stop.stop();
        within(deadline, "the health watch", self.health.join()).await?;
        within(deadline, "the LEDs", self.front.stop()).await
    }
}

fn announce_library(
    running: &library::Running,
    stored: &watch::Sender<Result<Stored, NoLibrary>>,
    signage: &watch::Sender<Option<Signage>>,
) {
    let all = running.stored();
    signage.send_replace(Some(all.signage.clone()));
    let _ = stored.send_replace(Ok(all));
}

async fn within(
    deadline: tokio::time::Instant,
    name: &'static str,
    part: impl Future<Output = ()>,
) -> Result<(), Error> {
    tokio::time::timeout_at(deadline, part).await.map_err(|_| Error::Shutdown(name))
}
