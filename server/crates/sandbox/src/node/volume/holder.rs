//! Size-limited volumes: small file systems of their own, so that a full disk is a real one.
//!
//! A container's mounts end with it, but an `emptyDir` belongs to the pod, outlives a container's restarts and may be
//! shared. So one process per pod, which does nothing, holds a mount namespace with these file systems in the pod's
//! folder, and containers are started from inside that namespace. They last as long as the pod does on a running node:
//! like memory, they are empty after the node was down.

use std::path::PathBuf;

use k8s_openapi::api::core::v1::Volume;

use crate::node::container::launch::{self, Launched, Order, StartFrom};
use crate::node::container::sandbox::Privilege;
use crate::node::quantity;
use crate::process::{ProcessId, ProcessRecords, ProcessSignal};

use super::VolumeError;

/// A file system to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SizedFolder {
    pub(super) path: PathBuf,
    pub(super) size: Option<u64>,
}

/// Whether a volume needs a file system of its own, and how large it may grow.
pub(super) fn sized(volume: &Volume, path: PathBuf) -> Result<Option<SizedFolder>, VolumeError> {
    let Some(empty) = &volume.empty_dir else { return Ok(None) };
    let refused = |reason: String| VolumeError::Refused { volume: volume.name.clone(), reason };
    let size = match &empty.size_limit {
        None => None,
        Some(limit) => {
            let bytes = quantity::whole(limit).and_then(|bytes| u64::try_from(bytes).ok());
            Some(bytes.ok_or_else(|| refused(format!("the size limit {} is none", limit.0)))?)
        }
    };
    let size = size.filter(|size| *size > 0);
    let in_memory = empty.medium.as_deref() == Some("Memory");
    Ok((in_memory || size.is_some()).then_some(SizedFolder { path, size }))
}

/// The process that holds them.
#[derive(Debug)]
pub(super) struct Holder {
    launched: Launched,
    process: ProcessId,
}

impl Holder {
    pub(super) async fn start(
        folders: &[SizedFolder],
        records: &ProcessRecords,
        name: &str,
    ) -> Result<Self, VolumeError> {
        let order = Order {
            options: options(folders),
            command: vec!["sleep".to_owned(), "infinity".to_owned()],
            from: StartFrom::Host,
            privilege: Privilege::current(),
            log: None,
            name: format!("{name} (volumes)"),
        };
        let launched = launch::launch(order, records).await.map_err(VolumeError::Holder)?;
        match launched.process {
            Some(process) => Ok(Self { launched, process }),
            None => Err(VolumeError::HolderEnded(format!("{:?}", launched.end.await))),
        }
    }

    pub(super) fn start_from(&self) -> StartFrom {
        StartFrom::Holder(self.process)
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.launched.end.is_finished()
    }

    /// Lets go of the file systems; they are gone with the last container that uses them.
    pub(super) async fn end(self) {
        if let Err(error) = self.process.signal(ProcessSignal::Kill) {
            tracing::warn!(%error, "the process that holds a pod's volumes cannot be ended");
        } else if let Err(error) = self.launched.end.await {
            tracing::debug!(%error, "waiting for the process that holds a pod's volumes");
        }
    }
}

fn options(folders: &[SizedFolder]) -> Vec<u8> {
    let mut words: Vec<String> = ["--die-with-parent", "--dev-bind", "/", "/"].map(str::to_owned).into();
    for folder in folders {
        if let Some(size) = folder.size {
            words.extend(["--size".to_owned(), size.to_string()]);
        }
        words.extend(["--perms", "0777", "--tmpfs"].map(str::to_owned));
        words.push(folder.path.to_string_lossy().into_owned());
    }
    words.into_iter().flat_map(|word| word.into_bytes().into_iter().chain([0])).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_limits_and_memory_need_a_file_system() {
        let sized_as = |empty: serde_json::Value| {
            let volume: Volume = serde_json::from_value(json!({"name": "v", "emptyDir": empty})).unwrap();
            sized(&volume, "/v".into()).map(|sized| sized.map(|sized| sized.size))
        };
        assert_eq!(sized_as(json!({})).unwrap(), None);
        assert_eq!(sized_as(json!({"sizeLimit": "10Mi"})).unwrap(), Some(Some(10 << 20)));
        assert_eq!(sized_as(json!({"medium": "Memory"})).unwrap(), Some(None));
        assert!(sized_as(json!({"sizeLimit": "much"})).is_err());
    }
}
