use super::{Filling, Page};
use crate::{
    BrokerId, BrokerState, Known, LogDir, NodeRole, ObjectName, PartitionId, PoolName, Revisions, TopicName, UnixMillis,
};
use serde::{Deserialize, Serialize};

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
    /// How many log dirs it has.
    pub log_dir_count: Known<u32>,
    /// Those that it has given up.
    pub offline_log_dirs: Known<u32>,
}

/// How a broker is doing, as it was measured last.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BrokerVitals {
    /// Bytes a second that producers append.
    pub bytes_in: Known<f64>,
    /// Bytes a second that consumers fetch.
    pub bytes_out: Known<f64>,
    /// How much of the time request handlers have nothing to do, from 0 to 1.
    pub request_handler_idle: Known<f64>,
    /// The same of network threads.
    pub network_idle: Known<f64>,
    /// Replicas a second that leave the in-sync set.
    pub isr_shrinks: Known<f64>,
    /// Seconds per second that Java spends collecting garbage.
    pub gc_time: Known<f64>,
    /// Bytes of the Java heap in use.
    pub heap_used: Known<f64>,
    /// How large it may become.
    pub heap_max: Known<f64>,
    /// When the first of its volumes is full.
    pub filling: Filling,
    /// For how many seconds it has told nothing; unknown of one that answers, and of one that was never heard.
    pub silent_seconds: Known<u64>,
}

/// A node on its own page: `GET /api/v1/clusters/{namespace}/{name}/brokers/{id}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerDetail {
    /// As in the list.
    #[serde(flatten)]
    pub node: BrokerView,
    /// The host it advertises on the listener that was asked.
    pub host: Option<String>,
    /// Its pod, where Klamm runs it.
    pub pod: Option<ObjectName>,
    /// Its log dirs.
    pub log_dirs: Known<Vec<LogDir>>,
    /// Its part in the metadata quorum.
    pub quorum: Known<QuorumPart>,
    /// What it holds: one page of it, by topic and partition.
    pub partitions: Page<HeldPartition>,
    /// The ten largest of all that it holds.
    pub largest: Vec<HeldPartition>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// What a node is to the metadata quorum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuorumPart {
    /// Its role.
    pub role: QuorumRole,
    /// Records behind the leader.
    pub lag: Known<u64>,
    /// When it last had everything.
    pub last_caught_up: Known<UnixMillis>,
}

/// Roles in the metadata quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QuorumRole {
    /// The active controller.
    Leader,
    /// Votes.
    Voter,
    /// Only follows.
    Observer,
    /// The quorum does not know it.
    None,
}

/// A replica that a broker holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldPartition {
    /// Of this topic.
    pub topic: TopicName,
    /// Of this partition.
    pub partition: PartitionId,
    /// What the broker is to it.
    pub role: ReplicaRole,
    /// Whether the broker is meant to lead it.
    pub is_preferred_leader: bool,
    /// Bytes on the leader.
    pub size_bytes: Known<u64>,
}

/// What a broker is to a partition it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplicaRole {
    /// It leads.
    Leader,
    /// It follows, in sync.
    Follower,
    /// It is behind or away.
    OutOfSync,
}
