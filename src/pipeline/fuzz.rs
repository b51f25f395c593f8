//! Random bytes for what a child says of a camera.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::capture::{Captured, Sink};
use super::carry::{self, Said};
use super::clock;
use super::raw::SoundBuffer;
use crate::hub::Input;

/// More than its input can hold: a piece has a header of 24 bytes.
#[derive(Default)]
struct Taken(AtomicUsize);

impl Sink for Taken {
    fn input(&self, input: Input) {
        assert!(!input.codec.is_empty());
    }

    fn video(&self, _: Captured) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn sound(&self, sound: SoundBuffer) {
        self.0.fetch_add(1, Ordering::Relaxed);
        drop(sound.into_sound());
    }
}

pub(crate) fn camera(input: &[u8]) {
    if clock::init().is_err() {
        return;
    }
    let taken = Arc::new(Taken::default());
    let sink: Arc<dyn Sink> = Arc::<Taken>::clone(&taken);
    let ended = carry::receive(input, &sink, |said| match said {
        Said::Asks => {}
        Said::Note(note) => assert!(!note.contains('\n')),
    });
    assert!(taken.0.load(Ordering::Relaxed) <= input.len() / 24);
    assert!(!ended.to_string().contains('\n'));
}
