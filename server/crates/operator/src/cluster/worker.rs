//! One task for each cluster: woken by changes of its declaration and of its pods, and by time. Clusters do not wait for
//! each other.

use super::{
    labels,
    reconcile::{Memory, reconcile},
};
use crate::runtime::{Context, chain};
use futures::StreamExt;
use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::Pod};
use klamm_model::ClusterRef;
use klamm_resources::{KafkaCluster, KafkaOperation};
use kube::{
    Api, Resource, ResourceExt,
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, fmt::Debug, sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;

/// Changes come in flocks: one look for all of them.
const FLOCK: Duration = Duration::from_millis(100);
/// A look that panicked is not repeated at once.
const AFTER_PANIC: Duration = Duration::from_secs(5);

/// Reconciles every declared cluster until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let mut changes = context.clusters.changes();
    tokio::select! {
        () = stop.cancelled() => return,
        () = context.clusters.listed() => {}
    }
    let mut workers: BTreeMap<ClusterRef, Worker> = BTreeMap::new();
    let mut tasks: JoinSet<ClusterRef> = JoinSet::new();
    loop {
        changes.mark_unchanged();
        let clusters = context.clusters.all();
        workers.retain(|cluster, worker| {
            let is_there = clusters.get(cluster).is_some_and(|object| object.metadata.uid == worker.uid);
            if !is_there {
                worker.stop.cancel();
            }
            is_there
        });
        for (cluster, object) in &clusters {
            if let Some(worker) = workers.get_mut(cluster) {
                worker.see(object);
            } else {
                let worker = Worker::start(&context, cluster, object, &stop, &mut tasks);
                workers.insert(cluster.clone(), worker);
            }
        }
        tokio::select! {
            () = stop.cancelled() => break,
            _ = changes.changed() => {}
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => match ended {
                Ok(cluster) => {
                    if !context.clusters.all().contains_key(&cluster) {
                        context.connections.forget(&cluster).await;
                        context.metrics.forget(&cluster);
                    }
                }
                Err(error) => {
                    tracing::error!(error = chain(&error), "a look at a cluster panicked; it is repeated");
                    workers.retain(|_, worker| !worker.task.is_finished());
                    tokio::time::sleep(AFTER_PANIC).await;
                }
            },
        }
    }
    while tasks.join_next().await.is_some() {}
}

struct Worker {
    uid: Option<String>,
    seen: Fingerprint,
    wake: Arc<Notify>,
    stop: CancellationToken,
    task: tokio::task::AbortHandle,
}

/// What of a `KafkaCluster` people change. Its status is not among it: we write that ourselves.
#[derive(PartialEq)]
struct Fingerprint {
    generation: Option<i64>,
    is_deleted: bool,
}

impl Fingerprint {
    fn of(object: &KafkaCluster) -> Self {
        Self { generation: object.metadata.generation, is_deleted: object.metadata.deletion_timestamp.is_some() }
    }
}

impl Worker {
    fn start(
        context: &Arc<Context>,
        cluster: &ClusterRef,
        object: &KafkaCluster,
        stop: &CancellationToken,
        tasks: &mut JoinSet<ClusterRef>,
    ) -> Self {
        let wake = Arc::new(Notify::new());
        let stop = stop.child_token();
        let task = tasks.spawn(tend(Arc::clone(context), cluster.clone(), Arc::clone(&wake), stop.clone()));
        Self { uid: object.metadata.uid.clone(), seen: Fingerprint::of(object), wake, stop, task }
    }

    fn see(&mut self, object: &KafkaCluster) {
        let seen = Fingerprint::of(object);
        if seen != self.seen {
            self.seen = seen;
            self.wake.notify_one();
        }
    }
}

async fn tend(context: Arc<Context>, cluster: ClusterRef, wake: Arc<Notify>, stop: CancellationToken) -> ClusterRef {
    let watches = async {
        tokio::join!(
            watch::<Pod>(&context, &cluster, &wake),
            watch::<StatefulSet>(&context, &cluster, &wake),
            watch_operations(&context, &cluster, &wake),
        )
    };
    let looks = async {
        let mut memory = Memory::default();
        loop {
            let began = Instant::now();
            let again = reconcile(&context, &cluster, &mut memory).await.min(context.options.resync);
            context.metrics.looked_at(&cluster, began.elapsed());
            let _ = tokio::time::timeout(again, wake.notified()).await;
            tokio::time::sleep(FLOCK).await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        _ = watches => {}
        () = looks => {}
    }
    cluster
}

/// Wakes the cluster's worker at every change of its objects of one kind. Never ends. Only metadata is sent: that there
/// was a change is all it takes.
async fn watch<K>(context: &Context, cluster: &ClusterRef, wake: &Notify)
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>
        + Clone
        + DeserializeOwned
        + Debug
        + Send
        + 'static,
{
    let api: Api<PartialObjectMeta<K>> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let config = watcher::Config::default().labels(&labels::query(cluster));
    let mut events = watcher(api, config).default_backoff().boxed();
    while let Some(event) = events.next().await {
        match event {
            Ok(_) => wake.notify_one(),
            // The looks meet the same obstacle and say so in the status.
            Err(error) => tracing::debug!(%cluster, error = chain(&error), "a watch broke; it is started again"),
        }
    }
}

/// Wakes the cluster's worker when somebody makes, changes or deletes an operation in its namespace. What is written to
/// their status is our own doing, and no news. Never ends.
async fn watch_operations(context: &Context, cluster: &ClusterRef, wake: &Notify) {
    let api: Api<PartialObjectMeta<KafkaOperation>> =
        Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut seen: BTreeMap<String, (Option<String>, Option<i64>, bool)> = BTreeMap::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => {
                let meta = &object.metadata;
                let state = (meta.uid.clone(), meta.generation, meta.deletion_timestamp.is_some());
                if seen.insert(object.name_any(), state.clone()).as_ref() != Some(&state) {
                    wake.notify_one();
                }
            }
            Ok(watcher::Event::Delete(object)) => {
                seen.remove(&object.name_any());
                wake.notify_one();
            }
            Ok(watcher::Event::Init | watcher::Event::InitDone) => {}
            Err(error) => tracing::debug!(%cluster, error = chain(&error), "a watch broke; it is started again"),
        }
    }
}
