//! Disks: what brokers said of their log directories, kept small until topics are put together. A large cluster has more
//! replicas than anything else.

use crate::{Client, ClientError, LogDirDescription};
use futures::{StreamExt, stream};
use klamm_model::{BrokerId, LogDir, PartitionId, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Brokers asked at once; each answer is large before it is made small.
const BROKERS: usize = 4;

/// What one broker has on its disks.
#[derive(Debug)]
pub(super) struct Disks {
    pub(super) dirs: Vec<LogDir>,
    /// Whether all disks could be read.
    pub(super) completeness: Completeness,
    /// Bytes of each replica, by the place of its topic among all, in order.
    replicas: Vec<(usize, PartitionId, u64)>,
}

/// Whether what is not listed is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Completeness {
    /// A replica that is not listed has no bytes.
    Complete,
    /// It may lie on a disk that cannot be read.
    Partial,
}

/// Disks of brokers as far as they answered.
pub(super) type DisksByBroker = BTreeMap<BrokerId, Result<Disks, ClientError>>;

impl Disks {
    /// Keeps what concerns topics of these names, which are in order.
    pub(super) fn of(described: &[LogDirDescription], names: &[&TopicName]) -> Self {
        let mut replicas = Vec::new();
        for (topic, sizes) in described.iter().flat_map(|dir| &dir.topics) {
            let Ok(place) = names.binary_search(&topic) else { continue };
            let settled = sizes.iter().filter(|replica| !replica.future);
            replicas.extend(settled.map(|replica| (place, replica.partition, replica.bytes)));
        }
        replicas.sort_unstable();
        replicas.shrink_to_fit();
        let all_read = described.iter().all(|dir| dir.error.is_none());
        Self {
            dirs: described.iter().map(dir).collect(),
            completeness: if all_read { Completeness::Complete } else { Completeness::Partial },
            replicas,
        }
    }

    /// Bytes of a replica, the topic being known by its place.
    pub(super) fn replica(&self, place: usize, partition: PartitionId) -> Option<u64> {
        let found = self.replicas.binary_search_by_key(&(place, partition), |(place, id, _)| (*place, *id)).ok()?;
        self.replicas.get(found).map(|(_, _, bytes)| *bytes)
    }
}

fn dir(dir: &LogDirDescription) -> LogDir {
    LogDir {
        path: dir.path.clone(),
        offline: dir.error.is_some(),
        used_bytes: dir.topics.values().flatten().map(|replica| replica.bytes).sum(),
        total_bytes: dir.total_bytes,
        usable_bytes: dir.usable_bytes,
    }
}

/// Asks these brokers for their disks.
pub(super) async fn ask(client: &Client, brokers: &BTreeSet<BrokerId>, names: &[&TopicName]) -> DisksByBroker {
    let ask = |broker: BrokerId| async move {
        (broker, client.log_dirs_of(broker).await.map(|described| Disks::of(&described, names)))
    };
    stream::iter(brokers.iter().copied().map(ask)).buffer_unordered(BROKERS).collect().await
}
