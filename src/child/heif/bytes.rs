//! Numbers and boxes in a piece of memory (ISO/IEC 14496-12, 4.2). Pure.

use super::items::Odd;

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Odd> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Odd::Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of up to 8 bytes; of none it is 0.
    pub(super) fn number(&mut self, bytes: usize) -> Result<u64, Odd> {
        if bytes > 8 {
            return Err(Odd::Damaged);
        }
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    pub(super) fn name(&mut self) -> Result<[u8; 4], Odd> {
        self.take(4)?.try_into().map_err(|_| Odd::Damaged)
    }

    /// The number of an item, which newer versions of boxes have in 4 bytes.
    pub(super) fn id(&mut self, is_long: bool) -> Result<u32, Odd> {
        Ok(self.number(if is_long { 4 } else { 2 })? as u32)
    }

    /// Version and flags, which many boxes begin with.
    pub(super) fn version(&mut self) -> Result<(u64, u64), Odd> {
        Ok((self.number(1)?, self.number(3)?))
    }

    /// The next box, if there is one.
    pub(super) fn next_box(&mut self) -> Result<Option<([u8; 4], Self)>, Odd> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let (size, name) = (self.number(4)?, self.name()?);
        let content = match size {
            0 => self.0.len(),
            1 => self.number(8)?.checked_sub(16).and_then(|size| size.try_into().ok()).ok_or(Odd::Damaged)?,
            size => size.checked_sub(8).and_then(|size| size.try_into().ok()).ok_or(Odd::Damaged)?,
        };
        Ok(Some((name, Self(self.take(content)?))))
    }
}
