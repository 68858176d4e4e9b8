//! Changes of whole clusters: a part of the KafkaCluster, or a KafkaOperation beside it.

use super::{Known, Operation, Wish, about, refused, written};
use crate::{
    operations::{Change, Wanted},
    views::paging::invalid,
};
use klamm_model::{ObjectName, OperationKind, PlanOutcome, PlanView, Problem, ProblemKind, TeamName, TopicName};
use klamm_resources::{
    self as resources, ClusterReference, Config, KafkaCluster, KafkaOperation, KafkaOperationSpec, ObjectManifest,
    kafka_cluster_part, kafka_operation_manifest,
};
use klamm_store::RequestObject;
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, sync::Arc};

/// The object of a cluster, and what would be done to it.
pub(crate) struct ClusterNow {
    pub(crate) resource: Arc<KafkaCluster>,
    pub(crate) plan: PlanView,
}

/// What a wish is about, as it would be written, and as it is where it stands already.
type Made = (RequestObject, ObjectManifest, Option<ObjectManifest>);

/// Why it cannot be done as things stand: for a reason that only somebody who asks anew takes away.
pub(super) fn not_now(operation: &Operation) -> Option<String> {
    let Operation { plan, accepts } = operation;
    if plan.outcome == PlanOutcome::Refused {
        return Some(plan.refusals.join(" ").trim_end_matches('.').to_owned());
    }
    let named: BTreeSet<&str> = accepts.iter().map(TopicName::as_str).collect();
    let missing: Vec<&str> =
        plan.accept_unavailable.iter().map(String::as_str).filter(|topic| !named.contains(topic)).collect();
    (!missing.is_empty()).then(|| {
        let topics = if missing.len() == 1 { "topic" } else { "topics" };
        format!(
            "{topics} {} would be unavailable while brokers restart, or lose what only one broker has; name them in \
             acceptUnavailable if that may be",
            missing.join(", ")
        )
    })
}

impl Known<'_> {
    pub(super) fn operation(&self, wanted: &Wanted, team: &TeamName) -> Result<Wish, Problem> {
        let now = self.cluster_now.as_ref().ok_or_else(|| {
            let detail = format!("{} was not seen just now. Try again in a moment.", self.cluster());
            Problem::new(ProblemKind::Unavailable, detail)
        })?;
        let subject = now.plan.sentence.clone();
        let operation = Operation { plan: now.plan.clone(), accepts: wanted.accepts.clone() };
        let (object, manifest, base) = match part_of(&wanted.change) {
            Some(like) => self.declared_anew(wanted, &like, &now.resource)?,
            None => self.made_for(wanted)?,
        };
        Ok(Wish {
            subject,
            object,
            owner: team.clone(),
            topic: None,
            reset: None,
            operation: Some(operation),
            manifest,
            base,
        })
    }

    /// What is declared becomes another; the operator makes the operation.
    fn declared_anew(&self, wanted: &Wanted, like: &Value, standing: &KafkaCluster) -> Result<Made, Problem> {
        if wanted.name.is_some() || wanted.throttle.is_some() {
            let detail = "spec: name and throttleBytesPerSecond are for restarts, rebalances and drains; an operation that is made \
                          from a declaration has none";
            return Err(invalid(detail));
        }
        let base = written(kafka_cluster_part(standing, like))?;
        let manifest = written(kafka_cluster_part(&wanted.change.declared(standing)?, like))?;
        if manifest == base {
            return Err(refused(&self.already(wanted.change.kind(), standing)));
        }
        let cluster = self.cluster();
        Ok((about("KafkaCluster", &cluster.namespace, &cluster.name), manifest, Some(base)))
    }

    /// That it is declared as it is asked for. What was cancelled or failed is not tried again for the same declaration, as long as
    /// the operation is there to say so.
    fn already(&self, kind: OperationKind, standing: &KafkaCluster) -> String {
        let cluster = self.cluster();
        let generation = standing.metadata.generation;
        let ended = self.declarations.operations(cluster).into_iter().find(|(_, operation)| {
            let in_vain = [resources::OperationPhase::Cancelled, resources::OperationPhase::Failed];
            let status = &operation.status;
            operation.spec.kind == kind
                && status.cluster_generation == generation
                && status.phase.is_some_and(|phase| in_vain.contains(&phase))
        });
        match ended {
            Some((name, _)) => format!(
                "{cluster} is declared so already, and operation {name} for it was cancelled or failed: it is tried again once that \
                 KafkaOperation is deleted"
            ),
            None => format!("{cluster} is declared so already; there is nothing to change"),
        }
    }

    /// An operation is made.
    fn made_for(&self, wanted: &Wanted) -> Result<Made, Problem> {
        let name = wanted.name.clone().ok_or_else(|| invalid("spec.name: say what the operation is called"))?;
        if self.declarations.operation(self.cluster(), &name).is_some() {
            return Err(refused(&format!("there is an operation {name} already; leave its name out")));
        }
        let manifest = written(kafka_operation_manifest(&self.new_operation(&name, wanted)))?;
        Ok((about("KafkaOperation", &self.cluster().namespace, &name), manifest, None))
    }

    fn new_operation(&self, name: &ObjectName, wanted: &Wanted) -> KafkaOperation {
        let told = wanted.change.told();
        let mut object = KafkaOperation::new(
            name.as_str(),
            KafkaOperationSpec {
                cluster: ClusterReference { name: self.cluster().name.to_string(), namespace: None },
                kind: wanted.change.kind(),
                brokers: told.brokers.into_iter().map(|id| id.0).collect(),
                topics: told.topics,
                version: None,
                metadata_version: None,
                pool: None,
                replicas: None,
                replication_factor: told.replication_factor.and_then(|factor| i32::try_from(factor).ok()),
                config: Config::new(),
                throttle_bytes_per_second: wanted.throttle,
                accept_unavailable: wanted.accepts.iter().map(ToString::to_string).collect(),
                paused: false,
                cancel: false,
            },
        );
        object.metadata.namespace = Some(self.cluster().namespace.to_string());
        object
    }
}

/// Which fields of a declaration say it, as a part of a `spec` in which only names count; none where an object of its own does.
fn part_of(change: &Change) -> Option<Value> {
    match change {
        Change::Upgrade(_) => Some(json!({ "version": null })),
        Change::Finalise(_) => Some(json!({ "metadataVersion": null })),
        Change::Scale(pool, _, None) => Some(json!({ "pools": [{ "name": pool, "replicas": null }] })),
        Change::Scale(pool, _, Some(_)) => {
            Some(json!({ "pools": [{ "name": pool, "replicas": null, "leaving": null }] }))
        }
        Change::Reconfigure(config) => {
            let keys: Map<String, Value> = config.keys().map(|key| (key.clone(), Value::Null)).collect();
            Some(json!({ "config": keys }))
        }
        Change::Restart(_) | Change::Rebalance(_) | Change::Factor(..) | Change::Drain(_) => None,
    }
}
