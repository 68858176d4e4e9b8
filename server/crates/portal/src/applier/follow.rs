//! Whether what was written is there. Pure: an object and the inventory come in.

use super::target::Standing;
use crate::ObservedCluster;
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::Condition};
use klamm_model::{Known, RequestKind, Topic, TopicName};
use klamm_resources::{
    ConditionType, KafkaTopic, ObjectManifest, condition, dialect,
    names::{FINALIZER, annotation},
};
use klamm_store::RequestRow;
use std::collections::BTreeMap;

/// What is to be said of something that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Followed {
    /// It is there.
    There,
    /// Not yet, and why.
    NotYet(String),
    /// It never will be like this, and why.
    Never(String),
}

/// Reasons that stand until somebody changes the wish or the cluster.
const FINAL: &[&str] = &[
    "InvalidSpec",
    "NotSupported",
    "PartlyApplied",
    "PartitionsReductionNotAllowed",
    "ReplicationFactorChangeNotSupported",
    "ExceedsMaxPartitions",
    "ExceedsMaxReplicationFactor",
    "ExceedsMaxRetention",
    "RejectedByKafka",
    "ProtectedTopic",
    "ResourceConflict",
    "MetricNameCollision",
    "NotATenant",
    "ReservedName",
    "ForeignUser",
];

/// Whether an object that was written has done what it was written for.
pub(super) fn written(row: &RequestRow, standing: Option<&Standing>, seen: &ObservedCluster) -> Followed {
    let Some(standing) = standing else {
        return Followed::Never("the object was deleted before it had any effect".to_owned());
    };
    let conditions = conditions(standing);
    let observed = standing.object.data["status"]["observedGeneration"].as_i64();
    let is_old = row.generation.is_some_and(|written| observed.is_some_and(|observed| observed < written));
    let has_generation = row.request.object.kind != "ConfigMap";
    let ready = condition(&conditions, ConditionType::Ready).filter(|_| !has_generation || !is_old);
    match ready {
        None => return Followed::NotYet("the operator, which has not looked at it yet".to_owned()),
        Some(ready) if has_generation && observed.is_none() => return Followed::NotYet(ready.message.clone()),
        Some(ready) if ready.status != "True" && FINAL.contains(&ready.reason.as_str()) => {
            return Followed::Never(format!("{}: {}", ready.reason, ready.message));
        }
        Some(ready) if ready.status != "True" => {
            return Followed::NotYet(format!("{}: {}", ready.reason, ready.message));
        }
        Some(_) => {}
    }
    shown(row, seen)
}

/// How far the end of an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The operator has still to take note that what the object stands for goes with it: an object that vanishes before
    /// leaves its topic behind.
    Noting,
    /// Now it may be deleted.
    Ripe,
    /// It is deleted; what it stood for is being cleared away.
    Leaving,
    /// It is gone.
    Gone,
}

/// How far the end of an object is.
pub(super) fn ending(row: &RequestRow, standing: Option<&Standing>) -> Ending {
    let Some(standing) = standing else { return Ending::Gone };
    let meta = &standing.object.metadata;
    if meta.deletion_timestamp.is_some() {
        return Ending::Leaving;
    }
    let is_noted = match row.request.object.kind.as_str() {
        "KafkaTopic" => meta.finalizers.iter().flatten().any(|finalizer| finalizer == FINALIZER),
        "ConfigMap" => carried_out(standing).is_some_and(|carried_out| edition(standing) == Some(carried_out)),
        // The operator holds a user from the beginning, and a consent needs nothing but to be gone.
        _ => true,
    };
    if is_noted { Ending::Ripe } else { Ending::Noting }
}

fn edition(standing: &Standing) -> Option<String> {
    let object: ConfigMap = serde_json::from_value(serde_json::to_value(&standing.object).ok()?).ok()?;
    Some(dialect::edition(&object))
}

fn carried_out(standing: &Standing) -> Option<String> {
    let text = standing.object.metadata.annotations.as_ref()?.get(annotation::STATUS)?;
    let status: serde_json::Value = serde_json::from_str(text).ok()?;
    status["carriedOut"].as_str().map(str::to_owned)
}

/// Whether what an object stood for is gone with it.
pub(super) fn removed(row: &RequestRow, seen: &ObservedCluster) -> Followed {
    let topic = row.request.subject.parse::<TopicName>().ok().and_then(|name| seen.inventory.topic(&name));
    match (row.request.kind, topic) {
        (RequestKind::TopicDelete, Some(_)) => Followed::NotYet("the brokers, which still show the topic".to_owned()),
        (_, _) => Followed::There,
    }
}

fn conditions(standing: &Standing) -> Vec<Condition> {
    let data = &standing.object.data;
    let written = standing.object.metadata.annotations.as_ref().and_then(|all| all.get(annotation::STATUS));
    let value = match written {
        Some(text) => serde_json::from_str::<serde_json::Value>(text).unwrap_or_default()["conditions"].clone(),
        None => data["status"]["conditions"].clone(),
    };
    serde_json::from_value(value).unwrap_or_default()
}

/// What a topic's manifest says it is to be like.
struct Wanted {
    name: TopicName,
    partitions: Option<i32>,
    config: BTreeMap<String, String>,
}

fn wanted(row: &RequestRow) -> Option<Wanted> {
    let manifest = ObjectManifest::from_json(row.request.body.manifest_json.as_str());
    match row.request.object.kind.as_str() {
        "KafkaTopic" => {
            let topic: KafkaTopic = serde_json::from_str(manifest.json()).ok()?;
            let texts = topic.spec.config.iter();
            let config = texts.filter_map(|(key, value)| Some((key.clone(), value.text()?.into_owned()))).collect();
            let name = row.request.subject.parse().ok()?;
            Some(Wanted { name, partitions: topic.spec.partitions, config })
        }
        "ConfigMap" => {
            let object: ConfigMap = serde_json::from_str(manifest.json()).ok()?;
            let said = dialect::parse(&object).ok()?;
            Some(Wanted { name: said.name, partitions: said.partitions, config: said.config })
        }
        _ => None,
    }
}

/// Whether the brokers show it too.
fn shown(row: &RequestRow, seen: &ObservedCluster) -> Followed {
    let Some(wanted) = wanted(row) else { return Followed::There };
    match seen.inventory.topic(&wanted.name) {
        Some(topic) if shows(topic, &wanted) => Followed::There,
        Some(_) | None => Followed::NotYet("the brokers, which do not show it yet".to_owned()),
    }
}

fn shows(topic: &Topic, wanted: &Wanted) -> bool {
    let partitions = i32::try_from(topic.partitions.len()).ok();
    let has = |key: &String, value: &String| match &topic.config {
        Known::Known(config) => config.get(key).is_some_and(|entry| entry.value.as_ref() == Some(value)),
        // Somebody keeps it from us; the operator, who may ask, says that it is so.
        Known::Unknown => true,
    };
    wanted.partitions.is_none_or(|wanted| partitions == Some(wanted))
        && wanted.config.iter().all(|(key, value)| has(key, value))
}
