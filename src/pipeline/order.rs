//! What a child is told of the camera that it is to read.

use std::io::{self, Read, Write};

use crate::rtsp::Trust;

/// Of one field.
const FIELD_BYTES_MAX: usize = 16 << 10;

/// What it is to read. No `Debug`: it holds a password.
pub struct Order {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub tcp: bool,
    pub trust: Trust,
    pub sound: bool,
    /// Where media time begins, on the machine's clock that only rises.
    pub base_ns: u64,
}

impl Order {
    /// As bytes: fields with a zero behind each, and one more at the end.
    pub fn write(&self, to: &mut impl Write) -> io::Result<()> {
        let optional =
            |text: &Option<String>| text.as_ref().map_or("-".to_owned(), |text| format!("+{text}"));
        let flag = |flag: bool| if flag { "1" } else { "0" }.to_owned();
        let base = self.base_ns.to_string();
        let (user, password) = (optional(&self.user), optional(&self.password));
        let trust = match &self.trust {
            Trust::Authorities => "authorities".to_owned(),
            Trust::Anybody => "anybody".to_owned(),
            Trust::Fingerprint(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        };
        for field in [&self.url, &user, &password, &flag(self.tcp), &trust, &flag(self.sound), &base] {
            to.write_all(field.replace('\0', "").as_bytes())?;
            to.write_all(&[0])?;
        }
        to.flush()
    }

    pub fn read(from: &mut impl Read) -> Option<Self> {
        let (mut text, mut byte, mut fields) = (Vec::new(), [0], Vec::new());
        while fields.len() < 7 {
            from.read_exact(&mut byte).ok()?;
            match byte[0] {
                0 => fields.push(String::from_utf8(std::mem::take(&mut text)).ok()?),
                other if text.len() < FIELD_BYTES_MAX => text.push(other),
                _ => return None,
            }
        }
        let [url, user, password, tcp, trust, sound, base] = <[String; 7]>::try_from(fields).ok()?;
        let optional = |text: String| text.strip_prefix('+').map(str::to_owned);
        Some(Self {
            url,
            user: optional(user),
            password: optional(password),
            tcp: tcp == "1",
            trust: match trust.as_str() {
                "authorities" => Trust::Authorities,
                "anybody" => Trust::Anybody,
                fingerprint => Trust::Fingerprint(bytes_of(fingerprint)?),
            },
            sound: sound == "1",
            base_ns: base.parse().ok()?,
        })
    }
}

/// Of 64 hexadecimal digits.
fn bytes_of(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 2 * bytes.len() {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        let order = Order {
            url: "rtsp://cam/1".to_owned(),
            user: Some("+ü".to_owned()),
            password: None,
            tcp: true,
            trust: Trust::Fingerprint([0xa7; 32]),
            sound: false,
            base_ns: 7,
        };
        let mut bytes = Vec::new();
        order.write(&mut bytes).expect("memory");
        let read = Order::read(&mut &bytes[..]).expect("whole");
        assert_eq!((read.url, read.user, read.password), (order.url, order.user, order.password));
        assert_eq!((read.tcp, read.sound, read.base_ns), (true, false, 7));
        assert_eq!(read.trust, Trust::Fingerprint([0xa7; 32]));
        assert!((0..bytes.len()).all(|end| Order::read(&mut &bytes[..end]).is_none()));
    }
}
