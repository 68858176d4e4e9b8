//! Clusters for tests, written down shortly.

use crate::mover::*;
use klamm_model::{BrokerId, Known, NamedPartition, PartitionId, TopicName};
use std::collections::BTreeSet;

pub(super) const GIB: u64 = 1 << 30;

pub(super) fn topic(name: &str) -> TopicName {
    TopicName::new(name).unwrap()
}

pub(super) fn partition(name: &str, id: i32) -> NamedPartition {
    NamedPartition { topic: topic(name), partition: PartitionId(id) }
}

pub(super) fn ids(numbers: &[i32]) -> BTreeSet<BrokerId> {
    numbers.iter().copied().map(BrokerId).collect()
}

pub(super) fn list(numbers: &[i32]) -> Vec<BrokerId> {
    numbers.iter().copied().map(BrokerId).collect()
}

/// A cluster without topics; disks are unknown.
pub(super) fn cluster(brokers: &[(i32, Option<&str>)]) -> Situation {
    let mut situation = Situation::default();
    for (id, rack) in brokers {
        add_broker(&mut situation, *id, *rack);
    }
    situation
}

pub(super) fn add_broker(situation: &mut Situation, id: i32, rack: Option<&str>) {
    let room = BrokerRoom { rack: rack.map(str::to_owned), disk: Known::Unknown, standing: Standing::Takes };
    situation.brokers.insert(BrokerId(id), room);
}

pub(super) fn with_disk(situation: &mut Situation, id: i32, capacity: u64, used: u64) {
    situation.brokers.get_mut(&BrokerId(id)).unwrap().disk = Known::Known(Disk { capacity, used });
}

pub(super) fn stands(situation: &mut Situation, id: i32, standing: Standing) {
    situation.brokers.get_mut(&BrokerId(id)).unwrap().standing = standing;
}

/// A topic whose partitions are on these brokers.
pub(super) fn add_topic(situation: &mut Situation, name: &str, size: u64, partitions: &[&[i32]]) {
    let partitions = (0..).zip(partitions).map(|(id, replicas)| PartitionReplicas {
        id: PartitionId(id),
        replicas: list(replicas).into(),
        size: Known::Known(size),
    });
    situation.topics.push(TopicReplicas { topic: topic(name), partitions: partitions.collect() });
}

/// A topic as Kafka itself places it on brokers in this order, without a look at racks: one after the other.
pub(super) fn add_round_robin(
    situation: &mut Situation,
    name: &str,
    size: u64,
    count: usize,
    factor: usize,
    brokers: &[i32],
) {
    let replicas: Vec<Vec<i32>> =
        (0..count).map(|place| (0..factor).map(|next| brokers[(place + next) % brokers.len()]).collect()).collect();
    let replicas: Vec<&[i32]> = replicas.iter().map(Vec::as_slice).collect();
    add_topic(situation, name, size, &replicas);
}

/// What the cluster is once a plan was carried out.
pub(super) fn carried_out(situation: &Situation, target: &Target) -> Situation {
    let mut after = situation.clone();
    let sizes: Vec<u64> =
        situation.topics.iter().flat_map(|of| &of.partitions).filter_map(|of| of.size.value().copied()).collect();
    let average = sizes.iter().sum::<u64>() / (sizes.len() as u64).max(1);
    for moved in &target.moves {
        let of = after.topics.iter_mut().find(|of| of.topic == moved.partition.topic).unwrap();
        let of = of.partitions.iter_mut().find(|of| of.id == moved.partition.partition).unwrap();
        let size = of.size.value().copied().unwrap_or(average);
        of.replicas = moved.to.clone().into();
        for (brokers, arrives) in [(moved.adding().collect::<Vec<_>>(), true), (moved.removing().collect(), false)] {
            for broker in brokers {
                if let Some(BrokerRoom { disk: Known::Known(disk), .. }) = after.brokers.get_mut(&broker) {
                    disk.used = if arrives { disk.used + size } else { disk.used.saturating_sub(size) };
                }
            }
        }
    }
    after
}

/// How many replicas each broker has.
pub(super) fn replicas(situation: &Situation) -> Vec<(i32, usize)> {
    let all = || situation.topics.iter().flat_map(|of| &of.partitions);
    let has = |id: BrokerId| all().filter(|of| of.replicas.contains(&id)).count();
    situation.brokers.keys().map(|id| (id.0, has(*id))).collect()
}
