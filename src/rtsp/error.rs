//! Why a camera gives nothing, in words. None of them shows a password.

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody is there, or what is there says nothing.
    #[error("{0}")]
    NotAnswering(String),
    /// It closed the stream.
    #[error("the camera closed the stream")]
    Closed,
    #[error("{0}")]
    Unauthorized(String),
    /// It has nothing at that address.
    #[error("{0}")]
    NotFound(String),
    /// It answers, and says no.
    #[error("{0}")]
    Refused(String),
    /// Its certificate is nobody's that is known here.
    #[error("{0}")]
    Certificate(String),
    /// What answers is no camera, or sends no video that can be read here.
    #[error("{0}")]
    NotVideo(String),
    /// Nobody wants it any more.
    #[error("nobody wants it any more")]
    Stopped,
    #[error("{0}")]
    Failed(String),
}
