//! The board's part of `marquee probe`: what it says of itself, its HDMI ports with the wire to their TVs' power, and its
//! pins.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::Port;
use crate::device::cec::{self, Identity, Machine};
use crate::device::{Board, Condition, Limit, PinState, Rpi};
use crate::output::hdmi::{self, Abilities, Connector};

pub(super) struct Found {
    board: Board,
    problems: Vec<String>,
    /// `None`: there is no graphics card at all.
    connectors: Option<Vec<(Connector, Abilities)>>,
    /// All CEC adapters.
    adapters: Vec<cec::Found>,
    /// Or why there are none.
    pins: Result<Vec<PinState>, String>,
}

impl Found {
    pub(super) fn look() -> Self {
        let condition = Condition::read(Path::new("/"));
        let problems = condition.problems().into_iter();
        Self {
            problems: problems.map(|problem| format!("{}: {}", problem.part, problem.problem)).collect(),
            board: condition.board,
            connectors: hdmi::connectors().map(with_abilities),
            adapters: cec::survey(&Machine::default()),
            pins: Rpi.header().map_err(|error| crate::causes::with_causes(&error)),
        }
    }

    /// What goes to the top.
    pub(super) fn write_board(&self, out: &mut String) -> std::fmt::Result {
        let Board { model, temperature_c, under_voltage, throttled } = &self.board;
        writeln!(out, "Board: {}", model.as_deref().unwrap_or("does not say"))?;
        if let Some(temperature_c) = temperature_c {
            writeln!(out, "  temperature: {temperature_c:.1} °C")?;
        }
        if let Some(low) = under_voltage {
            writeln!(out, "  power supply: {}", if *low { "too little voltage" } else { "well" })?;
        }
        if let Some(limits) = throttled {
            let codes: Vec<&str> = limits.iter().map(|limit| limit.code()).collect();
            let speed = if codes.is_empty() { "full".to_owned() } else { codes.join(", ") };
            writeln!(out, "  speed: {speed}")?;
        }
        self.problems.iter().try_for_each(|problem| writeln!(out, "  trouble: {problem}"))
    }

    /// What goes to the end.
    pub(super) fn write_ports(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nHDMI ports:")?;
        match self.connectors.as_deref() {
            None => writeln!(out, "  no graphics card")?,
            Some([]) => writeln!(out, "  none")?,
            Some(connectors) => {
                for (Connector { port, card, name, connected, modes, .. }, can) in connectors {
                    let state = match (connected, modes.first()) {
                        (false, _) => "nothing plugged in".to_owned(),
                        (true, None) => "connected".to_owned(),
                        (true, Some(mode)) => format!("connected, prefers {mode}"),
                    };
                    writeln!(out, "  {} ({card}, {name}): {state}", port.id())?;
                    writeln!(out, "    sound: {}", can.sound.as_deref().unwrap_or("no device known"))?;
                    let half_turn = match can.half_turn {
                        Some(true) => "by its plane",
                        Some(false) => "in software",
                        None => "unknown, its card can't be opened",
                    };
                    writeln!(out, "    half turns: {half_turn}")?;
                }
            }
        }
        self.write_adapters(out)?;
        writeln!(out, "\nPins for [leds] and [button], by their BCM numbers:")?;
        match &self.pins {
            Err(reason) => writeln!(out, "  {reason}"),
            Ok(pins) => pins.iter().try_for_each(|PinState { pin, function, high }| {
                writeln!(out, "  {pin:>2} {function:<5} {}", if *high { "high" } else { "low" })
            }),
        }
    }

    fn write_adapters(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\nCEC adapters, by which TVs are switched:")?;
        if self.adapters.is_empty() {
            writeln!(out, "  none")?;
        }
        for cec::Found { path, identity, port, address } in &self.adapters {
            match identity {
                Ok(Identity { driver, name, .. }) => write!(out, "  {path} ({driver}, {name}): ")?,
                Err(reason) => {
                    writeln!(out, "  {path}: can't be used: {reason}")?;
                    continue;
                }
            }
            match (port, address) {
                (Ok(port), Some(address)) => writeln!(out, "{}, a TV at {address}", port.id())?,
                (Ok(port), None) => writeln!(out, "{}, no TV that tells its address", port.id())?,
                (Err(reason), _) => writeln!(out, "not used: {reason}")?,
            }
        }
        Ok(())
    }

    /// Members of the whole.
    pub(super) fn json(&self) -> [(&'static str, Value); 4] {
        let Board { model, temperature_c, under_voltage, throttled } = &self.board;
        let throttled: Option<Vec<_>> =
            throttled.as_ref().map(|limits| limits.iter().copied().map(Limit::code).collect());
        let board = json!({
            "model": model,
            "temperature_c": temperature_c,
            "under_voltage": under_voltage,
            "throttled": throttled,
            "problems": self.problems,
        });
        let connectors = self.connectors.iter().flatten().map(|(connector, can)| {
            json!({
                "connector": connector.port.id(),
                "card": connector.card,
                "name": connector.name,
                "connected": connector.connected,
                "modes": connector.modes,
                "sound": can.sound,
                "half_turn": can.half_turn,
            })
        });
        let pins = self.pins.iter().flatten();
        let pins = pins.map(|pin| json!({ "pin": pin.pin, "function": pin.function, "high": pin.high }));
        let pins = json!({ "list": pins.collect::<Vec<_>>(), "problem": self.pins.as_ref().err() });
        let adapters = self.adapters.iter().map(|adapter| {
            let identity = adapter.identity.as_ref().ok();
            json!({
                "path": adapter.path,
                "driver": identity.map(|identity| &identity.driver),
                "name": identity.map(|identity| &identity.name),
                "connector": adapter.port.ok().map(Port::id),
                "address": adapter.address,
                "problem": adapter.identity.as_ref().err().cloned()
                    .or_else(|| adapter.port.err().map(|reason| reason.to_string())),
            })
        });
        [("board", board), ("connectors", connectors.collect()), ("cec", adapters.collect()), ("pins", pins)]
    }
}

fn with_abilities(connectors: Vec<Connector>) -> Vec<(Connector, Abilities)> {
    let asked = connectors.into_iter().map(|connector| {
        let abilities = hdmi::abilities(&connector);
        (connector, abilities)
    });
    asked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Found {
        let connector = Connector {
            port: Port::Hdmi1,
            card: "card1".to_owned(),
            name: "HDMI-A-1".to_owned(),
            connected: true,
            modes: vec!["1920x1080".to_owned()],
            edid: Vec::new(),
        };
        let can = Abilities { sound: Some("hdmi:CARD=vc4hdmi0,DEV=0".to_owned()), half_turn: Some(true) };
        Found {
            board: Board {
                model: Some("Raspberry Pi 4 Model B Rev 1.5".to_owned()),
                temperature_c: Some(48.66),
                under_voltage: Some(false),
                throttled: Some(vec![Limit::FrequencyCapped]),
            },
            problems: vec!["data partition: It is gone.".to_owned()],
            connectors: Some(vec![(connector, can)]),
            adapters: vec![
                cec::Found {
                    port: Ok(Port::Hdmi1),
                    address: Some("1.0.0.0".to_owned()),
                    ..adapter("vc4-hdmi-0")
                },
                adapter("usb"),
                cec::Found { identity: Err("Permission denied".to_owned()), ..adapter("") },
            ],
            pins: Ok(vec![PinState { pin: 17, function: "Out".to_owned(), high: true }]),
        }
    }

    fn adapter(name: &str) -> cec::Found {
        let identity = Identity { driver: "driver".to_owned(), name: name.to_owned(), connector: None };
        cec::Found {
            path: "/dev/cec0".to_owned(),
            identity: Ok(identity),
            port: Err(cec::NoPort::Taken),
            address: None,
        }
    }

    fn text(found: &Found) -> String {
        let mut text = String::new();
        found.write_board(&mut text).expect("a String takes everything");
        found.write_ports(&mut text).expect("a String takes everything");
        text
    }

    #[test]
    fn a_board_is_told_for_people_and_machines() {
        let expected = "\
Board: Raspberry Pi 4 Model B Rev 1.5
  temperature: 48.7 °C
  power supply: well
  speed: frequency_capped
  trouble: data partition: It is gone.

HDMI ports:
  hdmi-1 (card1, HDMI-A-1): connected, prefers 1920x1080
    sound: hdmi:CARD=vc4hdmi0,DEV=0
    half turns: by its plane

CEC adapters, by which TVs are switched:
  /dev/cec0 (driver, vc4-hdmi-0): hdmi-1, a TV at 1.0.0.0
  /dev/cec0 (driver, usb): not used: the port has another adapter
  /dev/cec0: can't be used: Permission denied

Pins for [leds] and [button], by their BCM numbers:
  17 Out   high
";
        assert_eq!(text(&found()), expected);
        let [(_, board), (_, connectors), (_, adapters), (_, pins)] = found().json();
        assert_eq!(
            (&board["under_voltage"], &board["throttled"][0]),
            (&json!(false), &json!("frequency_capped"))
        );
        assert_eq!(
            (&connectors[0]["connector"], &connectors[0]["half_turn"]),
            (&json!("hdmi-1"), &json!(true))
        );
        assert_eq!((&adapters[0]["connector"], &adapters[0]["problem"]), (&json!("hdmi-1"), &json!(null)));
        assert_eq!(adapters[2]["problem"], "Permission denied");
        assert_eq!(pins["list"][0], json!({"pin": 17, "function": "Out", "high": true}));
    }

    #[test]
    fn a_machine_without_any_of_it_says_so() {
        let pins = Err("this machine's pins can't be opened: Unknown Raspberry Pi model".to_owned());
        let (board, problems) = (Board::default(), Vec::new());
        let found = Found { board, problems, connectors: None, adapters: Vec::new(), pins };
        let text = text(&found);
        for line in [
            "Board: does not say\n\nHDMI",
            "  no graphics card\n",
            "switched:\n  none\n",
            "  this machine's pins can't be opened: ",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        let [_, (_, connectors), (_, adapters), (_, pins)] = found.json();
        assert_eq!((connectors, adapters, &pins["list"]), (json!([]), json!([]), &json!([])));
    }
}
