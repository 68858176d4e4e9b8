//! The volumes of a pod: where they are, what is in them, and where they are mounted.

mod claims;
mod holder;
mod mounts;
mod payload;
mod pod_volumes;
mod publish;
mod references;
mod tokens;

pub(super) use pod_volumes::PodVolumes;
pub(super) use references::References;

use crate::node::container::env::ConfigProblem;

/// Why a pod's volumes are not ready.
#[derive(Debug, thiserror::Error)]
pub(super) enum VolumeError {
    /// Something the pod refers to is not there, or not known yet.
    #[error("MountVolume.SetUp failed for volume \"{volume}\" : {problem}")]
    Source { volume: String, problem: ConfigProblem },
    #[error("MountVolume.SetUp failed for volume \"{volume}\" : {reason}")]
    Refused { volume: String, reason: String },
    #[error("MountVolume.SetUp failed for volume \"{volume}\"")]
    Files {
        volume: String,
        #[source]
        source: std::io::Error,
    },
    #[error("MountVolume.SetUp failed for volume \"{volume}\" : the API server does not answer as hoped")]
    Api {
        volume: String,
        #[source]
        source: kube::Error,
    },
    #[error("the pod's size-limited volumes cannot be made")]
    Holder(#[source] crate::node::container::launch::LaunchError),
    #[error("the pod's size-limited volumes cannot be made: {0}")]
    HolderEnded(String),
}

impl VolumeError {
    /// Whether this is only a matter of a moment, nothing to tell people about.
    pub(super) fn is_reading(&self) -> bool {
        matches!(self, Self::Source { problem: ConfigProblem::Reading(_), .. })
    }
}
