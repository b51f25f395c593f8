//! What a child is sent to do: a step, a file, and what has to be known for it, as arguments of `marquee work`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::plan::{Conversion, Limits};
use crate::library::Step;

/// Everything a child knows. It sees no database and no configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Errand {
    pub step: Step,
    /// The only file it reads.
    pub input: PathBuf,
    /// The ending its file has in the library: what it is said to be.
    pub ext: String,
    /// The empty folder it writes to.
    pub output: PathBuf,
    /// An empty folder from which code can be run: GStreamer's compiler of media kernels (ORC) puts its code into a
    /// file there, and the data partition is mounted without that right.
    pub scratch: PathBuf,
    pub memory_bytes: u64,
    pub cpu_s: u64,
    pub file_bytes: u64,
    /// As probing found them; 0 before.
    pub width: u32,
    pub height: u32,
    pub rotation: u32,
    pub duration_ms: u64,
    /// It was found to be sound alone.
    pub sound: bool,
    pub conversion: Option<Conversion>,
}

impl Errand {
    pub fn limits(&mut self, limits: &Limits) {
        self.memory_bytes = limits.memory_bytes;
        self.cpu_s = limits.cpu.as_secs();
        self.file_bytes = limits.file_bytes;
    }

    /// Behind `marquee work`.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![self.step.name().into()];
        let mut give = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        give("--input", self.input.clone().into());
        give("--ext", self.ext.clone().into());
        give("--output", self.output.clone().into());
        give("--scratch", self.scratch.clone().into());
        let numbers = [
            ("--memory-bytes", self.memory_bytes),
            ("--cpu-s", self.cpu_s),
            ("--file-bytes", self.file_bytes),
            ("--width", self.width.into()),
            ("--height", self.height.into()),
            ("--rotation", self.rotation.into()),
            ("--duration-ms", self.duration_ms),
        ];
        for (name, value) in numbers {
            give(name, value.to_string().into());
        }
        if let Some(Conversion { width, height, rate, kbit_per_s }) = self.conversion {
            give("--convert", format!("{width}x{height}@{}/{}:{kbit_per_s}", rate.0, rate.1).into());
        }
        if self.sound {
            arguments.push("--sound".into());
        }
        arguments
    }
}

impl std::str::FromStr for Conversion {
    type Err = &'static str;

    /// As [`Errand::arguments`] writes it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = || {
            let (size, rest) = text.split_once('@')?;
            let (rate, kbit) = rest.split_once(':')?;
            let (width, height) = size.split_once('x')?;
            let (frames, seconds) = rate.split_once('/')?;
            let number = |text: &str| text.parse::<u32>().ok().filter(|number| *number > 0);
            Some(Self {
                width: number(width)?,
                height: number(height)?,
                rate: (number(frames)?, number(seconds)?),
                kbit_per_s: number(kbit)?,
            })
        };
        read().ok_or("not WIDTHxHEIGHT@FRAMES/SECONDS:KBIT")
    }
}
