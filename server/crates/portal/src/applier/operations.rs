//! An operation that was asked for is followed until it is over: what was written is a declaration, or the operation itself.

use super::{
    Applier, Done,
    step::{Next, unable},
    target::{Target, TargetError},
};
use crate::{
    ObservedCluster, Portal,
    operations::{Wanted, view},
    requests::{as_new, wanted_of},
};
use klamm_model::{ObjectName, OperationKind, OperationPhase, OperationView, Problem};
use klamm_monitor::OperationObject;
use klamm_planner::{operations::level_of, requests::RequestEvent};
use klamm_resources::{KafkaCluster, KafkaOperation, OperationReason, Reason, condition, names::MANAGER_PORTAL};
use klamm_store::RequestRow;
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

/// Between two looks at something that takes minutes.
const FOLLOW_MILLIS: i64 = 2_000;

impl Portal {
    /// The operation that a request led to: the one it made, or the first of its kind that the operator made for what it wrote.
    pub(crate) fn operation_of(&self, row: &RequestRow) -> Option<(ObjectName, Arc<OperationObject>)> {
        let kind = row.request.kind.operation()?;
        let declarations = self.observations.declarations();
        if !kind.is_declared() {
            let name: ObjectName = row.request.object.name.parse().ok()?;
            let operation = declarations.operation(&row.request.cluster, &name)?;
            return Some((name, operation));
        }
        let written = row.generation?;
        let all = declarations.operations(&row.request.cluster).into_iter();
        let meant = all.filter(|(_, operation)| {
            let made_for = operation.status.cluster_generation.unwrap_or_default();
            operation.spec.kind == kind && made_for >= written
        });
        meant.min_by_key(|(_, operation)| operation.created_at)
    }
}

impl Applier {
    pub(super) async fn follow_operation(&self, row: &RequestRow, seen: &ObservedCluster) -> Result<Next, Problem> {
        let target = Target::of(&self.client, row)?;
        let standing = match target.read().await {
            Ok(Some(standing)) => standing,
            Ok(None) => return Ok(Next::saying(RequestEvent::Fail, "the object was deleted before it had any effect")),
            Err(error) => return Ok(unable(row, &error)),
        };
        let object = serde_json::to_value(&standing.object).unwrap_or_default();
        let followed = match self.portal.operation_of(row) {
            Some((name, operation)) => {
                if let Some(next) = self.accept(row, &name, &operation).await? {
                    return Ok(next);
                }
                told(&view::view((&name, &operation), None), &operation)
            }
            None if row.request.object.kind == "KafkaOperation" => {
                Told::Goes("the operator, which has not looked at it yet".to_owned())
            }
            None => match serde_json::from_value(object) {
                Ok(cluster) => undone(row, &cluster, seen),
                Err(_) => Told::Goes("the operator, which has not begun it yet".to_owned()),
            },
        };
        Ok(match followed {
            Told::Done(words) => Next { generation: row.generation, ..Next::saying(RequestEvent::Done, words) },
            Told::Goes(words) => Next::wait(row, words, FOLLOW_MILLIS),
            Told::Never(words) => Next::saying(RequestEvent::Fail, words),
        })
    }

    /// Says to the operation which topics may be unavailable, as was agreed to. What the operator makes from a declaration cannot
    /// know that before.
    async fn accept(
        &self,
        row: &RequestRow,
        name: &ObjectName,
        operation: &OperationObject,
    ) -> Result<Option<Next>, Problem> {
        let Some(Wanted { accepts, .. }) = wanted_of(&as_new(row)?) else { return Ok(None) };
        let lacks = |standing: &[String]| accepts.iter().any(|topic| !standing.iter().any(|one| one == topic.as_str()));
        let is_over = operation.status.phase.is_some_and(klamm_resources::OperationPhase::is_over);
        if is_over || !lacks(&operation.spec.accept_unavailable) {
            return Ok(None);
        }
        let api: Api<KafkaOperation> = Api::namespaced(self.client.clone(), row.request.cluster.namespace.as_str());
        // What was written a moment ago may not have been heard of yet.
        let standing = match api.get_opt(name.as_str()).await {
            Ok(Some(standing)) => standing.spec.accept_unavailable,
            Ok(None) => return Ok(None),
            Err(error) => return Ok(Some(unable(row, &TargetError::Away(error)))),
        };
        if !lacks(&standing) {
            return Ok(None);
        }
        let all: BTreeSet<String> = standing.into_iter().chain(accepts.iter().map(ToString::to_string)).collect();
        let parameters = PatchParams { field_manager: Some(MANAGER_PORTAL.to_owned()), ..PatchParams::default() };
        let patch = Patch::Merge(json!({ "spec": { "acceptUnavailable": all } }));
        let act = async { api.patch(name.as_str(), &parameters, &patch).await.map(drop) };
        let request = &row.request;
        let what = Done { action: "apply", rule: "approvedRequest", request: &request.id, object: &request.object };
        Ok(match self.audited(&what, (&request.team, &request.owner), act).await? {
            Ok(()) => {
                Some(Next::wait(row, "the operation, which is told which topics may be unavailable", FOLLOW_MILLIS))
            }
            Err(error) => Some(unable(row, &TargetError::Away(error))),
        })
    }
}

/// What is to be said of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Done(String),
    Goes(String),
    Never(String),
}

/// Pure.
fn told(operation: &OperationView, object: &OperationObject) -> Told {
    let name = &operation.name;
    let message = condition(&object.status.conditions, klamm_resources::ConditionType::Ready)
        .filter(|ready| ready.reason != OperationReason::Done.as_str())
        .map(|ready| ready.message.trim_end_matches('.').to_owned())
        .filter(|message| !message.is_empty());
    match operation.phase {
        OperationPhase::Done => Told::Done(format!("operation {name} is done")),
        OperationPhase::Failed => {
            let why = message.unwrap_or_else(|| "its page says why".to_owned());
            Told::Never(format!("operation {name} failed: {why}"))
        }
        OperationPhase::Cancelled => {
            Told::Never(format!("operation {name} was cancelled; whoever wants the rest asks anew"))
        }
        OperationPhase::Planned | OperationPhase::Waiting | OperationPhase::Running | OperationPhase::Paused => {
            let (done, all) = operation.progress();
            Told::Goes(format!("operation {name}, {}: {done} of {all} steps", operation.phase.name()))
        }
    }
}

/// What was declared, and for which there is no operation: it may be so all the same. Pure.
fn undone(row: &RequestRow, cluster: &KafkaCluster, seen: &ObservedCluster) -> Told {
    let waits = || Told::Goes("the operator, which has not begun it yet".to_owned());
    let Some(status) = &cluster.status else { return waits() };
    let is_heeded = status.observed_generation >= row.generation && status.operation.is_none();
    if !is_heeded {
        return waits();
    }
    let spec = &cluster.spec;
    let is_so = match row.request.kind.operation() {
        Some(OperationKind::Upgrade) => status.kafka_version.is_some() && status.kafka_version == spec.version,
        Some(OperationKind::Finalise) => {
            let level = |name: Option<&String>| name.and_then(|name| level_of(name));
            let there = level(seen.inventory.metadata_version.value());
            there.is_some() && there == level(spec.metadata_version.as_ref())
        }
        // Nodes are counted by the operator, and settings compared: it says that all is as declared.
        Some(OperationKind::Scale | OperationKind::Reconfigure) => {
            klamm_resources::holds(&status.conditions, klamm_resources::ConditionType::Ready)
        }
        Some(OperationKind::Restart | OperationKind::Rebalance | OperationKind::Drain) | None => false,
    };
    if is_so { Told::Done("it is as declared".to_owned()) } else { waits() }
}
