//! libFuzzer over one of the targets of `marquee::fuzz`, named by MARQUEE_FUZZ_TARGET.
#![no_main]

use std::sync::OnceLock;

use marquee::fuzz::{TARGETS, Target, target};

static CHOSEN: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var("MARQUEE_FUZZ_TARGET").unwrap_or_default();
        let Some(chosen) = target(&name) else {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            eprintln!("MARQUEE_FUZZ_TARGET is {name:?}; there are {}", names.join(" "));
            std::process::exit(2);
        };
        let _ = CHOSEN.set(chosen);
    },
    |input: &[u8]| {
        if let Some(target) = CHOSEN.get() {
            target(input);
        }
    }
);
