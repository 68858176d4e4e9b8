//! How safe a cluster is at this moment: what guards look at, for people who watch an operation. Pure.

use super::scene::standing;
use crate::views::topic::is_under_replicated;
use klamm_model::{
    Headroom, Inventory, Known, MinInSync, OperationSafety, OperationWindow, Quorum, QuorumVoter, UnixMillis,
};
use klamm_planner::operations::Voter;
use klamm_resources::{ClusterShape, KafkaCluster, ValidatedCluster, ValidatedRoll};

/// What is known of it. What could not be seen is unknown.
pub(super) fn safety(inventory: &Inventory, cluster: Option<&KafkaCluster>, now: UnixMillis) -> OperationSafety {
    let seen = inventory.observed_at != Known::Unknown;
    let partitions = inventory.topics.iter().flat_map(|topic| &topic.partitions);
    let behind = partitions.filter(|partition| is_under_replicated(partition)).count();
    let roll = cluster.and_then(roll);
    OperationSafety {
        under_replicated: seen.then(|| u64::try_from(behind).unwrap_or(u64::MAX)).into(),
        lowest_headroom: lowest(inventory).into(),
        quorum_caught_up: inventory.quorum.value().and_then(caught_up).into(),
        quorum_voters: inventory.quorum.value().map(|quorum| count(quorum.voters.len())).into(),
        soak_seconds: roll.as_ref().map(|roll| roll.soak.as_secs()).into(),
        window: roll.as_ref().map(|roll| window(roll, now)).into(),
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What the declaration says of operations; none of a cluster that Klamm does not run.
pub(crate) fn roll(cluster: &KafkaCluster) -> Option<ValidatedRoll> {
    match ValidatedCluster::from_resource(cluster).ok()?.shape {
        ClusterShape::Managed(managed) => Some(managed.roll),
        ClusterShape::External(_) => None,
    }
}

/// The partition that is nearest to its minimum, or furthest below it; of several the first.
fn lowest(inventory: &Inventory) -> Option<Headroom> {
    let defaults = inventory.defaults.value();
    let mut lowest: Option<(i64, Headroom)> = None;
    for topic in &inventory.topics {
        let minimum = MinInSync::of(topic);
        for partition in &topic.partitions {
            let Some(leads) = partition.leader.or_else(|| partition.replicas.first().copied()) else { continue };
            let Known::Known(minimum) = minimum.at(defaults, leads) else { continue };
            let in_sync = count(partition.in_sync.len());
            let above = i64::from(in_sync) - i64::from(minimum);
            if lowest.as_ref().is_none_or(|(least, _)| above < *least) {
                let partition = format!("{}-{}", topic.name, partition.id);
                lowest = Some((above, Headroom { partition, in_sync, minimum }));
            }
        }
    }
    lowest.map(|(_, headroom)| headroom)
}

/// How many voters have everything; none while there is an election.
pub(crate) fn caught_up(quorum: &Quorum) -> Option<u32> {
    let leader = quorum.leader?;
    let newest = quorum.voters.iter().find(|voter| voter.id == leader)?.last_caught_up;
    let has_everything = |voter: &&QuorumVoter| standing(voter, Some(leader), newest) == Voter::CaughtUp;
    Some(count(quorum.voters.iter().filter(has_everything).count()))
}

/// Whether steps may begin at this moment, and until when that stays so.
pub(crate) fn window(roll: &ValidatedRoll, now: UnixMillis) -> OperationWindow {
    match (roll.is_open_at(now), roll.turns_at(now)) {
        (true, Some(until)) => OperationWindow::Open { until },
        (false, Some(until)) => OperationWindow::Closed { until },
        (_, None) => OperationWindow::Always,
    }
}
