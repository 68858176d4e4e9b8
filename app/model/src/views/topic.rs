use super::Health;
use crate::{BrokerId, ConfigSource, GroupId, Known, Owner, PartitionId, Revisions, TeamName, TopicName, UnixMillis};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A topic in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicRow {
    /// Its name.
    pub name: TopicName,
    /// How many partitions.
    pub partition_count: u32,
    /// The largest number of replicas of a partition.
    pub replication_factor: u32,
    /// Partitions with fewer in-sync replicas than replicas.
    pub under_replicated: u32,
    /// Partitions without a leader.
    pub offline: u32,
    /// Bytes of all replicas.
    pub size_bytes: Known<u64>,
    /// Records appended per second.
    pub records_per_second: Known<f64>,
    /// Bytes that producers append per second; null where not every broker that serves has an exporter that tells.
    #[serde(default)]
    pub bytes_in_per_second: Known<f64>,
    /// Bytes that consumers fetch per second, likewise.
    #[serde(default)]
    pub bytes_out_per_second: Known<f64>,
    /// Records kept in all partitions together, by their first and next offsets; null as soon as one partition's are unknown.
    #[serde(default)]
    pub records: Known<u64>,
    /// Groups that committed offsets here. While of some group nobody knows what it committed, those that are known; null where that is
    /// none.
    #[serde(default)]
    pub group_count: Known<u32>,
    /// When it was last written to: when records were seen to come, else the timestamp of its newest record; null where it has none, or
    /// nobody has said yet.
    #[serde(default)]
    pub last_write_at: Known<UnixMillis>,
    /// By how many bytes it grows in a day, all replicas together; less than nothing where it shrinks.
    #[serde(default)]
    pub growth_bytes_per_day: Known<i64>,
    /// The object that declares it.
    pub owner: Option<Owner>,
    /// The team of that object's namespace.
    pub team: Option<TeamName>,
    /// In one word.
    pub health: Health,
}

/// A topic: `GET /api/v1/clusters/{namespace}/{name}/topics/{topic}`, and an item of the list above it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicView {
    /// Its name.
    pub name: TopicName,
    /// Kafka's topic id.
    pub id: String,
    /// The object that declares it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<Owner>,
    /// The team of that object's namespace.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub team: Option<TeamName>,
    /// By index.
    pub partitions: Vec<PartitionView>,
    /// The largest number of replicas of a partition.
    pub replication_factor: u32,
    /// Keys set on the topic itself.
    pub config: BTreeMap<String, ConfigValue>,
    /// Groups that committed offsets here.
    pub groups: Vec<GroupId>,
    /// How many those are. While of some group nobody knows what it committed, those that are known; null where that is none.
    #[serde(default)]
    pub group_count: Known<u32>,
    /// Bytes of all replicas.
    pub size_bytes: Known<u64>,
    /// Records kept in all partitions together, by their first and next offsets; null as soon as one partition's are unknown.
    #[serde(default)]
    pub records: Known<u64>,
    /// Records appended per second.
    pub records_per_second: Known<f64>,
    /// Bytes that producers append per second; null where not every broker that serves has an exporter that tells.
    #[serde(default)]
    pub bytes_in_per_second: Known<f64>,
    /// Bytes that consumers fetch per second, likewise.
    #[serde(default)]
    pub bytes_out_per_second: Known<f64>,
    /// When it was last written to: when records were seen to come, else the timestamp of its newest record; null where it has none, or
    /// nobody has said yet.
    #[serde(default)]
    pub last_write_at: Known<UnixMillis>,
    /// By how many bytes it grows in a day, all replicas together; less than nothing where it shrinks.
    #[serde(default)]
    pub growth_bytes_per_day: Known<i64>,
    /// In one word.
    pub health: Health,
    /// Names of what the caller may do with it.
    pub allowed_actions: Vec<String>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionView {
    /// Its index.
    pub id: PartitionId,
    /// Who leads; null when it is offline.
    pub leader: Option<BrokerId>,
    /// Where it is meant to be.
    pub replicas: Vec<BrokerId>,
    /// Those in sync.
    pub in_sync: Vec<BrokerId>,
    /// First offset.
    pub earliest_offset: Known<i64>,
    /// Next offset to be written.
    pub latest_offset: Known<i64>,
    /// Bytes on the leader.
    pub size_bytes: Known<u64>,
    /// Records appended per second over about the last minute.
    #[serde(default)]
    pub records_per_second: Known<f64>,
}

/// A configuration value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigValue {
    /// Null when Kafka keeps it to itself.
    pub value: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}
