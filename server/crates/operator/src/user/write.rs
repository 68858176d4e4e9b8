//! Writes to KafkaUsers: status and finalizer, always for one uid.

use super::{
    object::{Declared, UserKey},
    report::{Hold, Report},
    room::Index,
};
use crate::batch::{self, LastSeen, version_of};
use k8s_openapi::api::core::v1::ObjectReference;
use klamm_planner::{topics::ClaimLife, users::Half};
use klamm_resources::{
    KafkaUser, KafkaUserStatus,
    names::{FINALIZER, MANAGER_OPERATOR},
};
use kube::{
    Api, Client, Resource,
    api::{Patch, PatchParams},
};
use serde_json::json;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Makes the object ours to clean up after, or no longer so.
pub(super) async fn hold(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    hold: Hold,
) -> Result<(), kube::Error> {
    let is_ours = declared.finalizers.iter().any(|finalizer| finalizer == FINALIZER);
    let finalizers: Vec<String> = match (is_ours, hold, declared.life) {
        (_, Hold::Keep, _)
        | (true, Hold::Ours, _)
        | (false, Hold::Free, _)
        | (false, Hold::Ours, ClaimLife::Leaving) => {
            return Ok(());
        }
        (false, Hold::Ours, ClaimLife::Living) => {
            declared.finalizers.iter().cloned().chain([FINALIZER.to_owned()]).collect()
        }
        (true, Hold::Free, _) => declared.finalizers.iter().filter(|other| *other != FINALIZER).cloned().collect(),
    };
    let patch = json!({ "metadata": {
        "uid": declared.uid,
        "resourceVersion": declared.version.to_string(),
        "finalizers": finalizers,
    } });
    let parameters = PatchParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PatchParams::default() };
    let written = api(client, &declared.key)
        .patch_metadata(declared.key.name.as_str(), &parameters, &Patch::Merge(patch))
        .await?;
    let version = version_of(written.metadata.resource_version.as_deref());
    lock(index).note(declared, version, |declared| declared.finalizers = finalizers);
    Ok(())
}

/// Writes what was found and done.
pub(super) async fn write(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    report: &Report,
) -> Result<(), kube::Error> {
    // The status of an object that vanishes is nobody's to read.
    if report.hold != Hold::Free || declared.life == ClaimLife::Living {
        write_status(client, index, declared, &report.status).await?;
    }
    match newest(index, declared) {
        Some(newest) => hold(client, index, &newest, report.hold).await,
        None => Ok(()),
    }
}

/// Writes down, before anything is done about it, that one of its names is about to be made; the object as it is then.
pub(super) async fn announce(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    half: Half,
) -> Result<Declared, kube::Error> {
    let mut announced = declared.clone();
    announced.status.next_username = Some(declared.username(half));
    write_status(client, index, declared, &announced.status).await?;
    Ok(announced)
}

async fn write_status(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    status: &KafkaUserStatus,
) -> Result<(), kube::Error> {
    let newest = newest(index, declared).map_or(declared.version, |newest| newest.version);
    let about =
        LastSeen { namespace: &declared.key.namespace, name: &declared.key.name, uid: &declared.uid, version: newest };
    let written = batch::write_status::<KafkaUser, _>(client, &about, &declared.status, status).await?;
    if let Some(version) = written {
        let status = status.clone();
        lock(index).note(declared, version, |declared| declared.status = status);
    }
    Ok(())
}

/// The object as it was seen last, if it is still the same one.
fn newest(index: &Mutex<Index>, declared: &Declared) -> Option<Arc<Declared>> {
    lock(index).get(&declared.key).filter(|newest| newest.uid == declared.uid)
}

fn lock(index: &Mutex<Index>) -> MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}

fn api(client: &Client, key: &UserKey) -> Api<KafkaUser> {
    Api::namespaced(client.clone(), key.namespace.as_str())
}

/// How Events name the object.
pub(super) fn reference(declared: &Declared) -> ObjectReference {
    ObjectReference {
        api_version: Some(KafkaUser::api_version(&()).into_owned()),
        kind: Some(KafkaUser::kind(&()).into_owned()),
        namespace: Some(declared.key.namespace.to_string()),
        name: Some(declared.key.name.to_string()),
        uid: Some(declared.uid.clone()),
        ..ObjectReference::default()
    }
}
