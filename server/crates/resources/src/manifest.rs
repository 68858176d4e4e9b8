//! Objects that declare topics, as somebody would write them down and apply: without what Kubernetes and Klamm add. Pure.

use crate::{
    KafkaCluster, KafkaGrant, KafkaOperation, KafkaTopic, KafkaUser,
    names::{annotation, label},
};
use k8s_openapi::{api::core::v1::ConfigMap, apimachinery::pkg::apis::meta::v1::ObjectMeta};
use kube::Resource;
use serde::Serialize;
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeMap};

/// What `kubectl apply` remembers, in the object itself, of what was applied before.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Annotations that say how an object fares, not what it wants.
const NOISE: [&str; 3] = [LAST_APPLIED, annotation::STATUS, annotation::HASH];
/// Labels that are written for people who list objects.
const OUTPUT: [&str; 1] = [label::TEAM];

/// An object could not be written as YAML.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// Its values are none that YAML has.
    #[error("cannot read the declaration back")]
    Values(#[from] serde_json::Error),
    /// It does not print.
    #[error("cannot write the declaration as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
}

/// In the order in which people write manifests.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Manifest<'a> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    metadata: Metadata<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, &'a str>,
}

impl<'a> Metadata<'a> {
    fn of(meta: &'a ObjectMeta) -> Self {
        Self {
            name: meta.name.as_deref(),
            namespace: meta.namespace.as_deref(),
            labels: without(meta.labels.as_ref(), &OUTPUT),
            annotations: without(meta.annotations.as_ref(), &NOISE),
        }
    }
}

fn without<'a>(pairs: Option<&'a BTreeMap<String, String>>, left_out: &[&str]) -> BTreeMap<&'a str, &'a str> {
    let kept = pairs.into_iter().flatten().filter(|(key, _)| !left_out.contains(&key.as_str()));
    kept.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// An object as somebody would write it down. Kept as JSON, which costs next to nothing to make, for thousands of objects
/// of which few are ever looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectManifest(Box<str>);

impl ObjectManifest {
    fn of(manifest: &Manifest<'_>) -> Result<Self, ManifestError> {
        Ok(Self(serde_json::to_string(manifest)?.into()))
    }

    /// The same as JSON, as [`kafka_topic_manifest`] and its like write it: equal objects are equal texts.
    pub fn json(&self) -> &str {
        &self.0
    }

    /// A manifest that was kept as JSON.
    pub fn from_json(json: impl Into<Box<str>>) -> Self {
        Self(json.into())
    }

    /// The same as YAML.
    pub fn yaml(&self) -> Result<String, ManifestError> {
        let manifest: Value = serde_json::from_str(&self.0)?;
        Ok(serde_saphyr::to_string(&manifest)?)
    }
}

/// A KafkaTopic.
pub fn kafka_topic_manifest(topic: &KafkaTopic) -> Result<ObjectManifest, ManifestError> {
    let mut spec = serde_json::to_value(&topic.spec)?;
    // Kubernetes writes the default where nobody did.
    if let Some(fields) = spec.as_object_mut().filter(|_| !topic.spec.paused) {
        fields.shift_remove("paused");
    }
    ObjectManifest::of(&Manifest {
        api_version: KafkaTopic::api_version(&()),
        kind: KafkaTopic::kind(&()),
        metadata: Metadata::of(&topic.metadata),
        spec: Some(spec),
        data: None,
    })
}

/// A KafkaUser.
pub fn kafka_user_manifest(user: &KafkaUser) -> Result<ObjectManifest, ManifestError> {
    ObjectManifest::of(&Manifest {
        api_version: KafkaUser::api_version(&()),
        kind: KafkaUser::kind(&()),
        metadata: Metadata::of(&user.metadata),
        spec: Some(serde_json::to_value(&user.spec)?),
        data: None,
    })
}

/// A KafkaGrant.
pub fn kafka_grant_manifest(grant: &KafkaGrant) -> Result<ObjectManifest, ManifestError> {
    ObjectManifest::of(&Manifest {
        api_version: KafkaGrant::api_version(&()),
        kind: KafkaGrant::kind(&()),
        metadata: Metadata::of(&grant.metadata),
        spec: Some(serde_json::to_value(&grant.spec)?),
        data: None,
    })
}

/// A KafkaOperation.
pub fn kafka_operation_manifest(operation: &KafkaOperation) -> Result<ObjectManifest, ManifestError> {
    let mut spec = serde_json::to_value(&operation.spec)?;
    // Kubernetes writes the default where nobody did.
    for (field, is_set) in [("paused", operation.spec.paused), ("cancel", operation.spec.cancel)] {
        if let Some(fields) = spec.as_object_mut().filter(|_| !is_set) {
            fields.shift_remove(field);
        }
    }
    ObjectManifest::of(&Manifest {
        api_version: KafkaOperation::api_version(&()),
        kind: KafkaOperation::kind(&()),
        metadata: Metadata::of(&operation.metadata),
        spec: Some(spec),
        data: None,
    })
}

/// Of a KafkaCluster, those fields that stand in `like`, a part of a `spec`; what it does not have is null. Entries of lists are
/// found by their names.
pub fn kafka_cluster_part(cluster: &KafkaCluster, like: &Value) -> Result<ObjectManifest, ManifestError> {
    let (name, namespace) = (cluster.metadata.name.as_deref(), cluster.metadata.namespace.as_deref());
    let (labels, annotations) = (BTreeMap::new(), BTreeMap::new());
    ObjectManifest::of(&Manifest {
        api_version: KafkaCluster::api_version(&()),
        kind: KafkaCluster::kind(&()),
        metadata: Metadata { name, namespace, labels, annotations },
        spec: Some(part(&serde_json::to_value(&cluster.spec)?, like)),
        data: None,
    })
}

fn part(whole: &Value, like: &Value) -> Value {
    match like {
        Value::Object(fields) => {
            fields.iter().map(|(key, like)| (key.clone(), part(whole.get(key).unwrap_or(&Value::Null), like))).collect()
        }
        Value::Array(entries) if entries.iter().all(|entry| entry.get("name").is_some()) && !entries.is_empty() => {
            let named = |like: &Value| {
                let all = whole.as_array().into_iter().flatten();
                let found = all.into_iter().find(|entry| entry.get("name") == like.get("name"));
                part(found.unwrap_or(&Value::Null), like)
            };
            entries.iter().map(named).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => whole.clone(),
    }
}

/// A ConfigMap of one of the dialects.
pub fn config_map_manifest(config_map: &ConfigMap) -> Result<ObjectManifest, ManifestError> {
    ObjectManifest::of(&Manifest {
        api_version: ConfigMap::api_version(&()),
        kind: ConfigMap::kind(&()),
        metadata: Metadata::of(&config_map.metadata),
        spec: None,
        data: config_map.data.as_ref(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ValidatedTopic, dialect};

    const TOPIC: &str = r#"
apiVersion: klamm.dev/v1alpha1
kind: KafkaTopic
metadata:
  name: invoices
  namespace: payments
  uid: 0d0f
  resourceVersion: "812"
  generation: 3
  creationTimestamp: "2026-11-23T10:00:00Z"
  finalizers: [klamm.dev/operator]
  labels: {klamm.dev/team: payments, app: billing}
  annotations:
    klamm.dev/description: "What is owed: by whom, since when"
    kubectl.kubernetes.io/last-applied-configuration: '{"spec":{}}'
  managedFields: [{manager: kubectl, operation: Apply, apiVersion: klamm.dev/v1alpha1}]
spec:
  cluster: {name: demo, namespace: kafka}
  topicName: payments.invoices
  partitions: 6
  config: {retention.ms: "604800000", min.insync.replicas: 2, compression.type: zstd, cleanup.policy: "off"}
  paused: false
status:
  topicId: abc
"#;

    #[test]
    fn a_topic_is_written_as_somebody_would_and_says_the_same() {
        let topic: KafkaTopic = serde_saphyr::from_str(TOPIC).unwrap();
        let yaml = kafka_topic_manifest(&topic).unwrap().yaml().unwrap();
        insta::assert_snapshot!(yaml);
        let read: KafkaTopic = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!((&read.spec, &read.status), (&topic.spec, &None));
        assert_eq!(ValidatedTopic::from_resource(&read).unwrap(), ValidatedTopic::from_resource(&topic).unwrap());
    }

    #[test]
    fn a_config_map_keeps_its_lines_and_loses_its_status() {
        let text = r#"
apiVersion: v1
kind: ConfigMap
metadata:
  name: sample-topic
  namespace: payments
  resourceVersion: "9"
  labels: {config: kafka-topic}
  annotations: {klamm.dev/status: '{"conditions":[]}', klamm.dev/deletion: delete, klamm.dev/cluster: kafka/demo}
data:
  name: sample-topic
  partitions: "20"
  properties: |
    retention.ms=3600000
    # A comment of somebody's.
    segment.ms=600000
"#;
        let config_map: ConfigMap = serde_saphyr::from_str(text).unwrap();
        let yaml = config_map_manifest(&config_map).unwrap().yaml().unwrap();
        insta::assert_snapshot!(yaml);
        let read: ConfigMap = serde_saphyr::from_str(&yaml).unwrap();
        assert_eq!(read.data, config_map.data);
        assert_eq!(dialect::parse(&read).unwrap(), dialect::parse(&config_map).unwrap());
    }

    #[test]
    fn a_paused_topic_says_so() {
        let mut topic: KafkaTopic = serde_saphyr::from_str(TOPIC).unwrap();
        topic.spec.paused = true;
        assert!(kafka_topic_manifest(&topic).unwrap().yaml().unwrap().contains("\n  paused: true\n"));
    }

    #[test]
    fn an_operation_is_written_without_what_kubernetes_adds() {
        let operation: KafkaOperation = serde_json::from_value(serde_json::json!({
            "metadata": { "name": "restart-1", "namespace": "kafka", "uid": "0d0f" },
            "spec": { "cluster": { "name": "demo" }, "kind": "restart", "brokers": [1], "paused": false, "cancel": false },
            "status": { "phase": "running" },
        }))
        .unwrap();
        let manifest = kafka_operation_manifest(&operation).unwrap();
        let spec = r#"{"cluster":{"name":"demo"},"kind":"restart","brokers":[1]}"#;
        assert!(manifest.json().ends_with(&format!(r#""spec":{spec}}}"#)), "{}", manifest.json());
    }

    #[test]
    fn a_part_of_a_cluster_is_what_was_asked_for_and_nothing_else() {
        let cluster: KafkaCluster = serde_json::from_value(serde_json::json!({
            "metadata": { "name": "demo", "namespace": "kafka", "generation": 7, "labels": { "a": "b" } },
            "spec": {
                "version": "4.1.2", "config": { "a": 1, "b": "x" },
                "pools": [
                    { "name": "one", "roles": ["controller"], "replicas": 1, "storage": { "type": "persistent" } },
                    { "name": "two", "roles": ["broker"], "replicas": 3, "storage": { "type": "ephemeral" } },
                ],
            },
        }))
        .unwrap();
        let like = serde_json::json!({
            "pools": [{ "name": "two", "replicas": 5, "leaving": [] }], "config": { "b": "y", "c": null },
            "metadataVersion": "4.2",
        });
        let manifest = kafka_cluster_part(&cluster, &like).unwrap();
        let spec = serde_json::json!({
            "pools": [{ "name": "two", "replicas": 3, "leaving": null }], "config": { "b": "x", "c": null },
            "metadataVersion": null,
        });
        let read: Value = serde_json::from_str(manifest.json()).unwrap();
        assert_eq!(read["spec"], spec);
        assert_eq!(read["metadata"], serde_json::json!({ "name": "demo", "namespace": "kafka" }));
        assert_eq!(part(&spec, &spec), spec, "what is so is told as it is");
    }
}
