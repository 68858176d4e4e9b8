//! Topics get more or fewer replicas. Where they come to, and which of them go, the mover says; here is seen to it that nobody loses
//! what only the others have.

use super::super::{Act, Guard, Next, PartitionSeen, Plan, Refusal, Scene, Scope, TopicSeen};
use super::{course::Moving, replicas};
use crate::mover;
use klamm_model::{BrokerId, Known, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// What is left, and what of it may be done now.
pub(super) fn plan(factors: &BTreeMap<TopicName, u32>, moving: &Moving<'_>) -> Plan {
    let refusals = below_minimum(factors, moving.scene);
    if !refusals.is_empty() {
        return Plan::only(Next::Refuse(refusals));
    }
    let goal = mover::Goal::Factor(factors.iter().map(|(topic, to)| (topic.clone(), *to as usize)).collect());
    let mut plan = replicas(moving, &[goal], "given as many replicas as asked for");
    spare(&mut plan, moving.scene);
    plan
}

/// Brokers that were emptied, and are told to stay so (KIP-1066). Whoever asks for more replicas does not take that back, and Kafka
/// would refuse to place any there. Before 4.3 brokers cannot be told.
pub(super) fn told_to_stay_empty(scene: &Scene) -> BTreeSet<BrokerId> {
    let is_told = |id: BrokerId| {
        let keys = scene.dynamic.value().and_then(|set| set.get(&Scope::Broker(id)));
        keys.and_then(|keys| keys.get("cordoned.log.dirs")).is_some_and(|dirs| dirs == "*")
    };
    let empty = scene.nodes.iter().filter(|(_, node)| node.replicas_on_disk == Known::Known(0));
    empty.map(|(id, _)| *id).filter(|id| is_told(*id)).collect()
}

/// Topics that are to become another one, and could not be written to afterwards.
fn below_minimum(factors: &BTreeMap<TopicName, u32>, scene: &Scene) -> Vec<Refusal> {
    let Known::Known(topics) = &scene.topics else { return Vec::new() };
    let refused = factors.iter().filter_map(|(topic, factor)| {
        let seen = topics.get(topic)?;
        let changes = seen.partitions.values().any(|partition| partition.replicas.len() != *factor as usize);
        let minimum = *seen.min_in_sync.value()?;
        (changes && minimum > *factor).then(|| Refusal::BelowMinimum { topic: topic.clone(), factor: *factor, minimum })
    });
    refused.collect()
}

/// A replica in sync does not go as long as others that stay are behind, and too few would be left.
fn spare(plan: &mut Plan, scene: &Scene) {
    let Known::Known(topics) = &scene.topics else { return };
    let Next::Act(Act::Move(replicas)) = &mut plan.next else { return };
    let mut waiting = BTreeSet::new();
    replicas.retain(|(topic, id), to| {
        let may_go = topics
            .get(topic)
            .is_none_or(|seen| seen.partitions.get(id).is_none_or(|partition| leaves_enough(seen, partition, to)));
        if !may_go {
            waiting.insert((topic.clone(), *id));
        }
        may_go
    });
    if replicas.is_empty() {
        plan.next = Next::Wait(vec![Guard::UnderReplicated { partitions: waiting, allowed: 0 }]);
    }
}

/// Whether enough are in sync once the partition has replicas there. Those that come are waited for before others go.
fn leaves_enough(topic: &TopicSeen, partition: &PartitionSeen, to: &[BrokerId]) -> bool {
    let loses = partition.in_sync.iter().any(|broker| !to.contains(broker));
    let is_or_will_be = |broker: &&BrokerId| partition.in_sync.contains(broker) || !partition.replicas.contains(broker);
    let left = to.iter().filter(is_or_will_be).count();
    let needs = topic.min_in_sync.value().map_or(to.len(), |minimum| to.len().min(*minimum as usize));
    !loses || left >= needs
}
