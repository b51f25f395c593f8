//! All CEC adapters of the machine: which there are, and whose port each is.

use std::io;
use std::time::{Duration, Instant};

use super::adapter::Device;
use super::link::Link;
use super::ports::{self, Candidate, NoPort};
use super::worker::{News, Worker};
use super::{Told, Wishes};

/// More than a machine has; of more, the first.
const ADAPTERS_MAX: usize = 16;
/// Rights to a new node are given a moment after it is there: an error is told when it is still there the next time.
const TOLD_AFTER: u32 = 2;
/// How long the others wait for one that is being opened, since their order counts.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
pub(super) struct Desk {
    /// In the order of their numbers.
    adapters: Vec<Adapter>,
    last_id: u64,
}

#[derive(Debug)]
struct Adapter {
    id: u64,
    device: Device,
    stage: Stage,
    /// Times it could not be opened, in a row.
    failures: u32,
}

#[derive(Debug)]
enum Stage {
    Opening(Worker, Instant),
    Open(Box<Link>),
    /// It could not be opened, or went; the next look tries again, if it is still listed.
    Closed,
    /// It has no port, and will have none.
    LeftOut,
}

impl Desk {
    /// Takes over what devices there are. `start` is called for those that are new, or are to be tried again.
    pub(super) fn look(
        &mut self,
        mut devices: Vec<Device>,
        start: &mut dyn FnMut(&Device, u64) -> io::Result<Worker>,
        now: Instant,
    ) {
        devices.truncate(ADAPTERS_MAX);
        self.adapters.retain(|adapter| devices.contains(&adapter.device));
        for device in devices {
            if !self.adapters.iter().any(|adapter| adapter.device == device) {
                self.last_id += 1;
                self.adapters.push(Adapter { id: self.last_id, device, stage: Stage::Closed, failures: 0 });
            }
        }
        self.adapters.sort_by_key(|adapter| adapter.device.number);
        for adapter in &mut self.adapters {
            if matches!(adapter.stage, Stage::Closed) {
                match start(&adapter.device, adapter.id) {
                    Ok(worker) => adapter.stage = Stage::Opening(worker, now),
                    Err(error) => adapter.failed(&error),
                }
            }
        }
    }

    pub(super) fn hear(&mut self, id: u64, news: News, now: Instant) {
        // One that was taken out of the list may still have something to say.
        let Some(adapter) = self.adapters.iter_mut().find(|adapter| adapter.id == id) else { return };
        match (news, &mut adapter.stage) {
            (News::Opened(identity, addresses), stage @ Stage::Opening(..)) => {
                if let Stage::Opening(worker, _) = std::mem::replace(stage, Stage::Closed) {
                    *stage = Stage::Open(Box::new(Link::new(worker, identity, addresses)));
                    adapter.failures = 0;
                }
            }
            (News::Ended(Err(error)), Stage::Opening(..) | Stage::Open(_)) => adapter.failed(&error),
            (News::Ended(Ok(())), _) => {}
            (news, Stage::Open(link)) => link.hear(&news, now),
            _ => {}
        }
    }

    /// Has every adapter do what is due. Returns when to look again, if nothing happens before.
    pub(super) fn turn(&mut self, wishes: &Wishes, now: Instant) -> Option<Instant> {
        if !self.adapters.iter().any(|adapter| adapter.opens(now)) {
            self.assign();
        }
        let links = self.adapters.iter_mut().filter_map(Adapter::link_mut);
        let turns = links.filter_map(|link| {
            let wish = wishes.ports[link.port()? as usize];
            link.turn(wish, &wishes.name, now)
        });
        turns.min()
    }

    fn assign(&mut self) {
        let links: Vec<Candidate<'_>> =
            self.adapters.iter().filter_map(Adapter::link).map(Link::candidate).collect();
        let given = ports::assign(&links);
        let open = self.adapters.iter_mut().filter(|adapter| adapter.link().is_some());
        for (adapter, given) in open.zip(given) {
            let path = adapter.device.path.display().to_string();
            match given {
                Ok(port) => {
                    if let Some(link) = adapter.link_mut() {
                        link.give(port, &path);
                    }
                }
                Err(NoPort::Unknown) => {}
                Err(reason) => {
                    log::info!("the CEC adapter {path} is left alone: {reason}");
                    adapter.stage = Stage::LeftOut;
                }
            }
        }
    }

    /// What the TVs say they are.
    pub(super) fn told(&self) -> Told {
        let mut told = Told::default();
        for link in self.adapters.iter().filter_map(Adapter::link) {
            if let Some(port) = link.port() {
                told[port as usize] = link.power();
            }
        }
        told
    }
}

impl Adapter {
    fn link(&self) -> Option<&Link> {
        match &self.stage {
            Stage::Open(link) => Some(link),
            _ => None,
        }
    }

    fn link_mut(&mut self) -> Option<&mut Link> {
        match &mut self.stage {
            Stage::Open(link) => Some(link),
            _ => None,
        }
    }

    fn opens(&self, now: Instant) -> bool {
        matches!(self.stage, Stage::Opening(_, since) if now < since + OPEN_WITHIN)
    }

    fn failed(&mut self, error: &io::Error) {
        self.stage = Stage::Closed;
        self.failures = self.failures.saturating_add(1);
        if self.failures == TOLD_AFTER {
            log::warn!("the CEC adapter {} can't be used: {error}", self.device.path.display());
        }
    }
}
