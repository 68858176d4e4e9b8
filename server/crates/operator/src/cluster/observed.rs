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
pub(crate) struct Observed {
    pub(crate) stateful_sets: BTreeMap<String, StatefulSet>,
    pub(crate) pods: BTreeMap<String, Pod>,
    pub(crate) claims: BTreeMap<String, PersistentVolumeClaim>,
    pub(crate) services: BTreeMap<String, Service>,
    pub(crate) config_maps: BTreeMap<String, ConfigMap>,
    pub(crate) identity: Option<Identity>,
    pub(crate) credentials: Kept,
    /// The rack of the Kubernetes node of each bound pod, by pod; an empty one where the node has no such label.
    pub(crate) racks: BTreeMap<String, String>,
}

/// The Secrets of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
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
pub(crate) enum KafkaSeen {
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
pub(crate) struct Answer {
    pub(crate) cluster_id: String,
    pub(crate) brokers: BTreeMap<i32, BrokerState>,
    pub(crate) quorum: Option<QuorumSeen>,
    pub(crate) metadata_version: Option<String>,
    pub(crate) software: Option<String>,
}

/// What the quorum says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct QuorumSeen {
    pub(crate) leader: Option<i32>,
    /// Those who vote, with the id of their metadata directory.
    pub(crate) voters: BTreeMap<i32, Option<DirectoryId>>,
    /// Those who only follow, with the id of theirs.
    pub(crate) observers: BTreeMap<i32, DirectoryId>,
}

impl QuorumSeen {
    /// Whether a node votes. One that follows beside its own vote lost the directory that voted.
    pub(crate) fn votes(&self, id: i32) -> bool {
        self.voters.contains_key(&id) && !self.observers.contains_key(&id)
    }
}

impl Observed {
    /// Every place that remembers node ids, put together.
    pub(crate) fn known_nodes(&self, status: Option<&KafkaClusterStatus>) -> KnownNodes {
        let mut known = KnownNodes::default();
        for broker in status.map_or(&[][..], |status| &status.brokers) {
            if let Ok(pool) = PoolName::new(broker.pool.clone()) {
                known.nodes.insert(broker.id, pool);
            }
        }
        if let Some(identity) = &self.identity {
            let there = identity.founders.iter().filter(|(_, founder)| !founder.removed);
            known.nodes.extend(there.map(|(id, founder)| (*id, founder.pool.clone())));
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
    pub(crate) fn cluster_ids_on_volumes(&self) -> BTreeSet<String> {
        self.claims.values().filter_map(|claim| claim.annotations().get(labels::CLUSTER_ID).cloned()).collect()
    }
}

/// Id and pool of a node's object, as its labels say.
pub(crate) fn node_of(object: &impl ResourceExt) -> Option<(i32, PoolName)> {
    let id = object.labels().get(label::NODE_ID)?.parse().ok()?;
    let pool = PoolName::new(object.labels().get(label::POOL)?.clone()).ok()?;
    Some((id, pool))
}

/// Whether a pod's container runs, starting up included.
pub(crate) fn is_running(pod: &Pod) -> bool {
    let statuses = pod.status.as_ref().and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    statuses.iter().any(|status| status.state.as_ref().is_some_and(|state| state.running.is_some()))
}

/// Whether a pod says that it is ready.
pub(crate) fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

/// The address of a pod that runs.
pub(crate) fn address(pod: &Pod) -> Option<&str> {
    let status = pod.status.as_ref()?;
    status.pod_ip.as_deref().filter(|ip| !ip.is_empty())
}
