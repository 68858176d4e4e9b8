//! Votes of founders. One whose directory is lost joins the quorum as an observer: the vote of what is lost is taken from
//! it, and it gets another one. Who is to vote besides is for operations to say.

use super::{
    build::Blueprint,
    identity::Identity,
    labels,
    nodes::Assignment,
    observed::{Answer, QuorumSeen},
    trouble::Trouble,
};
use crate::runtime::Context;
use klamm_kafka::{ClientError, DirectoryId, NewVoter, VoterEndpoint};
use klamm_model::{BrokerId, ClusterRef, PoolName};
use klamm_planner::operations::enlisted;
use klamm_resources::{ClusterReason, ValidatedPool, managed};
use std::collections::BTreeSet;

/// A change of the quorum.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// An observer gets a vote.
    Add(i32, DirectoryId),
    /// A directory that is lost loses it.
    Remove(i32, DirectoryId),
}

/// Makes one change, if one is due: the quorum takes one at a time.
pub(super) async fn enlist(
    context: &Context,
    blueprint: &Blueprint<'_>,
    assignment: &Assignment,
    answer: &Answer,
) -> Result<(), Trouble> {
    let Some(change) = answer.quorum.as_ref().and_then(|quorum| due(blueprint, assignment, quorum)) else {
        return Ok(());
    };
    let Ok(client) = context.connections.get(blueprint.cluster) else { return Ok(()) };
    let (outcome, id) = match change {
        Change::Add(id, directory_id) => {
            let Some(pool) = assignment.nodes.get(&id) else { return Ok(()) };
            (client.add_raft_voter(&candidate(blueprint.cluster, pool, id, directory_id)).await, id)
        }
        Change::Remove(id, directory_id) => (client.remove_raft_voter(BrokerId(id), directory_id).await, id),
    };
    match outcome {
        Ok(()) => {
            tracing::info!(cluster = %blueprint.cluster, node = id, ?change, "the quorum has changed");
            Ok(())
        }
        // It may have been done; the next look shows.
        Err(error) if error.is_transient() => Ok(()),
        Err(error) => Err(refusal(id, &error)),
    }
}

/// A controller as the quorum is told of it.
pub(crate) fn candidate(cluster: &ClusterRef, pool: &PoolName, id: i32, directory_id: DirectoryId) -> NewVoter {
    let endpoint = VoterEndpoint {
        listener: "CONTROLLER".to_owned(),
        host: labels::pod_host(cluster, pool, id),
        port: managed::CONTROLLER_PORT,
    };
    NewVoter { id: BrokerId(id), directory_id, endpoints: vec![endpoint] }
}

fn refusal(id: i32, error: &ClientError) -> Trouble {
    Trouble {
        reason: ClusterReason::Retrying,
        message: format!("controller {id} could not be made a voter: {}", error.explain()),
    }
}

/// What is due, if anything is.
pub(super) fn due(blueprint: &Blueprint<'_>, assignment: &Assignment, quorum: &QuorumSeen) -> Option<Change> {
    assignment.nodes.iter().find_map(|(id, pool)| {
        if !blueprint.pool(pool).is_some_and(ValidatedPool::is_controller) {
            return None;
        }
        let follows_as = *quorum.observers.get(id)?;
        match quorum.voters.get(id) {
            None => founded(blueprint.identity, *id).then_some(Change::Add(*id, follows_as)),
            // It came back with an empty volume: what voted is gone, and stands in the way of what follows now.
            Some(Some(voted_as)) if *voted_as != follows_as => Some(Change::Remove(*id, *voted_as)),
            Some(_) => None,
        }
    })
}

/// Which of these controllers are to vote: who does, who founded the cluster, and whom an operation would give a vote besides. Others
/// follow for good, and nothing is wrong with them. As long as nobody tells who votes, all of them are.
pub(super) fn meant(
    controllers: &BTreeSet<i32>,
    identity: Option<&Identity>,
    quorum: Option<&QuorumSeen>,
) -> BTreeSet<i32> {
    let Some(quorum) = quorum else { return controllers.clone() };
    let (mut meant, others): (BTreeSet<i32>, BTreeSet<i32>) =
        controllers.iter().copied().partition(|id| quorum.voters.contains_key(id));
    let more = enlisted(meant.len(), others.iter().copied().map(BrokerId).collect());
    meant.extend(more.into_iter().map(|id| id.0));
    meant.extend(others.into_iter().filter(|id| identity.is_some_and(|identity| founded(identity, *id))));
    meant
}

/// Whether a controller is one that the cluster was founded with, and is to stay.
fn founded(identity: &Identity, id: i32) -> bool {
    identity.founders.get(&id).is_some_and(|founder| founder.votes && !founder.removed)
}
