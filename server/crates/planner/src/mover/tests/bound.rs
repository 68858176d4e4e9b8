//! The least that has to be copied, whatever the plan: what the figures of plans stand beside. Naive, and shares no code with the mover.

use super::checker::{Placement, count, is_meant, placement, racks};
use crate::mover::{Goal, Situation, Standing, Target};
use klamm_model::{BrokerId, Known, NamedPartition};

/// The least bytes and the least replicas that any plan copies which comes to as many replicas in each rack as this one.
///
/// Evacuating: what is on those who leave. Otherwise the larger of what has to leave those with too many and what has to come to
/// those with too few, where only the smallest of them are counted; of brokers that joined, at least their share of bytes.
pub(super) fn least(situation: &Situation, goal: &Goal, target: &Target) -> (u64, u64) {
    let before = placement(situation);
    let mut after = before.clone();
    for moved in &target.moves {
        after.get_mut(&moved.partition).unwrap().0.clone_from(&moved.to);
    }
    let leaves = on_leaving(situation, goal, &before);
    if let Goal::Evacuate { .. } = goal {
        return leaves;
    }
    let (mut sheds, mut gets) = (leaves, (0, 0));
    for brokers in racks(situation, goal).values() {
        let total: usize = brokers.iter().map(|id| count(goal, &after, *id)).sum();
        let (most, fewest) = (total.div_ceil(brokers.len()), total / brokers.len());
        let bytes: u64 = brokers.iter().map(|id| volume(&after, *id)).sum();
        for id in brokers {
            let has = count(goal, &before, *id);
            let surplus = smallest(&before, has.saturating_sub(most), |_, replicas| replicas.contains(id));
            sheds = (sheds.0 + surplus.0, sheds.1 + surplus.1);
            let lacks = smallest(&before, fewest.saturating_sub(has), |_, replicas| !replicas.contains(id));
            let share = match goal {
                Goal::Fill { joined } if joined.contains(id) => {
                    (bytes / brokers.len() as u64).saturating_sub(volume(&before, *id))
                }
                Goal::Fill { .. } | Goal::Spread(_) | Goal::Factor(_) | Goal::Place(_) | Goal::Evacuate { .. } => 0,
            };
            gets = (gets.0 + lacks.0.max(share), gets.1 + lacks.1);
        }
    }
    (sheds.0.max(gets.0), sheds.1.max(gets.1))
}

fn on_leaving(situation: &Situation, goal: &Goal, before: &Placement) -> (u64, u64) {
    let leaves = |id: &BrokerId| match goal {
        Goal::Evacuate { leaving } => leaving.contains(id),
        Goal::Spread(_) => situation.brokers.get(id).is_some_and(|broker| broker.standing == Standing::Leaves),
        Goal::Fill { .. } | Goal::Factor(_) | Goal::Place(_) => false,
    };
    let mut sum = (0, 0);
    for (name, (replicas, size)) in before.iter().filter(|(name, _)| is_meant(goal, name)) {
        if super::checker::is_moving(situation, name) {
            continue;
        }
        let leave = replicas.iter().filter(|id| leaves(id)).count() as u64;
        sum = (sum.0 + leave * size.value().copied().unwrap_or(0), sum.1 + leave);
    }
    sum
}

fn smallest(
    before: &Placement,
    count: usize,
    is_possible: impl Fn(&NamedPartition, &[BrokerId]) -> bool,
) -> (u64, u64) {
    let possible = before.iter().filter(|(name, (replicas, _))| is_possible(name, replicas));
    let mut sizes: Vec<u64> = possible.map(|(_, (_, size))| size.value().copied().unwrap_or(0)).collect();
    sizes.sort_unstable();
    (sizes.iter().take(count).sum(), count as u64)
}

fn volume(placement: &Placement, id: BrokerId) -> u64 {
    let here = placement.values().filter(|(replicas, _)| replicas.contains(&id));
    here.map(|(_, size)| match size {
        Known::Known(bytes) => *bytes,
        Known::Unknown => 0,
    })
    .sum()
}

/// What a plan copies: bytes and replicas.
pub(super) fn copied(target: &Target) -> (u64, u64) {
    let replicas = target.moves.iter().map(|moved| moved.adding().count() as u64).sum();
    (target.copied().bytes, replicas)
}
