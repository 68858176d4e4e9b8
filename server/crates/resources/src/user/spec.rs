use crate::{
    Access, ClusterReference, NamePattern,
    schema::{conditions, int_or_string, rules},
};
use k8s_openapi::apimachinery::pkg::{apis::meta::v1::Condition, util::intstr::IntOrString};
use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most topics a user is granted. Each becomes two entries in Kafka, which takes ten thousand at once.
pub(crate) const MAX_GRANTS: usize = 4000;

/// A Kafka user with a password (SCRAM-SHA-512), what it may do, and its Secret.
#[derive(CustomResource, Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "klamm.dev",
    version = "v1alpha1",
    kind = "KafkaUser",
    plural = "kafkausers",
    shortname = "kuser",
    category = "klamm",
    namespaced,
    status = "KafkaUserStatus",
    derive = "PartialEq",
    doc = "A credential for a Kafka cluster.",
    validation = Rule::new("!self.metadata.name.endsWith('.b')")
        .message("names that end in .b are kept for the second half of a rotation: choose another name"),
    validation = Rule::new("!(self.metadata.name in ['admin', 'broker', 'controller', 'klamm', 'anonymous']) && !self.metadata.name.startsWith('klamm-') && !self.metadata.name.startsWith('klamm.')")
        .message("the names admin, anonymous, broker, controller, klamm and those that begin with klamm- or klamm. are reserved: choose another name"),
    printcolumn(name = "Cluster", type_ = "string", json_path = ".spec.cluster.name"),
    printcolumn(name = "Username", type_ = "string", json_path = ".status.username"),
    printcolumn(name = "Secret", type_ = "string", json_path = ".status.secretName"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type=='Ready')].message", priority = 1)
)]
#[serde(rename_all = "camelCase")]
pub struct KafkaUserSpec {
    /// The cluster it is for.
    pub cluster: ClusterReference,
    /// What it may do with topics.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4000))]
    pub grants: Vec<TopicGrant>,
    /// Kafka's own form; only in the cluster's namespace.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub acls: Vec<Acl>,
    /// How much it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quotas: Option<Quotas>,
    /// Name of its Secret; absent means the name of this object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        length(max = 253),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$')",
            "secretName must be a name Kubernetes accepts: lower-case letters, digits, hyphens and dots",
        )]))
    )]
    pub secret_name: Option<String>,
    /// A counter or a date; when it changes, the password is rotated, and the old one works on for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "int_or_string")]
    pub rotate: Option<IntOrString>,
}

/// What a user may do with a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([
    (
        "!has(self.groups) || self.groups.size() == 0 || self.access != 'produce'",
        "groups belong to consumers: use access consume or both, or leave groups out",
    ),
    (
        "!has(self.transactionalIds) || self.transactionalIds.size() == 0 || self.access != 'consume'",
        "transactionalIds belong to producers: use access produce or both, or leave transactionalIds out",
    ),
])))]
pub struct TopicGrant {
    /// The topic, or the beginning of its name.
    #[schemars(
        length(max = 1024),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^[a-zA-Z0-9._-]{1,249}$')",
            "grants[].topic must be 1 to 249 letters, digits, dots, underscores and hyphens; for many topics use pattern: prefixed, not *",
        )]))
    )]
    pub topic: String,
    /// How the name is matched.
    #[serde(default)]
    pub pattern: NamePattern,
    /// What may be done.
    pub access: Access,
    /// Consumer groups it may use; one that ends in `*` stands for all that begin so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 255)))]
    pub groups: Vec<String>,
    /// Transactional ids it may use; one that ends in `*` stands for all that begin so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), inner(length(min = 1, max = 255)))]
    pub transactional_ids: Vec<String>,
}

/// An access control entry as Kafka knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Acl {
    /// Whether it allows or forbids.
    #[serde(rename = "type", default)]
    pub type_: AclEffect,
    /// What it is about.
    pub resource: AclResource,
    /// What may, or may not, be done.
    #[schemars(length(min = 1, max = 16), extend("x-kubernetes-list-type" = "set"))]
    pub operations: Vec<AclOperation>,
    /// From which host; absent means from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub host: Option<String>,
}

/// Whether an entry allows or forbids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AclEffect {
    /// It allows.
    #[default]
    Allow,
    /// It forbids, whatever else allows.
    Deny,
}

/// What an entry is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(extend("x-kubernetes-validations" = rules([(
    "(self.type == 'cluster') != has(self.name)",
    "resource.name is needed for topic, group and transactionalId, and left out for cluster",
)])))]
pub struct AclResource {
    /// Its kind.
    #[serde(rename = "type")]
    pub type_: AclResourceType,
    /// Its name; `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 255))]
    pub name: Option<String>,
    /// How the name is matched.
    #[serde(default)]
    pub pattern: NamePattern,
}

/// Kinds of things Kafka guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum AclResourceType {
    /// A topic.
    Topic,
    /// A consumer group.
    Group,
    /// The cluster.
    Cluster,
    /// A transactional id.
    TransactionalId,
}

/// What Kafka lets be done (`org.apache.kafka.common.acl.AclOperation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "Kafka's own words")]
pub enum AclOperation {
    All,
    Read,
    Write,
    Create,
    Delete,
    Alter,
    Describe,
    ClusterAction,
    DescribeConfigs,
    AlterConfigs,
    IdempotentWrite,
}

/// How much a user may do, per broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Quotas {
    /// Bytes per second it may write.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub producer_byte_rate: Option<i64>,
    /// Bytes per second it may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub consumer_byte_rate: Option<i64>,
    /// Share of a broker's threads, in percent of one thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01))]
    pub request_percentage: Option<f64>,
    /// Partitions per second it may create or delete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01))]
    pub controller_mutation_rate: Option<f64>,
}

/// What Klamm knows of a user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct KafkaUserStatus {
    /// `Ready`, `Waiting`.
    #[schemars(schema_with = "conditions")]
    pub conditions: Vec<Condition>,
    /// The `metadata.generation` this speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// `<namespace>/<name>` of the cluster it lives on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The name in Kafka that the Secret holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,
    /// Grows with every new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_version: Option<i64>,
    /// The value of `rotate` that the current password answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotated: Option<String>,
    /// During a rotation: the user whose password goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_username: Option<String>,
    /// During a rotation: when that user goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
    /// During a rotation: the user that is being made, and that the Secret does not hold yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_username: Option<String>,
    /// SHA-256 of the password in the Secret, salted with the object's uid; tells whether somebody changed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_digest: Option<String>,
    /// How many access control entries it has in Kafka.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acl_count: Option<i32>,
    /// Topics whose owner has not consented yet: `<topic>: <namespace>`. At most 100.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub waiting_for: Vec<String>,
}
