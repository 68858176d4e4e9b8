use k8s_openapi::api::core::v1::ObjectReference;
use klamm_resources::names::{MANAGER_OPERATOR, MANAGER_STATUS};
use kube::{
    Api, Resource,
    api::{Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::fmt::Debug;

/// Server-side apply of a whole object in our name. Fields we applied before and no longer name are removed.
pub(crate) async fn apply<K>(api: &Api<K>, object: &K) -> Result<K, kube::Error>
where
    K: Resource + Clone + DeserializeOwned + Serialize + Debug,
{
    let name = object.meta().name.as_deref().unwrap_or_default();
    api.patch(name, &PatchParams::apply(MANAGER_OPERATOR).force(), &Patch::Apply(object)).await
}

/// Creates an object that must not be there yet. An answer of 409 means that it is: look again before going on.
pub(crate) async fn create<K>(api: &Api<K>, object: &K) -> Result<K, kube::Error>
where
    K: Resource + Clone + DeserializeOwned + Serialize + Debug,
{
    let parameters = PostParams { field_manager: Some(MANAGER_OPERATOR.to_owned()), ..PostParams::default() };
    api.create(&parameters, object).await
}

/// Writes the whole status. Callers compare first: an unchanged status needs no call.
pub(crate) async fn apply_status<K, S>(api: &Api<K>, reference: &ObjectReference, status: &S) -> Result<(), kube::Error>
where
    K: Resource + Clone + DeserializeOwned + Debug,
    S: Serialize,
{
    let metadata = json!({ "name": reference.name, "uid": reference.uid });
    patch_status(api, reference, &metadata, status).await.map(drop)
}

/// The same on the version that was read and no other; answers what it makes of the object. An answer of 409 means that somebody
/// else has written since.
pub(crate) async fn apply_status_on<K, S>(
    api: &Api<K>,
    reference: &ObjectReference,
    version: &str,
    status: &S,
) -> Result<K, kube::Error>
where
    K: Resource + Clone + DeserializeOwned + Debug,
    S: Serialize,
{
    let metadata = json!({ "name": reference.name, "uid": reference.uid, "resourceVersion": version });
    patch_status(api, reference, &metadata, status).await
}

async fn patch_status<K, S>(
    api: &Api<K>,
    reference: &ObjectReference,
    metadata: &Value,
    status: &S,
) -> Result<K, kube::Error>
where
    K: Resource + Clone + DeserializeOwned + Debug,
    S: Serialize,
{
    let name = reference.name.as_deref().unwrap_or_default();
    let patch = json!({
        "apiVersion": reference.api_version,
        "kind": reference.kind,
        "metadata": metadata,
        "status": status,
    });
    api.patch_status(name, &PatchParams::apply(MANAGER_STATUS).force(), &Patch::Apply(patch)).await
}
