use crate::authorise::allowed_actions;
use crate::views::count;
use crate::{Object, views};
use klamm_model::{
    Actor, ConfigValue, GroupId, Health, Inventory, Known, Partition, PartitionView, Reachability, Topic, TopicName,
    TopicRow, TopicView,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Which groups committed offsets to which topic.
pub(crate) type GroupsByTopic<'a> = HashMap<&'a TopicName, BTreeSet<&'a GroupId>>;

/// Groups of these topics only: one pass over all committed offsets, whatever the number of topics.
pub(crate) fn groups_by_topic<'a>(inventory: &'a Inventory, topics: &[&'a Topic]) -> GroupsByTopic<'a> {
    let mut groups: GroupsByTopic<'a> = topics.iter().map(|topic| (&topic.name, BTreeSet::new())).collect();
    for group in inventory.groups.value().into_iter().flatten() {
        for offset in group.offsets.value().into_iter().flatten() {
            if let Some(groups) = groups.get_mut(&offset.topic) {
                groups.insert(&group.id);
            }
        }
    }
    groups
}

/// A topic with everything about it but how it gets on.
pub(crate) fn view(actor: &Actor, inventory: &Inventory, topic: &Topic, groups: &GroupsByTopic<'_>) -> TopicView {
    let object = Object::topic(&inventory.cluster, topic.name.as_str(), topic.team.as_ref());
    TopicView {
        name: topic.name.clone(),
        id: topic.id.clone(),
        owner: topic.owner.clone(),
        team: topic.team.clone(),
        partitions: topic.partitions.iter().map(partition).collect(),
        replication_factor: replication_factor(topic),
        config: topic
            .config
            .value()
            .into_iter()
            .flatten()
            .map(|(key, entry)| (key.clone(), ConfigValue { value: entry.value.clone(), source: entry.source }))
            .collect::<BTreeMap<_, _>>(),
        groups: groups.get(&topic.name).into_iter().flatten().map(|id| (*id).clone()).collect(),
        size_bytes: topic.size_bytes,
        records_per_second: topic.records_per_second,
        last_write_at: Known::Unknown,
        growth_bytes_per_day: Known::Unknown,
        health: health(inventory, topic),
        allowed_actions: allowed_actions(actor, &object),
        revisions: inventory.revisions,
    }
}

/// A topic as a row of a list, without how it gets on.
pub(crate) fn row(inventory: &Inventory, topic: &Topic) -> TopicRow {
    TopicRow {
        name: topic.name.clone(),
        partition_count: views::count(topic.partitions.len()),
        replication_factor: replication_factor(topic),
        under_replicated: count(topic.partitions.iter().filter(|p| is_under_replicated(p)).count()),
        offline: count(topic.partitions.iter().filter(|p| p.leader.is_none()).count()),
        size_bytes: topic.size_bytes,
        records_per_second: topic.records_per_second,
        last_write_at: Known::Unknown,
        growth_bytes_per_day: Known::Unknown,
        owner: topic.owner.clone(),
        team: topic.team.clone(),
        health: health(inventory, topic),
    }
}

/// What was seen before the cluster fell silent says nothing about how it is now.
pub(crate) fn health(inventory: &Inventory, topic: &Topic) -> Health {
    match inventory.reachability {
        Reachability::NotYetSeen | Reachability::Unreachable { .. } => Health::Unknown,
        Reachability::Reachable => {
            if topic.partitions.is_empty() {
                Health::Unknown
            } else if topic.partitions.iter().any(|partition| partition.leader.is_none()) {
                Health::Unavailable
            } else if topic.partitions.iter().any(is_under_replicated) {
                Health::Degraded
            } else {
                Health::Healthy
            }
        }
    }
}

pub(crate) fn is_under_replicated(partition: &Partition) -> bool {
    partition.in_sync.len() < partition.replicas.len()
}

/// Most replicas that a partition has.
pub(crate) fn replication_factor(topic: &Topic) -> u32 {
    count(topic.partitions.iter().map(|partition| partition.replicas.len()).max().unwrap_or(0))
}

pub(crate) fn partition(partition: &Partition) -> PartitionView {
    PartitionView {
        id: partition.id,
        leader: partition.leader,
        replicas: partition.replicas.to_vec(),
        in_sync: partition.in_sync.to_vec(),
        earliest_offset: partition.earliest_offset,
        latest_offset: partition.latest_offset,
        size_bytes: partition.size_bytes,
    }
}
