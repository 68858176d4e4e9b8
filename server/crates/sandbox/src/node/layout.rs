//! Where a node keeps things in the state folder.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;

/// The paths of one node.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    state_dir: PathBuf,
    node: String,
}

impl Layout {
    pub(super) fn new(state_dir: &Path, node: &str) -> Self {
        Self { state_dir: state_dir.to_owned(), node: node.to_owned() }
    }

    /// One folder per pod of this node, named by uid.
    pub(super) fn pods(&self) -> PathBuf {
        self.state_dir.join("nodes").join(&self.node).join("pods")
    }

    pub(super) fn pod(&self, uid: &str) -> PodLayout {
        PodLayout { folder: self.pods().join(uid) }
    }

    /// The folder of a pod's logs, laid out like a kubelet's.
    pub(super) fn logs(&self, pod: &Pod) -> PathBuf {
        let namespace = pod.namespace().unwrap_or_default();
        let uid = pod.uid().unwrap_or_default();
        self.all_logs().join(format!("{namespace}_{}_{uid}", pod.name_any()))
    }

    pub(super) fn all_logs(&self) -> PathBuf {
        self.state_dir.join("logs").join("pods")
    }
}

/// Where the nodes write down which processes they started.
pub(super) fn process_records(state_dir: &Path) -> PathBuf {
    state_dir.join("nodes").join("processes")
}

/// The paths of one pod.
#[derive(Debug, Clone)]
pub(super) struct PodLayout {
    folder: PathBuf,
}

impl PodLayout {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of a volume that belongs to the pod.
    pub(super) fn volume(&self, name: &str) -> PathBuf {
        self.folder.join("volumes").join(name)
    }

    /// What the node itself shows to the containers: the hosts file.
    pub(super) fn shown(&self) -> PathBuf {
        self.folder.join("node")
    }

    /// Where a container may write its last words.
    pub(super) fn termination_message(&self, container: &str, run: i32) -> PathBuf {
        self.folder.join("containers").join(container).join(format!("{run}.last-words"))
    }
}
