//! What is said to a TV, over anything that can say it: the kernel's adapters (`adapter`), or those of the tests.

use std::io;
use std::os::fd::BorrowedFd;

use super::message::{self, EVERYBODY, Message, Place, Status};
use crate::program::Power;

/// An adapter, as its driver tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Such as `vc4_hdmi`.
    pub driver: String,
    /// Such as `vc4-hdmi-0`.
    pub name: String,
    /// The kernel's name of its connector, such as `HDMI-A-1`; `None` if it does not tell.
    pub connector: Option<String>,
}

/// What an adapter has on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Addresses {
    /// `None`: nothing is plugged in.
    pub(super) physical: Option<u16>,
    /// `None`: none claimed, or not yet.
    pub(super) logical: Option<u8>,
}

impl Addresses {
    /// There is a TV, and we can talk to it.
    pub(super) fn place(self) -> Option<Place> {
        Some(Place { physical: self.physical?, logical: self.logical? })
    }
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// And the reply, if one was waited for and came.
    Heard(Option<Message>),
    /// Nobody took it.
    NotHeard,
    /// The wire was busy, or disturbed.
    Disturbed,
}

/// Why a TV could not be told something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    #[error(
        "the TV does not answer; look whether CEC is on in its menu (Anynet+, Bravia Sync, SimpLink, VIERA Link)"
    )]
    NoAnswer,
    #[error("something disturbs the wire of CEC in the cable")]
    Disturbed,
    #[error("another program has the CEC adapter for itself")]
    Busy,
    #[error("the kernel refuses to send (error {0})")]
    Refused(i32),
    #[error("the CEC adapter's driver does not come back")]
    Stuck,
}

/// What is there to be seen to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) state: bool,
    pub(super) message: bool,
}

/// One CEC adapter. Its calls block, so that each has a thread of its own (`worker`).
pub(super) trait Bus {
    fn identity(&mut self) -> io::Result<Identity>;
    fn addresses(&mut self) -> io::Result<Addresses>;
    /// Claims an address on every TV that is or will be plugged in, under this name.
    fn claim(&mut self, name: &str) -> io::Result<()>;
    /// Gives it back.
    fn release(&mut self) -> io::Result<()>;
    /// `reply`: the opcode that is waited for, a second at most.
    fn send(&mut self, message: &Message, reply: Option<u8>) -> io::Result<Sent>;
    /// One message for us. Only if there is one.
    fn receive(&mut self) -> io::Result<Message>;
    /// Waits until there is something to see, or `wake` can be read. Errors: ENODEV: the adapter is gone.
    fn wait(&mut self, wake: BorrowedFd<'_>) -> io::Result<Seen>;
}

/// Tells the TV what to be. The outer error: there is no adapter any more.
pub(super) fn say(bus: &mut dyn Bus, power: Power) -> io::Result<Result<(), Trouble>> {
    let place = bus.addresses()?.place();
    let first = match (power, place) {
        (Power::On, place) => message::wake(place.map_or(EVERYBODY, |place| place.logical)),
        (Power::Standby, Some(place)) => message::standby(place),
        // It went between the asking and this.
        (Power::Standby, None) => return Ok(Err(Trouble::NoAnswer)),
    };
    let outcome = tell(bus, &first)?;
    match (power, place) {
        // To everybody: nobody has to take it.
        (Power::On, Some(place)) if outcome.is_ok() => tell(bus, &message::show(place)),
        _ => Ok(outcome),
    }
}

/// Asks the TV what it is; `None`: it does not say.
pub(super) fn ask(bus: &mut dyn Bus) -> io::Result<Option<Status>> {
    let Some(place) = bus.addresses()?.place() else { return Ok(None) };
    match bus.send(&message::ask_power(place), Some(message::REPORT_POWER_STATUS)) {
        Ok(Sent::Heard(Some(reply))) => Ok(message::told(&reply)),
        Ok(_) => Ok(None),
        Err(error) => trouble(error).map(|_| None),
    }
}

fn tell(bus: &mut dyn Bus, message: &Message) -> io::Result<Result<(), Trouble>> {
    match bus.send(message, None) {
        Ok(Sent::Heard(_)) => Ok(Ok(())),
        Ok(Sent::NotHeard) => Ok(Err(Trouble::NoAnswer)),
        Ok(Sent::Disturbed) => Ok(Err(Trouble::Disturbed)),
        Err(error) => trouble(error).map(Err),
    }
}

/// An error that leaves the adapter as it is; the others are the outcome.
pub(super) fn trouble(error: io::Error) -> io::Result<Trouble> {
    match error.raw_os_error() {
        None | Some(libc::ENODEV | libc::EBADF) => Err(error),
        Some(libc::EBUSY) => Ok(Trouble::Busy),
        Some(number) => Ok(Trouble::Refused(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fake::{Fake, Tv};
    use super::*;

    /// What is on the wire after `power` was said, in hex.
    fn check(tv: Tv, power: Power, expected: (Result<(), Trouble>, &[&str])) {
        let fake = Fake::new(tv);
        let outcome = say(&mut fake.bus(), power).expect("the adapter stays");
        assert_eq!(
            (outcome, fake.sent()),
            (expected.0, expected.1.iter().map(|&one| one.to_owned()).collect())
        );
    }

    #[test]
    fn a_tv_is_woken_and_shows_us_or_sleeps() {
        check(Tv::at(0x1000), Power::On, (Ok(()), &["40 04", "4f 82 10 00"]));
        check(Tv::at(0x3000), Power::Standby, (Ok(()), &["40 36"]));
    }

    #[test]
    fn what_can_not_hear_is_trouble_and_not_told_more() {
        let deaf = Tv { answers: false, ..Tv::at(0x1000) };
        check(deaf, Power::On, (Err(Trouble::NoAnswer), &["40 04"]));
        check(deaf, Power::Standby, (Err(Trouble::NoAnswer), &["40 36"]));
        let refused = Tv { errno: Some(libc::EPERM), ..Tv::at(0x1000) };
        check(refused, Power::On, (Err(Trouble::Refused(libc::EPERM)), &["40 04"]));
        let busy = Tv { errno: Some(libc::EBUSY), ..Tv::at(0x1000) };
        check(busy, Power::Standby, (Err(Trouble::Busy), &["40 36"]));
    }

    #[test]
    fn a_sleeping_tv_that_seems_unplugged_is_woken_all_the_same() {
        check(Tv { plugged: None, ..Tv::at(0x1000) }, Power::On, (Ok(()), &["f0 04"]));
        check(Tv { plugged: None, ..Tv::at(0x1000) }, Power::Standby, (Err(Trouble::NoAnswer), &[]));
    }

    #[test]
    fn an_adapter_that_is_gone_is_no_trouble_of_the_tv() {
        let fake = Fake::new(Tv { errno: Some(libc::ENODEV), ..Tv::at(0x1000) });
        let error = say(&mut fake.bus(), Power::On).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ENODEV));
    }

    #[test]
    fn a_tv_says_what_it_is() {
        let fake = Fake::new(Tv::at(0x1000));
        assert_eq!(ask(&mut fake.bus()).unwrap(), Some(Status::On));
        say(&mut fake.bus(), Power::Standby).unwrap().unwrap();
        assert_eq!(ask(&mut fake.bus()).unwrap(), Some(Status::Standby));
        let silent = Fake::new(Tv { answers: false, ..Tv::at(0x1000) });
        assert_eq!(ask(&mut silent.bus()).unwrap(), None);
    }
}
