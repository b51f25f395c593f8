//! What a source is doing, and why it has no picture: values, never errors that close a viewer.

/// What a source is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nobody watches and the source needs no watching itself: nothing runs.
    Idle,
    /// Being opened for the first time, or again after its settings changed.
    Starting,
    /// Pictures arrive.
    Live,
    /// No pictures. Viewers see a slate with the cause.
    Lost(Loss),
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    pub cause: Cause,
    /// What the device or host said, for the log and the API; may be empty. Never holds a password.
    pub detail: String,
}

/// The causes a person can do something about. Their codes are part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The capture card or the camera's device is not plugged in.
    NoDevice,
    /// The card's input has no cable.
    NoCable,
    /// A cable, and nothing comes through it.
    NoSignal,
    /// A signal that the card can't lock on to.
    NoLock,
    /// A signal of a size or rate that the card can't take.
    OutOfRange,
    /// A signal that can't be shown for another reason, such as copy protection.
    BadSignal,
    /// Wrong user or password.
    Unauthorized,
    /// The host answers, and says no.
    Refused,
    /// The host's certificate is not trusted.
    Certificate,
    /// The host does not answer, or refuses the connection.
    NotAnswering,
    /// Something answers, but it is no video stream.
    NotVideo,
    /// The connection stands, but no picture came for two seconds.
    NoPicture,
    /// Pictures come, and none of them can be begun with.
    NoKeyFrame,
    /// The device is used by another program.
    Busy,
    /// The source ended or failed in a way that has no name of its own; see the detail.
    Failed,
}

impl Cause {
    pub const ALL: [Self; 15] = [
        Self::NoDevice,
        Self::NoCable,
        Self::NoSignal,
        Self::NoLock,
        Self::OutOfRange,
        Self::BadSignal,
        Self::Unauthorized,
        Self::Refused,
        Self::Certificate,
        Self::NotAnswering,
        Self::NotVideo,
        Self::NoPicture,
        Self::NoKeyFrame,
        Self::Busy,
        Self::Failed,
    ];

    /// The word for machines: API, metrics, headers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoDevice => "no_device",
            Self::NoCable => "no_cable",
            Self::NoSignal => "no_signal",
            Self::NoLock => "no_lock",
            Self::OutOfRange => "out_of_range",
            Self::BadSignal => "bad_signal",
            Self::Unauthorized => "unauthorized",
            Self::Refused => "refused",
            Self::Certificate => "certificate",
            Self::NotAnswering => "not_answering",
            Self::NotVideo => "not_video",
            Self::NoPicture => "no_picture",
            Self::NoKeyFrame => "no_key_frame",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }

    /// The words for people: slate, dashboard, log.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoDevice => "No device",
            Self::NoCable => "No cable",
            Self::NoSignal => "No signal",
            Self::NoLock => "No stable signal",
            Self::OutOfRange => "Signal out of range",
            Self::BadSignal => "Signal can't be used",
            Self::Unauthorized => "Wrong user or password",
            Self::Refused => "Camera refuses",
            Self::Certificate => "Certificate not trusted",
            Self::NotAnswering => "Camera not answering",
            Self::NotVideo => "Not a video stream",
            Self::NoPicture => "No picture arrives",
            Self::NoKeyFrame => "Waiting for a key frame",
            Self::Busy => "Device is in use",
            Self::Failed => "Source failed",
        }
    }

    /// What a person can do about it, one sentence.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoDevice => "Plug the capture card in, or correct its name in marquee.toml.",
            // Some players give no power to the cable while they are off.
            Self::NoCable => {
                "Plug an HDMI cable into the capture card and the player, and switch the player on."
            }
            Self::NoSignal => "Switch the player or console on, and select its HDMI output.",
            Self::NoLock => "Plug the HDMI cable in again at both ends, or take a shorter or better one.",
            Self::OutOfRange => "Set the player or console to 1080p, 60 Hz or less.",
            Self::BadSignal => "Set the player or console to another picture size, without copy protection.",
            Self::Unauthorized => "Correct user and password of this camera in marquee.toml.",
            Self::Refused => "It may have as many viewers as it can serve: close one, or restart the camera.",
            Self::Certificate => {
                "If it is your camera, put tls_fingerprint with the SHA-256 below into its section of marquee.toml."
            }
            Self::NotAnswering => "Check the camera's power, its network cable and its address.",
            Self::NotVideo => "Check the camera's address: the path behind the host name selects the stream.",
            Self::NoPicture => "The connection stands but no picture comes. Trying again by itself.",
            Self::NoKeyFrame => {
                "Pictures come that can't be shown before it. Set the camera's key frame interval to 2 s."
            }
            Self::Busy => "Close the other program that uses this device.",
            Self::Failed => "Trying again by itself. The log has the details.",
        }
    }
}

impl State {
    /// The word for machines: API, metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Starting => "starting",
            Self::Live => "live",
            Self::Lost(_) => "lost",
        }
    }

    pub const fn loss(&self) -> Option<&Loss> {
        match self {
            Self::Lost(loss) => Some(loss),
            _ => None,
        }
    }
}

impl Loss {
    pub fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }
}
