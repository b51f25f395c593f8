//! An IP camera over RTSP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Device;
use super::attempt::Attempt;
use super::reader::Reader;
use crate::config::{self, Transport};
use crate::media::{Cause, Loss};
use crate::pipeline::capture::Sink;
use crate::pipeline::order::Order;
use crate::pipeline::{Ended, clock};

pub(super) struct Camera {
    config: config::Camera,
    /// This program, as a child starts it.
    program: PathBuf,
}

impl Camera {
    pub(super) fn new(config: &config::Camera, program: &Path) -> Self {
        Self { config: config.clone(), program: program.to_owned() }
    }
}

impl Device for Camera {
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Attempt, Loss> {
        let config = &self.config;
        let order = Order {
            url: config.url.clone(),
            user: config.user.clone(),
            password: config.password.as_ref().map(|password| password.reveal().to_owned()),
            tcp: config.transport == Transport::Tcp,
            sound: config.sound,
            base_ns: clock::base_ns(),
        };
        let reader = Reader::start(&self.program, &config.id, &order, to);
        reader.map(|reader| Attempt::Reader(Box::new(reader))).map_err(|error| {
            Loss::new(Cause::Failed, format!("the process that reads the camera can't be started: {error}"))
        })
    }

    fn loss(&self, ended: Ended) -> Loss {
        match ended {
            // The camera closed the stream: it restarts, or somebody else took its last place.
            Ended::EndOfStream => Loss::new(Cause::NotAnswering, "the camera closed the stream"),
            Ended::NotAnswering(detail) | Ended::Busy(detail) => Loss::new(Cause::NotAnswering, detail),
            Ended::Unauthorized(detail) => Loss::new(Cause::Unauthorized, detail),
            // The host answers, and has nothing under that path.
            Ended::NotFound(detail) | Ended::NotVideo(detail) => Loss::new(Cause::NotVideo, detail),
            Ended::Failed(detail) => Loss::new(Cause::Failed, detail),
        }
    }
}
