//! Preferred leaders lead once replicas are where they are to be.

use super::super::{Act, Next, Plan, Step, StepKind, StepState};
use super::course::Moving;
use klamm_model::{BrokerState, Known, PartitionId, TopicName};
use std::collections::BTreeSet;

/// Partitions in one election: the controller writes a record for each.
const AT_ONCE: usize = 1000;

/// The step of it.
pub(super) fn step() -> Step {
    super::step(StepKind::ElectLeaders, "preferred leaders", "lead where they are in sync")
}

/// The act that is left, or that nothing is.
pub(super) fn settle(moving: &Moving<'_>, remarks: Vec<String>) -> Plan {
    let elections = elections(moving);
    if elections.is_empty() {
        return Plan { remarks, ..Plan::only(Next::Done) };
    }
    let steps = vec![Step { state: StepState::Running, ..step() }];
    Plan { steps, remarks, ..Plan::only(Next::Act(Act::Elect(elections))) }
}

fn elections(moving: &Moving<'_>) -> BTreeSet<(TopicName, PartitionId)> {
    let Known::Known(topics) = &moving.scene.topics else { return BTreeSet::new() };
    let serves = |id| moving.scene.nodes.get(&id).is_some_and(|node| node.serving == BrokerState::Running);
    let partitions =
        topics.iter().flat_map(|(topic, seen)| seen.partitions.iter().map(move |(id, one)| (topic, id, one)));
    let waits = partitions.filter(|(_, _, one)| {
        one.replicas.first().is_some_and(|first| {
            one.leader.is_some_and(|leader| leader != *first) && one.in_sync.contains(first) && serves(*first)
        })
    });
    waits.map(|(topic, id, _)| (topic.clone(), *id)).take(AT_ONCE).collect()
}
