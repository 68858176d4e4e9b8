use crate::runtime::is_conflict;
use klamm_model::{Namespace, ObjectName};
use klamm_resources::names::MANAGER_STATUS;
use kube::{
    Client, Resource,
    api::{PartialObjectMeta, Patch, PatchParams, PostParams},
    core::{NamespaceResourceScope, Request},
};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// An object as last seen.
pub(crate) struct LastSeen<'a> {
    pub(crate) namespace: &'a Namespace,
    pub(crate) name: &'a ObjectName,
    /// An object of this name with another uid is none of ours.
    pub(crate) uid: &'a str,
    /// `metadata.resourceVersion`.
    pub(crate) version: u64,
}

/// Makes a status exactly `next`; answers the version that makes of the object, none when nothing changes.
///
/// The API server has less to do for a whole status than for a patch of one, and thousands of these are most of what it
/// does for us. It takes a whole status only from whoever has seen the latest version; where somebody was quicker, the
/// patch says nothing of versions.
pub(crate) async fn write_status<K, S>(
    client: &Client,
    about: &LastSeen<'_>,
    previous: &S,
    next: &S,
) -> Result<Option<u64>, kube::Error>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    S: Serialize,
{
    let Some(patch) = status_patch(about.uid, previous, next) else { return Ok(None) };
    match replace::<K, S>(client, about, next).await {
        Err(error) if is_conflict(&error) => {}
        written => return written.map(Some),
    }
    let parameters = PatchParams { field_manager: Some(MANAGER_STATUS.to_owned()), ..PatchParams::default() };
    let request = Request::new(K::url_path(&(), Some(about.namespace.as_str())))
        .patch_subresource("status", about.name.as_str(), &parameters, &Patch::Merge(patch))
        .map_err(kube::Error::BuildRequest)?;
    client
        .request(request)
        .await
        .map(|written: PartialObjectMeta<K>| Some(version_of(written.metadata.resource_version.as_deref())))
}

async fn replace<K, S>(client: &Client, about: &LastSeen<'_>, status: &S) -> Result<u64, kube::Error>
where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    S: Serialize,
{
    let LastSeen { namespace, name, uid, version } = about;
    // Of all else the API server keeps what it has.
    let object = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": { "namespace": namespace, "name": name, "uid": uid, "resourceVersion": version.to_string() },
        "status": status,
    });
    let parameters = PostParams { field_manager: Some(MANAGER_STATUS.to_owned()), ..PostParams::default() };
    let body = serde_json::to_vec(&object).map_err(kube::Error::SerdeError)?;
    let request = Request::new(K::url_path(&(), Some(namespace.as_str())))
        .replace_subresource("status", name.as_str(), &parameters, body)
        .map_err(kube::Error::BuildRequest)?;
    client
        .request(request)
        .await
        .map(|written: PartialObjectMeta<K>| version_of(written.metadata.resource_version.as_deref()))
}

/// Kubernetes' versions are opaque by contract and numbers in fact; one that is none is older than all.
pub(crate) fn version_of(resource_version: Option<&str>) -> u64 {
    resource_version.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// A merge patch that makes a status exactly `next`, for an object of this uid and no other; none when nothing changes.
/// What `previous` has and `next` lacks is taken away.
fn status_patch<S: Serialize>(uid: &str, previous: &S, next: &S) -> Option<Value> {
    let (Ok(Value::Object(previous)), Ok(Value::Object(next))) =
        (serde_json::to_value(previous), serde_json::to_value(next))
    else {
        return None;
    };
    let mut changed: Map<String, Value> =
        previous.keys().filter(|key| !next.contains_key(*key)).map(|key| (key.clone(), Value::Null)).collect();
    changed.extend(next.into_iter().filter(|(key, value)| previous.get(key) != Some(value)));
    // A status field is replaced as a whole: merged into, a map would keep the entries it lost.
    if changed.is_empty() { None } else { Some(json!({ "metadata": { "uid": uid }, "status": changed })) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn only_what_changed_is_sent_and_what_went_is_taken_away() {
        let status =
            |pairs: &[(&str, i32)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), *v)).collect::<BTreeMap<_, _>>();
        let patch = status_patch("u", &status(&[("a", 1), ("b", 2), ("c", 3)]), &status(&[("a", 1), ("b", 5)]));
        assert_eq!(patch, Some(json!({ "metadata": { "uid": "u" }, "status": { "c": null, "b": 5 } })));
        assert_eq!(status_patch("u", &status(&[("a", 1)]), &status(&[("a", 1)])), None);
    }
}
