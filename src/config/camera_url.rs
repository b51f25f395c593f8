//! A camera's address: user and password taken out of it, and its mistakes explained without showing them.

use percent_encoding::percent_decode_str;
use url::Url;

pub(super) const ALLOWED: &str = "rtsp://HOST/PATH or rtsps://HOST/PATH";

/// An address without user and password, and those that stood in it, percent-decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CameraUrl {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
}

/// Errors: a sentence that goes on after the key, and never shows any part of the address.
pub(super) fn parse(text: &str) -> Result<CameraUrl, String> {
    if at_sign_behind_authority(text) {
        return Err(AT_SIGN.to_owned());
    }
    let mut url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => "has no rtsp:// in front".to_owned(),
        error => format!("is not an address: {error}"),
    })?;
    if !matches!(url.scheme(), "rtsp" | "rtsps") {
        return Err("is not an RTSP address".to_owned());
    }
    match url.host_str() {
        None | Some("") => return Err("has no host".to_owned()),
        Some(host) if host.contains('%') => {
            return Err("has a host with characters that no host has".to_owned());
        }
        Some(_) => {}
    }
    if url.port() == Some(0) {
        return Err("has port 0".to_owned());
    }
    if url.fragment().is_some() {
        return Err("holds a #: write it as %23".to_owned());
    }
    let user = decoded(url.username())?.filter(|user| !user.is_empty());
    let password = decoded(url.password().unwrap_or(""))?.filter(|password| !password.is_empty());
    if password.is_some() && user.is_none() {
        return Err("has a password but no user".to_owned());
    }
    let stripped = url.set_username("").and_then(|()| url.set_password(None));
    stripped.map_err(|()| "can't be used without its user and password".to_owned())?;
    let mut url = String::from(url);
    if at_sign_behind_authority(&url) {
        // Its user told where its host is; without one it could be mistaken when the settings are read again.
        let path = url.find("://").map_or(0, |at| at + "://".len());
        url = format!("{}{}", &url[..path], url[path..].replace('@', "%40"));
    }
    Ok(CameraUrl { url, user, password })
}

const AT_SIGN: &str = "has an @ behind its host: if it belongs to a password with / ? or # in it, use the keys \
                       `user` and `password` instead, or write / as %2F, ? as %3F, # as %23; in a path write @ as %40";

/// `rtsp://admin:pa/ss@host/` reads as host `admin`: the mistake would show up as a host that does not answer.
///
/// An @ in the path of a host that can only be a host (it has a dot or is an IPv6 address) is left alone.
fn at_sign_behind_authority(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let Some((host, port)) = authority.split_once(':') else { return false };
    let is_host = host.contains('.') && port.parse::<u16>().is_ok();
    tail.contains('@') && !authority.contains('@') && !is_host && !authority.starts_with('[')
}

fn decoded(part: &str) -> Result<Option<String>, String> {
    let text = percent_decode_str(part).decode_utf8();
    let text =
        text.map_err(|_| "has a user or password that is not UTF-8 after percent-decoding".to_owned())?;
    if text.chars().any(char::is_control) {
        return Err("has a user or password with a control character".to_owned());
    }
    Ok(Some(text.into_owned()))
}

/// The address for pages, logs and `check-config`: what some cameras take as a password in the query or path is
/// covered (`…?user=a&password=***`).
pub fn shown(url: &str) -> String {
    const NAMES: [&str; 6] = ["password=", "passwd=", "pass=", "pwd=", "psw=", "token="];
    let mut shown = url.to_owned();
    let mut from = 0;
    loop {
        let lower = shown[from..].to_ascii_lowercase();
        let next = NAMES.iter().filter_map(|name| lower.find(name).map(|at| from + at + name.len())).min();
        let Some(start) = next else { return shown };
        let len = shown[start..].find(['&', '/', ';', '#', '?']).unwrap_or(shown.len() - start);
        shown.replace_range(start..start + len, "***");
        from = start + "***".len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, url: &str, user: Option<&str>, password: Option<&str>) {
        let expected =
            CameraUrl { url: url.into(), user: user.map(Into::into), password: password.map(Into::into) };
        assert_eq!(parse(text), Ok(expected), "{text}");
    }

    #[test]
    fn user_and_password_are_decoded_and_taken_out() {
        check("rtsp://cam/live", "rtsp://cam/live", None, None);
        check("rtsps://10.0.0.5:322/a?b=c", "rtsps://10.0.0.5:322/a?b=c", None, None);
        check("rtsp://admin@cam/", "rtsp://cam/", Some("admin"), None);
        check("rtsp://a%40b:p%2Fs%20s@cam:554/x", "rtsp://cam:554/x", Some("a@b"), Some("p/s s"));
        check("rtsp://admin:p@ss@cam/x", "rtsp://cam/x", Some("admin"), Some("p@ss"));
        check("rtsp://admin@cam:554/live@1", "rtsp://cam:554/live%401", Some("admin"), None);
        check("rtsp://admin:50%off@cam/x", "rtsp://cam/x", Some("admin"), Some("50%off"));
        check("rtsp://[fd00::5]:554/x", "rtsp://[fd00::5]:554/x", None, None);
    }

    #[test]
    fn an_at_sign_in_the_path_of_a_real_host_stays() {
        check("rtsp://10.0.0.5:554/live@1", "rtsp://10.0.0.5:554/live@1", None, None);
        check("rtsp://cam/live@1", "rtsp://cam/live@1", None, None);
    }

    #[test]
    fn what_is_wrong_is_told_without_showing_the_address() {
        for (text, part) in [
            ("", "rtsp://"),
            ("cam/geheim", "rtsp://"),
            ("http://cam/geheim", "RTSP"),
            ("rtsp:///geheim", "host"),
            ("rtsp://k ä/geheim", "domain"),
            ("rtsp://kä/geheim", "host"),
            ("rtsp://cam:0/geheim", "port"),
            ("rtsp://cam:99999/geheim", "port"),
            ("rtsp://admin:geheim/x@cam/", "`password`"),
            ("rtsp://admin:12/34geheim@cam/", "`password`"),
            ("rtsp://admin:ge#heim@cam/", "`password`"),
            ("rtsp://admin:ge?heim@cam/", "`password`"),
            ("rtsp://ad.min:ge/heim@cam/", "`password`"),
            ("rtsp://:geheim@cam/", "no user"),
            ("rtsp://admin:%ffgeheim@cam/", "UTF-8"),
            ("rtsp://admin:%0ageheim@cam/", "control"),
            ("rtsp://cam/a#geheim", "%23"),
        ] {
            let message = parse(text).expect_err(text);
            assert!(message.contains(part), "{text}: {message}");
            assert!(!message.contains("geheim") && !message.contains("heim@"), "{message}");
        }
    }

    #[test]
    fn passwords_in_queries_are_covered() {
        assert_eq!(shown("rtsp://c/?user=a&Password=x&n=1"), "rtsp://c/?user=a&Password=***&n=1");
        assert_eq!(shown("rtsp://c/pwd=x/pass=y"), "rtsp://c/pwd=***/pass=***");
        assert_eq!(shown("rtsp://c/live"), "rtsp://c/live");
    }
}
