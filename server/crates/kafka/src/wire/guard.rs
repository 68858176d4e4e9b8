//! A buffer that refuses lengths its bytes cannot hold.
//!
//! Generated decoders reserve memory for as many items as a message announces before they read the first one, so that a
//! few hostile bytes could ask for hundreds of gigabytes and abort the process. In the flexible versions of messages
//! (the only ones decoded here) every length and count is an unsigned varint, and decoders read varints byte by byte
//! through [`Buf::try_get_u8`]. That is the place to look at them: a length far beyond what is left is refused there.

use bytes::{Buf, Bytes, TryGetError};
use kafka_protocol::protocol::buf::ByteBuf;
use std::ops::Range;

/// A varint may exceed the remaining bytes by this much: field tags are varints too, and small.
const SLACK: u64 = 16 * 1024;
/// No list or text of any answer is longer than this, whatever the frame holds.
const MOST: u64 = 2 * 1024 * 1024;
/// But for records, which come as one piece of bytes: a batch comes whole, even where it is larger than was asked for.
const MOST_OF_RECORDS: u64 = 8 * 1024 * 1024;

/// The bytes of an answer, guarded.
pub(crate) struct Guarded {
    bytes: Bytes,
    most: u64,
    value: u64,
    read: u32,
}

impl Guarded {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self { bytes, most: MOST, value: 0, read: 0 }
    }

    /// An answer that holds records.
    pub(crate) fn with_records(bytes: Bytes) -> Self {
        Self { most: MOST_OF_RECORDS, ..Self::new(bytes) }
    }

    fn reset(&mut self) {
        self.value = 0;
        self.read = 0;
    }
}

impl Buf for Guarded {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.reset();
        self.bytes.advance(count);
    }

    fn try_get_u8(&mut self) -> Result<u8, TryGetError> {
        let byte = self.bytes.try_get_u8()?;
        self.value |= u64::from(byte & 0x7f) << (7 * self.read);
        self.read += 1;
        if byte < 0x80 || self.read == 5 {
            let value = self.value;
            let left = self.bytes.remaining();
            self.reset();
            if value > (left as u64).saturating_add(SLACK).min(self.most) {
                return Err(TryGetError { requested: usize::try_from(value).unwrap_or(usize::MAX), available: left });
            }
        }
        Ok(byte)
    }
}

impl ByteBuf for Guarded {
    fn peek_bytes(&mut self, range: Range<usize>) -> Bytes {
        self.bytes.slice(range)
    }

    fn get_bytes(&mut self, size: usize) -> Bytes {
        self.reset();
        self.bytes.split_to(size)
    }
}
