//! The reading of logs, without portal and brokers.

use super::super::{
    question::Question,
    scan::{Budget, InTime, Scan},
};
use crate::brokers::{
    LogsQuestion,
    sample_logs::{SampleLog, SampleLogs, fetched, seen},
};
use klamm_kafka::AbortedTransaction;
use klamm_model::{Isolation, MessagesRequest, MessagesStart, MessagesView, Stopped, UnixMillis};
use klamm_testkit::{Packing, SampleBatch, SampleRecord};
use proptest::prelude::*;

const AT: i64 = 1_700_000_000_000;

fn ask() -> MessagesRequest {
    MessagesRequest::default()
}

/// Reads to the end, with how many rounds that took.
fn scan_within(logs: &SampleLogs, request: &MessagesRequest, budget: Budget) -> (MessagesView, u32) {
    let question = Question::read(request).unwrap();
    let topic: klamm_model::TopicName = "payments.a".parse().unwrap();
    let asked = LogsQuestion {
        topic: topic.clone(),
        partition: question.partition,
        moment: request.time.map(UnixMillis),
        isolation: request.isolation,
    };
    let mut scan = Scan::new(topic, question, &seen(logs, &asked), budget);
    let mut rounds = 0;
    while let Some(fetch) = scan.next() {
        rounds += 1;
        assert!(rounds < 5000, "it never ends");
        let answers = fetched(logs, &fetch);
        scan.take(&fetch, answers);
    }
    (scan.view(InTime::Yes), rounds)
}

fn scan(logs: &SampleLogs, request: &MessagesRequest) -> MessagesView {
    scan_within(logs, request, Budget::USUAL).0
}

fn places(view: &MessagesView) -> Vec<(i32, i64)> {
    view.items.iter().map(|message| (message.partition.0, message.offset)).collect()
}

fn batch(base: i64, at: i64, values: &[&str]) -> SampleBatch {
    SampleBatch::new(base, at, values.iter().map(|value| SampleRecord::new("k", value)).collect())
}

/// A log of many records, in batches of `size`, a second between two batches.
fn long_log(records: i64, size: i64) -> SampleLog {
    let of = |base: i64| {
        let values: Vec<String> = (base..base + size).map(|offset| format!("value {offset}")).collect();
        batch(base, AT + base * 1000, &values.iter().map(String::as_str).collect::<Vec<_>>())
    };
    SampleLog::of((0..records / size).map(|at| of(at * size)).collect())
}

#[test]
fn the_newest_come_first_and_only_the_end_of_a_long_log_is_read() {
    let logs: SampleLogs = [(0, long_log(20_000, 10))].into();
    let (view, rounds) = scan_within(&logs, &MessagesRequest { limit: Some(5), ..ask() }, Budget::USUAL);
    assert_eq!(places(&view), [(0, 19_999), (0, 19_998), (0, 19_997), (0, 19_996), (0, 19_995)]);
    assert_eq!((view.stopped, rounds), (Stopped::Enough, 1));
    assert!(view.looked <= 20, "{}", view.looked);
    assert_eq!((view.partitions[0].earliest, view.partitions[0].latest), (Some(0), Some(20_000)));
    assert_eq!(view.sentence, format!("5 messages of {} that were looked at: as many as were asked for.", view.looked));
}

#[test]
fn the_newest_of_several_partitions_are_told_by_time() {
    let quiet = SampleLog::of(vec![batch(7, AT, &["old"])]);
    let busy = SampleLog::of((0..40).map(|at| batch(at, AT + 1000 + at, &["new"])).collect());
    let logs: SampleLogs = [(0, quiet), (1, busy), (2, SampleLog::default())].into();
    let view = scan(&logs, &MessagesRequest { limit: Some(3), ..ask() });
    assert_eq!(places(&view), [(1, 39), (1, 38), (1, 37)]);
    let all = scan(&logs, &MessagesRequest { limit: Some(100), ..ask() });
    assert_eq!((all.items.len(), all.stopped, places(&all)[40]), (41, Stopped::End, (0, 7)));
}

#[test]
fn an_offset_a_moment_and_the_beginning_lead_forwards() {
    let logs: SampleLogs = [(0, long_log(100, 10)), (1, long_log(50, 5))].into();
    let from =
        |from, offset, time, partition| MessagesRequest { from, offset, time, partition, limit: Some(3), ..ask() };
    let offset = scan(&logs, &from(MessagesStart::Offset, Some(42), None, Some(0)));
    assert_eq!(places(&offset), [(0, 42), (0, 43), (0, 44)]);
    assert_eq!(
        (offset.partitions.len(), offset.partitions[0].read_from, offset.partitions[0].read_to),
        (1, Some(42), Some(45))
    );
    let oldest = scan(&logs, &from(MessagesStart::Oldest, None, None, None));
    assert_eq!(places(&oldest), [(0, 0), (1, 0), (0, 1)]);
    let time = scan(&logs, &from(MessagesStart::Time, None, Some(AT + 40_000), None));
    assert_eq!(places(&time), [(0, 40), (1, 40), (0, 41)]);
    let beyond = scan(&logs, &from(MessagesStart::Time, None, Some(AT + 10_000_000), None));
    assert_eq!((beyond.items.len(), beyond.stopped, beyond.fetched_bytes), (0, Stopped::End, 0));
    let beyond = scan(&logs, &from(MessagesStart::Offset, Some(5000), None, Some(1)));
    assert_eq!((beyond.items.len(), beyond.stopped), (0, Stopped::End));
}

#[test]
fn what_was_aborted_is_left_out_and_what_is_open_is_not_reached() {
    let of = |base, value: &str, producer| batch(base, AT + base, &[value]).of_transaction(producer);
    let log = SampleLog {
        batches: vec![
            batch(0, AT, &["plain"]),
            of(1, "void", 7),
            of(2, "counts", 8),
            SampleBatch::marker(3, 7, 0),
            SampleBatch::marker(4, 8, 1),
            // The same producer again, and this time it counts.
            of(5, "counts too", 7),
            SampleBatch::marker(6, 7, 1),
            of(7, "open", 9),
        ],
        open_from: Some(7),
        aborted: vec![AbortedTransaction { producer: 7, first_offset: 1 }],
        instead: None,
    };
    let logs: SampleLogs = [(0, log)].into();
    let committed = scan(&logs, &ask());
    assert_eq!((places(&committed), committed.aborted), (vec![(0, 5), (0, 2), (0, 0)], 1));
    assert_eq!(committed.items.iter().map(|message| message.in_transaction).collect::<Vec<_>>(), [true, true, false]);
    let all = scan(&logs, &MessagesRequest { isolation: Isolation::Uncommitted, ..ask() });
    assert_eq!((places(&all), all.aborted), (vec![(0, 7), (0, 5), (0, 2), (0, 1), (0, 0)], 0));
    let forwards = scan(&logs, &MessagesRequest { from: MessagesStart::Oldest, ..ask() });
    assert_eq!(places(&forwards), [(0, 0), (0, 2), (0, 5)]);
}

#[test]
fn a_needle_far_back_is_found_and_one_that_is_nowhere_ends_with_the_budget() {
    let mut log = long_log(30_000, 100);
    log.batches[20].records[5] = SampleRecord::new("k", r#"{"order":{"id":"o-17"}}"#);
    let logs: SampleLogs = [(0, log)].into();
    let by_path = MessagesRequest {
        path: Some("$.order.id".to_owned()),
        equals: Some("o-17".to_owned()),
        limit: Some(1),
        ..ask()
    };
    let view = scan(&logs, &by_path);
    assert_eq!((places(&view), view.stopped), (vec![(0, 2005)], Stopped::Enough));
    assert!(view.looked <= 30_000, "nothing is looked at twice: {}", view.looked);
    let nowhere = MessagesRequest { contains: Some("nowhere".to_owned()), ..ask() };
    let small = Budget { looked: 1000, ..Budget::USUAL };
    let view = scan_within(&logs, &nowhere, small).0;
    assert_eq!((view.items.len(), view.looked, view.stopped), (0, 1000, Stopped::Budget));
    let small = Budget { fetched: 100_000, ..Budget::USUAL };
    let view = scan_within(&logs, &nowhere, small).0;
    assert_eq!(view.stopped, Stopped::Budget);
    // The last answer may be larger than what was left, by what a leader sends at once.
    assert!(view.fetched_bytes < 100_000 + (1 << 20), "{}", view.fetched_bytes);
}

#[test]
fn what_is_too_large_to_be_looked_into_is_left_out_and_counted() {
    let large = format!("{{\"id\":1,\"of\":\"{}\"}}", "x".repeat(1 << 20));
    let large = large.as_str();
    let log = |values: &[&str]| SampleLog::of(vec![batch(0, AT, values)]);
    let logs: SampleLogs = [(0, log(&["{\"id\":1}", large, "{\"id\":2}"])), (1, log(&[large]))].into();
    let by_path = MessagesRequest { path: Some("$.id".to_owned()), equals: Some("1".to_owned()), ..ask() };
    let view = scan(&logs, &by_path);
    assert_eq!((places(&view), view.looked, view.too_large), (vec![(0, 0)], 4, 2));
    let told = "1 message of 4 that were looked at: there is nothing more. 2 are too large to be looked into.";
    assert_eq!(view.sentence, told);
    let all = scan(&logs, &ask());
    assert_eq!((all.items.len(), all.too_large), (4, 0), "nothing has to be looked into");
}

#[test]
fn an_answer_is_never_larger_than_it_may_be() {
    let large = SampleRecord::new("k", "x".repeat(60_000));
    let log = SampleLog::of((0..100).map(|at| SampleBatch::new(at, AT + at, vec![large.clone()])).collect());
    let request = MessagesRequest { limit: Some(100), longest: Some(64 * 1024), ..ask() };
    let small = Budget { shown: 200_000, ..Budget::USUAL };
    let view = scan_within(&[(0, log)].into(), &request, small).0;
    assert_eq!((view.items.len(), view.stopped), (3, Stopped::Budget));
    assert_eq!(places(&view)[0], (0, 99), "the newest stay");
}

#[test]
fn damage_is_told_and_passed_and_nonsense_ends() {
    let good = batch(0, AT, &["a", "b"]).bytes();
    let mut bad = batch(2, AT, &["c", "d"]).bytes().to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let after = batch(4, AT, &["e"]).bytes();
    let whole = SampleLog { instead: Some([&good[..], &bad, &after].concat().into()), ..long_log(10, 5) };
    let view = scan(&[(0, whole)].into(), &MessagesRequest { from: MessagesStart::Oldest, ..ask() });
    assert_eq!(places(&view)[..3], [(0, 0), (0, 1), (0, 4)]);
    assert!(view.unreadable_count >= 1 && view.unreadable[0].offset == 2, "{view:?}");
    assert!(view.unreadable[0].reason.contains("checksum"), "{view:?}");
    // A leader that sends the same again and again, or nothing at all.
    for bytes in [b"".to_vec(), b"nonsense".to_vec(), vec![0; 500], vec![0xff; 500]] {
        let log = SampleLog { instead: Some(bytes.into()), ..long_log(100, 10) };
        for from in [MessagesStart::Newest, MessagesStart::Oldest] {
            let view = scan(&[(0, log.clone())].into(), &MessagesRequest { from, ..ask() });
            assert_eq!(view.items.len(), 0);
        }
    }
}

#[test]
fn large_batches_of_many_partitions_take_their_turns() {
    // Larger than what is asked for of a partition, so that only the first of a leader gets any.
    let noise: String = (0..400_000_u32)
        .map(|at| char::from(b'a' + u8::try_from(at.wrapping_mul(2_654_435_761) >> 28).unwrap()))
        .collect();
    let log = |id: i64| SampleLog::of(vec![SampleBatch::new(0, AT + id, vec![SampleRecord::new("k", &noise)])]);
    let logs: SampleLogs = (0..9).map(|id| (id, log(i64::from(id)))).collect();
    let view = scan(&logs, &ask());
    assert_eq!((view.items.len(), view.stopped), (9, Stopped::End));
}

/// What a question has for an answer, by looking at everything.
fn by_hand(logs: &SampleLogs, request: &MessagesRequest) -> Vec<(i32, i64)> {
    let needle = request.contains.as_deref().unwrap_or_default().as_bytes();
    let mut all = Vec::new();
    for (id, log) in logs {
        for batch in &log.batches {
            for (at, record) in (0..).zip(&batch.records) {
                let value = record.value.as_deref().unwrap_or_default();
                let (offset, time) = (batch.base_offset + at, batch.at + at);
                let fits = String::from_utf8_lossy(value).contains(std::str::from_utf8(needle).unwrap());
                let reached = request.offset.is_none_or(|from| offset >= from);
                if fits && reached && request.partition.is_none_or(|wanted| wanted == *id) {
                    all.push((time, offset, *id));
                }
            }
        }
    }
    all.sort_unstable();
    if request.from == MessagesStart::Newest {
        all.reverse();
    }
    all.truncate(usize::try_from(request.limit.unwrap()).unwrap());
    all.into_iter().map(|(_, offset, id)| (id, offset)).collect()
}

/// Logs with gaps, whose records are in the order of their time.
fn logs() -> impl Strategy<Value = SampleLogs> {
    let a_batch = (1_i64..12, 0_i64..30, proptest::sample::select(Packing::ALL.to_vec()), any::<bool>());
    let a_log = (0_i64..50, proptest::collection::vec(a_batch, 0..25)).prop_map(|(first, sizes)| {
        let mut base = first;
        let mut batches = Vec::new();
        for (size, gap, packing, named) in sizes {
            let value = if named { "with a needle" } else { "with nothing" };
            let values = vec![value; usize::try_from(size).unwrap()];
            batches.push(batch(base, AT + base * 100, &values).packed(packing));
            base += size + gap;
        }
        SampleLog::of(batches)
    });
    proptest::collection::vec(a_log, 1..6).prop_map(|all| (0..).zip(all).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_is_asked_the_answer_is_that_of_looking_at_everything(
        logs in logs(),
        limit in 1_u32..60,
        needle in proptest::option::of(Just("needle".to_owned())),
        way in 0..3,
        offset in 0_i64..300,
        partition in proptest::option::of(0_i32..3),
    ) {
        let partition = partition.filter(|id| logs.contains_key(id));
        let from = match (way, partition) {
            (0, _) => MessagesStart::Newest,
            (1, Some(_)) => MessagesStart::Offset,
            _ => MessagesStart::Oldest,
        };
        let offset = (from == MessagesStart::Offset).then_some(offset);
        let request = MessagesRequest { from, offset, partition, limit: Some(limit), contains: needle, ..ask() };
        let view = scan(&logs, &request);
        prop_assert_eq!(places(&view), by_hand(&logs, &request));
        prop_assert_eq!(view.unreadable_count, 0);
        let total: usize = logs.values().flat_map(|log| &log.batches).map(|batch| batch.records.len()).sum();
        prop_assert!(view.looked <= total as u64, "nothing is looked at twice");
    }

    #[test]
    fn no_bytes_keep_it_reading_for_ever(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        prefix in any::<bool>(),
        newest in any::<bool>(),
    ) {
        let good = batch(3, AT, &["a", "b"]).bytes();
        let bytes = if prefix { [&good[..], &bytes].concat() } else { bytes };
        let log = SampleLog { instead: Some(bytes.into()), ..long_log(200, 10) };
        let from = if newest { MessagesStart::Newest } else { MessagesStart::Oldest };
        scan(&[(0, log)].into(), &MessagesRequest { from, ..ask() });
    }
}
