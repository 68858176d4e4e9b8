//! Writes what was decided, in a fixed order. Each step stands on the ones before it, so that being cut off between any
//! two leaves something that the next look completes: racks first, because starting nodes wait for them; passwords
//! before the identity, so that an identity without passwords is a loss and not a beginning; everything that pods mount
//! before the pods.

use super::{
    build::{Blueprint, Node, node_port_service},
    decide::{NodeAct, Plan},
    identity::{ClusterCredentials, Identity},
    labels,
    observed::Observed,
};
use crate::runtime::{self, Context};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, Pod, Secret, Service},
        networking::v1::NetworkPolicy,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use klamm_model::ClusterRef;
use klamm_resources::{
    Exposure,
    names::{annotation, label},
};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, Preconditions},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
};

/// What stands for a node without a zone: the start script waits for something to be there.
const NO_RACK: &str = "-";

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApplyError {
    /// Kubernetes did not answer, or refused.
    #[error("could not write the {kind} {name}")]
    Kubernetes {
        /// Of what kind.
        kind: String,
        /// Which one.
        name: String,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
    /// Somebody else's object has the name.
    #[error("a {kind} {name} is there that is not Klamm's: rename or delete it")]
    Foreign {
        /// Of what kind.
        kind: String,
        /// Which one.
        name: String,
    },
}

fn failed<K: Resource<DynamicType = ()>>(name: &str) -> impl FnOnce(kube::Error) -> ApplyError {
    let (kind, name) = (K::kind(&()).into_owned(), name.to_owned());
    move |source| ApplyError::Kubernetes { kind, name, source: Box::new(source) }
}

fn api<K>(context: &Context, cluster: &ClusterRef) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(context.client.clone(), cluster.namespace.as_str())
}

/// Applies an object in our name. One that is there and not ours is left alone.
async fn write<K>(context: &Context, cluster: &ClusterRef, object: &K) -> Result<K, ApplyError>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + DeserializeOwned + Serialize + Debug,
{
    let name = object.name_any();
    let api = api::<K>(context, cluster);
    if let Some(there) = api.get_opt(&name).await.map_err(failed::<K>(&name))?
        && there.labels().get(label::CLUSTER) != Some(&cluster.name.to_string())
    {
        return Err(ApplyError::Foreign { kind: K::kind(&()).into_owned(), name });
    }
    runtime::apply(&api, object).await.map_err(failed::<K>(&name))
}

/// Writes the zones of bound pods on them. Done in every look, whatever else is wrong: nodes that start wait for it.
pub(super) async fn racks(context: &Context, cluster: &ClusterRef, observed: &Observed) -> Result<(), ApplyError> {
    let pods = api::<Pod>(context, cluster);
    for (name, rack) in &observed.racks {
        let rack = if rack.is_empty() { NO_RACK } else { rack };
        let Some(pod) = observed.pods.get(name) else { continue };
        if pod.annotations().get(annotation::RACK).map(String::as_str) == Some(rack) {
            continue;
        }
        let patch = json!({ "metadata": { "annotations": { annotation::RACK: rack } } });
        match pods.patch(name, &PatchParams::default(), &Patch::Merge(patch)).await {
            Err(error) if !runtime::is_not_found(&error) => return Err(failed::<Pod>(name)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// Creates the Secrets of a cluster, each only if it is not there.
pub(super) async fn credentials(
    context: &Context,
    cluster: &ClusterRef,
    credentials: &ClusterCredentials,
) -> Result<(), ApplyError> {
    let secrets = api::<Secret>(context, cluster);
    let metadata = || ObjectMeta { name: None, ..labels::kept(String::new(), cluster) };
    for secret in [credentials.admin_object(cluster, metadata()), credentials.nodes_object(cluster, metadata())] {
        let name = secret.name_any();
        runtime::create(&secrets, &secret).await.map_err(failed::<Secret>(&name))?;
    }
    Ok(())
}

/// Creates the identity of a cluster. Fails if there is one: then that one counts.
pub(super) async fn identity(context: &Context, cluster: &ClusterRef, identity: &Identity) -> Result<(), ApplyError> {
    let object = identity.object(cluster, labels::kept(String::new(), cluster));
    let maps = api::<ConfigMap>(context, cluster);
    runtime::create(&maps, &object).await.map_err(failed::<ConfigMap>(&object.name_any()))?;
    Ok(())
}

/// Remembers that the quorum has formed: an empty volume is a loss from now on.
pub(super) async fn formed(context: &Context, cluster: &ClusterRef) -> Result<(), ApplyError> {
    let name = Identity::name(cluster);
    let patch = Patch::Merge(json!({ "data": { "formed": "true" } }));
    let maps = api::<ConfigMap>(context, cluster);
    maps.patch(&name, &PatchParams::default(), &patch).await.map_err(failed::<ConfigMap>(&name))?;
    Ok(())
}

/// What was made, for those who want to know.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Nodes that were not there before.
    pub(super) created: Vec<String>,
    /// Pods that were replaced.
    pub(super) replaced: Vec<String>,
    /// Nodes that could not be made yet, because Kubernetes has not given them their ports.
    pub(super) waiting_for_ports: bool,
}

/// Writes everything else.
pub(super) async fn everything(
    context: &Context,
    blueprint: &Blueprint<'_>,
    plan: &Plan,
    observed: &Observed,
) -> Result<Applied, ApplyError> {
    let cluster = blueprint.cluster;
    let mut applied = Applied::default();
    ownership(context, blueprint).await?;
    let surroundings = blueprint.surroundings();
    write(context, cluster, &surroundings.service_account).await?;
    for service in &surroundings.services {
        write(context, cluster, service).await?;
    }
    write(context, cluster, &surroundings.disruption_budget).await?;
    match &surroundings.network_policy {
        Some(policy) => drop(write(context, cluster, policy).await?),
        None => remove_network_policy(context, cluster, &surroundings.disruption_budget.name_any()).await?,
    }
    let mut used: BTreeSet<String> = observed.stateful_sets.values().filter_map(config_of_set).collect();
    used.extend(observed.pods.values().filter_map(config_of_pod));
    for pool in &blueprint.managed.pools {
        let map = blueprint.config_map(pool);
        used.insert(map.name_any());
        // Immutable and named by its content: there is nothing to write when it is there.
        if !observed.config_maps.contains_key(&map.name_any()) {
            write(context, cluster, &map).await?;
        }
    }
    for (id, node) in &plan.nodes {
        let Some(pool) = blueprint.pool(&node.pool) else { continue };
        let mut node_ports = BTreeMap::new();
        let bare = Node { id: *id, pool, ports: &BTreeMap::new() };
        for listener in
            blueprint.managed.listeners.iter().filter(|l| pool.is_broker() && l.exposure == Exposure::NodePort)
        {
            let service = write(context, cluster, &node_port_service(blueprint, &bare, listener)).await?;
            if let Some(port) = node_port(&service) {
                node_ports.insert(listener.name.clone(), port);
            } else {
                applied.waiting_for_ports = true;
            }
        }
        if applied.waiting_for_ports {
            continue;
        }
        let node_to_render = Node { id: *id, pool, ports: &node_ports };
        let set = blueprint.stateful_set(&node_to_render);
        match node.act {
            NodeAct::Refuse => continue,
            NodeAct::Leave | NodeAct::Write | NodeAct::Update | NodeAct::Create => {
                let claim_name = klamm_resources::managed::claim(cluster.name.as_str(), pool.name.as_str(), *id);
                if let Some(claim) = blueprint.claim(&node_to_render, observed.claims.get(&claim_name)) {
                    write(context, cluster, &claim).await?;
                }
            }
        }
        match node.act {
            NodeAct::Refuse => {}
            NodeAct::Write | NodeAct::Update => drop(write(context, cluster, &set).await?),
            NodeAct::Create => {
                write(context, cluster, &set).await?;
                applied.created.push(set.name_any());
            }
            NodeAct::Leave => keep_one(context, cluster, observed, &set.name_any()).await?,
        }
    }
    for pod in &plan.replaced_pods {
        replace_pod(context, cluster, observed, pod).await?;
        applied.replaced.push(pod.clone());
    }
    sweep_config(context, cluster, observed, &used).await?;
    Ok(applied)
}

/// Everybody may connect again. It has the name of the disruption budget, as everything a cluster has once for its nodes.
async fn remove_network_policy(context: &Context, cluster: &ClusterRef, name: &str) -> Result<(), ApplyError> {
    let policies = api::<NetworkPolicy>(context, cluster);
    let there = policies.get_opt(name).await.map_err(failed::<NetworkPolicy>(name))?;
    if there.is_some_and(|policy| policy.labels().get(label::CLUSTER) == Some(&cluster.name.to_string())) {
        policies.delete(name, &DeleteParams::default()).await.map_err(failed::<NetworkPolicy>(name))?;
    }
    Ok(())
}

/// Passwords and identity go with the last volume: without them the data could not be used, and without data they are
/// of no use.
async fn ownership(context: &Context, blueprint: &Blueprint<'_>) -> Result<(), ApplyError> {
    let cluster = blueprint.cluster;
    let owners = if blueprint.keeps_data() { json!([]) } else { json!([blueprint.owner]) };
    let patch = json!({ "metadata": { "ownerReferences": owners } });
    let patch = Patch::Merge(&patch);
    let parameters = PatchParams::default();
    let name = Identity::name(cluster);
    api::<ConfigMap>(context, cluster).patch(&name, &parameters, &patch).await.map_err(failed::<ConfigMap>(&name))?;
    let admin = klamm_resources::managed::admin_secret(cluster.name.as_str());
    for name in [admin, ClusterCredentials::nodes_secret(cluster)] {
        api::<Secret>(context, cluster).patch(&name, &parameters, &patch).await.map_err(failed::<Secret>(&name))?;
    }
    Ok(())
}

/// A node that may not be changed now must still be there.
async fn keep_one(context: &Context, cluster: &ClusterRef, observed: &Observed, name: &str) -> Result<(), ApplyError> {
    let replicas = observed.stateful_sets.get(name).and_then(|set| set.spec.as_ref()?.replicas);
    if replicas == Some(1) {
        return Ok(());
    }
    let patch = Patch::Merge(json!({ "spec": { "replicas": 1 } }));
    let sets = api::<StatefulSet>(context, cluster);
    sets.patch(name, &PatchParams::default(), &patch).await.map_err(failed::<StatefulSet>(name))?;
    Ok(())
}

async fn replace_pod(
    context: &Context,
    cluster: &ClusterRef,
    observed: &Observed,
    name: &str,
) -> Result<(), ApplyError> {
    let uid = observed.pods.get(name).and_then(|pod| pod.metadata.uid.clone());
    // Exactly the pod that was judged: its successor may be well.
    let parameters =
        DeleteParams { preconditions: Some(Preconditions { uid, resource_version: None }), ..DeleteParams::default() };
    match api::<Pod>(context, cluster).delete(name, &parameters).await {
        Err(error) if !runtime::is_not_found(&error) && !runtime::is_conflict(&error) => {
            Err(failed::<Pod>(name)(error))
        }
        _ => Ok(()),
    }
}

/// Deletes configurations that no StatefulSet and no pod mounts.
async fn sweep_config(
    context: &Context,
    cluster: &ClusterRef,
    observed: &Observed,
    used: &BTreeSet<String>,
) -> Result<(), ApplyError> {
    let maps = api::<ConfigMap>(context, cluster);
    let node_configs = observed
        .config_maps
        .iter()
        .filter(|(_, map)| map.labels().get(label::COMPONENT).map(String::as_str) == Some("node-config"));
    for (name, _) in node_configs.filter(|(name, _)| !used.contains(*name)) {
        match maps.delete(name, &DeleteParams::default()).await {
            Err(error) if !runtime::is_not_found(&error) => return Err(failed::<ConfigMap>(name)(error)),
            _ => {}
        }
    }
    Ok(())
}

fn node_port(service: &Service) -> Option<i32> {
    service.spec.as_ref()?.ports.as_ref()?.first()?.node_port
}

fn config_of_set(set: &StatefulSet) -> Option<String> {
    let volumes = set.spec.as_ref()?.template.spec.as_ref()?.volumes.as_ref()?;
    config_of_volumes(volumes)
}

fn config_of_pod(pod: &Pod) -> Option<String> {
    config_of_volumes(pod.spec.as_ref()?.volumes.as_ref()?)
}

fn config_of_volumes(volumes: &[k8s_openapi::api::core::v1::Volume]) -> Option<String> {
    let volume = volumes.iter().find(|volume| volume.name == "config")?;
    Some(volume.config_map.as_ref()?.name.clone())
}
