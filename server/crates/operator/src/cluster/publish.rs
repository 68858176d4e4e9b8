//! Writes what a look came to, and says when to look again.

use super::conditions;
use crate::runtime::{self, Context, chain};
use klamm_resources::{ConditionType, KafkaCluster, KafkaClusterStatus, condition, holds};
use kube::{Api, Resource, ResourceExt};
use std::time::Duration;

/// While something is under way that Kubernetes does not tell about, such as a broker catching up.
const SOON: Duration = Duration::from_secs(1);
/// While something is wrong that only time or somebody else can change.
const LATER: Duration = Duration::from_secs(5);
/// While all is well: brokers are asked whether that is still so.
const CALM: Duration = Duration::from_secs(10);
/// What a look came to.
pub(super) struct Outcome {
    pub(super) again: Duration,
    /// For the log.
    pub(super) problem: Option<String>,
}

/// Writes the status if it changed, with the Events it is worth, and says when to look again.
pub(super) async fn publish(
    context: &Context,
    object: &KafkaCluster,
    previous: &KafkaClusterStatus,
    status: KafkaClusterStatus,
    has_problems: bool,
) -> Outcome {
    let reference = object.object_ref(&());
    let mut again = if has_problems { LATER } else { CALM };
    if !holds(&status.conditions, ConditionType::Ready) && !has_problems {
        again = SOON;
    }
    if status != *previous {
        for news in conditions::news(previous, &status) {
            if news.is_warning {
                context.events.warning(&reference, &news.reason, "Reconcile", &news.note).await;
            } else {
                context.events.normal(&reference, &news.reason, "Reconcile", &news.note).await;
            }
        }
        let namespace = object.namespace().unwrap_or_default();
        let api: Api<KafkaCluster> = Api::namespaced(context.client.clone(), &namespace);
        match runtime::apply_status(&api, &reference, &status).await {
            Ok(()) => {}
            // Deleted meanwhile, and perhaps made anew: then there is another object to look at.
            Err(error) if runtime::is_not_found(&error) || runtime::is_conflict(&error) => {}
            Err(error) => {
                tracing::warn!(cluster = object.name_any(), error = chain(&error), "could not write the status");
                again = LATER;
            }
        }
    }
    let problem = condition(&status.conditions, ConditionType::Degraded).map(|degraded| degraded.message.clone());
    Outcome { again, problem }
}
