use crate::ObservedCluster;
use crate::operations::caught_up;
use crate::views::{
    broker, count,
    state::{State, partitions},
    tenants,
};
use klamm_model::{ClusterOverview, ClusterView, Inventory, Known, Quorum, QuorumView, Racks, Topic, UnixMillis};

pub(crate) fn view(seen: &ObservedCluster) -> ClusterView {
    in_state(seen, &State::of(seen))
}

fn in_state(seen: &ObservedCluster, state: &State<'_>) -> ClusterView {
    let (inventory, declared) = (&*seen.inventory, &seen.declared);
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
        gaps: inventory.gaps.clone(),
        // Whoever knows the vitals counts them.
        findings: 0,
        worst: None,
    }
}

pub(crate) fn overview(seen: &ObservedCluster, now: UnixMillis) -> ClusterOverview {
    let inventory = &*seen.inventory;
    let state = State::of(seen);
    ClusterOverview {
        cluster: in_state(seen, &state),
        cluster_id: inventory.cluster_id.value().cloned(),
        revisions: inventory.revisions,
        now,
        topics: count(inventory.topics.iter().filter(|topic| !topic.name.is_internal()).count()),
        partitions: count(partitions(inventory).count()),
        replicas: count(partitions(inventory).map(|partition| partition.replicas.len()).sum()),
        under_replicated: state.under_replicated,
        offline: state.offline,
        racks: count(Racks::of(inventory).count()),
        records_per_second: Topic::records_per_second_of(&inventory.topics),
        // One topic of unknown size makes the sum unknown, not smaller.
        size_bytes: match inventory.topics.iter().map(|t| t.size_bytes.value().copied()).sum::<Option<u64>>() {
            Some(bytes) if inventory.observed_at != Known::Unknown => Known::Known(bytes),
            _ => Known::Unknown,
        },
        groups: groups(inventory),
        quorum: inventory.quorum.value().map(quorum).into(),
        tenants: tenants::sums(seen),
        nodes: broker::views(inventory),
        bootstrap_servers: seen.declared.bootstrap_servers.clone(),
        notices: seen.declared.notices.clone(),
    }
}

fn quorum(quorum: &Quorum) -> QuorumView {
    QuorumView {
        leader: quorum.leader,
        voters: count(quorum.voters.len()),
        caught_up: caught_up(quorum).into(),
        lag: quorum.voters.iter().filter_map(|voter| voter.lag.value()).max().copied().into(),
    }
}

pub(crate) fn groups(inventory: &Inventory) -> Known<u32> {
    inventory.groups.value().map(|groups| count(groups.len())).into()
}

/// During a roll several versions run; the oldest says what clients can rely on.
fn oldest_version(inventory: &Inventory) -> Option<String> {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    inventory.brokers.iter().filter_map(|broker| broker.version.value()).min_by_key(|v| numbers(v)).cloned()
}
