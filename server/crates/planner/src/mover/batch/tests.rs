//! Batches, paces, throttles and how long it takes.

use super::*;
use crate::mover::{Move, Volume};
use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, TopicName};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn partition(id: i32) -> NamedPartition {
    NamedPartition { topic: TopicName::new("t").unwrap(), partition: PartitionId(id) }
}

fn list(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn waits(id: i32, source: i32, adding: &[i32], size: u64) -> Waiting {
    let source = Some(BrokerId(source));
    Waiting { partition: partition(id), adding: list(adding), source, size: Known::Known(size) }
}

fn started(batch: &Batch) -> Vec<i32> {
    batch.start.iter().map(|of| of.partition.0).collect()
}

const MEASURED: Speed = Speed { bytes_per_second: Known::Known(1e6) };

#[test]
fn the_smallest_go_first_until_it_is_known_how_quickly_they_go() {
    let waiting = [waits(0, 0, &[3], 50), waits(1, 1, &[4], 10), waits(2, 2, &[3], 20), waits(3, 0, &[], 0)];
    let none = BTreeMap::new();
    let first = next(&waiting, &[], &none, Speed::default(), Limits::new(1));
    assert_eq!(started(&first), [3, 1, 2], "what copies nothing first, then the smallest; broker 3 gets one at a time");
    assert_eq!(first.held, [Held::Turn { partitions: 1 }]);
    assert_eq!(started(&next(&waiting, &[], &none, MEASURED, Limits::new(1))), [3, 0, 1], "then the largest");
    let unknown = Waiting { size: Known::Unknown, ..waits(4, 1, &[5], 0) };
    let with_unknown = [unknown, waits(5, 1, &[5], 7)];
    for speed in [Speed::default(), MEASURED] {
        assert_eq!(started(&next(&with_unknown, &[], &none, speed, Limits::new(1))), [5]);
    }
}

#[test]
fn a_broker_sends_and_gets_so_many_at_a_time() {
    let waiting: Vec<Waiting> = (0..10).map(|id| waits(id, 0, &[id % 3 + 1], 10)).collect();
    let none = BTreeMap::new();
    assert_eq!(next(&waiting, &[], &none, MEASURED, Limits::new(2)).start.len(), 2, "all come from one broker");
    let running = [Copying { adding: list(&[1]), source: Some(BrokerId(0)), left: Known::Known(5) }];
    let beside = next(&waiting, &running, &none, MEASURED, Limits::new(2));
    assert_eq!(beside.start.len(), 1);
    assert_eq!(next(&waiting, &[], &none, MEASURED, Limits { in_all: 4, ..Limits::new(12) }).start.len(), 4);
    assert!(next(&waiting, &[], &none, MEASURED, Limits::new(0)).start.is_empty());
    let wide = [waits(0, 0, &[1, 2, 3], 10)];
    assert_eq!(
        next(&wide, &[], &none, MEASURED, Limits::new(1)).start.len(),
        1,
        "sent to three at once, it goes alone"
    );
    assert_eq!(next(&wide, &running, &none, MEASURED, Limits::new(1)).start.len(), 0);
}

#[test]
fn what_has_no_room_yet_waits_with_broker_and_bytes() {
    let waiting = [waits(0, 0, &[1], 50), waits(1, 0, &[1], 30), waits(2, 0, &[2], 30)];
    let room = BTreeMap::from([(BrokerId(1), Known::Known(60)), (BrokerId(2), Known::Unknown)]);
    let running = [Copying { adding: list(&[1]), source: Some(BrokerId(3)), left: Known::Known(40) }];
    let batch = next(&waiting, &running, &room, MEASURED, Limits::new(9));
    assert_eq!(started(&batch), [2], "what is on its way takes its room");
    assert_eq!(batch.held, [Held::Room { broker: BrokerId(1), partitions: 2, needed: 30, free: 20 }]);
    let alone = next(&waiting, &[], &room, MEASURED, Limits::new(9));
    assert_eq!(started(&alone), [0, 2], "and so does what was just started");
}

#[test]
fn what_nobody_leads_waits_for_a_leader() {
    let waiting = [Waiting { source: None, ..waits(0, 0, &[1], 50) }, Waiting { source: None, ..waits(1, 0, &[], 0) }];
    let batch = next(&waiting, &[], &BTreeMap::new(), MEASURED, Limits::new(9));
    assert_eq!(started(&batch), [1]);
    assert_eq!(batch.held, [Held::NoLeader { partitions: 1, example: partition(0) }]);
}

#[test]
fn a_move_of_a_plan_waits_with_the_size_of_one_replica() {
    let planned = Move { partition: partition(3), from: list(&[0, 1]), to: list(&[2, 3]), bytes: Known::Known(200) };
    let of = Waiting::of(&planned, Some(BrokerId(1)));
    assert_eq!((of.size, of.source, of.adding), (Known::Known(100), Some(BrokerId(1)), list(&[2, 3])));
}

proptest! {
    /// Batch after batch, with room that changes as replicas come, everything gets done, and limits hold at every moment.
    #[test]
    fn everything_gets_done_within_the_limits(
        wanted in prop::collection::vec((0_i32..4, 4_i32..8, 0_u64..100), 0..40),
        per_broker in 1_u32..4,
        in_all in 1_usize..6,
        measured in any::<bool>(),
    ) {
        let limits = Limits { in_all, ..Limits::new(per_broker) };
        let speed = if measured { MEASURED } else { Speed::default() };
        let mut waiting: Vec<Waiting> =
            (0..).zip(&wanted).map(|(id, (from, to, size))| waits(id, *from, &[*to], *size)).collect();
        let mut room: BTreeMap<BrokerId, Known<u64>> = BTreeMap::new();
        for of in &waiting {
            let room = room.entry(of.adding[0]).or_insert(Known::Known(0));
            *room = room.map(|room| room + of.size.value().unwrap());
        }
        let mut running: Vec<(NamedPartition, Copying)> = Vec::new();
        let mut looks = 0;
        while !waiting.is_empty() || !running.is_empty() {
            looks += 1;
            prop_assert!(looks <= 2 * wanted.len() + 2, "it does not end");
            let copying: Vec<Copying> = running.iter().map(|(_, of)| of.clone()).collect();
            let batch = next(&waiting, &copying, &room, speed, limits);
            prop_assert_eq!(&next(&waiting, &copying, &room, speed, limits), &batch);
            let start: BTreeSet<_> = batch.start.iter().collect();
            prop_assert_eq!(start.len(), batch.start.len());
            let (go, stay): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|of| start.contains(&of.partition));
            waiting = stay;
            running.extend(go.into_iter().map(|of| {
                (of.partition, Copying { adding: of.adding, source: of.source, left: of.size })
            }));
            prop_assert!(running.len() <= in_all);
            for id in (0..8).map(BrokerId) {
                let arrive = running.iter().filter(|(_, of)| of.adding.contains(&id)).count();
                let leave = running.iter().filter(|(_, of)| of.source == Some(id)).count();
                prop_assert!(arrive.max(leave) <= per_broker as usize);
            }
            // The first one arrives.
            if !running.is_empty() {
                let (_, done) = running.remove(0);
                let room = room.get_mut(&done.adding[0]).unwrap();
                *room = room.map(|room| room - done.left.value().unwrap());
            }
        }
    }
}

fn calm() -> Signs {
    Signs {
        below_min_in_sync: Known::Known(0),
        under_replicated: Known::Known(2),
        answer_millis: Known::Known(15.0),
        ..Signs::default()
    }
}

fn after(looks: u32, pace: Pace, signs: &Signs) -> Pacing {
    let mut pacing = Pacing { pace, judgement: Judgement::Faster };
    for _ in 0..looks {
        pacing = adapt(pacing.pace, Used::Fully, signs, &calm(), Bounds::default());
    }
    pacing
}

#[test]
fn one_more_goes_at_once_after_a_while_and_half_as_many_when_something_suffers() {
    let first = Bounds::default().first();
    assert_eq!(after(3, first, &calm()).judgement, Judgement::Steady(SteadyBecause::NotSeenLongEnough));
    assert_eq!(after(4, first, &calm()).pace, Pace { per_broker: 2, calm: 0 });
    let busy = after(400, first, &calm());
    assert_eq!((busy.pace.per_broker, busy.judgement), (12, Judgement::Steady(SteadyBecause::AtMost)));
    let suffers = [
        Signs { below_min_in_sync: Known::Known(1), ..calm() },
        Signs { under_replicated: Known::Known(3), ..calm() },
        Signs { answer_millis: Known::Known(31.0), ..calm() },
    ];
    for signs in suffers {
        let slower = after(1, busy.pace, &signs);
        assert_eq!(slower.pace, Pace { per_broker: 6, calm: 0 }, "{:?}", slower.judgement);
        assert_eq!(after(9, busy.pace, &signs).pace.per_broker, 1, "never none");
    }
    let quick = Signs { answer_millis: Known::Known(4.0), ..calm() };
    let slower = Signs { answer_millis: Known::Known(12.0), ..calm() };
    let unnoticed = adapt(busy.pace, Used::Fully, &slower, &quick, Bounds::default());
    assert_eq!(unnoticed.judgement, Judgement::Steady(SteadyBecause::AtMost), "nobody notices twelve milliseconds");
}

#[test]
fn nothing_is_started_while_partitions_cannot_be_written_to_or_nobody_can_say() {
    let pace = Pace { per_broker: 8, calm: 9 };
    assert_eq!(after(1, pace, &Signs { below_min_in_sync: Known::Known(1), ..calm() }).per_broker(), 0);
    let blind = after(1, pace, &Signs { under_replicated: Known::Unknown, ..calm() });
    assert_eq!((blind.per_broker(), blind.pace), (0, pace));
    assert_eq!(after(1, pace, &Signs { under_replicated: Known::Known(3), ..calm() }).per_broker(), 4);
    assert_eq!(
        after(1, pace, &Signs { answer_millis: Known::Unknown, ..calm() }).per_broker(),
        9,
        "times are not always measured"
    );
    let idle = adapt(pace, Used::Partly, &calm(), &calm(), Bounds::default());
    assert_eq!((idle.judgement, idle.per_broker()), (Judgement::Steady(SteadyBecause::NobodyWaits), 8));
}

#[test]
fn more_go_at_once_only_while_it_helps_and_limits_let_more_through() {
    let at = |bytes: u64| Signs { bytes_per_second: Known::Known(bytes), ..calm() };
    let judged = |now: &Signs, before: &Signs| {
        adapt(Pace { per_broker: 4, calm: 3 }, Used::Fully, now, before, Bounds::default())
    };
    assert_eq!(judged(&at(1300), &at(1000)).pace, Pace { per_broker: 5, calm: 0 });
    assert_eq!(judged(&at(1050), &at(1000)).judgement, Judgement::Steady(SteadyBecause::NoFaster));
    let limited = Signs { limit: Known::Known(1400), ..at(1300) };
    assert_eq!(judged(&limited, &at(1000)).judgement, Judgement::Steady(SteadyBecause::AtLimit));
    // A replica got 333 when three went at once.
    assert_eq!(judged(&at(667), &at(1000)).judgement, Judgement::Steady(SteadyBecause::NoFaster));
    let crowded = judged(&at(666), &at(1000));
    assert_eq!(crowded.judgement, Judgement::Slower(SlowerBecause::Crowded { now: 666, before: 1000 }));
    assert_eq!((crowded.pace, crowded.per_broker()), (Pace { per_broker: 2, calm: 0 }, 2));
    let alone = adapt(Pace { per_broker: 1, calm: 3 }, Used::Fully, &at(1), &at(1000), Bounds::default());
    assert_eq!(alone.judgement, Judgement::Steady(SteadyBecause::NoFaster), "there was no one less");
    let untold = adapt(Pace { per_broker: 4, calm: 3 }, Used::Untold, &calm(), &calm(), Bounds::default());
    assert_eq!(untold.judgement, Judgement::Steady(SteadyBecause::NotSeenLongEnough));
}

#[test]
fn what_is_nearly_empty_goes_in_batches_of_its_own_beside_the_others() {
    let limits = Limits { light_below: 10, light_at_once: 3, ..Limits::new(1) };
    let waiting: Vec<Waiting> =
        (0..8).map(|id| waits(id, 0, &[1], if id < 6 { 1 } else { 50 })).chain([waits(9, 0, &[], 0)]).collect();
    let none = BTreeMap::new();
    let first = next(&waiting, &[], &none, MEASURED, limits);
    assert_eq!(started(&first), [9, 6, 0, 1, 2], "one that takes a turn, and three that take none");
    assert_eq!(first.held, [Held::Turn { partitions: 4 }]);
    let busy = [Copying { adding: list(&[1]), source: Some(BrokerId(0)), left: Known::Known(50) }];
    assert_eq!(started(&next(&waiting, &busy, &none, MEASURED, limits)), [9, 0, 1, 2], "turns are taken by others");
    let light = Copying { adding: list(&[1]), source: Some(BrokerId(0)), left: Known::Known(9) };
    let three = [light.clone(), light.clone(), light];
    assert_eq!(started(&next(&waiting, &three, &none, MEASURED, limits)), [9, 6]);
    assert_eq!(started(&next(&waiting, &[], &none, MEASURED, Limits { per_broker: 0, ..limits })), [9]);
    let room = BTreeMap::from([(BrokerId(1), Known::Known(2))]);
    assert_eq!(started(&next(&waiting[..6], &[], &room, MEASURED, limits)), [0, 1], "they take room all the same");
    let orders: Vec<Waiting> = (0..5).map(|id| waits(id, 0, &[], 0)).collect();
    let few = Limits { in_all: 2, ..Limits::new(1) };
    assert_eq!(started(&next(&orders, &[], &none, MEASURED, few)), [0, 1], "no act is endless");
}

#[test]
fn no_more_bytes_are_on_their_way_than_may_be_and_what_is_larger_goes_alone() {
    let limits = Limits { bytes: Some(100), ..Limits::new(9) };
    let none = BTreeMap::new();
    let waiting = [waits(0, 0, &[1], 500), waits(1, 0, &[1], 60), waits(2, 0, &[2], 50), waits(3, 2, &[3, 4], 20)];
    assert_eq!(started(&next(&waiting, &[], &none, MEASURED, limits)), [0]);
    assert_eq!(started(&next(&waiting[1..], &[], &none, MEASURED, limits)), [1, 3], "two copies of 20");
    let busy = [Copying { adding: list(&[5]), source: Some(BrokerId(6)), left: Known::Known(90) }];
    assert!(next(&waiting, &busy, &none, MEASURED, limits).start.is_empty());
}

#[test]
fn how_long_it_takes_follows_from_what_was_measured() {
    let left = |bytes, unknown| Volume { bytes, unknown };
    assert_eq!(seconds_left(left(0, 0), Speed::default()), Known::Known(0));
    assert_eq!(seconds_left(left(5_000_001, 0), MEASURED), Known::Known(6));
    assert_eq!(seconds_left(left(5_000_000, 1), MEASURED), Known::Unknown, "nobody knows how large one of them is");
    assert_eq!(seconds_left(left(1, 0), Speed::default()), Known::Unknown, "nothing was measured");
    assert_eq!(seconds_left(left(1, 0), Speed::default().with(0, 1000)), Known::Unknown, "nothing goes on");
    let steady = (0..20).fold(Speed::default(), |speed, _| speed.with(2_000_000, 2000));
    assert_eq!(steady, MEASURED);
    let halved = (0..15).fold(steady, |speed, _| speed.with(0, 2000));
    let speed = *halved.bytes_per_second.value().unwrap();
    assert!((speed - 5e5).abs() < 1.0, "half of it after thirty seconds of nothing: {speed}");
    assert_eq!(steady.with(77, 0), steady);
}

#[test]
fn throttles_name_brokers_replicas_and_what_would_never_catch_up() {
    let (one, other, order) = (partition(0), partition(3), partition(5));
    let (from, adding) = (list(&[1, 2]), list(&[3]));
    let moving = [
        (&one, &from[..], &adding[..], Known::Known(700_000)),
        (&other, &from[..1], &adding[..], Known::Known(400_000)),
        (&order, &from[..], &[][..], Known::Unknown),
    ];
    let set = throttle(moving, 1_000_000);
    assert_eq!(set.rates, [1, 2, 3].map(|id| (BrokerId(id), 1_000_000)).into());
    let replicas = &set.replicas[&one.topic];
    assert_eq!(replica_list(&replicas.leaders), "0:1,0:2,3:1");
    assert_eq!(replica_list(&replicas.followers), "0:3,3:3");
    assert_eq!(set.too_slow, [TooSlow { broker: BrokerId(3), written: 1_100_000, rate: 1_000_000 }]);
    assert_eq!(throttle([], 1), Throttle::default());
    assert_eq!(suggested_rate(Known::Known(100 << 20), Known::Known(20 << 20)), Known::Known(40 << 20));
    assert_eq!(suggested_rate(Known::Known(10), Known::Known(20)), Known::Known(256 << 10));
    assert_eq!(suggested_rate(Known::Unknown, Known::Known(1)), Known::Unknown);
}
