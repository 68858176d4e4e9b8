//! What a reset of a group's offsets does, partition by partition.

use crate::{PartitionId, TeamName, TopicName, UnixMillis};
use serde::{Deserialize, Serialize};

/// What a reset of a group's offsets does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffsetsEffect {
    /// How firm it is.
    pub stage: OffsetsStage,
    /// When brokers told what it was made from.
    pub at: UnixMillis,
    /// Partitions by topic and index; of very many the first.
    pub partitions: Vec<OffsetChange>,
    /// How many partitions there are.
    pub total: u32,
    /// Records that are read again, all partitions together.
    pub again: u64,
    /// Records that are skipped.
    pub skipped: u64,
    /// What says the same to Kafka's own tool.
    pub command: String,
}

impl OffsetsEffect {
    /// Partitions that answers tell at most.
    pub const TOLD: usize = 100;

    /// The same, as long as answers tell it.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        self.partitions.truncate(Self::TOLD);
        self
    }
}

/// How firm the new offsets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OffsetsStage {
    /// A dry run: found out anew when it is applied.
    Foreseen,
    /// These are being set, and no others.
    Fixed,
    /// These were set.
    Set,
}

/// Where a group continues with one partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OffsetChange {
    /// Of this topic.
    pub topic: TopicName,
    /// Its index.
    pub partition: PartitionId,
    /// What is committed; null where nothing is.
    pub before: Option<i64>,
    /// What is to be.
    pub after: i64,
    /// Records in between: negative where they are read again, positive where they are skipped; null where nothing was committed.
    pub records: Option<i64>,
}

/// Whether somebody may ask that the offsets of a group are reset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResetOffer {
    /// For this team; null where it is nobody's.
    pub team: Option<TeamName>,
    /// Why not, in a sentence; null where they may.
    pub why_not: Option<String>,
}
