//! An object that declares a topic, as last seen: whatever its kind, read once and never again.

use klamm_model::{ClusterRef, Namespace, ObjectName, OwnerKind, TopicName};
use klamm_planner::topics::{ClaimLife, Deletion, FieldRefusal};
use klamm_resources::{ConditionType, KafkaTopicStatus, condition};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// Which object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ObjectKey {
    pub(super) kind: Kind,
    pub(super) namespace: Namespace,
    pub(super) name: ObjectName,
}

/// Kinds of objects that declare topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Kind {
    KafkaTopic,
    ConfigMap,
}

impl From<Kind> for OwnerKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::KafkaTopic => Self::KafkaTopic,
            Kind::ConfigMap => Self::ConfigMap,
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::KafkaTopic => "KafkaTopic",
            Kind::ConfigMap => "ConfigMap",
        };
        write!(f, "{kind} {}/{}", self.namespace, self.name)
    }
}

/// An object that declares a topic.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) key: ObjectKey,
    pub(super) uid: String,
    /// In seconds since 1970.
    pub(super) created: i64,
    /// `metadata.resourceVersion`; larger is newer.
    pub(super) version: u64,
    pub(super) generation: Option<i64>,
    /// Tells one declaration of this object from another: its generation, or a digest of what is declared.
    pub(super) edition: String,
    pub(super) life: ClaimLife,
    pub(super) finalizers: Vec<String>,
    /// The object as it may vanish, in JSON: set where it leaves and our finalizer is all that keeps it.
    pub(super) farewell: Option<Arc<str>>,
    /// The cluster it names itself.
    pub(super) names_cluster: NamedCluster,
    /// Its own word on the topic's end; none leaves it to the cluster.
    pub(super) deletion: Option<Deletion>,
    /// What it declares, or why nobody can tell.
    pub(super) reading: Result<Reading, String>,
    /// What we wrote down about it.
    pub(super) record: Record,
    pub(super) presence: Presence,
    /// Configuration keys it was about to set when we last had it in hand, and may have.
    pub(super) intended: BTreeSet<String>,
    pub(super) origin: Origin,
}

/// Whether an object can still be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is there.
    Seen,
    /// It is gone; only the journal knows it.
    Gone,
}

/// Who wrote an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// People.
    Declared,
    /// Klamm, for a topic it found in Kafka, and nobody has changed it since.
    Imported,
}

impl Declared {
    /// Whether the two differ in anything that matters to the topic.
    pub(super) fn same_wish(&self, other: &Self) -> bool {
        self.uid == other.uid
            && self.edition == other.edition
            && self.life == other.life
            && self.names_cluster == other.names_cluster
    }

    /// The topic it speaks of. One that leaves, or can no longer be read, speaks of the one it managed.
    pub(super) fn topic(&self) -> Option<TopicName> {
        let recorded = || self.record.status.topic_name.as_deref().and_then(|name| TopicName::new(name).ok());
        match (&self.reading, self.life) {
            (Ok(reading), ClaimLife::Living) => Some(reading.name.clone()),
            (Ok(reading), ClaimLife::Leaving) => Some(recorded().unwrap_or_else(|| reading.name.clone())),
            (Err(_), _) => recorded(),
        }
    }

    /// Whether its declaration, as it stands, was carried out and that was told.
    pub(super) fn is_in_order(&self) -> bool {
        self.life == ClaimLife::Living
            && self.record.carried_out.as_deref() == Some(self.edition.as_str())
            && condition(&self.record.status.conditions, ConditionType::Waiting).is_none()
    }

    /// Configuration keys of this topic that it set before, or was about to set.
    pub(super) fn formerly(&self, cluster: &ClusterRef, topic: &TopicName) -> BTreeSet<String> {
        let told = if self.managed(cluster, topic) { self.record.status.config_keys.as_slice() } else { &[] };
        told.iter().chain(&self.intended).cloned().collect()
    }

    /// Whether it managed this very topic before.
    pub(super) fn managed(&self, cluster: &ClusterRef, topic: &TopicName) -> bool {
        let status = &self.record.status;
        status.topic_name.as_deref() == Some(topic.as_str())
            && status.cluster.as_deref() == Some(cluster.to_string().as_str())
    }
}

/// The cluster an object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NamedCluster {
    /// `spec.cluster` of a KafkaTopic.
    Spec(ClusterRef),
    /// The annotation of a ConfigMap, as written; none leaves it to the namespace and the defaults.
    Annotation(Option<String>),
    /// `spec.cluster` is none that could exist.
    Unreadable,
}

/// What an object declares.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub(super) name: TopicName,
    pub(super) partitions: Option<i64>,
    pub(super) replication_factor: Option<i64>,
    pub(super) config: BTreeMap<String, String>,
    pub(super) pause: Pause,
    pub(super) absent_partitions: AbsentPartitions,
    /// Fields that cannot be read; the others count.
    pub(super) problems: Vec<FieldRefusal>,
    /// What is ignored, in sentences.
    pub(super) remarks: Vec<String>,
}

/// Whether a declaration is to be left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Pause {
    #[default]
    Active,
    Paused,
}

/// What a new topic gets when its declaration does not say how many partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AbsentPartitions {
    /// The brokers' `num.partitions`.
    BrokerDefault,
    /// As many as there are brokers: so the talk's operator did it.
    BrokerCount,
}

/// What we wrote down about an object: the status of a KafkaTopic, an annotation of a ConfigMap.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Record {
    /// The edition that was carried out, as far as it could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) carried_out: Option<String>,
    #[serde(flatten)]
    pub(super) status: KafkaTopicStatus,
}
