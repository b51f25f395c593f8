//! A network as people write it: an address, or an address and how many of its bits count.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// `192.168.1.7` or `192.168.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    address: IpAddr,
    bits: u8,
}

impl Subnet {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let host_bits = 32 - u32::from(self.bits);
                own.to_bits().checked_shr(host_bits) == other.to_bits().checked_shr(host_bits)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let host_bits = 128 - u32::from(self.bits);
                own.to_bits().checked_shr(host_bits) == other.to_bits().checked_shr(host_bits)
            }
            _ => false,
        }
    }
}

impl FromStr for Subnet {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address = address.parse::<IpAddr>().map_err(|_| ())?.to_canonical();
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse::<u8>().map_err(|_| ()))?;
        if bits > most { Err(()) } else { Ok(Self { address, bits }) }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_some_of_its_bits() {
        let contains = |network: &str, address: &str| {
            let network: Subnet = network.parse().expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("192.168.0.0/16", "192.168.7.9", "192.169.0.1"),
            ("10.1.2.3/8", "::ffff:10.9.9.9", "11.0.0.0"),
            ("fd00::/8", "fd12::1", "fe80::1"),
            ("::1", "::1", "::2"),
            ("192.168.0.0/16", "192.168.0.0", "::1"),
        ] {
            assert!(contains(network, inside) && !contains(network, outside), "{network}");
        }
        assert!(contains("0.0.0.0/0", "8.8.8.8") && !contains("0.0.0.0/0", "::1"));
        for wrong in ["", "a", "1.2.3.4/33", "1.2.3.4/", "::/129", "1.2.3.4/-1", "1.2.3/8"] {
            assert!(wrong.parse::<Subnet>().is_err(), "{wrong}");
        }
    }
}
