//! Reads what Kubernetes holds of a cluster. No judgement, except on what cannot be read.

use super::{
    identity::{BrokenIdentity, ClusterCredentials, Identity, password},
    labels,
    observed::{Kept, Observed},
};
use crate::runtime::Context;
use k8s_openapi::api::{
    apps::v1::StatefulSet,
    core::v1::{ConfigMap, Node, PersistentVolumeClaim, Pod, Secret, Service},
};
use klamm_model::ClusterRef;
use klamm_resources::managed;
use kube::{Api, Resource, ResourceExt, api::ListParams};
use serde::de::DeserializeOwned;
use std::{collections::BTreeMap, fmt::Debug};

/// Why a cluster could not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    /// Kubernetes did not answer, or refused.
    #[error("could not read {what}")]
    Kubernetes {
        /// What was read.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
    /// What makes it this cluster and no other cannot be read.
    #[error(transparent)]
    Identity(#[from] BrokenIdentity),
}

fn failed(what: &'static str) -> impl FnOnce(kube::Error) -> GatherError {
    move |source| GatherError::Kubernetes { what, source: Box::new(source) }
}

/// Everything of a cluster, freshly read.
pub(crate) async fn gather(
    context: &Context,
    cluster: &ClusterRef,
    rack_label: Option<&str>,
) -> Result<Observed, GatherError> {
    let (stateful_sets, pods, claims, services, config_maps) = tokio::try_join!(
        list::<StatefulSet>(context, cluster, "StatefulSets"),
        list::<Pod>(context, cluster, "pods"),
        list::<PersistentVolumeClaim>(context, cluster, "volume claims"),
        list::<Service>(context, cluster, "Services"),
        list::<ConfigMap>(context, cluster, "ConfigMaps"),
    )?;
    // By name, not by label: it decides everything, and a lost label must not look like a lost identity.
    let maps: Api<ConfigMap> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let identity = maps.get_opt(&Identity::name(cluster)).await.map_err(failed("ConfigMaps"))?;
    let identity = identity.as_ref().map(Identity::read).transpose()?;
    let credentials = credentials(context, cluster).await?;
    let racks = match rack_label {
        Some(label) => racks(context, &pods, label).await?,
        None => BTreeMap::new(),
    };
    Ok(Observed { stateful_sets, pods, claims, services, config_maps, identity, credentials, racks })
}

/// StatefulSets and pods alone: what changes when nodes come and go.
pub(crate) async fn nodes(
    context: &Context,
    cluster: &ClusterRef,
) -> Result<(BTreeMap<String, StatefulSet>, BTreeMap<String, Pod>), GatherError> {
    tokio::try_join!(list::<StatefulSet>(context, cluster, "StatefulSets"), list::<Pod>(context, cluster, "pods"),)
}

async fn list<K>(
    context: &Context,
    cluster: &ClusterRef,
    what: &'static str,
) -> Result<BTreeMap<String, K>, GatherError>
where
    K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope> + Clone + DeserializeOwned + Debug,
{
    let api: Api<K> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let parameters = ListParams::default().labels(&labels::query(cluster));
    let objects = api.list(&parameters).await.map_err(failed(what))?;
    Ok(objects.into_iter().map(|object| (object.name_any(), object)).collect())
}

async fn credentials(context: &Context, cluster: &ClusterRef) -> Result<Kept, GatherError> {
    let api: Api<Secret> = Api::namespaced(context.client.clone(), cluster.namespace.as_str());
    let admin_name = managed::admin_secret(cluster.name.as_str());
    let nodes_name = ClusterCredentials::nodes_secret(cluster);
    let (admin, nodes) =
        tokio::try_join!(api.get_opt(&admin_name), api.get_opt(&nodes_name)).map_err(failed("Secrets"))?;
    Ok(kept((admin_name, admin.as_ref()), (nodes_name, nodes.as_ref())))
}

fn kept(admin: (String, Option<&Secret>), nodes: (String, Option<&Secret>)) -> Kept {
    if admin.1.is_none() && nodes.1.is_none() {
        return Kept::Nothing;
    }
    let of = |secret: Option<&Secret>, key: &str| secret.and_then(|secret| password(secret, key));
    let passwords = (of(admin.1, "password"), of(nodes.1, "broker-password"), of(nodes.1, "controller-password"));
    match passwords {
        (Some(admin), Some(broker), Some(controller)) => {
            Kept::Everything(ClusterCredentials { admin, broker, controller })
        }
        (admin_password, broker, controller) => {
            let mut missing = Vec::new();
            if admin_password.is_none() {
                missing.push(admin.0);
            }
            if broker.is_none() || controller.is_none() {
                missing.push(nodes.0);
            }
            Kept::Partly(missing)
        }
    }
}

async fn racks(
    context: &Context,
    pods: &BTreeMap<String, Pod>,
    label: &str,
) -> Result<BTreeMap<String, String>, GatherError> {
    let nodes: Api<Node> = Api::all(context.client.clone());
    let mut by_node: BTreeMap<&str, String> = BTreeMap::new();
    let mut racks = BTreeMap::new();
    for (name, pod) in pods {
        let Some(node) = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref()) else { continue };
        if !by_node.contains_key(node) {
            // A node that is gone takes its pod with it: there is nothing to write then.
            let Some(object) = nodes.get_opt(node).await.map_err(failed("nodes"))? else { continue };
            by_node.insert(node, object.labels().get(label).cloned().unwrap_or_default());
        }
        if let Some(rack) = by_node.get(node) {
            racks.insert(name.clone(), rack.clone());
        }
    }
    Ok(racks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(data: &serde_json::Value) -> Secret {
        serde_json::from_value(json!({ "data": data })).unwrap()
    }

    #[test]
    fn secrets_that_lack_something_are_named() {
        let admin = secret(&json!({ "password": "cHc=" }));
        let nodes = secret(&json!({ "broker-password": "cHc=", "controller-password": "cHc=" }));
        let named =
            |admin: Option<&Secret>, nodes: Option<&Secret>| kept(("a".to_owned(), admin), ("n".to_owned(), nodes));
        assert_eq!(named(None, None), Kept::Nothing);
        assert!(matches!(named(Some(&admin), Some(&nodes)), Kept::Everything(_)));
        assert_eq!(named(Some(&admin), None), Kept::Partly(vec!["n".to_owned()]));
        let empty = secret(&json!({ "password": "" }));
        assert_eq!(named(Some(&empty), Some(&nodes)), Kept::Partly(vec!["a".to_owned()]));
    }
}
