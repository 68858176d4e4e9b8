//! What a `KafkaCluster` says of itself, for pages. Pure.

use crate::Declared;
use klamm_model::UnixMillis;
use klamm_resources::{KafkaCluster, PoolRole};

/// Reads the declared half of an observed cluster.
pub(crate) fn declared(cluster: &KafkaCluster, seen_brokers: usize) -> Declared {
    let status = cluster.status.clone().unwrap_or_default();
    let pools = cluster.spec.pools.iter().filter(|pool| pool.roles.contains(&PoolRole::Broker));
    let wanted: i64 = pools.map(|pool| i64::from(pool.replicas)).sum();
    let broker_total = match &cluster.spec.external {
        Some(_) => u32::try_from(seen_brokers).unwrap_or(u32::MAX),
        None => u32::try_from(wanted).unwrap_or(0),
    };
    let is_true = |kind: &str| status.conditions.iter().any(|c| c.type_ == kind && c.status == "True");
    let message_of = |kind: &str| {
        status.conditions.iter().find(|c| c.type_ == kind && c.status == "True").map(|c| c.message.clone())
    };
    let not_ready = status
        .conditions
        .iter()
        .find(|c| c.type_ == "Ready" && c.status != "True")
        .map(|c| c.message.clone())
        .filter(|message| !message.is_empty());
    let notices: Vec<String> = ["Degraded", "Waiting"]
        .iter()
        .filter_map(|kind| message_of(kind))
        .filter(|message| !message.is_empty() && Some(message) != not_ready.as_ref())
        .chain(not_ready.clone())
        .collect();
    Declared {
        environment: cluster.spec.environment.clone(),
        broker_total,
        kafka_version: status.kafka_version.clone(),
        metadata_version: status.metadata_version.clone(),
        operation: status.operation.clone(),
        bootstrap_servers: status.bootstrap_servers.clone(),
        notices,
        sentence_hint: if is_true("Ready") { None } else { message_of("Progressing").or(not_ready) },
        created_at: cluster.metadata.creation_timestamp.as_ref().map(|time| UnixMillis(time.0.as_millisecond())),
    }
}
