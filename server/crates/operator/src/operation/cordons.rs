//! What operations that are over have left in Kafka. Brokers that were emptied get no new replicas for as long as the operation that
//! emptied them is kept, until replicas are spread over all brokers again, or until they are gone.

use super::{
    gather::{self, Hold, OperationError, Version},
    line::is_over,
    ours::Own,
    pass::Stage,
    rates,
};
use klamm_model::BrokerId;
use klamm_resources::{BrokerStatus, KafkaOperation, OperationKind};
use std::collections::BTreeSet;

/// Gives free what nobody wants to keep any more. What cannot be reached now is tried again.
pub(super) async fn free(
    stage: &Stage<'_>,
    operations: &[KafkaOperation],
    first: Option<&KafkaOperation>,
) -> Result<(), OperationError> {
    if stage.object.spec.paused {
        return Ok(());
    }
    for operation in operations.iter().filter(|operation| is_over(operation)) {
        match free_of(stage, operation, first).await {
            // Somebody has just changed it: it is looked at again.
            Ok(()) | Err(OperationError::Overtaken(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn free_of(
    stage: &Stage<'_>,
    operation: &KafkaOperation,
    first: Option<&KafkaOperation>,
) -> Result<(), OperationError> {
    let Some(status) = &operation.status else { return Ok(()) };
    let mut own = Own::read(&status.ours);
    let is_deleted = operation.metadata.deletion_timestamp.is_some();
    let gives_free = is_deleted || first.is_some_and(spreads) || are_gone(&own.cordoned, &stage.previous.brokers);
    if !gives_free && own.limit.is_none() {
        return Ok(());
    }
    let version = Version::of(operation);
    if !own.is_nothing() {
        gather::stands(stage.context, stage.cluster, operation, &version).await?;
    }
    if let Some(limit) = own.limit.take() {
        own.limit = rates::tidy(stage, operation, limit).await;
    }
    if gives_free && !own.cordoned.is_empty() {
        let freed = uncordon(stage, &own.cordoned).await;
        own.cordoned.retain(|broker| !freed.contains(broker));
    }
    let mut written = status.clone();
    written.ours = own.write();
    gather::write_status(stage.context, stage.cluster, operation, &version, status, &written).await?;
    if own.is_nothing() {
        gather::hold(stage.context, stage.cluster, operation, &version, Hold::Release).await?;
    }
    Ok(())
}

/// Whether an operation spreads replicas over all brokers, those that were emptied included. One that says how many replicas there are
/// to be moves nothing else.
pub(super) fn spreads(operation: &KafkaOperation) -> bool {
    let spec = &operation.spec;
    spec.kind == OperationKind::Rebalance && spec.replication_factor.is_none() && !spec.paused
}

/// Whether nothing is left of any broker that was emptied. As long as nobody has said who is there, they may be.
pub(super) fn are_gone(cordoned: &BTreeSet<BrokerId>, there: &[BrokerStatus]) -> bool {
    let is_gone = |broker: &BrokerId| there.iter().all(|one| one.id != broker.0);
    !cordoned.is_empty() && !there.is_empty() && cordoned.iter().all(is_gone)
}

async fn uncordon(stage: &Stage<'_>, cordoned: &BTreeSet<BrokerId>) -> BTreeSet<BrokerId> {
    let is_there = |broker: &BrokerId| stage.previous.brokers.iter().any(|there| there.id == broker.0);
    let (there, mut freed): (BTreeSet<BrokerId>, BTreeSet<BrokerId>) = cordoned.iter().copied().partition(is_there);
    let Ok(client) = stage.context.connections.get(stage.cluster) else { return freed };
    for broker in there {
        match client.uncordon(broker).await {
            Ok(_) => drop(freed.insert(broker)),
            Err(error) => {
                tracing::warn!(cluster = %stage.cluster, %broker, error = error.explain(), "a broker is still cordoned");
            }
        }
    }
    freed
}
