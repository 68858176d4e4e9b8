use super::*;
use klamm_model::UnixMillis;
use klamm_testkit::{Packing, SampleBatch, SampleRecord};
use proptest::prelude::*;

const PLENTY: usize = 16 * 1024 * 1024;
const AT: i64 = 1_700_000_000_000;

fn one(bytes: Bytes) -> Batch {
    let all: Vec<Batch> = batches(bytes).collect();
    assert_eq!(all.len(), 1);
    all.into_iter().next().unwrap()
}

fn records(batch: &Batch, most: usize) -> (Vec<Record>, u32) {
    let Opened::Records(mut records) = batch.open(most) else { panic!("{batch:?}") };
    let all = records.by_ref().collect();
    (all, records.missing())
}

fn unreadable(batch: &Batch) -> Unreadable {
    let Opened::Unreadable(why) = batch.open(PLENTY) else { panic!("{batch:?}") };
    why
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn sample(packing: Packing) -> SampleBatch {
    let with_headers = SampleRecord {
        headers: vec![("trace".to_owned(), Some(vec![0, 255])), ("trace".to_owned(), None)],
        ..SampleRecord::new("a", "one")
    };
    let gone = SampleRecord { key: Some(b"b".to_vec()), ..SampleRecord::default() };
    let large = SampleRecord::new("c", "x".repeat(100_000));
    SampleBatch::new(41, AT, vec![with_headers, gone, large]).packed(packing)
}

#[test]
fn every_packing_gives_back_what_was_written() {
    for packing in Packing::ALL {
        let batch = one(sample(packing).bytes());
        assert_eq!((batch.base_offset, batch.last_offset, batch.producer), (41, 43, None), "{packing:?}");
        let (read, missing) = records(&batch, PLENTY);
        assert_eq!(missing, 0, "{packing:?}");
        let offsets: Vec<_> = read.iter().map(|record| (record.offset, record.timestamp)).collect();
        let at = |millis| Some(UnixMillis(AT + millis));
        assert_eq!(offsets, [(41, at(0)), (42, at(1)), (43, at(2))], "{packing:?}");
        assert_eq!((&read[0].key, &read[0].value), (&Some(bytes("a")), &Some(bytes("one"))));
        let header = |value| Header { name: Bytes::from_static(b"trace"), value };
        assert_eq!(read[0].headers, [header(Some(Bytes::from_static(&[0, 255]))), header(None)]);
        assert_eq!((&read[1].key, &read[1].value), (&Some(bytes("b")), &None));
        assert_eq!(read[2].value.as_ref().map(Bytes::len), Some(100_000));
    }
}

#[test]
fn a_bomb_stops_at_the_limit_and_what_fitted_is_there() {
    let large = |key: &str| SampleRecord::new(key, "0".repeat(4_000_000));
    for packing in Packing::ALL {
        let records_of_it = vec![SampleRecord::new("first", "small"), large("b"), large("c")];
        let batch = one(SampleBatch::new(0, AT, records_of_it).packed(packing).bytes());
        match batch.open(5_000_000) {
            Opened::Records(mut read) => {
                assert!(read.unpacked() <= 5_000_000, "{packing:?}");
                let keys: Vec<_> = read.by_ref().filter_map(|record| record.key).collect();
                assert_eq!((keys, read.missing()), (vec![bytes("first"), bytes("b")], 1), "{packing:?}");
            }
            // Without a frame there is one block, all of it or nothing.
            Opened::Unreadable(why) => assert_eq!((packing, why), (Packing::Snappy, Unreadable::TooLarge)),
            Opened::Marker(marker) => panic!("{marker:?}"),
        }
    }
}

#[test]
fn what_was_damaged_is_said_to_be_and_the_next_batch_is_read() {
    let good = sample(Packing::None).bytes();
    let mut bad = good.to_vec();
    let last = bad.len() - 1;
    bad[last] ^= 1;
    let both = [bad.as_slice(), &good].concat();
    let all: Vec<Batch> = batches(both.into()).collect();
    assert_eq!(all.len(), 2);
    assert_eq!((unreadable(&all[0]), all[0].last_offset), (Unreadable::Checksum, 43), "its end is known");
    assert_eq!(records(&all[1], PLENTY).0.len(), 3);
}

/// Bytes of a batch that pretends to be of another format.
fn with_magic(magic: u8) -> Bytes {
    let mut bytes = sample(Packing::None).bytes().to_vec();
    bytes[16] = magic;
    bytes.into()
}

#[test]
fn formats_that_are_too_old_or_not_known_are_named() {
    assert_eq!(unreadable(&one(with_magic(0))), Unreadable::TooOld(0));
    assert_eq!(unreadable(&one(with_magic(1))), Unreadable::TooOld(1));
    assert_eq!(unreadable(&one(with_magic(3))), Unreadable::TooNew(3));
    assert_eq!(unreadable(&one(with_magic(255))), Unreadable::TooOld(-1));
}

#[test]
fn what_was_cut_off_is_no_batch() {
    let whole = sample(Packing::Zstd).bytes();
    for length in 0..whole.len() {
        assert_eq!(batches(whole.slice(..length)).count(), 0, "{length}");
    }
    let two = [&whole[..], &whole[..70]].concat();
    assert_eq!(batches(two.into()).count(), 1);
}

#[test]
fn ends_of_transactions_are_markers_and_belong_to_their_producer() {
    for (kind, marker) in [(0, Marker::Abort), (1, Marker::Commit), (7, Marker::Other)] {
        let batch = one(SampleBatch::marker(9, 4711, kind).bytes());
        assert_eq!((batch.producer, batch.last_offset, batch.in_transaction), (Some(4711), 9, true));
        let Opened::Marker(read) = batch.open(PLENTY) else { panic!("{batch:?}") };
        assert_eq!(read, marker);
    }
    let written = one(sample(Packing::None).of_transaction(5).bytes());
    assert_eq!((written.producer, written.in_transaction), (Some(5), true));
}

#[test]
fn many_headers_are_counted_and_the_first_are_told() {
    let headers = (0..1000).map(|at| (at.to_string(), None)).collect();
    let record = SampleRecord { headers, ..SampleRecord::new("k", "v") };
    let (read, _) = records(&one(SampleBatch::new(0, AT, vec![record]).bytes()), PLENTY);
    assert_eq!((read[0].header_count, read[0].headers.len()), (1000, 64));
}

/// As much as anybody would look at; the numbers only keep the compiler from leaving it out.
fn look_at_all(bytes: Bytes) -> (usize, usize) {
    let (mut seen, mut size) = (0, 0);
    for batch in batches(bytes) {
        assert!(batch.last_offset >= batch.base_offset || matches!(batch.open(1), Opened::Unreadable(_)));
        if let Opened::Records(records) = batch.open(1 << 20) {
            assert!(records.unpacked() <= 1 << 20);
            for record in records {
                seen += 1;
                size += record.value.map_or(0, |value| value.len());
            }
        }
    }
    (seen, size)
}

/// A batch whose head is true and whose records are anything.
fn sealed(attributes: i16, count: i32, payload: &[u8]) -> Bytes {
    let mut checked = Vec::new();
    checked.extend(attributes.to_be_bytes());
    checked.extend(0_i32.to_be_bytes());
    checked.extend([0; 16]);
    checked.extend((-1_i64).to_be_bytes());
    checked.extend([0; 6]);
    checked.extend(count.to_be_bytes());
    checked.extend(payload);
    let mut bytes = vec![0; 8];
    bytes.extend(i32::try_from(checked.len() + 9).unwrap().to_be_bytes());
    bytes.extend([0, 0, 0, 0, 2]);
    bytes.extend(crc32c::crc32c(&checked).to_be_bytes());
    bytes.extend(checked);
    bytes.into()
}

fn record_of(key: Option<Vec<u8>>, value: Option<Vec<u8>>) -> SampleRecord {
    SampleRecord { key, value, headers: Vec::new() }
}

fn piece() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(any::<u8>(), 0..200))
}

proptest! {
    #[test]
    fn whatever_is_written_is_read(
        base in 0..i64::MAX - 1000,
        written in proptest::collection::vec((piece(), piece()), 1..40),
        packing in proptest::sample::select(Packing::ALL.to_vec()),
    ) {
        let sample: Vec<_> = written.iter().cloned().map(|(key, value)| record_of(key, value)).collect();
        let batch = one(SampleBatch::new(base, AT, sample).packed(packing).bytes());
        let (read, missing) = records(&batch, PLENTY);
        prop_assert_eq!(missing, 0);
        let pieces: Vec<_> =
            read.iter().map(|record| (record.key.as_ref().map(|k| k.to_vec()), record.value.as_ref().map(|v| v.to_vec()))).collect();
        prop_assert_eq!(pieces, written);
        prop_assert!(read.iter().zip(base..).all(|(record, offset)| record.offset == offset));
    }

    #[test]
    fn no_bytes_are_too_much_for_it(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        look_at_all(bytes.into());
    }

    #[test]
    fn no_payload_is_too_much_for_it(
        attributes in 0..0x80_i16,
        count in any::<i32>(),
        payload in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        look_at_all(sealed(attributes, count, &payload));
    }

    #[test]
    fn no_damage_is_too_much_for_it(
        packing in proptest::sample::select(Packing::ALL.to_vec()),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..20),
    ) {
        // The checksum is made anew, so that the damage is looked at.
        let whole = sample(packing).bytes();
        let mut payload = whole[61..].to_vec();
        for (at, byte) in damage {
            let at = at.index(payload.len());
            payload[at] = byte;
        }
        let attributes = i16::from_be_bytes([whole[21], whole[22]]);
        look_at_all(sealed(attributes, 3, &payload));
    }
}
