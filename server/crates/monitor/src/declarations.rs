//! What objects in Kubernetes say that pages tell of, kept by watches, so that no page asks Kubernetes.

use crate::{
    findings::TopicDrift,
    objects::{self, GrantObject, OperationObject, TopicObject, UserObject},
    shelf::{Kept, Shelf},
    watching::{Audience, Subject, key, tell},
};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace as NamespaceObject};
use klamm_model::{
    ClusterRef, Inventory, Namespace, ObjectName, Owner, OwnerKind, TeamName, TopicAbout, TopicName, UnixMillis,
};
use klamm_resources::{KafkaGrant, KafkaOperation, KafkaTopic, KafkaUser, ObjectManifest, ValidatedGrant};
use kube::{Api, Client, ResourceExt, core::DeserializeGuard, runtime::watcher};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Which ConfigMaps declare topics.
const DECLARING: &str = "config=kafka-topic";

/// What objects say. Cheap to clone; all clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Declarations {
    topics: Shelf<TopicObject>,
    config_maps: Shelf<TopicObject>,
    teams: Shelf<TeamName>,
    users: Shelf<UserObject>,
    grants: Shelf<GrantObject>,
    operations: Shelf<OperationObject>,
    /// Namespaces whose ConfigMaps are watched.
    watched: Arc<Mutex<BTreeSet<Namespace>>>,
}

impl Declarations {
    /// Begins watching, until `stop`.
    pub(crate) fn start(client: &Client, stop: &CancellationToken) -> Self {
        let all = Self::default();
        tell(everywhere(client, objects::kafka_topic), all.topics.clone(), stop);
        tell(everywhere(client, objects::kafka_user), all.users.clone(), stop);
        tell(everywhere(client, objects::kafka_grant), all.grants.clone(), stop);
        tell(everywhere(client, objects::team), all.teams.clone(), stop);
        tell(everywhere(client, OperationObject::read), all.operations.clone(), stop);
        all
    }

    /// Also watches the ConfigMaps of these namespaces: those of a cluster and its tenants.
    pub(crate) fn watch_namespaces(
        &self,
        client: &Client,
        namespaces: impl IntoIterator<Item = Namespace>,
        stop: &CancellationToken,
    ) {
        for namespace in namespaces {
            let is_new = self.watched.lock().unwrap_or_else(PoisonError::into_inner).insert(namespace.clone());
            if is_new {
                let subject = Subject {
                    api: Api::namespaced(client.clone(), namespace.as_str()),
                    config: watcher::Config::default().labels(DECLARING),
                    within: Some(namespace),
                    read: objects::config_map,
                };
                tell(subject, self.config_maps.clone(), stop);
            }
        }
    }

    /// Grows whenever something changes that pages of this cluster tell.
    pub(crate) fn edition(&self, cluster: &ClusterRef) -> u64 {
        let of_topics = self.topics.edition(cluster) + self.config_maps.edition(cluster);
        of_topics + self.users.edition(cluster) + self.grants.edition(cluster) + self.teams.edition(cluster)
    }

    /// Grows whenever an operation of this cluster changes.
    pub fn operations_edition(&self, cluster: &ClusterRef) -> u64 {
        self.operations.edition(cluster)
    }

    /// Moves when any operation has changed.
    pub(crate) fn operations_news(&self) -> watch::Receiver<()> {
        self.operations.news()
    }

    /// Writes owner and team into every topic of the inventory. The oldest claim wins, as it does for the operator.
    pub(crate) fn fill(&self, cluster: &ClusterRef, inventory: &mut Inventory) {
        let mut claims: BTreeMap<TopicName, Arc<TopicObject>> = BTreeMap::new();
        for (_, claim) in self.topics.of(cluster).into_iter().chain(self.config_maps.of(cluster)) {
            if claims.get(&claim.topic).is_none_or(|standing| claim.created < standing.created) {
                claims.insert(claim.topic.clone(), claim);
            }
        }
        for topic in &mut inventory.topics {
            topic.owner = claims.get(&topic.name).map(|claim| claim.owner.clone());
            topic.team = topic.owner.as_ref().and_then(|owner| self.team(&owner.namespace));
        }
    }

    /// The team of a namespace.
    pub fn team(&self, namespace: &Namespace) -> Option<TeamName> {
        let name: ObjectName = namespace.as_str().parse().ok()?;
        self.teams.get(&(namespace.clone(), name)).map(|team| TeamName::clone(&team))
    }

    /// The namespaces that say that they are a team's, whether a cluster admits them or not.
    pub fn namespaces_of(&self, team: &TeamName) -> BTreeSet<Namespace> {
        self.teams.namespaces(|of| of == team)
    }

    /// The object that declares a topic, as somebody would write it down.
    pub fn manifest(&self, owner: &Owner) -> Option<ObjectManifest> {
        Some(self.topic_object(owner)?.manifest.clone())
    }

    /// What people say of a topic on the object that declares it.
    pub fn about(&self, owner: &Owner) -> Option<TopicAbout> {
        Some(self.topic_object(owner)?.about.clone())
    }

    /// Who wrote what the object that declares a topic says, as a field manager.
    pub fn manager(&self, owner: &Owner) -> Option<String> {
        self.topic_object(owner)?.manager.clone()
    }

    fn topic_object(&self, owner: &Owner) -> Option<Arc<TopicObject>> {
        let kept = match owner.kind {
            OwnerKind::KafkaTopic => &self.topics,
            OwnerKind::ConfigMap => &self.config_maps,
        };
        kept.get(&(owner.namespace.clone(), owner.name.clone()))
    }

    /// A KafkaUser.
    pub fn user(&self, namespace: &Namespace, name: &ObjectName) -> Option<Arc<UserObject>> {
        self.users.get(&(namespace.clone(), name.clone()))
    }

    /// The KafkaUsers of a cluster, by namespace and name.
    pub fn users(&self, cluster: &ClusterRef) -> Vec<((Namespace, ObjectName), Arc<UserObject>)> {
        self.users.of(cluster)
    }

    /// A KafkaGrant, as somebody would write it down.
    pub fn grant_manifest(&self, namespace: &Namespace, name: &ObjectName) -> Option<ObjectManifest> {
        self.grants.get(&(namespace.clone(), name.clone())).map(|object| object.manifest.clone())
    }

    /// Kubernetes' id of an object of this kind.
    pub fn uid(&self, kind: &str, namespace: &Namespace, name: &str) -> Option<String> {
        let key = (namespace.clone(), name.parse().ok()?);
        let uid = match kind {
            "KafkaTopic" => self.topics.get(&key)?.uid.clone(),
            "ConfigMap" => self.config_maps.get(&key)?.uid.clone(),
            "KafkaUser" => return Some(self.users.get(&key)?.told.uid.clone()),
            "KafkaGrant" => self.grants.get(&key)?.uid.clone(),
            _ => return None,
        };
        Some(uid.into())
    }

    /// The operations of a cluster, by name.
    pub fn operations(&self, cluster: &ClusterRef) -> Vec<(ObjectName, Arc<OperationObject>)> {
        self.operations.of(cluster).into_iter().map(|((_, name), operation)| (name, operation)).collect()
    }

    /// One of them.
    pub fn operation(&self, cluster: &ClusterRef, name: &ObjectName) -> Option<Arc<OperationObject>> {
        let kept = self.operations.get(&(cluster.namespace.clone(), name.clone()));
        kept.filter(|operation| operation.cluster == *cluster)
    }

    /// The cluster of the KafkaTopic of that name, if there is one.
    pub fn cluster_of_topic_object(&self, namespace: &Namespace, name: &ObjectName) -> Option<ClusterRef> {
        self.topics.get(&(namespace.clone(), name.clone())).map(|object| object.cluster.clone())
    }

    /// Consents that speak of a topic, by namespace and name. Whether their namespaces own it is for the cluster to say.
    pub fn grants(&self, cluster: &ClusterRef, topic: &TopicName) -> Vec<Arc<ValidatedGrant>> {
        let all = self.grants.of(cluster).into_iter().map(|(_, object)| Arc::clone(&object.grant));
        all.filter(|grant| grant.topics.iter().any(|topics| topics.matches(topic))).collect()
    }
}

/// For whoever looks for what is wrong.
impl Declarations {
    /// Consents that end until then, or have ended.
    pub(crate) fn ending_consents(&self, cluster: &ClusterRef, until: UnixMillis) -> Vec<Arc<ValidatedGrant>> {
        let all = self.grants.of(cluster).into_iter().map(|(_, object)| Arc::clone(&object.grant));
        all.filter(|grant| grant.expires.is_some_and(|at| at <= until)).collect()
    }

    /// Topics that are not as they are declared, and are left so, by name.
    pub(crate) fn drifts(&self, cluster: &ClusterRef) -> Vec<TopicDrift> {
        let all = self.topics.of(cluster).into_iter().chain(self.config_maps.of(cluster));
        let drift = |(_, object): (_, Arc<TopicObject>)| {
            Some(TopicDrift { topic: object.topic.clone(), message: object.drift.clone()?.into_string() })
        };
        let mut drifts: Vec<TopicDrift> = all.filter_map(drift).collect();
        drifts.sort_by(|a, b| a.topic.cmp(&b.topic));
        drifts.dedup_by(|a, b| a.topic == b.topic);
        drifts
    }
}

/// What the watches tell; whoever has no Kubernetes to watch may tell it too.
impl Declarations {
    /// A KafkaTopic is there, or has changed.
    pub fn saw_topic(&self, object: &KafkaTopic) {
        saw(&self.topics, object, objects::kafka_topic);
    }

    /// A ConfigMap that declares a topic.
    pub fn saw_config_map(&self, object: &ConfigMap) {
        saw(&self.config_maps, object, objects::config_map);
    }

    /// A KafkaUser.
    pub fn saw_user(&self, object: &KafkaUser) {
        saw(&self.users, object, objects::kafka_user);
    }

    /// A KafkaGrant.
    pub fn saw_grant(&self, object: &KafkaGrant) {
        saw(&self.grants, object, objects::kafka_grant);
    }

    /// A KafkaOperation.
    pub fn saw_operation(&self, object: &KafkaOperation) {
        saw(&self.operations, object, OperationObject::read);
    }

    /// A namespace.
    pub fn saw_namespace(&self, object: &NamespaceObject) {
        saw(&self.teams, object, objects::team);
    }
}

fn saw<K: ResourceExt, V: Kept>(shelf: &Shelf<V>, object: &K, read: fn(&K) -> Option<V>) {
    if let Some(key) = key(object) {
        shelf.seen(key, read(object));
    }
}

fn everywhere<K, V>(client: &Client, read: fn(&K) -> Option<V>) -> Subject<K, V>
where
    K: kube::Resource,
    K::DynamicType: Default,
{
    let api: Api<DeserializeGuard<K>> = Api::all(client.clone());
    Subject { api, config: watcher::Config::default(), within: None, read }
}

#[cfg(test)]
mod tests;
