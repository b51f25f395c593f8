//! Ports that are really as they seem. Pure.
//!
//! A TV that wakes up, changes its input or has a loose plug takes its signal away and gives it back within a moment, or
//! is listed without its modes meanwhile. Each change of a running screen is a new mode and a splash: only what is
//! seen twice in a row is a change.

use super::connectors::Connector;

/// What was taken for true at the last look, and what was seen then.
#[derive(Debug, Default)]
pub(super) struct Steady {
    taken: Vec<Connector>,
    seen: Vec<Connector>,
}

impl Steady {
    /// The ports to go by, from what is seen now. A TV where there was none comes on at once.
    pub(super) fn look(&mut self, found: Vec<Connector>) -> Vec<Connector> {
        let at = |list: &[Connector], is: &Connector| list.iter().find(|was| was.port == is.port).cloned();
        let judged = found.iter().map(|is| match at(&self.taken, is) {
            Some(was) if was.connected && was != *is && at(&self.seen, is).as_ref() != Some(is) => was,
            _ => is.clone(),
        });
        self.taken = judged.collect();
        self.seen = found;
        self.taken.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Port;

    /// Looks in a row, each the letter of the TV that is seen or `-`; and what is gone by after each.
    fn check(looks: &str, expected: &str) {
        let mut steady = Steady::default();
        let taken = looks.chars().map(|tv| {
            let modes = Vec::from_iter((tv != '-').then(|| tv.to_string()));
            let (card, name) = ("card0".to_owned(), "HDMI-A-1".to_owned());
            let is =
                Connector { port: Port::Hdmi1, card, name, connected: tv != '-', modes, edid: Vec::new() };
            let taken = steady.look(vec![is]);
            taken[0].modes.first().cloned().unwrap_or_else(|| "-".to_owned())
        });
        assert_eq!(taken.collect::<String>(), expected, "{looks}");
    }

    #[test]
    fn a_moment_without_signal_is_no_change() {
        check("aaa-aa", "aaaaaa");
        check("aba-ca", "aaaaaa");
    }

    #[test]
    fn what_stays_is() {
        check("a---a", "aa--a");
        check("abbb", "aabb");
        check("a--bb", "aa-bb");
    }

    #[test]
    fn a_storm_changes_nothing_until_it_is_over() {
        check("aa-a-a-a-a--", "aaaaaaaaaaa-");
    }

    #[test]
    fn a_port_that_is_gone_is_gone() {
        let mut steady = Steady::default();
        assert_eq!(steady.look(Vec::new()), []);
    }
}
