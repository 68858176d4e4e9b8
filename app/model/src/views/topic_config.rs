use super::ConfigLine;
use crate::{BrokerId, ConfigSource, Known, Revisions};
use serde::{Deserialize, Serialize};

/// What of a topic's configuration is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigRequest {
    /// Only keys that are set on the topic itself.
    pub set: bool,
}

/// All configuration of a topic: `GET /api/v1/clusters/{namespace}/{name}/topics/{topic}/config`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicConfig {
    /// Every key these brokers know, by subject, then by name; null while nobody could say what is set on the topic.
    pub keys: Known<Vec<ConfigKey>>,
    /// How many of them are set on the topic itself.
    pub set: Known<u32>,
    /// The brokers that told what they have by default; null while none has: then only what is set is listed.
    pub told_by: Known<Vec<BrokerId>>,
    /// Why something of it is not known.
    pub reason: Option<String>,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// One key of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigKey {
    /// The value in force.
    #[serde(flatten)]
    pub line: ConfigLine,
    /// What it is about.
    pub subject: ConfigSubject,
    /// What it means, in a sentence; null for keys newer than this program.
    pub meaning: Option<String>,
    /// What would be in force if the topic did not set it; null when it does not, or nobody told.
    pub otherwise: Option<OtherValue>,
    /// Brokers with replicas of the topic that have another value than the one above.
    pub differing: Vec<BrokerValue>,
}

/// A value that is not in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtherValue {
    /// The value; null when Kafka keeps it to itself.
    pub value: Option<String>,
    /// The value as people say it.
    pub words: Option<String>,
    /// Where it is set.
    pub source: ConfigSource,
}

/// A value that is in force on one broker only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerValue {
    /// The broker.
    pub broker: BrokerId,
    /// The value; null when Kafka keeps it to itself, or the broker does not know the key.
    pub value: Option<String>,
    /// The value as people say it.
    pub words: Option<String>,
}

/// What a configuration key is about; pages show keys in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ConfigSubject {
    /// How long records stay.
    Keeping,
    /// How safe writes are.
    Safety,
    /// What may be written, and how it is stored.
    Writing,
    /// Keeping the newest record of each key.
    Compaction,
    /// Files on the brokers' disks.
    Files,
    /// Remote storage.
    Tiered,
    /// Moves of partitions.
    Moving,
    /// Keys newer than this program.
    Other,
}
