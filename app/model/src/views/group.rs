use super::{ResetOffer, SortOrder};
use crate::{GroupId, GroupKind, GroupMember, Known, PartitionId, Revisions, TopicName, UnixMillis};
use serde::{Deserialize, Serialize};

/// A consumer group in a list: an item of `GET /api/v1/clusters/{namespace}/{name}/groups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupRow {
    /// `group.id`.
    pub id: GroupId,
    /// Which protocol it speaks.
    pub kind: GroupKind,
    /// Its state, in Kafka's words.
    pub state: Known<String>,
    /// How many are in it.
    pub member_count: Known<u32>,
    /// Topics it committed offsets of.
    pub topic_count: Known<u32>,
    /// Partitions it committed offsets of.
    pub partition_count: Known<u32>,
    /// Records it has still to read; unknown when one partition's is, or when it committed nothing.
    pub lag: Known<u64>,
    /// How many seconds ago the record was written that it reads next, of the partition that is furthest behind.
    #[serde(default)]
    pub lag_seconds: Known<u64>,
    /// That it is longer ago than so many seconds, where nobody had begun to watch by then.
    #[serde(default)]
    pub lag_seconds_at_least: Known<u64>,
    /// Where its lag is going.
    #[serde(default)]
    pub trend: Known<LagTrend>,
    /// Since when one of its partitions stands still though there is something to read and somebody who could; null where none
    /// does.
    #[serde(default)]
    pub stuck_since: Known<UnixMillis>,
    /// Since when its members are being arranged; null where they are not.
    #[serde(default)]
    pub rebalancing_since: Known<UnixMillis>,
    /// Names of what the caller may do with it.
    pub allowed_actions: Vec<String>,
}

/// A consumer group: `GET /api/v1/clusters/{namespace}/{name}/groups/{group}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupView {
    /// As in the list, with the totals.
    #[serde(flatten)]
    pub group: GroupRow,
    /// Who is in it.
    pub members: Known<Vec<GroupMember>>,
    /// What it committed, by topic and partition.
    pub partitions: Known<Vec<GroupPartition>>,
    /// Whether the caller may ask that its offsets are reset.
    #[serde(default)]
    pub reset: ResetOffer,
    /// Revisions this was made from.
    pub revisions: Revisions,
}

/// Where the lag of a group is going, in records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LagTrend {
    /// It gets fewer.
    Shrinking,
    /// It stays about as it is.
    Steady,
    /// It gets more.
    Growing,
}

impl LagTrend {
    /// As it is called in addresses, in JSON and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shrinking => "shrinking",
            Self::Steady => "steady",
            Self::Growing => "growing",
        }
    }
}

/// How far a group is with one partition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupPartition {
    /// Of this topic.
    pub topic: TopicName,
    /// Its index.
    pub partition: PartitionId,
    /// The next record the group will read.
    pub committed: i64,
    /// The next offset to be written.
    pub end: Known<i64>,
    /// Records between the two.
    pub lag: Known<u64>,
    /// How many seconds ago the record was written that is read next.
    #[serde(default)]
    pub lag_seconds: Known<u64>,
    /// That it is longer ago than so many seconds, where nobody had begun to watch by then.
    #[serde(default)]
    pub lag_seconds_at_least: Known<u64>,
    /// Records a second that were written over the last minute.
    #[serde(default)]
    pub records_per_second: Known<f64>,
}

/// A group that committed offsets of one topic, with how far it is with that topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopicConsumer {
    /// `group.id`.
    pub id: GroupId,
    /// Its state, in Kafka's words.
    pub state: Known<String>,
    /// How many are in it, for whatever topic.
    pub member_count: Known<u32>,
    /// Partitions of the topic it committed offsets of.
    pub partition_count: u32,
    /// Records of the topic it has still to read.
    pub lag: Known<u64>,
}

/// What groups can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GroupSort {
    /// By id.
    #[default]
    Name,
    /// Those that wait for something first when descending.
    State,
    /// By records still to be read.
    Lag,
    /// By how long ago the record was written that is read next.
    LagSeconds,
    /// By number of members.
    Members,
}

/// Which part of a list of groups is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupsRequest {
    /// Keep ids that contain this, ignoring case.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Keep groups in this state, in Kafka's words ignoring case; `unknown` keeps those nobody could say it of.
    pub state: Option<String>,
    /// Keep groups that committed offsets of this topic.
    pub topic: Option<String>,
    /// Keep groups whose lag is `growing`, `steady` or `shrinking`; `unknown` keeps those nobody could say it of.
    pub trend: Option<String>,
    /// Keep only groups of which a partition stands still.
    pub stuck: bool,
    /// What to sort by.
    pub sort: GroupSort,
    /// Which way.
    pub order: SortOrder,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
