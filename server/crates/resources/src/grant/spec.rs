#![expect(clippy::duplicated_attributes, reason = "printer columns repeat their types and paths")]

use crate::{
    Access, ClusterReference, NamePattern,
    schema::{conditions, rules},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Consent that others use topics of this namespace.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "klamm.dev",
    version = "v1alpha1",
    kind = "KafkaGrant",
    plural = "kafkagrants",
    shortname = "kgrant",
    category = "klamm",
    namespaced,
    status = "KafkaGrantStatus",
    derive = "PartialEq",
    doc = "The consent of a topic's owner.",
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster.name"),
    printcolumn(name = "Access", type_ = "string", json_path = ".spec.access"),
    printcolumn(name = "Expires", type_ = "string", json_path = ".spec.expires"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "Users", type_ = "integer", json_path = ".status.users"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaGrantSpec {
    /// The cluster of the topics.
    pub cluster: ClusterReference,
    /// Which topics.
    #[schemars(
        length(max = 256),
        extend("x-kubernetes-validations" = rules([(
            "self.size() > 0",
            "a grant needs at least one topic",
        )]))
    )]
    pub topics: Vec<GrantedTopic>,
    /// To whom.
    pub to: Grantees,
    /// What they may do.
    pub access: Access,
    /// Until when: `2027-01-31T00:00:00Z`. Absent: until it is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 40),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$')",
            "expires must be a moment such as 2027-01-31T00:00:00Z",
        )]))
    )]
    pub expires: Option<String>,
}

/// Topics that a grant speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GrantedTopic {
    /// The topic, or the beginning of its name.
    #[schemars(
        length(max = 1024),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-zA-Z0-9._-]{1,249}$')",
            "topics[].name must be 1 to 249 letters, digits, dots, underscores and hyphens",
        )]))
    )]
    pub name: String,
    /// How the name is matched.
    #[serde(default)]
    pub pattern: NamePattern,
}

/// Those who may use the topics of a grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "(has(self.namespaces) && self.namespaces.size() > 0) || (has(self.users) && self.users.size() > 0)",
    "a grant needs somebody: name namespaces or users",
)])))]
pub struct Grantees {
    /// Every KafkaUser of these namespaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 256),
        inner(length(max = 63)),
        extend("x-kubernetes-list-type" = "set", "x-kubernetes-validations" = rules([(
            "self.all(n, n.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",
            "to.namespaces are names of namespaces: lower-case letters, digits and hyphens",
        )]))
    )]
    pub namespaces: Vec<String>,
    /// These KafkaUsers, as `<namespace>/<name>`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 256),
        inner(length(max = 317)),
        extend("x-kubernetes-list-type" = "set", "x-kubernetes-validations" = rules([(
            "self.all(n, n.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$'))",
            "to.users are written <namespace>/<name of the KafkaUser>",
        )]))
    )]
    pub users: Vec<String>,
}

/// What Klamm knows of a grant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaGrantStatus {
    /// `Ready`.
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` this speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How many KafkaUsers have something by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<i32>,
}
