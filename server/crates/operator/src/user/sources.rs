//! Where users and grants come from. A watch that breaks is started again; an object that cannot be read stops nobody
//! else.

use super::{
    object::{Declared, UserKey},
    room::Room,
};
use crate::runtime::chain;
use futures::StreamExt;
use klamm_model::ClusterRef;
use klamm_resources::{KafkaGrant, KafkaUser, ValidatedGrant};
use kube::{
    Api, Resource,
    core::DeserializeGuard,
    runtime::{WatchStreamExt, watcher},
};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

/// Watches KafkaUsers until the room is left.
pub(super) async fn watch_users(room: Arc<Room>) {
    let api: Api<DeserializeGuard<KafkaUser>> = Api::all(room.context.client.clone());
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
                tracing::warn!(error = chain(&error), "the watch on KafkaUsers broke; it is started again");
            }
            Some(Ok(watcher::Event::Init)) => listed.clear(),
            Some(Ok(watcher::Event::InitApply(object) | watcher::Event::Apply(object))) => {
                if let Some(declared) = Declared::read(object) {
                    listed.insert(declared.key.clone());
                    room.seen(declared);
                }
            }
            Some(Ok(watcher::Event::InitDone)) => room.listed(&std::mem::take(&mut listed)),
            Some(Ok(watcher::Event::Delete(object))) => {
                if let Some(key) = key_of(&object) {
                    room.gone(&key);
                }
            }
        }
    }
}

/// Watches KafkaGrants until the room is left.
pub(super) async fn watch_grants(room: Arc<Room>) {
    let api: Api<DeserializeGuard<KafkaGrant>> = Api::all(room.context.client.clone());
    let mut events = watcher(api, watcher::Config::default()).default_backoff().boxed();
    let mut fresh = BTreeMap::new();
    loop {
        let event = tokio::select! {
            () = room.stop.cancelled() => return,
            event = events.next() => event,
        };
        match event {
            None => return,
            Some(Err(error)) => {
                tracing::warn!(error = chain(&error), "the watch on KafkaGrants broke; it is started again");
            }
            Some(Ok(watcher::Event::Init)) => fresh.clear(),
            Some(Ok(watcher::Event::InitApply(object))) => fresh.extend(valid(&object)),
            Some(Ok(watcher::Event::InitDone)) => {
                let all = std::mem::take(&mut fresh);
                room.change_grants(|grants| *grants = all);
            }
            Some(Ok(watcher::Event::Apply(object))) => room.change_grants(|grants| {
                // One that can no longer be read, or is being deleted, grants nothing.
                if let Some(key) = key_of(&object) {
                    grants.remove(&key);
                }
                grants.extend(valid(&object));
            }),
            Some(Ok(watcher::Event::Delete(object))) => room.change_grants(|grants| {
                if let Some(key) = key_of(&object) {
                    grants.remove(&key);
                }
            }),
        }
    }
}

fn valid(object: &DeserializeGuard<KafkaGrant>) -> Option<(UserKey, ValidatedGrant)> {
    let grant = object.0.as_ref().ok().filter(|grant| grant.metadata.deletion_timestamp.is_none())?;
    Some((key_of(object)?, ValidatedGrant::from_resource(grant).ok()?))
}

fn key_of(object: &impl Resource) -> Option<UserKey> {
    let meta = object.meta();
    Some(UserKey { namespace: meta.namespace.as_ref()?.parse().ok()?, name: meta.name.as_ref()?.parse().ok()? })
}

/// Looks again when a cluster's spec or addresses change, or its brokers begin to answer.
pub(super) async fn watch_clusters(room: Arc<Room>) {
    let mut changes = room.context.clusters.changes();
    let mut connections = room.context.connections.changes();
    let mut known: BTreeMap<ClusterRef, Edition> = BTreeMap::new();
    loop {
        changes.mark_unchanged();
        connections.mark_unchanged();
        let editions: BTreeMap<ClusterRef, Edition> = room
            .context
            .clusters
            .all()
            .into_iter()
            .map(|(cluster, object)| {
                let addresses =
                    object.status.as_ref().map(|status| status.bootstrap_servers.clone()).unwrap_or_default();
                (cluster, (object.metadata.generation, addresses))
            })
            .collect();
        if editions != known {
            room.look_at(|belongs| {
                let Some(cluster) = belongs else { return false };
                known.get(cluster) != editions.get(cluster)
            });
            known = editions;
        }
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
            alive = connections.changed() => {
                if alive.is_err() { return }
                room.hurry();
            }
        }
    }
}

/// What of a cluster matters to users: its generation and its addresses.
type Edition = (Option<i64>, BTreeMap<String, String>);
