//! Writes what was decided, in a fixed order. Each step stands on the ones before it, so that being cut off between any
//! two leaves something that the next look completes: racks first, because starting nodes wait for them; passwords
//! before the identity, so that an identity without passwords is a loss and not a beginning; everything that pods mount
//! before the pods.

use super::{
    build::{Blueprint, Node},
    decide::{NodeAct, Plan, made_of_pod},
    identity::{ClusterCredentials, Identity},
    labels, node,
    observed::Observed,
};
use crate::runtime::{self, Context};
use k8s_openapi::{
    NamespaceResourceScope,
    api::{
        apps::v1::StatefulSet,
        core::v1::{ConfigMap, Pod, Secret},
        networking::v1::NetworkPolicy,
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use klamm_model::ClusterRef;
use klamm_resources::names::{annotation, label};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, Patch, PatchParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use std::{collections::BTreeSet, fmt::Debug};

/// What stands for a node without a zone: the start script waits for something to be there.
const NO_RACK: &str = "-";

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplyError {
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

pub(crate) fn failed<K: Resource<DynamicType = ()>>(name: &str) -> impl FnOnce(kube::Error) -> ApplyError {
    let (kind, name) = (K::kind(&()).into_owned(), name.to_owned());
    move |source| ApplyError::Kubernetes { kind, name, source: Box::new(source) }
}

pub(crate) fn api<K>(context: &Context, cluster: &ClusterRef) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    Api::namespaced(context.client.clone(), cluster.namespace.as_str())
}

/// Applies an object in our name. One that is there and not ours is left alone.
pub(crate) async fn write<K>(context: &Context, cluster: &ClusterRef, object: &K) -> Result<K, ApplyError>
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
pub(crate) async fn racks(context: &Context, cluster: &ClusterRef, observed: &Observed) -> Result<(), ApplyError> {
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
pub(crate) async fn credentials(
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
pub(crate) async fn identity(context: &Context, cluster: &ClusterRef, identity: &Identity) -> Result<(), ApplyError> {
    let object = identity.object(cluster, labels::kept(String::new(), cluster));
    let maps = api::<ConfigMap>(context, cluster);
    runtime::create(&maps, &object).await.map_err(failed::<ConfigMap>(&object.name_any()))?;
    Ok(())
}

/// Remembers that the quorum has formed: an empty volume is a loss from now on.
pub(crate) async fn formed(context: &Context, cluster: &ClusterRef) -> Result<(), ApplyError> {
    let name = Identity::name(cluster);
    let patch = Patch::Merge(json!({ "data": { "formed": "true" } }));
    let maps = api::<ConfigMap>(context, cluster);
    maps.patch(&name, &PatchParams::default(), &patch).await.map_err(failed::<ConfigMap>(&name))?;
    Ok(())
}

/// What was made, for those who want to know.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    /// Nodes that were not there before.
    pub(crate) created: Vec<String>,
    /// Pods that were replaced.
    pub(crate) replaced: Vec<String>,
    /// Nodes that could not be made yet, because Kubernetes has not given them their ports.
    pub(crate) waiting_for_ports: bool,
}

/// Writes everything else.
pub(crate) async fn everything(
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
    made_from(context, cluster, observed).await?;
    for (id, planned) in &plan.nodes {
        let Some(pool) = blueprint.pool(&planned.pool) else { continue };
        match planned.act {
            NodeAct::Refuse | NodeAct::Await => continue,
            NodeAct::Leave => keep_one(context, cluster, observed, &labels::node(cluster, &pool.name, *id)).await?,
            NodeAct::Write | NodeAct::Update | NodeAct::Create => {}
        }
        let Some(ports) = node::ports(context, blueprint, *id, pool).await? else {
            applied.waiting_for_ports = true;
            continue;
        };
        let to_render = Node { id: *id, pool, ports: &ports };
        node::volume(context, blueprint, &to_render, observed).await?;
        match planned.act {
            NodeAct::Refuse | NodeAct::Await | NodeAct::Leave => {}
            NodeAct::Write | NodeAct::Update => {
                write(context, cluster, &blueprint.stateful_set(&to_render)).await?;
            }
            NodeAct::Create => {
                let set = blueprint.stateful_set(&to_render);
                write(context, cluster, &set).await?;
                applied.created.push(set.name_any());
            }
        }
    }
    for pod in &plan.replaced_pods {
        node::replace_pod(context, cluster, observed, pod).await?;
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

/// Pods of before tell by a hash alone what they were made from. The rest is copied from their StatefulSets, before
/// those are written anew and the hash stands for nothing any more.
async fn made_from(context: &Context, cluster: &ClusterRef, observed: &Observed) -> Result<(), ApplyError> {
    let pods = api::<Pod>(context, cluster);
    for (name, set) in &observed.stateful_sets {
        let pod_name = format!("{name}-0");
        let Some(pod) = observed.pods.get(&pod_name) else { continue };
        if pod.annotations().contains_key(labels::MADE_FROM) {
            continue;
        }
        let Some(made) = made_of_pod(set, pod) else { continue };
        let patch = Patch::Merge(json!({ "metadata": { "annotations": { (labels::MADE_FROM): made.write() } } }));
        match pods.patch(&pod_name, &PatchParams::default(), &patch).await {
            Err(error) if !runtime::is_not_found(&error) => return Err(failed::<Pod>(&pod_name)(error)),
            _ => {}
        }
    }
    Ok(())
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
