//! What is left to be set right when an operation is cancelled, or over.

use super::roll::unseen;
use super::{Act, Next, Ours, Scene};
use klamm_model::Known;
use std::collections::BTreeSet;

/// The one act that comes next, or that nothing is left. Replicas on their way go back first, since nothing else of ours
/// makes sense while they move; then nothing is slowed down any more, and brokers take new replicas again.
pub fn cancel(scene: &Scene, ours: &Ours) -> Next {
    if !ours.moving.is_empty() {
        let Known::Known(moves) = &scene.moves else {
            return Next::Wait(vec![unseen(scene, "replicas on their way")]);
        };
        let in_flight = moves.iter().map(|one| (one.topic.clone(), one.partition));
        let back: BTreeSet<_> = in_flight.filter(|partition| ours.moving.contains_key(partition)).collect();
        if !back.is_empty() {
            return Next::Act(Act::CancelMoves(back));
        }
    }
    if let Some(throttle) = &ours.throttle {
        return Next::Act(Act::Unthrottle(throttle.clone()));
    }
    if !ours.cordoned.is_empty() {
        return Next::Act(Act::Uncordon(ours.cordoned.clone()));
    }
    Next::Done
}
