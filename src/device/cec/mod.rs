//! The TVs at the box's HDMI ports, switched over CEC: the wire for that in every HDMI cable.
//!
//! What each TV should be comes from outside ([`Wishes`]). When it is told is pure (`rounds`), and so is which adapter
//! belongs to which port (`ports`) and what goes over the wire (`message`). [`run`] is one task over all adapters (`desk`,
//! and for each a `link`); every call to the kernel (`adapter`, `ioctl`) is made by a thread that the adapter has for
//! itself (`worker`). So neither a port without CEC nor a driver that hangs holds up anybody.
//!
//! Belongs here: adapters, messages. Does not belong here: when a TV should be on (`program`).

mod adapter;
mod bus;
mod desk;
#[cfg(test)]
mod fake;
#[cfg(any(test, feature = "fuzz"))]
pub(crate) mod fuzz;
mod ioctl;
mod link;
mod message;
mod ports;
mod rounds;
#[cfg(test)]
mod tests;
mod worker;

use std::io;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};

use crate::config::Port;
use crate::program::Power;
use crate::task::Stop;
use crate::watched::LatestSeen;
use adapter::Device;
use bus::{Addresses, Bus};
use desk::Desk;
use ports::Candidate;
use worker::{Post, Worker};

pub use adapter::Machine;
pub use bus::Identity;
pub use ports::NoPort;

/// How often it is looked which adapters there are: one folder in memory.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// News of adapters on their way; a thread waits while there is no room.
const NEWS_MAX: usize = 16;
/// What adapters may take to end. One that hangs is left behind.
const END_WITHIN: Duration = Duration::from_millis(500);

/// What is wanted of the TV at one port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whether it may be talked to at all.
    pub allowed: bool,
    /// `None`: it is left as it is.
    pub power: Option<Power>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Of the box, as TVs show it as far as they can.
    pub name: String,
    /// By port.
    pub ports: [Wish; Port::ALL.len()],
}

/// What the TV at each port says it is; `None`: it does not say, or there is none.
pub type Told = [Option<Power>; Port::ALL.len()];

/// An adapter, for people who look for one.
#[derive(Clone, Debug)]
pub struct Found {
    pub path: String,
    /// Or why it can't be used.
    pub identity: Result<Identity, String>,
    pub port: Result<Port, NoPort>,
    /// Where in the TV's tree of cables it is, such as `1.0.0.0`; `None`: no TV that tells.
    pub address: Option<String>,
}

/// Has the TVs be what is wished, until told to stop. They stay then as they are.
pub async fn run(machine: Machine, wishes: watch::Receiver<Wishes>, told: watch::Sender<Told>, stop: Stop) {
    let list = {
        let machine = machine.clone();
        move || machine.devices()
    };
    let start = move |device: &Device, id, post| {
        let (machine, node) = (machine.clone(), device.clone());
        Worker::start(&format!("cec{}", device.number), id, move || machine.open(&node), post)
    };
    serve(list, start, wishes, told, stop).await;
}

/// `list`: what devices there are. `start`: gives one its thread.
async fn serve(
    list: impl Fn() -> Vec<Device>,
    start: impl Fn(&Device, u64, mpsc::Sender<Post>) -> io::Result<Worker>,
    mut wishes: watch::Receiver<Wishes>,
    told: watch::Sender<Told>,
    mut stop: Stop,
) {
    let (post, mut news) = mpsc::channel(NEWS_MAX);
    let mut start = |device: &Device, id| start(device, id, post.clone());
    let mut desk = Desk::default();
    let mut look_at = Instant::now();
    loop {
        let now = Instant::now();
        if now >= look_at {
            desk.look(list(), &mut start, now);
            look_at = now + LOOK_EVERY;
        }
        let due = desk.turn(&wishes.latest_seen(), now);
        set(&told, desk.told());
        let next = due.map_or(look_at, |due| due.min(look_at));
        tokio::select! {
            () = stop.stopped() => break,
            changed = wishes.changed() => {
                if changed.is_err() {
                    break;
                }
            }
            Some((id, news)) = news.recv() => desk.hear(id, news, Instant::now()),
            () = tokio::time::sleep_until(next.into()) => {}
        }
    }
    drop(desk);
    drop(post);
    // Each thread has a sender until it ends.
    let ended = async { while news.recv().await.is_some() {} };
    if tokio::time::timeout(END_WITHIN, ended).await.is_err() {
        log::warn!("a CEC adapter is busy and was left behind");
    }
    set(&told, Told::default());
}

fn set(told: &watch::Sender<Told>, now: Told) {
    told.send_if_modified(|known| {
        let changed = *known != now;
        *known = now;
        changed
    });
}

/// The adapters there are, and whose port each is. Changes nothing. Blocks.
pub fn survey(machine: &Machine) -> Vec<Found> {
    let looked: Vec<(Device, io::Result<(Identity, Addresses)>)> = machine
        .devices()
        .into_iter()
        .map(|device| {
            let look = || {
                let mut adapter = machine.open(&device)?;
                Ok((adapter.identity()?, adapter.addresses()?))
            };
            let found = look();
            (device, found)
        })
        .collect();
    let candidates: Vec<Candidate<'_>> = looked
        .iter()
        .filter_map(|(_, found)| found.as_ref().ok())
        .map(|(identity, addresses)| Candidate { identity, addresses: *addresses, port: None })
        .collect();
    let mut given = ports::assign(&candidates).into_iter();
    let found = looked.iter().map(|(device, found)| Found {
        path: device.path.display().to_string(),
        identity: found.as_ref().map(|(identity, _)| identity.clone()).map_err(ToString::to_string),
        port: found.as_ref().ok().and_then(|_| given.next()).unwrap_or(Err(NoPort::Unknown)),
        address: found.as_ref().ok().and_then(|(_, addresses)| addresses.physical).map(dotted),
    });
    found.collect()
}

/// As people write physical addresses.
fn dotted(address: u16) -> String {
    let levels = [12, 8, 4, 0].map(|shift| (address >> shift & 0xf).to_string());
    levels.join(".")
}
