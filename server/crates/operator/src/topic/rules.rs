//! What of a KafkaCluster matters to its topics.

use super::{decide::Rules, object::Pause};
use crate::batch::tenancy;
use klamm_model::{ClusterRef, Known};
use klamm_planner::topics::{Deletion, DriftPolicy, TopicPolicy};
use klamm_resources::{Drift, KafkaCluster};

/// The rules of a cluster. How many brokers run is added by whoever has asked them.
pub(super) fn rules(cluster: &ClusterRef, object: &KafkaCluster) -> Rules {
    let topics = &object.spec.topics;
    let text = |(key, value): (&String, &klamm_resources::Scalar)| Some((key.clone(), value.text()?.into_owned()));
    Rules {
        cluster: cluster.clone(),
        tenancy: tenancy(cluster, object),
        policy: TopicPolicy {
            max_partitions: topics.max_partitions.map(i64::from),
            max_replication_factor: topics.max_replication_factor.map(i64::from),
            max_retention_ms: topics.max_retention_ms,
            default_partitions: topics.defaults.partitions.map(i64::from),
            default_replication_factor: topics.defaults.replication_factor.map(i64::from),
            default_config: topics.defaults.config.iter().filter_map(text).collect(),
            drift: match topics.drift {
                Drift::Revert => DriftPolicy::Revert,
                Drift::Report => DriftPolicy::Report,
            },
            brokers: Known::Unknown,
        },
        deletion: match topics.deletion {
            klamm_resources::Deletion::Retain => Deletion::Retain,
            klamm_resources::Deletion::Delete => Deletion::Delete,
        },
        pause: if object.spec.paused { Pause::Paused } else { Pause::Active },
    }
}
