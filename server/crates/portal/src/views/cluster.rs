use crate::ObservedCluster;
use crate::views::{broker, count, topic::is_under_replicated};
use klamm_model::{
    Broker, BrokerCounts, BrokerId, BrokerState, ClusterOverview, ClusterView, Health, Inventory, Known, NodeRole,
    Partition, Reachability, UnixMillis,
};
use std::collections::BTreeSet;

pub(crate) fn view(seen: &ObservedCluster) -> ClusterView {
    let (inventory, declared) = (&*seen.inventory, &seen.declared);
    let state = State::of(seen);
    ClusterView {
        namespace: inventory.cluster.namespace.clone(),
        name: inventory.cluster.name.clone(),
        environment: declared.environment.clone(),
        kafka_version: declared.kafka_version.clone().or_else(|| oldest_version(inventory)),
        metadata_version: inventory.metadata_version.value().cloned().or_else(|| declared.metadata_version.clone()),
        health: state.health(),
        brokers: state.brokers,
        operation: declared.operation.clone(),
        reachability: inventory.reachability.clone(),
        observed_at: inventory.observed_at,
        sentence: state.sentence(),
    }
}

pub(crate) fn overview(seen: &ObservedCluster, now: UnixMillis) -> ClusterOverview {
    let inventory = &*seen.inventory;
    let state = State::of(seen);
    ClusterOverview {
        cluster: view(seen),
        cluster_id: inventory.cluster_id.value().cloned(),
        revisions: inventory.revisions,
        now,
        topics: count(inventory.topics.iter().filter(|topic| !topic.name.is_internal()).count()),
        partitions: count(partitions(inventory).count()),
        replicas: count(partitions(inventory).map(|partition| partition.replicas.len()).sum()),
        under_replicated: state.under_replicated,
        offline: state.offline,
        racks: count(serving(inventory).filter_map(|b| b.rack.as_deref()).collect::<BTreeSet<_>>().len()),
        records_per_second: records_per_second(inventory),
        // One topic of unknown size makes the sum unknown, not smaller.
        size_bytes: match inventory.topics.iter().map(|t| t.size_bytes.value().copied()).sum::<Option<u64>>() {
            Some(bytes) if inventory.observed_at != Known::Unknown => Known::Known(bytes),
            _ => Known::Unknown,
        },
        groups: inventory.groups.value().map(|groups| count(groups.len())).into(),
        nodes: broker::views(inventory),
        bootstrap_servers: seen.declared.bootstrap_servers.clone(),
        notices: seen.declared.notices.clone(),
    }
}

/// What decides about health and sentence, counted once.
struct State<'a> {
    seen: &'a ObservedCluster,
    brokers: BrokerCounts,
    under_replicated: u32,
    offline: u32,
    ready: BTreeSet<BrokerId>,
}

impl<'a> State<'a> {
    fn of(seen: &'a ObservedCluster) -> Self {
        let inventory = &*seen.inventory;
        let ready: BTreeSet<BrokerId> = serving(inventory).map(|broker| broker.id).collect();
        let known = inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker)).count();
        let total = if seen.declared.broker_total == 0 { count(known) } else { seen.declared.broker_total };
        Self {
            seen,
            brokers: BrokerCounts { ready: count(ready.len()), total },
            under_replicated: count(partitions(inventory).filter(|p| is_under_replicated(p)).count()),
            offline: count(partitions(inventory).filter(|p| p.leader.is_none()).count()),
            ready,
        }
    }

    fn health(&self) -> Health {
        match &self.seen.inventory.reachability {
            Reachability::NotYetSeen => Health::Unknown,
            Reachability::Unreachable { .. } if self.was_never_seen() => Health::Unknown,
            Reachability::Unreachable { .. } => Health::Unavailable,
            Reachability::Reachable => {
                if self.offline > 0 || self.brokers.ready == 0 {
                    Health::Unavailable
                } else if self.under_replicated > 0 || self.brokers.ready < self.brokers.total {
                    Health::Degraded
                } else {
                    Health::Healthy
                }
            }
        }
    }

    /// Whether a broker that does not serve is meant to hold replicas.
    fn is_somebody_missed(&self) -> bool {
        partitions(&self.seen.inventory).any(|p| p.replicas.iter().any(|replica| !self.ready.contains(replica)))
    }

    fn was_never_seen(&self) -> bool {
        self.seen.inventory.observed_at == Known::Unknown
    }

    fn sentence(&self) -> String {
        let hint = self.seen.declared.sentence_hint.clone();
        match &self.seen.inventory.reachability {
            Reachability::NotYetSeen => hint.unwrap_or_else(|| "has not been looked at yet".to_owned()),
            Reachability::Unreachable { reason, .. } => {
                let silence = format!("does not answer: {}", reason.trim_end_matches('.'));
                if self.was_never_seen() { hint.unwrap_or(silence) } else { silence }
            }
            // While nobody misses the brokers that are not there, it is being made or grown, and the operator knows more.
            Reachability::Reachable if self.brokers.ready < self.brokers.total && !self.is_somebody_missed() => {
                hint.unwrap_or_else(|| self.serving())
            }
            Reachability::Reachable => self.serving(),
        }
    }

    fn serving(&self) -> String {
        let BrokerCounts { ready, total } = self.brokers;
        if ready == 0 {
            return "has no broker that serves".to_owned();
        }
        let mut troubles = Vec::new();
        match total.saturating_sub(ready) {
            0 => {}
            1 => troubles.push(format!("1 of {total} brokers is down")),
            down => troubles.push(format!("{down} of {total} brokers are down")),
        }
        troubles.extend(partitions_are(self.under_replicated.saturating_sub(self.offline), "under-replicated"));
        match (partitions_are(self.offline, "offline"), troubles.join(", ")) {
            (None, troubles) if troubles.is_empty() => "is serving".to_owned(),
            (None, troubles) => format!("is serving, and {troubles}"),
            (Some(offline), troubles) if troubles.is_empty() => format!("is serving, but {offline}"),
            (Some(offline), troubles) => format!("is serving, but {offline}; {troubles}"),
        }
    }
}

fn partitions_are(number: u32, what: &str) -> Option<String> {
    match number {
        0 => None,
        1 => Some(format!("1 partition is {what}")),
        more => Some(format!("{more} partitions are {what}")),
    }
}

fn partitions(inventory: &Inventory) -> impl Iterator<Item = &Partition> {
    inventory.topics.iter().flat_map(|topic| &topic.partitions)
}

fn serving(inventory: &Inventory) -> impl Iterator<Item = &Broker> {
    inventory
        .brokers
        .iter()
        .filter(|broker| broker.state == BrokerState::Running && broker.roles.contains(&NodeRole::Broker))
}

/// During a roll several versions run; the oldest says what clients can rely on.
fn oldest_version(inventory: &Inventory) -> Option<String> {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    inventory.brokers.iter().filter_map(|broker| broker.version.value()).min_by_key(|v| numbers(v)).cloned()
}

/// Topics without a rate (made a moment ago) are left out; when none has one, the sum is unknown.
fn records_per_second(inventory: &Inventory) -> Known<f64> {
    let mut rates = inventory.topics.iter().filter_map(|topic| topic.records_per_second.value()).peekable();
    if rates.peek().is_none() { Known::Unknown } else { Known::Known(rates.sum()) }
}
