#![expect(clippy::duplicated_attributes, reason = "printer columns repeat their types and paths")]

use super::KafkaOperationStatus;
use crate::{ClusterReference, Config, schema::rules};
use klamm_model::OperationKind;
use kube::CustomResource;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A change of a whole cluster.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "klamm.dev",
    version = "v1alpha1",
    kind = "KafkaOperation",
    plural = "kafkaoperations",
    shortname = "kop",
    category = "klamm",
    namespaced,
    status = "KafkaOperationStatus",
    derive = "PartialEq",
    doc = "A change of a whole Kafka cluster, with its history.",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster.name"),
    printcolumn(name = "Kind", type_ = "string", json_path = ".spec.kind"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Progress", type_ = "string", json_path = ".status.progress"),
    printcolumn(name = "Waiting", type_ = "string", json_path = ".status.waitingOn[0].reason"),
    printcolumn(name = "Started", type_ = "date", json_path = ".status.started"),
    printcolumn(name = "Ended", type_ = "date", json_path = ".status.ended"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp", priority = 1)
)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([
    ("self.kind == oldSelf.kind", "the kind of an operation cannot change: make another one"),
    ("self.cluster == oldSelf.cluster", "the cluster of an operation cannot change: make another one"),
    (
        "!has(oldSelf.cancel) || !oldSelf.cancel || self.cancel",
        "a cancelled operation does not come back: make another one",
    ),
    (
        "!has(self.replicationFactor) || (self.kind == 'rebalance' && has(self.topics) && self.topics.size() > 0)",
        "a replicationFactor is for a rebalance that names its topics",
    ),
    (
        "self.kind != 'drain' || (has(self.brokers) && self.brokers.size() > 0)",
        "a drain needs the ids of the brokers to be emptied, in brokers",
    ),
])))]
pub struct KafkaOperationSpec {
    /// The cluster.
    pub cluster: ClusterReference,
    /// What is to be done.
    #[schemars(schema_with = "kinds")]
    pub kind: OperationKind,
    /// The brokers it is about: those to restart (absent: all) or to drain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "set"))]
    pub brokers: Vec<i32>,
    /// Of a rebalance: how many replicas its topics shall have, in place of being spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub replication_factor: Option<i32>,
    /// Topics a rebalance is about; absent means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10_000), inner(length(min = 1, max = 249)))]
    pub topics: Vec<String>,
    /// Of an upgrade: the Kafka version to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub version: Option<String>,
    /// Of a finalise: the metadata version to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub metadata_version: Option<String>,
    /// Of a scale: the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 30))]
    pub pool: Option<String>,
    /// Of a scale: how many nodes the pool shall have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub replicas: Option<i32>,
    /// Of a reconfigure: the values to reach.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 512))]
    pub config: Config,
    /// Bytes per second that moving replicas may take on each broker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub throttle_bytes_per_second: Option<i64>,
    /// Topics that may be unavailable for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10_000), inner(length(min = 1, max = 249)))]
    pub accept_unavailable: Vec<String>,
    /// Whether it stops after the running step.
    #[serde(default)]
    pub paused: bool,
    /// Whether it ends after the running step.
    #[serde(default)]
    pub cancel: bool,
}

/// The words of `kind`.
fn kinds(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = OperationKind::ALL.into_iter().map(OperationKind::name).collect();
    json_schema!({ "type": "string", "enum": words })
}
