//! Tests of the device as a whole, and the tree of devices that the parts' tests read.

use std::fs;
use std::os::unix::fs::symlink;

use futures_util::FutureExt;
use tempfile::TempDir;

use super::*;
use crate::config::Config;
use crate::hub::Input;
use crate::pipeline::SoundBuffer;
use crate::pipeline::capture::Captured;
use crate::watched::Latest;

struct Nobody;

impl Sink for Nobody {
    fn input(&self, _: Input) {}
    fn video(&self, _: Captured) {}
    fn sound(&self, _: SoundBuffer) {}
}

fn capture(path: &str) -> Capture {
    crate::pipeline::clock::init().unwrap();
    let mut config = Config::default().captures.pop().unwrap();
    config.device = CaptureDevice::Path(path.to_owned());
    Capture::new(&config, &[])
}

fn open(capture: &Capture) -> Loss {
    let to: Arc<dyn Sink> = Arc::new(Nobody);
    capture.open(&to).err().expect("there is no such card")
}

#[test]
fn what_is_no_card_is_told_as_such() {
    assert_eq!(open(&capture("/dev/video-none")).cause, Cause::NoDevice);
    assert_eq!(open(&capture("/dev/null")), Loss::new(Cause::Failed, "/dev/null is no capture card"));
}

#[test]
fn a_failed_attempt_waits_for_a_card() {
    let capture = capture("/dev/video-none");
    open(&capture);
    assert!(!capture.has_check());
    assert!(capture.changed().now_or_never().is_none());
}

#[test]
fn another_signal_is_opened_at_once_but_only_once() {
    let capture = capture("/dev/video-none");
    capture.now().awaits = Awaits::Nothing;
    assert!(capture.changed().now_or_never().is_some());
    assert!(capture.changed().now_or_never().is_none());
}

#[test]
fn ends_have_causes() {
    let check = |path: &str, ended: Ended, expected| {
        let capture = capture("/dev/video-none");
        capture.card.send_replace(Some(path.into()));
        assert_eq!(capture.loss(ended).cause, expected);
        assert_eq!(capture.card().latest(), None, "its sound is let go");
    };
    let text = String::new;
    check("/dev/null", Ended::Busy(text()), Cause::Busy);
    check("/dev/null", Ended::NotFound(text()), Cause::NoDevice);
    check("/dev/null", Ended::NotAnswering(text()), Cause::Failed);
    check("/dev/video-none", Ended::NotAnswering(text()), Cause::NoDevice);
    check("/dev/video-none", Ended::EndOfStream, Cause::NoDevice);
    check("/dev/null", Ended::EndOfStream, Cause::Failed);
}

#[test]
fn only_losses_of_signal_wait_for_one() {
    for cause in [Cause::NoCable, Cause::NoSignal, Cause::NoLock, Cause::OutOfRange, Cause::BadSignal] {
        assert_eq!(awaits(cause), Awaits::Signal(cause));
    }
    for cause in [Cause::NoDevice, Cause::Busy, Cause::Failed, Cause::NotVideo] {
        assert_eq!(awaits(cause), Awaits::Card);
    }
}

/// A tree as the kernel makes it: a USB stick with two video nodes and sound, a bridge on a platform bus.
pub(super) fn sysfs() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let stick = "devices/pci0000:00/usb1/1-2";
    write(&format!("{stick}/idVendor"), "534d\n");
    write(&format!("{stick}/idProduct"), "2109\n");
    write(&format!("{stick}/serial"), "20200101\n");
    for (node, name) in [("video0", "USB Video: USB Video\n"), ("video1", "USB Video: USB Video\n")] {
        write(&format!("{stick}/1-2:1.0/video4linux/{node}/name"), name);
    }
    write(&format!("{stick}/1-2:1.2/sound/card3/pcmC3D0c/dev"), "116:24\n");
    let bridge = "devices/platform/soc/fe801000.csi";
    write(&format!("{bridge}/video4linux/video2/name"), "unicam-image\n");
    let class = root.path().join("class/video4linux");
    fs::create_dir_all(&class).unwrap();
    for (node, device) in [
        ("video0", format!("{stick}/1-2:1.0")),
        ("video1", format!("{stick}/1-2:1.0")),
        ("video2", bridge.into()),
    ] {
        let folder = root.path().join(&device).join("video4linux").join(node);
        symlink(root.path().join(device), folder.join("device")).unwrap();
        symlink(&folder, class.join(node)).unwrap();
    }
    root
}
