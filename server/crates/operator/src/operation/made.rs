//! Operations that the operator makes itself, from the difference between a declaration and what runs. Pure.

use super::line::is_over;
use crate::cluster::labels;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use klamm_model::ClusterRef;
use klamm_planner::operations::{Goal, GoalKind, MoveGoal, RollGoal};
use klamm_resources::{
    ClusterReference, KafkaCluster, KafkaOperation, KafkaOperationSpec, KafkaOperationStatus, OperationKind,
    OperationPhase, names::label,
};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// Whether the operator made it for this cluster.
pub(super) fn is_ours(operation: &KafkaOperation, cluster: &KafkaCluster) -> bool {
    let is_marked = operation.labels().get(label::MANAGED_BY).map(String::as_str) == Some(label::MANAGED_BY_KLAMM);
    is_marked && operation.owner_references().iter().any(|owner| Some(&owner.uid) == cluster.metadata.uid.as_ref())
}

/// Why no operation is made for a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// One of the operator's own is still to come to its end.
    Open(String),
    /// This one was cancelled, or could not be done, for the same declaration.
    Ended(String),
    /// People make operations of this kind.
    NotOurs,
}

/// The operation for a goal, unless one was made, or ended without reaching it, for the same declaration. Its name says
/// what it is for, so that a crash does not make a second one.
pub(super) fn operation(
    goal: &Goal,
    cluster: &ClusterRef,
    object: &KafkaCluster,
    operations: &[KafkaOperation],
) -> Result<KafkaOperation, Barred> {
    let Some(spec) = spec(goal, cluster) else { return Err(Barred::NotOurs) };
    let ours = || operations.iter().filter(|operation| is_ours(operation, object));
    if let Some(open) = ours().find(|operation| !is_over(operation)) {
        return Err(Barred::Open(open.name_any()));
    }
    let generation = object.metadata.generation.unwrap_or_default();
    let earlier: Vec<&KafkaOperation> = ours()
        .filter(|operation| operation.spec.kind == spec.kind && generation_of(operation) == Some(generation))
        .collect();
    if let Some(ended) = earlier.iter().find(|operation| has_ended_in_vain(operation)) {
        return Err(Barred::Ended(ended.name_any()));
    }
    let name = unused(&format!("{}-{}-{generation}", cluster.name, spec.kind.name()), operations);
    let annotations = BTreeMap::from([(GENERATION.to_owned(), generation.to_string())]);
    Ok(of_ours(&name, spec, annotations, cluster, object))
}

/// The operation by which nodes leave cordoned Kubernetes nodes, or are emptied there, unless one was cancelled, or could not be
/// done, for the same pods. Its name says which Kubernetes node it is about.
pub(super) fn leaving(
    goal: &Goal,
    hosts: &BTreeSet<String>,
    pods: &BTreeSet<String>,
    cluster: &ClusterRef,
    object: &KafkaCluster,
    operations: &[KafkaOperation],
) -> Result<KafkaOperation, Barred> {
    let (kind, nodes) = match goal.kind() {
        GoalKind::Roll(RollGoal::Leave { nodes }) => (OperationKind::Restart, nodes),
        GoalKind::Move(MoveGoal::Drain { brokers }) => (OperationKind::Drain, brokers),
        GoalKind::Roll(
            RollGoal::Restart { .. } | RollGoal::Reconfigure | RollGoal::Upgrade { .. } | RollGoal::Finalise { .. },
        )
        | GoalKind::Move(
            MoveGoal::Scale | MoveGoal::Rebalance { .. } | MoveGoal::Place { .. } | MoveGoal::Factor { .. },
        ) => return Err(Barred::NotOurs),
    };
    let ours = || operations.iter().filter(|operation| is_ours(operation, object));
    if let Some(open) = ours().find(|operation| !is_over(operation)) {
        return Err(Barred::Open(open.name_any()));
    }
    let written = listed(pods);
    let is_given_up = |operation: &&KafkaOperation| {
        let failed = operation.status.as_ref().is_some_and(|status| status.phase == Some(OperationPhase::Failed));
        let is_of_these = operation.annotations().get(LEAVING) == Some(&written);
        operation.spec.kind == kind && is_of_these && (failed || operation.spec.cancel)
    };
    if let Some(ended) = ours().find(is_given_up) {
        return Err(Barred::Ended(ended.name_any()));
    }
    let host: String = hosts.first().map(|host| host.chars().take(LONGEST_HOST).collect()).unwrap_or_default();
    let name = unused(&format!("{}-leave-{}", cluster.name, host.trim_end_matches(['.', '-'])), operations);
    let spec = KafkaOperationSpec { brokers: nodes.iter().map(|id| id.0).collect(), ..bare(kind, cluster) };
    let annotations = [(CORDONED, listed(hosts)), (LEAVING, written)];
    let annotations = annotations.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    Ok(of_ours(&name, spec, annotations, cluster, object))
}

/// The cordoned Kubernetes nodes for which the operator made an operation; none for others.
pub(super) fn cordoned_for<'a>(operation: &'a KafkaOperation, cluster: &KafkaCluster) -> Option<&'a str> {
    let hosts = operation.annotations().get(CORDONED)?;
    is_ours(operation, cluster).then_some(hosts.as_str())
}

/// Why the operator made an operation for cordoned Kubernetes nodes, in a sentence.
pub(super) fn because(operation: &KafkaOperation, cluster: &KafkaCluster) -> Option<String> {
    let hosts = cordoned_for(operation, cluster)?;
    Some(match hosts.split_once(", ") {
        None => format!("Kubernetes node {hosts} is cordoned."),
        Some(_) => format!("Kubernetes nodes {hosts} are cordoned."),
    })
}

fn listed(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// That name, or with a number behind where it is taken.
fn unused(name: &str, operations: &[KafkaOperation]) -> String {
    let is_taken = |name: &str| operations.iter().any(|operation| operation.name_any() == name);
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut names = (2..).map(|time: u64| format!("{name}-{time}"));
    names.find(|name| !is_taken(name)).unwrap_or_else(|| name.to_owned())
}

fn of_ours(
    name: &str,
    spec: KafkaOperationSpec,
    annotations: BTreeMap<String, String>,
    cluster: &ClusterRef,
    object: &KafkaCluster,
) -> KafkaOperation {
    let mut operation = KafkaOperation::new(name, spec);
    operation.metadata.namespace = Some(cluster.namespace.to_string());
    operation.metadata.labels = Some(labels::of_cluster(cluster));
    operation.metadata.owner_references =
        Some(vec![OwnerReference { controller: Some(false), ..labels::owner(object) }]);
    operation.metadata.annotations = Some(annotations);
    operation
}

/// On an operation of the operator's: the cordoned Kubernetes nodes it was made for.
const CORDONED: &str = "klamm.dev/cordoned-hosts";
/// On the same: the uids of the pods that stood there.
const LEAVING: &str = "klamm.dev/leaving-pods";
/// Of the name of a Kubernetes node, in that of an operation: names of objects end at 253.
const LONGEST_HOST: usize = 120;

/// On an operation of the operator's: the `metadata.generation` of the cluster it was made for.
const GENERATION: &str = "klamm.dev/cluster-generation";

/// The declaration an operation was made for.
pub(super) fn generation_of(operation: &KafkaOperation) -> Option<i64> {
    let in_status = operation.status.as_ref().and_then(|status| status.cluster_generation);
    in_status.or_else(|| operation.annotations().get(GENERATION)?.parse().ok())
}

fn has_ended_in_vain(operation: &KafkaOperation) -> bool {
    match operation.status.as_ref().and_then(|status: &KafkaOperationStatus| status.phase) {
        Some(OperationPhase::Cancelled | OperationPhase::Failed) => true,
        Some(
            OperationPhase::Planned
            | OperationPhase::Waiting
            | OperationPhase::Running
            | OperationPhase::Paused
            | OperationPhase::Done,
        )
        | None => false,
    }
}

/// An operation of that kind without anything else.
fn bare(kind: OperationKind, cluster: &ClusterRef) -> KafkaOperationSpec {
    KafkaOperationSpec {
        cluster: ClusterReference { name: cluster.name.to_string(), namespace: None },
        kind,
        brokers: Vec::new(),
        topics: Vec::new(),
        version: None,
        metadata_version: None,
        pool: None,
        replicas: None,
        replication_factor: None,
        config: BTreeMap::new(),
        throttle_bytes_per_second: None,
        accept_unavailable: Vec::new(),
        paused: false,
        cancel: false,
    }
}

fn spec(goal: &Goal, cluster: &ClusterRef) -> Option<KafkaOperationSpec> {
    let of = |kind: OperationKind| bare(kind, cluster);
    match goal.kind() {
        GoalKind::Roll(RollGoal::Reconfigure) => Some(of(OperationKind::Reconfigure)),
        GoalKind::Roll(RollGoal::Upgrade { to }) => {
            Some(KafkaOperationSpec { version: Some(to.to_owned()), ..of(OperationKind::Upgrade) })
        }
        GoalKind::Roll(RollGoal::Finalise { name, .. }) => {
            Some(KafkaOperationSpec { metadata_version: Some(name.to_owned()), ..of(OperationKind::Finalise) })
        }
        GoalKind::Move(MoveGoal::Scale) => Some(of(OperationKind::Scale)),
        GoalKind::Roll(RollGoal::Restart { .. } | RollGoal::Leave { .. })
        | GoalKind::Move(
            MoveGoal::Rebalance { .. } | MoveGoal::Place { .. } | MoveGoal::Factor { .. } | MoveGoal::Drain { .. },
        ) => None,
    }
}
