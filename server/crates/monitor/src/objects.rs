//! What is kept of each kind of object, read from it. Pure. Whatever cannot be understood is nobody's.

use crate::shelf::Kept;
use k8s_openapi::{
    api::core::v1::{ConfigMap, Namespace as NamespaceObject},
    apimachinery::pkg::apis::meta::v1::Condition,
};
use klamm_model::{ClusterRef, Namespace, Owner, OwnerKind, TeamName, TopicAbout, TopicName, UnixMillis, error_chain};
use klamm_resources::{
    ConditionType, KafkaGrant, KafkaOperation, KafkaOperationSpec, KafkaOperationStatus, KafkaTopic, KafkaUser,
    ManifestError, ObjectManifest, Reason, TopicGrant, TopicReason, ValidatedGrant, condition, config_map_manifest,
    kafka_grant_manifest, kafka_topic_manifest, kafka_user_manifest,
    names::{MANAGER_OPERATOR, annotation},
};
use kube::ResourceExt;
use serde::Deserialize;
use std::sync::Arc;

/// An object that declares a topic.
#[derive(Debug, PartialEq)]
pub(crate) struct TopicObject {
    pub(crate) cluster: ClusterRef,
    pub(crate) topic: TopicName,
    /// The second it was made in: the oldest of several counts.
    pub(crate) created: i64,
    /// Kubernetes' id of the object.
    pub(crate) uid: Box<str>,
    pub(crate) owner: Owner,
    /// What people say of it.
    pub(crate) about: TopicAbout,
    /// Who wrote what it says: a field manager, such as `kubectl-client-side-apply` or `argocd-controller`.
    pub(crate) manager: Option<String>,
    /// How the topic differs from it, where that is reported and left alone.
    pub(crate) drift: Option<Box<str>>,
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
        uid: uid(object),
        owner,
        about: about(object),
        drift: object.status.as_ref().and_then(|status| drift(&status.conditions)),
        manager: manager(object, "f:spec"),
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
        uid: uid(object),
        owner: owner(OwnerKind::ConfigMap, object)?,
        about: about(object),
        drift: written_conditions(object).as_deref().and_then(drift),
        manager: manager(object, "f:data"),
        manifest: kept(config_map_manifest(object))?,
    })
}

fn owner(kind: OwnerKind, object: &impl ResourceExt) -> Option<Owner> {
    Some(Owner { kind, namespace: object.namespace()?.parse().ok()?, name: object.name_any().parse().ok()? })
}

/// The field manager that wrote what an object says, the last one where several did; the operator's own notes do not count.
fn manager(object: &impl ResourceExt, part: &str) -> Option<String> {
    let written = object.managed_fields().iter().rev().filter(|fields| fields.subresource.is_none());
    let mut others = written.filter(|fields| {
        let wrote = fields.fields_v1.as_ref().is_some_and(|fields| fields.0.get(part).is_some());
        wrote && fields.manager.as_deref() != Some(MANAGER_OPERATOR)
    });
    others.find_map(|fields| fields.manager.clone())
}

/// Longest text that is told; who writes more in an annotation is read where it stands.
const LONGEST_ABOUT: usize = 500;

fn about(object: &impl ResourceExt) -> TopicAbout {
    let said = |key: &str| {
        let text: String = object.annotations().get(key)?.trim().chars().take(LONGEST_ABOUT).collect();
        Some(text).filter(|text| !text.is_empty())
    };
    let tags = said(annotation::TAGS).unwrap_or_default();
    TopicAbout {
        description: said(annotation::DESCRIPTION),
        contact: said(annotation::CONTACT),
        // Anybody may write annotations, and only these addresses become links.
        link: said(annotation::LINK).filter(|link| link.starts_with("https://") || link.starts_with("http://")),
        tags: tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect(),
    }
}

/// What the condition `Ready` says of a topic that was changed in Kafka.
fn drift(conditions: &[Condition]) -> Option<Box<str>> {
    let ready = condition(conditions, ConditionType::Ready)?;
    (ready.reason == TopicReason::DriftFound.as_str()).then(|| ready.message.as_str().into())
}

/// Conditions of a ConfigMap, which has no status: the operator writes them beside it. Nearly none tells of drift.
fn written_conditions(object: &ConfigMap) -> Option<Vec<Condition>> {
    let text = object.annotations().get(annotation::STATUS)?;
    if !text.contains(TopicReason::DriftFound.as_str()) {
        return None;
    }
    serde_json::from_str::<Written>(text).ok().map(|written| written.conditions)
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    conditions: Vec<Condition>,
}

fn created(object: &impl ResourceExt) -> i64 {
    object.creation_timestamp().map_or(i64::MAX, |time| time.0.as_second())
}

fn uid(object: &impl ResourceExt) -> Box<str> {
    object.uid().unwrap_or_default().into()
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
    /// What it is told as in lists.
    pub told: Told,
    /// As somebody would write it down.
    pub manifest: ObjectManifest,
}

/// What lists of credentials tell of a KafkaUser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Kubernetes' id of the object.
    pub uid: String,
    /// When it was made.
    pub created_at: UnixMillis,
    /// What it may do with topics.
    pub grants: Vec<TopicGrant>,
    /// The Secret, as far as the operator said.
    pub secret: Option<String>,
    /// Grows with every new password.
    pub version: Option<i64>,
    /// During a rotation: the user of before, and until when it works.
    pub previous: Option<(String, String)>,
    /// Reason and sentence of the condition `Ready`, and whether it holds.
    pub readiness: Readiness,
    /// The workload it was made for: `<kind>/<name>`.
    pub injected_for: Option<String>,
    /// What it waits for: `<topic>: <namespace>`.
    pub waiting_for: Vec<String>,
}

/// What the condition `Ready` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It holds.
    Ready,
    /// It does not; a word for programs and a sentence for people.
    NotReady {
        /// `ApprovalRequired` …
        reason: String,
        /// What to do.
        message: String,
    },
    /// Nobody has said yet.
    Unknown,
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
        told: told(object),
        manifest: kept(kafka_user_manifest(object))?,
    })
}

fn told(object: &KafkaUser) -> Told {
    let status = object.status.clone().unwrap_or_default();
    let ready = condition(&status.conditions, ConditionType::Ready);
    Told {
        uid: object.uid().unwrap_or_default(),
        created_at: UnixMillis(object.creation_timestamp().map_or(0, |time| time.0.as_millisecond())),
        grants: object.spec.grants.clone(),
        secret: status.secret_name,
        version: status.credential_version,
        previous: status.previous_username.zip(status.previous_until),
        readiness: match ready {
            Some(ready) if ready.status == "True" => Readiness::Ready,
            Some(ready) => Readiness::NotReady { reason: ready.reason.clone(), message: ready.message.clone() },
            None => Readiness::Unknown,
        },
        injected_for: object.annotations().get(annotation::INJECTED_FOR).cloned(),
        waiting_for: status.waiting_for,
    }
}

/// A KafkaGrant.
#[derive(Debug, PartialEq)]
pub(crate) struct GrantObject {
    pub(crate) grant: Arc<ValidatedGrant>,
    /// Kubernetes' id of the object.
    pub(crate) uid: Box<str>,
    /// As somebody would write it down.
    pub(crate) manifest: ObjectManifest,
}

impl Kept for GrantObject {
    fn cluster(&self) -> Option<&ClusterRef> {
        Some(&self.grant.cluster)
    }
}

/// A consent that is being taken away counts no more.
pub(crate) fn kafka_grant(object: &KafkaGrant) -> Option<GrantObject> {
    let stays = object.metadata.deletion_timestamp.is_none();
    let grant = ValidatedGrant::from_resource(object).ok().filter(|_| stays)?;
    Some(GrantObject { grant: Arc::new(grant), uid: uid(object), manifest: kept(kafka_grant_manifest(object))? })
}

/// A KafkaOperation.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationObject {
    /// The cluster it changes.
    pub cluster: ClusterRef,
    /// When it was made.
    pub created_at: UnixMillis,
    /// What it is to do.
    pub spec: KafkaOperationSpec,
    /// How far it is, as the operator says.
    pub status: KafkaOperationStatus,
}

impl OperationObject {
    /// Reads one. It lies beside its cluster: who may write elsewhere operates no cluster.
    pub fn read(object: &KafkaOperation) -> Option<Self> {
        let own: Namespace = object.namespace()?.parse().ok()?;
        let cluster = object.spec.cluster.resolve(&own).ok().filter(|cluster| cluster.namespace == own)?;
        Some(Self {
            cluster,
            created_at: UnixMillis(object.creation_timestamp().map_or(0, |time| time.0.as_millisecond())),
            spec: object.spec.clone(),
            status: object.status.clone().unwrap_or_default(),
        })
    }
}

impl Kept for OperationObject {
    fn cluster(&self) -> Option<&ClusterRef> {
        Some(&self.cluster)
    }
}

impl Kept for TeamName {
    fn cluster(&self) -> Option<&ClusterRef> {
        None
    }
}

pub(crate) fn team(object: &NamespaceObject) -> Option<TeamName> {
    object.annotations().get(annotation::TEAM)?.parse().ok()
}
