//! Moves that are over, and of whose end brokers have not heard. The controller says at once that nothing is on its way any more; where
//! replicas are brokers say, up to two seconds later. In between a partition seems to have its old and its new replicas for good, which
//! may be more than there are brokers for.

use super::{Replicas, Scene, TopicSeen};
use klamm_model::{BrokerId, PartitionId, Reassignment, TopicName};
use std::collections::{BTreeMap, BTreeSet};

/// What somebody else moves, with the replicas of before: as long as brokers have not heard of its end, the next look counts it as on its
/// way too ([`unheard`]). Where no replica goes, there are no more of them while it moves than afterwards.
pub fn theirs(scene: &Scene, ours: &Replicas) -> Replicas {
    let (Some(topics), Some(moves)) = (scene.topics.value(), scene.moves.value()) else { return Replicas::new() };
    let before = |one: &Reassignment| {
        let place = (one.topic.clone(), one.partition);
        let seen = topics.get(&one.topic)?.partitions.get(&one.partition)?;
        let stays = seen.replicas.iter().copied().filter(|broker| !one.adding.contains(broker));
        let before: Vec<BrokerId> = stays.collect();
        (!one.removing.is_empty() && !ours.contains_key(&place)).then_some((place, before))
    };
    moves.iter().filter_map(before).collect()
}

/// Moves that the controller does not tell any more, and brokers still show; `moving` has the replicas of before.
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
