//! The connection to a camera: TCP, with TLS around it if its address says so. Nothing here waits longer than it is told.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use openssl::hash::MessageDigest;
use openssl::ssl::{SslConnector, SslMethod, SslStream, SslVerifyMode};
use openssl::x509::{X509, X509VerifyResult};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::error::Error;

/// How long a connection may take to come about, for each address of the host.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long the camera may leave unread what it is sent.
const WRITE_MAX: Duration = Duration::from_secs(5);
/// What is read at once: some pictures' packets.
const READ_BYTES: usize = 64 << 10;
/// Where systems keep the certificates that everybody believes.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How a camera's certificate is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It must be signed by somebody everybody believes, for this host.
    Authorities,
    /// SHA-256 of the certificate.
    Fingerprint([u8; 32]),
    Anybody,
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<SslStream<TcpStream>>),
}

pub(super) struct Link {
    stream: Stream,
    buffer: Vec<u8>,
    /// What of the buffer has been taken.
    taken: usize,
}

/// What reading came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrived {
    Something,
    Nothing,
    End,
}

impl Link {
    pub(super) fn connect(host: &str, port: u16, trust: Option<&Trust>) -> Result<Self, Error> {
        let stream = connect(host, port)?;
        let stream = match trust {
            None => Stream::Plain(stream),
            Some(trust) => Stream::Tls(Box::new(secure(stream, host, trust)?)),
        };
        let link = Self { stream, buffer: Vec::with_capacity(READ_BYTES), taken: 0 };
        link.socket().set_nonblocking(true).map_err(|error| Error::Failed(error.to_string()))?;
        Ok(link)
    }

    pub(super) fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Plain(stream) => stream,
            Stream::Tls(stream) => stream.get_ref(),
        }
    }

    /// What has arrived and was not taken.
    pub(super) fn arrived(&self) -> &[u8] {
        &self.buffer[self.taken..]
    }

    pub(super) fn take(&mut self, bytes: usize) {
        self.taken = (self.taken + bytes).min(self.buffer.len());
    }

    /// Reads what there is, without waiting.
    pub(super) fn read(&mut self) -> io::Result<Arrived> {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + READ_BYTES, 0);
        let read = match &mut self.stream {
            Stream::Plain(stream) => stream.read(&mut self.buffer[held..]),
            Stream::Tls(stream) => stream.read(&mut self.buffer[held..]),
        };
        self.buffer.truncate(held + read.as_ref().map_or(0, |read| *read));
        match read {
            Ok(0) => Ok(Arrived::End),
            Ok(_) => Ok(Arrived::Something),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
                Ok(Arrived::Nothing)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let until = Instant::now() + WRITE_MAX;
        while !bytes.is_empty() {
            let written = match &mut self.stream {
                Stream::Plain(stream) => stream.write(bytes),
                Stream::Tls(stream) => stream.write(bytes),
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                    wait(&mut [PollFd::new(self.socket(), PollFlags::OUT | PollFlags::IN)], left)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Waits until something of `fds` is ready or `time` has gone by.
pub(super) fn wait(fds: &mut [PollFd<'_>], time: Duration) -> io::Result<()> {
    let time = Timespec::try_from(time).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
    match poll(fds, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn readable<'a>(fd: &'a impl AsFd) -> PollFd<'a> {
    let fd: BorrowedFd<'a> = fd.as_fd();
    PollFd::from_borrowed_fd(fd, PollFlags::IN)
}

fn connect(host: &str, port: u16) -> Result<TcpStream, Error> {
    // The brackets of IPv6 belong to the address.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = (host, port).to_socket_addrs();
    let addresses =
        addresses.map_err(|_| Error::NotAnswering(format!("no host of the name {host} is known")))?;
    let mut last = Error::NotAnswering(format!("the name {host} has no address"));
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_MAX) {
            Ok(stream) => {
                // A keep-alive that waits for company may come too late.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => {
                last = Error::NotAnswering(format!("can't connect to {address}: {}", words(&error)));
            }
        }
    }
    Err(last)
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        io::ErrorKind::TimedOut => format!("no answer for {} s", CONNECT_MAX.as_secs()),
        _ => error.to_string(),
    }
}

/// TLS as cameras have it: of any age, since who it is is told by its certificate alone.
fn secure(stream: TcpStream, host: &str, trust: &Trust) -> Result<SslStream<TcpStream>, Error> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::NotAnswering(format!("no TLS connection comes about: {error}"))
    };
    stream
        .set_read_timeout(Some(CONNECT_MAX))
        .and_then(|()| stream.set_write_timeout(Some(CONNECT_MAX)))
        .map_err(|error| failed(&error))?;
    let mut builder = SslConnector::builder(SslMethod::tls_client()).map_err(|error| failed(&error))?;
    if *trust == Trust::Authorities {
        // Where there are none, nobody is believed.
        let _ = builder.set_ca_file(AUTHORITIES);
    }
    // Looked at below, so that what is wrong can be told.
    builder.set_verify(SslVerifyMode::NONE);
    builder.set_min_proto_version(None).map_err(|error| failed(&error))?;
    builder.set_cipher_list("DEFAULT:@SECLEVEL=0").map_err(|error| failed(&error))?;
    let connection = builder.build().configure().map_err(|error| failed(&error))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let stream = connection.connect(host, stream).map_err(|error| failed(&error))?;
    let certificate = stream.ssl().peer_certificate().ok_or_else(|| failed(&"it shows no certificate"))?;
    let fingerprint = fingerprint(&certificate).map_err(|error| failed(&error))?;
    match trust {
        Trust::Anybody => Ok(stream),
        Trust::Fingerprint(known) if *known == fingerprint => Ok(stream),
        Trust::Fingerprint(_) => Err(Error::Certificate(format!(
            "the camera shows another certificate than tls_fingerprint names; its SHA-256 is {}",
            hex(&fingerprint)
        ))),
        Trust::Authorities => match stream.ssl().verify_result() {
            X509VerifyResult::OK => Ok(stream),
            wrong => Err(Error::Certificate(format!(
                "the camera's certificate is not trusted ({}); its SHA-256 is {}",
                wrong.error_string(),
                hex(&fingerprint)
            ))),
        },
    }
}

fn fingerprint(certificate: &X509) -> Result<[u8; 32], openssl::error::ErrorStack> {
    let digest = certificate.digest(MessageDigest::sha256())?;
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(&digest);
    Ok(fingerprint)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
