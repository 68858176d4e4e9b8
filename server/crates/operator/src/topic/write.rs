//! Writes to the objects: status, finalizer, annotations. Every write names the uid, so that an object made anew under an
//! old name never gets what was meant for its predecessor; changes of the finalizer name the version that was seen.

use super::{
    decide::Hold,
    index::Index,
    object::{Declared, Kind, NamedCluster, ObjectKey, Record},
    report::Report,
};
use crate::{
    batch::{self, LastSeen, version_of},
    runtime::{is_conflict, is_invalid},
};
use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference};
use klamm_planner::topics::ClaimLife;
use klamm_resources::{
    KafkaTopic,
    names::{FINALIZER, MANAGER_OPERATOR, annotation},
};
use kube::{
    Api, Client, Resource,
    api::{DeleteParams, PartialObjectMeta, Patch, PatchParams, PostParams, Preconditions},
    core::Request,
};
use serde_json::{Map, Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// Makes an object ours to clean up after, or no longer so. Answers whether there was anything to write.
pub(super) async fn hold(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    hold: Hold,
) -> Result<(), kube::Error> {
    let Some(finalizers) = changed_finalizers(declared, hold) else { return Ok(()) };
    if let Some(farewell) = &declared.farewell
        && finalizers.is_empty()
    {
        match replace(client, &declared.key, farewell).await {
            // The patch tells whether it is still the one we saw.
            Err(error) if is_conflict(&error) || is_invalid(&error) => {}
            written => {
                let version = written?;
                lock(index).note_finalizers(&declared.key, &declared.uid, version, finalizers);
                return Ok(());
            }
        }
    }
    let patch = json!({ "metadata": {
        "uid": declared.uid,
        "resourceVersion": declared.version.to_string(),
        "finalizers": finalizers,
    } });
    let version = patch_metadata(client, &declared.key, patch).await?;
    lock(index).note_finalizers(&declared.key, &declared.uid, version, finalizers);
    Ok(())
}

/// Writes what was found and done.
pub(super) async fn write(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    report: &Report,
) -> Result<(), kube::Error> {
    let leaves = changed_finalizers(declared, report.hold).is_some() && report.hold == Hold::Free;
    // The status of an object that vanishes with this write is nobody's to read.
    if !leaves || declared.life == ClaimLife::Living {
        match declared.key.kind {
            Kind::KafkaTopic => write_status(client, index, declared, &report.record).await?,
            Kind::ConfigMap => return write_metadata(client, index, declared, report).await,
        }
    }
    match newest(index, declared) {
        Some(newest) => hold(client, index, &newest, report.hold).await,
        None => Ok(()),
    }
}

/// Deletes an object we wrote ourselves, unless somebody has changed it.
pub(super) async fn remove(client: &Client, declared: &Declared) -> Result<(), kube::Error> {
    let preconditions =
        Preconditions { uid: Some(declared.uid.clone()), resource_version: Some(declared.version.to_string()) };
    let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
    topics(client, &declared.key).delete(declared.key.name.as_str(), &parameters).await.map(drop)
}

async fn write_status(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    record: &Record,
) -> Result<(), kube::Error> {
    let version = newest(index, declared).map_or(declared.version, |newest| newest.version);
    let ObjectKey { namespace, name, kind: _ } = &declared.key;
    let about = LastSeen { namespace, name, uid: &declared.uid, version };
    let written = batch::write_status::<KafkaTopic, _>(client, &about, &declared.record.status, &record.status).await?;
    if let Some(version) = written {
        lock(index).note(&declared.key, &declared.uid, version, record.clone());
    }
    Ok(())
}

/// What we know of a ConfigMap stands in its annotations, so one write is enough for that and for its finalizers.
async fn write_metadata(
    client: &Client,
    index: &Mutex<Index>,
    declared: &Declared,
    report: &Report,
) -> Result<(), kube::Error> {
    let record = &report.record;
    let finalizers = changed_finalizers(declared, report.hold);
    let mut metadata = Map::from_iter([("uid".to_owned(), Value::String(declared.uid.clone()))]);
    if declared.record != *record {
        let text = serde_json::to_string(record).map_err(kube::Error::SerdeError)?;
        let mut annotations = Map::from_iter([(annotation::STATUS.to_owned(), Value::String(text))]);
        if let (Some(cluster), NamedCluster::Annotation(None)) = (&record.status.cluster, &declared.names_cluster) {
            // Written beside the user's own annotations, so that a changed default never moves the topic.
            annotations.insert(annotation::CLUSTER.to_owned(), Value::String(cluster.clone()));
        }
        metadata.insert("annotations".to_owned(), Value::Object(annotations));
    } else if finalizers.is_none() {
        return Ok(());
    }
    if let Some(finalizers) = &finalizers {
        metadata.insert("resourceVersion".to_owned(), Value::String(declared.version.to_string()));
        metadata.insert("finalizers".to_owned(), json!(finalizers));
    }
    let version = patch_metadata(client, &declared.key, json!({ "metadata": metadata })).await?;
    let mut index = lock(index);
    index.note(&declared.key, &declared.uid, version, record.clone());
    if let Some(finalizers) = finalizers {
        index.note_finalizers(&declared.key, &declared.uid, version, finalizers);
    }
    Ok(())
}

/// The finalizers as they should be; none when they are.
fn changed_finalizers(declared: &Declared, hold: Hold) -> Option<Vec<String>> {
    let is_ours = declared.finalizers.iter().any(|finalizer| finalizer == FINALIZER);
    match (is_ours, hold) {
        (true, Hold::Ours) | (false, Hold::Free) | (_, Hold::Keep) => None,
        // An object that is being deleted takes no new finalizers, and a ConfigMap never gets ours.
        (false, Hold::Ours) if declared.life == ClaimLife::Leaving || declared.key.kind == Kind::ConfigMap => None,
        (false, Hold::Ours) => Some(declared.finalizers.iter().cloned().chain([FINALIZER.to_owned()]).collect()),
        (true, Hold::Free) => Some(declared.finalizers.iter().filter(|other| *other != FINALIZER).cloned().collect()),
    }
}

/// Takes our finalizer off an object we no longer know, if it is still there.
pub(super) async fn let_go(client: &Client, key: &ObjectKey) -> Result<(), kube::Error> {
    let meta = match key.kind {
        Kind::KafkaTopic => {
            topics(client, key).get_metadata_opt(key.name.as_str()).await?.map(|object| object.metadata)
        }
        Kind::ConfigMap => {
            config_maps(client, key).get_metadata_opt(key.name.as_str()).await?.map(|object| object.metadata)
        }
    };
    let Some(meta) = meta else { return Ok(()) };
    let finalizers = meta.finalizers.unwrap_or_default();
    if !finalizers.iter().any(|finalizer| finalizer == FINALIZER) {
        return Ok(());
    }
    let others: Vec<_> = finalizers.into_iter().filter(|finalizer| finalizer != FINALIZER).collect();
    let patch =
        json!({ "metadata": { "uid": meta.uid, "resourceVersion": meta.resource_version, "finalizers": others } });
    patch_metadata(client, key, patch).await.map(drop)
}

/// Writes a whole object: thousands of topics that go cost the API server less this way than patch by patch.
async fn replace(client: &Client, key: &ObjectKey, object: &str) -> Result<u64, kube::Error> {
    let parameters = PostParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PostParams::default() };
    let request = Request::new(KafkaTopic::url_path(&(), Some(key.namespace.as_str())))
        .replace(key.name.as_str(), &parameters, object.as_bytes().to_vec())
        .map_err(kube::Error::BuildRequest)?;
    let written: PartialObjectMeta<KafkaTopic> = client.request(request).await?;
    Ok(version_of(written.metadata.resource_version.as_deref()))
}

async fn patch_metadata(client: &Client, key: &ObjectKey, patch: Value) -> Result<u64, kube::Error> {
    let parameters = PatchParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PatchParams::default() };
    let name = key.name.as_str();
    let written = match key.kind {
        Kind::KafkaTopic => topics(client, key).patch_metadata(name, &parameters, &Patch::Merge(patch)).await?.metadata,
        Kind::ConfigMap => {
            config_maps(client, key).patch_metadata(name, &parameters, &Patch::Merge(patch)).await?.metadata
        }
    };
    Ok(version_of(written.resource_version.as_deref()))
}

fn topics(client: &Client, key: &ObjectKey) -> Api<KafkaTopic> {
    Api::namespaced(client.clone(), key.namespace.as_str())
}

fn config_maps(client: &Client, key: &ObjectKey) -> Api<ConfigMap> {
    Api::namespaced(client.clone(), key.namespace.as_str())
}

/// How Events name the object.
pub(super) fn reference(declared: &Declared) -> ObjectReference {
    let (api_version, kind) = match declared.key.kind {
        Kind::KafkaTopic => (KafkaTopic::api_version(&()).into_owned(), KafkaTopic::kind(&()).into_owned()),
        Kind::ConfigMap => ("v1".to_owned(), "ConfigMap".to_owned()),
    };
    ObjectReference {
        api_version: Some(api_version),
        kind: Some(kind),
        namespace: Some(declared.key.namespace.to_string()),
        name: Some(declared.key.name.to_string()),
        uid: Some(declared.uid.clone()),
        ..ObjectReference::default()
    }
}

/// The object as it was seen last, if it is still the same one.
fn newest(index: &Mutex<Index>, declared: &Declared) -> Option<Arc<Declared>> {
    lock(index).object(&declared.key).map(|(newest, _)| newest).filter(|newest| newest.uid == declared.uid)
}

fn lock(index: &Mutex<Index>) -> std::sync::MutexGuard<'_, Index> {
    index.lock().unwrap_or_else(PoisonError::into_inner)
}
