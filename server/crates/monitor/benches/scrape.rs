//! What reading exporters costs: an export of ten megabytes, and a minute of twelve brokers that each tell of ten thousand topics.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::cast_precision_loss, reason = "figures have three digits")]

use klamm_model::{Broker, BrokerId, BrokerState, Inventory, Metric, NodeRole, Reachability, Topic, UnixMillis};
use klamm_monitor::ExportReader;
use std::{fmt::Write as _, time::Instant};

const BROKERS: i32 = 12;
const TOPICS: usize = 10_000;
const ROUND_MILLIS: i64 = 15_000;
/// Looks of a minute.
const LOOKS: i64 = 4;

fn main() {
    // `cargo test --benches` and `cargo clippy` start it with other arguments; only `cargo bench` means it.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let inventory = inventory();
    let exports: Vec<String> = (0..=LOOKS + 1).map(export).collect();
    let megabytes = exports.last().map_or(0.0, |export| export.len() as f64 / 1e6);

    let mut reader = ExportReader::default();
    reader.read(BrokerId(1), exports[0].as_bytes(), UnixMillis(0));
    let mut times: Vec<f64> = (1..=LOOKS)
        .map(|look| {
            let began = Instant::now();
            let at = UnixMillis(look * ROUND_MILLIS);
            reader.read(BrokerId(1), exports[usize::try_from(look).unwrap_or(0)].as_bytes(), at);
            reader.store(&inventory, at);
            began.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let middle = times[times.len() / 2];
    println!(
        "an export of {megabytes:.1} MB, parsed and stored\t{:.0} ms\t{:.0} MB/s",
        middle * 1000.0,
        megabytes / middle
    );

    let mut reader = ExportReader::default();
    let look = |reader: &mut ExportReader, round: i64| {
        let at = UnixMillis(round * ROUND_MILLIS);
        for broker in 1..=BROKERS {
            reader.read(BrokerId(broker), exports[usize::try_from(round).unwrap_or(0)].as_bytes(), at);
        }
        reader.store(&inventory, at);
    };
    look(&mut reader, 0);
    let began = Instant::now();
    for round in 1..=LOOKS {
        look(&mut reader, round);
    }
    let seconds = began.elapsed().as_secs_f64();
    let total = megabytes * f64::from(BROKERS) * LOOKS as f64;
    println!("12 exporters of 10,000 topics each, a minute\t{seconds:.2} s of one processor\t{total:.0} MB read");
    let at = UnixMillis(LOOKS * ROUND_MILLIS);
    let told = reader.vitals().history().latest(Metric::BytesIn, &klamm_model::Measured::Cluster, at);
    assert!(told.is_some_and(|rate| rate > 0.0), "nothing was stored: {told:?}");
}

/// What a broker tells with rules that leave little out: most of it is about partitions and not of use.
fn export(look: i64) -> String {
    let mut text = String::new();
    let count = |topic: usize| 1000 * (look + 1) * i64::try_from(topic % 7 + 1).unwrap_or(1);
    for (name, times) in [("messagesin", 1), ("bytesin", 200), ("bytesout", 400), ("totalfetchrequests", 3)] {
        let _ = writeln!(text, "# TYPE kafka_server_brokertopicmetrics_{name}_total counter");
        let _ = writeln!(text, "kafka_server_brokertopicmetrics_{name}_total {}", 7_000_000 * (look + 1) * times);
        for topic in 0..TOPICS {
            let name_of = topic_name(topic);
            let _ = writeln!(
                text,
                "kafka_server_brokertopicmetrics_{name}_total{{topic=\"{name_of}\"}} {}.0",
                count(topic) * times
            );
        }
    }
    for topic in 0..TOPICS {
        for partition in 0..5 {
            let name_of = topic_name(topic);
            let _ = writeln!(
                text,
                "kafka_log_log_size{{partition=\"{partition}\",topic=\"{name_of}\"}} {}.0",
                count(topic)
            );
        }
    }
    text
}

fn topic_name(topic: usize) -> String {
    format!("payments.orders-and-invoices.created-{topic:05}")
}

fn inventory() -> Inventory {
    let Ok(cluster) = "kafka/estate".parse() else { unreachable!("a name") };
    let broker = |id| Broker::unseen(BrokerId(id), BrokerState::Running, vec![NodeRole::Broker]);
    let name = |number| topic_name(number).parse().unwrap_or_else(|_| unreachable!("a name"));
    let topic = |number| Topic::unseen(name(number), String::new());
    let mut inventory = Inventory::unseen(cluster);
    inventory.reachability = Reachability::Reachable;
    inventory.brokers = (1..=BROKERS).map(broker).collect();
    inventory.topics = (0..TOPICS).map(topic).collect();
    inventory
}
