use crate::schema::{preserved_object, resources, rules};
use k8s_openapi::api::core::v1::{ResourceRequirements, Toleration, TopologySpreadConstraint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Nodes that are alike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (
        "!self.roles.exists(r, r == 'controller') || self.storage.type == 'persistent'",
        "a pool of controllers needs storage.type: persistent; a controller that forgets breaks the quorum",
    ),
    (
        "!has(self.leaving) || self.leaving.size() <= 1000 && self.leaving.all(id, id >= 0)",
        "leaving lists node ids, which are not negative",
    ),
])))]
pub struct NodePool {
    /// Its name, part of pod names.
    #[schemars(
        length(max = 63),
        extend("x-kubernetes-validations" = rules([(
            "self.size() <= 30 && self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "a pool name is 1 to 30 lower-case letters, digits and hyphens, beginning and ending with a letter or digit",
        )]))
    )]
    pub name: String,
    /// What its nodes do.
    #[schemars(
        length(max = 2),
        extend(
            "x-kubernetes-list-type" = "set",
            "x-kubernetes-validations" = rules([(
                "self.size() > 0",
                "a pool needs at least one role: broker, controller or both",
            )]),
        )
    )]
    pub roles: Vec<PoolRole>,
    /// How many nodes.
    #[schemars(extend("x-kubernetes-validations" = rules([(
        "self >= 0 && self <= 1000",
        "replicas must be from 0 to 1000",
    )])))]
    pub replicas: i32,
    /// Ids that go first when the pool shrinks; else the highest go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000), extend("x-kubernetes-list-type" = "set"))]
    pub leaving: Vec<i32>,
    /// Where its nodes keep data.
    pub storage: Storage,
    /// Compute resources of a node's container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "resources")]
    pub resources: Option<ResourceRequirements>,
    /// The Java machine.
    #[serde(default)]
    pub jvm: Jvm,
    /// Labels a Kubernetes node must have, such as `disk: fast`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub node_selector: BTreeMap<String, String>,
    /// Affinity as in a pod; replaces the default, which prefers another hostname than that of the cluster's other nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "preserved_object")]
    pub affinity: Option<serde_json::Value>,
    /// Tolerations as in a pod.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub tolerations: Vec<Toleration>,
    /// Spread constraints as in a pod; replace the default, which spreads over zones where it can.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
}

/// What a node does (`process.roles`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum PoolRole {
    /// Stores partitions and serves clients.
    Broker,
    /// Votes in the metadata quorum.
    Controller,
}

/// Where nodes keep data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "self.type == 'ephemeral' || has(self.size)",
    "persistent storage needs a size, such as 100Gi",
)])))]
pub struct Storage {
    /// Whether it outlives the pod.
    #[serde(rename = "type")]
    pub type_: StorageType,
    /// How much, as a Kubernetes quantity: `100Gi`. For ephemeral storage this is a limit and may be absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 32),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[0-9]+([.][0-9]+)?([kMGTPE]|[KMGTPE]i)?$') && !self.matches('^0+([.]0+)?[A-Za-z]*$')",
            "storage.size must be a positive quantity in bytes, such as 100Gi or 500G",
        )]))
    )]
    pub size: Option<String>,
    /// The StorageClass; absent means the cluster's default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 253))]
    pub class: Option<String>,
    /// Whether volumes stay when their node or the cluster is deleted.
    #[serde(default = "yes")]
    pub keep_on_delete: bool,
}

fn yes() -> bool {
    true
}

/// Whether data outlives a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum StorageType {
    /// A PersistentVolumeClaim.
    Persistent,
    /// An emptyDir: gone with the pod.
    Ephemeral,
}

/// The Java machine of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Jvm {
    /// The heap: `512m`, `4g`, `4Gi`. Absent means half the memory limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[1-9][0-9]*([kKmMgGtT]i?)?$')",
            "jvm.heap must be a size such as 512m, 4g or 4Gi",
        )]))
    )]
    pub heap: Option<String>,
    /// More options, one per entry: `-XX:+UseZGC`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 64),
        inner(length(max = 1024)),
        extend("x-kubernetes-validations" = rules([(
            "self.all(o, o.startsWith('-') && !o.startsWith('-Xmx') && !o.startsWith('-Xms'))",
            "jvm.options begin with a hyphen; the heap is set in jvm.heap, not with -Xmx or -Xms",
        )]))
    )]
    pub options: Vec<String>,
}
