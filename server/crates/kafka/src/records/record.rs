//! Records, one by one.

use super::{
    Stamps,
    reader::{Malformed, Reader},
};
use bytes::Bytes;
use klamm_model::UnixMillis;

/// A record as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where it is in its partition.
    pub offset: i64,
    /// When it was written, or taken in; none where nobody said.
    pub timestamp: Option<UnixMillis>,
    /// What it is about; none where it has none.
    pub key: Option<Bytes>,
    /// What it says; none where it says that its key is gone.
    pub value: Option<Bytes>,
    /// The first of its headers.
    pub headers: Vec<Header>,
    /// How many headers it has.
    pub header_count: usize,
}

/// What stands beside the value of a record. Names may occur more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Text, if whoever wrote it kept to the rules.
    pub name: Bytes,
    /// Any bytes, or none.
    pub value: Option<Bytes>,
}

/// Headers that are told of a record.
const HEADERS: usize = 64;

/// The records of a batch. Ends where they end, or where they cannot be understood any more.
#[derive(Clone, Debug)]
pub struct Records {
    bytes: Reader,
    unpacked: usize,
    base_offset: i64,
    stamps: Stamps,
    missing: u32,
}

impl Records {
    pub(super) fn new(bytes: Bytes, base_offset: i64, stamps: Stamps, announced: u32) -> Self {
        Self { unpacked: bytes.len(), bytes: Reader::new(bytes), base_offset, stamps, missing: announced }
    }

    /// How many bytes they are.
    pub fn unpacked(&self) -> usize {
        self.unpacked
    }

    /// Records that were announced and have not come. At the end: those that were cut off or cannot be understood.
    pub fn missing(&self) -> u32 {
        self.missing
    }

    /// Where their times come from.
    pub fn stamps(&self) -> Stamps {
        self.stamps
    }

    fn read(&mut self) -> Result<Record, Malformed> {
        let length = self.bytes.count()?;
        let mut record = Reader::new(self.bytes.piece(length)?);
        let _attributes = record.i8()?;
        let time_delta = record.varlong()?;
        let offset_delta = i32::try_from(record.varlong()?).map_err(|_| Malformed)?;
        let offset = self.base_offset.checked_add(i64::from(offset_delta)).filter(|offset| *offset >= 0);
        let (key, value) = (record.nullable()?, record.nullable()?);
        let header_count = record.count()?;
        let mut headers = Vec::new();
        for _ in 0..header_count.min(HEADERS) {
            let name = record.count()?;
            headers.push(Header { name: record.piece(name)?, value: record.nullable()? });
        }
        let moment = match self.stamps {
            Stamps::Created(base) => base.saturating_add(time_delta),
            Stamps::Appended(at) => at,
        };
        Ok(Record {
            offset: offset.ok_or(Malformed)?,
            timestamp: Some(UnixMillis(moment)).filter(|at| at.0 >= 0),
            key,
            value,
            headers,
            header_count,
        })
    }
}

impl Iterator for Records {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        if self.missing == 0 || self.bytes.is_empty() {
            return None;
        }
        if let Ok(record) = self.read() {
            self.missing -= 1;
            Some(record)
        } else {
            // Nobody can say where the next one begins.
            self.bytes = Reader::new(Bytes::new());
            None
        }
    }
}
