//! The one vocabulary of what is measured, whatever exporters call it, and whom a measurement concerns.

use crate::{BrokerId, GroupId, TopicName};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

macro_rules! metrics {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $unit:ident, [$($by:ident),+];)+) => {
        /// What is measured. Counters are told as rates per second.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Metric {
            $($(#[$doc])* $variant,)+
        }

        impl Metric {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// As it is called in addresses, in JSON and in the database.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// What its numbers count.
            pub fn unit(self) -> MetricUnit {
                match self {
                    $(Self::$variant => MetricUnit::$unit,)+
                }
            }

            /// By what it can be told apart; the first is what it is told by unless something else is asked for.
            pub fn breakdowns(self) -> &'static [Breakdown] {
                match self {
                    $(Self::$variant => &[$(Breakdown::$by),+],)+
                }
            }
        }
    };
}

metrics! {
    /// Records appended by producers.
    MessagesIn = "messages_in", RecordsPerSecond, [Cluster, Broker, Topic];
    /// Bytes appended by producers.
    BytesIn = "bytes_in", BytesPerSecond, [Cluster, Broker, Topic];
    /// Bytes fetched by consumers.
    BytesOut = "bytes_out", BytesPerSecond, [Cluster, Broker, Topic];
    /// Bytes fetched by followers, as the leaders send them.
    ReplicationBytesOut = "replication_bytes_out", BytesPerSecond, [Cluster, Broker];
    /// Records that groups committed past.
    MessagesConsumed = "messages_consumed", RecordsPerSecond, [Cluster, Group];
    /// Requests of all kinds.
    Requests = "requests", PerSecond, [Cluster, Broker];
    /// Produce requests that were refused.
    FailedProduceRequests = "failed_produce_requests", PerSecond, [Cluster, Broker];
    /// Fetch requests that were refused.
    FailedFetchRequests = "failed_fetch_requests", PerSecond, [Cluster, Broker];
    /// Bytes of all replicas.
    SizeBytes = "size_bytes", Bytes, [Cluster, Broker, Topic];
    /// What is used of volumes, by whatever uses it.
    DiskUsedBytes = "disk_used_bytes", Bytes, [Cluster, Broker, Volume];
    /// How large volumes are.
    DiskCapacityBytes = "disk_capacity_bytes", Bytes, [Cluster, Broker, Volume];
    /// Records that a group has still to read.
    LagRecords = "lag_records", Records, [Group];
    /// How long ago the record was written that a group reads next, of the partition that is furthest behind.
    LagSeconds = "lag_seconds", Seconds, [Group];
    /// Members of a group.
    GroupMembers = "group_members", Count, [Group];
    /// Partitions with fewer in-sync replicas than replicas; of a broker, those that it leads.
    UnderReplicatedPartitions = "under_replicated_partitions", Count, [Cluster, Broker];
    /// Partitions with fewer in-sync replicas than `min.insync.replicas`.
    UnderMinIsrPartitions = "under_min_isr_partitions", Count, [Cluster];
    /// Partitions with exactly as many in-sync replicas as `min.insync.replicas`, and fewer than replicas.
    AtMinIsrPartitions = "at_min_isr_partitions", Count, [Cluster];
    /// Partitions without a leader.
    OfflinePartitions = "offline_partitions", Count, [Cluster];
    /// Nodes that say that they are the active controller.
    ActiveControllers = "active_controllers", Count, [Cluster];
    /// Brokers that serve.
    BrokersRunning = "brokers_running", Count, [Cluster];
    /// Partitions that a broker leads.
    Leaders = "leaders", Count, [Broker];
    /// Replicas that a broker holds.
    Replicas = "replicas", Count, [Broker];
    /// Replicas that left the in-sync set.
    IsrShrinks = "isr_shrinks", PerSecond, [Cluster, Broker];
    /// Replicas that came back to the in-sync set.
    IsrExpands = "isr_expands", PerSecond, [Cluster, Broker];
    /// How much of the time request handlers had nothing to do, from 0 to 1.
    RequestHandlerIdle = "request_handler_idle", Ratio, [Broker];
    /// The same of network threads.
    NetworkIdle = "network_idle", Ratio, [Broker];
    /// Open connections of clients.
    Connections = "connections", Count, [Cluster, Broker];
    /// Java heap in use.
    HeapUsedBytes = "heap_used_bytes", Bytes, [Broker];
    /// How large the Java heap may become.
    HeapMaxBytes = "heap_max_bytes", Bytes, [Broker];
    /// Seconds per second that Java spent collecting garbage.
    GcTime = "gc_time", Ratio, [Broker];
    /// Processors that the broker keeps busy, as a part of all of the machine.
    CpuLoad = "cpu_load", Ratio, [Broker];
    /// Records that the furthest voter of the metadata quorum is behind.
    QuorumLag = "quorum_lag", Records, [Cluster];
}

/// What numbers count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MetricUnit {
    /// Records a second.
    #[serde(rename = "records/s")]
    RecordsPerSecond,
    /// Bytes a second.
    #[serde(rename = "bytes/s")]
    BytesPerSecond,
    /// Things a second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// Bytes.
    #[serde(rename = "bytes")]
    Bytes,
    /// Records.
    #[serde(rename = "records")]
    Records,
    /// Seconds.
    #[serde(rename = "seconds")]
    Seconds,
    /// A part of a whole, from 0 to 1.
    #[serde(rename = "ratio")]
    Ratio,
    /// Things.
    #[serde(rename = "count")]
    Count,
}

/// By what a measurement is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Breakdown {
    /// Not at all: the whole cluster.
    Cluster,
    /// By broker.
    Broker,
    /// By log dir of each broker.
    Volume,
    /// By topic.
    Topic,
    /// By consumer group.
    Group,
}

impl Breakdown {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Cluster, Self::Broker, Self::Volume, Self::Topic, Self::Group];

    /// As it is called in addresses and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Broker => "broker",
            Self::Volume => "volume",
            Self::Topic => "topic",
            Self::Group => "group",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|breakdown| breakdown.name() == name)
    }
}

impl Metric {
    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|metric| metric.name() == name)
    }

    /// Whether the most of a long time says what its mean hides. Of what hardly changes it says nothing, and of what is well when it is
    /// high the wrong thing.
    pub fn has_peaks(self) -> bool {
        match self {
            Self::MessagesIn
            | Self::BytesIn
            | Self::BytesOut
            | Self::ReplicationBytesOut
            | Self::MessagesConsumed
            | Self::Requests
            | Self::FailedProduceRequests
            | Self::FailedFetchRequests
            | Self::SizeBytes
            | Self::DiskUsedBytes
            | Self::LagRecords
            | Self::LagSeconds
            | Self::UnderReplicatedPartitions
            | Self::UnderMinIsrPartitions
            | Self::AtMinIsrPartitions
            | Self::OfflinePartitions
            | Self::IsrShrinks
            | Self::IsrExpands
            | Self::Connections
            | Self::HeapUsedBytes
            | Self::GcTime
            | Self::CpuLoad
            | Self::QuorumLag => true,
            Self::DiskCapacityBytes
            | Self::GroupMembers
            | Self::ActiveControllers
            | Self::BrokersRunning
            | Self::Leaders
            | Self::Replicas
            | Self::RequestHandlerIdle
            | Self::NetworkIdle
            | Self::HeapMaxBytes => false,
        }
    }
}

/// Whom or what a number concerns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Measured {
    /// The whole cluster.
    Cluster,
    /// A broker.
    Broker(BrokerId),
    /// A log dir of a broker, by its path there.
    Volume(BrokerId, Box<str>),
    /// A topic.
    Topic(TopicName),
    /// All topics that are not told one by one.
    OtherTopics,
    /// A consumer group.
    Group(GroupId),
    /// All groups that are not told one by one.
    OtherGroups,
}

impl Measured {
    /// By what it is told apart from others of its kind.
    pub fn breakdown(&self) -> Breakdown {
        match self {
            Self::Cluster => Breakdown::Cluster,
            Self::Broker(_) => Breakdown::Broker,
            Self::Volume(..) => Breakdown::Volume,
            Self::Topic(_) | Self::OtherTopics => Breakdown::Topic,
            Self::Group(_) | Self::OtherGroups => Breakdown::Group,
        }
    }

    /// As the API labels it: nothing for the cluster; `other` is `true` for what is not told one by one.
    pub fn labels(&self) -> BTreeMap<&'static str, String> {
        let pairs: Vec<(&'static str, String)> = match self {
            Self::Cluster => Vec::new(),
            Self::Broker(id) => vec![("broker", id.to_string())],
            Self::Volume(id, path) => vec![("broker", id.to_string()), ("volume", path.to_string())],
            Self::Topic(name) => vec![("topic", name.to_string())],
            Self::Group(id) => vec![("group", id.as_str().to_owned())],
            Self::OtherTopics | Self::OtherGroups => vec![("other", "true".to_owned())],
        };
        pairs.into_iter().collect()
    }
}

impl fmt::Display for Measured {
    /// As legends of charts call it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Broker(id) => write!(f, "broker {id}"),
            Self::Volume(id, path) => write!(f, "broker {id} {path}"),
            Self::Topic(name) => f.write_str(name.as_str()),
            Self::OtherTopics => f.write_str("all other topics"),
            Self::Group(id) => f.write_str(id.as_str()),
            Self::OtherGroups => f.write_str("all other groups"),
        }
    }
}

/// One number, as it was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// What.
    pub metric: Metric,
    /// Of whom.
    pub of: Measured,
    /// How much, in the metric's unit; finite.
    pub value: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_called_alike_everywhere() {
        for metric in Metric::ALL.iter().copied() {
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
            assert_eq!(Metric::named(metric.name()), Some(metric));
            assert!(!metric.breakdowns().is_empty());
        }
        for breakdown in Breakdown::ALL {
            assert_eq!(Breakdown::named(breakdown.name()), Some(breakdown));
        }
    }

    #[test]
    fn labels_tell_series_apart() {
        let volume = Measured::Volume(BrokerId(2), "/data/0".into());
        assert_eq!(
            volume.labels().into_iter().collect::<Vec<_>>(),
            [("broker", "2".into()), ("volume", "/data/0".into())]
        );
        assert!(Measured::Cluster.labels().is_empty());
    }
}
