//! Guards and refusals as a status has them: a word for programs, a sentence for people, and what it is about, bounded.

use klamm_model::BrokerId;
use klamm_planner::operations::{Guard, Refusal};
use klamm_resources::{OperationReason, WaitingOn};
use std::collections::BTreeSet;

/// The word for a call that failed and is tried again.
pub(super) const TRIPPED: &str = "Retrying";
/// Reasons that are told at once.
pub(super) const REASONS: usize = 50;
/// Partitions, brokers and topics that one reason names.
const NAMED: usize = 100;

/// A guard, told.
pub(super) fn waiting_on(guard: &Guard) -> WaitingOn {
    let partitions = guard.partitions();
    let topics = match guard {
        Guard::AcceptUnavailable(topics) => topics.iter().take(NAMED).map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    WaitingOn {
        reason: guard.reason().to_owned(),
        message: guard.message(),
        partitions_total: (!partitions.is_empty()).then(|| i64::try_from(partitions.len()).unwrap_or(i64::MAX)),
        partitions: partitions.iter().take(NAMED).map(|(topic, id)| format!("{topic}-{id}")).collect(),
        brokers: guard.brokers().iter().take(NAMED).map(|id| id.0).collect(),
        topics,
    }
}

/// Something else that is waited for, in a sentence alone.
pub(super) fn plain(reason: &str, message: String) -> WaitingOn {
    WaitingOn {
        reason: reason.to_owned(),
        message,
        partitions: Vec::new(),
        partitions_total: None,
        brokers: Vec::new(),
        topics: Vec::new(),
    }
}

/// What a guard is among the reasons of conditions.
pub(super) fn reason(guard: &Guard) -> OperationReason {
    match guard {
        Guard::Paused => OperationReason::Paused,
        Guard::OtherOperation(_) => OperationReason::AnotherRuns,
        Guard::AcceptUnavailable(_) => OperationReason::AcceptUnavailable,
        Guard::WindowClosed(_) => OperationReason::OutsideWindow,
        Guard::Soak(..) | Guard::FinaliseSoak(_) => OperationReason::Soaking,
        Guard::Unseen(_)
        | Guard::NodesAway(_)
        | Guard::NodeStuck(..)
        | Guard::NodeCordoned { .. }
        | Guard::LogRecovery(_)
        | Guard::UnderReplicated { .. }
        | Guard::InSync { .. }
        | Guard::Minimum { .. }
        | Guard::OnlyCopy { .. }
        | Guard::Quorum { .. }
        | Guard::NoController
        | Guard::ForeignMoves(_)
        | Guard::Moving { .. }
        | Guard::Leaders(_)
        | Guard::NotEmpty(..)
        | Guard::NoRoom { .. }
        | Guard::NoLeader { .. }
        | Guard::NotShownYet(_)
        | Guard::Unheard { .. } => OperationReason::GuardBlocked,
    }
}

/// Whether a step is under way, and this is its ordinary course, or something holds it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// It goes on by itself, as it should.
    UnderWay,
    /// Something is in the way.
    HeldBack,
}

/// What a guard means while steps are under way that concern `handled` nodes.
pub(super) fn course(guard: &Guard, handled: &BTreeSet<BrokerId>) -> Course {
    let ours = |nodes: &BTreeSet<BrokerId>| {
        if nodes.is_subset(handled) { Course::UnderWay } else { Course::HeldBack }
    };
    match guard {
        Guard::NodesAway(nodes) => ours(nodes),
        Guard::LogRecovery(node) => ours(&BTreeSet::from([*node])),
        // Of the next node, while the one before is still coming back.
        Guard::InSync { broker, partitions } => {
            let behind = partitions.iter().flat_map(|short| short.behind.iter().copied());
            ours(&behind.filter(|id| id != broker).collect())
        }
        Guard::Minimum { partitions, .. } => {
            ours(&partitions.iter().flat_map(|short| short.behind.iter().copied()).collect())
        }
        Guard::Quorum { behind, .. } => ours(&behind.iter().map(|(id, _)| *id).collect()),
        Guard::NoController if !handled.is_empty() => Course::UnderWay,
        Guard::Soak(..)
        | Guard::UnderReplicated { .. }
        | Guard::Moving { .. }
        | Guard::Leaders(_)
        | Guard::NotEmpty(..)
        | Guard::NotShownYet(_)
        | Guard::Unheard { .. } => Course::UnderWay,
        Guard::Paused
        | Guard::OtherOperation(_)
        | Guard::Unseen(_)
        | Guard::AcceptUnavailable(_)
        | Guard::WindowClosed(_)
        | Guard::NodeStuck(..)
        | Guard::NodeCordoned { .. }
        | Guard::FinaliseSoak(_)
        | Guard::OnlyCopy { .. }
        | Guard::NoController
        | Guard::NoRoom { .. }
        | Guard::NoLeader { .. }
        | Guard::ForeignMoves(_) => Course::HeldBack,
    }
}

/// Why an operation cannot be done, in one text.
pub(super) fn refusals(refusals: &[Refusal]) -> String {
    refusals.iter().map(Refusal::message).collect::<Vec<_>>().join(" ")
}
