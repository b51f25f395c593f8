//! A source on a screen: its pictures as they come.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::speaker::PictureAge;
use crate::causes::with_causes;
use crate::hub::{DemandGuard, Source};
use crate::media::{Frame, Params, Picture, PictureData};
use crate::pipeline::clock;
use crate::pipeline::decode::{Codec, Decoder};
use crate::pipeline::display::DisplayInput;

/// A source that is watched. Its pictures are asked for from the begin, whether they are shown yet or not.
pub(super) struct View {
    pub(super) source: Arc<Source>,
    _want: DemandGuard,
    pub(super) age: Arc<PictureAge>,
    /// Number of the last picture taken.
    seen: u64,
    decoder: Option<Decoder>,
}

impl View {
    pub(super) fn new(source: Arc<Source>) -> Self {
        let _want = source.pictures.want();
        // What is in the slot is from when somebody last wanted pictures.
        let seen = source.pictures.get().map_or(0, |(number, _)| number);
        Self { source, _want, age: Arc::default(), seen, decoder: None }
    }

    /// The next picture. Cancel-safe.
    pub(super) async fn next(&mut self) -> Picture {
        let (number, picture) = self.source.pictures.newer_than(self.seen).await;
        self.seen = number;
        picture
    }

    /// Shows a card's or camera's own JPEG.
    pub(super) async fn decode(&mut self, input: &DisplayInput, picture: &Picture, cover: bool) {
        let PictureData::Jpeg(data) = &picture.data else { return };
        let params = Arc::new(Params::Jpeg { width: picture.width, height: picture.height });
        let (time, data) = (picture.time, data.clone());
        let frame = Frame { time, decode_time: time, key: true, data, params };
        if self.decoder.as_mut().is_some_and(Decoder::has_ended) {
            log::debug!("{}: the decoder of the screen has failed, a new one is started", self.source.id);
            self.decoder = None;
        }
        if self.decoder.is_none() {
            let (input, age) = (input.clone(), Arc::clone(&self.age));
            let starting = spawn_blocking(move || {
                Decoder::start(Codec::Jpeg, move |picture| {
                    if input.push(&picture, cover) {
                        age.note(clock::now().since(picture.time));
                    }
                })
            });
            match starting.await {
                Ok(Ok(decoder)) => self.decoder = Some(decoder),
                Ok(Err(error)) => log::error!("{}: {}", self.source.id, with_causes(&error)),
                Err(error) => log::error!("{}: the decoder does not start: {error}", self.source.id),
            }
        }
        if let Some(decoder) = &self.decoder {
            decoder.push(&frame);
        }
    }
}
