//! Carries out what was decided about a workload. Every write names the uid of what it is meant for.

use super::{
    decide::Act,
    object::{WorkloadKey, asks, resource},
    render::manifest,
};
use crate::runtime;
use klamm_model::{ClusterRef, ObjectName};
use klamm_resources::{
    KafkaUser,
    names::{MANAGER_OPERATOR, annotation},
};
use kube::{
    Api, Client,
    api::{DeleteParams, DynamicObject, Patch, PatchParams, Preconditions},
    core::{DeserializeGuard, PartialObjectMeta},
};
use serde_json::json;

/// What became of an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// Nothing was to be done.
    Nothing,
    /// The KafkaUser was made.
    Created,
    /// Something was written.
    Changed,
    /// The workload asks for it again: to be looked at anew.
    Reconsider,
}

/// Carries out an act.
pub(super) async fn act(
    client: &Client,
    key: &WorkloadKey,
    workload_uid: Option<&str>,
    user_name: &ObjectName,
    act: &Act,
) -> Result<Done, kube::Error> {
    let users: Api<KafkaUser> = Api::namespaced(client.clone(), key.namespace.as_str());
    match act {
        Act::Nothing => Ok(Done::Nothing),
        Act::Record(cluster) => {
            record(client, key, workload_uid, cluster).await?;
            Ok(Done::Changed)
        }
        Act::Create { record: to_record, user } => {
            if let Some(cluster) = to_record {
                record(client, key, workload_uid, cluster).await?;
            }
            runtime::create(&users, user).await?;
            Ok(Done::Created)
        }
        Act::Update { record: to_record, user, uid } => {
            if let Some(cluster) = to_record {
                record(client, key, workload_uid, cluster).await?;
            }
            let users: Api<DeserializeGuard<KafkaUser>> = Api::namespaced(client.clone(), key.namespace.as_str());
            let parameters = PatchParams::apply(MANAGER_OPERATOR).force();
            users.patch(user_name.as_str(), &parameters, &Patch::Apply(manifest(user, uid))).await?;
            Ok(Done::Changed)
        }
        Act::Remove { uid, workload_uid } => {
            if asks_still(client, key, workload_uid).await? {
                return Ok(Done::Reconsider);
            }
            let only_this = Preconditions { uid: Some(uid.clone()), resource_version: None };
            let parameters = DeleteParams::default().preconditions(only_this);
            users.delete(user_name.as_str(), &parameters).await?;
            Ok(Done::Changed)
        }
    }
}

/// Looks at the workload itself: a watch may be behind, and a credential that is deleted takes its password with it.
async fn asks_still(client: &Client, key: &WorkloadKey, workload_uid: &str) -> Result<bool, kube::Error> {
    let found: Option<PartialObjectMeta<DynamicObject>> =
        workloads(client, key).get_metadata_opt(key.workload.name.as_str()).await?;
    Ok(found.is_some_and(|found| found.metadata.uid.as_deref() == Some(workload_uid) && asks(&found.metadata)))
}

/// Writes the cluster beside the user's own annotations, so that a changed default never moves the credential.
async fn record(
    client: &Client,
    key: &WorkloadKey,
    workload_uid: Option<&str>,
    cluster: &ClusterRef,
) -> Result<(), kube::Error> {
    let annotations = json!({ annotation::CLUSTER: cluster.to_string() });
    let patch = json!({ "metadata": { "uid": workload_uid, "annotations": annotations } });
    let parameters = PatchParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PatchParams::default() };
    workloads(client, key).patch_metadata(key.workload.name.as_str(), &parameters, &Patch::Merge(patch)).await?;
    Ok(())
}

fn workloads(client: &Client, key: &WorkloadKey) -> Api<DynamicObject> {
    Api::namespaced_with(client.clone(), key.namespace.as_str(), &resource(key.workload.kind))
}
