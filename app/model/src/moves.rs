//! Replicas on their way from broker to broker, and what slows them down.

use crate::{BrokerId, PartitionId, TopicName};
use serde::{Deserialize, Serialize};

/// A partition whose replicas are being moved (KIP-455).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reassignment {
    /// Of this topic.
    pub topic: TopicName,
    /// Its index.
    pub partition: PartitionId,
    /// Brokers that get a replica; until they are in sync they are among the replicas without being missed.
    pub adding: Box<[BrokerId]>,
    /// Brokers that lose theirs.
    pub removing: Box<[BrokerId]>,
}

/// A limit on replication that is set on a broker (KIP-73).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerThrottle {
    /// Which broker.
    pub broker: BrokerId,
    /// The key, such as `follower.replication.throttled.rate`.
    pub key: String,
    /// Bytes a second, as it is set.
    pub rate: String,
}

impl BrokerThrottle {
    /// The keys of such limits.
    pub const KEYS: [&str; 3] = [
        "leader.replication.throttled.rate",
        "follower.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    ];

    /// Keys of topics that say which of their replicas are slowed down.
    pub const KEYS_OF_TOPICS: [&str; 2] =
        ["leader.replication.throttled.replicas", "follower.replication.throttled.replicas"];
}
