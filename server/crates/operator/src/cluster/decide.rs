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
use klamm_planner::operations::levels;
use klamm_resources::{
    KafkaClusterStatus, ManagedCluster, NodeState, PoolStorage, ValidatedPool, bytes_of_quantity, managed,
};
use kube::ResourceExt;
use rand::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// Which nodes there shall be.
pub(crate) fn assign_nodes(
    managed: &ManagedCluster,
    observed: &Observed,
    status: Option<&KafkaClusterStatus>,
) -> Assignment {
    let pools: Vec<(PoolName, usize)> =
        managed.pools.iter().map(|pool| (pool.name.clone(), pool.replicas as usize)).collect();
    let leaving = managed.pools.iter().flat_map(|pool| &pool.leaving).map(|id| id.0).collect();
    assign(&pools, &leaving, &observed.known_nodes(status))
}

/// Why a cluster cannot be given an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoIdentity {
    /// Volumes of several clusters lie here.
    #[error("the volumes of this cluster carry several cluster ids ({}); delete the claims that are not meant", .0.join(", "))]
    SeveralClusters(Vec<String>),
}

/// The identity of a cluster that has none: a new one for a new cluster, and for one that lost its ConfigMap what its
/// volumes and its status remember.
pub(crate) fn found(
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
        founders.insert(*id, Founder { pool: pool.clone(), votes, directory_id, removed: false });
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
pub(crate) struct Plan {
    /// What becomes of each node that shall be there.
    pub(crate) nodes: BTreeMap<i32, NodePlan>,
    /// Pods that wait in vain for what their StatefulSet no longer says: they are replaced.
    pub(crate) replaced_pods: BTreeSet<String>,
    /// Changes that need a restart, with the nodes they concern.
    pub(crate) restarts: BTreeMap<String, BTreeSet<i32>>,
    /// Changes that are not carried out, in sentences.
    pub(crate) held: Vec<String>,
    /// Declared changes that cannot be carried out at all, in sentences.
    pub(crate) refused: Vec<String>,
}

/// What becomes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NodePlan {
    pub(crate) pool: PoolName,
    pub(crate) act: NodeAct,
}

/// What becomes of a node's StatefulSet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeAct {
    /// It is made.
    Create,
    /// It is as declared, and written again so that it stays so.
    Write,
    /// It is not as declared, and nothing is lost by changing it: the cluster is still being made, and its node does not
    /// run.
    Update,
    /// It is left until an operation changes it, because its node would come back as something else.
    Leave,
    /// It is left out until an operation makes it: the cluster serves without it.
    Await,
    /// It is not made: a volume of another cluster lies under its name.
    Refuse,
}

/// What to do now.
pub(crate) fn plan(
    blueprint: &Blueprint<'_>,
    assignment: &Assignment,
    observed: &Observed,
    previous: &KafkaClusterStatus,
) -> Plan {
    let mut plan = Plan::default();
    for (id, name) in &assignment.nodes {
        // Every assigned node belongs to a declared pool.
        let Some(pool) = blueprint.pool(name) else { continue };
        let act = node(blueprint, *id, pool, observed, previous, &mut plan);
        plan.nodes.insert(*id, NodePlan { pool: name.clone(), act });
        growth(blueprint.cluster, *id, pool, observed, &mut plan);
    }
    let wanted = blueprint.managed.metadata_version.as_ref().map(ToString::to_string);
    if let Some(unknown) = wanted.filter(|name| levels(name).is_none()) {
        plan.refused.push(format!("metadataVersion {unknown} is not one that Klamm knows: write it like 4.2-IV1"));
    }
    plan
}

fn node(
    blueprint: &Blueprint<'_>,
    id: i32,
    pool: &ValidatedPool,
    observed: &Observed,
    previous: &KafkaClusterStatus,
    plan: &mut Plan,
) -> NodeAct {
    let wanted = made_from(blueprint, pool);
    let name = labels::node(blueprint.cluster, &pool.name, id);
    let pod_name = labels::pod(blueprint.cluster, &pool.name, id);
    let Some(current) = observed.stateful_sets.get(&name) else {
        if let Some(why) = refusal(blueprint, id, pool, observed) {
            plan.refused.push(why);
            return NodeAct::Refuse;
        }
        return if was_there(blueprint, id, previous) { NodeAct::Create } else { NodeAct::Await };
    };
    let pod = observed.pods.get(&pod_name);
    let differences = differences(current, pod, &wanted);
    let differs_in_set = !made_of_set(current).differences(&wanted).is_empty();
    // Once the cluster has formed, operations alone change nodes: even one that does not run may be the wrong one to
    // touch, as when the version it would get cannot be reached from here.
    let is_idle = !blueprint.identity.formed && pod.is_none_or(waits_in_vain);
    if is_idle {
        if let Some(pod) = pod
            && !differs_in_set
            && !differences.is_empty()
            && pod.metadata.deletion_timestamp.is_none()
        {
            // Only once the new template is in place, or the same pod would come back.
            plan.replaced_pods.insert(pod_name);
        }
        return if differs_in_set { NodeAct::Update } else { NodeAct::Write };
    }
    for difference in differences {
        plan.restarts.entry(difference).or_default().insert(id);
    }
    if differs_in_set { NodeAct::Leave } else { NodeAct::Write }
}

/// Whether a node that has no StatefulSet has been there before, so that somebody took it away, or is of those a cluster
/// begins with.
fn was_there(blueprint: &Blueprint<'_>, id: i32, previous: &KafkaClusterStatus) -> bool {
    let is_founder = blueprint.identity.founders.get(&id).is_some_and(|founder| !founder.removed);
    let has_served = previous.brokers.iter().any(|broker| broker.id == id && broker.state != NodeState::Creating);
    !blueprint.identity.formed || is_founder || has_served
}

/// What a StatefulSet was written from.
fn made_of_set(set: &StatefulSet) -> MadeFrom {
    MadeFrom::read(set.annotations().get(labels::MADE_FROM).map_or("", String::as_str))
}

/// What a pod was made from; none when nothing tells.
pub(crate) fn made_of_pod(set: &StatefulSet, pod: &Pod) -> Option<MadeFrom> {
    match pod.annotations().get(labels::MADE_FROM) {
        Some(written) => Some(MadeFrom::read(written)),
        // Pods of before say it by a hash alone.
        None => (pod.annotations().get(labels::HASH) == set.annotations().get(labels::HASH)).then(|| made_of_set(set)),
    }
}

/// What of a node is not as declared and takes a restart, in words. What runs counts; where nothing does, what would.
pub(crate) fn differences(set: &StatefulSet, pod: Option<&Pod>, wanted: &MadeFrom) -> BTreeSet<String> {
    match pod {
        None => made_of_set(set).differences(wanted),
        Some(pod) => match made_of_pod(set, pod) {
            Some(made) => made.differences(wanted),
            None => BTreeSet::from(["what its StatefulSet already says".to_owned()]),
        },
    }
}

/// A pod that does not run and will not by waiting: replacing it takes nothing from anybody.
pub(crate) fn waits_in_vain(pod: &Pod) -> bool {
    !is_running(pod) && trouble(pod).is_some()
}

/// Why a node may not be made, by whomever: the volume under its name holds what another cluster has written, and writing its claim
/// would make that look like ours. None where nothing speaks against it.
pub(crate) fn refusal(blueprint: &Blueprint<'_>, id: i32, pool: &ValidatedPool, observed: &Observed) -> Option<String> {
    let claim = managed::claim(blueprint.cluster.name.as_str(), pool.name.as_str(), id);
    let cluster_id = observed.claims.get(&claim)?.annotations().get(labels::CLUSTER_ID)?;
    (*cluster_id != blueprint.identity.cluster_id).then(|| {
        format!("the volume {claim} holds data of another cluster: delete the claim, or give this cluster another name")
    })
}

/// Volumes grow where their class lets them, and never shrink.
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
        plan.held.push(format!(
            "the volume {claim} has {} and not {size}: its StorageClass has to allow volumes to grow (allowVolumeExpansion)",
            current.0
        ));
    }
}
