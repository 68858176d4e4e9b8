//! What pages and `/api/v1` show: shapes that others rely on, derived from the inventory by the portal.

use crate::{
    Actor, BrokerId, BrokerState, ConfigSource, GroupId, InvalidName, Known, Namespace, NodeRole, ObjectName, Owner,
    PartitionId, PoolName, Reachability, Revisions, TeamName, TopicName, UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How something is, in one word. Never shown as a colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Health {
    /// Everything is as it should be.
    Healthy,
    /// It serves, with less safety than asked for.
    Degraded,
    /// Part of it does not serve.
    Unavailable,
    /// Nobody could say.
    Unknown,
}

/// Who is signed in: `GET /api/v1/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Me {
    /// The caller.
    #[serde(flatten)]
    pub actor: Actor,
    /// To be sent as `X-Csrf-Token` with every mutation of a cookie session; none for tokens.
    pub csrf_token: Option<String>,
}

/// A cluster in a list: an item of `GET /api/v1/clusters`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterView {
    /// Namespace of the `KafkaCluster`.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// `dev`, `staging`, `prod` …
    pub environment: Option<String>,
    /// Version the brokers run; none while unknown.
    pub kafka_version: Option<String>,
    /// Finalized metadata version.
    pub metadata_version: Option<String>,
    /// In one word.
    pub health: Health,
    /// How many of its brokers serve.
    pub brokers: BrokerCounts,
    /// The running operation, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Whether brokers answer.
    pub reachability: Reachability,
    /// When they last did.
    pub observed_at: Known<UnixMillis>,
    /// A sentence about its state, without the name: `is serving`, `is being created: 1 of 3 brokers are ready`.
    pub sentence: String,
}

/// Brokers that serve, of those that should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerCounts {
    /// Registered and not fenced.
    pub ready: u32,
    /// Declared.
    pub total: u32,
}

/// A cluster on its own page: `GET /api/v1/clusters/{namespace}/{name}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterOverview {
    /// As in the list.
    #[serde(flatten)]
    pub cluster: ClusterView,
    /// Kafka's cluster id.
    pub cluster_id: Option<String>,
    /// Revisions this was made from.
    pub revisions: Revisions,
    /// When the server made it; ages count from here.
    pub now: UnixMillis,
    /// Topics, without internal ones.
    pub topics: u32,
    /// Partitions of all topics, internal ones included.
    pub partitions: u32,
    /// Replicas of all partitions.
    pub replicas: u32,
    /// Partitions with fewer in-sync replicas than replicas.
    pub under_replicated: u32,
    /// Partitions without a leader.
    pub offline: u32,
    /// Racks with a broker that serves.
    pub racks: u32,
    /// Records appended per second.
    pub records_per_second: Known<f64>,
    /// Bytes of all replicas.
    pub size_bytes: Known<u64>,
    /// Consumer groups.
    pub groups: Known<u32>,
    /// Its nodes.
    pub nodes: Vec<BrokerView>,
    /// Addresses for clients by listener name.
    pub bootstrap_servers: BTreeMap<String, String>,
    /// What the operator says of it: conditions that are not as they should be, in sentences.
    pub notices: Vec<String>,
}

/// A node of a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerView {
    /// `node.id`.
    pub id: BrokerId,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Its pool.
    pub pool: Option<PoolName>,
    /// Its roles.
    pub roles: Vec<NodeRole>,
    /// Whether it serves.
    pub state: BrokerState,
    /// Whether it is the active controller.
    pub is_active_controller: bool,
    /// Version of its software.
    pub version: Known<String>,
    /// Partitions it leads.
    pub leaders: u32,
    /// Replicas it holds.
    pub replicas: u32,
    /// Of those, replicas that are not in sync.
    pub out_of_sync: u32,
    /// Bytes of its replicas.
    pub used_bytes: Known<u64>,
    /// Size of its volumes.
    pub total_bytes: Known<u64>,
}

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
    /// Bytes of all replicas.
    pub size_bytes: Known<u64>,
    /// Records appended per second.
    pub records_per_second: Known<f64>,
    /// In one word.
    pub health: Health,
    /// Names of what the caller may do with it.
    pub allowed_actions: Vec<String>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// A partition of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// How many there are after filtering, on all pages.
    pub total: u64,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// What topics can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TopicSort {
    /// By name.
    #[default]
    Name,
    /// By number of partitions.
    Partitions,
    /// By bytes of all replicas.
    SizeBytes,
    /// By records per second.
    RecordsPerSecond,
    /// Worst first when descending.
    Health,
}

/// Which part of a list of topics is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageRequest {
    /// Keep names that contain this, ignoring case.
    pub search: Option<String>,
    /// Keep topics of this team.
    pub team: Option<String>,
    /// Show internal topics too.
    pub internal: bool,
    /// What to sort by.
    pub sort: TopicSort,
    /// Which way.
    pub order: SortOrder,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

impl PageRequest {
    /// Items a page has when nobody says otherwise.
    pub const DEFAULT_LIMIT: u32 = 50;
    /// Items a page may have at most.
    pub const MAX_LIMIT: u32 = 1000;

    /// The number of items wanted, or why that number is refused.
    pub fn checked_limit(&self) -> Result<usize, InvalidName> {
        match self.limit.unwrap_or(Self::DEFAULT_LIMIT) {
            limit @ 1..=Self::MAX_LIMIT => Ok(limit as usize),
            limit => {
                Err(InvalidName { kind: "limit", value: limit.to_string(), rule: "a whole number from 1 to 1000" })
            }
        }
    }
}
