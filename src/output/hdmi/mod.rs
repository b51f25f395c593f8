//! The TVs on the box's own HDMI ports: the splash, then what the schedule says, or a source, live.
//!
//! [`run`] looks at the ports and the configuration and keeps one player (`player`) for each port that has a TV.
//! Where a player's pictures go is the seam between a box and a PC: a plane of the graphics card (`connectors` finds
//! the port, `card` sets the mode), or a window. Its sound (`speaker`) goes to the port's own sound card (`sound_card`), in
//! step with the picture (`lips`).
//!
//! What is on follows from the plan and the moment (`turn`); `show` makes it so: files of the library (`playing`, read by a
//! child, see `reel`), sources (`view`), what is drawn, and the fade between them (`fade`). `orders` is the line to the signage.
//!
//! Belongs here: ports, cards, what is on which screen. Does not belong here: how pictures get to a sink (`pipeline`),
//! what stands on the splash (`app`).

mod card;
mod connectors;
mod fade;
mod lips;
mod modes;
mod orders;
mod player;
mod playing;
mod show;
pub(super) mod sound_card;
mod speaker;
mod steady;
mod turn;
mod view;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;

use crate::config::{Mode, Port, Rotation, Screen, ScreenSound};
use crate::draw::Splash;
use crate::hub::Registry;
use crate::signage::Signage;
use crate::task::{self, Stop, Stopper, Task};
use crate::watched::LatestSeen;
use card::Cards;
use player::Player;
use steady::Steady;

pub use connectors::Connector;
pub use show::SHOWS_SPLASH;

/// How often the ports are looked at. Two small files each; nobody plugs a TV faster.
const PERIOD: Duration = Duration::from_secs(1);
/// A window's size where the configuration names none: fits any desktop.
const WINDOW: Mode = Mode { width: 1280, height: 720, rate_hz: None };

/// Where the screens are.
#[derive(Clone, Debug)]
pub enum Place {
    /// On the HDMI ports that this folder, `/sys/class/drm`, tells of.
    Ports(PathBuf),
    /// In windows of the desktop: one for each port that the configuration names, or one.
    Windows,
}

impl Place {
    /// The ports of this machine.
    pub fn ports() -> Self {
        Self::Ports(Path::new(connectors::SYSFS).to_owned())
    }
}

/// What is to be told on the screens at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    pub splash: Splash,
    /// Something is wrong that must be seen: the splash comes up for a while, also where a source is shown.
    pub alert: bool,
}

/// Gives the notice of the moment. Called about once a second for each screen; must not block.
pub type Notices = Arc<dyn Fn() -> Notice + Send + Sync>;

/// One port, as the API shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub port: Port,
    pub connected: bool,
    /// What is on: the id of a source, `splash`, `playlist`, `standby` or `message`; `None` while nothing can be shown.
    pub shows: Option<String>,
    /// Of the mode; zero while there is none.
    pub width: u32,
    pub height: u32,
}

/// What all screens share.
#[derive(Clone)]
pub struct Shared {
    pub sources: Registry,
    /// What screens play; `None` as long as there is no library.
    pub signage: watch::Receiver<Option<Signage>>,
    /// This program, as a child starts it.
    pub program: PathBuf,
    pub notices: Notices,
    /// Written by the screens, read by the API.
    pub status: watch::Sender<Vec<Status>>,
}

/// What a player can't change while it runs.
#[derive(Clone, Debug, PartialEq)]
enum Spec {
    Port { connector: Connector, mode: Option<Mode>, rotation: Rotation },
    Window { size: Mode, rotation: Rotation },
}

/// What is wanted on one port.
#[derive(Clone, Debug, PartialEq)]
struct Wanted {
    port: Port,
    spec: Spec,
    show: Option<String>,
    sound: ScreenSound,
}

struct Running {
    port: Port,
    spec: Spec,
    show: watch::Sender<Option<String>>,
    sound: watch::Sender<ScreenSound>,
    stopper: Stopper,
    task: Task,
}

/// The ports of this machine as they are now; `None`: it has no graphics card.
pub fn connectors() -> Option<Vec<Connector>> {
    connectors::scan(Path::new(connectors::SYSFS))
}

/// What a port can do besides showing pictures, as far as it tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// The ALSA device its sound is on.
    pub sound: Option<String>,
    /// Half turns are made by its plane; `None`: its card can't be asked.
    pub half_turn: Option<bool>,
}

/// Asks a port what it can do. Blocks.
pub fn abilities(connector: &Connector) -> Abilities {
    let card = Cards::default().card(&connector.card).ok();
    Abilities {
        sound: sound_card::of(connector),
        half_turn: card.and_then(|card| card.turns_by_half(&connector.name).ok()),
    }
}

/// Keeps every port's screen as configured until told to stop.
pub async fn run(place: Place, mut screens: watch::Receiver<Vec<Screen>>, shared: Shared, mut stop: Stop) {
    let cards = Arc::new(Cards::default());
    let mut running: Vec<Running> = Vec::new();
    let mut steady = Steady::default();
    let mut no_card_told = false;
    loop {
        let configured = screens.latest_seen();
        let found = look(&place, &cards).await;
        if found.is_none() && !no_card_told {
            no_card_told = true;
            log::info!("this machine has no HDMI port that a picture could be shown on");
        }
        let found = steady.look(found.unwrap_or_default());
        follow(&mut running, wanted(&found, &configured, &place), &cards, &shared).await;
        tell(&shared.status, &found, &running);
        tokio::select! {
            () = stop.stopped() => break,
            _ = screens.changed() => {}
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
    follow(&mut running, Vec::new(), &cards, &shared).await;
    shared.status.send_replace(Vec::new());
}

/// The ports, or `None` if there is no graphics card. Windows have no ports to look at.
async fn look(place: &Place, cards: &Arc<Cards>) -> Option<Vec<Connector>> {
    let Place::Ports(root) = place else { return Some(Vec::new()) };
    let (root, cards) = (root.clone(), Arc::clone(cards));
    let looking = spawn_blocking(move || {
        let found = connectors::scan(&root)?;
        let mut asked = found.iter().filter(|connector| connector.needs_asking()).peekable();
        if asked.peek().is_none() {
            return Some(found);
        }
        for Connector { card, name, .. } in asked {
            // A card that can't be opened is told by the player that needs it.
            if let Ok(card) = cards.card(card) {
                card.ask(name);
            }
        }
        connectors::scan(&root)
    });
    let found = looking.await;
    found.unwrap_or_else(|error| {
        log::error!("looking at the HDMI ports failed: {error}");
        None
    })
}

/// Pure: what should run, from the ports that there are and the configuration.
fn wanted(found: &[Connector], configured: &[Screen], place: &Place) -> Vec<Wanted> {
    let of = |port: Port| configured.iter().find(|screen| screen.port == port);
    let show = |port| of(port).and_then(|screen| screen.show.clone());
    let sound = |port| of(port).map(|screen| screen.sound.clone()).unwrap_or_default();
    let mode = |port| of(port).and_then(|screen| screen.mode);
    let rotation = |port| of(port).map_or(Rotation::None, |screen| screen.rotation);
    if matches!(place, Place::Windows) {
        let first = configured.is_empty().then_some(Port::Hdmi1);
        let ports = configured.iter().map(|screen| screen.port).chain(first);
        let window = |port| Wanted {
            port,
            spec: Spec::Window { size: mode(port).unwrap_or(WINDOW), rotation: rotation(port) },
            show: show(port),
            sound: sound(port),
        };
        return ports.map(window).collect();
    }
    let connected = found.iter().filter(|connector| connector.connected);
    let screen = |connector: &Connector| Wanted {
        port: connector.port,
        spec: Spec::Port {
            connector: connector.clone(),
            mode: mode(connector.port),
            rotation: rotation(connector.port),
        },
        show: show(connector.port),
        sound: sound(connector.port),
    };
    connected.map(screen).collect()
}

/// Stops what is no longer wanted as it is, starts what is new; what is shown and heard changes without a stop.
async fn follow(running: &mut Vec<Running>, wanted: Vec<Wanted>, cards: &Arc<Cards>, shared: &Shared) {
    let stays = |is: &Running| wanted.iter().any(|wanted| wanted.port == is.port && wanted.spec == is.spec);
    let gone: Vec<Running> = running.extract_if(.., |is| !stays(is)).collect();
    for screen in gone {
        log::info!("{}: the screen is switched off", screen.port.id());
        screen.stopper.stop();
        screen.task.join().await;
    }
    for Wanted { port, spec, show, sound } in wanted {
        if let Some(is) = running.iter().find(|is| is.port == port) {
            set(&is.show, show);
            set(&is.sound, sound);
            continue;
        }
        let (show, shown) = watch::channel(show);
        let (sound, heard) = watch::channel(sound);
        let (stopper, stop) = Stopper::new();
        let player = Player::new(port, spec.clone(), Arc::clone(cards), shared.clone(), shown);
        let task = task::spawn(format!("screen {}", port.id()), player.run(heard, stop));
        running.push(Running { port, spec, show, sound, stopper, task });
    }
}

/// Wakes those who watch only if it is another value.
fn set<T: PartialEq>(watched: &watch::Sender<T>, value: T) {
    watched.send_if_modified(|old| {
        let changed = *old != value;
        *old = value;
        changed
    });
}

/// Keeps the list of the API: a port for each that is there, what is on told by its player.
fn tell(status: &watch::Sender<Vec<Status>>, found: &[Connector], running: &[Running]) {
    let ports = Port::ALL.into_iter().filter(|port| {
        found.iter().any(|connector| connector.port == *port) || running.iter().any(|is| is.port == *port)
    });
    let ports: Vec<Port> = ports.collect();
    status.send_if_modified(|list| {
        let entry = |port: &Port| {
            let connected = running.iter().any(|is| is.port == *port);
            let known =
                list.iter().find(|known| known.port == *port && known.connected && connected).cloned();
            known.unwrap_or(Status { port: *port, connected, shows: None, width: 0, height: 0 })
        };
        let now: Vec<Status> = ports.iter().map(entry).collect();
        let changed = *list != now;
        *list = now;
        changed
    });
}

impl Shared {
    /// Told by a port's player.
    fn tell(&self, port: Port, shows: Option<&str>, size: (u32, u32)) {
        self.status.send_if_modified(|list| {
            let (width, height) = size;
            let now = Status { port, connected: true, shows: shows.map(str::to_owned), width, height };
            match list.iter_mut().find(|known| known.port == port) {
                Some(known) if *known == now => return false,
                Some(known) => *known = now,
                None => list.push(now),
            }
            list.sort_by_key(|known| known.port);
            true
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watched::Latest;

    fn connector(port: Port, connected: bool) -> Connector {
        let (card, name) = ("card1".to_owned(), format!("HDMI-A-{}", port as usize + 1));
        Connector { port, card, name, connected, modes: vec!["1920x1080".to_owned()], edid: Vec::new() }
    }

    fn screen(port: Port, show: &str) -> Screen {
        Screen { show: Some(show.to_owned()), rotation: Rotation::Half, ..Screen::unnamed(port) }
    }

    /// Ports with what they show; `-` for the splash.
    fn check(found: &[Connector], configured: &[Screen], place: &Place, expected: &[&str]) {
        let wanted = wanted(found, configured, place);
        let shown: Vec<String> = wanted
            .iter()
            .map(|wanted| format!("{} {}", wanted.port.id(), wanted.show.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn every_port_with_a_tv_gets_a_screen_configured_or_not() {
        let both = [connector(Port::Hdmi1, true), connector(Port::Hdmi2, true)];
        check(&both, &[], &Place::ports(), &["hdmi-1 -", "hdmi-2 -"]);
        check(&both, &[screen(Port::Hdmi2, "door")], &Place::ports(), &["hdmi-1 -", "hdmi-2 door"]);
        let one = [connector(Port::Hdmi1, false), connector(Port::Hdmi2, true)];
        check(&one, &[screen(Port::Hdmi1, "door")], &Place::ports(), &["hdmi-2 -"]);
        check(&[], &[screen(Port::Hdmi1, "door")], &Place::ports(), &[]);
    }

    #[test]
    fn windows_follow_the_configuration_alone() {
        check(&[], &[], &Place::Windows, &["hdmi-1 -"]);
        check(&[], &[screen(Port::Hdmi2, "door")], &Place::Windows, &["hdmi-2 door"]);
    }

    #[test]
    fn another_source_is_no_other_screen() {
        let found = [connector(Port::Hdmi1, true)];
        let spec = |screens: &[Screen]| wanted(&found, screens, &Place::ports())[0].spec.clone();
        assert_eq!(spec(&[screen(Port::Hdmi1, "a")]), spec(&[screen(Port::Hdmi1, "b")]));
        assert_ne!(spec(&[screen(Port::Hdmi1, "a")]), spec(&[]));
    }

    #[test]
    fn a_port_without_a_tv_is_told_as_such() {
        let status = watch::Sender::new(vec![Status {
            port: Port::Hdmi1,
            connected: true,
            shows: Some("door".to_owned()),
            width: 1920,
            height: 1080,
        }]);
        tell(&status, &[connector(Port::Hdmi1, false)], &[]);
        let gone = Status { port: Port::Hdmi1, connected: false, shows: None, width: 0, height: 0 };
        assert_eq!(status.latest(), [gone]);
    }
}
