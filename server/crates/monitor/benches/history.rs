//! `make bench`: what is measured over time, at full size: what it takes up in memory once a day has gone by, and what it costs.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures need no more digits")]

use klamm_model::{
    Aggregate, Breakdown, Broker, BrokerId, BrokerState, Group, GroupId, GroupKind, GroupOffset, Inventory, Known,
    LogDir, Measured, Measurement, Metric, NodeRole, Partition, PartitionId, Reachability, Topic, TopicName,
    UnixMillis,
};
use klamm_monitor::{DETAIL_MILLIS, SeriesQuestion, Vitals, step_for};
use std::time::Instant;

const TOPICS: usize = 10_000;
const GROUPS: usize = 10_000;
const PARTITIONS: i32 = 5;
const BROKERS: i32 = 12;
const START: i64 = 1_700_000_000_000;
const HOUR: i64 = 3_600_000;
/// What is kept of everything, in bytes.
const BUDGET: f64 = 40e6;
/// What pages and lists may take on the server.
const BUDGET_MILLIS: f64 = 100.0;

fn main() {
    // `cargo test --benches` and `cargo clippy` start it with other arguments; only `cargo bench` means it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    one_series();
    full_size();
}

/// A day of one series.
fn one_series() {
    let vitals = Vitals::default();
    for look in 0..(24 * HOUR / DETAIL_MILLIS) {
        let value = (look % 97) as f64;
        let measured = Measurement { metric: Metric::Requests, of: Measured::Cluster, value };
        vitals.record(UnixMillis(START + look * DETAIL_MILLIS), &[measured]);
    }
    let (series, bytes) = vitals.history().weight();
    println!("a series in memory, after a day\t{} bytes", bytes / series.max(1));
}

/// Everything that the inventory measures by itself, and what agents add for topics and brokers.
fn full_size() {
    let vitals = Vitals::default();
    let mut inventory = estate();
    let (mut looks, mut took) = (0, 0.0);
    // A few looks of every five minutes of a day, then an hour in full: what is kept is complete by then.
    let sparse = (0..288).flat_map(|five| (0..2).map(move |look| five * 300_000 + look * DETAIL_MILLIS));
    let dense = (0..240).map(|look| 24 * HOUR + look * DETAIL_MILLIS);
    for at in sparse.chain(dense) {
        move_on(&mut inventory, at);
        let agents = by_agents(at);
        let began = Instant::now();
        vitals.observe(&inventory, UnixMillis(START + at));
        vitals.record(UnixMillis(START + at), &agents);
        took += began.elapsed().as_secs_f64();
        looks += 1;
    }
    let (series, bytes) = vitals.history().weight();
    let weight = vitals.weight() as f64;
    println!(
        "history at {TOPICS} topics, {GROUPS} groups, {BROKERS} brokers\t{series} series, {:.1} MB",
        bytes as f64 / 1e6
    );
    println!("with ends of logs and sizes\t{:.1} MB\tbudget 40 MB\tratio {:.2}", weight / 1e6, weight / BUDGET);
    let a_minute = took / f64::from(looks) * 60_000.0 / DETAIL_MILLIS as f64;
    println!("taking it in, a minute\t{a_minute:.2} s of a processor\tbudget 1.5 s\tratio {:.2}", a_minute / 1.5);
    let mut slowest: f64 = 0.0;
    for range in [HOUR, 6 * HOUR, 24 * HOUR] {
        let to = START + 25 * HOUR;
        let question = SeriesQuestion {
            metric: Metric::MessagesIn,
            by: Breakdown::Topic,
            only: None,
            from: UnixMillis(to - range),
            to: UnixMillis(to),
            step_millis: step_for(range),
            limit: 20,
            aggregate: Aggregate::Mean,
        };
        let began = Instant::now();
        let told = vitals.history().recent(&question);
        let millis = began.elapsed().as_secs_f64() * 1000.0;
        slowest = slowest.max(millis);
        println!("20 of {} topics over {} h\t{millis:.1} ms", told.left_out + told.series.len(), range / HOUR);
    }
    println!("slowest of them\t{slowest:.1} ms\tbudget 100 ms\tratio {:.2}", slowest / BUDGET_MILLIS);
}

fn topic_name(number: usize) -> TopicName {
    match TopicName::new(format!("team-{:03}.topic-of-some-length-{number:05}", number / 100)) {
        Ok(name) => name,
        Err(error) => unreachable(&error.to_string()),
    }
}

fn unreachable(why: &str) -> ! {
    println!("{why}");
    std::process::exit(1)
}

fn estate() -> Inventory {
    let Ok(cluster) = "kafka/estate".parse() else { unreachable("kafka/estate is a name") };
    let mut inventory = Inventory::unseen(cluster);
    inventory.reachability = Reachability::Reachable;
    inventory.brokers = (0..BROKERS).map(broker).collect();
    inventory.topics = (0..TOPICS).map(topic).collect();
    inventory.groups = Known::Known((0..GROUPS).filter_map(group).collect());
    inventory
}

fn broker(id: i32) -> Broker {
    let dir = LogDir {
        path: "/var/lib/kafka".to_owned(),
        offline: false,
        used_bytes: 1 << 38,
        total_bytes: Known::Known(1 << 40),
        usable_bytes: Known::Known(1 << 39),
    };
    Broker {
        log_dirs: Known::Known(vec![dir]),
        ..Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker])
    }
}

fn topic(number: usize) -> Topic {
    let replicas: Box<[BrokerId]> = (0..3).map(BrokerId).collect();
    let partition = |id| Partition {
        leader: Some(BrokerId(id % BROKERS)),
        earliest_offset: Known::Known(0),
        latest_offset: Known::Known(0),
        size_bytes: Known::Known(1 << 30),
        ..Partition::unseen(PartitionId(id), replicas.clone())
    };
    Topic {
        partitions: (0..PARTITIONS).map(partition).collect(),
        size_bytes: Known::Known(1 << 30),
        ..Topic::unseen(topic_name(number), format!("id-{number}"))
    }
}

fn group(number: usize) -> Option<Group> {
    let offset = |partition| GroupOffset { topic: topic_name(number), partition: PartitionId(partition), committed: 0 };
    Some(Group {
        id: GroupId::new(format!("group-of-some-length-{number:05}")).ok()?,
        kind: GroupKind::Consumer,
        state: Known::Known("Stable".to_owned()),
        members: Known::Unknown,
        offsets: Known::Known((0..PARTITIONS).map(offset).collect()),
        lag: Known::Known(0),
    })
}

/// A number that jumps about, the same at every run.
fn odd(number: i64) -> i64 {
    (number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(100)
}

/// Every log grows unevenly, and every group is some way behind: nothing can be left out without being missed.
fn move_on(inventory: &mut Inventory, at: i64) {
    for (topic, number) in inventory.topics.iter_mut().zip(0_i64..) {
        for (partition, place) in topic.partitions.iter_mut().zip(0_i64..) {
            let more = odd(number * 31 + place + at) + number % 50;
            partition.latest_offset = partition.latest_offset.map(|end| end + more);
        }
        topic.size_bytes = topic.size_bytes.map(|size| size + 10_000);
    }
    if let Known::Known(groups) = &mut inventory.groups {
        for (group, topic) in groups.iter_mut().zip(&inventory.topics) {
            let Known::Known(offsets) = &mut group.offsets else { continue };
            for (offset, partition) in offsets.iter_mut().zip(&topic.partitions) {
                offset.committed = partition.latest_offset.value().copied().unwrap_or_default() - 500;
            }
        }
    }
    inventory.work_out_lags();
}

fn by_agents(at: i64) -> Vec<Measurement> {
    let value = odd(at) as f64;
    let topics = (0..TOPICS).flat_map(|number| {
        let of = Measured::Topic(topic_name(number));
        [Metric::BytesIn, Metric::BytesOut].map(|metric| Measurement { metric, of: of.clone(), value })
    });
    let by_broker = Metric::ALL.iter().filter(|metric| metric.breakdowns().contains(&Breakdown::Broker));
    let brokers = by_broker.flat_map(|metric| {
        (0..BROKERS).map(move |id| Measurement { metric: *metric, of: Measured::Broker(BrokerId(id)), value })
    });
    topics.chain(brokers).collect()
}
