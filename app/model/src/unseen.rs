//! Things of which nothing is known but what they are called: what looks begin with, and tests fill in what they are about.

use crate::{
    Broker, BrokerId, BrokerState, ClusterRef, Inventory, Known, NodeRole, ObjectName, Partition, PartitionId,
    Reachability, Revisions, TargetAnswer, TargetSource, TargetState, Topic, TopicName,
};

impl Inventory {
    /// The inventory of a cluster nobody has looked at yet.
    pub fn unseen(cluster: ClusterRef) -> Self {
        Self {
            cluster,
            revisions: Revisions::default(),
            observed_at: Known::Unknown,
            reachability: Reachability::NotYetSeen,
            cluster_id: Known::Unknown,
            metadata_version: Known::Unknown,
            features: Known::Unknown,
            controller: Known::Unknown,
            brokers: Vec::new(),
            quorum: Known::Unknown,
            topics: Vec::new(),
            groups: Known::Unknown,
            defaults: Known::Unknown,
            authorization: Known::Unknown,
            reassignments: Known::Unknown,
            throttles: Known::Unknown,
            gaps: Vec::new(),
        }
    }
}

impl Broker {
    /// A node of which nothing else is known.
    pub fn unseen(id: BrokerId, state: BrokerState, roles: Vec<NodeRole>) -> Self {
        Self {
            id,
            state,
            roles,
            rack: None,
            pool: None,
            pod: None,
            host: None,
            version: Known::Unknown,
            log_dirs: Known::Unknown,
        }
    }
}

impl Topic {
    /// A topic that was only named.
    pub fn unseen(name: TopicName, id: String) -> Self {
        Self {
            name,
            id,
            partitions: Vec::new(),
            config: Known::Unknown,
            size_bytes: Known::Unknown,
            records_per_second: Known::Unknown,
            owner: None,
            team: None,
        }
    }
}

impl Partition {
    /// A partition of which is known where it is: all replicas in sync, the first leading. Without any, nobody leads.
    pub fn unseen(id: PartitionId, replicas: Box<[BrokerId]>) -> Self {
        Self {
            id,
            leader: replicas.first().copied(),
            in_sync: replicas.clone(),
            replicas,
            earliest_offset: Known::Unknown,
            latest_offset: Known::Unknown,
            size_bytes: Known::Unknown,
        }
    }
}

impl TargetState {
    /// A target that nobody has looked at.
    pub fn unseen(pod: ObjectName, broker: Option<BrokerId>, source: TargetSource, address: String) -> Self {
        Self {
            pod,
            broker,
            source,
            address,
            answer: TargetAnswer::NotYet,
            answered_at: None,
            rejects: 0,
            reject: None,
            bytes: 0,
            millis: 0,
        }
    }
}
