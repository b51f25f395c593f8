//! All viewers, and whose a datagram or a request is.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::panic::catch_unwind;
use std::time::Instant;

use str0m::ice::StunMessage;

use super::handle::Target;
use super::peer::Peer;
use super::socket::Datagram;
use super::{JoinError, SessionError, SessionId};

/// No viewer sends larger ones: an Ethernet packet holds 1500 bytes, and reports are far smaller.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// Viewers of all sources together. Measured: 100 of 3 Mbit/s take a sixth of a core, with sound and joining a quarter;
/// a gigabit port is full at 300.
const PEERS_MAX: usize = 512;
/// Of one host, or all who are behind one router.
const PEERS_OF_HOST_MAX: usize = 256;
/// Of one host, those that asked and have not connected yet: a browser takes a second or two.
const WAITING_OF_HOST_MAX: usize = 64;

#[derive(Default)]
pub(super) struct Directory {
    peers: HashMap<SessionId, Peer>,
    /// Addresses that proved to be a viewer's. At most as many per viewer as it remembers paths.
    by_address: HashMap<SocketAddr, SessionId>,
    /// Our user fragments. One per viewer.
    by_ufrag: HashMap<String, SessionId>,
}

impl Directory {
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    pub(super) fn ids(&self) -> Vec<SessionId> {
        self.peers.keys().copied().collect()
    }

    /// Who makes room for another viewer of this host, if somebody has to: the oldest that asked and has not connected, of
    /// the same host if that has many of them. An error: nobody can.
    pub(super) fn make_room(&self, host: IpAddr) -> Result<Option<SessionId>, JoinError> {
        let oldest = |only: Option<IpAddr>| {
            let waiting = self.peers.iter().filter(|(_, peer)| !peer.is_connected());
            let waiting = waiting.filter(|(_, peer)| only.is_none_or(|host| peer.host == host));
            waiting.min_by_key(|(_, peer)| peer.since).map(|(id, _)| *id)
        };
        let of_host = || self.peers.values().filter(|peer| peer.host == host);
        if of_host().filter(|peer| !peer.is_connected()).count() >= WAITING_OF_HOST_MAX {
            return Ok(oldest(Some(host)));
        }
        if of_host().count() >= PEERS_OF_HOST_MAX {
            return oldest(Some(host)).map(Some).ok_or(JoinError::Full);
        }
        if self.peers.len() >= PEERS_MAX {
            return oldest(None).map(Some).ok_or(JoinError::Full);
        }
        Ok(None)
    }

    pub(super) fn insert(&mut self, id: SessionId, local_ufrag: String, peer: Peer) {
        self.by_ufrag.insert(local_ufrag, id);
        self.peers.insert(id, peer);
    }

    /// ICE was started anew: it answers to another user fragment from now on.
    pub(super) fn rename(&mut self, id: SessionId, local_ufrag: String) {
        self.by_ufrag.retain(|_, owner| *owner != id);
        self.by_ufrag.insert(local_ufrag, id);
    }

    pub(super) fn remove(&mut self, id: SessionId) -> Option<Peer> {
        let peer = self.peers.remove(&id)?;
        self.by_address.retain(|_, owner| *owner != id);
        self.by_ufrag.retain(|_, owner| *owner != id);
        Some(peer)
    }

    pub(super) fn get(&self, id: SessionId) -> Option<&Peer> {
        self.peers.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: SessionId) -> Option<&mut Peer> {
        self.peers.get_mut(&id)
    }

    /// The session of a request, which is only found under its own source.
    pub(super) fn of(&mut self, target: &Target) -> Result<&mut Peer, SessionError> {
        let peer = self.peers.get_mut(&target.session).filter(|peer| peer.source == target.source);
        peer.ok_or(SessionError::Unknown)
    }

    /// When the first of the viewers wants to be called again.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.peers.values().map(|peer| peer.timeout).min()
    }

    pub(super) fn due(&self, now: Instant) -> Vec<SessionId> {
        let due = self.peers.iter().filter(|(_, peer)| peer.timeout <= now);
        due.map(|(id, _)| *id).collect()
    }

    /// Whose a datagram is. A STUN request names its session by the user fragment and proves it by its password;
    /// anything else belongs to the session its address is known as.
    pub(super) fn owner(&mut self, datagram: &Datagram<'_>, now: Instant) -> Option<SessionId> {
        if datagram.bytes.len() > DATAGRAM_BYTES_MAX {
            return None;
        }
        let known = self.by_address.get(&datagram.from).copied();
        // RFC 7983 section 7: STUN begins with 0 to 3.
        if datagram.bytes.first().is_some_and(|&first| first > 3) {
            return known;
        }
        let named = *self.by_ufrag.get(&local_ufrag(datagram.bytes)?)?;
        if known == Some(named) {
            return known;
        }
        let peer = self.peers.get_mut(&named)?;
        if !peer.accepts(datagram, now) {
            return None;
        }
        if let Some(forgotten) = peer.learn_path(datagram) {
            self.by_address.remove(&forgotten);
        }
        self.by_address.insert(datagram.from, named);
        Some(named)
    }
}

/// Our half of the user name of a STUN request.
fn local_ufrag(bytes: &[u8]) -> Option<String> {
    // The library must not panic on any input; if it does, that datagram is garbage and nothing else.
    let parse = || {
        let message = StunMessage::parse(bytes).ok().filter(StunMessage::is_binding_request)?;
        message.split_username().map(|(local, _)| local.to_owned())
    };
    catch_unwind(parse).ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_no_user_fragment() {
        // Lengths around the 20 bytes of a STUN header, and attributes that reach over the end.
        for len in 0..64 {
            for fill in [0, 1, 0x21, 0x7f, 0xff] {
                let mut noise = vec![fill; len];
                for (byte, head) in noise.iter_mut().zip([0, 1, 0, 44, 0x21, 0x12, 0xa4, 0x42]) {
                    *byte = head;
                }
                assert_eq!(local_ufrag(&noise), None);
            }
        }
    }
}
