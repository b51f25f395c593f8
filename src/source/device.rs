//! What a kind of source has to say: how it is opened once, and what its failures mean to a person.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::attempt::Attempt;
use crate::media::Loss;
use crate::pipeline::Ended;
use crate::pipeline::capture::Sink;

/// A device or connection. All state of retrying, watching and waiting belongs to the supervisor.
pub trait Device: Send + Sync + 'static {
    /// One attempt: finds the device and builds what captures from it, not yet started. May block: it is called on a
    /// thread for that.
    fn open(&self, to: &Arc<dyn Sink>) -> Result<Attempt, Loss>;

    /// The name of an end in words of this kind of source.
    fn loss(&self, ended: Ended) -> Loss;

    /// How long its first picture may take, from the moment at which it is asked for it.
    fn first_picture_patience(&self) -> Duration {
        Duration::from_secs(8)
    }

    /// Nothing needs to run while nobody watches.
    fn on_demand(&self) -> bool {
        false
    }

    /// Asked twice a second while the half runs: whether the pictures that come are worth nothing, such as those of
    /// a card without a signal. May block for some milliseconds.
    fn check(&self) -> Option<Loss> {
        None
    }

    /// Whether [`Device::check`] says anything at all; if not, it is never asked.
    fn has_check(&self) -> bool {
        false
    }

    /// Whether [`Device::changed`] is sure to notice whatever would let another attempt succeed, so that trying in
    /// between only costs.
    fn tells_changes(&self) -> bool {
        false
    }

    /// Returns when something happened that makes another attempt worth while at once, such as a plugged-in card or
    /// a signal that is back.
    fn changed(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::pending())
    }
}
