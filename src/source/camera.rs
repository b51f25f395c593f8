//! An IP camera over RTSP.

use std::sync::Arc;

use super::Device;
use crate::config::{self, Secret, Transport};
use crate::media::{Cause, Loss};
use crate::pipeline::capture::Sink;
use crate::pipeline::rtsp::RtspSettings;
use crate::pipeline::{self, Ended, Half};

pub(super) struct Camera {
    config: config::Camera,
}

impl Camera {
    pub(super) fn new(config: &config::Camera) -> Self {
        Self { config: config.clone() }
    }
}

impl Device for Camera {
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Half, Loss> {
        let config = &self.config;
        let settings = RtspSettings {
            url: &config.url,
            user: config.user.as_deref(),
            password: config.password.as_ref().map(Secret::reveal),
            tcp: config.transport == Transport::Tcp,
            sound: config.sound,
        };
        pipeline::rtsp::half(&settings, to).map_err(|error| Loss::new(Cause::Failed, error.to_string()))
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
