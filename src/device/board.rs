//! What the board tells of itself: model, heat, voltage. Pure reading of files below a root, `/` but in tests.
//!
//! Not by /proc: the service sees nothing of it but processes.

use std::fs;
use std::path::Path;

const MODEL: &str = "sys/firmware/devicetree/base/model";
/// What a PC calls itself, in its firmware's tables.
const PC_MODEL: [&str; 2] = ["sys/class/dmi/id/sys_vendor", "sys/class/dmi/id/product_name"];
const THERMAL: &str = "sys/class/thermal";
/// The processor's zone, as a Pi, an Intel and an AMD machine call it, and what most others have.
const ZONES: [&str; 5] = ["cpu-thermal", "x86_pkg_temp", "TCPU", "cpu_thermal", "acpitz"];
const HWMON: &str = "sys/class/hwmon";
/// The Pi's firmware as a voltmeter; its alarm is of the last two seconds.
const VOLTMETER: &str = "rpi_volt";
const ALARM: &str = "in0_lcrit_alarm";
/// Kept up to date by the driver of the voltmeter. Reading it makes the kernel log once that it is deprecated, and there
/// is no other place for the three bits besides voltage that needs no rights.
const THROTTLED: &str = "sys/devices/platform/soc/soc:firmware/get_throttled";
/// Bits of it (Raspberry Pi documentation, vcgencmd get_throttled): what is the case now.
const LIMITS: [(u32, Limit); 3] =
    [(1 << 1, Limit::FrequencyCapped), (1 << 2, Limit::Throttled), (1 << 3, Limit::SoftTemperature)];
/// A sensor that is switched off or not there shows zero kelvin or nonsense; no board works outside of this.
const TEMPERATURE_C: std::ops::RangeInclusive<f64> = -60.0..=200.0;

/// What slows a Pi's processor down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    FrequencyCapped,
    Throttled,
    SoftTemperature,
}

/// `None` wherever the board does not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// Such as `Raspberry Pi 4 Model B Rev 1.5`.
    pub model: Option<String>,
    /// Of the processor.
    pub temperature_c: Option<f64>,
    /// The power supply gives too little.
    pub under_voltage: Option<bool>,
    /// In force now; empty is full speed.
    pub throttled: Option<Vec<Limit>>,
}

impl Limit {
    /// The word for machines.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FrequencyCapped => "frequency_capped",
            Self::Throttled => "throttled",
            Self::SoftTemperature => "soft_temperature_limit",
        }
    }
}

impl Board {
    /// A few small files; may block for as long as a sensor takes.
    pub fn read(root: &Path) -> Self {
        Self {
            model: model(root),
            temperature_c: temperature_c(root),
            under_voltage: under_voltage(root),
            throttled: throttled(root),
        }
    }

    /// The pins, limits and rules of a Pi hold.
    pub fn is_pi(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.starts_with("Raspberry Pi"))
    }
}

/// A file's one line, without the zero byte that ends texts of a device tree. `None`: not there, or empty.
fn line(path: &Path) -> Option<String> {
    let bytes = fs::read(path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim_matches(|char: char| char.is_whitespace() || char == '\0');
    (!text.is_empty()).then(|| text.to_owned())
}

fn model(root: &Path) -> Option<String> {
    line(&root.join(MODEL)).or_else(|| {
        let words: Vec<String> = PC_MODEL.iter().filter_map(|file| line(&root.join(file))).collect();
        (!words.is_empty()).then(|| words.join(" "))
    })
}

/// Of the first zone in the order of [`ZONES`].
fn temperature_c(root: &Path) -> Option<f64> {
    let zones = fs::read_dir(root.join(THERMAL)).ok()?.flatten().map(|entry| entry.path());
    let rank = |path: &Path| {
        let kind = line(&path.join("type"))?;
        ZONES.iter().position(|zone| *zone == kind)
    };
    let zone = zones.filter_map(|path| Some((rank(&path)?, path))).min()?.1;
    let millis: f64 = line(&zone.join("temp"))?.parse().ok()?;
    Some(millis / 1000.0).filter(|temperature_c| TEMPERATURE_C.contains(temperature_c))
}

fn under_voltage(root: &Path) -> Option<bool> {
    let mut sensors = fs::read_dir(root.join(HWMON)).ok()?.flatten().map(|entry| entry.path());
    let sensor = sensors.find(|path| line(&path.join("name")).as_deref() == Some(VOLTMETER))?;
    Some(line(&sensor.join(ALARM))? != "0")
}

fn throttled(root: &Path) -> Option<Vec<Limit>> {
    let bits = u32::from_str_radix(&line(&root.join(THROTTLED))?, 16).ok()?;
    Some(LIMITS.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, limit)| limit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A board with these files.
    fn check(files: &[(&str, &str)], expected: &Board) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("in a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        assert_eq!(Board::read(root.path()), *expected, "{files:?}");
    }

    #[test]
    fn a_pi_tells_everything() {
        let pi = [
            (MODEL, "Raspberry Pi 4 Model B Rev 1.5\0"),
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "48686\n"),
            ("sys/class/thermal/cooling_device0/type", "cpufreq-cpu0\n"),
            ("sys/class/hwmon/hwmon0/name", "cpu_thermal\n"),
            ("sys/class/hwmon/hwmon1/name", "rpi_volt\n"),
            ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n"),
            (THROTTLED, "5000d\n"),
        ];
        let board = Board {
            model: Some("Raspberry Pi 4 Model B Rev 1.5".to_owned()),
            temperature_c: Some(48.686),
            under_voltage: Some(true),
            throttled: Some(vec![Limit::Throttled, Limit::SoftTemperature]),
        };
        check(&pi, &board);
        assert!(board.is_pi());
    }

    #[test]
    fn a_pc_has_a_maker_and_a_processor() {
        let pc = [
            ("sys/class/dmi/id/sys_vendor", "LENOVO\n"),
            ("sys/class/dmi/id/product_name", "20XW\n"),
            ("sys/class/thermal/thermal_zone0/type", "acpitz\n"),
            ("sys/class/thermal/thermal_zone0/temp", "31000\n"),
            ("sys/class/thermal/thermal_zone1/type", "iwlwifi_1\n"),
            ("sys/class/thermal/thermal_zone1/temp", "99000\n"),
            ("sys/class/thermal/thermal_zone2/type", "x86_pkg_temp\n"),
            ("sys/class/thermal/thermal_zone2/temp", "64000\n"),
            ("sys/class/hwmon/hwmon0/name", "BAT0\n"),
        ];
        let board = Board {
            model: Some("LENOVO 20XW".to_owned()),
            temperature_c: Some(64.0),
            under_voltage: None,
            throttled: None,
        };
        check(&pc, &board);
        assert!(!board.is_pi());
    }

    #[test]
    fn what_is_missing_or_makes_no_sense_is_not_told() {
        check(&[], &Board::default());
        let nonsense = [
            (MODEL, "\0"),
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "-273150\n"),
            ("sys/class/hwmon/hwmon0/name", "rpi_volt\n"),
            (THROTTLED, "none\n"),
        ];
        check(&nonsense, &Board::default());
        let none = [
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "warm\n"),
        ];
        check(&none, &Board::default());
        check(&[(THROTTLED, "0\n")], &Board { throttled: Some(Vec::new()), ..Board::default() });
    }
}
