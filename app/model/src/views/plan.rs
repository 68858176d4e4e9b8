//! Plans of operations as pages and the API show them: what would be done, before anybody asks for it.

use super::{OperationStepView, OperationWait};
use crate::{BrokerId, Known, OperationKind, UnixMillis};
use serde::{Deserialize, Serialize};

/// What an operation would do, were it begun now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    /// What is done.
    pub kind: OperationKind,
    /// The same in a sentence without its end: `Bring demo to Kafka 4.2.1`.
    pub sentence: String,
    /// What would become of it.
    pub outcome: PlanOutcome,
    /// What would be done, in order.
    pub steps: Vec<OperationStepView>,
    /// What would hold back the first step.
    pub waiting_on: Vec<OperationWait>,
    /// What would hold back later ones, as things stand now.
    pub ahead: Vec<OperationWait>,
    /// Why it cannot be done as it is asked.
    pub refusals: Vec<String>,
    /// What people should know and may not mind.
    pub remarks: Vec<String>,
    /// Topics that would be unavailable for a while whatever is done: somebody has to accept it by name.
    pub accept_unavailable: Vec<String>,
    /// Bytes that would be copied.
    pub bytes: Known<u64>,
    /// Partitions whose replicas would move.
    pub partitions: u64,
    /// Seconds until it would probably be done, without what it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_seconds: Option<u64>,
    /// What brokers would have, where replicas move.
    pub brokers: Vec<PlannedBroker>,
    /// When the cluster was last seen.
    pub observed_at: Known<UnixMillis>,
}

/// What would become of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PlanOutcome {
    /// It would begin.
    Begins,
    /// Its first step would wait.
    Waits,
    /// It cannot be done as it is asked.
    Refused,
    /// It is so already.
    Nothing,
}

/// A broker before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedBroker {
    /// Which.
    pub id: BrokerId,
    /// Its rack.
    pub rack: Option<String>,
    /// Whether it stays.
    pub fate: BrokerFate,
    /// Replicas it has.
    pub replicas_before: u64,
    /// Replicas it would have.
    pub replicas_after: u64,
    /// Replicas that lead where that is preferred.
    pub leaders_before: u64,
    /// The same afterwards.
    pub leaders_after: u64,
    /// Bytes of its replicas, as far as they are known.
    pub bytes_before: u64,
    /// The same afterwards.
    pub bytes_after: u64,
}

/// What would become of a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum BrokerFate {
    /// It stays.
    Stays,
    /// It comes.
    Comes,
    /// It goes.
    Goes,
}
