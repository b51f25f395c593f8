//! The test picture: colour bars, a clock and a tick. Runs only while somebody watches.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Device;
use super::attempt::Attempt;
use crate::config;
use crate::media::{Cause, Loss};
use crate::pipeline::capture::Sink;
use crate::pipeline::test::TestPicture;
use crate::pipeline::{self, Ended};

pub(super) struct Test {
    picture: TestPicture,
    time_zone: TimeZone,
}

impl Test {
    pub(super) fn new(config: &config::Test) -> Self {
        let config::Test { width, height, frames_per_s, sound, .. } = *config;
        let picture = TestPicture { width, height, frames_per_s, sound };
        // The name was checked; a machine without the time zone database shows UTC.
        Self { picture, time_zone: TimeZone::get(&config.time_zone).unwrap_or(TimeZone::UTC) }
    }
}

impl Device for Test {
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Attempt, Loss> {
        let zone = self.time_zone.clone();
        let clock = move || Timestamp::now().to_zoned(zone.clone()).strftime("%H:%M:%S").to_string();
        pipeline::test::half(self.picture, clock, to)
            .map(Attempt::from)
            .map_err(|error| Loss::new(Cause::Failed, error.to_string()))
    }

    fn loss(&self, ended: Ended) -> Loss {
        Loss::new(Cause::Failed, format!("{ended}"))
    }

    fn on_demand(&self) -> bool {
        true
    }
}
