use super::{ends::Written, *};
use klamm_model::{BrokerId, GroupKind, GroupMember, GroupOffset, Partition, Topic};
use proptest::prelude::*;

const START: i64 = 1_700_000_000_000;

fn at(seconds: i64) -> UnixMillis {
    UnixMillis(START + seconds * 1000)
}

fn topic(name: &str, id: &str, ends: &[Option<i64>]) -> Topic {
    let partition = |(id, end): (i32, &Option<i64>)| Partition {
        latest_offset: (*end).into(),
        ..Partition::unseen(PartitionId(id), [BrokerId(1)].into())
    };
    Topic {
        partitions: (0..).zip(ends).map(partition).collect(),
        ..Topic::unseen(name.parse().unwrap(), id.to_owned())
    }
}

fn group(state: &str, members: usize, committed: &[(&str, i32, i64)], lag: Option<u64>) -> Group {
    let member = GroupMember { id: String::new(), client_id: String::new(), host: String::new() };
    let offset = |(topic, partition, committed): &(&str, i32, i64)| GroupOffset {
        topic: topic.parse().unwrap(),
        partition: PartitionId(*partition),
        committed: *committed,
    };
    Group {
        id: GroupId::new("g").unwrap(),
        kind: GroupKind::Consumer,
        state: Known::Known(state.to_owned()),
        members: Known::Known(vec![member; members]),
        offsets: Known::Known(committed.iter().map(offset).collect()),
        lag: lag.into(),
    }
}

fn seen(topics: Vec<Topic>, groups: Vec<Group>) -> Inventory {
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    inventory.topics = topics;
    inventory.groups = Known::Known(groups);
    inventory
}

/// A topic `a` that grows by ten records a second, and a group that reads it.
fn look(paces: &mut Paces, seconds: i64, group: Group) -> GroupPace {
    let inventory = seen(vec![topic("a", "1", &[Some(1000 + seconds * 10)])], vec![group]);
    paces.observe(&inventory, at(seconds)).pop().unwrap()
}

#[test]
fn a_lag_grows_within_a_minute_once_nobody_is_in_a_group_unless_somebody_commits_from_outside() {
    let told = |commits: fn(i64) -> i64| {
        let mut paces = Paces::default();
        let trends = (0..6).map(|number| {
            let committed = commits(number);
            let lag = u64::try_from(1000 + number * 150 - committed).unwrap();
            look(&mut paces, number * 15, group("Empty", 0, &[("a", 0, committed)], Some(lag))).trend
        });
        trends.collect::<Vec<_>>()
    };
    let (unknown, growing) = (Known::Unknown, Known::Known(LagTrend::Growing));
    assert_eq!(told(|_| 1000), [unknown, unknown, unknown, growing, growing, growing]);
    assert_eq!(told(|number| 1000 + number * 50), [unknown; 6]);
}

#[test]
fn a_group_is_as_late_as_the_partition_that_is_furthest_behind() {
    let mut paces = Paces::default();
    let of = |behind: Behind| match behind {
        Behind::Seconds(seconds) => format!("{seconds:.0}"),
        Behind::MoreThan(seconds) => format!("more than {seconds:.0}"),
        Behind::Unknown => "unknown".to_owned(),
    };
    let ends = |seconds: i64| vec![topic("a", "1", &[Some(seconds * 10), Some(seconds * 100)])];
    let mut told = |seconds: i64, offsets: &[(&str, i32, i64)]| {
        let inventory = seen(ends(seconds), vec![group("Stable", 1, offsets, Some(1))]);
        of(paces.observe(&inventory, at(seconds))[0].behind)
    };
    assert_eq!(told(0, &[]), "unknown", "it committed nothing");
    told(15, &[]);
    assert_eq!(told(30, &[("a", 0, 300), ("a", 1, 3000)]), "0");
    assert_eq!(told(45, &[("a", 0, 449), ("a", 1, 2999)]), "15");
    assert_eq!(told(60, &[("a", 0, 99), ("a", 1, 5999)]), "50");
    assert_eq!(told(75, &[("a", 0, -1), ("a", 1, 7500)]), "more than 75", "further than anybody has watched");
    assert_eq!(told(90, &[("a", 0, 900), ("gone", 0, 1)]), "unknown");
    assert_eq!(told(105, &[("a", 7, 900)]), "unknown", "a partition that never was");
}

#[test]
fn who_does_not_move_is_stuck_unless_nobody_is_there_or_nothing_is_to_be_read() {
    let mut paces = Paces::default();
    let mut told = |seconds: i64, members: usize, committed: i64| {
        look(&mut paces, seconds, group("Stable", members, &[("a", 0, committed)], Some(1))).stuck_since
    };
    assert_eq!(told(0, 1, 500), None);
    assert_eq!(told(60, 1, 600), None);
    assert_eq!(told(120, 1, 600), None);
    assert_eq!(told(180, 1, 600), Some(at(60)));
    assert_eq!(told(240, 0, 600), None, "nobody is there");
    assert_eq!(told(300, 1, 600), None, "whoever comes is given time");
    assert_eq!(told(420, 1, 600), Some(at(240)));
    assert_eq!(told(435, 1, 601), None);
    assert_eq!(told(600, 1, 1000 + 6000), None, "there is nothing to read");
}

#[test]
fn one_partition_that_stands_still_is_enough() {
    let mut paces = Paces::default();
    let mut stuck = None;
    for seconds in (0..=300).step_by(15) {
        let ends = [Some(100 + seconds), Some(100 + seconds)];
        let group = group("Stable", 1, &[("a", 0, 100 + seconds), ("a", 1, 90)], Some(1));
        stuck = paces.observe(&seen(vec![topic("a", "1", &ends)], vec![group]), at(seconds))[0].stuck_since;
    }
    assert_eq!(stuck, Some(at(0)));
}

#[test]
fn a_rebalance_is_told_from_its_beginning() {
    let mut paces = Paces::default();
    let mut told = |seconds: i64, state: &str| {
        look(&mut paces, seconds, group(state, 1, &[("a", 0, 1)], Some(1))).rebalancing_since
    };
    assert_eq!(told(0, "Stable"), None);
    assert_eq!(told(15, "PreparingRebalance"), Some(at(15)));
    assert_eq!(told(30, "CompletingRebalance"), Some(at(15)));
    assert_eq!(told(45, "Stable"), None);
    assert_eq!(told(60, "Reconciling"), Some(at(60)));
}

#[test]
fn what_is_read_and_written_is_counted_by_the_second() {
    let mut paces = Paces::default();
    let first = look(&mut paces, 0, group("Stable", 1, &[("a", 0, 100)], Some(1)));
    assert_eq!(first.consumed_per_second, Known::Unknown);
    let second = look(&mut paces, 30, group("Stable", 1, &[("a", 0, 250)], Some(1)));
    assert_eq!(second.consumed_per_second, Known::Known(5.0));
    let back = look(&mut paces, 60, group("Stable", 1, &[("a", 0, 0)], Some(1)));
    assert_eq!(back.consumed_per_second, Known::Known(0.0), "offsets that were reset are not read backwards");
    let a = "a".parse().unwrap();
    assert_eq!(paces.rate(&a), Known::Known(10.0));
    assert_eq!(paces.partition_rates(&a), [(PartitionId(0), Known::Known(10.0))]);
    assert_eq!(paces.minute_rate(&a), Known::Known(10.0));
    assert_eq!(paces.written_at(&a), Known::Known(at(60)));
    let twice = look(&mut paces, 60, group("Stable", 1, &[("a", 0, 0)], Some(1)));
    assert_eq!(twice.consumed_per_second, Known::Unknown, "said twice");
}

#[test]
fn what_could_not_be_seen_for_a_while_is_spread_over_that_time() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    for (seconds, end) in [(0, Some(0)), (15, None), (30, None), (45, Some(450))] {
        paces.observe(&seen(vec![topic("a", "1", &[end])], Vec::new()), at(seconds));
    }
    assert_eq!(paces.rate(&a), Known::Known(10.0));
}

#[test]
fn forecasts_are_made_from_an_hour_or_from_what_there_is_of_it() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    let mut told = |seconds: i64, end: i64| {
        paces.observe(&seen(vec![topic("a", "1", &[Some(end), Some(0)])], Vec::new()), at(seconds));
        paces.long_rate(&a)
    };
    assert_eq!((told(0, 0), told(45, 4500)), (Known::Unknown, Known::Unknown), "not for a minute yet");
    assert_eq!(told(90, 9000), Known::Known(100.0));
    assert_eq!(told(1800, 9000), Known::Known(5.0));
    assert_eq!(told(7200, 9000), Known::Known(0.0), "what was an hour ago is over");
}

#[test]
fn a_topic_that_was_made_anew_begins_anew() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    let reads = |committed| group("Stable", 1, &[("a", 0, committed)], Some(1));
    for seconds in [0, 60, 120, 180] {
        look(&mut paces, seconds, reads(500));
    }
    let inventory = seen(vec![topic("a", "2", &[Some(5000)])], vec![reads(500)]);
    let anew = paces.observe(&inventory, at(195)).pop().unwrap();
    assert_eq!((anew.stuck_since, anew.behind), (None, Behind::MoreThan(0.0)));
    assert_eq!((paces.rate(&a), paces.written_at(&a)), (Known::Unknown, Known::Unknown));
    paces.forget_all_but(|_| false, |_| false);
    assert_eq!(paces.behind(&a, PartitionId(0), (1, 0), at(200)), Behind::Unknown);
    assert_eq!(paces.bytes(), 0);
}

#[test]
fn records_that_came_since_the_last_note_are_late_by_as_long_as_it_takes_to_write_them() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    for seconds in [0, 15, 30, 45, 60, 75] {
        look(&mut paces, seconds, group("Stable", 1, &[("a", 0, 0)], Some(1)));
    }
    let behind = |committed, lag| paces.behind(&a, PartitionId(0), (committed, lag), at(75));
    assert_eq!(behind(1750, 0), Behind::Seconds(0.0));
    assert_eq!(behind(1750, 50), Behind::Seconds(5.0));
    assert_eq!(behind(1750, 20), Behind::Seconds(2.0));
    assert_eq!(behind(1750, 5000), Behind::Seconds(5.0), "whatever it is, it is younger than the last note");
    assert_eq!(behind(1650, 100), Behind::Seconds(9.9), "what was noted tells it exactly");
}

#[test]
fn between_two_looks_it_is_noted_how_late_groups_are_and_rates_stay_those_of_whole_looks() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    let scene = |seconds: i64, committed: i64| {
        let reads =
            group("Stable", 1, &[("a", 0, committed)], Some(u64::try_from(1000 + seconds * 10 - committed).unwrap()));
        seen(vec![topic("a", "1", &[Some(1000 + seconds * 10)])], vec![reads])
    };
    paces.observe(&scene(0, 1000), at(0));
    let first = paces.observe(&scene(15, 1100), at(15));
    assert_eq!((first[0].behind, first[0].consumed_per_second), (Behind::Seconds(4.9), Known::Known(100.0 / 15.0)));
    let noted = paces.note(&scene(20, 1190), &first, at(20));
    assert_eq!(noted, [GroupPace { behind: Behind::Seconds(0.9), ..first[0].clone() }]);
    let noted = paces.note(&scene(25, 1250), &noted, at(25));
    assert_eq!(noted[0].behind, Behind::Seconds(0.0));
    assert_eq!(paces.rate(&a), Known::Known(10.0), "as of the last whole look");
    let second = paces.observe(&scene(30, 1250), at(30));
    assert_eq!(paces.rate(&a), Known::Known(10.0));
    assert_eq!((second[0].behind, second[0].consumed_per_second), (Behind::Seconds(4.9), Known::Known(10.0)));
    let other = seen(vec![topic("a", "2", &[Some(9000)])], vec![group("Stable", 1, &[("a", 0, 1)], Some(8999))]);
    assert_eq!(
        paces.note(&other, &second, at(35))[0].behind,
        Behind::MoreThan(35.0),
        "it is taken in as a whole later"
    );
    assert_eq!(paces.rate(&a), Known::Known(10.0));
}

#[test]
fn a_group_that_nobody_is_in_is_unread_when_records_come_and_offsets_stand_still() {
    let mut paces = Paces::default();
    let mut told = |seconds: i64, state: &str, committed: i64| {
        let lag = u64::try_from(1000 + seconds * 10 - committed).unwrap();
        let pace = look(&mut paces, seconds, group(state, 0, &[("a", 0, committed)], Some(lag)));
        pace.unread.map(|unread| (unread.since, unread.lag, unread.grown))
    };
    assert_eq!(told(0, "Stable", 900), None);
    assert_eq!(told(15, "Empty", 950), None, "its last members committed");
    assert_eq!(told(30, "Empty", 950), None);
    assert_eq!(told(45, "Empty", 950), Some((at(45), 500, 150)));
    assert_eq!(told(60, "Empty", 990), None, "somebody reads without being a member");
    assert_eq!(told(75, "Empty", 990), None);
    assert_eq!(told(90, "Empty", 990), Some((at(90), 910, 150)));
    assert_eq!(told(105, "Stable", 990), None);
}

#[test]
fn a_topic_is_steady_when_records_come_all_the_time() {
    let mut paces = Paces::default();
    let a = "a".parse().unwrap();
    for seconds in (0..=31 * 60).step_by(15) {
        assert!(seconds > 29 * 60 || paces.steady(&a).is_none(), "{seconds}");
        paces.observe(&seen(vec![topic("a", "1", &[Some(seconds * 10)])], Vec::new()), at(seconds));
    }
    assert_eq!(paces.steady(&a), Some(10.0));
    paces.observe(&seen(vec![topic("a", "1", &[Some(31 * 600)])], Vec::new()), at(40 * 60));
    assert_eq!(paces.steady(&a), Some(10.0), "until it was last written to");
}

/// What a log's history says when nothing of it is left out: between which looks the record was written.
fn naive(kept: &[(i64, i64)], offset: i64) -> Option<(i64, i64)> {
    kept.windows(2).find(|pair| pair[0].1 <= offset && offset < pair[1].1).map(|pair| (pair[0].0, pair[1].0))
}

proptest! {
    /// Whatever producers do: later records are never older, nothing is written after now, and what is far behind is told as
    /// more than what was watched.
    #[test]
    fn later_records_are_never_older(
        steps in proptest::collection::vec((1_i64..60, 0_i64..1000), 2..300),
        first in 0_i64..1000,
    ) {
        let mut ends = Ends::default();
        let (mut seconds, mut end) = (0, first);
        ends.note(at(0), end);
        for (gap, written) in steps {
            seconds += gap;
            end += written;
            ends.note(at(seconds), end);
        }
        let mut before = at(0);
        let every = usize::try_from((end - first) / 50 + 1).unwrap();
        for offset in (first..end).step_by(every) {
            match ends.written(offset) {
                Written::At(moment) => {
                    prop_assert!(moment >= before && moment <= at(seconds), "{moment:?} after {before:?}");
                    before = moment;
                }
                other => prop_assert!(false, "{offset} of {first}..{end} is {other:?}"),
            }
        }
        prop_assert_eq!(ends.written(end), Written::NotYet);
        prop_assert!(matches!(ends.written(first - 1), Written::Before(since) if since == at(0)));
    }

    /// A log that grows evenly is told exactly, however long ago it was.
    #[test]
    fn an_even_producer_is_told_exactly(per_second in 1_i64..10_000, looks in 2_i64..3000, part in 0.0..1.0_f64) {
        let mut ends = Ends::default();
        for look in 0..=looks {
            ends.note(at(look * 15), look * 15 * per_second);
        }
        let end = looks * 15 * per_second;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a test")]
        let offset = ((end - 1) as f64 * part) as i64;
        let expected = START + (offset + 1) * 1000 / per_second;
        match ends.written(offset) {
            Written::At(moment) => prop_assert!((moment.0 - expected).abs() <= 2, "{} ms off", moment.0 - expected),
            other => prop_assert!(false, "{other:?}"),
        }
    }

    /// As long as nothing had to be left out, a record is as old as the looks say between which it was written.
    #[test]
    fn what_is_recent_is_told_as_it_was_seen(written in proptest::collection::vec(0_i64..50, 1..15)) {
        let (mut ends, mut kept, mut end) = (Ends::default(), vec![(0, 0)], 0);
        ends.note(at(0), 0);
        for (look, more) in (1..).zip(&written) {
            end += more;
            kept.push((look * 15, end));
            ends.note(at(look * 15), end);
        }
        for offset in 0..end {
            let (after, before) = naive(&kept, offset).unwrap();
            match ends.written(offset) {
                Written::At(moment) => prop_assert!(at(after) <= moment && moment <= at(before), "{offset}: {moment:?}"),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }

    /// What was left out makes nobody wrong by more than a part of how long ago it is.
    #[test]
    fn what_is_long_ago_is_about_right(written in proptest::collection::vec(1_i64..1000, 300..900)) {
        let (mut ends, mut kept, mut end) = (Ends::default(), vec![(0, 0)], 0);
        ends.note(at(0), 0);
        for (look, more) in (1..).zip(&written) {
            end += more;
            kept.push((look * 15, end));
            ends.note(at(look * 15), end);
        }
        let now = kept.last().unwrap().0;
        let every = usize::try_from(end / 40 + 1).unwrap();
        for offset in (0..end).step_by(every) {
            let (after, before) = naive(&kept, offset).unwrap();
            let Written::At(moment) = ends.written(offset) else { panic!("{offset} was not seen") };
            let seconds = (moment.0 - START) / 1000;
            let off = (after - seconds).max(seconds - before).max(0);
            prop_assert!(off <= 15 + (now - after) / 4, "{off} s off of {} s", now - after);
        }
    }
}
