//! What is kept of each kind of object, read from it. Pure. Whatever cannot be understood is nobody's.

use crate::shelf::Kept;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace as NamespaceObject};
use klamm_model::{ClusterRef, Namespace, Owner, OwnerKind, TeamName, TopicName, error_chain};
use klamm_resources::{
    KafkaGrant, KafkaTopic, KafkaUser, ManifestError, ObjectManifest, ValidatedGrant, config_map_manifest,
    kafka_topic_manifest, names::annotation,
};
use kube::ResourceExt;

/// An object that declares a topic.
#[derive(Debug, PartialEq)]
pub(crate) struct TopicObject {
    pub(crate) cluster: ClusterRef,
    pub(crate) topic: TopicName,
    /// The second it was made in: the oldest of several counts.
    pub(crate) created: i64,
    pub(crate) owner: Owner,
    /// As somebody would write it down.
    pub(crate) manifest: ObjectManifest,
}

impl Kept for TopicObject {
    fn cluster(&self) -> Option<&ClusterRef> {
        Some(&self.cluster)
    }
}

pub(crate) fn kafka_topic(object: &KafkaTopic) -> Option<TopicObject> {
    let owner = owner(OwnerKind::KafkaTopic, object)?;
    Some(TopicObject {
        cluster: object.spec.cluster.resolve(&owner.namespace).ok()?,
        topic: object.spec.topic_name.as_ref().unwrap_or(&object.name_any()).parse().ok()?,
        created: created(object),
        owner,
        manifest: kept(kafka_topic_manifest(object))?,
    })
}

pub(crate) fn config_map(object: &ConfigMap) -> Option<TopicObject> {
    let named = object.data.as_ref().and_then(|data| data.get("name")).cloned();
    Some(TopicObject {
        // The operator records the binding on the object, so that there is one place that decides it.
        cluster: object.annotations().get(annotation::CLUSTER)?.parse().ok()?,
        topic: named.unwrap_or_else(|| object.name_any()).trim().parse().ok()?,
        created: created(object),
        owner: owner(OwnerKind::ConfigMap, object)?,
        manifest: kept(config_map_manifest(object))?,
    })
}

fn owner(kind: OwnerKind, object: &impl ResourceExt) -> Option<Owner> {
    Some(Owner { kind, namespace: object.namespace()?.parse().ok()?, name: object.name_any().parse().ok()? })
}

fn created(object: &impl ResourceExt) -> i64 {
    object.creation_timestamp().map_or(i64::MAX, |time| time.0.as_second())
}

/// Everything that was read can be written; should it not, the object is nobody's.
fn kept(manifest: Result<ObjectManifest, ManifestError>) -> Option<ObjectManifest> {
    let noted = |error| tracing::warn!(error = error_chain(&error), "an object cannot be kept");
    manifest.map_err(noted).ok()
}

/// A KafkaUser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserObject {
    /// The cluster it lives on.
    pub cluster: ClusterRef,
    /// The name in Kafka that its Secret holds.
    pub username: Option<String>,
}

impl Kept for UserObject {
    fn cluster(&self) -> Option<&ClusterRef> {
        Some(&self.cluster)
    }
}

pub(crate) fn kafka_user(object: &KafkaUser) -> Option<UserObject> {
    let own: Namespace = object.namespace()?.parse().ok()?;
    let status = object.status.as_ref();
    // A changed reference never moves it.
    let bound = status.and_then(|status| status.cluster.as_ref()?.parse().ok());
    Some(UserObject {
        cluster: bound.or_else(|| object.spec.cluster.resolve(&own).ok())?,
        username: status.and_then(|status| status.username.clone()),
    })
}

impl Kept for ValidatedGrant {
    fn cluster(&self) -> Option<&ClusterRef> {
        Some(&self.cluster)
    }
}

/// A consent that is being taken away counts no more.
pub(crate) fn kafka_grant(object: &KafkaGrant) -> Option<ValidatedGrant> {
    let stays = object.metadata.deletion_timestamp.is_none();
    ValidatedGrant::from_resource(object).ok().filter(|_| stays)
}

impl Kept for TeamName {
    fn cluster(&self) -> Option<&ClusterRef> {
        None
    }
}

pub(crate) fn team(object: &NamespaceObject) -> Option<TeamName> {
    object.annotations().get(annotation::TEAM)?.parse().ok()
}
