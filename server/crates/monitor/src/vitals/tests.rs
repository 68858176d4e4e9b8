use super::*;
use crate::scrape::Told;
use klamm_model::{Aggregate, Breakdown, Broker, BrokerState, NodeRole, TargetAnswer, TargetSource, Topic};

/// Where a slot of fifteen seconds begins.
const START: i64 = 1_700_000_010_000;

fn seen(names: &[&str], size: u64) -> Inventory {
    let topic = |name: &&str| Topic {
        size_bytes: Known::Known(size),
        ..Topic::unseen(name.parse().unwrap(), format!("id of {name}"))
    };
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    inventory.reachability = Reachability::Reachable;
    inventory.topics = names.iter().map(topic).collect();
    inventory.groups = Known::Known(Vec::new());
    inventory
}

fn sizes(vitals: &Vitals, now: i64) -> Vec<String> {
    let (from, to) = (UnixMillis(now - 60_000), UnixMillis(now));
    let (metric, by) = (Metric::SizeBytes, Breakdown::Topic);
    let aggregate = Aggregate::Mean;
    let question = SeriesQuestion { metric, by, only: None, from, to, step_millis: 15_000, limit: 10, aggregate };
    let mut names: Vec<_> = vitals.history().recent(&question).series.iter().map(|(of, _)| of.to_string()).collect();
    names.sort();
    names
}

#[test]
fn a_look_is_taken_in_in_every_slot_of_fifteen_seconds_and_what_is_gone_is_forgotten() {
    let vitals = Vitals::default();
    vitals.observe(&seen(&["a", "b"], 10), UnixMillis(START));
    vitals.observe(&seen(&["a", "b", "c"], 10), UnixMillis(START + 14_000));
    assert_eq!(sizes(&vitals, START + 14_000), ["a", "b"]);
    let mut partly = seen(&["a"], 10);
    let gap = klamm_model::Gap {
        part: Part::Topics,
        broker: None,
        missing: 1,
        cause: klamm_model::GapCause::Silence,
        reason: String::new(),
    };
    partly.gaps.push(gap);
    vitals.observe(&partly, UnixMillis(START + 15_000));
    assert_eq!(sizes(&vitals, START + 15_000), ["a", "b"], "what could not be looked at is not gone");
    vitals.observe(&seen(&["a"], 10), UnixMillis(START + 30_000));
    assert_eq!(sizes(&vitals, START + 30_000), ["a"]);
    assert_eq!(vitals.topics().len(), 1);
}

/// A topic to which ten records a second come, and a group that has read all but so many.
fn read(seconds: i64, left: i64) -> Inventory {
    let end = 1_000 + seconds * 10;
    let mut inventory = seen(&["a"], 10);
    inventory.topics[0].partitions = vec![klamm_model::Partition {
        latest_offset: Known::Known(end),
        ..klamm_model::Partition::unseen(PartitionId(0), [BrokerId(0)].into())
    }];
    let offset = klamm_model::GroupOffset {
        topic: inventory.topics[0].name.clone(),
        partition: PartitionId(0),
        committed: end - left,
    };
    inventory.groups = Known::Known(vec![klamm_model::Group {
        id: GroupId::new("g").unwrap(),
        kind: klamm_model::GroupKind::Classic,
        state: Known::Known("Stable".to_owned()),
        members: Known::Unknown,
        offsets: Known::Known(vec![offset]),
        lag: Known::Unknown,
    }]);
    inventory.work_out_lags();
    inventory
}

#[test]
fn how_late_groups_are_is_told_every_five_seconds_and_no_slot_has_two_looks_or_none() {
    let vitals = Vitals::default();
    let mut told = Vec::new();
    for seconds in 0..60 {
        let before = vitals.groups();
        vitals.observe(&read(seconds, 1 + seconds % 5), UnixMillis(START + seconds * 1_000));
        if !Arc::ptr_eq(&before, &vitals.groups()) {
            told.push(seconds);
        }
    }
    assert_eq!(told, (0..60).step_by(5).collect::<Vec<_>>());
    // Looks that come a little late each time would leave a slot of fifteen seconds out.
    let vitals = Vitals::default();
    for look in 0..30 {
        vitals.observe(&read(look * 4, 0), UnixMillis(START + look * 4_000));
    }
    let question = SeriesQuestion {
        metric: Metric::LagRecords,
        by: Breakdown::Group,
        only: None,
        from: UnixMillis(START),
        to: UnixMillis(START + 105_000),
        step_millis: 15_000,
        limit: 1,
        aggregate: Aggregate::Mean,
    };
    let points = vitals.history().recent(&question).series.remove(0).1;
    assert_eq!(points.iter().map(|(_, value)| *value).collect::<Vec<_>>(), [Some(0.0); 8]);
    let late = vitals.behind(&"a".parse().unwrap(), PartitionId(0), (i64::MAX, 40));
    assert!(matches!(late, Behind::Seconds(seconds) if (seconds - 4.0).abs() < 0.01), "{late:?}");
}

#[test]
fn growth_is_told_after_some_minutes_and_for_a_day() {
    let vitals = Vitals::default();
    let a: TopicName = "a".parse().unwrap();
    let grows = |minute: i64| seen(&["a"], u64::try_from(1_000_000 + minute * 1_000).unwrap());
    for minute in 0..3 {
        vitals.observe(&grows(minute), UnixMillis(START + minute * 60_000));
    }
    assert_eq!(vitals.growth(&a), Known::Unknown);
    for minute in 3..3000 {
        vitals.observe(&grows(minute), UnixMillis(START + minute * 60_000));
        let Known::Known(per_day) = vitals.growth(&a) else { panic!("nothing after {minute} minutes") };
        assert!((per_day - 1_440_000.0).abs() < 1500.0, "{per_day} after {minute} minutes");
    }
    assert_eq!(TopicPace::of(&vitals.topics(), &a).map(|pace| pace.growth_per_day), Some(vitals.growth(&a)));
    let mut anew = grows(1);
    anew.topics[0].id = "another".to_owned();
    vitals.observe(&anew, UnixMillis(START + 3000 * 60_000 + 1_800_000));
    assert_eq!(vitals.growth(&a), Known::Unknown, "made anew");
}

#[test]
fn bytes_of_a_topic_are_known_while_all_brokers_that_serve_tell_them() {
    let vitals = Vitals::default();
    let mut inventory = seen(&["a", "b"], 10);
    let serving = |id| Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker]);
    inventory.brokers = vec![serving(1)];
    let (pod, source) = ("demo-1".parse().unwrap(), TargetSource::Prometheus);
    let state = TargetState::unseen(pod, Some(BrokerId(1)), source, String::new());
    let told = Told {
        at: UnixMillis(START),
        broker: Some(BrokerId(1)),
        topics: vec![("a".into(), [1.0, 20.0, 30.0]), ("gone".into(), [1.0, 2.0, 3.0])],
        ..Told::default()
    };
    vitals.tell(TargetState { answer: TargetAnswer::Numbers, ..state }, Some(told));
    let bytes = || vitals.topics().iter().map(|pace| (pace.bytes_in, pace.bytes_out)).collect::<Vec<_>>();
    let unknown = (Known::Unknown, Known::Unknown);
    assert!(vitals.observe(&inventory, UnixMillis(START)));
    assert_eq!(bytes(), [(Known::Known(20.0), Known::Known(30.0)), unknown], "nobody tells of b");
    inventory.brokers.push(serving(2));
    assert!(vitals.observe(&inventory, UnixMillis(START + 15_000)), "that nobody knows any more is news");
    assert_eq!(bytes(), [unknown, unknown], "broker 2 may have some of a");
}

#[test]
fn that_a_topic_is_written_to_no_more_is_news_until_a_minute_has_gone_by() {
    let vitals = Vitals::default();
    let a: TopicName = "a".parse().unwrap();
    let mut rates = Vec::new();
    for slot in 0..16 {
        // It is written to for two minutes.
        let seconds = slot * 15;
        vitals.observe(&read(seconds.min(120), 0), UnixMillis(START + seconds * 1_000));
        let together: f64 = vitals.partition_rates(&a).iter().filter_map(|(_, rate)| rate.value()).sum();
        let told = TopicPace::of(&vitals.topics(), &a).map_or(Known::Unknown, |pace| pace.minute_rate);
        assert!((told.value().copied().unwrap_or(0.0) - together).abs() < 1e-9, "{told:?} after {seconds} s");
        rates.push(told);
    }
    assert_eq!((rates[3], rates[8]), (Known::Unknown, Known::Known(10.0)), "not for a minute yet");
    assert_eq!(rates[9..12], [7.5, 5.0, 2.5].map(Known::Known));
    assert_eq!(rates[12..], [Known::Known(0.0); 4], "it is over");
}

#[test]
fn what_is_remembered_stays_small_however_long_it_goes_on() {
    let vitals = Vitals::default();
    let mut weights = Vec::new();
    for look in 0..(30 * 240) {
        vitals.observe(&seen(&["a", "b"], 10), UnixMillis(START + look * 15_000));
        if look % 240 == 0 {
            weights.push(vitals.weight());
        }
    }
    let (before, after) = (weights[25], weights[29]);
    assert!(after <= before && after < 100_000, "{before} bytes after 25 hours, {after} after 29");
}
