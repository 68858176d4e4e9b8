//! Operations that no cluster of ours attends to: those in another namespace than their cluster, those of clusters that
//! are not there, and those of clusters whose nodes others run. They are told so, and held back from nothing.

use super::{
    gather::{self, Hold, Version},
    line::is_over,
    ours::Own,
    pass::write,
    status::{Told, Turn},
    words::plain,
};
use crate::runtime::{Context, chain};
use futures::StreamExt;
use jiff::Timestamp;
use klamm_model::{ClusterRef, Namespace};
use klamm_resources::{KafkaOperation, OperationPhase, OperationReason, Reason};
use kube::{
    Api, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use std::{collections::BTreeMap, sync::Arc};
use tokio_util::sync::CancellationToken;

/// Tells strays what is wrong with them, until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    let mut changes = context.clusters.changes();
    let api: Api<KafkaOperation> = Api::all(context.client.clone());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    // By namespace and name: what may become a stray when its cluster goes, or be none when it comes.
    let mut open: BTreeMap<(String, String), KafkaOperation> = BTreeMap::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            event = events.next() => match event {
                Some(Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object))) => {
                    let key = (object.namespace().unwrap_or_default(), object.name_any());
                    tend(&context, &object).await;
                    if is_over(&object) && object.metadata.deletion_timestamp.is_none() {
                        open.remove(&key);
                    } else {
                        open.insert(key, object);
                    }
                }
                Some(Ok(watcher::Event::Delete(object))) => {
                    open.remove(&(object.namespace().unwrap_or_default(), object.name_any()));
                }
                Some(Ok(watcher::Event::Init | watcher::Event::InitDone)) => {}
                Some(Err(error)) => {
                    tracing::debug!(error = chain(&error), "the watch on KafkaOperations broke; it is started again");
                }
                None => return,
            },
            ended = changes.changed() => {
                if ended.is_err() {
                    return;
                }
                for object in open.values() {
                    tend(&context, object).await;
                }
            }
        }
    }
}

/// What is wrong with an operation that nobody attends to.
enum Stray {
    /// It never will be right.
    Wrong(OperationReason, String),
    /// It may still be.
    Early(OperationReason, String),
}

fn stray(context: &Context, operation: &KafkaOperation, namespace: &Namespace) -> Option<Stray> {
    let Ok(cluster) = operation.spec.cluster.resolve(namespace) else {
        let sentence = "spec.cluster does not name a KafkaCluster.".to_owned();
        return Some(Stray::Wrong(OperationReason::InvalidSpec, sentence));
    };
    if cluster.namespace != *namespace {
        let sentence =
            format!("Operations of {cluster} are made in its namespace {}, and this one is not.", cluster.namespace);
        return Some(Stray::Wrong(OperationReason::InvalidSpec, sentence));
    }
    match context.clusters.get(&cluster) {
        None => Some(Stray::Early(OperationReason::ClusterNotFound, format!("There is no KafkaCluster {cluster}."))),
        Some(object) if object.spec.external.is_some() => {
            let sentence = format!("Klamm does not run the nodes of {cluster}, and carries out nothing there.");
            Some(Stray::Wrong(OperationReason::NotSupported, sentence))
        }
        Some(_) => None,
    }
}

async fn tend(context: &Context, operation: &KafkaOperation) {
    let Ok(namespace) = operation.namespace().unwrap_or_default().parse::<Namespace>() else { return };
    let Some(stray) = stray(context, operation, &namespace) else { return };
    // Only the namespace counts for whoever writes.
    let Ok(name) = operation.spec.cluster.name.parse() else { return };
    let place = ClusterRef { namespace, name };
    let version = Version::of(operation);
    if let Err(error) = gather::hold(context, &place, operation, &version, Hold::Release).await {
        tracing::debug!(operation = operation.name_any(), error = chain(&error), "an operation could not be let go");
    }
    if is_over(operation) || operation.metadata.deletion_timestamp.is_some() {
        return;
    }
    let previous = operation.status.clone().unwrap_or_default();
    let turn = match stray {
        Stray::Wrong(reason, sentence) => Turn::Ends(OperationPhase::Failed, reason, sentence),
        Stray::Early(reason, sentence) => Turn::Trips(plain(reason.as_str(), sentence)),
    };
    let told = Told {
        previous: &previous,
        operation,
        cluster_generation: None,
        plan: None,
        turn,
        ours: &Own::read(&previous.ours),
        called: &BTreeMap::new(),
        from: &[],
        now: Timestamp::now(),
    };
    if let Err(error) = write(context, &place, &version, &told).await {
        tracing::debug!(operation = operation.name_any(), error = chain(&error), "an operation could not be told");
    }
}
