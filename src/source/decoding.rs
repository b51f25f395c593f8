//! The task of one decoder: reads a track, hands pictures to the feed.

use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::feed::Feed;
use super::plan::Coding;
use crate::causes::with_causes;
use crate::hub::{Counters, ReadError};
use crate::pipeline::decode::Decoder;

/// Decodes until the track ends or the decoder fails. A decoder that is behind goes on at the newest key frame.
pub(super) async fn decode(coding: Coding, feed: Arc<Feed>) {
    let pictures = Arc::clone(&feed);
    let starting =
        spawn_blocking(move || Decoder::start(coding.codec, move |picture| pictures.decoded(picture)));
    let mut decoder = match starting.await {
        Ok(Ok(decoder)) => decoder,
        Ok(Err(error)) => return log::error!("{}: {}", feed.source.id, with_causes(&error)),
        Err(error) => return log::error!("{}: the decoder does not start: {error}", feed.source.id),
    };
    let mut reader = feed.coded_reader(coding);
    loop {
        let frame = tokio::select! {
            frame = reader.next() => frame,
            ended = decoder.ended() => {
                log::error!("{}: the decoder failed: {}", feed.source.id, ended);
                break;
            }
        };
        match frame {
            Ok(frame) => {
                if !decoder.push(&frame) {
                    Counters::add(&feed.source.counters.frames_dropped);
                    reader.skip_to_next_key_frame();
                }
            }
            Err(ReadError::Lagged { .. }) => {}
            Err(ReadError::Closed) => break,
        }
    }
    decoder.stop().await;
}
