//! The box's name on the network: `marquee.local` by multicast DNS (RFC 6762), and its pages as a service (RFC 6763).

use std::net::SocketAddr;

use mdns_sd::{IfKind, ServiceDaemon, ServiceInfo};

use crate::system;

const SERVICE: &str = "_http._tcp.local.";

/// The announcement under way; dropping it takes the name back.
pub(super) struct Announcement {
    daemon: ServiceDaemon,
    name: String,
    port: u16,
}

impl Announcement {
    /// `None` where nobody else could reach the box: it listens to itself only, or there is no multicast. The latter is
    /// logged; a box without its name still has its addresses.
    pub(super) fn start(name: &str, listen: SocketAddr) -> Option<Self> {
        if listen.ip().is_loopback() {
            return None;
        }
        Self::start_on(name, listen.port(), &[])
    }

    /// `only`: these interfaces, or all but loopback if empty.
    fn start_on(name: &str, port: u16, only: &[IfKind]) -> Option<Self> {
        let started = || -> Result<Self, mdns_sd::Error> {
            let daemon = ServiceDaemon::new()?;
            if !only.is_empty() {
                daemon.disable_interface(IfKind::All)?;
                daemon.enable_interface(only.to_vec())?;
            }
            daemon.register(service(name, port)?)?;
            Ok(Self { daemon, name: name.to_owned(), port })
        };
        started().map_err(|error| log::warn!("{name} can't be announced by mDNS: {error}")).ok()
    }

    /// The box has another name now.
    pub(super) fn rename(&mut self, name: &str) {
        if self.name == name {
            return;
        }
        let renamed = service(name, self.port).and_then(|service| {
            self.daemon.unregister(&full_name(&self.name))?;
            self.daemon.register(service)
        });
        match renamed {
            Ok(()) => self.name = name.to_owned(),
            Err(error) => log::warn!("{name} can't be announced by mDNS: {error}"),
        }
    }
}

impl Drop for Announcement {
    fn drop(&mut self) {
        // Says good-bye; a daemon that has ended already needs none.
        let _ = self.daemon.unregister(&full_name(&self.name));
        let _ = self.daemon.shutdown();
    }
}

/// Under the box's own name for people; its addresses are those of the interfaces, as they come and go.
fn service(name: &str, port: u16) -> Result<ServiceInfo, mdns_sd::Error> {
    let host = format!("{}.local.", system::host_name(name));
    let nothing: &[(&str, &str)] = &[("path", "/")];
    Ok(ServiceInfo::new(SERVICE, name, &host, (), port, nothing)?.enable_addr_auto())
}

fn full_name(name: &str) -> String {
    format!("{name}.{SERVICE}")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::time::Duration;

    use mdns_sd::ServiceEvent;

    use super::*;

    /// Two boxes on one machine, by loopback only: the one looks for the other.
    #[test]
    fn the_pages_are_found_under_the_name_of_the_box() {
        let only = [IfKind::LoopbackV4];
        // A port that no other box on this machine has: it is known by that.
        let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = taken.local_addr().expect("bound").port();
        let mut announcement = Announcement::start_on("Corner shop", port, &only).expect("announced");
        let seeker = ServiceDaemon::new().expect("started");
        seeker.disable_interface(IfKind::All).expect("asked");
        seeker.enable_interface(only.to_vec()).expect("asked");
        let events = seeker.browse(SERVICE).expect("asked");
        let next_host = || loop {
            let event = events.recv_timeout(Duration::from_secs(60)).expect("it is found");
            if let ServiceEvent::ServiceResolved(found) = event
                && found.get_port() == port
            {
                return found.get_hostname().to_owned();
            }
        };
        assert_eq!(next_host(), "corner-shop.local.");
        announcement.rename("Bar");
        assert_eq!(next_host(), "bar.local.");
        let _ = seeker.shutdown();
    }

    #[test]
    fn a_box_that_listens_to_itself_is_not_announced() {
        assert!(Announcement::start("x", SocketAddr::from(([127, 0, 0, 1], 80))).is_none());
    }
}
