//! An IP camera over RTSP.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Device;
use super::attempt::Attempt;
use super::reader::Reader;
use crate::config::{self, Certificate, Transport};
use crate::media::{Cause, Loss};
use crate::pipeline::capture::Sink;
use crate::pipeline::order::Order;
use crate::pipeline::{Ended, clock};
use crate::rtsp::Trust;

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
            trust: match config.certificate {
                Certificate::OfAuthorities => Trust::Authorities,
                Certificate::Fingerprint(fingerprint) => Trust::Fingerprint(fingerprint),
                Certificate::Any => Trust::Anybody,
            },
            sound: config.sound,
            base_ns: clock::base_ns(),
        };
        let reader = Reader::start(&self.program, &config.id, &order, to);
        reader.map(|reader| Attempt::Reader(Box::new(reader))).map_err(|error| {
            Loss::new(Cause::Failed, format!("the process that reads the camera can't be started: {error}"))
        })
    }

    /// Some take 6 s to describe themselves, 9 s to their first picture after that, and log in in between.
    fn first_picture_patience(&self) -> Duration {
        Duration::from_secs(20)
    }

    fn loss(&self, ended: Ended) -> Loss {
        match ended {
            // The camera closed the stream: it restarts, or somebody else took its last place.
            Ended::EndOfStream => Loss::new(Cause::NotAnswering, "the camera closed the stream"),
            Ended::NotAnswering(detail) | Ended::Busy(detail) => Loss::new(Cause::NotAnswering, detail),
            Ended::Refused(detail) => Loss::new(Cause::Refused, detail),
            Ended::Certificate(detail) => Loss::new(Cause::Certificate, detail),
            Ended::Unauthorized(detail) => Loss::new(Cause::Unauthorized, detail),
            // The host answers, and has nothing under that path.
            Ended::NotFound(detail) | Ended::NotVideo(detail) => Loss::new(Cause::NotVideo, detail),
            Ended::Failed(detail) => Loss::new(Cause::Failed, detail),
        }
    }
}
