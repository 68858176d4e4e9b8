//! The records of a load: numbered, and with a checksum of their own, which no broker makes anew.

use std::fmt;

const MARK: &[u8; 4] = b"klam";
/// Mark, run, partition, sequence.
const HEAD: usize = 4 + 8 + 4 + 8;
const CHECKSUM: usize = 4;

/// Which record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp {
    /// The load it belongs to.
    pub run: u64,
    /// The partition it was written to.
    pub partition: i32,
    /// Counts from 0 in each partition.
    pub sequence: u64,
}

/// Why a record is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// It is no record of a load.
    Foreign,
    /// It is, and its bytes are not those that were written.
    Checksum,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Foreign => "no record of a load",
            Self::Checksum => "a record whose checksum is wrong",
        })
    }
}

impl Stamp {
    /// The record, of so many bytes or as many as it takes.
    pub(super) fn written(self, bytes: usize) -> Vec<u8> {
        let mut record = Vec::with_capacity(bytes.max(HEAD + CHECKSUM));
        record.extend_from_slice(MARK);
        record.extend_from_slice(&self.run.to_be_bytes());
        record.extend_from_slice(&self.partition.to_be_bytes());
        record.extend_from_slice(&self.sequence.to_be_bytes());
        // Nothing that packs well: what is moved and stored is what was asked for.
        let mut noise = self.sequence ^ 0x9e37_79b9_7f4a_7c15;
        while record.len() + CHECKSUM < bytes {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            record.push(noise.to_be_bytes()[0]);
        }
        record.extend_from_slice(&crc32c::crc32c(&record).to_be_bytes());
        record
    }

    /// Reads a record back.
    pub(super) fn read(record: &[u8]) -> Result<Self, Damage> {
        let parts = || {
            let (content, checksum) = record.split_last_chunk::<CHECKSUM>()?;
            let (mark, rest) = content.split_first_chunk::<4>()?;
            let (run, rest) = rest.split_first_chunk()?;
            let (partition, rest) = rest.split_first_chunk()?;
            let (sequence, _) = rest.split_first_chunk()?;
            let stamp = Self {
                run: u64::from_be_bytes(*run),
                partition: i32::from_be_bytes(*partition),
                sequence: u64::from_be_bytes(*sequence),
            };
            (mark == MARK).then_some((stamp, content, u32::from_be_bytes(*checksum)))
        };
        let (stamp, content, checksum) = parts().ok_or(Damage::Foreign)?;
        if crc32c::crc32c(content) == checksum { Ok(stamp) } else { Err(Damage::Checksum) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp { run: 7, partition: 3, sequence: 1_000_000 };

    #[test]
    fn a_record_says_who_it_is_at_any_size() {
        for bytes in [0, HEAD + CHECKSUM, 200] {
            let record = STAMP.written(bytes);
            assert_eq!(record.len(), bytes.max(HEAD + CHECKSUM));
            assert_eq!(Stamp::read(&record), Ok(STAMP));
        }
    }

    #[test]
    fn a_flipped_bit_and_a_lost_byte_are_noticed_wherever_they_are() {
        let record = STAMP.written(64);
        for place in 0..record.len() {
            let mut damaged = record.clone();
            damaged[place] ^= 1;
            Stamp::read(&damaged).unwrap_err();
        }
        Stamp::read(&record[..63]).unwrap_err();
        assert_eq!(Stamp::read(b"hello"), Err(Damage::Foreign));
    }
}
