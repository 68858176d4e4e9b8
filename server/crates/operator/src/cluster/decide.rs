//! What to do about a cluster, from what is declared and what was seen. Pure.

use super::{
    build::{Blueprint, MadeFrom, made_from},
    identity::{Founder, Identity, new_kafka_id},
    labels,
    nodes::{Assignment, assign},
    observed::{Observed, is_running},
    trouble::trouble,
};
use k8s_openapi::api::{apps::v1::StatefulSet, core::v1::Pod};
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::{KafkaClusterStatus, ManagedCluster, PoolStorage, ValidatedPool, bytes_of_quantity, managed};
use kube::ResourceExt;
use rand::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// Which nodes there shall be.
pub(super) fn assign_nodes(
    managed: &ManagedCluster,
    observed: &Observed,
    status: Option<&KafkaClusterStatus>,
) -> Assignment {
    let pools: Vec<(PoolName, usize)> =
        managed.pools.iter().map(|pool| (pool.name.clone(), pool.replicas as usize)).collect();
    assign(&pools, &observed.known_nodes(status))
}

/// Why a cluster cannot be given an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoIdentity {
    /// Volumes of several clusters lie here.
    #[error("the volumes of this cluster carry several cluster ids ({}); delete the claims that are not meant", .0.join(", "))]
    SeveralClusters(Vec<String>),
}

/// The identity of a cluster that has none: a new one for a new cluster, and for one that lost its ConfigMap what its
/// volumes and its status remember.
pub(super) fn found(
    managed: &ManagedCluster,
    assignment: &Assignment,
    observed: &Observed,
    status: Option<&KafkaClusterStatus>,
    random: &mut impl RngCore,
) -> Result<Identity, NoIdentity> {
    let mut remembered = observed.cluster_ids_on_volumes();
    remembered.extend(status.and_then(|status| status.cluster_id.clone()));
    if remembered.len() > 1 {
        return Err(NoIdentity::SeveralClusters(remembered.into_iter().collect()));
    }
    let remembered = remembered.pop_first();
    let is_new = remembered.is_none();
    let mut founders = BTreeMap::new();
    for (id, pool) in assignment.nodes.iter().chain(&assignment.surplus) {
        let votes = managed.pools.iter().any(|declared| declared.name == *pool && declared.is_controller());
        let directory_id = (votes && is_new).then(|| new_kafka_id(random));
        founders.insert(*id, Founder { pool: pool.clone(), votes, directory_id });
    }
    Ok(Identity {
        cluster_id: remembered.unwrap_or_else(|| new_kafka_id(random)),
        founders,
        release_version: managed.metadata_version.as_ref().map(ToString::to_string),
        formed: !is_new,
    })
}

/// What is done, and what is not done now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// What becomes of each node that shall be there.
    pub(super) nodes: BTreeMap<i32, NodePlan>,
    /// Pods that wait in vain for what their StatefulSet no longer says: they are replaced.
    pub(super) replaced_pods: BTreeSet<String>,
    /// Changes that need a restart, with the nodes they concern.
    pub(super) restarts: BTreeMap<String, BTreeSet<i32>>,
    /// Changes that are not carried out, in sentences.
    pub(super) held: Vec<String>,
    /// Declared changes that cannot be carried out at all, in sentences.
    pub(super) refused: Vec<String>,
}

/// What becomes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NodePlan {
    pub(super) pool: PoolName,
    pub(super) act: NodeAct,
}

/// What becomes of a node's StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NodeAct {
    /// It is made.
    Create,
    /// It is as declared, and written again so that it stays so.
    Write,
    /// It is not as declared, and nothing is lost by changing it: its node does not run.
    Update,
    /// It is left, because its node runs and would come back as something else.
    Leave,
    /// It is not made: a volume of another cluster lies under its name.
    Refuse,
}

/// What to do now.
pub(super) fn plan(blueprint: &Blueprint<'_>, assignment: &Assignment, observed: &Observed) -> Plan {
    let mut plan = Plan::default();
    for (id, name) in &assignment.nodes {
        // Every assigned node belongs to a declared pool.
        let Some(pool) = blueprint.pool(name) else { continue };
        let act = node(blueprint, *id, pool, observed, &mut plan);
        plan.nodes.insert(*id, NodePlan { pool: name.clone(), act });
        growth(blueprint.cluster, *id, pool, observed, &mut plan);
    }
    for (id, pool) in &assignment.surplus {
        let declared = match blueprint.pool(pool) {
            Some(declared) => format!("pool {pool} is declared with {} nodes", declared.replicas),
            None => format!("pool {pool} is no longer declared"),
        };
        plan.held.push(format!("{declared}, but node {id} is still there: nodes are not removed yet"));
    }
    let wanted = blueprint.managed.metadata_version.as_ref().map(ToString::to_string);
    if let Some(wanted) = wanted
        && blueprint.identity.release_version.as_ref() != Some(&wanted)
    {
        plan.held.push(format!("metadataVersion {wanted} is not finalised: that is not done yet"));
    }
    plan
}

fn node(blueprint: &Blueprint<'_>, id: i32, pool: &ValidatedPool, observed: &Observed, plan: &mut Plan) -> NodeAct {
    let wanted = made_from(blueprint, pool);
    let name = labels::node(blueprint.cluster, &pool.name, id);
    let pod_name = labels::pod(blueprint.cluster, &pool.name, id);
    let Some(current) = observed.stateful_sets.get(&name) else {
        if has_foreign_volume(blueprint, id, pool, observed) {
            let claim = managed::claim(blueprint.cluster.name.as_str(), pool.name.as_str(), id);
            plan.refused.push(format!(
                "the volume {claim} holds data of another cluster: delete the claim, or give this cluster another name"
            ));
            return NodeAct::Refuse;
        }
        return NodeAct::Create;
    };
    let pod = observed.pods.get(&pod_name);
    let differences =
        MadeFrom::read(current.annotations().get(labels::MADE_FROM).map_or("", String::as_str)).differences(&wanted);
    // A pod that is gone for a moment, as after an eviction, comes back as it was.
    let is_idle = pod.map_or(!blueprint.identity.formed, waits_in_vain);
    if !differences.is_empty() && !is_idle {
        for difference in differences {
            plan.restarts.entry(difference).or_default().insert(id);
        }
        return NodeAct::Leave;
    }
    if let Some(pod) = pod {
        settle_pod(current, pod, &pod_name, id, &wanted, plan);
    }
    if differences.is_empty() { NodeAct::Write } else { NodeAct::Update }
}

/// Compares a pod with its StatefulSet, which is as declared or is being written so.
fn settle_pod(set: &StatefulSet, pod: &Pod, pod_name: &str, id: i32, wanted: &MadeFrom, plan: &mut Plan) {
    let is_current = pod.annotations().get(labels::HASH) == Some(&wanted.hash());
    let is_written = set.annotations().get(labels::HASH) == Some(&wanted.hash());
    if is_current || pod.metadata.deletion_timestamp.is_some() {
        return;
    }
    if waits_in_vain(pod) {
        // Only once the new template is in place, or the same pod would come back.
        if is_written {
            plan.replaced_pods.insert(pod_name.to_owned());
        }
    } else {
        plan.restarts.entry("what its StatefulSet already says".to_owned()).or_default().insert(id);
    }
}

/// A pod that does not run and will not by waiting: replacing it takes nothing from anybody.
fn waits_in_vain(pod: &Pod) -> bool {
    !is_running(pod) && trouble(pod).is_some()
}

fn has_foreign_volume(blueprint: &Blueprint<'_>, id: i32, pool: &ValidatedPool, observed: &Observed) -> bool {
    let claim = managed::claim(blueprint.cluster.name.as_str(), pool.name.as_str(), id);
    let cluster_id = observed.claims.get(&claim).and_then(|claim| claim.annotations().get(labels::CLUSTER_ID));
    cluster_id.is_some_and(|cluster_id| *cluster_id != blueprint.identity.cluster_id)
}

/// Volumes neither grow nor shrink yet.
fn growth(cluster: &ClusterRef, id: i32, pool: &ValidatedPool, observed: &Observed, plan: &mut Plan) {
    let PoolStorage::Persistent { size, bytes, .. } = &pool.storage else { return };
    let claim = managed::claim(cluster.name.as_str(), pool.name.as_str(), id);
    let current = observed
        .claims
        .get(&claim)
        .and_then(|claim| claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?.get("storage"));
    let Some(current) = current else { return };
    let Ok(current_bytes) = bytes_of_quantity(&current.0) else { return };
    if current_bytes < *bytes {
        plan.held.push(format!("the volume {claim} has {} and not {size}: volumes are not grown yet", current.0));
    }
}
