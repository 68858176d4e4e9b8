use super::*;
use klamm_model::UnixMillis;

fn inventory(serving: &[i32]) -> Inventory {
    let mut inventory = Inventory::unseen("kafka/demo".parse().unwrap());
    let broker =
        |id: &i32| Broker::unseen(BrokerId(*id), BrokerState::Running, vec![NodeRole::Broker, NodeRole::Controller]);
    inventory.brokers = serving.iter().map(broker).collect();
    let topic = |name: &str| Topic::unseen(name.parse().unwrap(), String::new());
    inventory.topics = vec![topic("a"), topic("b")];
    inventory
}

fn told(broker: i32, values: &[(Metric, f64)], topics: &[(&str, [f32; 3])]) -> Arc<Told> {
    Arc::new(Told {
        at: UnixMillis(1),
        broker: Some(BrokerId(broker)),
        values: values.iter().copied().collect(),
        topics: topics.iter().map(|(name, rates)| ((*name).into(), *rates)).collect(),
        ..Told::default()
    })
}

fn of(all: &[Measurement], metric: Metric, of: &Measured) -> Option<f64> {
    all.iter().find(|one| one.metric == metric && one.of == *of).map(|one| one.value)
}

#[test]
fn sums_are_told_only_where_all_brokers_told() {
    let one = told(1, &[(Metric::BytesIn, 5.0), (Metric::HeapUsedBytes, 9.0)], &[]);
    let two = told(2, &[(Metric::BytesIn, 7.0)], &[]);
    let part = merged(Vec::new(), &inventory(&[1, 2]), std::slice::from_ref(&one));
    assert_eq!(of(&part, Metric::BytesIn, &Measured::Cluster), None);
    assert_eq!(of(&part, Metric::BytesIn, &Measured::Broker(BrokerId(1))), Some(5.0));
    let both = merged(Vec::new(), &inventory(&[1, 2]), &[one.clone(), two.clone()]);
    assert_eq!(of(&both, Metric::BytesIn, &Measured::Cluster), Some(12.0));
    assert_eq!(of(&both, Metric::HeapUsedBytes, &Measured::Cluster), None, "no sum of heaps");
    assert_eq!(of(&both, Metric::Requests, &Measured::Cluster), None, "nobody told");
    let nobody = merged(Vec::new(), &inventory(&[]), &[one, two]);
    assert_eq!(of(&nobody, Metric::BytesIn, &Measured::Cluster), None, "nobody serves");
}

#[test]
fn offsets_count_records_where_no_exporter_does_and_brokers_say_what_partitions_do() {
    let whole = |metric, value| Measurement { metric, of: Measured::Cluster, value };
    let by_offsets = vec![whole(Metric::MessagesIn, 3.0), whole(Metric::UnderReplicatedPartitions, 4.0)];
    let alone = merged(by_offsets.clone(), &inventory(&[1]), &[]);
    assert_eq!(of(&alone, Metric::MessagesIn, &Measured::Cluster), Some(3.0));
    let exporter = told(1, &[(Metric::MessagesIn, 2.5), (Metric::UnderReplicatedPartitions, 9.0)], &[]);
    let both = merged(by_offsets, &inventory(&[1]), &[exporter]);
    assert_eq!(of(&both, Metric::MessagesIn, &Measured::Cluster), Some(2.5));
    assert_eq!(of(&both, Metric::UnderReplicatedPartitions, &Measured::Cluster), Some(4.0));
}

#[test]
fn topics_are_summed_over_brokers_and_unknown_where_one_does_not_know() {
    let nan = f32::NAN;
    let one = told(1, &[], &[("a", [1.0, 10.0, nan]), ("gone", [1.0, 1.0, 1.0])]);
    let two = told(2, &[], &[("a", [2.0, 20.0, 5.0]), ("b", [4.0, nan, 0.0])]);
    let all = merged(Vec::new(), &inventory(&[1, 2]), &[one.clone(), two]);
    let topic = |name: &str| Measured::Topic(name.parse().unwrap());
    assert_eq!(of(&all, Metric::MessagesIn, &topic("a")), Some(3.0));
    assert_eq!(of(&all, Metric::BytesIn, &topic("a")), Some(30.0));
    assert_eq!(of(&all, Metric::BytesOut, &topic("a")), None);
    assert_eq!(of(&all, Metric::BytesOut, &topic("b")), Some(0.0));
    assert_eq!(of(&all, Metric::MessagesIn, &topic("gone")), None, "Kafka does not have it any more");
    let part = merged(Vec::new(), &inventory(&[1, 2]), &[one]);
    assert_eq!(of(&part, Metric::MessagesIn, &topic("a")), None, "broker 2 may have some of it");
}

#[test]
fn a_topic_is_summed_though_one_of_its_brokers_has_needed_no_meter_yet() {
    let recorded = include_str!("../../../tests/exports/klamm-4.1.2.txt");
    // Nobody has read the offsets from the first broker, which tells of other topics how much was.
    let read_from = |count: u32| {
        format!("{recorded}kafka_server_brokertopicmetrics_bytesout_total{{topic=\"__consumer_offsets\"}} {count}\n")
    };
    let mut reader = crate::ExportReader::default();
    for (at, count) in [(0, 100), (15_000, 1600)] {
        reader.read(BrokerId(1), recorded.as_bytes(), UnixMillis(at));
        reader.read(BrokerId(2), read_from(count).as_bytes(), UnixMillis(at));
    }
    let mut seen = inventory(&[1, 2]);
    let names = ["__consumer_offsets", "payments.orders-v1"];
    seen.topics = names.map(|name| Topic::unseen(name.parse().unwrap(), String::new())).into();
    let all = reader.vitals().with_targets(Vec::new(), &seen, UnixMillis(15_000));
    let rates = |metric| names.map(|name| of(&all, metric, &Measured::Topic(name.parse().unwrap())));
    assert_eq!(rates(Metric::BytesOut), [Some(100.0), Some(0.0)]);
    assert_eq!(rates(Metric::BytesIn), [Some(0.0), Some(0.0)]);
}

#[test]
fn controllers_count_each_their_own_and_the_newer_of_two_answers_counts() {
    let active = |broker, value| told(broker, &[(Metric::ActiveControllers, value)], &[]);
    let all = merged(Vec::new(), &inventory(&[1, 2]), &[active(1, 1.0), active(2, 1.0)]);
    assert_eq!(of(&all, Metric::ActiveControllers, &Measured::Cluster), Some(2.0), "two of them");
    let mut without_one = inventory(&[1, 2]);
    without_one.brokers[0].state = BrokerState::Down;
    let all = merged(Vec::new(), &without_one, &[active(1, 1.0), active(2, 1.0)]);
    assert_eq!(of(&all, Metric::ActiveControllers, &Measured::Cluster), Some(1.0), "broker 1 is dead");
    let newer = Arc::new(Told { at: UnixMillis(9), ..(*active(1, 0.0)).clone() });
    let all = merged(Vec::new(), &inventory(&[1, 2]), &[newer, active(1, 1.0), active(2, 1.0)]);
    assert_eq!(of(&all, Metric::ActiveControllers, &Measured::Cluster), Some(1.0));
}

#[test]
fn what_a_broker_told_before_it_went_down_is_told_no_more() {
    let idle = |broker| told(broker, &[(Metric::RequestHandlerIdle, 0.9)], &[]);
    let mut seen = inventory(&[1, 2]);
    seen.brokers[0].state = BrokerState::Down;
    let all = merged(Vec::new(), &seen, &[idle(1), idle(2)]);
    let of_broker = |id| of(&all, Metric::RequestHandlerIdle, &Measured::Broker(BrokerId(id)));
    assert_eq!([of_broker(1), of_broker(2)], [None, Some(0.9)]);
}
