//! Reads what a child says, on a thread of its own: a picture is a few milliseconds of copying.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::thread;

use tokio::sync::mpsc::Sender;

use super::wire::{Header, Kind, Sizes};
use super::{Errand, Error, Heard, Shown};
use crate::pipeline::RawPicture;
use crate::pipeline::reel::{Decoder, PicturePool};

/// Whether this machine has hardware for H.264.
pub(super) fn has_decoder() -> bool {
    Decoder::hardware().is_some()
}

struct Reader {
    from: File,
    pool: PicturePool,
    size: (u32, u32),
    from_ns: u64,
    pictures: Sender<Shown>,
    sounds: Sender<Heard>,
    decoder: Option<Decoder>,
}

/// Why a reader stops.
enum Stop {
    Error(Error),
    /// Nobody wants to see more.
    Unwanted,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Error(if error.kind() == io::ErrorKind::InvalidData { Error::Garbled } else { Error::Ended })
    }
}

/// It ends with the child, and when nobody takes what it reads.
pub(super) fn start(
    from: OwnedFd,
    errand: &Errand,
    pictures: Sender<Shown>,
    sounds: Sender<Heard>,
) -> Result<(), Error> {
    let failed = |error: &dyn std::fmt::Display| Error::Start(error.to_string());
    let size = (errand.width, errand.height);
    let pool = PicturePool::new(size.0, size.1).map_err(|error| failed(&error))?;
    let from_ns = errand.from_ms.saturating_mul(1_000_000);
    let mut reader = Reader { from: File::from(from), pool, size, from_ns, pictures, sounds, decoder: None };
    let thread = thread::Builder::new().name("reel".to_owned());
    let thread = thread.spawn(move || {
        let over = match reader.read() {
            Ok(()) => Ok(()),
            Err(Stop::Error(error)) => Err(error),
            Err(Stop::Unwanted) => return,
        };
        // Nobody waits for it any more: as good.
        let _ = reader.pictures.blocking_send(Shown::Over(over));
    });
    thread.map(drop).map_err(|error| failed(&error))
}

impl Reader {
    fn read(&mut self) -> Result<(), Stop> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let sizes = Sizes { picture: self.pool.bytes(), slide: width * height * 4 };
        loop {
            let header = Header::read(&mut self.from, sizes)?.ok_or(Stop::Error(Error::Ended))?;
            match header.kind {
                Kind::Picture => {
                    let picture = self.pool.read(&mut self.from)?;
                    self.show(header.time_ns, picture)?;
                }
                Kind::Slide => {
                    let pixels = self.bytes(header)?;
                    let (width, height) = self.size;
                    self.show(0, RawPicture::from_rgba(width, height, pixels, Default::default()))?;
                }
                Kind::Sound => {
                    let heard = Heard { time_ns: header.time_ns, samples: self.bytes(header)? };
                    self.sounds.blocking_send(heard).map_err(|_| Stop::Unwanted)?;
                }
                Kind::Coded => self.decode(header)?,
                Kind::End => return self.drain(),
                Kind::Failed => {
                    let reason = String::from_utf8_lossy(&self.bytes(header)?).into_owned();
                    let printable = reason.chars().filter(|char| !char.is_control()).collect();
                    return Err(Stop::Error(Error::File(printable)));
                }
            }
        }
    }

    fn bytes(&mut self, header: Header) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; header.bytes];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn show(&self, time_ns: u64, picture: RawPicture) -> Result<(), Stop> {
        self.pictures.blocking_send(Shown::Picture { time_ns, picture }).map_err(|_| Stop::Unwanted)
    }

    fn decode(&mut self, header: Header) -> Result<(), Stop> {
        let data = self.bytes(header)?;
        if self.decoder.is_none() {
            let (pictures, from_ns) = (self.pictures.clone(), self.from_ns);
            let started = Decoder::start(Decoder::hardware().unwrap_or_default(), move |time_ns, picture| {
                // What comes before is only there to get to it.
                time_ns < from_ns || pictures.blocking_send(Shown::Picture { time_ns, picture }).is_ok()
            });
            self.decoder = Some(started.map_err(|error| decoder(&error))?);
        }
        let decoder = self.decoder.as_mut().expect("made above");
        decoder.push(header.time_ns, data).map_err(|error| self::decoder(&error))
    }

    /// What the decoder still holds comes before the end.
    fn drain(&mut self) -> Result<(), Stop> {
        match self.decoder.take() {
            Some(decoder) => decoder.finish().map_err(|error| self::decoder(&error)),
            None => Ok(()),
        }
    }
}

fn decoder(error: &dyn std::fmt::Display) -> Stop {
    Stop::Error(Error::Decoder(error.to_string()))
}
