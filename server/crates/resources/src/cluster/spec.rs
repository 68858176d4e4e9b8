use super::{
    Authorization, Disruption, External, KafkaClusterStatus, Listener, Monitoring, NetworkPolicyKind, NodePool, Rack,
    Readiness, Roll, Tenant, TopicRules, UserRules,
};
use crate::{
    Config,
    schema::{keys, rules},
};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A Kafka cluster: either made of pools of nodes that Klamm runs, or external, with its address.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "klamm.dev",
    version = "v1alpha1",
    kind = "KafkaCluster",
    plural = "kafkaclusters",
    shortname = "kc",
    category = "klamm",
    namespaced,
    status = "KafkaClusterStatus",
    derive = "PartialEq",
    doc = "A Kafka cluster, run by Klamm or only connected to.",
    validation = Rule::new("self.metadata.name.size() <= 40 && self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')")
        .message("the name of a KafkaCluster is 1 to 40 lower-case letters, digits and hyphens, beginning with a letter, since its Services are named after it"),
    printcolumn(name = "Version", type_ = "string", json_path = ".status.kafkaVersion"),
    printcolumn(name = "Metadata", type_ = "string", json_path = ".status.metadataVersion", priority = 1),
    printcolumn(name = "Brokers", type_ = "string", json_path = ".status.brokersReady"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "Operation", type_ = "string", json_path = ".status.operation"),
    printcolumn(name = "Environment", type_ = "string", json_path = ".spec.environment", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].message", priority = 1)
)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-validations" = rules([
    (
        "has(self.external) != (has(self.pools) && self.pools.size() > 0)",
        "a KafkaCluster has either pools, and Klamm runs it, or external, and Klamm connects to it: give exactly one of them",
    ),
    (
        "has(self.external) || has(self.version)",
        "version is missing: write the Kafka version the brokers shall run, such as 4.1.2",
    ),
    (
        "!has(self.pools) || self.pools.size() == 0 || self.pools.exists(p, p.roles.exists(r, r == 'controller') && p.replicas > 0)",
        "at least one pool needs the role controller and a replica",
    ),
    (
        "!has(self.pools) || self.pools.size() == 0 || self.pools.exists(p, p.roles.exists(r, r == 'broker') && p.replicas > 0)",
        "at least one pool needs the role broker and a replica",
    ),
    (
        "!has(self.listeners) || self.listeners.all(l, self.listeners.exists_one(o, o.port == l.port))",
        "two listeners have the same port",
    ),
    (
        "!has(self.listeners) || self.listeners.all(l, l.port != self.monitoring.exporterPort && l.port != self.monitoring.jolokiaPort)",
        "a listener has a port of monitoring (exporterPort, jolokiaPort)",
    ),
    (
        "self.monitoring.exporterPort != self.monitoring.jolokiaPort",
        "monitoring.exporterPort and monitoring.jolokiaPort must differ",
    ),
])))]
pub struct KafkaClusterSpec {
    /// Whether objects that name no cluster mean this one.
    pub default: bool,
    /// The Kafka version the brokers run, such as `4.1.2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[0-9]+[.][0-9]+[.][0-9]+$')",
            "version must be a full Kafka version of three numbers, such as 4.1.2",
        )]))
    )]
    pub version: Option<String>,
    /// The metadata version to finalise, such as `4.1-IV1` or `4.1`. Absent: stay where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[0-9]+[.][0-9]+(-IV[0-9]+)?$')",
            "metadataVersion must look like 4.1-IV1 or 4.1",
        )]))
    )]
    pub metadata_version: Option<String>,
    /// `dev`, `staging`, `prod` …: policies are written per environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 63),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "environment is one word of lower-case letters, digits and hyphens, such as dev or prod",
        )]))
    )]
    pub environment: Option<String>,
    /// The broker image; absent means the one for `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub image: Option<String>,
    /// The nodes Klamm runs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 32),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = keys(["name"]))
    )]
    pub pools: Vec<NodePool>,
    /// Racks.
    pub rack: Rack,
    /// Kafka's broker configuration, without what Klamm sets itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 512))]
    pub config: Config,
    /// Where clients connect. Listeners for controllers and between brokers exist beside these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 16),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = keys(["name"]))
    )]
    pub listeners: Vec<Listener>,
    /// Who may everything.
    pub authorization: Authorization,
    /// Namespaces that may use the cluster, and which names are theirs. The cluster's own namespace may everything.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 500),
        extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = keys(["namespace"]))
    )]
    pub tenants: Vec<Tenant>,
    /// Ports of the agents in every node.
    pub monitoring: Monitoring,
    /// How evictions are answered.
    pub disruption: Disruption,
    /// When a node counts as ready.
    pub readiness: Readiness,
    /// Who may connect to the nodes, where the network of Kubernetes enforces policies.
    pub network_policy: NetworkPolicyKind,
    /// How restarts go.
    pub roll: Roll,
    /// What is allowed of topics and what happens to them.
    pub topics: TopicRules,
    /// What happens to users.
    pub users: UserRules,
    /// Whether Klamm leaves everything of this cluster as it is.
    pub paused: bool,
    /// A cluster that Klamm does not run, in place of pools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
}
