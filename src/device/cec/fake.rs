//! A TV in memory, and the adapter it is plugged into: for the tests.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::bus::{Addresses, Bus, Identity, Seen, Sent};
use super::message::Message;
use crate::program::Power;

/// More than any test needs.
const WITHIN: Duration = Duration::from_secs(30);

/// How the TV is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tv {
    pub(super) plugged: Option<u16>,
    pub(super) answers: bool,
    /// The kernel refuses to send.
    pub(super) errno: Option<i32>,
    pub(super) power: Power,
}

impl Tv {
    pub(super) const fn at(address: u16) -> Self {
        Self { plugged: Some(address), answers: true, errno: None, power: Power::On }
    }
}

/// A handle; the adapter is another one.
#[derive(Clone)]
pub(super) struct Fake {
    wire: Arc<Wire>,
}

struct Wire {
    inner: Mutex<Inner>,
    changed: Condvar,
    /// Can be read while there is something to see.
    bell: OwnedFd,
}

struct Inner {
    tv: Tv,
    claimed: Option<String>,
    sent: Vec<String>,
    seen: Seen,
    waiting: Vec<Message>,
}

impl Fake {
    pub(super) fn new(tv: Tv) -> Self {
        let claimed = Some(String::new());
        let inner = Inner { tv, claimed, sent: Vec::new(), seen: Seen::default(), waiting: Vec::new() };
        let bell = eventfd(0, EventfdFlags::NONBLOCK).expect("made");
        Self { wire: Arc::new(Wire { inner: Mutex::new(inner), changed: Condvar::new(), bell }) }
    }

    pub(super) fn bus(&self) -> FakeBus {
        FakeBus { wire: Arc::clone(&self.wire) }
    }

    /// What was sent since the last call, in hex.
    pub(super) fn sent(&self) -> Vec<String> {
        std::mem::take(&mut self.wire.lock().sent)
    }

    /// Waits until so much was sent.
    pub(super) fn sent_soon(&self, count: usize) -> Vec<String> {
        let inner = self.wire.lock();
        let waiting = self.wire.changed.wait_timeout_while(inner, WITHIN, |inner| inner.sent.len() < count);
        drop(waiting);
        self.sent()
    }

    pub(super) fn name(&self) -> Option<String> {
        self.wire.lock().claimed.clone()
    }

    pub(super) fn plug(&self, tv: Tv) {
        let mut inner = self.wire.lock();
        inner.tv = tv;
        inner.seen.state = true;
        self.wire.ring();
    }

    /// The TV sends this.
    pub(super) fn hear(&self, message: &[u8]) {
        let mut inner = self.wire.lock();
        inner.waiting.push(Message::from_slice(message).expect("16 bytes at most"));
        inner.seen.message = true;
        self.wire.ring();
    }
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no test goes on after a panic")
    }

    fn ring(&self) {
        rustix::io::write(&self.bell, &1_u64.to_ne_bytes()).expect("rung");
    }
}

pub(super) struct FakeBus {
    wire: Arc<Wire>,
}

impl Bus for FakeBus {
    fn identity(&mut self) -> io::Result<Identity> {
        Ok(Identity {
            driver: "fake".to_owned(),
            name: "fake-0".to_owned(),
            connector: Some("HDMI-A-1".to_owned()),
        })
    }

    fn addresses(&mut self) -> io::Result<Addresses> {
        let inner = self.wire.lock();
        let physical = inner.tv.plugged;
        Ok(Addresses { physical, logical: physical.and(inner.claimed.as_ref()).map(|_| 4) })
    }

    fn claim(&mut self, name: &str) -> io::Result<()> {
        self.wire.lock().claimed = Some(name.to_owned());
        Ok(())
    }

    fn release(&mut self) -> io::Result<()> {
        self.wire.lock().claimed = None;
        Ok(())
    }

    fn send(&mut self, message: &Message, reply: Option<u8>) -> io::Result<Sent> {
        let mut inner = self.wire.lock();
        let hex: Vec<String> = message.iter().map(|byte| format!("{byte:02x}")).collect();
        inner.sent.push(hex.join(" "));
        self.wire.changed.notify_all();
        if let Some(errno) = inner.tv.errno {
            return Err(io::Error::from_raw_os_error(errno));
        }
        let to_everybody = message[0] & 15 == 15;
        if !inner.tv.answers && !to_everybody {
            return Ok(Sent::NotHeard);
        }
        match message[1] {
            0x04 => inner.tv.power = Power::On,
            0x36 => inner.tv.power = Power::Standby,
            _ => {}
        }
        let status = u8::from(inner.tv.power == Power::Standby);
        let reply = reply.map(|opcode| Message::from_slice(&[0x04, opcode, status]).expect("3 bytes"));
        Ok(Sent::Heard(reply))
    }

    fn receive(&mut self) -> io::Result<Message> {
        let mut inner = self.wire.lock();
        let message = inner.waiting.remove(0);
        inner.seen.message = !inner.waiting.is_empty();
        if inner.seen.message {
            self.wire.ring();
        }
        Ok(message)
    }

    fn wait(&mut self, wake: BorrowedFd<'_>) -> io::Result<Seen> {
        let bell = self.wire.bell.as_fd();
        let mut fds =
            [PollFd::from_borrowed_fd(bell, PollFlags::IN), PollFd::from_borrowed_fd(wake, PollFlags::IN)];
        poll(&mut fds, None)?;
        let _ = rustix::io::read(bell, &mut [0_u8; 8]);
        let mut inner = self.wire.lock();
        let seen = inner.seen;
        inner.seen.state = false;
        Ok(seen)
    }
}
