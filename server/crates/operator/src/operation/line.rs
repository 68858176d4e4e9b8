//! Whose turn it is among the operations of a cluster, and which finished ones stay. Pure.

use klamm_resources::{KafkaOperation, OperationPhase};
use kube::ResourceExt;
use std::cmp::Reverse;

/// Finished operations that stay to be read.
const KEPT: usize = 20;

/// Whether nothing more will happen to an operation.
pub(super) fn is_over(operation: &KafkaOperation) -> bool {
    operation.status.as_ref().and_then(|status| status.phase).is_some_and(OperationPhase::is_over)
}

/// Whether its first step was taken.
fn has_begun(operation: &KafkaOperation) -> bool {
    operation.status.as_ref().is_some_and(|status| status.started.is_some())
}

/// Operations that are not over, the one whose turn it is first: one that has begun, else the oldest.
pub(super) fn line(operations: &[KafkaOperation]) -> Vec<&KafkaOperation> {
    let mut open: Vec<&KafkaOperation> = operations.iter().filter(|operation| !is_over(operation)).collect();
    open.sort_by_key(|operation| (Reverse(has_begun(operation)), operation.creation_timestamp(), operation.name_any()));
    open
}

/// Finished operations that are too many, the oldest. Those that keep brokers empty stay as long as those are there: with
/// them the brokers would get replicas again.
pub(super) fn outlived(operations: &[KafkaOperation]) -> Vec<&KafkaOperation> {
    let keeps_empty =
        |operation: &&KafkaOperation| operation.status.as_ref().is_some_and(|status| !status.ours.cordoned.is_empty());
    let is_left = |operation: &&KafkaOperation| is_over(operation) && !keeps_empty(operation);
    let mut over: Vec<&KafkaOperation> = operations.iter().filter(is_left).collect();
    let ended = |operation: &KafkaOperation| operation.status.as_ref().and_then(|status| status.ended.clone());
    over.sort_by_key(|operation| Reverse((ended(operation), operation.creation_timestamp(), operation.name_any())));
    over.split_off(KEPT.min(over.len()))
}
