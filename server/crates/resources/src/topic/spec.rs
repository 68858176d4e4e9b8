use crate::{
    ClusterReference, Config, Deletion,
    schema::{conditions, keys, rules},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A topic as somebody wants it. What is absent is left to the cluster.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "klamm.dev",
    version = "v1alpha1",
    kind = "KafkaTopic",
    plural = "kafkatopics",
    shortname = "ktopic",
    category = "klamm",
    namespaced,
    status = "KafkaTopicStatus",
    derive = "PartialEq",
    doc = "A Kafka topic.",
    validation = Rule::new("has(self.spec.topicName) || self.metadata.name.size() <= 249")
        .message("a topic name has at most 249 characters: give the topic's name in spec.topicName and a shorter metadata.name"),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster.name"),
    printcolumn(name = "Topic", type_ = "string", json_path = ".status.topicName"),
    printcolumn(name = "Partitions", type_ = "integer", json_path = ".status.partitions"),
    printcolumn(name = "Factor", type_ = "integer", json_path = ".status.replicationFactor"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].message", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaTopicSpec {
    /// The cluster it belongs to.
    pub cluster: ClusterReference,
    /// The topic's name in Kafka; absent means `metadata.name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 1024),
        extend("x-kubernetes-validations" = rules([
            (
                "self.matches('^[a-zA-Z0-9._-]{1,249}$') && self != '.' && self != '..'",
                "topicName must be 1 to 249 letters, digits, dots, underscores and hyphens, and neither . nor ..",
            ),
            ("!self.startsWith('__')", "topics that begin with __ are Kafka's own and are not declared"),
        ]))
    )]
    pub topic_name: Option<String>,
    /// How many partitions; they can only grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = rules([(
        "self >= 1 && self <= 1000000",
        "partitions must be from 1 to 1000000; leave it out to take what the cluster gives",
    )])))]
    pub partitions: Option<i32>,
    /// How many replicas of each partition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-kubernetes-validations" = rules([(
        "self >= 1 && self <= 32767",
        "replicationFactor must be from 1 to 32767; leave it out to take what the cluster gives",
    )])))]
    pub replication_factor: Option<i32>,
    /// Topic configuration. A key that is taken away goes back to the broker's default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub config: Config,
    /// What becomes of the topic when this object goes; absent means what the cluster says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Deletion>,
    /// Whether Klamm leaves the topic as it is.
    #[serde(default)]
    pub paused: bool,
}

/// What Klamm knows of a declared topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaTopicStatus {
    /// `Ready`, `Waiting`.
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` this speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `<namespace>/<name>` of the cluster it lives on; a changed reference never moves it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The topic's name in Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_name: Option<String>,
    /// Kafka's id of the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic_id: Option<String>,
    /// How many partitions there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partitions: Option<i32>,
    /// How many replicas there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_factor: Option<i32>,
    /// Configuration keys that this object has set; those taken away later go back to default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512))]
    pub config_keys: Vec<String>,
    /// Fields that are not as declared, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 300),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = keys(["field"]))
    )]
    pub fields: Vec<FieldOutcome>,
}

/// A field that is not as declared, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FieldOutcome {
    /// Which: `partitions`, `config.retention.ms`.
    pub field: String,
    /// What became of it.
    pub state: FieldState,
    /// A word for programs, as in conditions.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
}

/// What became of a declared field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum FieldState {
    /// It will be done, but not yet.
    Pending,
    /// It will not be done.
    Refused,
}
