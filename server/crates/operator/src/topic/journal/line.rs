//! A line of the journal: what must be known of an object when it can no longer be asked.

use crate::topic::object::{
    AbsentPartitions, Declared, Kind, NamedCluster, ObjectKey, Pause, Presence, Reading, Record,
};
use klamm_model::{ClusterRef, Namespace, ObjectName, TopicName};
use klamm_planner::topics::{ClaimLife, Deletion};
use klamm_resources::KafkaTopicStatus;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An object, the topic it manages, and what is to become of that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) kind: Kind,
    pub(crate) namespace: Namespace,
    pub(crate) name: ObjectName,
    /// When the object was created, in seconds since 1970.
    pub(crate) created: i64,
    pub(crate) topic: TopicName,
    /// None before the topic was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) topic_id: Option<String>,
    pub(crate) deletion: klamm_resources::Deletion,
    #[serde(default, skip_serializing_if = "is_active")]
    pub(crate) pause: Pause,
    /// Configuration keys that are about to be set and that the object's status does not name yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) keys: BTreeSet<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_active(pause: &Pause) -> bool {
    *pause == Pause::Active
}

impl Line {
    pub(crate) fn object(&self) -> ObjectKey {
        ObjectKey { kind: self.kind, namespace: self.namespace.clone(), name: self.name.clone() }
    }

    /// The object as one that is being deleted: it decides like any other that goes.
    pub(crate) fn departed(&self, uid: &str, cluster: &ClusterRef) -> Declared {
        // Without an id it never came to manage the topic.
        let managed = self.topic_id.is_some();
        Declared {
            key: self.object(),
            uid: uid.to_owned(),
            created: self.created,
            version: 0,
            generation: None,
            edition: String::new(),
            life: ClaimLife::Leaving,
            finalizers: Vec::new(),
            farewell: None,
            names_cluster: NamedCluster::Annotation(None),
            deletion: Some(match self.deletion {
                klamm_resources::Deletion::Delete => Deletion::Delete,
                klamm_resources::Deletion::Retain => Deletion::Retain,
            }),
            reading: Ok(Reading {
                name: self.topic.clone(),
                partitions: None,
                replication_factor: None,
                config: BTreeMap::new(),
                pause: self.pause,
                absent_partitions: AbsentPartitions::BrokerDefault,
                problems: Vec::new(),
                remarks: Vec::new(),
            }),
            record: Record {
                carried_out: None,
                status: KafkaTopicStatus {
                    cluster: Some(cluster.to_string()),
                    topic_name: managed.then(|| self.topic.to_string()),
                    topic_id: self.topic_id.clone(),
                    ..KafkaTopicStatus::default()
                },
            },
            presence: Presence::Gone,
            intended: BTreeSet::new(),
            origin: crate::topic::object::Origin::Declared,
        }
    }
}
