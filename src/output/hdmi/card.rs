//! The graphics card: opened once, a mode set on a connector, a plane found to show pictures on.

use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use drm::buffer::DrmFourcc;
use drm::control::{
    Device as _, Mode, ModeFlags, ModeTypeFlags, ResourceHandle, connector, crtc, dumbbuffer, framebuffer,
    plane, property,
};
use drm::{ClientCapability, Device as _};

use super::modes::{self, Described};
use crate::config;
use crate::pipeline::display::Plane;

const DEV: &str = "/dev/dri";
/// Drivers whose planes scale and convert pictures: the Pi's. Of others nobody can tell before trying.
const SCALING_DRIVERS: [&str; 1] = ["vc4"];
/// `DRM_MODE_ROTATE_0`, `DRM_MODE_ROTATE_180`, `DRM_MODE_REFLECT_X` and `_Y` of `drm_mode.h`.
const ROTATE_0: u64 = 1;
const ROTATE_180: u64 = 1 << 2;
const REFLECT_BOTH: u64 = 1 << 4 | 1 << 5;
/// Value of a plane's property `type`, `DRM_PLANE_TYPE_PRIMARY`.
const PRIMARY: u64 = 1;

#[derive(Debug, thiserror::Error)]
pub(super) enum CardError {
    #[error("{} can't be opened: {source}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error("the connector {name} of {card} can't be {what}: {source}")]
    Connector { card: String, name: String, what: &'static str, source: io::Error },
    #[error("{card} has no connector {name}")]
    NoConnector { card: String, name: String },
    #[error("the TV at {name} tells no video mode")]
    NoMode { name: String },
    #[error("{card} has nothing free that could show a picture on {name}")]
    NothingFree { card: String, name: String },
}

/// All cards in use, each opened once and kept: the first opener is the card's master, a second one could set no mode.
#[derive(Default)]
pub(super) struct Cards {
    open: Mutex<Vec<(String, Arc<Card>)>>,
}

/// An open card.
pub(super) struct Card {
    name: String,
    file: Arc<OwnedFd>,
    /// CRTCs of connectors that are lit.
    taken: Mutex<Vec<crtc::Handle>>,
}

/// A connector that shows a mode: black until a plane shows something. Dropping it switches it off.
pub(super) struct Lit {
    card: Arc<Card>,
    crtc: crtc::Handle,
    black: Option<(dumbbuffer::DumbBuffer, framebuffer::Handle)>,
    pub(super) plane: Plane,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) rate_hz: u32,
    /// The plane has turned the picture by half.
    pub(super) turned: bool,
    /// The TV does not have the mode that was asked for.
    pub(super) refused: bool,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

impl Cards {
    /// The card of that name, such as `card1`.
    pub(super) fn card(&self, name: &str) -> Result<Arc<Card>, CardError> {
        let mut open = lock(&self.open);
        if let Some((_, card)) = open.iter().find(|(known, _)| known == name) {
            return Ok(Arc::clone(card));
        }
        let card = Arc::new(Card::open(name)?);
        open.push((name.to_owned(), Arc::clone(&card)));
        Ok(card)
    }
}

impl Card {
    fn open(name: &str) -> Result<Self, CardError> {
        let path = Path::new(DEV).join(name);
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|source| CardError::Open { path: path.clone(), source })?;
        let card =
            Self { name: name.to_owned(), file: Arc::new(OwnedFd::from(file)), taken: Mutex::default() };
        // Primary planes are listed only to those who ask.
        let asked = card.set_client_capability(ClientCapability::UniversalPlanes, true);
        asked.map_err(|source| CardError::Open { path, source })?;
        Ok(card)
    }

    /// Has the kernel look what is plugged in there; `/sys` tells it after.
    pub(super) fn ask(&self, name: &str) {
        if let Err(error) = self.connector(name) {
            log::debug!("{}: {name} can't be asked: {error}", self.name);
        }
    }

    /// Sets a mode on a connector and finds the plane for its pictures. `half_turn`: the plane turns them if it can.
    pub(super) fn light(
        self: &Arc<Self>,
        name: &str,
        wish: Option<config::Mode>,
        half_turn: bool,
    ) -> Result<Lit, CardError> {
        let connector = self.connector(name).map_err(self.failed(name, "read"))?;
        let connector = connector
            .ok_or_else(|| CardError::NoConnector { card: self.name.clone(), name: name.to_owned() })?;
        let listed = modes::choose(connector.modes(), wish, describe).copied();
        let has_wished = listed.zip(wish).is_some_and(|(mode, wish)| describe(&mode).is(wish));
        // A TV that tells nothing of itself may have it all the same.
        let silent = !has_wished && self.is_silent(&connector).map_err(self.failed(name, "read"))?;
        let made = wish.filter(|_| silent).and_then(modes::standard).map(Mode::from);
        let mut lit = Err(CardError::NoMode { name: name.to_owned() });
        for mode in made.into_iter().chain(listed) {
            lit = self.set_mode(&connector, mode, half_turn);
            if let Ok(lit) = &mut lit {
                lit.refused = wish.is_some_and(|wish| !describe(&mode).is(wish));
                break;
            }
        }
        lit
    }

    /// Sets this mode on a connector.
    fn set_mode(
        self: &Arc<Self>,
        connector: &connector::Info,
        mode: Mode,
        half_turn: bool,
    ) -> Result<Lit, CardError> {
        let name = name_of(connector);
        let failed = |what| self.failed(&name, what);
        let free = self.free_crtc(connector).map_err(failed("read"))?;
        let (crtc, plane) =
            free.ok_or_else(|| CardError::NothingFree { card: self.name.clone(), name: name.clone() })?;
        let turned = self.turn(plane, half_turn).map_err(failed("turned"))?;
        let Described { width, height, rate_hz, .. } = describe(&mode);
        let mut lit = Lit {
            card: Arc::clone(self),
            crtc,
            black: None,
            plane: Plane {
                card: Arc::clone(&self.file),
                connector_id: connector.handle().into(),
                plane_id: plane.into(),
                scales: self.scales(),
                screen_mm: connector.size().unwrap_or_default(),
            },
            width,
            height,
            rate_hz,
            turned,
            refused: false,
        };
        lock(&self.taken).push(crtc);
        lit.show_black(connector.handle(), mode).map_err(failed("switched on"))?;
        Ok(lit)
    }

    fn failed(&self, name: &str, what: &'static str) -> impl FnOnce(io::Error) -> CardError + use<> {
        let (card, name) = (self.name.clone(), name.to_owned());
        move |source| CardError::Connector { card, name, what, source }
    }

    fn connector(&self, name: &str) -> io::Result<Option<connector::Info>> {
        for handle in self.resource_handles()?.connectors() {
            // Probing reads the TV's EDID anew.
            let info = self.get_connector(*handle, true)?;
            if name_of(&info) == name {
                return Ok(Some(info));
            }
        }
        Ok(None)
    }

    /// A CRTC that no other screen uses, the connector's own first, and its primary plane.
    fn free_crtc(&self, connector: &connector::Info) -> io::Result<Option<(crtc::Handle, plane::Handle)>> {
        let resources = self.resource_handles()?;
        let mut candidates = Vec::new();
        if let Some(encoder) = connector.current_encoder() {
            candidates.extend(self.get_encoder(encoder)?.crtc());
        }
        for encoder in connector.encoders() {
            candidates.extend(resources.filter_crtcs(self.get_encoder(*encoder)?.possible_crtcs()));
        }
        let taken = lock(&self.taken).clone();
        for crtc in candidates.into_iter().filter(|crtc| !taken.contains(crtc)) {
            for plane in self.plane_handles()? {
                let possible = resources.filter_crtcs(self.get_plane(plane)?.possible_crtcs());
                if possible.contains(&crtc)
                    && self.property(plane, "type")?.is_some_and(|(_, kind)| kind == PRIMARY)
                {
                    return Ok(Some((crtc, plane)));
                }
            }
        }
        Ok(None)
    }

    fn property(
        &self,
        object: impl ResourceHandle,
        name: &str,
    ) -> io::Result<Option<(property::Handle, u64)>> {
        for (handle, value) in self.get_properties(object)? {
            if self.get_property(handle)?.name().to_bytes() == name.as_bytes() {
                return Ok(Some((handle, value)));
            }
        }
        Ok(None)
    }

    /// Whether its TV has told no EDID.
    fn is_silent(&self, connector: &connector::Info) -> io::Result<bool> {
        Ok(self.property(connector.handle(), "EDID")?.is_none_or(|(_, blob)| blob == 0))
    }

    /// The plane's property `rotation` and the values it can take, as a mask; `None` if it turns nothing.
    fn rotation(&self, plane: plane::Handle) -> io::Result<Option<(property::Handle, u64)>> {
        let Some((rotation, _)) = self.property(plane, "rotation")? else { return Ok(None) };
        let mut bits = Vec::new();
        drm_ffi::mode::get_property(self.as_fd(), rotation.into(), None, Some(&mut bits))?;
        // Of a bit mask each value is the number of a bit.
        let bit = |number: u64| u32::try_from(number).ok().and_then(|number| 1_u64.checked_shl(number));
        Ok(Some((rotation, bits.iter().fold(0, |can, value| can | bit(value.value).unwrap_or(0)))))
    }

    /// Sets how the plane turns, also back from what another program left there. True: it turns by half.
    fn turn(&self, plane: plane::Handle, half_turn: bool) -> io::Result<bool> {
        let Some((rotation, can)) = self.rotation(plane)? else { return Ok(false) };
        let half = half_turn_of(can).filter(|_| half_turn);
        self.set_property(plane, rotation, half.unwrap_or(ROTATE_0))?;
        Ok(half.is_some())
    }

    /// Whether pictures on that connector can be turned by half by their plane. Changes nothing.
    pub(super) fn turns_by_half(&self, name: &str) -> io::Result<bool> {
        let Some(connector) = self.connector(name)? else { return Ok(false) };
        let Some((_, plane)) = self.free_crtc(&connector)? else { return Ok(false) };
        Ok(self.rotation(plane)?.is_some_and(|(_, can)| half_turn_of(can).is_some()))
    }

    fn scales(&self) -> bool {
        let driver = self.get_driver();
        driver.is_ok_and(|driver| SCALING_DRIVERS.iter().any(|name| driver.name() == *name))
    }
}

impl Lit {
    /// Sets the mode; that needs a picture in its size, which is black.
    fn show_black(&mut self, connector: connector::Handle, mode: Mode) -> io::Result<()> {
        let buffer = self.card.create_dumb_buffer((self.width, self.height), DrmFourcc::Xrgb8888, 32)?;
        match self.card.add_framebuffer(&buffer, 24, 32) {
            Ok(black) => {
                self.black = Some((buffer, black));
                self.card.set_crtc(self.crtc, Some(black), (0, 0), &[connector], Some(mode))
            }
            Err(error) => {
                self.card.destroy_dumb_buffer(buffer)?;
                Err(error)
            }
        }
    }
}

impl Drop for Lit {
    fn drop(&mut self) {
        lock(&self.card.taken).retain(|crtc| *crtc != self.crtc);
        let Some((buffer, black)) = self.black.take() else { return };
        let off = self.card.set_crtc(self.crtc, None, (0, 0), &[], None);
        let gone = off.and(self.card.destroy_framebuffer(black)).and(self.card.destroy_dumb_buffer(buffer));
        if let Err(error) = gone {
            // Of a TV that was unplugged there may be nothing left to switch off.
            log::debug!("{}: a screen can't be switched off: {error}", self.card.name);
        }
    }
}

fn describe(mode: &Mode) -> Described {
    let (width, height) = mode.size();
    Described {
        width: width.into(),
        height: height.into(),
        rate_hz: mode.vrefresh(),
        preferred: mode.mode_type().contains(ModeTypeFlags::PREFERRED),
        interlaced: mode.flags().contains(ModeFlags::INTERLACE),
    }
}

/// As the kernel calls it, such as `HDMI-A-1`.
fn name_of(connector: &connector::Info) -> String {
    format!("{}-{}", connector.interface().as_str(), connector.interface_id())
}

/// The value of `rotation` that turns by half, of a plane that can do these: some can only mirror, both ways.
fn half_turn_of(can: u64) -> Option<u64> {
    [ROTATE_180, ROTATE_0 | REFLECT_BOTH].into_iter().find(|wanted| can & wanted == *wanted)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no holder of this lock can panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plane_is_asked_what_it_can() {
        // The Pi's; one that only mirrors; one that mirrors one way; one that can only stand upright.
        assert_eq!(half_turn_of(ROTATE_0 | ROTATE_180 | REFLECT_BOTH), Some(ROTATE_180));
        assert_eq!(half_turn_of(ROTATE_0 | REFLECT_BOTH), Some(ROTATE_0 | REFLECT_BOTH));
        assert_eq!(half_turn_of(ROTATE_0 | 1 << 4), None);
        assert_eq!(half_turn_of(ROTATE_0), None);
    }
}
