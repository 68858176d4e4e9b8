//! Record batches as producers write them, for tests of whoever reads them.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "what tests write is short, and memory takes it")]

use bytes::{BufMut, Bytes, BytesMut};
use std::io::Write as _;

/// How a batch is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// Snappy as librdkafka writes it.
    Snappy,
    /// Snappy as Java writes it, in blocks.
    Xerial,
    /// LZ4 in its frame.
    Lz4,
    /// zstd.
    Zstd,
}

impl Packing {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::None, Self::Gzip, Self::Snappy, Self::Xerial, Self::Lz4, Self::Zstd];

    fn number(self) -> i16 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy | Self::Xerial => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
        }
    }

    fn pack(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::None => bytes.to_vec(),
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory takes everything")
            }
            Self::Snappy => snap::raw::Encoder::new().compress_vec(bytes).expect("it is short enough"),
            Self::Xerial => {
                let mut packed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec();
                for block in bytes.chunks(32 * 1024) {
                    let block = Self::Snappy.pack(block);
                    packed.put_u32(u32::try_from(block.len()).expect("it is short enough"));
                    packed.extend(block);
                }
                packed
            }
            Self::Lz4 => {
                let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
                encoder.write_all(bytes).expect("memory takes everything");
                encoder.finish().expect("memory takes everything")
            }
            Self::Zstd => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
        }
    }
}

/// A record of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SampleRecord {
    /// Its key.
    pub key: Option<Vec<u8>>,
    /// Its value.
    pub value: Option<Vec<u8>>,
    /// Its headers.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
}

impl SampleRecord {
    /// A record with a key and a value.
    pub fn new(key: &str, value: impl AsRef<[u8]>) -> Self {
        Self { key: Some(key.into()), value: Some(value.as_ref().to_vec()), headers: Vec::new() }
    }
}

/// A batch in the making: uncompressed, written by nobody in particular at a time of its own.
#[derive(Clone, Debug)]
pub struct SampleBatch {
    /// The offset of its first record.
    pub base_offset: i64,
    /// When the first record was written; the others follow by a millisecond each.
    pub at: i64,
    /// What is in it.
    pub records: Vec<SampleRecord>,
    /// How it is packed.
    pub packing: Packing,
    /// The producer of a transaction.
    pub transaction_of: Option<i64>,
    control: bool,
}

impl SampleBatch {
    /// Records from an offset on.
    pub fn new(base_offset: i64, at: i64, records: Vec<SampleRecord>) -> Self {
        Self { base_offset, at, records, packing: Packing::None, transaction_of: None, control: false }
    }

    /// Packed like this.
    #[must_use]
    pub fn packed(mut self, packing: Packing) -> Self {
        self.packing = packing;
        self
    }

    /// Part of a transaction of this producer.
    #[must_use]
    pub fn of_transaction(mut self, producer: i64) -> Self {
        self.transaction_of = Some(producer);
        self
    }

    /// The end of this producer's transaction: 1 where it counts, 0 where it does not.
    pub fn marker(offset: i64, producer: i64, kind: u8) -> Self {
        let record = SampleRecord { key: Some(vec![0, 0, 0, kind]), value: Some(vec![0; 6]), headers: Vec::new() };
        Self { control: true, ..Self::new(offset, 0, vec![record]).of_transaction(producer) }
    }

    /// As it goes over the wire.
    pub fn bytes(&self) -> Bytes {
        let mut records = BytesMut::new();
        for (at, record) in (0..).zip(&self.records) {
            let record = body(record, at);
            varint(&mut records, i64::try_from(record.len()).expect("it is short enough"));
            records.extend(record);
        }
        let count = i32::try_from(self.records.len()).expect("they are few enough");
        let flags = i16::from(self.transaction_of.is_some()) << 4 | i16::from(self.control) << 5;
        let mut checked = BytesMut::new();
        checked.put_i16(self.packing.number() | flags);
        checked.put_i32((count - 1).max(0));
        checked.put_i64(self.at);
        checked.put_i64(self.at + i64::from(count));
        checked.put_i64(self.transaction_of.unwrap_or(-1));
        checked.put_i16(0);
        checked.put_i32(-1);
        checked.put_i32(count);
        checked.extend(self.packing.pack(&records));
        let mut batch = BytesMut::new();
        batch.put_i64(self.base_offset);
        batch.put_i32(i32::try_from(checked.len() + 9).expect("it is short enough"));
        batch.put_i32(0);
        batch.put_i8(2);
        batch.put_u32(crc32c::crc32c(&checked));
        batch.extend(checked);
        batch.freeze()
    }
}

fn body(record: &SampleRecord, at: i64) -> BytesMut {
    let mut bytes = BytesMut::new();
    bytes.put_i8(0);
    varint(&mut bytes, at);
    varint(&mut bytes, at);
    nullable(&mut bytes, record.key.as_deref());
    nullable(&mut bytes, record.value.as_deref());
    varint(&mut bytes, i64::try_from(record.headers.len()).expect("they are few enough"));
    for (name, value) in &record.headers {
        nullable(&mut bytes, Some(name.as_bytes()));
        nullable(&mut bytes, value.as_deref());
    }
    bytes
}

fn nullable(bytes: &mut BytesMut, piece: Option<&[u8]>) {
    let Some(piece) = piece else { return varint(bytes, -1) };
    varint(bytes, i64::try_from(piece.len()).expect("it is short enough"));
    bytes.extend(piece);
}

/// Zigzag, seven bits a byte.
fn varint(bytes: &mut BytesMut, value: i64) {
    let mut left = ((value << 1) ^ (value >> 63)).cast_unsigned();
    loop {
        let low = u8::try_from(left & 0x7f).expect("seven bits");
        left >>= 7;
        if left == 0 {
            return bytes.put_u8(low);
        }
        bytes.put_u8(low | 0x80);
    }
}
