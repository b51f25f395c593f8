//! The board's part of `marquee probe`: what it says of itself, its HDMI ports and its pins.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::device::{Board, Condition, Limit, PinState, Rpi};
use crate::output::hdmi::{self, Abilities, Connector};

pub(super) struct Found {
    board: Board,
    problems: Vec<String>,
    /// `None`: there is no graphics card at all.
    connectors: Option<Vec<(Connector, Abilities)>>,
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
            pins: Rpi.header().map_err(|error| crate::cmd::sentence(&error)),
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
        writeln!(out, "\nPins for [leds] and [button], by their BCM numbers:")?;
        match &self.pins {
            Err(reason) => writeln!(out, "  {reason}"),
            Ok(pins) => pins.iter().try_for_each(|PinState { pin, function, high }| {
                writeln!(out, "  {pin:>2} {function:<5} {}", if *high { "high" } else { "low" })
            }),
        }
    }

    /// Members of the whole.
    pub(super) fn json(&self) -> [(&'static str, Value); 3] {
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
        [("board", board), ("connectors", connectors.collect()), ("pins", pins)]
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
    use crate::config::Port;

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
            pins: Ok(vec![PinState { pin: 17, function: "Out".to_owned(), high: true }]),
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

Pins for [leds] and [button], by their BCM numbers:
  17 Out   high
";
        assert_eq!(text(&found()), expected);
        let [(_, board), (_, connectors), (_, pins)] = found().json();
        assert_eq!(
            (&board["under_voltage"], &board["throttled"][0]),
            (&json!(false), &json!("frequency_capped"))
        );
        assert_eq!(
            (&connectors[0]["connector"], &connectors[0]["half_turn"]),
            (&json!("hdmi-1"), &json!(true))
        );
        assert_eq!(pins["list"][0], json!({"pin": 17, "function": "Out", "high": true}));
    }

    #[test]
    fn a_machine_without_any_of_it_says_so() {
        let pins = Err("this machine's pins can't be opened: Unknown Raspberry Pi model".to_owned());
        let found = Found { board: Board::default(), problems: Vec::new(), connectors: None, pins };
        let text = text(&found);
        for line in
            ["Board: does not say\n\nHDMI", "  no graphics card\n", "  this machine's pins can't be opened: "]
        {
            assert!(text.contains(line), "{line}{text}");
        }
        let [_, (_, connectors), (_, pins)] = found.json();
        assert_eq!((connectors, &pins["list"]), (json!([]), &json!([])));
    }
}
