//! Which object declares which topic, and whose namespace that is.

use futures::StreamExt;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace as NamespaceObject};
use klamm_model::{ClusterRef, Inventory, Namespace, ObjectName, Owner, OwnerKind, TeamName, TopicName};
use klamm_resources::{KafkaTopic, names::annotation};
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{WatchStreamExt, reflector, reflector::Store, watcher},
};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, fmt::Debug, hash::Hash, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Caches of the objects that declare topics, kept by watches.
#[derive(Clone)]
pub(crate) struct Owners {
    client: Client,
    topics: Store<KafkaTopic>,
    namespaces: Store<NamespaceObject>,
    config_maps: watch::Sender<BTreeMap<Namespace, Store<ConfigMap>>>,
    stop: CancellationToken,
}

/// Who declares a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    created: String,
    owner: Owner,
}

impl Owners {
    /// Begins watching.
    pub(crate) fn start(client: &Client, stop: &CancellationToken) -> Self {
        let all = watcher::Config::default();
        Self {
            client: client.clone(),
            topics: keep(Api::all(client.clone()), all.clone(), stop),
            namespaces: keep(Api::all(client.clone()), all, stop),
            config_maps: watch::Sender::new(BTreeMap::new()),
            stop: stop.clone(),
        }
    }

    /// Also watches the ConfigMaps of these namespaces: those of a cluster and its tenants.
    pub(crate) fn watch_namespaces(&self, namespaces: impl IntoIterator<Item = Namespace>) {
        for namespace in namespaces {
            if !self.config_maps.borrow().contains_key(&namespace) {
                let api = Api::namespaced(self.client.clone(), namespace.as_str());
                let labelled = watcher::Config::default().labels("config=kafka-topic");
                let store = keep(api, labelled, &self.stop);
                self.config_maps.send_modify(|stores| {
                    stores.insert(namespace, store);
                });
            }
        }
    }

    /// Writes owner and team into every topic of the inventory. The oldest claim wins, as it does for the operator.
    pub(crate) fn fill(&self, cluster: &ClusterRef, inventory: &mut Inventory) {
        let claims = self.claims(cluster);
        for topic in &mut inventory.topics {
            topic.owner = claims.get(&topic.name).map(|claim| claim.owner.clone());
            topic.team = topic.owner.as_ref().and_then(|owner| self.team(&owner.namespace));
        }
    }

    /// The team that a namespace belongs to, as it says itself.
    pub(crate) fn team(&self, namespace: &Namespace) -> Option<TeamName> {
        let object = self.namespaces.get(&reflector::ObjectRef::new(namespace.as_str()))?;
        object.annotations().get(annotation::TEAM)?.parse().ok()
    }

    fn claims(&self, cluster: &ClusterRef) -> BTreeMap<TopicName, Claim> {
        let mut claims = BTreeMap::new();
        for topic in self.topics.state() {
            let Some(own) = topic.namespace().and_then(|namespace| namespace.parse::<Namespace>().ok()) else {
                continue;
            };
            let of_this_cluster = topic.spec.cluster.resolve(&own).is_ok_and(|named| &named == cluster);
            let name = topic.spec.topic_name.clone().unwrap_or_else(|| topic.name_any());
            if of_this_cluster {
                insert(&mut claims, &name, OwnerKind::KafkaTopic, &*topic);
            }
        }
        let stores: Vec<Store<ConfigMap>> = self.config_maps.borrow().values().cloned().collect();
        for config_map in stores.iter().flat_map(Store::state) {
            // The operator records the binding on the object, so that there is one place that decides it.
            let bound = config_map.annotations().get(annotation::CLUSTER).and_then(|text| text.parse().ok());
            if bound.as_ref() == Some(cluster) {
                let named = config_map.data.as_ref().and_then(|data| data.get("name")).cloned();
                let name = named.unwrap_or_else(|| config_map.name_any());
                insert(&mut claims, name.trim(), OwnerKind::ConfigMap, &*config_map);
            }
        }
        claims
    }
}

fn insert<K: Resource>(claims: &mut BTreeMap<TopicName, Claim>, name: &str, kind: OwnerKind, object: &K) {
    let parsed =
        (name.parse(), object.namespace().map(|n| n.parse::<Namespace>()), object.name_any().parse::<ObjectName>());
    let (Ok(topic), Some(Ok(namespace)), Ok(name)) = parsed else { return };
    let created = object.meta().creation_timestamp.as_ref().map(|time| time.0.to_string()).unwrap_or_default();
    let claim = Claim { created, owner: Owner { kind, namespace, name } };
    let older = claims.get(&topic).is_none_or(|standing| claim.created < standing.created);
    if older {
        claims.insert(topic, claim);
    }
}

/// A cache kept by a watch until `stop`; a watch that breaks is begun again with growing pauses.
pub(crate) fn keep<K>(api: Api<K>, config: watcher::Config, stop: &CancellationToken) -> Store<K>
where
    K: Resource + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    K::DynamicType: Default + Eq + Hash + Clone + Send + Sync,
{
    let (store, writer) = reflector::store();
    let stream = reflector(writer, watcher(api, config).default_backoff()).take_until(stop.clone().cancelled_owned());
    tokio::spawn(async move {
        let mut stream = std::pin::pin!(stream);
        while let Some(event) = stream.next().await {
            if let Err(error) = event {
                tracing::debug!(error = %error, "a watch broke and begins again");
            }
        }
    });
    store
}

/// Waits until a cache has been filled for the first time, at most ten seconds.
pub(crate) async fn filled<K>(store: &Store<K>)
where
    K: Resource + Clone + 'static,
    K::DynamicType: Eq + Hash + Clone,
{
    if tokio::time::timeout(Duration::from_secs(10), store.wait_until_ready()).await.is_err() {
        tracing::debug!("a cache is still empty after 10 s; going on without it");
    }
}
