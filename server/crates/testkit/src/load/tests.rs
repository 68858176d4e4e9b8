use super::{
    judge::{Found, Ledger, LoadReport, Place, compare, judge, longest_silence},
    record::{Damage, Stamp},
};
use std::{collections::BTreeMap, time::Duration};

const RUN: u64 = 42;

fn place() -> Place {
    ("t".to_owned(), 0)
}

/// A partition to which so many were sent, with those acknowledged, each at the offset of its number, one a second.
fn ledger(sent: u64, acknowledged: impl IntoIterator<Item = u64>) -> BTreeMap<Place, Ledger> {
    let offset = |number| i64::try_from(number).unwrap();
    let acknowledged =
        acknowledged.into_iter().map(|number| (number, (offset(number), Duration::from_secs(number + 1))));
    [(place(), Ledger { sent, acknowledged: acknowledged.collect(), refused: Vec::new() })].into()
}

fn found(sequence: u64, offset: i64) -> Found {
    Found { offset, stamp: Ok(Stamp { run: RUN, partition: 0, sequence }) }
}

fn read(found: impl IntoIterator<Item = Found>) -> BTreeMap<Place, Vec<Found>> {
    [(place(), found.into_iter().collect())].into()
}

fn all(count: u64) -> Vec<Found> {
    (0..count).map(|number| found(number, i64::try_from(number).unwrap())).collect()
}

/// Missing, duplicated, out of order, corrupted.
fn counts(ledgers: &BTreeMap<Place, Ledger>, found: impl IntoIterator<Item = Found>) -> [u64; 4] {
    let reading = compare(RUN, ledgers, &read(found));
    assert_eq!(
        reading.is_whole(),
        reading.missing.count + reading.duplicated.count + reading.out_of_order.count + reading.corrupted.count == 0
    );
    [reading.missing.count, reading.duplicated.count, reading.out_of_order.count, reading.corrupted.count]
}

#[test]
fn everything_acknowledged_once_and_in_order_is_whole() {
    assert_eq!(counts(&ledger(4, 0..4), all(4)), [0, 0, 0, 0]);
}

#[test]
fn what_was_not_acknowledged_may_be_there_or_not() {
    assert_eq!(counts(&ledger(6, 0..4), all(4)), [0, 0, 0, 0]);
    let reading = compare(RUN, &ledger(6, 0..4), &read(all(6)));
    assert!(reading.is_whole());
    assert_eq!((reading.found, reading.unacknowledged), (6, 2));
}

#[test]
fn an_acknowledged_record_that_is_not_there_is_missing() {
    let without = |lost| all(4).into_iter().filter(move |one| one.offset != lost);
    for lost in 0..4 {
        assert_eq!(counts(&ledger(4, 0..4), without(lost)), [1, 0, 0, 0]);
    }
    assert_eq!(counts(&ledger(4, 0..4), []), [4, 0, 0, 0]);
    let reading = compare(RUN, &ledger(4, 0..4), &BTreeMap::new());
    assert!(reading.missing.first[0].starts_with("record 0 of t-0, acknowledged after 1.0 s"), "{reading:?}");
}

#[test]
fn a_record_that_is_there_twice_is_duplicated_whether_it_was_acknowledged_or_not() {
    let twice = |number, at| all(4).into_iter().chain([found(number, at)]);
    assert_eq!(counts(&ledger(4, 0..4), twice(3, 4)), [0, 1, 0, 0]);
    assert_eq!(counts(&ledger(4, 0..3), twice(3, 4)), [0, 1, 0, 0]);
    assert_eq!(counts(&ledger(4, 0..4), twice(0, 4)), [0, 1, 0, 0]);
}

#[test]
fn a_record_after_a_later_one_is_out_of_order() {
    // Only never acknowledged ones can be elsewhere than they were acknowledged.
    let mut swapped = all(4);
    swapped.swap(2, 3);
    (swapped[2].offset, swapped[3].offset) = (2, 3);
    assert_eq!(counts(&ledger(4, 0..2), swapped), [0, 0, 1, 0]);
}

#[test]
fn what_is_not_as_it_was_written_or_not_where_is_corrupted() {
    let with = |one: Found| all(4).into_iter().chain([one]).collect::<Vec<_>>();
    let broken = Found { offset: 4, stamp: Err(Damage::Checksum) };
    assert_eq!(counts(&ledger(4, 0..4), with(broken)), [0, 0, 0, 1]);
    let elsewhere = Found { offset: 4, stamp: Ok(Stamp { run: RUN, partition: 1, sequence: 0 }) };
    assert_eq!(counts(&ledger(4, 0..4), with(elsewhere)), [0, 0, 0, 1]);
    assert_eq!(counts(&ledger(4, 0..4), with(found(9, 4))), [0, 0, 0, 1], "never sent");
    let moved = all(4).into_iter().map(|one| Found { offset: one.offset + 1, ..one });
    assert_eq!(counts(&ledger(4, 0..4), moved), [0, 0, 0, 4]);
    let mut twice = ledger(4, 0..4);
    for of in twice.values_mut() {
        of.acknowledged.insert(2, (-1001, Duration::from_secs(3)));
    }
    assert_eq!(counts(&twice, all(4)), [0, 0, 0, 0], "it was sent twice, and nobody said where it is");
}

#[test]
fn records_of_others_are_only_counted() {
    let other = Found { offset: 4, stamp: Ok(Stamp { run: 1, partition: 0, sequence: 0 }) };
    let text = Found { offset: 5, stamp: Err(Damage::Foreign) };
    let reading = compare(RUN, &ledger(4, 0..4), &read(all(4).into_iter().chain([other, text])));
    assert!(reading.is_whole());
    assert_eq!((reading.found, reading.foreign), (4, 2));
}

#[test]
fn the_longest_silence_is_that_of_one_partition_and_lasts_to_the_end_where_nothing_comes() {
    let mut ledgers = ledger(10, [0, 1, 2, 8, 9]);
    let other = ledger(10, 0..10).remove(&place()).unwrap();
    ledgers.insert(("t".to_owned(), 1), other);
    let silence = longest_silence(&ledgers, Duration::from_secs(10)).unwrap();
    assert_eq!(
        (silence.place, silence.from, silence.lasted),
        (place(), Duration::from_secs(3), Duration::from_secs(6))
    );
    let silence = longest_silence(&ledgers, Duration::from_secs(30)).unwrap();
    assert_eq!((silence.from, silence.lasted), (Duration::from_secs(10), Duration::from_secs(20)));
    let silent = longest_silence(&ledger(3, []), Duration::from_secs(7)).unwrap();
    assert_eq!((silent.from, silent.lasted), (Duration::ZERO, Duration::from_secs(7)));
}

fn report(ledgers: &BTreeMap<Place, Ledger>, trouble: &[String]) -> LoadReport {
    judge(RUN, ledgers, Duration::from_secs(5), &read(all(4)), &read(all(4)), trouble)
}

#[test]
fn a_report_is_whole_only_when_something_was_acknowledged_and_nothing_odd_happened() {
    let whole = report(&ledger(4, 0..4), &[]);
    assert!(whole.is_whole(), "{whole}");
    assert!(whole.to_string().starts_with("4 sent, 4 acknowledged; longest silence 1.0 s"), "{whole}");
    assert!(!report(&ledger(4, []), &[]).is_whole(), "an idle load proves nothing");
    assert!(!report(&ledger(4, 0..4), &["the log was cut".to_owned()]).is_whole());
    let mut given_up = ledger(5, 0..4);
    given_up.get_mut(&place()).unwrap().refused.push((4, "timed out".to_owned()));
    let report_of_it = report(&given_up, &[]);
    assert!(!report_of_it.is_whole() && report_of_it.to_string().contains("timed out"), "{report_of_it}");
    let lost = judge(RUN, &ledger(4, 0..4), Duration::from_secs(5), &read(all(4)), &read(all(3)), &[]);
    assert!(!lost.is_whole(), "read along, and gone in the end: {lost}");
}
