use super::{BrokerView, Health};
use crate::{
    BrokerId, FindingSeverity, Gap, Known, Namespace, ObjectName, Reachability, Revisions, TeamName, UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// What could not be seen at the last look.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// How many findings want somebody: warnings and worse of which nobody said that they know.
    #[serde(default)]
    pub findings: u32,
    /// How bad the worst of those is; null where there is none.
    #[serde(default)]
    pub worst: Option<FindingSeverity>,
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
    /// How its metadata quorum is.
    #[serde(default)]
    pub quorum: Known<QuorumView>,
    /// What its tenants have of it, by namespace, and last what belongs to none of them; empty where there are none.
    pub tenants: Vec<TenantView>,
    /// Its nodes.
    pub nodes: Vec<BrokerView>,
    /// Addresses for clients by listener name.
    pub bootstrap_servers: BTreeMap<String, String>,
    /// What the operator says of it: conditions that are not as they should be, in sentences.
    pub notices: Vec<String>,
}

/// The metadata quorum in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuorumView {
    /// The active controller; null while there is an election.
    pub leader: Option<BrokerId>,
    /// How many vote.
    pub voters: u32,
    /// How many of those have everything; null while there is an election.
    pub caught_up: Known<u32>,
    /// Records that the furthest of them is behind; null where none of them tells.
    pub lag: Known<u64>,
}

/// What a tenant has of a cluster: everything that its prefixes cover, the longest prefix counting. Kafka's own topics are
/// nobody's, and left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantView {
    /// The namespace; null for what no tenant's prefix covers.
    pub namespace: Option<Namespace>,
    /// The team that the namespace belongs to.
    pub team: Option<TeamName>,
    /// Its topics begin with one of these.
    pub topic_prefixes: Vec<String>,
    /// Its consumer groups begin with one of these.
    pub group_prefixes: Vec<String>,
    /// Topics.
    pub topics: Known<u32>,
    /// Their partitions.
    pub partitions: Known<u32>,
    /// Bytes of all their replicas.
    pub size_bytes: Known<u64>,
    /// Records appended to them per second.
    pub records_per_second: Known<f64>,
    /// Consumer groups.
    pub groups: Known<u32>,
    /// Records that those of them have still to read whose lag is known.
    pub lag: Known<u64>,
    /// Groups that committed something and whose lag is not known.
    pub groups_of_unknown_lag: u32,
}
