//! What is done for nodes on cordoned Kubernetes nodes, where evictions are Klamm's to decide. Pure.

use super::{
    eyes::Eyes,
    made::{self, Barred},
    pass::Stage,
};
use crate::cluster::observed::{Observed, node_of};
use klamm_model::{BrokerId, ClusterRef};
use klamm_planner::operations::{Displaced, Goal, GoalKind, MoveGoal, RollGoal, Scene, Stranded, displaced};
use klamm_resources::{Disruption, KafkaCluster, KafkaOperation};
use kube::ResourceExt;
use std::collections::BTreeSet;

/// The operation that is to be made, and who stays where they are, in sentences.
pub(super) fn wanted(
    stage: &Stage<'_>,
    eyes: &Eyes,
    operations: &[KafkaOperation],
) -> (Option<KafkaOperation>, Vec<String>) {
    let whose = Whose { cluster: stage.cluster, object: stage.object, operations };
    decide(stage.blueprint.managed.disruption, &eyes.scene, &eyes.observed, &whose)
}

/// Who stays where they are, in sentences, while an operation runs.
pub(super) fn stranded(stage: &Stage<'_>, scene: &Scene) -> Vec<String> {
    match stage.blueprint.managed.disruption {
        Disruption::Guarded => sentences(&displaced(scene)),
        Disruption::Budget => Vec::new(),
    }
}

/// Whose operations those are.
pub(super) struct Whose<'a> {
    pub(super) cluster: &'a ClusterRef,
    pub(super) object: &'a KafkaCluster,
    pub(super) operations: &'a [KafkaOperation],
}

/// The same from what was seen.
pub(super) fn decide(
    disruption: Disruption,
    scene: &Scene,
    observed: &Observed,
    whose: &Whose<'_>,
) -> (Option<KafkaOperation>, Vec<String>) {
    match disruption {
        Disruption::Guarded => {}
        // Then Kubernetes evicts them, one at a time.
        Disruption::Budget => return (None, Vec::new()),
    }
    let displaced = displaced(scene);
    let mut told = sentences(&displaced);
    let Some(goal) = &displaced.goal else { return (None, told) };
    let nodes = concerned(goal);
    let pods: BTreeSet<String> = observed
        .pods
        .values()
        .filter(|pod| node_of(*pod).is_some_and(|(id, _)| nodes.contains(&BrokerId(id))))
        .filter_map(ResourceExt::uid)
        .collect();
    match made::leaving(goal, &displaced.hosts, &pods, whose.cluster, whose.object, whose.operations) {
        Ok(operation) => (Some(operation), told),
        Err(Barred::Ended(name)) => {
            told.push(given_up(&name, goal, &displaced.hosts));
            (None, told)
        }
        Err(Barred::Open(_) | Barred::NotOurs) => (None, told),
    }
}

fn sentences(displaced: &Displaced) -> Vec<String> {
    displaced.stranded.iter().map(Stranded::message).collect()
}

fn concerned(goal: &Goal) -> BTreeSet<BrokerId> {
    match goal.kind() {
        GoalKind::Roll(RollGoal::Leave { nodes } | RollGoal::Restart { nodes, .. }) => nodes.clone(),
        GoalKind::Move(MoveGoal::Drain { brokers }) => brokers.clone(),
        GoalKind::Roll(RollGoal::Reconfigure | RollGoal::Upgrade { .. } | RollGoal::Finalise { .. })
        | GoalKind::Move(
            MoveGoal::Scale | MoveGoal::Rebalance { .. } | MoveGoal::Place { .. } | MoveGoal::Factor { .. },
        ) => BTreeSet::new(),
    }
}

/// What an operation was to do that is not made again.
fn given_up(name: &str, goal: &Goal, hosts: &BTreeSet<String>) -> String {
    let ids: Vec<String> = concerned(goal).iter().map(ToString::to_string).collect();
    let hosts = hosts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let what = match goal.kind() {
        GoalKind::Move(_) => "emptied",
        GoalKind::Roll(_) => "restarted elsewhere",
    };
    format!(
        "Nodes {} stand on cordoned Kubernetes nodes ({hosts}) and are not {what}: {name} was cancelled, or could not be done. It \
         is made again once it is deleted (kubectl delete kop {name}); or kubectl uncordon {}.",
        ids.join(", "),
        hosts.replace(',', ""),
    )
}
