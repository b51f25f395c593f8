//! Cameras with habits that real ones have (`tests/support/odd_camera.py`): each gets a picture, or a cause in words.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::x509::{X509, X509NameBuilder};
use serde_json::Value;

use crate::program::{PATIENCE, Program};
use crate::viewers::{more_by_mse, watch_mse};

struct OddCamera {
    child: Child,
    port: u16,
}

impl OddCamera {
    fn start(name: &str, certificate: Option<&Path>) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/odd_camera.py");
        let mut command = Command::new("/usr/bin/python3");
        command.args([script, name]);
        if let Some(folder) = certificate {
            command.args([folder.join("certificate"), folder.join("key")]);
        }
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("scripts/test installs python3");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let port = line.trim().strip_prefix("ready ").and_then(|port| port.parse().ok());
        Self { child, port: port.unwrap_or_else(|| panic!("the camera said {line:?}")) }
    }

    fn watched(&self, scheme: &str, more: &str) -> Program {
        let port = self.port;
        Program::start(&format!(
            "[web]\nwebrtc_port = 0\n[[camera]]\nid = \"odd\"\nurl = \"{scheme}://127.0.0.1:{port}/x\"\n{more}"
        ))
    }
}

impl Drop for OddCamera {
    fn drop(&mut self) {
        // Already gone if it failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn number(source: &Value, counter: &str) -> u64 {
    source["counters"][counter].as_u64().expect("a number")
}

/// It is live at once, and stays so for that many pictures.
async fn is_watched(name: &str, more: &str, pictures: u64) {
    let camera = OddCamera::start(name, None);
    let program = camera.watched("rtsp", more);
    program.until_live("odd").await;
    let source = program.until("odd", |source| number(source, "frames_in") >= pictures).await;
    assert_eq!((number(&source, "attempts"), number(&source, "losses")), (1, 0), "{name}: {source}");
}

/// It is told by that cause, with these words.
async fn is_named(name: &str, more: &str, cause: &str, words: &str) -> Value {
    let camera = OddCamera::start(name, None);
    let program = camera.watched("rtsp", more);
    let source = program.until("odd", |source| source["cause"]["code"] == cause).await;
    let detail = source["cause"]["detail"].as_str().unwrap_or("").to_owned();
    assert!(detail.contains(words), "{name}: {detail}");
    source
}

const LOGIN: &str = "user = \"viewer\"\npassword = \"secret\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn logins_by_any_digest_are_taken() {
    is_watched("DigestSha256", LOGIN, 10).await;
    is_watched("ForgetsChallenges", LOGIN, 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_not_known_is_named_and_no_wrong_password() {
    is_named("DigestUnknown", LOGIN, "refused", "SHA3-512").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_not_said_again_and_again() {
    let camera = OddCamera::start("DigestSha256", None);
    let program = camera.watched("rtsp", "user = \"viewer\"\npassword = \"wrong\"\n");
    program.until("odd", |source| source["cause"]["code"] == "unauthorized").await;
    // Longer than any other cause is waited with at first.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(number(&program.source("odd").await, "attempts"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_named_with_the_cameras_own_words() {
    is_named("TooManyViewers", "", "refused", "453 Not Enough Bandwidth").await;
    is_named("UdpAlone", "", "refused", "transport = \"udp\"").await;
    is_named("Circle", "", "refused", "from one address to the next").await;
    is_named("WebServer", "", "not_video", "no RTSP").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_counts_requests_goes_on() {
    // Three of its lives, at 25 pictures a second.
    is_watched("CountsRequests", "", 225).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_that_can_not_be_read_costs_no_picture() {
    is_watched("AacWithoutSettings", "", 100).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_of_another_number_or_sender_hide_nothing() {
    is_watched("OtherPayloadType", "", 25).await;
    is_watched("ForeignPacketsFirst", "", 25).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_on_remarks_end_no_picture() {
    is_watched("MarksRemarks", "", 50).await;
}

/// Whoever looks sees the picture, not what the wrong ones of two pairs of parameter sets make of it.
#[tokio::test(flavor = "multi_thread")]
async fn the_parameter_sets_in_use_are_those_of_the_picture() {
    let camera = OddCamera::start("TwoSetsOfParameters", None);
    let program = camera.watched("rtsp", "");
    program.until_live("odd").await;
    let source = program.source("odd").await;
    assert_eq!(
        (source["input"]["width"].as_u64(), source["input"]["height"].as_u64()),
        (Some(320), Some(180))
    );
    let shown = async {
        loop {
            let picture = program.get("/live/odd/frame.jpg").await;
            if picture.header("marquee-picture") == "live" {
                return picture.body;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let picture = tokio::time::timeout(PATIENCE, shown).await.expect("a picture that is no slate");
    // Height and width stand behind the frame's marker, its length and the bits of a sample.
    let at = picture.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    assert_eq!(picture[at + 5..at + 9], [0, 180, 320u16.to_be_bytes()[0], 320u16.to_be_bytes()[1]]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_thinks_for_six_seconds_is_waited_for() {
    is_watched("SlowToDescribe", "", 10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_without_a_key_frame_are_named() {
    let source = is_named("NoKeyFrame", "", "no_key_frame", "none of them a key frame").await;
    assert_eq!(number(&source, "attempts"), 1, "the attempt goes on: {source}");
}

/// Pictures in another order than they are shown in are encoded anew, and watched by MSE.
#[tokio::test(flavor = "multi_thread")]
async fn b_frames_are_encoded_anew() {
    let camera = OddCamera::start("BFrames", None);
    let program = camera.watched("rtsp", "");
    let mut viewer = watch_mse(&program, "odd").await;
    // By then the encoder of the slate, which was there while it started, is long gone.
    let encoded = |source: &Value| number(source, "frames_in") >= 50 && !source["video"].is_null();
    let source = program.until("odd", |source| source["state"] == "live" && encoded(source)).await;
    assert_eq!(source["input"]["codec"], "h264");
    more_by_mse(&mut viewer, 25).await;
}

/// Writes a certificate that nobody vouches for, and its key; its SHA-256 as people write it.
fn certificate(folder: &Path) -> String {
    let key = PKey::from_rsa(Rsa::generate(2048).expect("a key")).expect("a key");
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_text("CN", "camera").expect("a name");
    let name = name.build();
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("set");
    builder.set_subject_name(&name).expect("set");
    builder.set_issuer_name(&name).expect("set");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("a day")).expect("set");
    builder.set_not_after(&Asn1Time::days_from_now(9).expect("a day")).expect("set");
    builder.set_pubkey(&key).expect("set");
    builder.sign(&key, MessageDigest::sha256()).expect("signed");
    let certificate = builder.build();
    std::fs::write(folder.join("certificate"), certificate.to_pem().expect("PEM")).expect("written");
    std::fs::write(folder.join("key"), key.private_key_to_pem_pkcs8().expect("PEM")).expect("written");
    let digest = certificate.digest(MessageDigest::sha256()).expect("a digest");
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cameras_own_certificate_is_named_and_taken_by_its_fingerprint() {
    let folder = tempfile::tempdir().expect("a folder");
    let fingerprint = certificate(folder.path());
    let plain = fingerprint.replace(':', "").to_lowercase();
    let camera = OddCamera::start("Plain", Some(folder.path()));
    let named = |source: &Value| {
        let cause = &source["cause"];
        cause["code"] == "certificate"
            && cause["detail"].as_str().is_some_and(|detail| detail.contains(&plain))
    };
    camera.watched("rtsps", "").until("odd", named).await;
    let other = format!("tls_fingerprint = \"{}\"\n", "0".repeat(64));
    camera.watched("rtsps", &other).until("odd", named).await;
    let known = format!("tls_fingerprint = \"{fingerprint}\"\n");
    camera.watched("rtsps", &known).until_live("odd").await;
    camera.watched("rtsps", "tls_verify = false\n").until_live("odd").await;
}
