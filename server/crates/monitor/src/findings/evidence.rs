use crate::{Declared, GroupPace, TopicPace};
use klamm_model::{BrokerId, ClusterRef, Inventory, PartitionId, TargetState, TopicDefaults, TopicName, UnixMillis};

use super::{CredentialEnding, TopicDrift};
use std::collections::BTreeMap;

/// What rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence<'a> {
    /// What brokers say.
    pub(crate) inventory: &'a Inventory,
    /// What the `KafkaCluster` says.
    pub(crate) declared: &'a Declared,
    /// Where numbers are read from.
    pub(crate) targets: &'a [TargetState],
    /// How many nodes say that they are the active controller, where somebody measures that.
    pub(crate) active_controllers: Option<f64>,
    /// How groups fare over time.
    pub(crate) groups: &'a [GroupPace],
    /// How topics do, by name.
    pub(crate) topics: &'a [TopicPace],
    /// When volumes will be full.
    pub(crate) forecasts: &'a [VolumeForecast],
    /// Topics that do not fit.
    pub(crate) misfits: &'a [RetentionMisfit],
    /// What of credentials ends soon.
    pub(crate) endings: &'a [CredentialEnding],
    /// Topics that are not as they are declared.
    pub(crate) drifts: &'a [TopicDrift],
    /// Kubernetes nodes that are not ready, by the brokers that do not serve and whose pods stand there.
    pub(crate) unready: &'a BTreeMap<BrokerId, String>,
    /// When reassignments last moved; none when there is none.
    pub(crate) moved_at: Option<UnixMillis>,
    /// When this is.
    pub(crate) now: UnixMillis,
}

impl Evidence<'_> {
    pub(super) fn cluster(&self) -> &ClusterRef {
        &self.inventory.cluster
    }

    pub(super) fn defaults(&self) -> Option<&TopicDefaults> {
        self.inventory.defaults.value()
    }

    /// Whether the operator is at work on the cluster: what it restarts is missed by nobody.
    pub(super) fn is_worked_on(&self) -> bool {
        self.declared.operation.is_some()
    }

    /// Brokers that get a replica of a partition just now; in order.
    pub(super) fn adding(&self, topic: &TopicName, partition: PartitionId) -> &[BrokerId] {
        let moves = self.inventory.reassignments.value().map_or(&[][..], Vec::as_slice);
        let found = moves.binary_search_by(|one| (&one.topic, one.partition).cmp(&(topic, partition)));
        found.ok().and_then(|at| moves.get(at)).map_or(&[], |one| &one.adding)
    }
}

/// When a volume will be full, if it goes on like this.
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeForecast {
    /// Of this broker.
    pub broker: BrokerId,
    /// The path of its log dir.
    pub volume: String,
    /// Days from now.
    pub days: f64,
}

/// A topic whose retention cannot fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionMisfit {
    /// Which topic.
    pub topic: TopicName,
    /// What it would need, in bytes.
    pub needs: u64,
    /// What there is for it.
    pub has: u64,
    /// A retention that fits, in milliseconds, where there is one.
    pub fitting_retention_ms: Option<u64>,
    /// The `segment.ms` that it takes besides, where segments would stay open for too long.
    pub fitting_segment_ms: Option<u64>,
}
