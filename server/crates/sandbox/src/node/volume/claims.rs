//! Persistent volume claims: which folder stands behind one.

use std::path::PathBuf;

use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use kube::{Api, Client};

use super::VolumeError;
use crate::node::provision::local_path;

/// The folder of a bound claim.
pub(super) async fn folder(
    client: &Client,
    namespace: &str,
    volume: &str,
    claim: &str,
) -> Result<PathBuf, VolumeError> {
    let api = |source| VolumeError::Api { volume: volume.to_owned(), source };
    let refused = |reason: String| VolumeError::Refused { volume: volume.to_owned(), reason };
    let claims: Api<PersistentVolumeClaim> = Api::namespaced(client.clone(), namespace);
    let found = claims.get_opt(claim).await.map_err(api)?;
    let found = found.ok_or_else(|| refused(format!("persistentvolumeclaim \"{claim}\" not found")))?;
    let phase = found.status.and_then(|status| status.phase).unwrap_or_default();
    let bound = found.spec.and_then(|spec| spec.volume_name).filter(|name| !name.is_empty() && phase == "Bound");
    let name =
        bound.ok_or_else(|| refused(format!("persistentvolumeclaim \"{claim}\" is not bound to a volume yet")))?;
    let volumes: Api<PersistentVolume> = Api::all(client.clone());
    let spec = volumes.get_opt(&name).await.map_err(api)?.and_then(|volume| volume.spec);
    let spec = spec.ok_or_else(|| refused(format!("persistentvolume \"{name}\" not found")))?;
    let path = local_path(&spec).or(spec.host_path.as_ref().map(|path| path.path.as_str()));
    let path = path.ok_or_else(|| refused(format!("persistentvolume \"{name}\" is no local folder")))?;
    let path = PathBuf::from(path);
    if path.is_dir() { Ok(path) } else { Err(refused(format!("the folder {} does not exist", path.display()))) }
}
