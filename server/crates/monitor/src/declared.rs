//! What a `KafkaCluster` says of itself, for pages. Pure.

use crate::{Declared, DeclaredTenant, Door};
use klamm_model::{Known, Namespace, TeamName, UnixMillis};
use klamm_planner::tenancy::Tenant;
use klamm_resources::{Authentication, Exposure, KafkaCluster, Listener, PoolRole, managed};
use std::collections::BTreeMap;

/// Reads the declared half of an observed cluster; `edition` is that of what is declared beside it, and whose a namespace is
/// stands on the namespace.
pub(crate) fn declared(
    cluster: &KafkaCluster,
    seen_brokers: usize,
    edition: u64,
    team_of: impl Fn(&Namespace) -> Option<TeamName>,
) -> Declared {
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
        doors: doors(cluster, &status.bootstrap_servers),
        notices,
        sentence_hint: if is_true("Ready") { None } else { message_of("Progressing").or(not_ready) },
        tenants: tenants(cluster, team_of),
        created_at: cluster.metadata.creation_timestamp.as_ref().map(|time| UnixMillis(time.0.as_millisecond())),
        super_users: super_users(cluster),
        edition,
    }
}

/// Those that sign clients in. A cluster that Klamm does not run has one door: what it is connected by.
fn doors(cluster: &KafkaCluster, servers: &BTreeMap<String, String>) -> Vec<Door> {
    if let Some(external) = &cluster.spec.external {
        let (name, protocol) = ("external".to_owned(), "SASL_PLAINTEXT");
        return vec![Door { name, servers: external.bootstrap_servers.clone(), protocol }];
    }
    let signs_in = |listener: &&Listener| listener.authentication == Authentication::ScramSha512;
    let mut listeners: Vec<&Listener> = cluster.spec.listeners.iter().filter(signs_in).collect();
    listeners.sort_by_key(|listener| listener.exposure == Exposure::Internal);
    let door = |listener: &Listener| {
        let protocol = if listener.tls { "SASL_SSL" } else { "SASL_PLAINTEXT" };
        Some(Door { name: listener.name.clone(), servers: servers.get(&listener.name)?.clone(), protocol })
    };
    listeners.into_iter().filter_map(door).collect()
}

/// Klamm's own and those that are declared beside.
fn super_users(cluster: &KafkaCluster) -> Known<Vec<String>> {
    if cluster.spec.external.is_some() {
        return Known::Unknown;
    }
    let own = [managed::ADMIN_USER, managed::BROKER_USER, managed::CONTROLLER_USER].map(|user| format!("User:{user}"));
    Known::Known(own.into_iter().chain(cluster.spec.authorization.super_users.iter().cloned()).collect())
}

/// By namespace. A tenant that cannot exist is left out; the API server lets none through.
fn tenants(cluster: &KafkaCluster, team_of: impl Fn(&Namespace) -> Option<TeamName>) -> Vec<DeclaredTenant> {
    let tenants = cluster.spec.tenants.iter().filter_map(|tenant| {
        let namespace = tenant.namespace.parse().ok()?;
        let team = team_of(&namespace);
        let (topic_prefixes, group_prefixes) = (tenant.topic_prefixes.clone(), tenant.group_prefixes.clone());
        Some(DeclaredTenant { tenant: Tenant { namespace, topic_prefixes, group_prefixes }, team })
    });
    let mut tenants: Vec<_> = tenants.collect();
    tenants.sort_by(|a, b| a.tenant.namespace.cmp(&b.tenant.namespace));
    tenants
}

#[cfg(test)]
mod tests {
    use super::*;
    use klamm_resources::KafkaClusterSpec;

    #[test]
    fn tenants_are_told_by_namespace_with_the_team_it_belongs_to() {
        let tenant = |namespace: &str, prefixes: &[&str]| klamm_resources::Tenant {
            namespace: namespace.to_owned(),
            topic_prefixes: prefixes.iter().map(ToString::to_string).collect(),
            group_prefixes: Vec::new(),
        };
        let tenants = vec![tenant("payments", &["payments."]), tenant("Not a namespace", &[]), tenant("orders", &[])];
        let cluster = KafkaCluster::new("demo", KafkaClusterSpec { tenants, ..KafkaClusterSpec::default() });
        let declared =
            declared(&cluster, 0, 0, |namespace| (namespace.as_str() == "payments").then(|| "money".parse().unwrap()));
        let told: Vec<_> = declared
            .tenants
            .iter()
            .map(|one| (one.tenant.namespace.as_str(), one.team.as_ref().map(TeamName::as_str)))
            .collect();
        assert_eq!(told, [("orders", None), ("payments", Some("money"))]);
        assert_eq!(declared.tenants[1].tenant.topic_prefixes, ["payments."]);
    }
}
