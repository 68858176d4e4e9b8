//! Controllers that came after the quorum was founded join it as observers. Once they follow, they are made voters.

use super::{build::Blueprint, labels, nodes::Assignment, observed::Answer, trouble::Trouble};
use crate::runtime::Context;
use klamm_kafka::{ClientError, NewVoter, VoterEndpoint};
use klamm_model::BrokerId;
use klamm_resources::{ClusterReason, ValidatedPool, managed};

/// Makes one observer a voter, if one is waiting: the quorum takes one change at a time.
pub(super) async fn enlist(
    context: &Context,
    blueprint: &Blueprint<'_>,
    assignment: &Assignment,
    answer: &Answer,
) -> Result<(), Trouble> {
    let Some(voter) = next_voter(blueprint, assignment, answer) else { return Ok(()) };
    let Ok(client) = context.connections.get(blueprint.cluster) else { return Ok(()) };
    let id = voter.id;
    match client.add_raft_voter(&voter).await {
        Ok(()) => {
            tracing::info!(cluster = %blueprint.cluster, node = id.0, "a controller votes now");
            Ok(())
        }
        // It may have been done; the next look shows.
        Err(error) if error.is_transient() => Ok(()),
        Err(error) => Err(refusal(id, &error)),
    }
}

fn refusal(id: BrokerId, error: &ClientError) -> Trouble {
    Trouble {
        reason: ClusterReason::Retrying,
        message: format!("controller {id} could not be made a voter: {}", error.explain()),
    }
}

fn next_voter(blueprint: &Blueprint<'_>, assignment: &Assignment, answer: &Answer) -> Option<NewVoter> {
    let quorum = answer.quorum.as_ref()?;
    assignment.nodes.iter().find_map(|(id, pool)| {
        let is_controller = blueprint.pool(pool).is_some_and(ValidatedPool::is_controller);
        if !is_controller || quorum.voters.contains(id) {
            return None;
        }
        Some(NewVoter {
            id: BrokerId(*id),
            directory_id: *quorum.observers.get(id)?,
            endpoints: vec![VoterEndpoint {
                listener: "CONTROLLER".to_owned(),
                host: labels::pod_host(blueprint.cluster, pool, *id),
                port: managed::CONTROLLER_PORT,
            }],
        })
    })
}
