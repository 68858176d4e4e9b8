use super::*;
use klamm_model::{
    BrokerState, ConfigEntry, ConfigSource, LogDir, Measurement, NodeRole, Partition, PartitionId, Reachability,
    VolumeView,
};
use klamm_planner::disks::Confidence;
use proptest::prelude::*;

const NOW: i64 = 1_700_000_000_000;
const GIB: u64 = 1 << 30;
const DAY: u64 = 86_400_000;
const GIBS: f64 = 1_073_741_824.0;

fn broker(id: i32, used: u64, total: u64) -> Broker {
    let (total_bytes, usable_bytes) = (Known::Known(total), Known::Known(total - used));
    let dir = LogDir { path: "/data".to_owned(), offline: false, used_bytes: used, total_bytes, usable_bytes };
    Broker {
        log_dirs: Known::Known(vec![dir]),
        ..Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker])
    }
}

/// A topic with a replica on each of these brokers, of that size each, kept for so many days, with so many records.
fn topic(name: &str, brokers: &[i32], size: u64, records: i64, config: &[(&str, &str)]) -> Topic {
    let entry = |(key, value): &(&str, &str)| {
        ((*key).to_owned(), ConfigEntry { value: Some((*value).to_owned()), source: ConfigSource::Topic })
    };
    let usual = [
        ("cleanup.policy", "delete"),
        ("retention.ms", "604800000"),
        ("retention.bytes", "-1"),
        ("segment.ms", "3600000"),
        ("segment.bytes", "1073741824"),
    ];
    let replicas: Box<[BrokerId]> = brokers.iter().copied().map(BrokerId).collect();
    Topic {
        size_bytes: Known::Known(size * replicas.len() as u64),
        partitions: vec![Partition {
            earliest_offset: Known::Known(0),
            latest_offset: Known::Known(records),
            size_bytes: Known::Known(size),
            ..Partition::unseen(PartitionId(0), replicas)
        }],
        config: Known::Known(usual.iter().chain(config).map(entry).collect()),
        ..Topic::unseen(name.parse().unwrap(), String::new())
    }
}

fn inventory(brokers: Vec<Broker>, topics: Vec<Topic>) -> Inventory {
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    inventory.reachability = Reachability::Reachable;
    (inventory.brokers, inventory.topics) = (brokers, topics);
    inventory
}

/// What becomes of all volumes where no topic grows at other hours.
fn volumes(seen: &Inventory, history: &History, now: UnixMillis, topics: &[TopicOutlook]) -> Vec<VolumeOutlook> {
    super::volumes(seen, history, now, topics, |_| false)
}

/// A thousand records of a KiB each a second are 82.4 GiB a day.
fn a_thousand(_: &TopicName) -> Known<f64> {
    Known::Known(1000.0)
}

fn busy(brokers: &[i32], config: &[(&str, &str)]) -> Topic {
    topic("busy", brokers, GIB, 1 << 20, config)
}

#[test]
fn a_topic_comes_to_what_its_retention_keeps() {
    let seen =
        inventory(vec![broker(0, 2 * GIB, 1000 * GIB), broker(1, 2 * GIB, 1000 * GIB)], vec![busy(&[0, 1], &[])]);
    let told = topics(&seen, a_thousand).pop().unwrap();
    let per_day = told.appended_per_day.unwrap() / GIBS;
    assert!((per_day - 164.8).abs() < 0.1, "both replicas: {per_day}");
    let Settles::At(bytes) = told.settles else { panic!("{told:?}") };
    assert!((bytes / GIBS - 1155.0).abs() < 3.0, "a week and a segment: {}", bytes / GIBS);
    assert_eq!((told.room, told.shares), (Room::Enough, vec![(BrokerId(0), 0.5), (BrokerId(1), 0.5)]));
}

#[test]
fn what_does_not_fit_gets_a_retention_that_does() {
    let seen = inventory(vec![broker(0, 11 * GIB, 200 * GIB), broker(1, GIB, 1000 * GIB)], vec![busy(&[0, 1], &[])]);
    let told = topics(&seen, a_thousand).pop().unwrap();
    let Room::TooLittle(room, Some(fits)) = told.room else { panic!("{told:?}") };
    assert!((room / GIBS - 380.0).abs() < 0.1, "what the smaller broker has left, twice: {}", room / GIBS);
    let brokers = settle(&seen, std::slice::from_ref(&told), |topic| {
        Some(Retention { millis: Some(fits.millis), ..topic.retention? })
    });
    let fullest = brokers[&BrokerId(0)].unwrap() / GIBS;
    assert!((140.0..=160.0).contains(&fullest), "four fifths of it at most: {fullest}");
    let as_it_is = settle(&seen, std::slice::from_ref(&told), |_| None);
    assert!(as_it_is[&BrokerId(0)].unwrap() > 500.0 * GIBS);
}

#[test]
fn what_nothing_takes_away_never_settles() {
    let forever = busy(&[0], &[("retention.ms", "-1")]);
    let seen = inventory(vec![broker(0, 2 * GIB, 100 * GIB)], vec![forever]);
    let told = topics(&seen, a_thousand).pop().unwrap();
    assert_eq!(told.settles, Settles::Never);
    assert!(matches!(told.room, Room::TooLittle(_, Some(_))));
    assert_eq!(settle(&seen, std::slice::from_ref(&told), |_| None)[&BrokerId(0)], None);
    let idle = topics(&seen, |_| Known::Known(0.0)).pop().unwrap();
    assert_eq!((idle.settles, idle.room), (Settles::At(GIBS), Room::Enough), "nobody writes to it");
}

#[test]
fn of_what_nobody_knows_nothing_is_concluded() {
    let brokers = || vec![broker(0, 2 * GIB, 100 * GIB)];
    let unknown = |topic: Topic, rate: Known<f64>| {
        let told = topics(&inventory(brokers(), vec![topic]), |_| rate).pop().unwrap();
        assert_eq!((told.settles, told.room), (Settles::Unknown, Room::Unknown), "{told:?}");
    };
    unknown(busy(&[0], &[]), Known::Unknown);
    unknown(busy(&[0], &[("cleanup.policy", "compact")]), Known::Known(1.0));
    unknown(Topic { config: Known::Unknown, ..busy(&[0], &[]) }, Known::Known(1.0));
    let mut silent = Topic { size_bytes: Known::Unknown, ..busy(&[0], &[]) };
    silent.partitions[0].size_bytes = Known::Unknown;
    unknown(silent, Known::Known(1.0));
    let elsewhere = topics(&inventory(brokers(), vec![busy(&[0, 7], &[])]), a_thousand).pop().unwrap();
    assert_eq!(elsewhere.room, Room::Unknown, "a broker whose disks nobody knows");
    let both = busy(&[0], &[("cleanup.policy", "compact, delete")]);
    let told = topics(&inventory(brokers(), vec![both]), a_thousand).pop().unwrap();
    assert!(matches!(told.settles, Settles::At(_)), "time takes records away, too");
}

fn history(grown: impl IntoIterator<Item = (i64, u64)>) -> History {
    let history = History::default();
    for (minutes, used) in grown {
        let of = Measured::Volume(BrokerId(0), "/data".into());
        let measured = Measurement { metric: Metric::DiskUsedBytes, of, value: whole(used) };
        history.record(UnixMillis(NOW + minutes * 60_000), &[measured]);
    }
    history
}

#[test]
fn a_volume_is_full_when_its_line_says_so_and_sooner_where_the_last_hour_says_that() {
    let days = |history: &History, minutes: i64, used: u64| {
        let seen = inventory(vec![broker(0, used, 100 * GIB)], Vec::new());
        volumes(&seen, history, UnixMillis(NOW + minutes * 60_000), &[]).pop().unwrap()
    };
    let slowly = |minute: i64| 10 * GIB + GIB * u64::try_from(minute).unwrap() / 1440;
    let calm = days(&history((0..1440).map(|minute| (minute, slowly(minute)))), 1440, 11 * GIB);
    let until = calm.days_to_full.unwrap();
    assert!((until - 89.0).abs() < 2.0, "{until}");
    assert_eq!(calm.growth.map(|growth| growth.confidence), Some(Confidence::High));

    let leap = (0..1440).map(|minute| (minute, slowly(minute) + if minute < 1430 { 0 } else { 80 * GIB }));
    let leap = days(&history(leap), 1440, 91 * GIB).days_to_full.unwrap();
    assert!((leap - 9.0).abs() < 0.5, "what is left after a leap, not what the line has left: {leap}");

    let burst = (1440..1500).map(|minute| (minute, slowly(1440) + GIB * u64::try_from(minute - 1440).unwrap()));
    let burst = history((0..1440).map(|minute| (minute, slowly(minute))).chain(burst));
    let urgent = days(&burst, 1500, 71 * GIB).days_to_full.unwrap();
    assert!((urgent * 1440.0 - 30.0).abs() < 3.0, "in half an hour: {} min", urgent * 1440.0);

    let flood = |minutes: i64, a_minute: u64| {
        let of = |minute: i64| slowly(1440) + a_minute * u64::try_from(minute.saturating_sub(1440)).unwrap_or(0);
        let quiet = (0..1440).map(|minute| (minute, slowly(minute)));
        let flood = history(quiet.chain((1440..=1440 + minutes).map(|minute| (minute, of(minute)))));
        let VolumeOutlook { days_to_full, growth, .. } = days(&flood, 1440 + minutes, of(1440 + minutes));
        (days_to_full.unwrap() * 1440.0, growth.unwrap().confidence)
    };
    let (sudden, confidence) = flood(7, 2 * GIB);
    assert!((sudden - 37.5).abs() < 3.0, "{sudden} min");
    assert_eq!(confidence, Confidence::Medium, "there is no time to be surer");
    let (batch, _) = flood(5, GIB / 4);
    assert!(batch > 1440.0, "a batch that goes on for minutes fills nothing: {batch} min");

    let still = days(&history((0..100).map(|minute| (minute, GIB))), 100, GIB);
    assert_eq!((still.days_to_full, still.growth.map(|growth| growth.per_day)), (None, Some(0.0)));
    let early = |a_minute: u64| {
        let of = |minute: i64| 10 * GIB + a_minute * u64::try_from(minute).unwrap();
        days(&history((0..5).map(|minute| (minute, of(minute)))), 4, of(4)).growth.unwrap().confidence
    };
    assert_eq!(
        (early(GIB / 256), early(2 * GIB)),
        (Confidence::Low, Confidence::Medium),
        "in weeks, and within the hour"
    );
    let fresh = days(&history([(0, GIB)]), 0, GIB);
    assert_eq!((fresh.days_to_full, fresh.growth), (None, None));
}

/// A day in which broker 0's volume has grown evenly to so many GiB.
fn even(a_day: u64, now: u64) -> History {
    history((0..=96).map(|quarter: i64| {
        let left = a_day * GIB * u64::try_from(96 - quarter).unwrap() / 96;
        (quarter * 15, now * GIB - left)
    }))
}

/// What becomes of the volume of broker 0 at the end of that day: of 200 GiB, with 11 GiB in use.
fn levelled(topics_of_it: Vec<Topic>, rate: f64, a_day: u64) -> VolumeOutlook {
    let seen = inventory(vec![broker(0, 11 * GIB, 200 * GIB)], topics_of_it);
    let told = topics(&seen, |_| Known::Known(rate));
    volumes(&seen, &even(a_day, 11), UnixMillis(NOW + 1440 * 60_000), &told).pop().unwrap()
}

#[test]
fn a_volume_whose_topics_all_level_off_is_not_said_to_be_full() {
    let bounded = || busy(&[0], &[("retention.bytes", "10737418240")]);
    let told = levelled(vec![bounded()], 1000.0, 10);
    // Ten, a segment more, and what else is there.
    assert_eq!((told.days_to_full, told.levels_off_at.map(|bytes| bytes / GIBS)), (None, Some(21.0)));
    let week = levelled(vec![busy(&[0], &[])], 1000.0, 10);
    assert!(week.days_to_full.is_some_and(|days| (days - 18.9).abs() < 0.2), "{week:?}");
    assert!(week.levels_off_at.is_some_and(|bytes| bytes > 500.0 * GIBS), "a week is more than there is: {week:?}");
    let mut silent = bounded();
    silent.size_bytes = Known::Unknown;
    assert_eq!(levelled(vec![silent], 1000.0, 10), told, "a broker that has a replica is down");
}

#[test]
fn a_level_that_nobody_can_be_sure_of_takes_no_forecast_away() {
    let bounded = || busy(&[0], &[("retention.bytes", "10737418240")]);
    let open = |told: &VolumeOutlook| told.days_to_full.is_some() && told.levels_off_at.is_none();
    let endless = Topic { name: "ages".parse().unwrap(), ..busy(&[0], &[("retention.ms", "-1")]) };
    assert!(open(&levelled(vec![endless, bounded()], 1000.0, 10)));
    let compacted = |name: &str| Topic { name: name.parse().unwrap(), ..busy(&[0], &[("cleanup.policy", "compact")]) };
    assert!(open(&levelled(vec![bounded(), compacted("changes")], 1000.0, 10)));
    let own = levelled(vec![compacted("__consumer_offsets"), bounded()], 1000.0, 10);
    assert_eq!((own.days_to_full, own.levels_off_at.is_some()), (None, true), "Kafka's own stay as they are");
    assert!(open(&levelled(vec![bounded()], 10.0, 10)), "something else than the topic fills it");
    let seen = inventory(vec![two_volumes()], vec![bounded()]);
    let told = volumes(&seen, &even(10, 11), UnixMillis(NOW + 1440 * 60_000), &topics(&seen, a_thousand));
    assert!(open(&told[0]), "which of the two it fills nobody knows: {told:?}");
}

#[test]
fn a_level_grows_with_what_the_last_hour_does_not_show() {
    let told = levelled(vec![busy(&[0], &[("retention.bytes", "10737418240")])], 100.0, 10);
    // 8.24 GiB a day are written by the last hour, and it grew by ten: 20.3 GiB, and a fifth more.
    assert!(told.levels_off_at.is_some_and(|bytes| (bytes / GIBS - 24.7).abs() < 0.1), "{told:?}");
    assert_eq!(told.days_to_full, None);
}

#[test]
fn a_topic_that_only_the_night_fills_is_open_in_the_day_too() {
    let bounded = busy(&[0], &[("retention.bytes", "10737418240")]);
    let nightly = Topic { name: "nightly".parse().unwrap(), ..busy(&[0], &[("retention.ms", "-1")]) };
    let seen = inventory(vec![broker(0, 11 * GIB, 200 * GIB)], vec![bounded, nightly]);
    let told = topics(&seen, |name| Known::Known(if name.as_str() == "nightly" { 0.0 } else { 1000.0 }));
    let volume = |grown: &str| {
        let now = UnixMillis(NOW + 1440 * 60_000);
        super::volumes(&seen, &even(10, 11), now, &told, |topic| topic.as_str() == grown).pop().unwrap()
    };
    let idle = volume("none");
    assert_eq!((idle.days_to_full, idle.levels_off_at.is_some()), (None, true), "{idle:?}");
    assert_eq!(volume("busy"), idle, "what is written to now is told by its retention");
    let filled = volume("nightly");
    assert!(filled.days_to_full.is_some() && filled.levels_off_at.is_none(), "{filled:?}");
}

fn two_volumes() -> Broker {
    let mut broker = broker(0, 11 * GIB, 200 * GIB);
    if let Known::Known(dirs) = &mut broker.log_dirs {
        let second = LogDir { path: "/more".to_owned(), ..dirs[0].clone() };
        dirs.push(second);
    }
    broker
}

proptest! {
    /// Where everything that topics may come to fits, nothing is ever said to be full; where it does not, it is said as if nobody had
    /// thought of that.
    #[test]
    fn a_volume_is_never_said_to_be_full_when_all_that_topics_come_to_fits(
        caps in proptest::collection::vec(1_u64..60, 1..6),
        capacity in 80_u64..500,
        a_day in 1_u64..60,
    ) {
        const OTHERS: u64 = 70;
        let named = |(number, cap): (usize, &u64)| {
            let bytes = (cap * GIB).to_string();
            let config = [("retention.bytes", bytes.as_str()), ("retention.ms", "-1")];
            topic(&format!("t{number}"), &[0], GIB, 1 << 20, &config)
        };
        let used = OTHERS + caps.len() as u64;
        let seen = inventory(
            vec![broker(0, used * GIB, capacity * GIB)],
            caps.iter().enumerate().map(named).collect(),
        );
        let (history, now) = (even(a_day, used), UnixMillis(NOW + 1440 * 60_000));
        let told = volumes(&seen, &history, now, &topics(&seen, a_thousand)).pop().unwrap();
        let before = volumes(&seen, &history, now, &[]).pop().unwrap();
        // Each comes to a segment of a GiB more.
        let comes_to = OTHERS + caps.iter().map(|cap| cap + 1).sum::<u64>();
        prop_assert_eq!(told.levels_off_at, Some(whole(comes_to * GIB)));
        prop_assert!(before.days_to_full.is_some());
        let fits = whole(comes_to * GIB) <= whole(capacity * GIB) * VolumeView::LEVELS_OFF_BELOW;
        prop_assert_eq!(told.days_to_full, if fits { None } else { before.days_to_full });
    }

    /// What is said to come is the same however it is asked: with the retention a topic has, nothing changes; with less, no broker
    /// comes to more.
    #[test]
    fn less_retention_never_comes_to_more(
        rates in proptest::collection::vec(0.0..5000.0_f64, 1..6),
        days in 1_u64..60,
        part in 0.01..1.0_f64,
    ) {
        let retention = (days * DAY).to_string();
        let named = |number: usize| topic(&format!("t{number}"), &[0, 1], GIB, 1 << 20, &[("retention.ms", retention.as_str())]);
        let seen = inventory(
            vec![broker(0, 100 * GIB, 1000 * GIB), broker(1, 100 * GIB, 1000 * GIB)],
            (0..rates.len()).map(named).collect(),
        );
        let rate = |name: &TopicName| Known::Known(rates[name.as_str()[1..].parse::<usize>().unwrap()]);
        let told = topics(&seen, rate);
        let as_it_is = settle(&seen, &told, |_| None);
        prop_assert_eq!(&settle(&seen, &told, |topic| topic.retention), &as_it_is);
        let less = settle(&seen, &told, |topic| {
            let millis = Some(whole(days * DAY) * part);
            Some(Retention { millis, ..topic.retention? })
        });
        for (broker, comes_to) in &less {
            prop_assert!(comes_to.unwrap() <= as_it_is[broker].unwrap() * 1.000_001);
        }
    }
}
