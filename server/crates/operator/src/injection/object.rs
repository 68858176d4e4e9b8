//! Workloads that want a credential, as last seen. Only their metadata is ever read.

use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::ObjectReference,
};
use klamm_model::Namespace;
use klamm_resources::{
    injection::{InjectionReading, LABEL, Workload, WorkloadKind},
    names::annotation,
};
use kube::api::{ApiResource, ObjectMeta};
use std::fmt;

/// Which workload.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct WorkloadKey {
    pub(super) namespace: Namespace,
    pub(super) workload: Workload,
}

impl fmt::Display for WorkloadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}/{}", self.workload.kind.as_str(), self.namespace, self.workload.name)
    }
}

impl WorkloadKey {
    pub(super) fn of(kind: WorkloadKind, meta: &ObjectMeta) -> Option<Self> {
        let (namespace, name) = (meta.namespace.as_ref()?.parse().ok()?, meta.name.as_ref()?.parse().ok()?);
        Some(Self { namespace, workload: Workload { kind, name } })
    }
}

/// Whether it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Living,
    Leaving,
}

/// A workload with the label.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelled {
    pub(super) uid: String,
    pub(super) life: Life,
    /// The cluster its annotation names, as written.
    pub(super) names_cluster: Option<String>,
    pub(super) reading: InjectionReading,
}

impl Labelled {
    pub(super) fn of(meta: &ObjectMeta) -> Self {
        let annotations = meta.annotations.clone().unwrap_or_default();
        Self {
            uid: meta.uid.clone().unwrap_or_default(),
            life: if meta.deletion_timestamp.is_some() { Life::Leaving } else { Life::Living },
            names_cluster: annotations.get(annotation::CLUSTER).cloned(),
            reading: InjectionReading::of(&annotations),
        }
    }
}

/// Whether the label that asks for a credential is there.
pub(super) fn asks(meta: &ObjectMeta) -> bool {
    meta.labels.as_ref().and_then(|labels| labels.get(LABEL.0)).is_some_and(|value| value == LABEL.1)
}

/// How the API server is asked for workloads of a kind.
pub(super) fn resource(kind: WorkloadKind) -> ApiResource {
    match kind {
        WorkloadKind::Deployment => ApiResource::erase::<Deployment>(&()),
        WorkloadKind::StatefulSet => ApiResource::erase::<StatefulSet>(&()),
        WorkloadKind::CronJob => ApiResource::erase::<CronJob>(&()),
        WorkloadKind::Job => ApiResource::erase::<Job>(&()),
    }
}

/// How Events name a workload.
pub(super) fn reference(key: &WorkloadKey, uid: &str) -> ObjectReference {
    ObjectReference {
        api_version: Some(key.workload.kind.api_version().to_owned()),
        kind: Some(key.workload.kind.as_str().to_owned()),
        namespace: Some(key.namespace.to_string()),
        name: Some(key.workload.name.to_string()),
        uid: Some(uid.to_owned()),
        ..ObjectReference::default()
    }
}
