//! What a team has of a cluster, and would have. What cannot be counted is unknown, never nothing.

use klamm_model::{Inventory, Known, TeamName, Topic};
use klamm_planner::policy::{TopicWish, Usage};

const BYTES_KEPT: &str = "retention.bytes";

/// What a team would have once a topic is as wished.
pub(crate) fn afterwards(inventory: &Inventory, team: &TeamName, wish: Option<&TopicWish>) -> Usage {
    if inventory.observed_at == Known::Unknown {
        return Usage::default();
    }
    let is_other = |topic: &&Topic| wish.is_none_or(|wish| topic.name != wish.name);
    let others = || inventory.topics.iter().filter(|topic| topic.team.as_ref() == Some(team)).filter(is_other);
    let wished = wish.map(|wish| Wished::of(inventory, wish));
    let added = u64::from(wished.is_some());
    let partitions = others().map(|topic| Some(length(topic.partitions.len())));
    let bytes = others().map(|topic| kept(inventory, topic));
    Usage {
        topics: Known::Known(length(others().count()) + added),
        partitions: partitions.chain(wished.iter().map(|wished| wished.partitions)).sum::<Option<u64>>().into(),
        bytes_kept: sum(bytes.chain(wished.iter().map(Wished::kept))).into(),
    }
}

/// A topic as it would be, as far as it can be told.
pub(crate) struct Wished {
    partitions: Option<u64>,
    replicas: Option<u64>,
    bytes: Option<u64>,
}

impl Wished {
    /// What a wish leaves open stays as it is; what brokers would fill in for a new topic is not told for all of it.
    pub(crate) fn of(inventory: &Inventory, wish: &TopicWish) -> Self {
        let now = inventory.topic(&wish.name);
        let set = wish.config.get(BYTES_KEPT).map(String::as_str);
        Self {
            partitions: wish.partitions.or_else(|| now.map(|topic| length(topic.partitions.len()))),
            replicas: wish.replication_factor.or_else(|| now.and_then(replicas)),
            bytes: set.or_else(|| by_default(inventory)).and_then(limit),
        }
    }

    pub(crate) fn partitions(&self) -> Option<u64> {
        self.partitions
    }

    /// Of each partition; what a wish leaves open is what brokers do where they tell.
    pub(crate) fn replicas(&self, inventory: &Inventory) -> Option<u64> {
        let usual = || inventory.defaults.value()?.keys.get("default.replication.factor")?.usual.value()?.value.clone();
        self.replicas.or_else(|| usual()?.parse().ok())
    }

    pub(crate) fn kept(&self) -> Option<u64> {
        self.bytes?.checked_mul(self.partitions?)?.checked_mul(self.replicas?)
    }
}

fn kept(inventory: &Inventory, topic: &Topic) -> Option<u64> {
    let set = topic.config.value()?.get(BYTES_KEPT).and_then(|entry| entry.value.as_deref());
    let bytes = set.or_else(|| by_default(inventory)).and_then(limit)?;
    let replicas = topic.partitions.iter().map(|partition| length(partition.replicas.len())).sum();
    bytes.checked_mul(replicas)
}

fn by_default(inventory: &Inventory) -> Option<&str> {
    inventory.defaults.value()?.keys.get(BYTES_KEPT)?.usual.value()?.value.as_deref()
}

/// A negative number is no limit, and what has no limit cannot be counted.
fn limit(text: &str) -> Option<u64> {
    text.parse().ok()
}

fn replicas(topic: &Topic) -> Option<u64> {
    topic.partitions.first().map(|partition| length(partition.replicas.len()))
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn sum(mut parts: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    parts.try_fold(0_u64, |sum, part| sum.checked_add(part?))
}
