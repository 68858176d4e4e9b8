//! Numbers and pieces off the front of bytes, each only as far as there are any.

use bytes::{Buf, Bytes};

/// There is not what should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Bytes that are read from the front.
#[derive(Clone, Debug)]
pub(super) struct Reader(Bytes);

/// The longest varint of 64 bits.
const LONGEST_VARINT: u32 = 10;

impl Reader {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn rest(self) -> Bytes {
        self.0
    }

    pub(super) fn i8(&mut self) -> Result<i8, Malformed> {
        self.0.try_get_i8().map_err(|_| Malformed)
    }

    pub(super) fn i16(&mut self) -> Result<i16, Malformed> {
        self.0.try_get_i16().map_err(|_| Malformed)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        self.0.try_get_i32().map_err(|_| Malformed)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Malformed> {
        self.0.try_get_i64().map_err(|_| Malformed)
    }

    /// A number as the protocol's zigzag varints have it.
    pub(super) fn varlong(&mut self) -> Result<i64, Malformed> {
        let mut value: u64 = 0;
        for read in 0..LONGEST_VARINT {
            let byte = self.0.try_get_u8().map_err(|_| Malformed)?;
            value |= u64::from(byte & 0x7f).checked_shl(7 * read).unwrap_or_default();
            if byte < 0x80 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Malformed)
    }

    /// The same, where it counts something.
    pub(super) fn count(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.varlong()?).map_err(|_| Malformed)
    }

    /// So many bytes.
    pub(super) fn piece(&mut self, length: usize) -> Result<Bytes, Malformed> {
        if length > self.0.remaining() { Err(Malformed) } else { Ok(self.0.split_to(length)) }
    }

    /// Bytes with their length before them; none where that is negative.
    pub(super) fn nullable(&mut self) -> Result<Option<Bytes>, Malformed> {
        match self.varlong()? {
            ..0 => Ok(None),
            length => self.piece(usize::try_from(length).map_err(|_| Malformed)?).map(Some),
        }
    }
}
