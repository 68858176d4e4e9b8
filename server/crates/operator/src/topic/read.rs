//! From Kubernetes objects to [`Declared`]. Nothing in here fails: what cannot be read says so.

use super::object::{
    AbsentPartitions, Declared, Kind, NamedCluster, ObjectKey, Origin, Pause, Presence, Reading, Record,
};
use crate::batch::version_of;
use k8s_openapi::{
    api::core::v1::ConfigMap,
    apimachinery::pkg::apis::meta::v1::{ManagedFieldsEntry, ObjectMeta},
};
use klamm_model::{Namespace, ObjectName, TopicName};
use klamm_planner::topics::{ClaimLife, Deletion, FieldRefusal, RefusalReason, TopicField};
use klamm_resources::{
    Dialect, KafkaTopic, dialect,
    names::{FINALIZER, annotation},
};
use kube::core::{DeserializeGuard, error_boundary::InvalidObject};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A KafkaTopic, even one that does not decode.
pub(super) fn kafka_topic(object: DeserializeGuard<KafkaTopic>) -> Option<Declared> {
    match object.0 {
        Ok(topic) => readable(topic),
        Err(InvalidObject { error, metadata }) => {
            let reading = Err(format!(
                "the object cannot be read: {error}; correct it as `kubectl explain kafkatopic.spec` says"
            ));
            let edition = metadata.generation.unwrap_or_default().to_string();
            declared(
                Kind::KafkaTopic,
                metadata,
                edition,
                NamedCluster::Unreadable,
                Some(Deletion::Retain),
                reading,
                Record::default(),
            )
        }
    }
}

fn readable(topic: KafkaTopic) -> Option<Declared> {
    let namespace = Namespace::new(topic.metadata.namespace.clone()?).ok()?;
    let names_cluster = topic.spec.cluster.resolve(&namespace).map_or(NamedCluster::Unreadable, NamedCluster::Spec);
    let deletion = topic.spec.deletion.map(deletion);
    let status = topic.status.clone().unwrap_or_default();
    let record = Record { carried_out: status.observed_generation.map(|generation| generation.to_string()), status };
    let edition = topic.metadata.generation.unwrap_or_default().to_string();
    let reading = spec(&topic);
    let origin = origin(&topic.metadata);
    let farewell = farewell(&topic);
    let declared = declared(Kind::KafkaTopic, topic.metadata, edition, names_cluster, deletion, reading, record)?;
    Some(Declared { farewell, origin, ..declared })
}

/// Nothing of it can be lost any more, so what is written need not be everything it has. One empty entry tells the API
/// server to forget who manages which field, instead of working that out for an object that is gone a moment later.
/// <https://kubernetes.io/docs/reference/using-api/server-side-apply/#clearing-managedfields>
fn farewell(topic: &KafkaTopic) -> Option<Arc<str>> {
    let meta = &topic.metadata;
    if meta.deletion_timestamp.is_none() || meta.finalizers.as_deref() != Some(&[FINALIZER.to_owned()]) {
        return None;
    }
    let metadata =
        ObjectMeta { finalizers: None, managed_fields: Some(vec![ManagedFieldsEntry::default()]), ..meta.clone() };
    let last = KafkaTopic { metadata, spec: topic.spec.clone(), status: None };
    serde_json::to_string(&last).ok().map(Arc::from)
}

/// An imported object that somebody has changed is theirs.
fn origin(meta: &ObjectMeta) -> Origin {
    let is_imported = meta.annotations.as_ref().is_some_and(|all| all.contains_key(annotation::IMPORTED));
    if is_imported && meta.generation == Some(1) { Origin::Imported } else { Origin::Declared }
}

fn spec(topic: &KafkaTopic) -> Result<Reading, String> {
    let name = topic.spec.topic_name.as_deref().or(topic.metadata.name.as_deref()).unwrap_or_default();
    let name = TopicName::new(name).map_err(|error| format!("{error}; write another spec.topicName"))?;
    let mut problems = Vec::new();
    let mut config = BTreeMap::new();
    for (key, value) in &topic.spec.config {
        match value.text() {
            Some(text) => drop(config.insert(key.clone(), text.into_owned())),
            None => problems.push(unreadable(
                TopicField::Config(key.clone()),
                "the value must be a text, a number, true or false; write it so, or leave the key out".to_owned(),
            )),
        }
    }
    Ok(Reading {
        name,
        partitions: topic.spec.partitions.map(i64::from),
        replication_factor: topic.spec.replication_factor.map(i64::from),
        config,
        pause: if topic.spec.paused { Pause::Paused } else { Pause::Active },
        absent_partitions: AbsentPartitions::BrokerDefault,
        problems,
        remarks: Vec::new(),
    })
}

fn unreadable(field: TopicField, message: String) -> FieldRefusal {
    FieldRefusal { field, reason: RefusalReason::Unreadable { message } }
}

fn deletion(deletion: klamm_resources::Deletion) -> Deletion {
    match deletion {
        klamm_resources::Deletion::Retain => Deletion::Retain,
        klamm_resources::Deletion::Delete => Deletion::Delete,
    }
}

/// A ConfigMap of one of the dialects.
pub(super) fn config_map(object: &ConfigMap) -> Option<Declared> {
    let annotation = |key: &str| object.metadata.annotations.as_ref()?.get(key).map(String::as_str);
    let record: Record =
        annotation(annotation::STATUS).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let names_cluster = NamedCluster::Annotation(annotation(annotation::CLUSTER).map(str::to_owned));
    let own_deletion = match annotation(annotation::DELETION).map(str::trim) {
        Some("delete") => Some(Deletion::Delete),
        // A word that is neither keeps the topic: a typing error must not delete records.
        Some(_) => Some(Deletion::Retain),
        None => None,
    };
    let reading = dialect::parse(object).map_err(|error| error.to_string()).map(|declaration| Reading {
        absent_partitions: match declaration.dialect {
            Dialect::Nb => AbsentPartitions::BrokerCount,
            Dialect::NbAlpha | Dialect::Strimzi02 | Dialect::Resource => AbsentPartitions::BrokerDefault,
        },
        name: declaration.name,
        partitions: declaration.partitions.map(i64::from),
        replication_factor: declaration.replication_factor.map(i64::from),
        config: declaration.config,
        pause: if declaration.paused { Pause::Paused } else { Pause::Active },
        problems: Vec::new(),
        remarks: declaration.warnings,
    });
    let edition = dialect::edition(object);
    declared(Kind::ConfigMap, object.metadata.clone(), edition, names_cluster, own_deletion, reading, record)
}

fn declared(
    kind: Kind,
    meta: ObjectMeta,
    edition: String,
    names_cluster: NamedCluster,
    deletion: Option<Deletion>,
    reading: Result<Reading, String>,
    record: Record,
) -> Option<Declared> {
    Some(Declared {
        key: ObjectKey {
            kind,
            namespace: Namespace::new(meta.namespace?).ok()?,
            name: ObjectName::new(meta.name?).ok()?,
        },
        uid: meta.uid.unwrap_or_default(),
        created: meta.creation_timestamp.map_or(i64::MAX, |time| time.0.as_second()),
        version: version_of(meta.resource_version.as_deref()),
        generation: meta.generation,
        edition,
        life: if meta.deletion_timestamp.is_some() { ClaimLife::Leaving } else { ClaimLife::Living },
        finalizers: meta.finalizers.unwrap_or_default(),
        farewell: None,
        names_cluster,
        deletion,
        reading,
        record,
        presence: Presence::Seen,
        intended: BTreeSet::new(),
        origin: Origin::Declared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(leaves: Option<&str>, finalizers: &[&str]) -> Declared {
        let object = json!({
            "apiVersion": "klamm.dev/v1alpha1",
            "kind": "KafkaTopic",
            "metadata": {
                "namespace": "payments", "name": "a", "uid": "u", "resourceVersion": "5", "finalizers": finalizers,
                "deletionTimestamp": leaves, "labels": { "app": "till" },
                "managedFields": [{ "manager": "kubectl", "operation": "Update", "apiVersion": "klamm.dev/v1alpha1" }],
            },
            "spec": { "cluster": { "namespace": "kafka", "name": "demo" }, "partitions": 3 },
            "status": { "topicName": "a" },
        });
        kafka_topic(serde_json::from_value(object).unwrap()).unwrap()
    }

    #[test]
    fn an_object_that_only_we_keep_is_written_as_it_is_but_for_our_finalizer() {
        let when = Some("2026-11-23T10:00:00Z");
        let last: Value = serde_json::from_str(&read(when, &[FINALIZER]).farewell.unwrap()).unwrap();
        assert_eq!(last["metadata"]["resourceVersion"], "5", "of no other version than this");
        assert_eq!(last["metadata"]["uid"], "u");
        assert_eq!(last["metadata"]["labels"]["app"], "till");
        assert_eq!(last["metadata"]["deletionTimestamp"], "2026-11-23T10:00:00Z");
        assert_eq!((last["metadata"].get("finalizers"), &last["metadata"]["managedFields"]), (None, &json!([{}])));
        assert_eq!((&last["spec"]["partitions"], &last["spec"]["cluster"]["name"]), (&json!(3), &json!("demo")));
        assert_eq!(read(None, &[FINALIZER]).farewell, None, "it stays");
        assert_eq!(read(when, &[FINALIZER, "others/too"]).farewell, None, "somebody else keeps it as well");
        assert_eq!(read(when, &[]).farewell, None, "we do not keep it");
    }
}
