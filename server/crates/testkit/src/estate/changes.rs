//! What was changed in an estate since it was grown: where replicas lie, who leads, what is set.

use super::{
    faults::Condition,
    world::{Moving, Partition, Topic, World},
};
use kafka_protocol::protocol::StrBytes;
use std::{collections::BTreeMap, sync::Arc};

/// Seconds that a replica takes to arrive, however large it is.
pub(super) const ARRIVES_AFTER: i64 = 3;

/// Codes of refusals.
pub(super) const UNKNOWN_TOPIC: i16 = 3;
const INVALID_ASSIGNMENT: i16 = 39;
const PREFERRED_LEADER_NOT_AVAILABLE: i16 = 80;
const ELECTION_NOT_NEEDED: i16 = 84;
const NO_REASSIGNMENT: i16 = 85;

/// What is not as it was in the beginning.
#[derive(Clone, Debug, Default)]
pub(super) struct Changed {
    /// All topics, once one of them was changed.
    pub(super) topics: Option<Arc<Vec<Topic>>>,
    /// Keys set on brokers, by the broker's number, or without one on all of them.
    pub(super) brokers: BTreeMap<(String, String), String>,
    /// How often something was changed.
    pub(super) count: u64,
}

/// What to do with a key; numbered as in the protocol.
pub(super) struct Edit<'a> {
    pub(super) key: &'a str,
    pub(super) operation: i8,
    pub(super) value: Option<&'a str>,
}

impl Changed {
    pub(super) fn topics_mut(&mut self, world: &World) -> &mut Vec<Topic> {
        self.count += 1;
        Arc::make_mut(self.topics.get_or_insert_with(|| Arc::new(world.topics.clone())))
    }
}

impl Condition {
    fn partition(&mut self, world: &World, topic: Option<usize>, index: i32) -> Option<&mut Partition> {
        let place = usize::try_from(index).ok()?;
        self.changed.topics_mut(world).get_mut(topic?)?.partitions.get_mut(place)
    }

    /// Sets replicas on their way, or calls them back, as the controller does it: what is there counts, whether or not it came
    /// with a move that is under way. The code of what is wrong with that.
    pub(super) fn reassign(
        &mut self,
        world: &World,
        (topic, index): (Option<usize>, i32),
        target: Option<Vec<i32>>,
    ) -> i16 {
        let (due, brokers) = (self.age + ARRIVES_AFTER, i32::try_from(world.size.brokers).unwrap_or(i32::MAX));
        let Some(partition) = self.partition(world, topic, index) else { return UNKNOWN_TOPIC };
        let leader = partition.replicas.get(partition.leads).copied();
        let current = partition.replicas.clone();
        let without =
            |all: &[i32], some: &[i32]| -> Vec<i32> { all.iter().copied().filter(|id| !some.contains(id)).collect() };
        let Some(target) = target else {
            let Some(moving) = partition.moving.take() else { return NO_REASSIGNMENT };
            partition.lie_at(without(&current, &moving.adding), leader);
            return 0;
        };
        let is_twice = |(n, id): (usize, &i32)| target.iter().skip(n + 1).any(|other| other == id);
        let is_there = |id: &i32| (1..=brokers).contains(id);
        if target.is_empty() || target.iter().enumerate().any(is_twice) || !target.iter().all(is_there) {
            return INVALID_ASSIGNMENT;
        }
        let (adding, removing) = (without(&target, &current), without(&current, &target));
        let mut pending = partition.moving.take().map(|moving| moving.pending).unwrap_or_default();
        pending.extend(&adding);
        if target.iter().all(|id| !pending.contains(id)) {
            partition.lie_at(target, leader);
            return 0;
        }
        partition.lie_at(target.iter().chain(&removing).copied().collect(), leader);
        partition.moving = Some(Moving { adding, removing, pending, due });
        0
    }

    /// Has the first replica lead; the code of why not.
    pub(super) fn elect(&mut self, world: &World, topic: Option<usize>, index: i32) -> i16 {
        let Some(partition) = self.partition(world, topic, index).cloned() else { return UNKNOWN_TOPIC };
        let preferred = partition.replicas.first().copied();
        if Some(self.leader(&partition)) == preferred {
            return ELECTION_NOT_NEEDED;
        }
        let may_lead = preferred.is_some_and(|id| !self.is_dead(id) && self.in_sync(&partition).contains(&id));
        match self.partition(world, topic, index) {
            Some(partition) if may_lead => {
                partition.leads = 0;
                0
            }
            _ => PREFERRED_LEADER_NOT_AVAILABLE,
        }
    }

    /// Replicas whose time has come have everything; then those that were to go are gone.
    pub(super) fn settle(&mut self) {
        let Some(topics) = &self.changed.topics else { return };
        let arrives = |partition: &Partition| {
            let moving = partition.moving.as_ref();
            moving.is_some_and(|moving| moving.due <= self.age && !moving.pending.iter().any(|id| self.is_dead(*id)))
        };
        let mut there = Vec::new();
        for (place, topic) in topics.iter().enumerate() {
            let here = topic.partitions.iter().enumerate().filter(|(_, partition)| arrives(partition));
            there.extend(here.map(|(index, partition)| (place, index, self.leader(partition))));
        }
        if there.is_empty() {
            return;
        }
        self.changed.count += 1;
        let Some(topics) = self.changed.topics.as_mut().map(Arc::make_mut) else { return };
        for (place, index, leader) in there {
            let partition = topics.get_mut(place).and_then(|topic| topic.partitions.get_mut(index));
            if let Some((partition, moving)) = partition.and_then(|one| one.moving.take().map(|moving| (one, moving))) {
                let left = partition.replicas.iter().copied().filter(|id| !moving.removing.contains(id)).collect();
                partition.lie_at(left, Some(leader));
            }
        }
    }

    /// Changes a topic's keys; the code of what is wrong with that.
    pub(super) fn configure_topic(&mut self, world: &World, topic: Option<usize>, edits: &[Edit<'_>]) -> i16 {
        let Some(topic) = topic.and_then(|place| self.changed.topics_mut(world).get_mut(place)) else {
            return UNKNOWN_TOPIC;
        };
        for edit in edits {
            let before =
                topic.set.iter().position(|(key, _)| **key == *edit.key).map(|place| topic.set.remove(place).1);
            if let Some(value) = edit.applied_to(before.as_deref()) {
                topic.set.push((StrBytes::from_string(edit.key.to_owned()), StrBytes::from_string(value)));
            }
        }
        0
    }

    /// Changes keys of a broker, or of all.
    pub(super) fn configure_broker(&mut self, broker: &str, edits: &[Edit<'_>]) {
        self.changed.count += 1;
        for edit in edits {
            let place = (broker.to_owned(), edit.key.to_owned());
            let before = self.changed.brokers.remove(&place);
            if let Some(value) = edit.applied_to(before.as_deref()) {
                self.changed.brokers.insert(place, value);
            }
        }
    }
}

impl Partition {
    /// Lies there from now on, led by whoever led if that one stays.
    fn lie_at(&mut self, replicas: Vec<i32>, leader: Option<i32>) {
        self.leads = replicas.iter().position(|id| Some(*id) == leader).unwrap_or(0);
        self.replicas = replicas;
    }
}

impl Edit<'_> {
    /// What is set afterwards. What is taken from no list is an empty list, as in Kafka.
    fn applied_to(&self, before: Option<&str>) -> Option<String> {
        let value = self.value.unwrap_or_default();
        let mut list: Vec<&str> = before.unwrap_or_default().split(',').filter(|one| !one.is_empty()).collect();
        match self.operation {
            0 => Some(value.to_owned()),
            1 => None,
            2 => {
                for one in value.split(',') {
                    if !list.contains(&one) {
                        list.push(one);
                    }
                }
                Some(list.join(","))
            }
            _ => {
                list.retain(|one| !value.split(',').any(|gone| gone == *one));
                Some(list.join(","))
            }
        }
    }
}
