//! Where users come from, and what else makes a look at them worth while: their Secrets, consents, clusters.

use super::{
    object::{Declared, UserKey},
    room::Room,
    secret::{owner, selector},
};
use crate::batch::{Audience, ObjectKey, tenancy, watch};
use k8s_openapi::api::core::v1::Secret;
use klamm_model::{ClusterRef, Namespace};
use klamm_resources::KafkaUser;
use kube::{
    Api,
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::watcher,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

struct Users(Arc<Room>);

impl Audience<DeserializeGuard<KafkaUser>> for Users {
    const WHAT: &'static str = "KafkaUsers";

    fn seen(&self, key: ObjectKey, object: DeserializeGuard<KafkaUser>) {
        self.0.seen(Declared::read(key, object));
    }

    fn gone(&self, key: &ObjectKey) {
        self.0.gone(key);
    }

    fn listed(&self, all: &HashSet<ObjectKey>) {
        self.0.listed(all);
    }
}

/// Watches KafkaUsers until the room is left.
pub(super) async fn watch_users(room: Arc<Room>) {
    // Before all consents are known, nobody can say that one is missing.
    tokio::select! {
        () = room.stop.cancelled() => return,
        () = room.consents.listed() => {}
    }
    let api: Api<DeserializeGuard<KafkaUser>> = Api::all(room.context.client.clone());
    let stop = room.stop.clone();
    watch(api, watcher::Config::default(), &Users(room), &stop).await;
}

/// Looks again at the users of a cluster whose consents changed: what was revoked ends at once.
pub(super) async fn watch_consents(room: Arc<Room>) {
    tokio::select! {
        () = room.stop.cancelled() => return,
        () = room.consents.listed() => {}
    }
    let mut editions = room.consents.editions();
    let mut known = editions.borrow_and_update().clone();
    loop {
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = editions.changed() => if alive.is_err() { return },
        }
        let now = editions.borrow_and_update().clone();
        room.look_at(|belongs| belongs.as_ref().is_some_and(|cluster| known.get(cluster) != now.get(cluster)));
        known = now;
    }
}

/// The Secrets of users in one namespace, as far as they can be known without reading what is in them.
struct Secrets {
    room: Arc<Room>,
    namespace: Namespace,
}

impl Audience<PartialObjectMeta<Secret>> for Secrets {
    const WHAT: &'static str = "Secrets of KafkaUsers";

    fn seen(&self, key: ObjectKey, object: PartialObjectMeta<Secret>) {
        let user = owner(&object.metadata).map(|name| UserKey { namespace: key.namespace.clone(), name });
        if let Some(user) = self.room.secrets.news(&key, user, object.metadata.resource_version.as_deref()) {
            self.room.look_at_one(&user);
        }
    }

    fn gone(&self, key: &ObjectKey) {
        if let Some(user) = self.room.secrets.forget(key) {
            self.room.look_at_one(&user);
        }
    }

    fn listed(&self, all: &HashSet<ObjectKey>) {
        for user in self.room.secrets.keep(&self.namespace, all) {
            self.room.look_at_one(&user);
        }
    }
}

/// Watches Secrets in the namespaces of all clusters until the room is left; namespaces come and go with their clusters'
/// specs.
pub(super) async fn watch_secrets(room: Arc<Room>) {
    let mut changes = room.context.clusters.changes();
    let mut watched: HashMap<Namespace, CancellationToken> = HashMap::new();
    loop {
        changes.mark_unchanged();
        let clusters = room.context.clusters.all();
        let wanted: BTreeSet<Namespace> =
            clusters.iter().flat_map(|(cluster, object)| tenancy(cluster, object).namespaces()).collect();
        watched.retain(|namespace, stop| {
            let keep = wanted.contains(namespace);
            if !keep {
                stop.cancel();
            }
            keep
        });
        for namespace in wanted {
            watched.entry(namespace).or_insert_with_key(|namespace| {
                let stop = room.stop.child_token();
                let secrets = Secrets { room: room.clone(), namespace: namespace.clone() };
                let until = stop.clone();
                room.tasks.spawn(async move {
                    let client = secrets.room.context.client.clone();
                    let api: Api<PartialObjectMeta<Secret>> = Api::namespaced(client, secrets.namespace.as_str());
                    watch(api, watcher::Config::default().labels(&selector()), &secrets, &until).await;
                });
                stop
            });
        }
        tokio::select! {
            () = room.stop.cancelled() => return,
            alive = changes.changed() => if alive.is_err() { return },
        }
    }
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
