//! The KafkaUser of a workload. Pure.

use super::object::WorkloadKey;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use klamm_model::{ClusterRef, ObjectName};
use klamm_resources::{
    ClusterReference, KafkaUser, KafkaUserSpec,
    injection::{COMPONENT, Injection, LABEL_GENERATOR},
    names::{annotation, label},
};
use kube::{Resource, ResourceExt, api::ObjectMeta};
use serde_json::{Value, json};

/// What a KafkaUser is made from.
pub(super) struct Wanted<'a> {
    pub(super) key: &'a WorkloadKey,
    pub(super) workload_uid: &'a str,
    pub(super) user_name: &'a ObjectName,
    pub(super) secret_name: &'a ObjectName,
    pub(super) cluster: &'a ClusterRef,
    pub(super) injection: &'a Injection,
    pub(super) generator: &'a str,
}

/// The KafkaUser as it should be.
pub(super) fn render(wanted: &Wanted<'_>) -> KafkaUser {
    let workload = &wanted.key.workload;
    let labels = [
        (label::MANAGED_BY, label::MANAGED_BY_KLAMM),
        (label::COMPONENT, COMPONENT),
        (LABEL_GENERATOR, wanted.generator),
    ];
    KafkaUser {
        metadata: ObjectMeta {
            name: Some(wanted.user_name.to_string()),
            namespace: Some(wanted.key.namespace.to_string()),
            labels: Some(labels.map(|(key, value)| (key.to_owned(), value.to_owned())).into()),
            annotations: Some([(annotation::INJECTED_FOR.to_owned(), workload.to_string())].into()),
            owner_references: Some(vec![OwnerReference {
                api_version: workload.kind.api_version().to_owned(),
                kind: workload.kind.as_str().to_owned(),
                name: workload.name.to_string(),
                uid: wanted.workload_uid.to_owned(),
                controller: Some(false),
                block_owner_deletion: Some(false),
            }]),
            ..ObjectMeta::default()
        },
        spec: KafkaUserSpec {
            cluster: ClusterReference::to(wanted.cluster),
            grants: wanted.injection.grants(),
            acls: Vec::new(),
            quotas: None,
            secret_name: Some(wanted.secret_name.to_string()),
            rotate: None,
        },
        status: None,
    }
}

/// Whether an object says everything that `wanted` says. What people added, quotas or a rotation, is theirs.
pub(super) fn says(found: &KafkaUser, wanted: &KafkaUser) -> bool {
    let owners = found.owner_references();
    found.spec.cluster == wanted.spec.cluster
        && found.spec.grants == wanted.spec.grants
        && found.spec.secret_name == wanted.spec.secret_name
        && wanted.labels().iter().all(|(key, value)| found.labels().get(key) == Some(value))
        && wanted.annotations().iter().all(|(key, value)| found.annotations().get(key) == Some(value))
        && wanted.owner_references().iter().all(|owner| owners.contains(owner))
}

/// The object as it is applied to one that is there already. An empty list is sent too: left out, the grants that were
/// there when it was created would stay.
pub(super) fn manifest(user: &KafkaUser, uid: &str) -> Value {
    json!({
        "apiVersion": KafkaUser::api_version(&()),
        "kind": KafkaUser::kind(&()),
        "metadata": {
            "name": user.metadata.name,
            "namespace": user.metadata.namespace,
            "uid": uid,
            "labels": user.metadata.labels,
            "annotations": user.metadata.annotations,
            "ownerReferences": user.metadata.owner_references,
        },
        "spec": {
            "cluster": user.spec.cluster,
            "grants": user.spec.grants,
            "secretName": user.spec.secret_name,
        },
    })
}
