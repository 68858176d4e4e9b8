use crate::ClusterRef;
use serde::{Deserialize, Serialize};

/// A part of a cluster's inventory that pages re-read on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Section {
    /// Brokers, topics, partitions, configuration: what exists and where.
    Structure,
    /// Sizes, offsets, rates: what moves all the time.
    Numbers,
    /// What people asked for and decided.
    Requests,
    /// What is wrong with it.
    Findings,
    /// Changes of the whole cluster, and how far they are.
    Operations,
}

/// One event of `/api/v1/events`: this section of this cluster is now at this revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SectionRevision {
    /// The cluster, as `namespace/name` in its parts.
    pub cluster: ClusterRef,
    /// Which part of it changed.
    pub section: Section,
    /// Grows with every change; starts anew with the process.
    pub revision: u64,
}
