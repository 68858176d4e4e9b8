//! What a `KafkaCluster` says of itself, for pages. Pure.

use crate::Declared;
use klamm_model::{Known, UnixMillis};
use klamm_planner::tenancy::Tenant;
use klamm_resources::{KafkaCluster, PoolRole, managed};

/// Reads the declared half of an observed cluster; `edition` is that of what is declared beside it.
pub(crate) fn declared(cluster: &KafkaCluster, seen_brokers: usize, edition: u64) -> Declared {
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
        tenants: cluster.spec.tenants.iter().filter_map(tenant).collect(),
        super_users: super_users(cluster),
        edition,
    }
}

/// One that cannot exist is left out; the API server lets none through.
fn tenant(tenant: &klamm_resources::Tenant) -> Option<Tenant> {
    Some(Tenant {
        namespace: tenant.namespace.parse().ok()?,
        topic_prefixes: tenant.topic_prefixes.clone(),
        group_prefixes: tenant.group_prefixes.clone(),
    })
}

/// Klamm's own and those that are declared beside.
fn super_users(cluster: &KafkaCluster) -> Known<Vec<String>> {
    if cluster.spec.external.is_some() {
        return Known::Unknown;
    }
    let own = [managed::ADMIN_USER, managed::BROKER_USER, managed::CONTROLLER_USER].map(|user| format!("User:{user}"));
    Known::Known(own.into_iter().chain(cluster.spec.authorization.super_users.iter().cloned()).collect())
}
