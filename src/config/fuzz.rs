//! Random bytes for what people type.

use super::show::Secrets;
use super::{camera_url as url, check, show};

/// A whole file; what is in force is itself a file that gives the same.
pub(crate) fn file(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = check::pins(text);
    match check::check("fuzz", text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(config) => {
            let written = show::to_toml(&config, Secrets::Revealed);
            let again = check::check("written", &written);
            let error = again.as_ref().err().map(ToString::to_string);
            assert!(again.is_ok_and(|again| again == config), "not the same ({error:?}):\n{written}");
            let _ = show::to_toml(&config, Secrets::Covered);
        }
    }
}

/// A camera's address: what is shown of it, and what is wrong with it, never has its password.
pub(crate) fn camera_url(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let _ = url::shown(text);
    let Ok(read) = url::parse(text) else { return };
    let again = url::parse(&read.url).expect("what was read can be read again");
    assert_eq!((&again.url, again.user, again.password), (&read.url, None, None));
}
