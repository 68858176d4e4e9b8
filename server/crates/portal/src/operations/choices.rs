//! What there is to choose from when somebody asks for an operation, and what may come after one. Pure but for who may look.

use super::{safety::roll, scene};
use crate::Portal;
use klamm_model::{
    Actor, BrokerId, ClusterRef, FinaliseAhead, Inventory, NodeRole, OperationKind, OperationPhase, OperationView,
    Problem, UnixMillis,
};
use klamm_planner::operations::{Door, METADATA, RELEASES, Release, door, level_name, level_of};
use klamm_resources::KafkaCluster;
use std::collections::BTreeSet;

/// What there is to choose from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationChoices {
    /// The version of Kafka that is declared.
    pub version: Option<String>,
    /// Release lines that Klamm rolls between: `4.2`.
    pub lines: Vec<String>,
    /// The metadata version in force.
    pub metadata: Option<String>,
    /// Those that may be finalised, the newest first, each with what is crossed where there is no way back.
    pub levels: Vec<(String, Option<String>)>,
    /// Pools with how many nodes they are declared to have.
    pub pools: Vec<(String, i32)>,
    /// Nodes, and whether each stores partitions.
    pub nodes: Vec<(BrokerId, NodeUse)>,
}

/// What a node is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeUse {
    /// It stores partitions.
    Broker,
    /// It is a controller alone.
    Controller,
}

/// Something that happened to a whole cluster, for charts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationMark {
    /// When.
    pub at: UnixMillis,
    /// What: `upgrade begins`.
    pub words: String,
}

impl Portal {
    /// What there is to choose from.
    pub fn operation_choices(&self, actor: &Actor, cluster: &ClusterRef) -> Result<OperationChoices, Problem> {
        let seen = self.may_see_operations(actor, cluster)?;
        let resource = self.observations.resource(cluster);
        Ok(choices(&seen.inventory, resource.as_deref()))
    }

    /// When operations began and ended, within a time, in order.
    pub fn operation_marks(
        &self,
        actor: &Actor,
        cluster: &ClusterRef,
        (from, to): (UnixMillis, UnixMillis),
    ) -> Result<Vec<OperationMark>, Problem> {
        self.may_see_operations(actor, cluster)?;
        let all = self.observations.declarations().operations(cluster);
        let marks = all.iter().flat_map(|(_, operation)| {
            let word = operation.spec.kind.name();
            let status = &operation.status;
            let at = |text: &Option<String>| super::view::moment(text.as_deref()?);
            let ends = match status.phase {
                Some(klamm_resources::OperationPhase::Failed) => "fails",
                Some(klamm_resources::OperationPhase::Cancelled) => "is cancelled",
                Some(_) | None => "is done",
            };
            let mark = |at: UnixMillis, what: &str| OperationMark { at, words: format!("{word} {what}") };
            [at(&status.started).map(|at| mark(at, "begins")), at(&status.ended).map(|at| mark(at, ends))]
        });
        let mut marks: Vec<_> = marks.flatten().filter(|mark| from <= mark.at && mark.at <= to).collect();
        marks.sort_by_key(|mark| mark.at);
        Ok(marks)
    }
}

fn choices(inventory: &Inventory, resource: Option<&KafkaCluster>) -> OperationChoices {
    let managed = resource.and_then(|resource| scene::managed(resource).ok());
    let metadata = inventory.metadata_version.value().cloned();
    let level = metadata.as_deref().and_then(level_of);
    let newest =
        inventory.brokers.iter().filter_map(|broker| Release::of(broker.version.value()?)).map(|r| r.metadata.1);
    let levels =
        level.zip(newest.min()).map(|(level, newest)| (level + 1..=newest).rev().map(move |to| offered(level, to)));
    let pools = resource.iter().flat_map(|resource| &resource.spec.pools);
    let nodes = inventory.brokers.iter().map(|node| {
        let stores = node.roles.contains(&NodeRole::Broker);
        (node.id, if stores { NodeUse::Broker } else { NodeUse::Controller })
    });
    OperationChoices {
        version: managed.map(|managed| managed.version.to_string()),
        lines: RELEASES.iter().map(Release::name).collect(),
        metadata,
        levels: levels.into_iter().flatten().collect(),
        pools: pools.map(|pool| (pool.name.clone(), pool.replicas)).collect(),
        nodes: nodes.collect(),
    }
}

fn offered(from: i16, to: i16) -> (String, Option<String>) {
    let crossed = match door(METADATA, from, to) {
        Door::Open => None,
        Door::OneWay(crossed) => Some(crossed),
    };
    (level_name(to), crossed)
}

/// What may be finalised once an upgrade is done; none where nothing is left to.
pub(super) fn ahead(
    operation: &OperationView,
    inventory: &Inventory,
    resource: Option<&KafkaCluster>,
) -> Option<FinaliseAhead> {
    let may_follow = match operation.phase {
        OperationPhase::Failed | OperationPhase::Cancelled => false,
        OperationPhase::Planned
        | OperationPhase::Waiting
        | OperationPhase::Running
        | OperationPhase::Paused
        | OperationPhase::Done => operation.kind == OperationKind::Upgrade,
    };
    let to = operation.wish.version.as_deref().filter(|_| may_follow)?;
    // Of one that is over, only as long as it is what runs.
    let runs: BTreeSet<&str> =
        inventory.brokers.iter().filter_map(|broker| broker.version.value()).map(String::as_str).collect();
    if operation.phase.is_over() && !runs.contains(to) {
        return None;
    }
    let level = inventory.metadata_version.value().and_then(|name| level_of(name))?;
    let newest = Release::of(to)?.metadata.1;
    (newest > level).then(|| {
        let (to, one_way) = offered(level, newest);
        let soak = resource.and_then(roll).map(|roll| roll.finalise_soak.as_secs());
        FinaliseAhead { from: level_name(level), to, one_way, soak_seconds: soak.into() }
    })
}
