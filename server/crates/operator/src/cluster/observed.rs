//! What was seen of a cluster: facts, no judgement.

use super::identity::{ClusterCredentials, Identity};
use super::{labels, nodes::KnownNodes};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service},
};
use klamm_kafka::DirectoryId;
use klamm_model::{BrokerState, PoolName};
use klamm_resources::{KafkaClusterStatus, names::label};
use kube::ResourceExt;
use std::collections::{BTreeMap, BTreeSet};

/// What Kubernetes holds of a cluster, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    pub(super) stateful_sets: BTreeMap<String, StatefulSet>,
    pub(super) pods: BTreeMap<String, Pod>,
    pub(super) claims: BTreeMap<String, PersistentVolumeClaim>,
    pub(super) services: BTreeMap<String, Service>,
    pub(super) config_maps: BTreeMap<String, ConfigMap>,
    pub(super) identity: Option<Identity>,
    pub(super) credentials: Kept,
    /// The rack of the Kubernetes node of each bound pod, by pod; an empty one where the node has no such label.
    pub(super) racks: BTreeMap<String, String>,
}

/// The Secrets of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Kept {
    /// None is there.
    #[default]
    Nothing,
    /// Some are there, or lack keys; the names of the others.
    Partly(Vec<String>),
    /// All are there.
    Everything(ClusterCredentials),
}

/// What the brokers say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum KafkaSeen {
    /// There was nobody to ask.
    #[default]
    NotAsked,
    /// Nobody answered; why, in a sentence.
    Silent(String),
    /// They do not let us in; why, in a sentence.
    Refused(String),
    /// They answered.
    Answered(Box<Answer>),
}

/// What the brokers say of their cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) cluster_id: String,
    pub(super) brokers: BTreeMap<i32, BrokerState>,
    pub(super) quorum: Option<QuorumSeen>,
    pub(super) metadata_version: Option<String>,
    pub(super) software: Option<String>,
}

/// What the quorum says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct QuorumSeen {
    pub(super) leader: Option<i32>,
    /// Those who vote, with the id of their metadata directory.
    pub(super) voters: BTreeMap<i32, Option<DirectoryId>>,
    /// Those who only follow, with the id of theirs.
    pub(super) observers: BTreeMap<i32, DirectoryId>,
}

impl QuorumSeen {
    /// Whether a node votes. One that follows beside its own vote lost the directory that voted.
    pub(super) fn votes(&self, id: i32) -> bool {
        self.voters.contains_key(&id) && !self.observers.contains_key(&id)
    }
}

impl Observed {
    /// Every place that remembers node ids, put together.
    pub(super) fn known_nodes(&self, status: Option<&KafkaClusterStatus>) -> KnownNodes {
        let mut known = KnownNodes::default();
        for broker in status.map_or(&[][..], |status| &status.brokers) {
            if let Ok(pool) = PoolName::new(broker.pool.clone()) {
                known.nodes.insert(broker.id, pool);
            }
        }
        if let Some(identity) = &self.identity {
            known.nodes.extend(identity.founders.iter().map(|(id, founder)| (*id, founder.pool.clone())));
        }
        known.nodes.extend(self.stateful_sets.values().filter_map(node_of));
        for (id, pool) in self.claims.values().filter_map(node_of) {
            if known.nodes.get(&id) != Some(&pool) {
                known.volumes.entry(id).or_default().insert(pool);
            }
        }
        known
    }

    /// Cluster ids that volumes carry.
    pub(super) fn cluster_ids_on_volumes(&self) -> BTreeSet<String> {
        self.claims.values().filter_map(|claim| claim.annotations().get(labels::CLUSTER_ID).cloned()).collect()
    }
}

/// Id and pool of a node's object, as its labels say.
pub(super) fn node_of(object: &impl ResourceExt) -> Option<(i32, PoolName)> {
    let id = object.labels().get(label::NODE_ID)?.parse().ok()?;
    let pool = PoolName::new(object.labels().get(label::POOL)?.clone()).ok()?;
    Some((id, pool))
}

/// Whether a pod's container runs, starting up included.
pub(super) fn is_running(pod: &Pod) -> bool {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    statuses.iter().any(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
}

/// Whether a pod says that it is ready.
pub(super) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The address of a pod that runs.
pub(super) fn address(pod: &Pod) -> Option<&str> {
    let status = pod.status.as_ref()?;
    status.pod_ip.as_deref().filter(|ip| !ip.is_empty())
}
