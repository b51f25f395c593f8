//! `marquee probe`.

mod board;

use std::error::Error;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::config::{self, Config};
use crate::pipeline;
use crate::pipeline::encoders::{self, Candidate};
use crate::source::capture::{self, Card, Survey};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// For machines
    #[arg(long)]
    json: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("GStreamer can't be loaded")]
struct GStreamerError(#[source] pipeline::InitError);

/// Prints what this machine has: board, encoders, capture cards, HDMI ports, CEC adapters, pins, and why others can't be
/// used.
pub(super) fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    pipeline::clock::init().map_err(GStreamerError)?;
    let found = Found::look();
    let text = if arguments.json { format!("{:#}\n", found.json()) } else { found.text() };
    super::print(&text)?;
    Ok(())
}

struct Found {
    board: board::Found,
    encoders: &'static [Candidate],
    /// The one that is used where a profile names none.
    chosen: Option<&'static str>,
    survey: Survey,
    /// For each card what it would be set to, or why it can't be used.
    modes: Vec<Result<String, String>>,
    wanted: config::Capture,
}

impl Found {
    fn look() -> Self {
        let survey = capture::survey();
        let wanted = wanted();
        let mode = |card: &Card| match capture::mode(card, &wanted) {
            Ok(mode) => Ok(mode.to_string()),
            Err(loss) => Err(format!("{} ({})", loss.cause.text(), loss.detail)),
        };
        Self {
            board: board::Found::look(),
            encoders: encoders::candidates(),
            chosen: encoders::choose(None).ok().map(|encoder| encoder.element),
            modes: survey.cards.iter().map(mode).collect(),
            survey,
            wanted,
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        self.write_text(&mut text).expect("a String takes everything");
        text
    }

    fn write_text(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "Machine: {} {}", std::env::consts::OS, std::env::consts::ARCH)?;
        self.board.write_board(out)?;
        writeln!(out, "\nH.264 encoders, best first:")?;
        for candidate in self.encoders {
            let Candidate { element, runs_on, refused } = candidate;
            let verdict = match refused {
                None if self.chosen == Some(element) => "used",
                None => "can be used",
                Some(reason) => reason,
            };
            writeln!(out, "  {element:<12} {runs_on}: {verdict}")?;
        }
        let config::Capture { width, height, frames_per_s, .. } = &self.wanted;
        writeln!(out, "\nCapture cards, as they would be set for {width}x{height} at {frames_per_s} fps:")?;
        if self.survey.cards.is_empty() {
            writeln!(out, "  none")?;
        }
        for (card, mode) in self.survey.cards.iter().zip(&self.modes) {
            let usb = card.usb.as_ref().map_or_else(String::new, |usb| format!(", {usb}"));
            writeln!(out, "  {} {} ({}{usb})", card.path.display(), card.name, card.driver)?;
            match mode {
                Ok(mode) => writeln!(out, "    picture: {mode}")?,
                Err(problem) => writeln!(out, "    can't be used now: {problem}")?,
            }
            writeln!(out, "    sound: {}", card.sound.as_deref().unwrap_or("none"))?;
        }
        if !self.survey.left_out.is_empty() {
            writeln!(out, "\nVideo devices that are no capture cards:")?;
        }
        for node in &self.survey.left_out {
            writeln!(out, "  {} {}: {}", node.path.display(), node.name, node.reason)?;
        }
        self.board.write_ports(out)
    }

    fn json(&self) -> Value {
        let encoders = self.encoders.iter().map(|candidate| {
            json!({
                "element": candidate.element,
                "runs_on": candidate.runs_on,
                "used": self.chosen == Some(candidate.element),
                "refused": candidate.refused,
            })
        });
        let cards = self.survey.cards.iter().zip(&self.modes).map(|(card, mode)| {
            json!({
                "path": card.path.display().to_string(),
                "name": card.name,
                "driver": card.driver,
                "usb": card.usb.as_ref().map(ToString::to_string),
                "sound": card.sound,
                "mode": mode.as_ref().ok(),
                "problem": mode.as_ref().err(),
            })
        });
        let left_out = self.survey.left_out.iter().map(|node| {
            json!({
                "path": node.path.display().to_string(),
                "name": node.name,
                "reason": node.reason.to_string(),
            })
        });
        let mut all = json!({
            "machine": { "os": std::env::consts::OS, "arch": std::env::consts::ARCH },
            "encoders": encoders.collect::<Vec<_>>(),
            "cards": cards.collect::<Vec<_>>(),
            "left_out": left_out.collect::<Vec<_>>(),
        });
        for (name, value) in self.board.json() {
            all[name] = value;
        }
        all
    }
}

/// A capture as the built-in defaults have it: 1080p.
fn wanted() -> config::Capture {
    Config::default().captures.pop().expect("the built-in defaults have a capture")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn found() -> Found {
        let candidate = |element, runs_on, refused: Option<&str>| Candidate {
            element,
            runs_on,
            refused: refused.map(str::to_owned),
        };
        let encoders = vec![
            candidate("v4l2h264enc", "Raspberry Pi", Some("not here; needs a codec")),
            candidate("x264enc", "processor (x264)", None),
            candidate("openh264enc", "processor (OpenH264)", None),
        ];
        let left_out = capture::LeftOut {
            path: PathBuf::from("/dev/video10"),
            name: "bcm2835-codec-decode".to_owned(),
            usb: None,
            reason: capture::Refusal::NoCard("a codec or image processor"),
        };
        Found {
            board: board::Found::look(),
            encoders: encoders.leak(),
            chosen: Some("x264enc"),
            survey: Survey { cards: Vec::new(), left_out: vec![left_out] },
            modes: Vec::new(),
            wanted: wanted(),
        }
    }

    #[test]
    fn each_thing_is_told_with_its_reason() {
        let text = found().text();
        for line in [
            "  v4l2h264enc  Raspberry Pi: not here; needs a codec\n",
            "  x264enc      processor (x264): used\n",
            "  openh264enc  processor (OpenH264): can be used\n",
            "Capture cards, as they would be set for 1920x1080 at 60 fps:\n  none\n",
            "  /dev/video10 bcm2835-codec-decode: a codec or image processor\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
    }

    #[test]
    fn machines_are_told_the_same() {
        let json = found().json();
        assert_eq!(json["encoders"][0]["refused"], "not here; needs a codec");
        assert_eq!(json["encoders"][1]["used"], true);
        assert_eq!(json["cards"], json!([]));
        assert!(json["board"].is_object() && json["pins"]["list"].is_array(), "{json}");
        assert_eq!(json["left_out"][0]["reason"], "a codec or image processor");
    }
}
