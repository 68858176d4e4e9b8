//! What the names of the common rule sets mean: one table for the talk's and Klamm's rules, Strimzi's, the example of the JMX
//! exporter, an exporter without rules (as which Jolokia's answers are read, too), and Java's own in both generations. Pure.
//!
//! Names are compared in small letters, because some rule sets write them so and others as Kafka does. A name that changed
//! with a version of Kafka or of the exporter stands here under all its forms.

use klamm_model::Metric;
use std::{collections::HashMap, sync::LazyLock};

/// Longest name that can be in the table.
const LONGEST: usize = 120;

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Tells {
    /// A counter of the broker, or of a topic where it names one; so much of the metric for each.
    Counter(Metric, f64),
    /// What request handlers of the broker alone were idle, in so many seconds each.
    OwnHandlersIdle(f64),
    /// What a metric is just now.
    Gauge(Metric, Together),
    /// Connections of one client software.
    ClientConnections,
    /// Requests in a version that a later Kafka does not understand.
    OldRequests,
    /// The rate of a user or client for whom there is a quota: bytes a second, or percent of the time of request handlers.
    QuotaRate,
    /// How long such a one was held up on average, in milliseconds.
    QuotaThrottle,
    /// When the process began, in seconds since 1970.
    Started,
}

/// What several numbers of one metric make together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Together {
    /// There is only one.
    Only,
    /// Their sum.
    Sum,
}

/// A meaning, and when a line has it.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    /// A label that the line must have, with this value in small letters.
    pub(super) needs: Option<(&'static str, String)>,
    pub(super) tells: Tells,
    /// Where an exporter tells the same under several names, that with the smallest rank counts.
    pub(super) rank: u16,
}

/// Meters of Kafka: MBean type, name without `PerSec`, metric.
const METERS: &[(&str, &str, Metric)] = &[
    ("kafka_server_brokertopicmetrics", "messagesin", Metric::MessagesIn),
    ("kafka_server_brokertopicmetrics", "bytesin", Metric::BytesIn),
    ("kafka_server_brokertopicmetrics", "bytesout", Metric::BytesOut),
    ("kafka_server_brokertopicmetrics", "replicationbytesout", Metric::ReplicationBytesOut),
    ("kafka_server_brokertopicmetrics", "failedproducerequests", Metric::FailedProduceRequests),
    ("kafka_server_brokertopicmetrics", "failedfetchrequests", Metric::FailedFetchRequests),
    ("kafka_server_replicamanager", "isrshrinks", Metric::IsrShrinks),
    ("kafka_server_replicamanager", "isrexpands", Metric::IsrExpands),
    ("kafka_network_requestmetrics", "requests", Metric::Requests),
];

/// Gauges of Kafka: MBean type, name, metric.
const GAUGES: &[(&str, &str, Metric)] = &[
    ("kafka_server_replicamanager", "underreplicatedpartitions", Metric::UnderReplicatedPartitions),
    ("kafka_server_replicamanager", "underminisrpartitioncount", Metric::UnderMinIsrPartitions),
    ("kafka_server_replicamanager", "leadercount", Metric::Leaders),
    ("kafka_server_replicamanager", "partitioncount", Metric::Replicas),
    ("kafka_controller_kafkacontroller", "offlinepartitionscount", Metric::OfflinePartitions),
    ("kafka_controller_kafkacontroller", "activecontrollercount", Metric::ActiveControllers),
    ("kafka_network_socketserver", "networkprocessoravgidlepercent", Metric::NetworkIdle),
];

/// A label that a line must have, with its value.
type Needs = Option<(&'static str, &'static str)>;

/// Names that follow no pattern: name, a label that they must have, what they tell.
const OTHERS: &[(&str, Needs, Tells)] = &[
    ("kafka_network_socketserver_networkprocessoravgidle_percent", None, IDLE_NETWORK),
    // The meter counts nanoseconds without work, told as an average over the handlers; of its rates rule sets take the mean
    // since the broker began, which says nothing of now. From Kafka 4.2 on those of the broker have one of their own.
    ("kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidlepercent_count", None, IDLE_OWN_HANDLERS),
    ("kafka_server_kafkarequesthandlerpool_brokerrequesthandleravgidlepercent_count_total", None, IDLE_OWN_HANDLERS),
    (
        "kafka_server_kafkarequesthandlerpool_count",
        Some(("name", "brokerrequesthandleravgidlepercent")),
        IDLE_OWN_HANDLERS,
    ),
    ("kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count", None, IDLE_HANDLERS),
    ("kafka_server_kafkarequesthandlerpool_requesthandleravgidlepercent_count_total", None, IDLE_HANDLERS),
    ("kafka_server_kafkarequesthandlerpool_count", Some(("name", "requesthandleravgidlepercent")), IDLE_HANDLERS),
    ("kafka_server_socket_server_metrics_connection_count", None, CONNECTIONS),
    ("kafka_server_socketservermetrics_connection_count", None, CONNECTIONS),
    ("kafka_server_socket_server_metrics_connections_software", None, Tells::ClientConnections),
    ("kafka_server_socketservermetrics_connections", None, Tells::ClientConnections),
    // Also the number of connections with one cipher, which names no client and is left out for that.
    ("kafka_server_socket_server_metrics_connections", None, Tells::ClientConnections),
    ("kafka_network_requestmetrics_deprecatedrequests_total", None, Tells::OldRequests),
    ("kafka_network_requestmetrics_deprecatedrequestspersec_count", None, Tells::OldRequests),
    ("kafka_network_requestmetrics_count", Some(("name", "deprecatedrequestspersec")), Tells::OldRequests),
    ("kafka_server_quota_byte_rate", None, Tells::QuotaRate),
    ("kafka_server_quota_request_time", None, Tells::QuotaRate),
    ("kafka_server_quota_throttle_time", None, Tells::QuotaThrottle),
    ("kafka_server_produce_byte_rate", None, Tells::QuotaRate),
    ("kafka_server_produce_throttle_time", None, Tells::QuotaThrottle),
    ("kafka_server_fetch_byte_rate", None, Tells::QuotaRate),
    ("kafka_server_fetch_throttle_time", None, Tells::QuotaThrottle),
    ("kafka_server_request_request_time", None, Tells::QuotaRate),
    ("kafka_server_request_throttle_time", None, Tells::QuotaThrottle),
    // Java, as the client library of the exporter tells it from version 1.0 on, and before.
    ("jvm_memory_used_bytes", Some(("area", "heap")), HEAP_USED),
    ("jvm_memory_bytes_used", Some(("area", "heap")), HEAP_USED),
    ("java_lang_memory_heapmemoryusage_used", None, HEAP_USED),
    ("jvm_memory_max_bytes", Some(("area", "heap")), HEAP_MAX),
    ("jvm_memory_bytes_max", Some(("area", "heap")), HEAP_MAX),
    ("java_lang_memory_heapmemoryusage_max", None, HEAP_MAX),
    ("jvm_gc_collection_seconds_sum", None, Tells::Counter(Metric::GcTime, 1.0)),
    ("java_lang_garbagecollector_collectiontime", None, Tells::Counter(Metric::GcTime, 0.001)),
    ("java_lang_operatingsystem_processcpuload", None, Tells::Gauge(Metric::CpuLoad, Together::Only)),
    ("process_start_time_seconds", None, Tells::Started),
];

const IDLE_HANDLERS: Tells = Tells::Counter(Metric::RequestHandlerIdle, 1e-9);
const IDLE_OWN_HANDLERS: Tells = Tells::OwnHandlersIdle(1e-9);
const IDLE_NETWORK: Tells = Tells::Gauge(Metric::NetworkIdle, Together::Only);
const CONNECTIONS: Tells = Tells::Gauge(Metric::Connections, Together::Sum);
const HEAP_USED: Tells = Tells::Gauge(Metric::HeapUsedBytes, Together::Only);
const HEAP_MAX: Tells = Tells::Gauge(Metric::HeapMaxBytes, Together::Only);

static TABLE: LazyLock<HashMap<String, Vec<Meaning>>> = LazyLock::new(table);

/// What lines of this name can mean; nothing where Klamm does not know it.
pub(super) fn meanings(name: &str) -> &'static [Meaning] {
    let mut small = [0; LONGEST];
    let Some(small) = small.get_mut(..name.len()) else { return &[] };
    small.copy_from_slice(name.as_bytes());
    small.make_ascii_lowercase();
    std::str::from_utf8(small).ok().and_then(|small| TABLE.get(small)).map_or(&[], Vec::as_slice)
}

fn table() -> HashMap<String, Vec<Meaning>> {
    let mut table: HashMap<String, Vec<Meaning>> = HashMap::new();
    let mut rank = 0;
    let mut add = |name: String, needs: Option<(&'static str, String)>, tells: Tells| {
        rank += 1;
        table.entry(name).or_default().push(Meaning { needs, tells, rank });
    };
    for (mbean, name, metric) in METERS {
        let tells = Tells::Counter(*metric, 1.0);
        // Rule sets drop `PerSec` or keep it; exporters from 1.0 on put `_total` behind whatever is declared a counter.
        for form in ["_total", "persec_count", "persec_count_total", "persec_total"] {
            add(format!("{mbean}_{name}{form}"), None, tells);
        }
        add(format!("{mbean}_count"), Some(("name", format!("{name}persec"))), tells);
    }
    for (mbean, name, metric) in GAUGES {
        let tells = Tells::Gauge(*metric, Together::Only);
        for form in ["", "_value"] {
            add(format!("{mbean}_{name}{form}"), None, tells);
        }
        add(format!("{mbean}_value"), Some(("name", (*name).to_owned())), tells);
    }
    for (name, needs, tells) in OTHERS {
        add((*name).to_owned(), needs.map(|(label, value)| (label, value.to_owned())), *tells);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_however_they_are_written() {
        let told = |name: &str| meanings(name).iter().map(|meaning| meaning.tells).collect::<Vec<_>>();
        let messages = vec![Tells::Counter(Metric::MessagesIn, 1.0)];
        for name in [
            "kafka_server_brokertopicmetrics_messagesin_total",
            "kafka_server_BrokerTopicMetrics_MessagesInPerSec_Count",
            "kafka_server_brokertopicmetrics_messagesinpersec_total",
        ] {
            assert_eq!(told(name), messages, "{name}");
        }
        assert_eq!(told("jvm_memory_bytes_used"), told("jvm_memory_used_bytes"));
        assert_eq!(told("kafka_server_brokertopicmetrics_messagesinpersec_oneminuterate"), []);
        assert_eq!(told(&"x".repeat(LONGEST)), []);
        assert_eq!(told(&"x".repeat(LONGEST * 9)), []);
        assert_eq!(told("größe"), []);
    }

    #[test]
    fn every_name_fits_and_ranks_differ() {
        let mut ranks: Vec<u16> = TABLE.values().flatten().map(|meaning| meaning.rank).collect();
        let all = ranks.len();
        ranks.sort_unstable();
        ranks.dedup();
        assert_eq!(ranks.len(), all);
        assert!(TABLE.keys().all(|name| name.len() < LONGEST && name.bytes().all(|byte| !byte.is_ascii_uppercase())));
    }
}
