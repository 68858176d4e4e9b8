use crate::{Config, Deletion, schema::rules};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, collections::BTreeMap};

/// How evictions of nodes are answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Disruption {
    /// Klamm decides each one by what it would cost.
    #[default]
    Guarded,
    /// A plain PodDisruptionBudget of one node decides.
    Budget,
}

/// When a node counts as ready.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Readiness {
    /// When its port is open, which is after log recovery.
    #[default]
    Tcp,
    /// When a broker answers `kafka-broker-api-versions.sh`: surer, and a Java process for every probe.
    BrokerApiVersions,
}

/// Who may connect to the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum NetworkPolicyKind {
    /// Everybody: no NetworkPolicy is made.
    #[default]
    None,
    /// To internal listeners, pods of the cluster's own namespace and of its tenants; to nodes' own ports, nodes and Klamm.
    Tenants,
}

/// How restarts go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Roll {
    /// In-sync replicas that must be left above `min.insync.replicas`.
    #[schemars(range(min = 0, max = 100))]
    pub isr_headroom: i32,
    /// How long everything must have been well before the next node.
    #[schemars(range(min = 0, max = 86_400))]
    pub soak_seconds: i64,
    /// How long a new version must have run before finalising is offered.
    #[schemars(range(min = 0, max = 31_536_000))]
    pub finalise_soak_seconds: i64,
    /// Under-replicated partitions elsewhere that do not stop a roll.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub max_under_replicated: i32,
    /// When steps may begin, in UTC; none means always.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub windows: Vec<MaintenanceWindow>,
}

impl Default for Roll {
    fn default() -> Self {
        Self {
            isr_headroom: 0,
            soak_seconds: 60,
            finalise_soak_seconds: 86_400,
            max_under_replicated: 0,
            windows: Vec::new(),
        }
    }
}

/// What happens to users.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct UserRules {
    /// How long the Kafka user of before a rotation works on, so that clients can read the Secret again.
    #[schemars(range(min = 0, max = 2_592_000))]
    pub rotation_grace_seconds: i64,
}

impl Default for UserRules {
    fn default() -> Self {
        Self { rotation_grace_seconds: 86_400 }
    }
}

/// A time of the week, in UTC. One that ends before it begins goes on over midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindow {
    /// The days it begins on; none means every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 7), extend("x-kubernetes-list-type" = "set"))]
    pub days: Vec<Weekday>,
    /// When it begins: `22:00`.
    #[schemars(
        length(max = 5),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",
            "windows[].from is a time such as 22:00, in UTC",
        )]))
    )]
    pub from: String,
    /// When it ends: `04:00`.
    #[schemars(
        length(max = 5),
        extend("x-kubernetes-validations" = rules([(
            "self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",
            "windows[].to is a time such as 04:00, in UTC",
        )]))
    )]
    pub to: String,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "days of the week")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// What is allowed of topics and what happens to them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicRules {
    /// What a topic gets where its declaration says nothing.
    pub defaults: TopicDefaults,
    /// Most partitions of a topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_partitions: Option<i32>,
    /// Most replicas of a partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 32_767))]
    pub max_replication_factor: Option<i32>,
    /// Longest `retention.ms`; where there is one, unlimited retention (-1) is longer than it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_retention_ms: Option<i64>,
    /// Whether topics that nobody declared get a declaration.
    pub import: Import,
    /// What happens when a topic no longer is as declared.
    pub drift: Drift,
    /// What becomes of a topic when its declaration goes.
    pub deletion: Deletion,
}

/// What a topic gets where its declaration says nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct TopicDefaults {
    /// How many partitions; absent: the broker's `num.partitions`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub partitions: Option<i32>,
    /// How many replicas; absent: the broker's `default.replication.factor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 32_767))]
    pub replication_factor: Option<i32>,
    /// Topic configuration.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 256))]
    pub config: Config,
}

/// Whether topics that nobody declared get a declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "ImportText")]
pub enum Import {
    /// No.
    #[default]
    Off,
    /// Those there are now.
    Once,
    /// Also those that appear later.
    Continuous,
}

/// An unquoted `off` is `false` in the YAML that kubectl reads.
#[derive(Deserialize)]
#[serde(untagged)]
enum ImportText {
    Switch(#[expect(dead_code, reason = "the schema lets only false through")] bool),
    Word(ImportWord),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ImportWord {
    Off,
    Once,
    Continuous,
}

impl From<ImportText> for Import {
    fn from(text: ImportText) -> Self {
        match text {
            // The schema lets no `true` through.
            ImportText::Switch(_) | ImportText::Word(ImportWord::Off) => Self::Off,
            ImportText::Word(ImportWord::Once) => Self::Once,
            ImportText::Word(ImportWord::Continuous) => Self::Continuous,
        }
    }
}

impl JsonSchema for Import {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Import".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-preserve-unknown-fields": true,
            "enum": ["off", "once", "continuous", false],
        })
    }
}

/// What happens when a topic no longer is as declared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Drift {
    /// Declared fields are set back.
    #[default]
    Revert,
    /// It is said, and left.
    Report,
}
