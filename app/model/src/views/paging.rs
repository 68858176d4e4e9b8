use crate::InvalidName;
use serde::{Deserialize, Serialize};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// How many there are after filtering, on all pages.
    pub total: u64,
    /// Where the next page begins; null on the last.
    pub next_cursor: Option<String>,
}

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SortOrder {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// Items a page has when nobody says otherwise.
const DEFAULT_LIMIT: u32 = 50;
/// Items a page may have at most.
const MAX_LIMIT: u32 = 1000;

/// The number of items wanted, or why that number is refused.
pub fn checked_limit(limit: Option<u32>) -> Result<usize, InvalidName> {
    match limit.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit as usize),
        limit => Err(InvalidName { kind: "limit", value: limit.to_string(), rule: "a whole number from 1 to 1000" }),
    }
}

/// What topics can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TopicSort {
    /// By name.
    #[default]
    Name,
    /// By number of partitions.
    Partitions,
    /// By bytes of all replicas.
    SizeBytes,
    /// By records per second.
    RecordsPerSecond,
    /// By bytes per second that producers append.
    BytesInPerSecond,
    /// By bytes per second that consumers fetch.
    BytesOutPerSecond,
    /// By records that are kept.
    Records,
    /// By how many groups read them.
    GroupCount,
    /// By when records were last written.
    LastWriteAt,
    /// By how many bytes they grow in a day.
    GrowthBytesPerDay,
    /// Worst first when descending.
    Health,
}

/// Which part of a list of topics is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageRequest {
    /// Keep names that contain this, ignoring case.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// Keep topics whose name, team or declaring object contains this, ignoring case: those that the search over
    /// everything counts.
    pub about: Option<String>,
    /// Keep topics of this team.
    pub team: Option<String>,
    /// Show internal topics too.
    pub internal: bool,
    /// What to sort by.
    pub sort: TopicSort,
    /// Which way.
    pub order: SortOrder,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
