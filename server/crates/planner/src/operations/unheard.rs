//! Moves that are over, and of whose end brokers have not heard. The controller says at once that nothing is on its way any more; where
//! replicas are brokers say, up to two seconds later. In between a partition seems to have its old and its new replicas for good, which
//! may be more than there are brokers for.

use super::{Replicas, TopicSeen};
use klamm_model::{PartitionId, Reassignment, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// Moves of an operation's own that the controller does not tell any more, and brokers still show; `moving` has the replicas of before.
///
/// As long as a partition moves, its new replicas come first, and those that go come last. So all of before are there, and what is
/// beyond their number is some of them: where somebody else has added a replica for good it is not.
pub fn unheard(
    topics: &BTreeMap<TopicName, TopicSeen>,
    moves: &[Reassignment],
    moving: &Replicas,
) -> Vec<Reassignment> {
    let told: BTreeSet<(&TopicName, PartitionId)> = moves.iter().map(|one| (&one.topic, one.partition)).collect();
    let mut unheard = Vec::new();
    for ((topic, partition), before) in moving.iter().filter(|((topic, id), _)| !told.contains(&(topic, *id))) {
        let Some(seen) = topics.get(topic).and_then(|seen| seen.partitions.get(partition)) else { continue };
        let Some((comes, goes)) = seen.replicas.split_at_checked(before.len()) else { continue };
        let are_all_there = before.iter().all(|broker| seen.replicas.contains(broker));
        if goes.is_empty() || !are_all_there || !goes.iter().all(|broker| before.contains(broker)) {
            continue;
        }
        unheard.push(Reassignment {
            topic: topic.clone(),
            partition: *partition,
            adding: comes.iter().copied().filter(|broker| !before.contains(broker)).collect(),
            removing: goes.into(),
        });
    }
    unheard
}
