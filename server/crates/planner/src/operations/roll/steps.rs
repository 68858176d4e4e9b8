//! What is left of a roll as people read it, and how long it will take.

use super::super::{Act, Door, Life, Next, Pace, Step, StepKind, StepState};
use super::Roll;
use klamm_model::{BrokerId, Known};
use std::collections::BTreeSet;

/// What is left, in order.
pub(super) fn steps(roll: &Roll<'_>, order: &[BrokerId], unsettled: &BTreeSet<BrokerId>, next: &Next) -> Vec<Step> {
    if matches!(next, Next::Done) {
        return Vec::new();
    }
    let step = |kind, target: String, reason: &str, state| Step {
        kind,
        target,
        reason: reason.to_owned(),
        state,
        door: Door::Open,
    };
    let mut steps = Vec::new();
    for id in unsettled {
        let Some(node) = roll.node(*id) else { continue };
        let reason = "has to be in sync, to lead again, and to stay well for a while";
        steps.push(step(StepKind::WaitFor, node.called(*id), reason, StepState::Running));
    }
    let leader = roll.scene.quorum.value().and_then(|quorum| quorum.leader);
    for id in order {
        let (Some(node), Some(why)) = (roll.node(*id), roll.left.get(id)) else { continue };
        let reason = if roll.is_down(*id) {
            format!("{why}; is down, so that nothing is taken from anybody")
        } else if leader == Some(*id) {
            format!("{why}; active controller, therefore last")
        } else {
            why.clone()
        };
        let is_being_taken = matches!(next, Next::Act(Act::Replace(now)) if now == id) || node.life == Life::Ending;
        let state = if is_being_taken { StepState::Running } else { StepState::Planned };
        steps.push(step(StepKind::RestartBroker, node.called(*id), &reason, state));
    }
    let state = if order.is_empty() { StepState::Running } else { StepState::Planned };
    steps.push(step(StepKind::WaitFor, EVERYTHING.to_owned(), "in sync and led where it is preferred", state));
    steps
}

/// The target of the last step.
const EVERYTHING: &str = "every partition";

/// Seconds until it is done if nothing holds it back, from restarts as they were measured, each with its soak.
pub(super) fn eta(
    roll: &Roll<'_>,
    order: &[BrokerId],
    unsettled: &BTreeSet<BrokerId>,
    next: &Next,
    pace: &Pace,
) -> Known<u64> {
    if matches!(next, Next::Done) {
        return Known::Known(0);
    }
    let measured = u64::try_from(pace.restarts.len()).unwrap_or(u64::MAX);
    let mean = pace.restarts.values().sum::<u64>().checked_div(measured);
    let restart = |id: &BrokerId| pace.restarts.get(id).copied().or(mean);
    let rest = |id: &BrokerId| {
        let node = roll.node(*id)?;
        match (&node.life, roll.soaked_at(node)) {
            (Life::Ready, Some(until)) => Some(roll.scene.now.seconds_until(until)),
            (Life::Absent | Life::Ending | Life::Starting | Life::Recovering | Life::Ready | Life::Stuck(_), _) => {
                let gone = node.born.value().map_or(0, |born| born.seconds_until(roll.scene.now));
                restart(id).map(|all| all.saturating_sub(gone))
            }
        }
    };
    // Nodes that are on their way back are so at the same time, and those that are left one after the other.
    let coming: Option<Vec<u64>> = unsettled.iter().map(rest).collect();
    let left: Option<Vec<u64>> = order.iter().map(restart).collect();
    let sum = coming
        .zip(left)
        .map(|(coming, left)| left.into_iter().fold(coming.into_iter().max().unwrap_or(0), u64::saturating_add));
    sum.into()
}
