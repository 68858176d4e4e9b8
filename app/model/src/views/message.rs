//! Records of a topic as somebody peeks at them.

use crate::{PartitionId, UnixMillis};
use serde::{Deserialize, Serialize};

/// What is asked for. Everything may be left out: the newest records of all partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct MessagesRequest {
    /// Of this partition alone.
    pub partition: Option<i32>,
    /// Where reading begins.
    pub from: MessagesStart,
    /// For [`MessagesStart::Offset`]: the first offset that is wanted, in one partition.
    pub offset: Option<i64>,
    /// For [`MessagesStart::Time`]: records of this moment and later, in milliseconds since 1970.
    pub time: Option<i64>,
    /// How many records, 1 to [`Self::MOST`].
    pub limit: Option<u32>,
    /// Only those whose key or value contain this text.
    pub contains: Option<String>,
    /// Only those whose value is JSON and has something at this place: `$.order.lines[0].sku`.
    pub path: Option<String>,
    /// What has to be there, as text; absent: anything.
    pub equals: Option<String>,
    /// How keys and values are shown; absent: as fits each.
    pub show: Option<MessageForm>,
    /// Bytes of a key or a value that are told, up to [`Self::LONGEST`].
    pub longest: Option<u32>,
    /// Whose records.
    pub isolation: Isolation,
}

impl MessagesRequest {
    /// Records in one answer.
    pub const MOST: u32 = 200;
    /// Records in one answer where nobody says how many.
    pub const USUAL: u32 = 50;
    /// Bytes of a key or value in an answer.
    pub const LONGEST: u32 = 64 * 1024;
    /// Bytes of a key or value where nobody says how many.
    pub const USUAL_LONGEST: u32 = 4 * 1024;
    /// Characters of what is searched for.
    pub const LONGEST_WORDS: usize = 200;
}

/// Where reading begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessagesStart {
    /// At the end, backwards.
    #[default]
    Newest,
    /// At what is still there of the beginning.
    Oldest,
    /// At an offset of one partition.
    Offset,
    /// At a moment.
    Time,
}

/// Whose records are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Isolation {
    /// Those that count: no records of transactions that were aborted, and nothing after the first one that is still open.
    #[default]
    Committed,
    /// All that are replicated, those of open and aborted transactions with them.
    Uncommitted,
}

/// How bytes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageForm {
    /// An object or a list of JSON, indented.
    Json,
    /// Text that can be read.
    Text,
    /// Two digits for every byte.
    Hex,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagesView {
    /// The newest first where reading began at the end, else the oldest.
    pub items: Vec<MessageView>,
    /// Why there are no more.
    pub stopped: Stopped,
    /// In a sentence: how much was looked at, and what ended it.
    pub sentence: String,
    /// Whose records.
    pub isolation: Isolation,
    /// Records that were looked at.
    pub looked: u64,
    /// Bytes that brokers sent.
    pub fetched_bytes: u64,
    /// Records of aborted transactions that were left out.
    pub aborted: u64,
    /// Records that are too large to be looked into for what has to be at a place, and are left out.
    pub too_large: u64,
    /// Partitions, with where they were read.
    pub partitions: Vec<PeekedPartition>,
    /// Batches that could not be read; of many the first.
    pub unreadable: Vec<UnreadablePart>,
    /// How many such batches there were.
    pub unreadable_count: u64,
}

/// Why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Stopped {
    /// There are as many as were asked for.
    Enough,
    /// There is nothing more.
    End,
    /// As many bytes or records were looked at as one question may.
    Budget,
    /// It took as long as one question may.
    Time,
}

/// A partition, with where it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeekedPartition {
    /// Its index.
    pub id: PartitionId,
    /// The first offset that is there; null where nobody could say.
    pub earliest: Option<i64>,
    /// The next one to be written, or to be committed; null where nobody could say.
    pub latest: Option<i64>,
    /// From where it was read; null where it was not.
    pub read_from: Option<i64>,
    /// Up to where, which is not in it.
    pub read_to: Option<i64>,
    /// What went wrong with it.
    pub problem: Option<String>,
}

/// A batch that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnreadablePart {
    /// In this partition.
    pub partition: PartitionId,
    /// Its first offset.
    pub offset: i64,
    /// Why.
    pub reason: String,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Its partition.
    pub partition: PartitionId,
    /// Its place there.
    pub offset: i64,
    /// When it was written; null where nobody said.
    pub timestamp: Option<UnixMillis>,
    /// Whether the broker set that time, as it took the record in.
    pub appended: bool,
    /// Its key; null where it has none.
    pub key: Option<MessagePart>,
    /// Its value; null where it says that its key is gone.
    pub value: Option<MessagePart>,
    /// The first of its headers.
    pub headers: Vec<MessageHeader>,
    /// How many headers it has.
    pub header_count: u64,
    /// Whether it was written in a transaction.
    pub in_transaction: bool,
}

/// What stands beside a value. Names may occur more than once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageHeader {
    /// Its name.
    pub name: String,
    /// Its value; null where it has none.
    pub value: Option<MessagePart>,
}

/// Bytes, shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessagePart {
    /// As what.
    pub form: MessageForm,
    /// The words.
    pub text: String,
    /// How many bytes there are.
    pub size: u64,
    /// Whether they are more than are shown.
    pub cut: bool,
}
