//! The program on a machine that has none of a Pi's pins.

use std::path::Path;

use serde_json::Value;

use crate::own_process::{Mount, in_own_mounts, in_own_process};
use crate::program::Program;

fn of_pins(logs: &Value) -> Vec<&str> {
    let lines = logs["lines"].as_array().expect("a list");
    let texts = lines.iter().filter_map(|line| line["text"].as_str());
    texts.filter(|text| text.starts_with("[leds]")).collect()
}

#[test]
fn leds_that_are_not_there_are_told_once_and_harm_nothing() {
    let name = concat!(module_path!(), "::leds_that_are_not_there_are_told_once_and_harm_nothing");
    let pins = Path::new("/dev/gpiomem");
    if pins.exists() {
        // A developer's own Pi: its pins are not ours to play with.
        in_own_mounts(name, async {
            let hidden = Mount::over(pins, Path::new("/dev/null"));
            without_pins().await;
            drop(hidden);
        });
    } else {
        in_own_process(name, without_pins());
    }
}

async fn without_pins() {
    let config = "[web]\nwebrtc_port = 0\n[leds]\nready = 17\nlive = 27\nfault = 22\n[button]\npin = 3\n";
    let program = Program::start(config);
    let status = program.json("/api/status").await;
    assert_eq!((&status["health"]["ok"], &status["data"]), (&true.into(), &Value::Null));
    assert!(status["board"].get("temperature_c").is_some(), "{status}");
    let logs = program.json("/api/logs?lines=1000").await;
    let told = of_pins(&logs);
    assert!(told.len() == 1 && told[0].contains("have no effect"), "{told:?}");
    program.signal("TERM");
    assert!(program.ended().await.success());
}
