//! What is packed, up to a limit.

use super::Unreadable;
use bytes::{Buf, Bytes};
use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::StreamingDecoder;
use std::{
    fmt,
    io::{self, Read},
};

/// How the records of a batch are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// Snappy, in the frame of Java's library or without one.
    Snappy,
    /// LZ4 in its own frame.
    Lz4,
    /// RFC 8878.
    Zstd,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "nothing",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        })
    }
}

/// What everybody who unpacks zstd has to be able to keep (RFC 8878, 3.1.1.1.2); whatever wants more stays closed.
const ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// What Java's snappy writes before its blocks: a name, and two versions of four bytes each.
const XERIAL: &[u8] = b"\x82SNAPPY\0";
const XERIAL_HEAD: usize = 16;

impl Compression {
    /// By its number in a batch.
    pub(super) fn of(number: i16) -> Option<Self> {
        match number {
            0 => Some(Self::None),
            1 => Some(Self::Gzip),
            2 => Some(Self::Snappy),
            3 => Some(Self::Lz4),
            4 => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The first `most` bytes of what is packed. What cannot be unpacked at all is an error; what breaks off later is not.
    pub(super) fn unpack(self, packed: &Bytes, most: usize) -> Result<Bytes, Unreadable> {
        let mut unpacked = Vec::new();
        let done = match self {
            Self::None => return Ok(packed.slice(..packed.len().min(most))),
            Self::Gzip => fill(MultiGzDecoder::new(&packed[..]), most, &mut unpacked),
            Self::Lz4 => fill(lz4_flex::frame::FrameDecoder::new(&packed[..]), most, &mut unpacked),
            Self::Zstd => match StreamingDecoder::new_with_max_window_size(&packed[..], ZSTD_WINDOW) {
                Ok(decoder) => fill(decoder, most, &mut unpacked),
                Err(error) => Err(io::Error::other(error)),
            },
            Self::Snappy => snappy(packed, most, &mut unpacked),
        };
        match done {
            Err(error) if unpacked.is_empty() && error.kind() == io::ErrorKind::FileTooLarge => {
                Err(Unreadable::TooLarge)
            }
            Err(_) if unpacked.is_empty() => Err(Unreadable::Packing(self)),
            Ok(()) | Err(_) => Ok(unpacked.into()),
        }
    }
}

fn fill(from: impl Read, most: usize, into: &mut Vec<u8>) -> io::Result<()> {
    from.take(most as u64).read_to_end(into).map(drop)
}

fn snappy(packed: &Bytes, most: usize, into: &mut Vec<u8>) -> io::Result<()> {
    if !packed.starts_with(XERIAL) {
        return snappy_block(packed, most, into);
    }
    let mut rest = packed.slice(XERIAL_HEAD.min(packed.len())..);
    while !rest.is_empty() && into.len() < most {
        let length = usize::try_from(rest.try_get_u32().map_err(io::Error::other)?).map_err(io::Error::other)?;
        if length > rest.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        snappy_block(&rest.split_to(length), most, into)?;
    }
    Ok(())
}

/// No byte of snappy stands for more: three of them copy 64.
const SNAPPY_MOST: usize = 64;

/// A block says how long it is unpacked, and is made as a whole: one that does not fit below the limit ends it.
fn snappy_block(block: &[u8], most: usize, into: &mut Vec<u8>) -> io::Result<()> {
    let length = snap::raw::decompress_len(block).map_err(io::Error::other)?;
    let before = into.len();
    if length > block.len().saturating_mul(SNAPPY_MOST) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if length > most.saturating_sub(before) {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    into.resize(before + length, 0);
    let written = snap::raw::Decoder::new().decompress(block, &mut into[before..]);
    into.truncate(before + written.as_ref().copied().unwrap_or_default());
    written.map(drop).map_err(io::Error::other)
}
