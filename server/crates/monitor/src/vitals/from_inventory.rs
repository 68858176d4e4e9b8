//! What an inventory measures by itself. Pure.
//!
//! Of what it does not know nothing is said: a sum of which a part is missing would look like a fall.

use crate::pace::{Behind, GroupPace, Paces};
use klamm_model::{
    BrokerId, Group, Inventory, Known, LogDir, Measured, Measurement, Metric, MinInSync, NodeRole, Reachability,
};
use std::collections::BTreeMap;

/// Everything that the inventory knows, and what was made out from several of them.
pub(crate) fn measurements(inventory: &Inventory, paces: &Paces, groups: &[GroupPace]) -> Vec<Measurement> {
    let mut told = Told::default();
    if inventory.reachability == Reachability::Reachable {
        brokers(&mut told, inventory);
        partitions(&mut told, inventory);
        topics(&mut told, inventory, paces);
        for (group, pace) in inventory.groups.value().into_iter().flatten().zip(groups) {
            of_group(&mut told, group, pace);
        }
        let consumed = groups.iter().filter_map(|pace| pace.consumed_per_second.value().copied());
        told.known(Metric::MessagesConsumed, &Measured::Cluster, sum_of_known(consumed));
    }
    told.0
}

#[derive(Default)]
struct Told(Vec<Measurement>);

impl Told {
    fn value(&mut self, metric: Metric, of: &Measured, value: f64) {
        self.0.push(Measurement { metric, of: of.clone(), value });
    }

    fn known(&mut self, metric: Metric, of: &Measured, value: Option<f64>) {
        if let Some(value) = value {
            self.value(metric, of, value);
        }
    }
}

/// None where none is known.
fn sum_of_known(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values = values.peekable();
    values.peek().is_some().then(|| values.sum())
}

/// What a volume has, by whatever is on it, and how large it is. Where brokers do not tell, replicas are all that is known of.
pub(crate) fn used_and_capacity(dir: &LogDir) -> (Option<u64>, Option<u64>) {
    let total = dir.total_bytes.value().copied();
    let used = total.zip(dir.usable_bytes.value()).map(|(total, usable)| total.saturating_sub(*usable));
    (used.or(Some(dir.used_bytes)).filter(|_| !dir.offline), total.filter(|_| !dir.offline))
}

fn brokers(told: &mut Told, inventory: &Inventory) {
    told.value(Metric::BrokersRunning, &Measured::Cluster, count(inventory.serving().count()));
    let (mut used, mut capacity, mut sizes) = (Some(0.0), Some(0.0), Some(0.0));
    let nodes = inventory.brokers.iter().filter(|broker| broker.roles.contains(&NodeRole::Broker));
    for broker in nodes {
        let of = Measured::Broker(broker.id);
        let dirs = broker.log_dirs.value();
        let sum =
            |of: fn(&LogDir) -> Option<u64>| dirs.and_then(|dirs| dirs.iter().map(of).sum::<Option<u64>>()).map(bytes);
        let (mine, room) = (sum(|dir| used_and_capacity(dir).0), sum(|dir| used_and_capacity(dir).1));
        let size = sum(|dir| (!dir.offline).then_some(dir.used_bytes));
        told.known(Metric::DiskUsedBytes, &of, mine);
        told.known(Metric::DiskCapacityBytes, &of, room);
        told.known(Metric::SizeBytes, &of, size);
        for dir in dirs.into_iter().flatten() {
            let of = Measured::Volume(broker.id, dir.path.as_str().into());
            let (used, capacity) = used_and_capacity(dir);
            told.known(Metric::DiskUsedBytes, &of, used.map(bytes));
            told.known(Metric::DiskCapacityBytes, &of, capacity.map(bytes));
        }
        let add = |sum: &mut Option<f64>, more: Option<f64>| *sum = sum.zip(more).map(|(sum, more)| sum + more);
        add(&mut used, mine);
        add(&mut capacity, room);
        add(&mut sizes, size);
    }
    told.known(Metric::DiskUsedBytes, &Measured::Cluster, used);
    told.known(Metric::DiskCapacityBytes, &Measured::Cluster, capacity);
    told.known(Metric::SizeBytes, &Measured::Cluster, sizes);
    let lags = inventory.quorum.value().map(|quorum| quorum.voters.iter().filter_map(|voter| voter.lag.value()).max());
    told.known(Metric::QuorumLag, &Measured::Cluster, lags.flatten().map(|lag| bytes(*lag)));
}

#[derive(Clone, Copy, Default)]
struct OfBroker {
    leaders: usize,
    replicas: usize,
    under_replicated: usize,
}

fn partitions(told: &mut Told, inventory: &Inventory) {
    let mut by_broker: BTreeMap<BrokerId, OfBroker> = inventory
        .brokers
        .iter()
        .filter(|broker| broker.roles.contains(&NodeRole::Broker))
        .map(|broker| (broker.id, OfBroker::default()))
        .collect();
    let (mut under_replicated, mut offline, mut below, mut at) = (0, 0, 0, 0);
    for topic in &inventory.topics {
        let minimum = MinInSync::of(topic);
        for partition in &topic.partitions {
            for replica in &partition.replicas {
                by_broker.entry(*replica).or_default().replicas += 1;
            }
            let misses = partition.in_sync.len() < partition.replicas.len();
            under_replicated += usize::from(misses);
            let Some(leader) = partition.leader else {
                offline += 1;
                continue;
            };
            let of = by_broker.entry(leader).or_default();
            of.leaders += 1;
            of.under_replicated += usize::from(misses);
            if misses && let Known::Known(minimum) = minimum.at(inventory.defaults.value(), leader) {
                below += usize::from(partition.in_sync.len() < minimum as usize);
                at += usize::from(partition.in_sync.len() == minimum as usize);
            }
        }
    }
    let whole = [
        (Metric::UnderReplicatedPartitions, under_replicated),
        (Metric::OfflinePartitions, offline),
        (Metric::UnderMinIsrPartitions, below),
        (Metric::AtMinIsrPartitions, at),
    ];
    for (metric, value) in whole {
        told.value(metric, &Measured::Cluster, count(value));
    }
    for (id, of) in by_broker {
        let broker = Measured::Broker(id);
        told.value(Metric::Leaders, &broker, count(of.leaders));
        told.value(Metric::Replicas, &broker, count(of.replicas));
        told.value(Metric::UnderReplicatedPartitions, &broker, count(of.under_replicated));
    }
}

fn topics(told: &mut Told, inventory: &Inventory, paces: &Paces) {
    let mut rates = None;
    for topic in &inventory.topics {
        let of = Measured::Topic(topic.name.clone());
        let rate = paces.rate(&topic.name).value().copied();
        if let Some(rate) = rate {
            *rates.get_or_insert(0.0) += rate;
        }
        told.known(Metric::MessagesIn, &of, rate);
        told.known(Metric::SizeBytes, &of, topic.size_bytes.value().map(|size| bytes(*size)));
    }
    told.known(Metric::MessagesIn, &Measured::Cluster, rates);
}

fn of_group(told: &mut Told, group: &Group, pace: &GroupPace) {
    let of = Measured::Group(group.id.clone());
    told.known(Metric::MessagesConsumed, &of, pace.consumed_per_second.value().copied());
    told.known(Metric::LagRecords, &of, group.lag.value().map(|lag| bytes(*lag)));
    if let Behind::Seconds(seconds) = pace.behind {
        told.value(Metric::LagSeconds, &of, seconds);
    }
    if let Known::Known(members) = &group.members {
        told.value(Metric::GroupMembers, &of, count(members.len()));
    }
}

/// Counts of this program are far below the 2^53 up to which this is exact.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn count(count: usize) -> f64 {
    count as f64
}

/// Nine petabytes are exact, and more need no more digits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn bytes(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests;
