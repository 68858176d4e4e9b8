//! What uses a credential now: workloads of the kinds that Klamm may read whose pods get its Secret, and consumer groups that it may be in and that have
//! members. Who signs in, brokers do not tell; so both are told as what they are.

use super::Found;
use crate::{Portal, portal::look};
use k8s_openapi::api::{
    apps::v1::{Deployment, StatefulSet},
    batch::v1::{CronJob, Job},
    core::v1::{PodSpec, PodTemplateSpec},
};
use klamm_model::{Actor, CredentialUses, GroupUse, Known, Problem, WorkloadUse, error_chain};
use kube::{Api, Client, Resource, ResourceExt, api::ListParams};
use serde::de::DeserializeOwned;
use std::{fmt::Debug, time::Duration};

/// Longest that a page waits for Kubernetes.
const WITHIN: Duration = Duration::from_secs(3);
/// Of each kind; whoever has more than so many sees that there are many.
const MOST: u32 = 500;

impl Portal {
    /// What uses a credential now, to whom it concerns.
    pub async fn credential_uses(&self, actor: &Actor, id: &str) -> Result<CredentialUses, Problem> {
        let found = self.found(actor, id)?;
        look(actor, self.object(&found))?;
        let workloads = match (self.kubernetes.get(), &found.user.told.secret) {
            (_, None) => Known::Known(Vec::new()),
            (None, Some(_)) => Known::Unknown,
            (Some(client), Some(secret)) => {
                match tokio::time::timeout(WITHIN, workloads(client, &found, secret)).await {
                    Ok(Ok(workloads)) => Known::Known(workloads),
                    Ok(Err(error)) => {
                        tracing::debug!(error = error_chain(&error), "workloads of a namespace cannot be listed");
                        Known::Unknown
                    }
                    Err(_) => Known::Unknown,
                }
            }
        };
        Ok(CredentialUses { workloads, groups: groups(&found) })
    }
}

async fn workloads(client: &Client, found: &Found, secret: &str) -> Result<Vec<WorkloadUse>, kube::Error> {
    let (all, of) = (Listing { client, found, secret }, |template: &PodTemplateSpec| template.spec.clone());
    let mut uses = all.of::<Deployment>(|object| object.spec.as_ref().and_then(|spec| of(&spec.template))).await?;
    uses.extend(all.of::<StatefulSet>(|object| object.spec.as_ref().and_then(|spec| of(&spec.template))).await?);
    uses.extend(
        all.of::<CronJob>(|object| {
            object.spec.as_ref()?.job_template.spec.as_ref().and_then(|spec| of(&spec.template))
        })
        .await?,
    );
    uses.extend(all.of::<Job>(|object| object.spec.as_ref().and_then(|spec| of(&spec.template))).await?);
    uses.sort_by(|one, other| (&one.kind, &one.name).cmp(&(&other.kind, &other.name)));
    Ok(uses)
}

/// Where workloads are looked for, and what they would have to use.
struct Listing<'a> {
    client: &'a Client,
    found: &'a Found,
    secret: &'a str,
}

impl Listing<'_> {
    async fn of<K>(&self, pods: impl Fn(&K) -> Option<PodSpec>) -> Result<Vec<WorkloadUse>, kube::Error>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()> + Clone + Debug + DeserializeOwned,
    {
        let api: Api<K> = Api::namespaced(self.client.clone(), self.found.namespace.as_str());
        let all = api.list(&ListParams::default().limit(MOST)).await?.items;
        // What a CronJob or another owner makes is told by its owner.
        let own = all.into_iter().filter(|object| object.owner_references().is_empty());
        let uses = own.filter(|object| pods(object).is_some_and(|spec| gets(&spec, self.secret)));
        Ok(uses.map(|object| WorkloadUse { kind: K::kind(&()).into_owned(), name: object.name_any() }).collect())
    }
}

/// Whether a pod is given a Secret: as a volume, or as variables of one of its containers.
fn gets(pod: &PodSpec, secret: &str) -> bool {
    let as_volume = pod.volumes.iter().flatten().any(|volume| {
        let whole = volume.secret.as_ref().is_some_and(|of| of.secret_name.as_deref() == Some(secret));
        let projected = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        whole || projected.filter_map(|source| source.secret.as_ref()).any(|of| of.name == secret)
    });
    let containers = pod.init_containers.iter().flatten().chain(&pod.containers);
    let as_variables = |container: &k8s_openapi::api::core::v1::Container| {
        let whole = container.env_from.iter().flatten().filter_map(|from| from.secret_ref.as_ref());
        let values = container.env.iter().flatten().filter_map(|env| env.value_from.as_ref()?.secret_key_ref.as_ref());
        whole.map(|of| &of.name).chain(values.map(|of| &of.name)).any(|name| name == secret)
    };
    as_volume || containers.into_iter().any(as_variables)
}

/// Groups that the credential may be in and that somebody is in.
fn groups(found: &Found) -> Known<Vec<GroupUse>> {
    let Known::Known(groups) = &found.seen.inventory.groups else { return Known::Unknown };
    let allowed: Vec<&String> = found.user.told.grants.iter().flat_map(|grant| &grant.groups).collect();
    let live = groups.iter().filter_map(|group| {
        let members = group.members.value().map(Vec::len).filter(|members| *members > 0)?;
        let is_allowed = allowed.iter().any(|name| matches_group(name, group.id.as_str()));
        is_allowed.then(|| GroupUse { id: group.id.to_string(), members: u32::try_from(members).unwrap_or(u32::MAX) })
    });
    Known::Known(live.collect())
}

/// Groups are granted by name, or by how their names begin.
fn matches_group(granted: &str, id: &str) -> bool {
    granted.strip_suffix('*').map_or(granted == id, |prefix| id.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_pod_gets_a_secret_in_every_way_there_is() {
        let gets_it = |spec: serde_json::Value| {
            let pod: PodSpec = serde_json::from_value(spec).unwrap();
            gets(&pod, "kafka-app")
        };
        let container = |more: serde_json::Value| {
            let mut one = json!({ "name": "main" });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "containers": [one] })
        };
        assert!(gets_it(container(json!({ "envFrom": [{ "secretRef": { "name": "kafka-app" } }] }))));
        let key = json!({ "name": "kafka-app", "key": "password" });
        assert!(gets_it(container(json!({ "env": [{ "name": "P", "valueFrom": { "secretKeyRef": key } }] }))));
        let volume = json!({ "name": "v", "secret": { "secretName": "kafka-app" } });
        assert!(gets_it(json!({ "containers": [], "volumes": [volume] })));
        let projected = json!({ "sources": [{ "secret": { "name": "kafka-app" } }] });
        assert!(gets_it(json!({ "containers": [], "volumes": [{ "name": "v", "projected": projected }] })));
        let first = json!({ "name": "init", "envFrom": [{ "secretRef": { "name": "kafka-app" } }] });
        assert!(gets_it(json!({ "containers": [], "initContainers": [first] })));
        assert!(!gets_it(container(json!({ "envFrom": [{ "secretRef": { "name": "kafka-app2" } }] }))));
        assert!(!gets_it(container(json!({ "envFrom": [{ "configMapRef": { "name": "kafka-app" } }] }))));
    }
}
