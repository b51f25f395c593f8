//! Which HDMI port of the box an adapter belongs to. Pure.

use super::bus::{Addresses, Identity};
use crate::config::Port;

/// Kernel names of connectors that are a port of ours, with their number behind.
const CONNECTOR: &str = "HDMI-A-";
/// As the Pi's driver names its adapters, the first one 0: its kernels before 6.5 do not tell ids of connectors.
const PI: &str = "vc4-hdmi-";

/// An adapter that looks for its port.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate<'a> {
    pub(super) identity: &'a Identity,
    pub(super) addresses: Addresses,
    /// What it was given before, which stays.
    pub(super) port: Option<Port>,
}

/// Why an adapter has no port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPort {
    #[error("its connector is no HDMI port of the box")]
    Foreign,
    #[error("of an HDMI input: there the box is the TV")]
    Input,
    #[error("the port has another adapter")]
    Taken,
    #[error("it does not tell its connector, and has no TV yet")]
    Unknown,
}

/// Gives ports to adapters, which come in the order of their numbers. Those that tell their connector have theirs; the
/// others, as long as they have a TV, those that are left, in their order.
pub(super) fn assign(candidates: &[Candidate<'_>]) -> Vec<Result<Port, NoPort>> {
    let mut taken: Vec<Port> = candidates.iter().filter_map(|candidate| candidate.port).collect();
    let mut take = |port: Port| {
        let free = !taken.contains(&port);
        taken.push(port);
        free.then_some(port).ok_or(NoPort::Taken)
    };
    let named = candidates.iter().map(|candidate| match (candidate.port, own(candidate.identity)) {
        (Some(port), _) => Some(Ok(port)),
        (None, own) => own.map(|port| port.and_then(&mut take)),
    });
    let named: Vec<Option<Result<Port, NoPort>>> = named.collect();
    let others = candidates.iter().zip(named).map(|(candidate, named)| {
        named.unwrap_or_else(|| match candidate.addresses.physical {
            None => Err(NoPort::Unknown),
            // The root of all cables is the TV itself.
            Some(0) => Err(NoPort::Input),
            Some(_) => Port::ALL.into_iter().find_map(|port| take(port).ok()).ok_or(NoPort::Taken),
        })
    });
    others.collect()
}

/// The port that an adapter says it belongs to.
fn own(identity: &Identity) -> Option<Result<Port, NoPort>> {
    let numbered = |number: Option<usize>| number.and_then(|number| Port::ALL.get(number).copied());
    match &identity.connector {
        Some(name) => {
            let number = name.strip_prefix(CONNECTOR).and_then(|number| number.parse::<usize>().ok());
            Some(numbered(number.and_then(|number| number.checked_sub(1))).ok_or(NoPort::Foreign))
        }
        None => numbered(identity.name.strip_prefix(PI)?.parse().ok()).map(Ok),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adapters as `name connector address`, `-` where there is none; and what each is given.
    fn check(adapters: &[&str], expected: &[Result<&str, NoPort>]) {
        let parsed = adapters.iter().map(|adapter| {
            let mut words = adapter.split(' ').map(|word| (word != "-").then(|| word.to_owned()));
            let mut word = || words.next().flatten();
            let (name, connector) = (word().unwrap_or_default(), word());
            let physical = word().map(|hex| u16::from_str_radix(&hex, 16).expect("an address"));
            let identity = Identity { driver: String::new(), name, connector };
            (identity, Addresses { physical, logical: None })
        });
        let parsed: Vec<_> = parsed.collect();
        let candidates: Vec<Candidate<'_>> = parsed
            .iter()
            .map(|(identity, addresses)| Candidate { identity, addresses: *addresses, port: None })
            .collect();
        let given: Vec<Result<&str, NoPort>> =
            assign(&candidates).into_iter().map(|given| given.map(Port::id)).collect();
        assert_eq!(given, expected, "{adapters:?}");
    }

    #[test]
    fn a_pi_tells_which_is_which() {
        let both = [Ok("hdmi-1"), Ok("hdmi-2")];
        check(&["vc4-hdmi-0 HDMI-A-1 -", "vc4-hdmi-1 HDMI-A-2 1000"], &both);
        check(&["vc4-hdmi-1 HDMI-A-2 -", "vc4-hdmi-0 HDMI-A-1 -"], &[Ok("hdmi-2"), Ok("hdmi-1")]);
        // Its kernels before 6.5.
        check(&["vc4-hdmi-1 - -", "vc4-hdmi-0 - -"], &[Ok("hdmi-2"), Ok("hdmi-1")]);
    }

    #[test]
    fn those_that_do_not_tell_get_what_is_left_once_they_have_a_tv() {
        check(
            &["vivid - 0000", "vivid - 1000", "vivid - 0000", "vivid - 1000"],
            &[Err(NoPort::Input), Ok("hdmi-1"), Err(NoPort::Input), Ok("hdmi-2")],
        );
        check(&["stick - 1000", "vc4-hdmi-0 HDMI-A-1 -"], &[Ok("hdmi-2"), Ok("hdmi-1")]);
        check(&["stick - -", "stick - 2100"], &[Err(NoPort::Unknown), Ok("hdmi-1")]);
        let three = ["stick - 1000", "stick - 1000", "stick - 1000"];
        check(&three, &[Ok("hdmi-1"), Ok("hdmi-2"), Err(NoPort::Taken)]);
    }

    #[test]
    fn what_is_no_port_of_ours_gets_none() {
        let gpu = ["gpu DP-1 1000", "gpu HDMI-A-3 1000", "gpu HDMI-A-0 1000", "gpu HDMI-A-x 1000"];
        check(&gpu, &[Err(NoPort::Foreign); 4]);
        check(&["one HDMI-A-1 -", "two HDMI-A-1 1000"], &[Ok("hdmi-1"), Err(NoPort::Taken)]);
        check(&["vc4-hdmi - -", "vc4-hdmi-7 - -"], &[Err(NoPort::Unknown), Err(NoPort::Unknown)]);
    }

    #[test]
    fn what_an_adapter_was_given_stays() {
        let identity = Identity { name: "stick".to_owned(), ..Identity::default() };
        let at = |physical| Addresses { physical, logical: None };
        let first = Candidate { identity: &identity, addresses: at(None), port: Some(Port::Hdmi1) };
        let second = Candidate { identity: &identity, addresses: at(Some(0x1000)), port: None };
        assert_eq!(assign(&[first, second]), [Ok(Port::Hdmi1), Ok(Port::Hdmi2)]);
    }
}
