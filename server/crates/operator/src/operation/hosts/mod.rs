//! Cordoned Kubernetes nodes under the pods of a cluster, and where else those could be.
//!
//! Only the Kubernetes nodes that pods stand on are read each time; all of them, and volumes, when one of those is cordoned.
//! What is done about it the planner says.

mod fit;
#[cfg(test)]
mod tests;

use super::gather::OperationError;
use crate::{
    cluster::observed::{Observed, node_of},
    runtime::{self, Context},
};
use fit::Around;
use k8s_openapi::api::core::v1::{Node, PersistentVolume, Pod};
use klamm_model::BrokerId;
use klamm_planner::operations::{CordonedHost, Reach};
use kube::{Api, ResourceExt, api::ListParams};
use std::collections::{BTreeMap, BTreeSet};

/// Cordoned Kubernetes nodes, by the nodes whose pods stand there. Nothing where Klamm may not read Kubernetes nodes.
pub(super) async fn look(
    context: &Context,
    observed: &Observed,
    rack_label: Option<&str>,
) -> Result<BTreeMap<BrokerId, CordonedHost>, OperationError> {
    let api: Api<Node> = Api::all(context.client.clone());
    let names: BTreeSet<String> = observed.pods.values().filter_map(host_of).map(str::to_owned).collect();
    let reads: Vec<_> = names.iter().map(|name| api.get_opt(name)).collect();
    let under_pods: Vec<Node> = match futures::future::try_join_all(reads).await {
        Ok(nodes) => nodes.into_iter().flatten().collect(),
        Err(error) if runtime::is_forbidden(&error) => {
            tracing::debug!("Klamm may not read Kubernetes nodes, and does not see which are cordoned");
            return Ok(BTreeMap::new());
        }
        Err(error) => return Err(failed("read the Kubernetes nodes of its pods", error)),
    };
    if !under_pods.iter().any(is_cordoned) {
        return Ok(BTreeMap::new());
    }
    let all = api.list(&ListParams::default()).await.map_err(|error| failed("read the Kubernetes nodes", error))?;
    let nodes: BTreeMap<String, Node> = all.into_iter().map(|node| (node.name_any(), node)).collect();
    let mut volumes = BTreeMap::new();
    for (name, pod) in &observed.pods {
        if host_of(pod).and_then(|host| nodes.get(host)).is_some_and(is_cordoned) {
            volumes.insert(name.clone(), volume(context, observed, pod).await?);
        }
    }
    Ok(cordoned(&Ground { nodes: &nodes, pods: &observed.pods, volumes: &volumes, rack_label }))
}

fn failed(attempt: &str, source: kube::Error) -> OperationError {
    OperationError::Kubernetes { attempt: attempt.to_owned(), source: Box::new(source) }
}

/// The Kubernetes node a pod is bound to.
fn host_of(pod: &Pod) -> Option<&str> {
    pod.spec.as_ref()?.node_name.as_deref()
}

fn is_cordoned(node: &Node) -> bool {
    node.spec.as_ref().and_then(|spec| spec.unschedulable).unwrap_or(false)
}

/// The name of the claim of a pod's data; none where it goes with the pod.
fn claim_of(pod: &Pod) -> Option<&str> {
    let volumes = pod.spec.as_ref()?.volumes.as_deref()?;
    let data = volumes.iter().find(|volume| volume.name == "data")?;
    Some(data.persistent_volume_claim.as_ref()?.claim_name.as_str())
}

async fn volume(context: &Context, observed: &Observed, pod: &Pod) -> Result<Volume, OperationError> {
    let Some(claim) = claim_of(pod) else { return Ok(Volume::None) };
    let bound = observed.claims.get(claim).and_then(|claim| claim.spec.as_ref()?.volume_name.clone());
    let Some(name) = bound.filter(|name| !name.is_empty()) else {
        return Ok(Volume::Unknown(format!("Which volume is behind the claim {claim} is not known.")));
    };
    let api: Api<PersistentVolume> = Api::all(context.client.clone());
    match api.get_opt(&name).await {
        Ok(Some(volume)) => Ok(Volume::There(Box::new(volume))),
        Ok(None) => Ok(Volume::Unknown(format!("The volume {name} of the claim {claim} is not there."))),
        Err(error) if runtime::is_forbidden(&error) => Ok(Volume::Unknown(format!(
            "Where the volume {name} can be is not known: Klamm may not read PersistentVolumes, which the ClusterRole klamm allows."
        ))),
        Err(error) => Err(failed("read the volumes of its pods", error)),
    }
}

/// What a pod's data lies on.
#[derive(Clone, Debug)]
enum Volume {
    /// On nothing that outlives the pod.
    None,
    /// On this one.
    There(Box<PersistentVolume>),
    /// That could not be seen; why, in a sentence.
    Unknown(String),
}

/// What decides where pods could be.
struct Ground<'a> {
    /// All Kubernetes nodes.
    nodes: &'a BTreeMap<String, Node>,
    /// All pods of the cluster, by name.
    pods: &'a BTreeMap<String, Pod>,
    /// The volumes of those that stand on cordoned ones, by pod.
    volumes: &'a BTreeMap<String, Volume>,
    /// The label that names the rack, where racks count.
    rack_label: Option<&'a str>,
}

fn cordoned(ground: &Ground<'_>) -> BTreeMap<BrokerId, CordonedHost> {
    let stand = ground.pods.values().filter_map(|pod| {
        let (id, _) = node_of(pod)?;
        let from = ground.nodes.get(host_of(pod)?)?;
        let host = || CordonedHost { name: from.name_any(), reach: reach(ground, pod, from) };
        fit::is_cordoned_for(from, pod).then(|| (BrokerId(id), host()))
    });
    stand.collect()
}

fn reach(ground: &Ground<'_>, pod: &Pod, from: &Node) -> Reach {
    let around = Around { nodes: ground.nodes, pods: ground.pods, rack_label: ground.rack_label };
    let fits = ground.nodes.values().filter(|node| fit::is_fit(node, pod, from, around));
    let (closed, open): (Vec<&Node>, Vec<&Node>) = fits.partition(|node| fit::is_cordoned_for(node, pod));
    let names = |nodes: &[&Node]| nodes.iter().map(|node| node.name_any()).collect::<BTreeSet<String>>();
    let volume = match ground.volumes.get(&pod.name_any()) {
        Some(Volume::There(volume)) => volume,
        Some(Volume::Unknown(why)) => return Reach::Unknown(why.clone()),
        Some(Volume::None) | None if open.is_empty() => return Reach::Closed { hosts: names(&closed), volume: None },
        Some(Volume::None) | None => return Reach::Open(names(&open)),
    };
    let admitted = |nodes: &[&Node]| {
        let admitted: Vec<&Node> = nodes.iter().copied().filter(|node| fit::admits(volume, node, from)).collect();
        names(&admitted)
    };
    let hosts = admitted(&open);
    if !hosts.is_empty() {
        return Reach::Open(hosts);
    }
    let is_its_doing = !open.is_empty();
    Reach::Closed { hosts: admitted(&closed), volume: is_its_doing.then(|| volume.name_any()) }
}
