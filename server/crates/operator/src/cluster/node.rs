//! The objects of one node: Services for ports of its own, its volume, its StatefulSet, its pod.

use super::{
    apply::{ApplyError, api, failed, write},
    build::{Blueprint, Node, node_port_service},
    identity::{Founder, Identity},
    labels,
    observed::Observed,
};
use crate::runtime::{self, Context};
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Service},
};
use klamm_model::{ClusterRef, PoolName};
use klamm_resources::{Exposure, PoolStorage, ValidatedPool, bytes_of_quantity, managed, names::label};
use kube::{
    ResourceExt,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde_json::json;
use std::collections::BTreeMap;

/// The ports Kubernetes gave to the node's Services, by listener; none while it has not given all.
pub(crate) async fn ports(
    context: &Context,
    blueprint: &Blueprint<'_>,
    id: i32,
    pool: &ValidatedPool,
) -> Result<Option<BTreeMap<String, i32>>, ApplyError> {
    let mut ports = BTreeMap::new();
    let mut has_all = true;
    let bare = Node { id, pool, ports: &BTreeMap::new() };
    for listener in blueprint.managed.listeners.iter().filter(|l| pool.is_broker() && l.exposure == Exposure::NodePort)
    {
        let service = write(context, blueprint.cluster, &node_port_service(blueprint, &bare, listener)).await?;
        match node_port(&service) {
            Some(port) => drop(ports.insert(listener.name.clone(), port)),
            None => has_all = false,
        }
    }
    Ok(has_all.then_some(ports))
}

fn node_port(service: &Service) -> Option<i32> {
    service.spec.as_ref()?.ports.as_ref()?.first()?.node_port
}

/// Writes the claim of the node's volume, and lets it grow to what is declared.
pub(crate) async fn volume(
    context: &Context,
    blueprint: &Blueprint<'_>,
    node: &Node<'_>,
    observed: &Observed,
) -> Result<(), ApplyError> {
    let name = managed::claim(blueprint.cluster.name.as_str(), node.pool.name.as_str(), node.id);
    let Some(claim) = blueprint.claim(node, observed.claims.get(&name)) else { return Ok(()) };
    let written = write(context, blueprint.cluster, &claim).await?;
    let PoolStorage::Persistent { size, bytes, .. } = &node.pool.storage else { return Ok(()) };
    if requested(&written).is_none_or(|requested| requested >= *bytes) {
        return Ok(());
    }
    // Whether it may is a matter of its class; where it may not, the status says that it has not grown.
    let patch = Patch::Merge(json!({ "spec": { "resources": { "requests": { "storage": size } } } }));
    match api::<PersistentVolumeClaim>(context, blueprint.cluster).patch(&name, &PatchParams::default(), &patch).await {
        Err(error) if runtime::is_invalid(&error) || runtime::is_forbidden(&error) => Ok(()),
        Err(error) => Err(failed::<PersistentVolumeClaim>(&name)(error)),
        Ok(_) => {
            tracing::info!(cluster = %blueprint.cluster, claim = name, size, "a volume grows");
            Ok(())
        }
    }
}

/// Bytes a claim asks for.
pub(crate) fn requested(claim: &PersistentVolumeClaim) -> Option<u64> {
    let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
    bytes_of_quantity(&requests.get("storage")?.0).ok()
}

/// Writes the node as the blueprint says, with everything it mounts. Says whether it could: not while Kubernetes has not
/// given its ports.
pub(crate) async fn make(
    context: &Context,
    blueprint: &Blueprint<'_>,
    id: i32,
    pool: &ValidatedPool,
    observed: &Observed,
) -> Result<Made, ApplyError> {
    let Some(ports) = ports(context, blueprint, id, pool).await? else { return Ok(Made::WaitsForPorts) };
    let node = Node { id, pool, ports: &ports };
    let config = blueprint.config_map(pool);
    if !observed.config_maps.contains_key(&config.name_any()) {
        write(context, blueprint.cluster, &config).await?;
    }
    volume(context, blueprint, &node, observed).await?;
    write(context, blueprint.cluster, &blueprint.stateful_set(&node)).await?;
    Ok(Made::Written)
}

/// Whether a node could be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It is.
    Written,
    /// Kubernetes has not given ports to its Services yet.
    WaitsForPorts,
}

/// Deletes exactly the pod that was judged: its successor may be well.
pub(crate) async fn replace_pod(
    context: &Context,
    cluster: &ClusterRef,
    observed: &Observed,
    name: &str,
) -> Result<(), ApplyError> {
    let uid = observed.pods.get(name).and_then(|pod| pod.metadata.uid.clone());
    let parameters =
        DeleteParams { preconditions: Some(Preconditions { uid, resource_version: None }), ..DeleteParams::default() };
    gone::<Pod>(api::<Pod>(context, cluster).delete(name, &parameters).await, name)
}

/// Takes a node away: that it was a founder, its StatefulSet, its Services, and its volume where it is declared to go.
pub(crate) async fn remove(
    context: &Context,
    cluster: &ClusterRef,
    observed: &Observed,
    id: i32,
    pool: &PoolName,
) -> Result<(), ApplyError> {
    let name = labels::node(cluster, pool, id);
    if let Some(identity) = &observed.identity {
        forget_founder(context, cluster, identity, id).await?;
    }
    let parameters = DeleteParams::default();
    gone::<StatefulSet>(api::<StatefulSet>(context, cluster).delete(&name, &parameters).await, &name)?;
    let is_own = |service: &&Service| service.labels().get(label::NODE_ID) == Some(&id.to_string());
    for service in observed.services.values().filter(is_own).map(ResourceExt::name_any) {
        gone::<Service>(api::<Service>(context, cluster).delete(&service, &parameters).await, &service)?;
    }
    let claim = managed::claim(cluster.name.as_str(), pool.as_str(), id);
    // One without an owner outlives the cluster, and so its node.
    let goes = observed.claims.get(&claim).is_some_and(|claim| !claim.owner_references().is_empty());
    if goes {
        let claims = api::<PersistentVolumeClaim>(context, cluster);
        gone::<PersistentVolumeClaim>(claims.delete(&claim, &parameters).await, &claim)?;
    }
    Ok(())
}

/// Remembers that a founder is no longer there, so that it is not made again.
async fn forget_founder(
    context: &Context,
    cluster: &ClusterRef,
    identity: &Identity,
    id: i32,
) -> Result<(), ApplyError> {
    let Some(founder) = identity.founders.get(&id).filter(|founder| !founder.removed) else { return Ok(()) };
    let mut founders = identity.founders.clone();
    founders.insert(id, Founder { removed: true, ..founder.clone() });
    let founders = serde_json::to_string(&founders).unwrap_or_default();
    let name = Identity::name(cluster);
    let patch = Patch::Merge(json!({ "data": { "founders": founders } }));
    api::<ConfigMap>(context, cluster)
        .patch(&name, &PatchParams::default(), &patch)
        .await
        .map_err(failed::<ConfigMap>(&name))?;
    Ok(())
}

fn gone<K: kube::Resource<DynamicType = ()>>(
    outcome: Result<impl Sized, kube::Error>,
    name: &str,
) -> Result<(), ApplyError> {
    match outcome {
        Err(error) if !runtime::is_not_found(&error) && !runtime::is_conflict(&error) => Err(failed::<K>(name)(error)),
        _ => Ok(()),
    }
}
