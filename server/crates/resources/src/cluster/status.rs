use super::PoolRole;
use crate::schema::{conditions, keys};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What Klamm knows of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaClusterStatus {
    /// `Ready`, `Progressing`, `Waiting`, `Degraded`.
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` this speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Kafka's cluster id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<String>,
    /// The oldest version a node runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kafka_version: Option<String>,
    /// The finalised metadata version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_version: Option<String>,
    /// Addresses for clients, by listener.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bootstrap_servers: BTreeMap<String, String>,
    /// The nodes, by id; an id stands here from the moment it is given away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = keys(["id"])))]
    pub brokers: Vec<BrokerStatus>,
    /// How many brokers serve, of how many: `2/3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brokers_ready: Option<String>,
    /// Keys of `spec.config` that were set in running brokers, without a restart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512))]
    pub dynamic_config: Vec<String>,
    /// The running operation, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
}

/// What Klamm knows of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BrokerStatus {
    /// Its `node.id`.
    pub id: i32,
    /// Its pod.
    pub pod: String,
    /// Its pool.
    pub pool: String,
    /// What it does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<PoolRole>,
    /// Its rack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rack: Option<String>,
    /// Whether it serves.
    pub state: NodeState,
    /// Id of its metadata directory, chosen before it was formatted; the quorum knows a voter by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory_id: Option<String>,
    /// Hash of what its pod was rendered from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// Whether a node serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NodeState {
    /// It has never served.
    Creating,
    /// It serves.
    Running,
    /// It runs, but the controller does not let it serve.
    Fenced,
    /// It should serve, and does not.
    Down,
    /// Nobody could say.
    Unknown,
}
