use super::*;
use crate::scrape::{fetch::Sink, jolokia, text::Lines};
use proptest::prelude::*;
use std::fmt::Write as _;

fn read(text: &str) -> Reading {
    let (mut reading, mut lines, names) = (Reading::default(), Lines::default(), SharedNames::default());
    lines.take(text.as_bytes(), |line| reading.line(line, 1_795_938_586_000, &names));
    lines.end(|line| reading.line(line, 1_795_938_586_000, &names));
    reading
}

/// What a recorded broker told, by the rules that its exporter had.
macro_rules! recorded {
    ($rules:literal) => {
        [
            ("3.9.2", read(include_str!(concat!("../../../tests/exports/", $rules, "-3.9.2.txt")))),
            ("4.1.2", read(include_str!(concat!("../../../tests/exports/", $rules, "-4.1.2.txt")))),
            ("4.3.1", read(include_str!(concat!("../../../tests/exports/", $rules, "-4.3.1.txt")))),
        ]
    };
}

/// What every recorded broker did: a thousand records of a hundred bytes came in, and were read once.
fn is_the_recorded_broker(told: &Reading, whose: &str) {
    let counter = |metric| told.counters.get(&metric).map(|sum: &Sum| sum.value);
    let gauge = |metric| told.gauges.get(&metric).map(|sum: &Sum| sum.value);
    assert_eq!((told.rejects, &told.reject), (0, &None), "{whose}");
    assert!(counter(Metric::MessagesIn).is_some_and(|count| (1000.0..1010.0).contains(&count)), "{whose}");
    let topic = told.topics.get("payments.orders-v1").copied().unwrap_or_default();
    assert_eq!(topic[0].to_bits(), 1000.0f64.to_bits(), "{whose}: {topic:?}");
    assert!(topic[1] > 100_000.0 && topic[2] >= topic[1], "{whose}: {topic:?}");
    assert_eq!(told.topics.len(), 2, "{whose}: the topic and that of the offsets");
    for metric in [
        Metric::BytesIn,
        Metric::BytesOut,
        Metric::ReplicationBytesOut,
        Metric::FailedProduceRequests,
        Metric::FailedFetchRequests,
        Metric::IsrShrinks,
        Metric::IsrExpands,
        Metric::RequestHandlerIdle,
        Metric::GcTime,
    ] {
        assert!(counter(metric).is_some(), "{whose}: {metric:?}");
    }
    let idle = counter(Metric::RequestHandlerIdle).unwrap_or_default();
    assert!((10.0..60.0).contains(&idle), "{whose}: {idle} seconds without work");
    for (metric, wanted) in [
        (Metric::UnderReplicatedPartitions, 0.0..=0.0),
        (Metric::UnderMinIsrPartitions, 0.0..=0.0),
        (Metric::OfflinePartitions, 0.0..=0.0),
        (Metric::ActiveControllers, 1.0..=1.0),
        (Metric::Leaders, 3.0..=4.0),
        (Metric::Replicas, 3.0..=4.0),
        (Metric::NetworkIdle, 0.3..=0.5),
        (Metric::HeapUsedBytes, 2e7..=2.6e8),
        (Metric::HeapMaxBytes, 2.5e8..=2.7e8),
    ] {
        assert!(gauge(metric).is_some_and(|value| wanted.contains(&value)), "{whose}: {metric:?} {:?}", gauge(metric));
    }
    assert!(told.started.is_some_and(|started| started > 1.7e9), "{whose}");
}

fn requests(told: &Reading) -> Option<f64> {
    told.counters.get(&Metric::Requests).map(|sum| sum.value)
}

#[test]
fn klamms_own_rules_tell_everything() {
    for (version, told) in recorded!("klamm") {
        is_the_recorded_broker(&told, version);
        assert!(
            requests(&told).is_some_and(|count| (700.0..1000.0).contains(&count)),
            "{version} {:?}",
            requests(&told)
        );
        assert!(told.gauges[&Metric::Connections].value >= 4.0, "{version}");
        let java = told.clients.iter().filter(|client| client.name == "apache-kafka-java" && client.version == version);
        assert!(java.clone().map(|client| client.connections).sum::<u32>() >= 4, "{version}: {:?}", told.clients);
        assert!(java.into_iter().any(|client| client.listener.as_deref() == Some("USERS")), "{version}");
        let quota = |resource, user: Option<&str>, client: Option<&str>| {
            told.quotas.get(&(resource, user.map(str::to_owned), client.map(str::to_owned))).and_then(|quota| quota.0)
        };
        assert!(quota(QuotaResource::Produce, Some("alice"), None).is_some_and(|rate| rate > 1000.0), "{version}");
        assert!(quota(QuotaResource::Fetch, Some("alice"), None).is_some_and(|rate| rate > 1000.0), "{version}");
        assert!(quota(QuotaResource::Request, Some("alice"), None).is_some(), "{version}");
        assert!(quota(QuotaResource::Produce, None, Some("limited")).is_some_and(|rate| rate > 1000.0), "{version}");
        // Kafka 4 has dropped the versions that 3.9 only frowns at.
        let old = told.old_requests.iter().map(|old| (old.request.as_str(), old.version.as_str(), old.count));
        let wanted: &[_] = if version == "3.9.2" { &[("ListOffsets", "0", 1)] } else { &[] };
        assert_eq!(old.collect::<Vec<_>>(), wanted, "{version}");
    }
}

#[test]
fn strimzis_rules_tell_all_but_requests() {
    for (version, told) in recorded!("strimzi") {
        is_the_recorded_broker(&told, version);
        assert_eq!(requests(&told), None, "{version}");
        assert!(told.clients.iter().any(|client| client.version == version), "{version}: {:?}", told.clients);
        assert!(told.gauges.contains_key(&Metric::Connections), "{version}");
    }
}

#[test]
fn the_example_of_the_exporter_tells_the_usual_things() {
    for (version, told) in recorded!("example") {
        is_the_recorded_broker(&told, version);
        assert!(requests(&told).is_some_and(|count| count > 700.0), "{version}");
        assert_eq!(told.clients, [], "{version}");
        assert!(!told.quotas.is_empty(), "{version}");
    }
}

#[test]
fn an_exporter_without_rules_is_understood() {
    for (version, told) in recorded!("bare") {
        is_the_recorded_broker(&told, version);
        assert!(requests(&told).is_some_and(|count| (700.0..1000.0).contains(&count)), "{version}");
        assert!(told.clients.iter().any(|client| client.version == version), "{version}: {:?}", told.clients);
        assert!(told.quotas.len() >= 3, "{version}: {:?}", told.quotas);
    }
}

#[test]
fn jolokia_tells_the_same_as_an_exporter() {
    assert_eq!(jolokia::question(), include_str!("../../../tests/exports/jolokia-question.json").trim());
    for (version, answer) in [
        ("3.9.2", include_str!("../../../tests/exports/jolokia-3.9.2.json")),
        ("4.1.2", include_str!("../../../tests/exports/jolokia-4.1.2.json")),
        ("4.3.1", include_str!("../../../tests/exports/jolokia-4.3.1.json")),
    ] {
        let names = SharedNames::default();
        let mut all = jolokia::Answer::new(&names);
        all.take(answer.as_bytes());
        let told = all.end().unwrap();
        is_the_recorded_broker(&told, version);
        assert!(requests(&told).is_some_and(|count| (700.0..1000.0).contains(&count)), "{version}");
        assert!(told.clients.iter().any(|client| client.version == version), "{version}: {:?}", told.clients);
        assert!(told.quotas.len() >= 4, "{version}: {:?}", told.quotas);
    }
}

const COUNTER: &str = "kafka_server_brokertopicmetrics_bytesin_total";

#[test]
fn what_cannot_be_is_refused_and_the_rest_is_kept() {
    let lies = [
        format!("{COUNTER} NaN"),
        format!("{COUNTER} -1"),
        format!("{COUNTER} 1e300"),
        format!("{COUNTER} +Inf"),
        format!("{COUNTER} 5 86400000"),
        format!("{COUNTER}{{topic=\"no/topic\"}} 5"),
        format!("{COUNTER}{{topic=\"{}\"}} 5", "x".repeat(300)),
        "kafka_server_replicamanager_leadercount -3".to_owned(),
    ];
    for lie in lies {
        let told = read(&format!("{lie}\nkafka_server_replicamanager_partitioncount 7\n"));
        assert_eq!((told.rejects, told.lies, told.known), (1, 1, 1), "{lie}");
        assert!(told.reject.as_deref().is_some_and(|line| line.starts_with(&lie[..40])), "{:?}", told.reject);
        assert!(!told.counters.contains_key(&Metric::BytesIn), "{lie}");
    }
    let twice = read(&format!("{COUNTER} 5\n{COUNTER} 6\n{COUNTER}{{topic=\"a\"}} 1\n{COUNTER}{{topic=\"a\"}} 1\n"));
    assert_eq!((twice.known, twice.lies), (2, 2), "told twice");
    let cut = read(&format!("{COUNTER}{{topic=\"a}} 5\n"));
    assert_eq!((cut.known, cut.rejects, cut.lies), (0, 1, 0), "what cannot be read is no lie");
}

#[test]
fn lines_that_are_too_long_or_no_text_are_counted_and_the_others_are_read() {
    let (mut reading, mut lines, names) = (Reading::default(), Lines::default(), SharedNames::default());
    let mut export = format!("{COUNTER} 5\n{COUNTER}{{topic=\"{}\"}} 5\n", "x".repeat(17_000)).into_bytes();
    export.extend_from_slice(
        b"kafka_server_quota_byte_rate{user=\"f\xfcr\"} 5\nkafka_server_replicamanager_leadercount 7\n",
    );
    for part in export.chunks(4096) {
        lines.take(part, |line| reading.line(line, 0, &names));
    }
    lines.end(|line| reading.line(line, 0, &names));
    assert_eq!((reading.known, reading.rejects, reading.lies), (2, 2, 0));
    assert_eq!(reading.reject.as_deref(), Some("a line too long or no text"));
}

#[test]
fn what_java_and_brokers_cannot_say_yet_is_no_lie() {
    let told = read(
        "jvm_memory_max_bytes{area=\"heap\"} -1\njava_lang_operatingsystem_processcpuload -1\n\
         kafka_network_socketserver_networkprocessoravgidlepercent NaN\n\
         kafka_server_quota_throttle_time{resource=\"Fetch\",user=\"alice\"} NaN\n\
         jvm_memory_used_bytes{area=\"nonheap\"} 5\n",
    );
    assert_eq!((told.rejects, told.known, told.gauges.len()), (0, 0, 0), "{:?}", told.reject);
}

#[test]
fn an_example_is_short_and_has_no_control_characters() {
    let told = read(&format!("{COUNTER}{{topic=\"{}\u{7}\"}} NaN\n", "y".repeat(5000)));
    let example = told.reject.unwrap();
    assert!(example.len() < 250 && !example.contains('\u{7}') && example.contains('…'), "{example}");
}

#[test]
fn an_exporter_cannot_make_klamm_remember_without_end() {
    let mut text = String::new();
    for n in 0..MOST_TOPICS + 10 {
        let _ = writeln!(text, "{COUNTER}{{topic=\"t{n}\"}} 1");
    }
    let told = read(&text);
    assert_eq!((told.topics.len(), told.rejects), (MOST_TOPICS, 10));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_or_believe_nonsense(lines in prop::collection::vec("(kafka_server_brokertopicmetrics_(bytes|messages)in_total|jvm_memory_used_bytes)(\\{(topic|area)=\"[a-z,}]{0,5}\"?\\})? (-?[0-9]{1,30}|NaN|-?Inf|1e[0-9]{1,3}|x)", 0..30)) {
        let told = read(&lines.join("\n"));
        let values = told.counters.values().chain(told.gauges.values()).map(|sum| sum.value);
        let topics = told.topics.values().flatten().copied().filter(|value| !value.is_nan());
        for value in values.chain(topics) {
            prop_assert!((0.0..=HUGE * 30.0).contains(&value));
        }
        prop_assert!(told.lies <= told.rejects);
    }
}
