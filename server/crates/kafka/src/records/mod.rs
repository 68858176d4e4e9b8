//! Record batches as brokers keep and send them, read and never written: which records are in them, and what of them is no record.
//!
//! Everything in here is pure and believes nothing: sums are checked, lengths are held against what is there, what is packed
//! is unpacked up to a limit, and records are read one by one, so that a few bytes never become much memory. Batches are those
//! of Kafka 0.11 and later (magic 2); older ones are recognised and left closed, since Kafka 4 has none. The decoder of
//! kafka-protocol is not used: it makes all records of a batch at once, as many as the batch announces.

mod reader;
mod record;
mod unpack;

#[cfg(test)]
mod tests;

pub use record::{Header, Record, Records};
pub use unpack::Compression;

use bytes::{Buf, Bytes};
use reader::{Malformed, Reader};

/// The batches in what a broker sent for a partition. A last one that was cut off is left out, as brokers expect.
pub fn batches(bytes: Bytes) -> Batches {
    Batches(bytes)
}

/// Goes through batches.
#[derive(Clone, Debug)]
pub struct Batches(Bytes);

/// One batch, closed.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The offset that its first record had when it was written.
    pub base_offset: i64,
    /// The offset of its last one. Compaction may have taken either away.
    pub last_offset: i64,
    /// Who wrote it; none for producers that are not numbered.
    pub producer: Option<i64>,
    /// Whether its records belong to a transaction.
    pub in_transaction: bool,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Records(Packed),
    Control(Packed),
    Unreadable(Unreadable),
}

/// The records of a batch, as they came.
#[derive(Clone, Debug)]
struct Packed {
    compression: Compression,
    announced: u32,
    stamps: Stamps,
    payload: Bytes,
}

/// Where the times of records come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamps {
    /// From whoever wrote them; those of the batch are told from this one.
    Created(i64),
    /// From the broker that took them in, the same for all of the batch.
    Appended(i64),
}

/// What is in a batch.
#[derive(Clone, Debug)]
pub enum Opened {
    /// Records, to be read one by one.
    Records(Records),
    /// No record: the end of a transaction, or something that brokers keep for themselves.
    Marker(Marker),
    /// Nobody can say.
    Unreadable(Unreadable),
}

/// What a control batch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// The producer's transaction counts.
    Commit,
    /// It does not: what it wrote before is void.
    Abort,
    /// Something that is no business of readers.
    Other,
}

/// Why a batch stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by Kafka 0.10 or before, or for a topic that was kept in that format.
    #[error("it is in the format of Kafka before 0.11 (magic {0}), which is too old to be shown")]
    TooOld(i8),
    /// Of a later format than is known here.
    #[error("it is in a format that is not known here (magic {0})")]
    TooNew(i8),
    /// The bytes are not those that were written.
    #[error("its checksum is wrong: the bytes were damaged")]
    Checksum,
    /// Packed in a way that is not known here.
    #[error("it is compressed in a way that is not known here ({0})")]
    UnknownCompression(i16),
    /// Does not unpack.
    #[error("its {0} does not unpack")]
    Packing(Compression),
    /// More than is unpacked here.
    #[error("it is larger, unpacked, than Klamm shows")]
    TooLarge,
    /// Lengths and offsets that cannot be.
    #[error("it is malformed")]
    Malformed,
}

impl From<Malformed> for Unreadable {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Offset and length, which even the oldest batches begin with.
const PREFIX: usize = 12;
/// Where the magic byte is, in all of them.
const MAGIC: usize = 16;
/// What stands before the records of a batch of today.
const HEAD: usize = 61;
/// Where its checksum begins to count.
const CHECKED: usize = 21;

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut head = Reader::new(self.0.clone());
        let base_offset = head.i64().ok()?;
        let length = head.i32().ok()?;
        let whole = usize::try_from(length).ok().and_then(|length| length.checked_add(PREFIX));
        let Some(whole) = whole.filter(|whole| *whole > MAGIC) else {
            // Nobody can say where the next one begins.
            self.0.clear();
            return Some(Batch::closed(base_offset, Unreadable::Malformed));
        };
        if whole > self.0.remaining() {
            self.0.clear();
            return None;
        }
        let bytes = self.0.split_to(whole);
        Some(Batch::read(base_offset, &bytes))
    }
}

impl Batch {
    fn closed(base_offset: i64, why: Unreadable) -> Self {
        let form = Form::Unreadable(why);
        Self { base_offset, last_offset: base_offset, producer: None, in_transaction: false, form }
    }

    fn read(base_offset: i64, bytes: &Bytes) -> Self {
        let magic = bytes.get(MAGIC).map_or(0, |byte| byte.cast_signed());
        match magic {
            ..=1 => return Self::closed(base_offset, Unreadable::TooOld(magic)),
            2 => {}
            3.. => return Self::closed(base_offset, Unreadable::TooNew(magic)),
        }
        Self::read_current(base_offset, bytes).unwrap_or_else(|why| Self::closed(base_offset, why))
    }

    fn read_current(base_offset: i64, bytes: &Bytes) -> Result<Self, Unreadable> {
        let (Some(checked), true) = (bytes.get(CHECKED..), bytes.len() >= HEAD) else {
            return Err(Unreadable::Malformed);
        };
        let mut head = Reader::new(bytes.slice(MAGIC + 1..));
        let is_whole = head.i32()?.cast_unsigned() == crc32c::crc32c(checked);
        let attributes = head.i16()?;
        let last_delta = i64::from(head.i32()?);
        let (base_time, max_time) = (head.i64()?, head.i64()?);
        let producer = Some(head.i64()?).filter(|id| *id >= 0);
        let (_epoch, _sequence) = (head.i16()?, head.i32()?);
        let announced = u32::try_from(head.i32()?).map_err(|_| Unreadable::Malformed)?;
        let last_offset = base_offset.checked_add(last_delta).filter(|last| base_offset >= 0 && *last >= base_offset);
        let last_offset = last_offset.ok_or(Unreadable::Malformed)?;
        let stamps = if attributes & 0b1000 == 0 { Stamps::Created(base_time) } else { Stamps::Appended(max_time) };
        let compression = Compression::of(attributes & 0b111);
        let form = match compression {
            // Where it ends is believed all the same: whoever reads on has to pass it.
            _ if !is_whole => Form::Unreadable(Unreadable::Checksum),
            None => Form::Unreadable(Unreadable::UnknownCompression(attributes & 0b111)),
            Some(compression) => {
                let packed = Packed { compression, announced, stamps, payload: head.rest() };
                if attributes & 0b10_0000 == 0 { Form::Records(packed) } else { Form::Control(packed) }
            }
        };
        let in_transaction = attributes & 0b1_0000 != 0;
        Ok(Self { base_offset, last_offset, producer, in_transaction, form })
    }

    /// What is in it, unpacked to so many bytes at most. What lies beyond them is missing from the records, which say so.
    pub fn open(&self, most: usize) -> Opened {
        match &self.form {
            Form::Unreadable(why) => Opened::Unreadable(*why),
            Form::Records(packed) => match packed.open(self.base_offset, most) {
                Ok(records) => Opened::Records(records),
                Err(why) => Opened::Unreadable(why),
            },
            Form::Control(packed) => match packed.open(self.base_offset, most) {
                Ok(records) => Opened::Marker(marker(records)),
                Err(why) => Opened::Unreadable(why),
            },
        }
    }
}

impl Packed {
    fn open(&self, base_offset: i64, most: usize) -> Result<Records, Unreadable> {
        let bytes = self.compression.unpack(&self.payload, most)?;
        Ok(Records::new(bytes, base_offset, self.stamps, self.announced))
    }
}

/// The key of a marker has its version and its kind.
fn marker(mut records: Records) -> Marker {
    let key = records.next().and_then(|record| record.key);
    match key.as_deref() {
        Some([_, _, 0, 0, ..]) => Marker::Abort,
        Some([_, _, 0, 1, ..]) => Marker::Commit,
        Some(_) | None => Marker::Other,
    }
}
