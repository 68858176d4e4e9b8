//! Where declarations come from: KafkaTopics everywhere, ConfigMaps in the namespaces that clusters admit. A watch that
//! breaks is started again; an object that cannot be read stops nobody else.

use super::{
    object::{Kind, ObjectKey},
    read,
    room::Room,
};
use crate::{batch::tenancy, runtime::chain};
use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace as KubeNamespace};
use klamm_model::{ClusterRef, Namespace, ObjectName};
use klamm_resources::{KafkaTopic, names::annotation};
use kube::{
    Api, Resource, ResourceExt,
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Labels of the dialects of 2017.
const SELECTORS: [&str; 2] = ["config=kafka-topic", "strimzi.io/kind=topic"];

/// Watches KafkaTopics until `stop`.
pub(super) async fn watch_topics(room: Arc<Room>) {
    let api: Api<DeserializeGuard<KafkaTopic>> = Api::all(room.context.client.clone());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut listed = HashSet::new();
    loop {
        let event = tokio::select! {
            () = room.stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            Some(Err(error)) => {
                tracing::warn!(error = chain(&error), "the watch on KafkaTopics broke; it is started again");
            }
            Some(Ok(watcher::Event::Init)) => listed.clear(),
            Some(Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object))) => {
                if let Some(declared) = read::kafka_topic(object) {
                    listed.insert(declared.key.clone());
                    room.seen(declared);
                }
            }
            Some(Ok(watcher::Event::InitDone)) => {
                room.listed(Kind::KafkaTopic, None, &std::mem::take(&mut listed));
                room.listings.note_topics();
            }
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some(key) = key_of(Kind::KafkaTopic, &object) {
                    room.gone(&key);
                }
            }
        }
    }
}

/// Watches ConfigMaps in the namespaces of all clusters until `stop`; namespaces come and go with their clusters' specs.
pub(super) async fn watch_config_maps(room: Arc<Room>) {
    tokio::select! {
        () = room.stop.cancelled() => return,
        () = room.namespaces_listed() => {}
    }
    let mut changes = room.context.clusters.changes();
    let mut watched: HashMap<Namespace, CancellationToken> = HashMap::new();
    loop {
        changes.mark_unchanged();
        let wanted = namespaces(&room);
        watched.retain(|namespace, stop| {
            let keep = wanted.contains(namespace);
            if !keep {
                stop.cancel();
                room.listings.end(namespace);
                room.listed(Kind::ConfigMap, Some(namespace), &HashSet::new());
            }
            keep
        });
        for namespace in wanted {
            watched.entry(namespace).or_insert_with_key(|namespace| {
                let stop = room.stop.child_token();
                room.listings.begin(namespace.clone());
                let seen = Arc::default();
                for selector in SELECTORS {
                    room.tasks.spawn(watch_config_maps_of(
                        room.clone(),
                        namespace.clone(),
                        selector,
                        Arc::clone(&seen),
                        stop.clone(),
                    ));
                }
                stop
            });
        }
        room.listings.note_namespaces();
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
    }
}

fn namespaces(room: &Room) -> BTreeSet<Namespace> {
    let clusters = room.context.clusters.all();
    clusters.iter().flat_map(|(cluster, object)| tenancy(cluster, object).namespaces()).collect()
}

/// What each of the two watches on a namespace has listed: an object is gone when neither shows it.
type Shown = Arc<std::sync::Mutex<BTreeMap<&'static str, HashSet<ObjectKey>>>>;

async fn watch_config_maps_of(
    room: Arc<Room>,
    namespace: Namespace,
    selector: &'static str,
    shown: Shown,
    stop: CancellationToken,
) {
    let api: Api<ConfigMap> = Api::namespaced(room.context.client.clone(), namespace.as_str());
    let config = watcher::Config::default().labels(selector);
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
                    // What we may not see is not waited for.
                    room.listings.end(&namespace);
                    // The cluster says so, and what to apply.
                    tracing::debug!(%namespace, "no right to watch ConfigMaps in a tenant's namespace");
                } else {
                    tracing::warn!(%namespace, error = chain(&error), "the watch on ConfigMaps broke; it is started again");
                }
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object))) => {
                if let Some(declared) = read::config_map(&object) {
                    fresh.insert(declared.key.clone());
                    room.seen(declared);
                }
            }
            Some(Ok(watcher::Event::InitDone)) => {
                let all = {
                    let mut shown = super::room::lock(&shown);
                    shown.insert(selector, std::mem::take(&mut fresh));
                    // Before both have listed, nobody can say what is gone.
                    (shown.len() == SELECTORS.len()).then(|| shown.values().flatten().cloned().collect::<HashSet<_>>())
                };
                if let Some(all) = all {
                    room.listed(Kind::ConfigMap, Some(&namespace), &all);
                    room.listings.end(&namespace);
                }
            }
            Some(Ok(watcher::Event::Apply(object))) => {
                if let Some(declared) = read::config_map(&object) {
                    super::room::lock(&shown).entry(selector).or_default().insert(declared.key.clone());
                    room.seen(declared);
                }
            }
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some(key) = key_of(Kind::ConfigMap, &object) {
                    let still = {
                        let mut shown = super::room::lock(&shown);
                        shown.entry(selector).or_default().remove(&key);
                        shown.values().any(|keys| keys.contains(&key))
                    };
                    if !still {
                        room.gone(&key);
                    }
                }
            }
        }
    }
}

fn is_forbidden(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::InitialListFailed(error) | watcher::Error::WatchStartFailed(error) => {
            crate::runtime::is_forbidden(error)
        }
        watcher::Error::WatchError(_) | watcher::Error::WatchFailed(_) | watcher::Error::NoResourceVersion => false,
    }
}

/// Keeps what surrounds the objects current: clusters, and what namespaces say about theirs.
pub(super) async fn watch_surroundings(room: Arc<Room>) {
    tokio::join!(watch_clusters(room.clone()), watch_namespaces(room.clone()), watch_connections(room));
}

async fn watch_clusters(room: Arc<Room>) {
    let mut changes = room.context.clusters.changes();
    let mut known: BTreeMap<ClusterRef, Option<i64>> = BTreeMap::new();
    loop {
        changes.mark_unchanged();
        let clusters = room.context.clusters.all();
        let editions: BTreeMap<_, _> =
            clusters.iter().map(|(cluster, object)| (cluster.clone(), object.metadata.generation)).collect();
        if editions != known {
            let moved: Vec<_> = editions
                .iter()
                .filter(|(cluster, edition)| known.get(*cluster) != Some(*edition))
                .map(|(c, _)| c.clone())
                .collect();
            room.surround(|around| around.clusters = clusters);
            for cluster in moved {
                room.audit(&cluster).await;
                room.look_at_cluster(&cluster);
            }
            known = editions;
        }
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
    }
}

async fn watch_connections(room: Arc<Room>) {
    let mut changes = room.context.connections.changes();
    loop {
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
        room.hurry();
    }
}

async fn watch_namespaces(room: Arc<Room>) {
    let api: Api<PartialObjectMeta<KubeNamespace>> = Api::all(room.context.client.clone());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut fresh = HashMap::new();
    loop {
        let event = tokio::select! {
            () = room.stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            Some(Err(error)) => {
                tracing::warn!(error = chain(&error), "the watch on namespaces broke; it is started again");
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object))) => fresh.extend(bound(&object)),
            Some(Ok(watcher::Event::InitDone)) => {
                let all = std::mem::take(&mut fresh);
                room.surround_namespaces(|namespaces| *namespaces = all);
                room.namespaces_are_listed();
            }
            Some(Ok(watcher::Event::Apply(object))) => room.surround_namespaces(|namespaces| {
                if let Ok(name) = Namespace::new(object.name_any()) {
                    namespaces.remove(&name);
                }
                namespaces.extend(bound(&object));
            }),
            Some(Ok(watcher::Event::Delete(object))) => {
                room.surround_namespaces(|namespaces| {
                    if let Ok(name) = Namespace::new(object.name_any()) {
                        namespaces.remove(&name);
                    }
                });
                if let Ok(name) = Namespace::new(object.name_any()) {
                    // Whoever lost the right to watch it before was not told.
                    room.listed(Kind::ConfigMap, Some(&name), &HashSet::new());
                }
                // What could not be looked at in it is gone for certain now.
                room.suspects.hurry();
            }
        }
    }
}

fn bound(object: &impl ResourceExt) -> Option<(Namespace, String)> {
    let cluster = object.annotations().get(annotation::CLUSTER)?.clone();
    Some((Namespace::new(object.name_any()).ok()?, cluster))
}

fn key_of(kind: Kind, object: &impl Resource) -> Option<ObjectKey> {
    let meta = object.meta();
    Some(ObjectKey {
        kind,
        namespace: Namespace::new(meta.namespace.clone()?).ok()?,
        name: ObjectName::new(meta.name.clone()?).ok()?,
    })
}
