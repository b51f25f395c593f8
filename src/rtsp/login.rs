//! Logging in at a camera: Digest (RFC 7616, with MD5 or SHA-256) and Basic.

use http_auth::digest::Algorithm;
use http_auth::{BasicClient, ChallengeRef, DigestClient, PasswordParams, parse_challenges};

/// How the camera wants to be told user and password.
pub(super) enum Scheme {
    Digest(DigestClient),
    Basic(BasicClient),
}

impl Scheme {
    /// The first Digest that is known here, else Basic. `Err`: what the camera asks for, none of which is known.
    pub(super) fn choose(challenges: &[&str]) -> Result<Self, String> {
        let parsed: Vec<ChallengeRef<'_>> =
            challenges.iter().filter_map(|text| parse_challenges(text).ok()).flatten().collect();
        let digest = parsed.iter().find_map(|challenge| DigestClient::try_from(challenge).ok());
        let basic = || parsed.iter().find_map(|challenge| BasicClient::try_from(challenge).ok());
        match digest {
            Some(digest) => Ok(Self::Digest(digest)),
            None => basic().map(Self::Basic).ok_or_else(|| named(&parsed)),
        }
    }

    /// What goes behind `Authorization:`.
    pub(super) fn answer(
        &mut self,
        user: &str,
        password: &str,
        method: &str,
        url: &str,
    ) -> Result<String, String> {
        match self {
            Self::Basic(basic) => Ok(basic.respond(user, password)),
            Self::Digest(digest) => {
                let answer = digest.respond(&PasswordParams {
                    username: user,
                    password,
                    uri: url,
                    method,
                    // Without one `auth-int` is not chosen, which cameras offer and do not have.
                    body: None,
                })?;
                // Left out where the challenge has no `qop`; a camera that offers two would take it for the other.
                let missing = (!answer.contains("algorithm=")).then(|| name(digest)).flatten();
                Ok(missing.map_or_else(|| answer.clone(), |name| format!("{answer}, algorithm={name}")))
            }
        }
    }

    /// Whether the password itself goes over the connection.
    pub(super) const fn shows_password(&self) -> bool {
        matches!(self, Self::Basic(_))
    }
}

/// As a camera is told it; MD5 needs no name.
fn name(digest: &DigestClient) -> Option<&'static str> {
    match (digest.algorithm(), digest.session()) {
        (Algorithm::Sha256, false) => Some("SHA-256"),
        (Algorithm::Sha256, true) => Some("SHA-256-sess"),
        (Algorithm::Sha512Trunc256, false) => Some("SHA-512-256"),
        (Algorithm::Sha512Trunc256, true) => Some("SHA-512-256-sess"),
        _ => None,
    }
}

/// Whether only the number of the challenge was too old, and user and password are right.
pub(super) fn is_stale(challenges: &[&str]) -> bool {
    let parsed = challenges.iter().filter_map(|text| parse_challenges(text).ok()).flatten();
    parsed.filter_map(|challenge| DigestClient::try_from(&challenge).ok()).any(|digest| digest.stale())
}

/// Such as `Digest with SHA3-512`.
fn named(challenges: &[ChallengeRef<'_>]) -> String {
    let name = |challenge: &ChallengeRef<'_>| {
        let algorithm = challenge.params.iter().find(|(name, _)| name.eq_ignore_ascii_case("algorithm"));
        match algorithm {
            Some((_, algorithm)) => format!("{} with {}", challenge.scheme, algorithm.to_unescaped()),
            None => challenge.scheme.to_owned(),
        }
    };
    let names: Vec<_> = challenges.iter().map(name).collect();
    if names.is_empty() { "nothing that is known".to_owned() } else { names.join(" or ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_that_is_known_is_chosen() {
        let basic = r#"Basic realm="cam""#;
        let sha = r#"Digest realm="cam", nonce="5f3c", algorithm="SHA-256", stale="FALSE""#;
        let unknown = r#"Digest realm="cam", nonce="5f3c", algorithm=SHA3-512"#;
        let answer = |challenges: &[&str]| {
            let mut scheme = Scheme::choose(challenges)?;
            scheme.answer("viewer", "secret", "DESCRIBE", "rtsp://cam/1")
        };
        let digest = answer(&[basic, sha]).expect("SHA-256 is known");
        assert!(digest.starts_with("Digest") && digest.contains("SHA-256"), "{digest}");
        assert_eq!(answer(&[unknown, basic]).as_deref(), Ok("Basic dmlld2VyOnNlY3JldA=="));
        assert_eq!(answer(&[unknown]), Err("Digest with SHA3-512".to_owned()));
        assert_eq!(
            answer(&["", "Digest", "\"", "Digest realm=\"x\""]).err().as_deref().map(str::is_empty),
            Some(false)
        );
        assert!(!is_stale(&[sha]) && is_stale(&[r#"Digest realm="cam", nonce="6", stale=true"#]));
    }

    /// The example of RFC 2069 and RFC 2617, section 3.5, by the digest that cameras ask for: no `qop`.
    #[test]
    fn a_digest_without_qop_is_that_of_the_rfc() {
        let challenge = r#"Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093""#;
        let mut scheme = Scheme::choose(&[challenge]).expect("MD5");
        let answer = scheme.answer("Mufasa", "Circle Of Life", "GET", "/dir/index.html").expect("an answer");
        assert!(answer.contains(r#"response="670fd8c2df070c60b045671b8b24ff02""#), "{answer}");
    }
}
