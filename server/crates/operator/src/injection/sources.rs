//! Where workloads come from: a watch for every kind in every namespace that a cluster admits, on metadata only. A watch
//! that breaks is started again; one that is forbidden disturbs no other.

use super::{
    object::{Labelled, WorkloadKey, resource},
    room::Room,
};
use crate::{batch::tenancy, runtime::chain};
use futures::StreamExt;
use klamm_model::Namespace;
use klamm_resources::{
    KafkaUser,
    injection::{COMPONENT, InjectedFor, SELECTOR, WorkloadKind},
    names::label,
};
use kube::{
    Api,
    api::{DynamicObject, ObjectMeta},
    core::PartialObjectMeta,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Watches workloads in the namespaces of all clusters until the room is left; namespaces come and go with the clusters'
/// specs.
pub(super) async fn watch_workloads(room: Arc<Room>) {
    let mut changes = room.context.clusters.changes();
    let mut watched: HashMap<Namespace, CancellationToken> = HashMap::new();
    let mut known = None;
    loop {
        changes.mark_unchanged();
        let clusters = room.context.clusters.all();
        let wanted: BTreeSet<Namespace> =
            clusters.iter().flat_map(|(cluster, object)| tenancy(cluster, object).namespaces()).collect();
        watched.retain(|namespace, stop| {
            let keep = wanted.contains(namespace);
            if !keep {
                stop.cancel();
                room.forget(namespace);
            }
            keep
        });
        for namespace in wanted {
            watched.entry(namespace).or_insert_with_key(|namespace| {
                let stop = room.stop.child_token();
                for kind in WorkloadKind::ALL {
                    room.tasks.spawn(watch_kind(room.clone(), namespace.clone(), kind, stop.clone()));
                }
                stop
            });
        }
        // What a workload means by saying nothing depends on which clusters there are and which is the default.
        let choice: Vec<_> =
            clusters.into_iter().map(|(cluster, object)| (cluster, object.metadata.generation)).collect();
        if known.replace(choice.clone()).is_some_and(|before| before != choice) {
            room.look_at_all();
        }
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
    }
}

async fn watch_kind(room: Arc<Room>, namespace: Namespace, kind: WorkloadKind, stop: CancellationToken) {
    let api: Api<PartialObjectMeta<DynamicObject>> =
        Api::namespaced_with(room.context.client.clone(), namespace.as_str(), &resource(kind));
    let config = watcher::Config::default().labels(SELECTOR);
    let mut events = watcher(api, config).default_backoff().boxed();
    let mut fresh = HashSet::new();
    loop {
        let event = tokio::select! {
            () = stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            Some(Err(error)) => {
                if is_forbidden(&error) {
                    // The cluster says so, and what to apply.
                    tracing::debug!(%namespace, kind = kind.as_str(), "no right to watch workloads in a tenant's namespace");
                } else {
                    tracing::warn!(%namespace, kind = kind.as_str(), error = chain(&error), "the watch on workloads broke; it is started again");
                }
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object))) => {
                if let Some(key) = WorkloadKey::of(kind, &object.metadata) {
                    fresh.insert(key.clone());
                    room.seen(key, Labelled::of(&object.metadata));
                }
            }
            Some(Ok(watcher::Event::InitDone)) => room.listed(&namespace, kind, &std::mem::take(&mut fresh)),
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some(key) = WorkloadKey::of(kind, &object.metadata) {
                    room.gone(key);
                }
            }
        }
    }
}

/// Watches the KafkaUsers that were made for workloads until the room is left.
pub(super) async fn watch_users(room: Arc<Room>) {
    let api: Api<PartialObjectMeta<KafkaUser>> = Api::all(room.context.client.clone());
    let config = watcher::Config::default().labels(&format!("{}={COMPONENT}", label::COMPONENT));
    let mut events = watcher(api, config).default_backoff().boxed();
    let mut fresh = HashSet::new();
    loop {
        let event = tokio::select! {
            () = room.stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            Some(Err(error)) => {
                tracing::warn!(
                    error = chain(&error),
                    "the watch on the KafkaUsers of workloads broke; it is started again"
                );
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object))) => {
                if let Some((key, edition)) = marked(&object.metadata) {
                    fresh.insert(key.clone());
                    room.seen_user(key, edition);
                }
            }
            Some(Ok(watcher::Event::InitDone)) => room.listed_users(&std::mem::take(&mut fresh)),
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some((key, _)) = marked(&object.metadata) {
                    room.gone_user(key);
                }
            }
        }
    }
}

/// Whose it is, and what changes whenever anything but its status does.
fn marked(meta: &ObjectMeta) -> Option<(WorkloadKey, String)> {
    let mark = InjectedFor::of(meta)?;
    let key = WorkloadKey { namespace: meta.namespace.as_ref()?.parse().ok()?, workload: mark.workload };
    let edition = format!(
        "{:?} {:?} {:?} {:?} {:?}",
        meta.uid,
        meta.generation,
        meta.deletion_timestamp.is_some(),
        meta.labels,
        meta.owner_references
    );
    Some((key, edition))
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) => {
            crate::runtime::is_forbidden(error)
        }
        watcher::Error::WatchError(_) | watcher::Error::WatchFailed(_) | watcher::Error::NoResourceVersion => false,
    }
}
