//! What is left to be set right when an operation is cancelled, or over.

use super::roll::unseen;
use super::{Act, Doubt, Guard, Next, Ours, Replicas, Scene, words};
use klamm_model::{BrokerId, BrokerState, Known, PartitionId, TopicName};
use std::collections::BTreeSet;

/// The one act that comes next, or that nothing is left. Replicas on their way go back first, since nothing else of ours makes sense
/// while they move; then nothing is slowed down any more, and brokers take new replicas again. Last comes the order that replicas
/// had: it harms nobody, may be refused for long, and is not placed on brokers that take none.
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
    if !ours.returning.is_empty() && (scene.topics == Known::Unknown || scene.moves == Known::Unknown) {
        return Next::Wait(vec![unseen(scene, "where replicas are")]);
    }
    let Returned { disordered, led_by_others, unclear } = returned(scene, &ours.returning);
    if !disordered.is_empty() {
        return Next::Act(Act::Restore(disordered));
    }
    if !led_by_others.is_empty() {
        return Next::Act(Act::Elect(led_by_others));
    }
    // It becomes clear once brokers have heard; what is not clear by then somebody else has moved, and that is theirs.
    if !unclear.is_empty() && ours.doubts.contains(&Doubt::Returned) {
        let what = format!("Replicas of {} are not seen where they were.", words::partitions(&unclear));
        return Next::Wait(vec![Guard::Unheard { doubt: Doubt::Returned, what }]);
    }
    Next::Done
}

/// Whether nothing is left to be done for a partition that was called back, and had these replicas before it moved.
pub fn is_back(scene: &Scene, partition: &(TopicName, PartitionId), before: &[BrokerId]) -> bool {
    left(scene, partition, before) == Left::Nothing
}

/// What is left to be done for a partition that was called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Nobody can say as yet.
    Unclear,
    /// Its replicas are those of before, in another order.
    Order,
    /// Another replica leads than the preferred one, which could.
    Leader,
    /// It is as it was; or somebody else has put it elsewhere, and that is theirs.
    Nothing,
}

fn left(scene: &Scene, (topic, id): &(TopicName, PartitionId), before: &[BrokerId]) -> Left {
    let (Known::Known(topics), Known::Known(moves)) = (&scene.topics, &scene.moves) else { return Left::Unclear };
    if moves.iter().any(|one| one.topic == *topic && one.partition == *id) {
        return Left::Unclear;
    }
    let Some(partition) = topics.get(topic).and_then(|seen| seen.partitions.get(id)) else { return Left::Nothing };
    let has_all = before.iter().all(|broker| partition.replicas.contains(broker));
    if has_all && partition.replicas.len() > before.len() {
        // Brokers may not have heard yet that those which were to come do not.
        return Left::Unclear;
    }
    if !has_all || partition.replicas.len() < before.len() {
        return Left::Nothing;
    }
    if partition.replicas != before {
        return Left::Order;
    }
    let serves = |id| scene.nodes.get(&id).is_some_and(|node| node.serving == BrokerState::Running);
    let could_lead = before.first().copied().filter(|first| partition.in_sync.contains(first) && serves(*first));
    match (could_lead, partition.leader) {
        (Some(first), Some(leader)) if leader != first => Left::Leader,
        (Some(_) | None, _) => Left::Nothing,
    }
}

/// What is left of what was called back.
#[derive(Default)]
struct Returned {
    /// Their order is to be that of before. Kafka puts replicas that were to go at the end when a move is called back.
    disordered: Replicas,
    /// They are to be led by their preferred replica again.
    led_by_others: BTreeSet<(TopicName, PartitionId)>,
    unclear: BTreeSet<(TopicName, PartitionId)>,
}

fn returned(scene: &Scene, returning: &Replicas) -> Returned {
    let mut returned = Returned::default();
    for (partition, before) in returning {
        match left(scene, partition, before) {
            Left::Order => drop(returned.disordered.insert(partition.clone(), before.clone())),
            Left::Leader => drop(returned.led_by_others.insert(partition.clone())),
            Left::Unclear => drop(returned.unclear.insert(partition.clone())),
            Left::Nothing => {}
        }
    }
    returned
}
