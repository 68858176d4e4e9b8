//! How quickly operations of before went, for what others will probably take. Pure.

use klamm_model::{BrokerId, Known, UnixMillis};
use klamm_monitor::OperationObject;
use klamm_planner::operations::{Pace, StepKind};
use klamm_resources::{OperationStep, StepState};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long the last restart of every node took, without the time for which it was watched afterwards; and how quickly replicas were
/// copied last.
pub(super) fn measured(before: &[Arc<OperationObject>], soak: Duration) -> Pace {
    let soak = soak.as_secs();
    let mut last: BTreeMap<BrokerId, (UnixMillis, u64)> = BTreeMap::new();
    for step in before.iter().flat_map(|operation| &operation.status.steps) {
        let Some((node, ended, seconds)) = restart(step) else { continue };
        if last.get(&node).is_none_or(|(at, _)| *at < ended) {
            last.insert(node, (ended, seconds.saturating_sub(soak)));
        }
    }
    Pace {
        restarts: last.into_iter().map(|(node, (_, seconds))| (node, seconds)).collect(),
        bytes_per_second_before: copied(before),
        ..Pace::default()
    }
}

/// Bytes a second in the last operation that moved replicas.
fn copied(before: &[Arc<OperationObject>]) -> Known<u64> {
    let told = before.iter().filter_map(|operation| {
        let bytes = operation.status.lanes?.bytes_per_second?;
        Some((operation.status.started.as_deref().and_then(super::view::moment)?, bytes))
    });
    told.max_by_key(|(started, _)| *started).and_then(|(_, bytes)| u64::try_from(bytes).ok()).into()
}

/// Which node, when it was over, and how long it took; none for anything that is no restart that is over.
fn restart(step: &OperationStep) -> Option<(BrokerId, UnixMillis, u64)> {
    if step.kind != StepKind::RestartBroker.as_str() || step.state != StepState::Done {
        return None;
    }
    // `broker 1`, or `controller 4, once more`.
    let id = step.target.split([' ', ',']).find_map(|word| word.parse().ok())?;
    let at = |text: &Option<String>| super::view::moment(text.as_deref()?);
    let (began, ended) = (at(&step.started_at)?, at(&step.ended_at)?);
    Some((BrokerId(id), ended, began.seconds_until(ended)))
}
