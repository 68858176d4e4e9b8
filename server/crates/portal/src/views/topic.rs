use crate::authorise::allowed_actions;
use crate::views::count;
use crate::{Object, views};
use klamm_model::{
    Actor, ConfigValue, Health, Inventory, Known, Partition, PartitionView, Reachability, Topic, TopicRow, TopicView,
};
use std::collections::BTreeMap;

/// A topic with everything about it but who reads it and how it gets on.
pub(crate) fn view(actor: &Actor, inventory: &Inventory, topic: &Topic) -> TopicView {
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
        groups: Vec::new(),
        group_count: Known::Unknown,
        size_bytes: topic.size_bytes,
        records: records(&topic.partitions),
        records_per_second: topic.records_per_second,
        bytes_in_per_second: Known::Unknown,
        bytes_out_per_second: Known::Unknown,
        last_write_at: Known::Unknown,
        growth_bytes_per_day: Known::Unknown,
        health: health(inventory, topic),
        allowed_actions: allowed_actions(actor, &object),
        revisions: inventory.revisions,
    }
}

/// A topic as a row of a list, without who reads it and how it gets on.
pub(crate) fn row(inventory: &Inventory, topic: &Topic) -> TopicRow {
    TopicRow {
        name: topic.name.clone(),
        partition_count: views::count(topic.partitions.len()),
        replication_factor: replication_factor(topic),
        under_replicated: count(topic.partitions.iter().filter(|p| is_under_replicated(p)).count()),
        offline: count(topic.partitions.iter().filter(|p| p.leader.is_none()).count()),
        size_bytes: topic.size_bytes,
        records_per_second: topic.records_per_second,
        bytes_in_per_second: Known::Unknown,
        bytes_out_per_second: Known::Unknown,
        records: records(&topic.partitions),
        group_count: Known::Unknown,
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

/// Records between the first and the next offset of all partitions; unknown when one of them is.
pub(crate) fn records(partitions: &[Partition]) -> Known<u64> {
    let kept = |partition: &Partition| match (partition.earliest_offset, partition.latest_offset) {
        (Known::Known(earliest), Known::Known(latest)) => u64::try_from(latest.saturating_sub(earliest)).ok(),
        (Known::Unknown, _) | (_, Known::Unknown) => None,
    };
    partitions.iter().map(kept).sum::<Option<u64>>().into()
}

/// A partition without how many records come to it.
pub(crate) fn partition(partition: &Partition) -> PartitionView {
    PartitionView {
        id: partition.id,
        leader: partition.leader,
        replicas: partition.replicas.to_vec(),
        in_sync: partition.in_sync.to_vec(),
        earliest_offset: partition.earliest_offset,
        latest_offset: partition.latest_offset,
        size_bytes: partition.size_bytes,
        records_per_second: Known::Unknown,
    }
}
