//! Applying manifests: custom resource definitions, Klamm's own roles, the demo's objects.

use anyhow::Context;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, Client, ResourceExt,
    api::{DynamicObject, Patch, PatchParams},
    core::GroupVersionKind,
    discovery::{self, Scope},
    runtime::{conditions::is_crd_established, wait::await_condition},
};
use std::{collections::BTreeSet, path::Path, time::Duration};

const FIELD_MANAGER: &str = "klamm-sandbox";

/// Installs the definitions and waits until the API server serves them.
pub(crate) async fn install_crds(client: &Client, crds: &[CustomResourceDefinition]) -> anyhow::Result<()> {
    let api: Api<CustomResourceDefinition> = Api::all(client.clone());
    for crd in crds {
        let name = crd.name_any();
        let parameters = PatchParams::apply(FIELD_MANAGER).force();
        api.patch(&name, &parameters, &Patch::Apply(crd)).await.with_context(|| format!("install {name}"))?;
    }
    for crd in crds {
        let name = crd.name_any();
        tokio::time::timeout(Duration::from_secs(30), await_condition(api.clone(), &name, is_crd_established()))
            .await
            .with_context(|| format!("wait until {name} is served"))??;
    }
    Ok(())
}

/// The documents of a YAML text.
pub(crate) fn parse(text: &str) -> anyhow::Result<Vec<DynamicObject>> {
    let is_document = |part: &&str| part.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#'));
    text.split("\n---\n")
        .map(|part| part.trim_start_matches("---\n"))
        .filter(is_document)
        .map(|part| serde_saphyr::from_str(part).with_context(|| format!("parse the manifest {part}")))
        .collect()
}

/// `apiVersion/kind/namespace/name` of an object.
fn identity(object: &DynamicObject) -> String {
    let types = object.types.clone().unwrap_or_default();
    let namespace = object.namespace().unwrap_or_default();
    format!("{}/{}/{namespace}/{}", types.api_version, types.kind, object.name_any())
}

/// Applies an object as it stands.
pub(crate) async fn apply(client: &Client, object: &DynamicObject) -> anyhow::Result<()> {
    let name = identity(object);
    let types = object.types.as_ref().with_context(|| format!("{name} has no kind"))?;
    let kind = GroupVersionKind::try_from(types).with_context(|| format!("read the kind of {name}"))?;
    let (resource, capabilities) =
        discovery::pinned_kind(client, &kind).await.with_context(|| format!("find the kind of {name}"))?;
    let api: Api<DynamicObject> = match (capabilities.scope, object.namespace()) {
        (Scope::Namespaced, Some(namespace)) => Api::namespaced_with(client.clone(), &namespace, &resource),
        (Scope::Namespaced, None) => Api::default_namespaced_with(client.clone(), &resource),
        (Scope::Cluster, _) => Api::all_with(client.clone(), &resource),
    };
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    api.patch(&object.name_any(), &parameters, &Patch::Apply(object)).await.with_context(|| format!("apply {name}"))?;
    Ok(())
}

/// Applies each object once in the life of a state folder: what people change or delete afterwards stays so.
pub(crate) async fn apply_once(client: &Client, objects: &[DynamicObject], record: &Path) -> anyhow::Result<()> {
    let mut applied: BTreeSet<String> = match std::fs::read_to_string(record) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeSet::new(),
        Err(error) => return Err(error).with_context(|| format!("read {}", record.display())),
    };
    for object in objects {
        if applied.insert(identity(object)) {
            apply(client, object).await?;
            let lines: Vec<&str> = applied.iter().map(String::as_str).collect();
            std::fs::write(record, lines.join("\n")).with_context(|| format!("write {}", record.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_told_apart() {
        let text = "# a comment\n---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: b\n  namespace: a\n---\n# nothing\n";
        let names: Vec<String> = parse(text).unwrap().iter().map(identity).collect();
        assert_eq!(names, ["v1/Namespace//a", "v1/ConfigMap/a/b"]);
    }
}
