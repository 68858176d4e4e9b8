//! Revisions: what changed between two inventories.

use klamm_model::{Broker, Gap, Group, Inventory, Partition, Quorum, Topic};

/// Sets the revisions of `next`: those of `previous`, one higher for each section that changed. Call it again after
/// writing owners, teams, pools or pods into `next`.
pub fn revise(previous: &Inventory, next: &mut Inventory) {
    next.revisions = previous.revisions;
    if !same_structure(previous, next) {
        next.revisions.structure += 1;
    }
    if !same_numbers(previous, next) {
        next.revisions.numbers += 1;
    }
}

fn all_same<T>(left: &[T], right: &[T], same: impl Fn(&T, &T) -> bool) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
}

fn same_structure(left: &Inventory, right: &Inventory) -> bool {
    let broker = |l: &Broker, r: &Broker| {
        (l.id, l.state, &l.roles, &l.rack, &l.pool, &l.pod, &l.host, &l.version)
            == (r.id, r.state, &r.roles, &r.rack, &r.pool, &r.pod, &r.host, &r.version)
    };
    let partition = |l: &Partition, r: &Partition| {
        (l.id, l.leader, &l.replicas, &l.in_sync) == (r.id, r.leader, &r.replicas, &r.in_sync)
    };
    let topic = |l: &Topic, r: &Topic| {
        (&l.name, &l.id, &l.config, &l.owner, &l.team) == (&r.name, &r.id, &r.config, &r.owner, &r.team)
            && all_same(&l.partitions, &r.partitions, partition)
    };
    // Reasons are told in other words from look to look; what decides about health and its sentence is compared.
    let gap = |l: &Gap, r: &Gap| (l.part, l.broker, l.missing, l.cause) == (r.part, r.broker, r.missing, r.cause);
    left.reachability == right.reachability
        && all_same(&left.gaps, &right.gaps, gap)
        && left.cluster_id == right.cluster_id
        && left.metadata_version == right.metadata_version
        && left.features == right.features
        && left.controller == right.controller
        && left.quorum.value().map(voters) == right.quorum.value().map(voters)
        && all_same(&left.brokers, &right.brokers, broker)
        && all_same(&left.topics, &right.topics, topic)
        && left.defaults == right.defaults
        && left.authorization == right.authorization
        && left.throttles == right.throttles
        && left.reassignments == right.reassignments
        && left.groups.value().is_some() == right.groups.value().is_some()
        && all_same(groups(left), groups(right), |l, r| (&l.id, l.kind, &l.state) == (&r.id, r.kind, &r.state))
}

fn same_numbers(left: &Inventory, right: &Inventory) -> bool {
    let partition = |l: &Partition, r: &Partition| {
        (l.earliest_offset, l.latest_offset, l.size_bytes) == (r.earliest_offset, r.latest_offset, r.size_bytes)
    };
    let topic = |l: &Topic, r: &Topic| {
        (l.size_bytes, l.records_per_second) == (r.size_bytes, r.records_per_second)
            && all_same(&l.partitions, &r.partitions, partition)
    };
    let group = |l: &Group, r: &Group| (&l.members, &l.offsets) == (&r.members, &r.offsets);
    left.quorum.value().map(lags) == right.quorum.value().map(lags)
        && all_same(&left.brokers, &right.brokers, |l, r| l.log_dirs == r.log_dirs)
        && all_same(&left.topics, &right.topics, topic)
        && all_same(groups(left), groups(right), group)
}

fn groups(inventory: &Inventory) -> &[Group] {
    inventory.groups.value().map_or(&[], Vec::as_slice)
}

/// How far each replica of the metadata is, without the times, which move even where nothing happens.
fn lags(quorum: &Quorum) -> Vec<(klamm_model::BrokerId, klamm_model::Known<u64>)> {
    quorum.voters.iter().chain(&quorum.observers).map(|voter| (voter.id, voter.lag)).collect()
}

/// Who votes and who leads, without how far each is.
fn voters(quorum: &Quorum) -> (Option<klamm_model::BrokerId>, Vec<klamm_model::BrokerId>) {
    (quorum.leader, quorum.voters.iter().map(|voter| voter.id).collect())
}
