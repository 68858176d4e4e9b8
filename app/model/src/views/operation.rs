//! Operations as pages and the API show them.

use crate::{
    BrokerId, Known, ObjectName, OperationKind, OperationPhase, OperationStepState, PersonName, RequestId, SortOrder,
    UnixMillis,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A change of a whole cluster: an item of `GET …/operations`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationView {
    /// The name of its `KafkaOperation`.
    pub name: ObjectName,
    /// What is done.
    pub kind: OperationKind,
    /// How far it is.
    pub phase: OperationPhase,
    /// What is done, in a sentence without its end: `Upgrade demo from 4.1.2 to 4.2.1`.
    pub sentence: String,
    /// What was asked for.
    pub wish: OperationWish,
    /// Of an upgrade: the versions that nodes ran when it began, but for the one to reach.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// What it does, in order.
    pub steps: Vec<OperationStepView>,
    /// Why the next step may not be taken now.
    pub waiting_on: Vec<OperationWait>,
    /// How many reasons there are, those that are not told included.
    pub waiting_total: u64,
    /// What will hold back later steps, as things stand now.
    pub ahead: Vec<OperationWait>,
    /// Seconds until it is probably done, without what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// Bytes that replicas on their way have still to bring.
    pub bytes_left: Known<u64>,
    /// Partitions that have still to be moved.
    pub partitions_left: Known<u64>,
    /// What people should know and may not mind.
    pub remarks: Vec<String>,
    /// What happened, the newest first.
    pub history: Vec<OperationEvent>,
    /// When it was made.
    pub created_at: UnixMillis,
    /// When its first step began.
    pub started_at: Option<UnixMillis>,
    /// When it was over.
    pub ended_at: Option<UnixMillis>,
    /// Whether somebody wants it to stop after the running step.
    pub paused: bool,
    /// Whether somebody wants it to end after the running step.
    pub cancel: bool,
}

impl OperationView {
    /// How many of its steps are behind it, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let is_over = |step: &&OperationStepView| match step.state {
            OperationStepState::Done | OperationStepState::Skipped => true,
            OperationStepState::Planned | OperationStepState::Running | OperationStepState::Failed => false,
        };
        (self.steps.iter().filter(is_over).count(), self.steps.len())
    }
}

/// What was asked for; which fields say something depends on the kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationWish {
    /// The brokers it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub brokers: Vec<BrokerId>,
    /// The topics it is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
    /// The Kafka version to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The metadata version to reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata_version: Option<String>,
    /// The pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// How many nodes it is to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replicas: Option<u32>,
    /// How many replicas the topics are to have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replication_factor: Option<u32>,
    /// Values of the configuration to reach.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
    /// Topics that may be unavailable for a while.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub accept_unavailable: Vec<String>,
}

/// A step of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationStepView {
    /// What is done: `restartBroker`, `movePartitions` …
    pub kind: String,
    /// To what.
    pub target: String,
    /// How far it is.
    pub state: OperationStepState,
    /// Why it is done, or why in this place.
    pub reason: String,
    /// What is crossed with it, where there is no way back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_way: Option<String>,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<UnixMillis>,
    /// When it was over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<UnixMillis>,
}

/// Why a step may not be taken now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationWait {
    /// A word for programs.
    pub reason: String,
    /// A sentence for people.
    pub message: String,
    /// Partitions it is about, as `<topic>-<partition>`.
    pub partitions: Vec<String>,
    /// How many it is about, those that are not named included.
    pub partitions_total: u64,
    /// Brokers it is about.
    pub brokers: Vec<BrokerId>,
    /// Topics that somebody has to accept to be unavailable for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
}

/// Something that happened in an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationEvent {
    /// When.
    pub at: UnixMillis,
    /// What, in a sentence.
    pub message: String,
}

/// An operation on its own page: `GET …/operations/{operation}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationDetail {
    /// As in lists.
    #[serde(flatten)]
    pub operation: OperationView,
    /// Who asked for it by a request; none where somebody changed the object itself.
    pub asked: Option<OperationAsked>,
    /// The version of Kafka to which there is a way back; none where there is none, or where nobody knows.
    pub way_back: Option<String>,
    /// What may be asked for once an upgrade is done.
    pub finalise: Option<FinaliseAhead>,
    /// How safe the cluster is now.
    pub safety: OperationSafety,
}

/// Who asked for an operation, and who agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationAsked {
    /// The request, for those who may see it.
    pub request: Option<RequestId>,
    /// Who asked.
    pub by: PersonName,
    /// Who agreed.
    pub approved_by: Vec<PersonName>,
}

/// Finalising what an upgrade brought: another operation, which is asked for and agreed to by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinaliseAhead {
    /// The metadata version in force.
    pub from: String,
    /// The newest one that the version can do.
    pub to: String,
    /// What is crossed with it, where there is no way back.
    pub one_way: Option<String>,
    /// How long all nodes must have run the version.
    pub soak_seconds: Known<u64>,
}

/// How safe a cluster is: what guards look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationSafety {
    /// Partitions without all of their replicas in sync.
    pub under_replicated: Known<u64>,
    /// The partition that is nearest to its minimum of in-sync replicas.
    pub lowest_headroom: Known<Headroom>,
    /// How many voters of the quorum have everything.
    pub quorum_caught_up: Known<u32>,
    /// How many voters there are.
    pub quorum_voters: Known<u32>,
    /// How long a node must have been well before the next one.
    pub soak_seconds: Known<u64>,
    /// Whether steps may begin.
    pub window: Known<OperationWindow>,
}

/// How far a partition is from its minimum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Headroom {
    /// As `<topic>-<partition>`.
    pub partition: String,
    /// In-sync replicas that it has.
    pub in_sync: u32,
    /// In-sync replicas that it needs.
    pub minimum: u32,
}

/// Whether steps of operations may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "state")]
pub enum OperationWindow {
    /// At every time.
    Always,
    /// Now.
    Open {
        /// Until then.
        until: UnixMillis,
    },
    /// Not now.
    Closed {
        /// Before then.
        until: UnixMillis,
    },
}

/// What operations can be sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum OperationSort {
    /// When they were made; the newest first, where nobody says otherwise.
    #[default]
    CreatedAt,
    /// Alphabetically.
    Name,
}

/// Which part of a cluster's operations is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct OperationsRequest {
    /// Keep those of this kind.
    pub kind: Option<String>,
    /// Keep those in this phase; `open` keeps those that are not over.
    pub phase: Option<String>,
    /// Keep those whose name contains this.
    #[serde(alias = "q")]
    pub search: Option<String>,
    /// What they are sorted by.
    pub sort: OperationSort,
    /// Which end comes first; absent means the newest, or the first of the alphabet.
    pub order: Option<SortOrder>,
    /// 1 to 1000; absent means 50.
    pub limit: Option<u32>,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}
