use super::{Context, chain, explain};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::ObjectReference;
use klamm_model::{ClusterRef, Namespace, ObjectName};
use klamm_resources::{ClusterReason, ConditionStatus, ConditionType, ConditionUpdate, KafkaCluster, set_condition};
use kube::{
    Api, Resource, ResourceExt,
    core::{DeserializeGuard, error_boundary::InvalidObject},
    runtime::{WatchStreamExt, watcher},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Every cluster that is declared and can be read.
#[derive(Clone)]
pub(crate) struct ClusterDirectory {
    clusters: Arc<RwLock<BTreeMap<ClusterRef, Arc<KafkaCluster>>>>,
    changes: watch::Sender<u64>,
    listed: watch::Sender<bool>,
}

impl Default for ClusterDirectory {
    fn default() -> Self {
        Self { clusters: Arc::default(), changes: watch::Sender::new(0), listed: watch::Sender::new(false) }
    }
}

impl ClusterDirectory {
    /// The cluster of that name.
    pub(crate) fn get(&self, cluster: &ClusterRef) -> Option<Arc<KafkaCluster>> {
        self.clusters.read().unwrap_or_else(PoisonError::into_inner).get(cluster).cloned()
    }

    /// All clusters there are now.
    pub(crate) fn all(&self) -> BTreeMap<ClusterRef, Arc<KafkaCluster>> {
        self.clusters.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes with every change of any cluster, its status included.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Waits until all clusters there are have been seen once.
    pub(crate) async fn listed(&self) {
        // The sender lives as long as this directory, so waiting cannot fail.
        let _ = self.listed.subscribe().wait_for(|listed| *listed).await;
    }

    fn edit(&self, edit: impl FnOnce(&mut BTreeMap<ClusterRef, Arc<KafkaCluster>>)) {
        edit(&mut self.clusters.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_modify(|count| *count += 1);
    }
}

type Guarded = DeserializeGuard<KafkaCluster>;

/// Keeps the directory current until `stop`. One unreadable object stops nothing: it is told so, and left out.
pub(crate) async fn watch_clusters(context: &Context, stop: CancellationToken) {
    let api: Api<Guarded> = Api::all(context.client.clone());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut fresh = BTreeMap::new();
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.try_next() => event,
        };
        match event {
            Ok(Some(watcher::Event::Init)) => fresh.clear(),
            Ok(Some(watcher::Event::InitApply(object))) => {
                if let Some((reference, cluster)) = read(context, object).await {
                    fresh.insert(reference, cluster);
                }
            }
            Ok(Some(watcher::Event::InitDone)) => {
                let all = std::mem::take(&mut fresh);
                context.clusters.edit(|clusters| *clusters = all);
                context.clusters.listed.send_replace(true);
            }
            Ok(Some(watcher::Event::Apply(object))) => {
                let reference = reference_of(&object);
                let readable = read(context, object).await;
                context.clusters.edit(|clusters| match (readable, reference) {
                    (Some((reference, cluster)), _) => drop(clusters.insert(reference, cluster)),
                    (None, Some(reference)) => drop(clusters.remove(&reference)),
                    (None, None) => {}
                });
            }
            Ok(Some(watcher::Event::Delete(object))) => {
                if let Some(reference) = reference_of(&object) {
                    context.clusters.edit(|clusters| drop(clusters.remove(&reference)));
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(error = chain(&error), "the watch on KafkaClusters broke; it is started again");
            }
        }
    }
}

fn reference_of(object: &impl Resource) -> Option<ClusterRef> {
    let namespace = Namespace::new(object.namespace()?).ok()?;
    let name = ObjectName::new(object.meta().name.clone()?).ok()?;
    Some(ClusterRef { namespace, name })
}

async fn read(context: &Context, object: Guarded) -> Option<(ClusterRef, Arc<KafkaCluster>)> {
    let reference = reference_of(&object)?;
    match object.0 {
        Ok(mut cluster) => {
            // Nobody here reads them, and they are half of the object.
            cluster.managed_fields_mut().clear();
            Some((reference, Arc::new(cluster)))
        }
        Err(invalid) => {
            refuse(context, &reference, &invalid).await;
            None
        }
    }
}

async fn refuse(context: &Context, cluster: &ClusterRef, invalid: &InvalidObject) {
    tracing::warn!(%cluster, error = invalid.error, "a KafkaCluster cannot be read");
    let note = format!("this KafkaCluster cannot be read: {}; correct the field and apply it again", invalid.error);
    let reference = ObjectReference {
        api_version: Some(KafkaCluster::api_version(&()).into_owned()),
        kind: Some(KafkaCluster::kind(&()).into_owned()),
        namespace: Some(cluster.namespace.to_string()),
        name: Some(cluster.name.to_string()),
        uid: invalid.metadata.uid.clone(),
        ..ObjectReference::default()
    };
    let reason = ClusterReason::InvalidSpec.to_string();
    context.events.warning(&reference, &reason, "Read", &note).await;
    let mut conditions = Vec::new();
    let update = ConditionUpdate::new(ConditionType::Ready, ConditionStatus::False, ClusterReason::InvalidSpec, note);
    set_condition(&mut conditions, update, invalid.metadata.generation, jiff::Timestamp::now());
    // Merged and not applied: what else stands in the status stays, since we cannot read it.
    let patch = kube::api::Patch::Merge(json!({ "status": { "conditions": conditions } }));
    let api: Api<Guarded> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    if let Err(error) = api.patch_status(cluster.name.as_str(), &kube::api::PatchParams::default(), &patch).await {
        tracing::warn!(%cluster, error = explain(&error), "could not write the condition of an unreadable KafkaCluster");
    }
}
