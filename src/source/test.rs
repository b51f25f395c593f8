//! The test picture: colour bars, a clock and a tick. Runs only while somebody watches.

use std::sync::Arc;

use super::Device;
use crate::config;
use crate::media::{Cause, Loss};
use crate::pipeline::capture::Sink;
use crate::pipeline::test::TestPicture;
use crate::pipeline::{self, Ended, Half};

pub(super) struct Test {
    picture: TestPicture,
}

impl Test {
    pub(super) fn new(config: &config::Test) -> Self {
        let config::Test { width, height, frames_per_s, sound, .. } = *config;
        Self { picture: TestPicture { width, height, frames_per_s, sound } }
    }
}

impl Device for Test {
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Half, Loss> {
        pipeline::test::half(self.picture, to).map_err(|error| Loss::new(Cause::Failed, error.to_string()))
    }

    fn loss(&self, ended: Ended) -> Loss {
        Loss::new(Cause::Failed, format!("{ended:?}"))
    }

    fn on_demand(&self) -> bool {
        true
    }
}
