//! Names, labels and owner of everything that belongs to one cluster.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::{
    KafkaCluster, managed,
    names::{annotation, label},
};
use kube::Resource;
use std::collections::BTreeMap;

/// On a StatefulSet and its pod: what they were made from, field by field, as JSON of short hashes.
pub(crate) const MADE_FROM: &str = "klamm.dev/made-from";
/// On a StatefulSet and its pod: the Kafka version in it.
pub(crate) const KAFKA_VERSION: &str = klamm_resources::names::annotation::KAFKA_VERSION;
/// On a volume claim: the cluster id of the data in it.
pub(crate) const CLUSTER_ID: &str = "klamm.dev/cluster-id";
/// On a StatefulSet and its pod: hash of what the pod was made from.
pub(crate) const HASH: &str = annotation::HASH;

/// The labels every object of the cluster carries.
pub(crate) fn of_cluster(cluster: &ClusterRef) -> BTreeMap<String, String> {
    BTreeMap::from([
        (label::NAME.to_owned(), label::NAME_KAFKA.to_owned()),
        (label::INSTANCE.to_owned(), cluster.name.to_string()),
        (label::MANAGED_BY.to_owned(), label::MANAGED_BY_KLAMM.to_owned()),
        (label::CLUSTER.to_owned(), cluster.name.to_string()),
    ])
}

/// What selects all pods of the cluster.
pub(crate) fn selector(cluster: &ClusterRef) -> BTreeMap<String, String> {
    BTreeMap::from([(label::CLUSTER.to_owned(), cluster.name.to_string())])
}

/// The same for the API.
pub(crate) fn query(cluster: &ClusterRef) -> String {
    format!("{}={},{}={}", label::CLUSTER, cluster.name, label::MANAGED_BY, label::MANAGED_BY_KLAMM)
}

/// Name and labels of an object that goes when the cluster goes.
pub(crate) fn owned(name: String, cluster: &ClusterRef, owner: &OwnerReference) -> ObjectMeta {
    ObjectMeta { owner_references: Some(vec![owner.clone()]), ..kept(name, cluster) }
}

/// Name and labels of an object that stays when the cluster goes.
pub(crate) fn kept(name: String, cluster: &ClusterRef) -> ObjectMeta {
    ObjectMeta {
        name: Some(name),
        namespace: Some(cluster.namespace.to_string()),
        labels: Some(of_cluster(cluster)),
        ..ObjectMeta::default()
    }
}

/// The owner of a cluster's objects.
pub(crate) fn owner(cluster: &KafkaCluster) -> OwnerReference {
    OwnerReference {
        api_version: KafkaCluster::api_version(&()).into_owned(),
        kind: KafkaCluster::kind(&()).into_owned(),
        name: cluster.metadata.name.clone().unwrap_or_default(),
        uid: cluster.metadata.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: None,
    }
}

/// The name of a node's StatefulSet.
pub(crate) fn node(cluster: &ClusterRef, pool: &PoolName, id: i32) -> String {
    managed::node(cluster.name.as_str(), pool.as_str(), id)
}

/// The name of a node's only pod.
pub(crate) fn pod(cluster: &ClusterRef, pool: &PoolName, id: i32) -> String {
    format!("{}-0", node(cluster, pool, id))
}

/// The host name of a node's pod, the same for the life of the node.
pub(crate) fn pod_host(cluster: &ClusterRef, pool: &PoolName, id: i32) -> String {
    format!("{}.{}.{}.svc", pod(cluster, pool, id), managed::brokers_service(cluster.name.as_str()), cluster.namespace)
}
