//! The sandbox's storage class: a volume is a folder under the state folder, on the node the scheduler has chosen.
//!
//! Where the class says so the folder is there for pods of every node, and moves with its pod as a network storage would: all
//! nodes are on one machine. Such a volume looks like NFS, for which Kubernetes itself has nothing to do.
//!
//! The size asked for is what is promised and not what is enforced: all folders share the machine's disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{
    LocalVolumeSource, NFSVolumeSource, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, ObjectReference,
    PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec, VolumeNodeAffinity,
};
use k8s_openapi::api::storage::v1::StorageClass;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, PostParams};
use kube::runtime::{WatchStreamExt as _, watcher};
use kube::{Api, Client, Resource as _, ResourceExt as _};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::events::with_causes;

/// The provisioner's name in storage classes.
const PROVISIONER: &str = "klamm.dev/local-folder";
/// The parameter of storage classes, and its value, with which volumes are reached from every node.
pub(crate) const REACH_EVERYWHERE: (&str, &str) = ("reach", "everywhere");
/// The server of such volumes, which nobody asks: the folder is on this machine.
const HERE: &str = "localhost";
const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// What failed is tried again after this.
const AGAIN: Duration = Duration::from_secs(5);

/// Why a volume could not be made or removed.
#[derive(Debug, thiserror::Error)]
enum ProvisionError {
    #[error("the API server does not answer as hoped")]
    Api(#[from] kube::Error),
    #[error("the folder {} cannot be made or removed", path.display())]
    Folder {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
}

/// Makes and removes volumes until `stop`.
pub async fn provision(client: Client, state_dir: PathBuf, stop: CancellationToken) {
    let work = Provisioner { client, folders: state_dir.join("volumes") };
    tokio::select! {
        () = work.run() => {}
        () = stop.cancelled() => {}
    }
}

struct Provisioner {
    client: Client,
    folders: PathBuf,
}

impl Provisioner {
    async fn run(&self) {
        let claims = Api::<PersistentVolumeClaim>::all(self.client.clone());
        let volumes = Api::<PersistentVolume>::all(self.client.clone());
        let mut claims = pin!(watcher(claims, watcher::Config::default()).default_backoff().applied_objects());
        let mut volumes = pin!(watcher(volumes, watcher::Config::default()).default_backoff().applied_objects());
        let mut again = interval(AGAIN);
        let mut failed_claims: BTreeMap<String, PersistentVolumeClaim> = BTreeMap::new();
        let mut failed_volumes: BTreeMap<String, PersistentVolume> = BTreeMap::new();
        loop {
            let (claims_due, volumes_due) = tokio::select! {
                Some(claim) = claims.next() => (claim.into_iter().collect(), Vec::new()),
                Some(volume) = volumes.next() => (Vec::new(), volume.into_iter().collect()),
                _ = again.tick() => (
                    std::mem::take(&mut failed_claims).into_values().collect(),
                    std::mem::take(&mut failed_volumes).into_values().collect(),
                ),
            };
            for claim in claims_due {
                if let Err(error) = self.make(&claim).await {
                    tracing::warn!(error = with_causes(&error), claim = claim.name_any(), "a volume is not made yet");
                    failed_claims.insert(claim.uid().unwrap_or_default(), claim);
                }
            }
            for volume in volumes_due {
                if let Err(error) = self.remove(&volume).await {
                    tracing::warn!(
                        error = with_causes(&error),
                        volume = volume.name_any(),
                        "a volume is not removed yet"
                    );
                    failed_volumes.insert(volume.uid().unwrap_or_default(), volume);
                }
            }
        }
    }

    async fn make(&self, claim: &PersistentVolumeClaim) -> Result<(), ProvisionError> {
        let Some(spec) = claim.spec.as_ref().filter(|spec| spec.volume_name.as_deref().unwrap_or_default().is_empty())
        else {
            return Ok(());
        };
        let (Some(node), Some(class)) = (claim.annotations().get(SELECTED_NODE), &spec.storage_class_name) else {
            return Ok(());
        };
        if claim.metadata.deletion_timestamp.is_some() {
            return Ok(());
        }
        let Some(class) = Api::<StorageClass>::all(self.client.clone()).get_opt(class).await? else { return Ok(()) };
        if class.provisioner != PROVISIONER {
            return Ok(());
        }
        let volume = describe(claim, &class, node, &self.folders);
        if let Some(path) = folder(&volume) {
            let made =
                fs::create_dir_all(&path).and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o777)));
            made.map_err(|source| ProvisionError::Folder { path, source })?;
        }
        match Api::all(self.client.clone()).create(&PostParams::default(), &volume).await {
            Ok(_) => Ok(()),
            // A moment ago, with the same claim seen twice.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn remove(&self, volume: &PersistentVolume) -> Result<(), ProvisionError> {
        let released = volume.status.as_ref().and_then(|status| status.phase.as_deref()) == Some("Released");
        let ours = volume.annotations().get(PROVISIONED_BY).is_some_and(|by| by == PROVISIONER);
        let policy = volume.spec.as_ref().and_then(|spec| spec.persistent_volume_reclaim_policy.as_deref());
        let leaving = volume.metadata.deletion_timestamp.is_some();
        if !(released && ours && policy == Some("Delete")) || leaving {
            return Ok(());
        }
        if let Some(path) = folder(volume).filter(|path| path.starts_with(&self.folders)) {
            let doomed = path.clone();
            // A great deal of data may lie in there.
            let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(doomed)).await;
            match removed.unwrap_or_else(|error| Err(error.into())) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(ProvisionError::Folder { path, source });
                }
                _ => {}
            }
        }
        match Api::<PersistentVolume>::all(self.client.clone())
            .delete(&volume.name_any(), &DeleteParams::default())
            .await
        {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn folder(volume: &PersistentVolume) -> Option<PathBuf> {
    volume.spec.as_ref().and_then(local_path).map(PathBuf::from)
}

/// Where a volume lies on this machine; none if it is none of ours.
pub(super) fn local_path(spec: &PersistentVolumeSpec) -> Option<&str> {
    let shared = spec.nfs.as_ref().filter(|nfs| nfs.server == HERE).map(|nfs| nfs.path.as_str());
    spec.local.as_ref().map(|local| local.path.as_str()).or(shared)
}

fn describe(claim: &PersistentVolumeClaim, class: &StorageClass, node: &str, folders: &Path) -> PersistentVolume {
    let (namespace, name, uid) =
        (claim.namespace().unwrap_or_default(), claim.name_any(), claim.uid().unwrap_or_default());
    let spec = claim.spec.clone().unwrap_or_default();
    let host = NodeSelectorRequirement {
        key: "kubernetes.io/hostname".to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![node.to_owned()]),
    };
    let (key, everywhere) = REACH_EVERYWHERE;
    let is_shared = class.parameters.as_ref().and_then(|all| all.get(key)).is_some_and(|value| value == everywhere);
    let path = folders.join(format!("{namespace}_{name}_{uid}")).display().to_string();
    let local = || LocalVolumeSource { path: path.clone(), fs_type: None };
    let nfs = || NFSVolumeSource { path: path.clone(), server: HERE.to_owned(), read_only: None };
    let term = NodeSelectorTerm { match_expressions: Some(vec![host]), match_fields: None };
    let wanted_by = ObjectReference { resource_version: None, ..claim.object_ref(&()) };
    PersistentVolume {
        metadata: ObjectMeta {
            name: Some(format!("pvc-{uid}")),
            annotations: Some(BTreeMap::from([(PROVISIONED_BY.to_owned(), PROVISIONER.to_owned())])),
            ..ObjectMeta::default()
        },
        spec: Some(PersistentVolumeSpec {
            access_modes: spec.access_modes,
            capacity: spec.resources.and_then(|resources| resources.requests),
            claim_ref: Some(wanted_by),
            local: (!is_shared).then(local),
            nfs: is_shared.then(nfs),
            node_affinity: (!is_shared)
                .then(|| VolumeNodeAffinity { required: Some(NodeSelector { node_selector_terms: vec![term] }) }),
            persistent_volume_reclaim_policy: class.reclaim_policy.clone(),
            storage_class_name: Some(class.name_any()),
            volume_mode: Some("Filesystem".to_owned()),
            ..PersistentVolumeSpec::default()
        }),
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_volume_says_where_it_is_whose_it_is_and_what_becomes_of_it() {
        let claim = serde_json::from_value(json!({
            "metadata": {"name": "data", "namespace": "kafka", "uid": "u"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "local"},
        }))
        .unwrap();
        let class = serde_json::from_value(json!({
            "metadata": {"name": "local"}, "provisioner": PROVISIONER, "reclaimPolicy": "Retain",
        }))
        .unwrap();
        let volume = serde_json::to_value(describe(&claim, &class, "node-2", Path::new("/state/volumes"))).unwrap();
        assert_eq!(volume["metadata"]["name"], "pvc-u");
        assert_eq!(volume["spec"]["local"]["path"], "/state/volumes/kafka_data_u");
        assert_eq!(volume["spec"]["claimRef"]["uid"], "u");
        assert_eq!(volume["spec"]["capacity"]["storage"], "1Gi");
        assert_eq!(volume["spec"]["persistentVolumeReclaimPolicy"], "Retain");
        let term = &volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0];
        assert_eq!(term["values"], json!(["node-2"]));
    }

    #[test]
    fn a_volume_that_is_reached_from_every_node_is_bound_to_none_and_found_on_this_machine() {
        let claim =
            serde_json::from_value(json!({ "metadata": {"name": "data", "namespace": "kafka", "uid": "u"} })).unwrap();
        let (key, everywhere) = REACH_EVERYWHERE;
        let class = serde_json::from_value(json!({
            "metadata": {"name": "shared"}, "provisioner": PROVISIONER, "parameters": {key: everywhere},
        }))
        .unwrap();
        let volume = describe(&claim, &class, "node-2", Path::new("/state/volumes"));
        let spec = volume.spec.as_ref().unwrap();
        assert!(spec.local.is_none() && spec.node_affinity.is_none(), "{spec:?}");
        assert_eq!(folder(&volume), Some(PathBuf::from("/state/volumes/kafka_data_u")));
        let elsewhere = PersistentVolumeSpec {
            nfs: Some(NFSVolumeSource { server: "files".to_owned(), path: "/x".to_owned(), read_only: None }),
            ..PersistentVolumeSpec::default()
        };
        assert_eq!(local_path(&elsewhere), None, "somebody else's");
    }
}
