//! Rates that are left of limits on replication: of brokers that did not answer when the limit was taken away. Without lists they slow
//! down nobody, but they would count for whoever limits these brokers next. Operations do not wait for them: they stay written down,
//! and are taken away once their brokers serve again, or let go with brokers that are gone.

use super::{ours::Limit, pass::Stage};
use klamm_model::BrokerId;
use klamm_resources::{BrokerStatus, KafkaOperation, NodeState};
use kube::ResourceExt;
use std::{collections::BTreeSet, time::Duration};

/// How long one look may wait for these brokers; the next look comes soon.
const PATIENCE: Duration = Duration::from_secs(3);

/// What of them stays for now, after an operation that is over.
pub(super) async fn tidy(stage: &Stage<'_>, operation: &KafkaOperation, limit: Limit) -> Option<Limit> {
    let there = &stage.previous.brokers;
    let mut left = of_those_there(limit, there)?;
    let serves = |broker: BrokerId| there.iter().any(|one| one.id == broker.0 && one.state == NodeState::Running);
    if (!left.set.replicas.is_empty() || left.set.limited().into_iter().any(serves))
        && let Ok(client) = stage.context.connections.get(stage.cluster)
    {
        let taken = client.with_timeout(PATIENCE).remove_throttle(&left.set).await;
        match taken {
            Ok(taken) if taken.left.is_empty() => return None,
            Ok(taken) => left = Limit::spent(taken.left),
            Err(error) => {
                tracing::debug!(cluster = %stage.cluster, error = error.explain(), "a limit on replication could not be taken away");
            }
        }
    }
    if operation.metadata.deletion_timestamp.is_some() && left.set.replicas.is_empty() {
        let brokers: Vec<String> = left.set.limited().iter().map(ToString::to_string).collect();
        let (operation, brokers) = (operation.name_any(), brokers.join(", "));
        tracing::warn!(cluster = %stage.cluster, operation, brokers, "a deleted operation leaves limits on replication with brokers that do not answer");
        return None;
    }
    Some(left)
}

/// Without those of brokers that are gone. As long as nobody has said who is there, they may be.
pub(super) fn of_those_there(limit: Limit, there: &[BrokerStatus]) -> Option<Limit> {
    if there.is_empty() {
        return Some(limit);
    }
    let is_gone = |broker: &BrokerId| there.iter().all(|one| one.id != broker.0);
    let gone: BTreeSet<BrokerId> = limit.set.limited().into_iter().filter(is_gone).collect();
    limit.without(&gone)
}
