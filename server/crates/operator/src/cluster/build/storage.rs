use super::{Blueprint, Node, labels};
use k8s_openapi::{
    api::core::v1::{PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements},
    apimachinery::pkg::api::resource::Quantity,
};
use klamm_resources::{PoolStorage, managed, names::label};
use std::collections::BTreeMap;

/// The claim of a node's volume; none where storage is ephemeral. An existing claim keeps its size and class: neither
/// can be changed by writing another one.
pub(super) fn claim(
    blueprint: &Blueprint<'_>,
    node: &Node<'_>,
    existing: Option<&PersistentVolumeClaim>,
) -> Option<PersistentVolumeClaim> {
    let (size, class, keep) = match &node.pool.storage {
        PoolStorage::Persistent { size, class, keep_on_delete, .. } => (size, class, *keep_on_delete),
        PoolStorage::Ephemeral { .. } => return None,
    };
    let name = managed::claim(blueprint.cluster.name.as_str(), node.pool.name.as_str(), node.id);
    let mut metadata = if keep {
        labels::kept(name, blueprint.cluster)
    } else {
        labels::owned(name, blueprint.cluster, blueprint.owner)
    };
    metadata.labels.get_or_insert_default().extend([
        (label::POOL.to_owned(), node.pool.name.to_string()),
        (label::NODE_ID.to_owned(), node.id.to_string()),
    ]);
    metadata.annotations =
        Some(BTreeMap::from([(labels::CLUSTER_ID.to_owned(), blueprint.identity.cluster_id.clone())]));
    let current = existing.and_then(|claim| claim.spec.as_ref());
    let current_size = current
        .and_then(|spec| spec.resources.as_ref())
        .and_then(|resources| resources.requests.as_ref())
        .and_then(|requests| requests.get("storage").cloned());
    let class = match current {
        Some(current) => current.storage_class_name.clone(),
        None => class.clone(),
    };
    Some(PersistentVolumeClaim {
        metadata,
        spec: Some(PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: class,
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([(
                    "storage".to_owned(),
                    current_size.unwrap_or_else(|| Quantity(size.clone())),
                )])),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        status: None,
    })
}
