//! What the mover is told, from what was seen.

use super::super::{Life, Made, Node, Rules, Scene};
use crate::mover::{BrokerRoom, Disk, PartitionReplicas, Reserve, Situation, Standing, TopicReplicas};
use klamm_model::{BrokerId, BrokerState, Reassignment, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Nothing is placed on brokers that are `leaving`, on surplus ones, and on those that do not serve. Partitions on their way
/// count as being where they go.
pub(super) fn situation(
    scene: &Scene,
    rules: &Rules,
    topics: &BTreeMap<TopicName, super::super::TopicSeen>,
    moves: &[Reassignment],
    leaving: &BTreeSet<BrokerId>,
) -> Situation {
    let brokers = scene.nodes.iter().filter(|(_, node)| node.is_broker() && node.made != Made::Missing);
    let mut moving: BTreeMap<TopicName, BTreeSet<_>> = BTreeMap::new();
    let mut removed: BTreeMap<(&TopicName, _), &[BrokerId]> = BTreeMap::new();
    for one in moves {
        moving.entry(one.topic.clone()).or_default().insert(one.partition);
        removed.insert((&one.topic, one.partition), &one.removing);
    }
    let topics = topics.iter().map(|(topic, seen)| {
        let partitions = seen.partitions.iter().map(|(id, partition)| {
            let leaves = removed.get(&(topic, *id)).copied().unwrap_or_default();
            let stays = partition.replicas.iter().copied().filter(|broker| !leaves.contains(broker));
            PartitionReplicas { id: *id, replicas: stays.collect(), size: partition.bytes }
        });
        TopicReplicas { topic: topic.clone(), partitions: partitions.collect() }
    });
    Situation {
        brokers: brokers.map(|(id, node)| (*id, room(node, leaving.contains(id)))).collect(),
        topics: topics.collect(),
        moving,
        reserve: Reserve(rules.disk_reserve_percent),
    }
}

fn room(node: &Node, leaves: bool) -> BrokerRoom {
    let serves = node.life == Life::Ready && node.serving == BrokerState::Running;
    let standing = match (serves, leaves || node.made == Made::Surplus) {
        (true, false) => Standing::Takes,
        (true, true) => Standing::Leaves,
        (false, _) => Standing::Gone,
    };
    let disk = node.disk.map(|disk| Disk { capacity: disk.total, used: disk.used });
    BrokerRoom { rack: node.rack.clone(), disk, standing }
}
