//! Whether Klamm has the rights it needs in the namespaces of a cluster's tenants, and what to apply where it has not.

use super::trouble::Trouble;
use crate::runtime::{Context, chain, is_not_found};
use k8s_openapi::api::{
    authentication::v1::SelfSubjectReview,
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
    core::v1::Namespace as NamespaceObject,
};
use klamm_model::Namespace;
use klamm_resources::ClusterReason;
use kube::{Api, api::PostParams};
use serde_json::json;

/// The ClusterRole that a RoleBinding in a tenant's namespace refers to.
const TENANT_ROLE: &str = "klamm-tenant";
/// The one for a cluster's own namespace.
const CLUSTER_ROLE: &str = "klamm-cluster";
/// Rights that stand for the role as a whole: what clusters cannot do without in a tenant's namespace.
const NEEDED: [(&str, &str, &str); 4] = [
    ("", "configmaps", "watch"),
    ("", "secrets", "create"),
    ("", "secrets", "patch"),
    ("apps", "deployments", "watch"),
];

/// What is missing in tenants' namespaces.
pub(super) async fn missing(context: &Context, tenants: &[Namespace]) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for namespace in tenants {
        match look(context, namespace).await {
            Ok(found) => troubles.extend(found),
            Err(error) => {
                tracing::warn!(%namespace, error = chain(&error), "could not find out which rights there are");
            }
        }
    }
    troubles
}

async fn look(context: &Context, namespace: &Namespace) -> Result<Option<Trouble>, kube::Error> {
    let namespaces: Api<NamespaceObject> = Api::all(context.client.clone());
    match namespaces.get(namespace.as_str()).await {
        Err(error) if is_not_found(&error) => {
            return Ok(Some(Trouble {
                reason: ClusterReason::TenantNamespaceMissing,
                message: format!(
                    "the namespace {namespace} in spec.tenants does not exist; create it or remove the tenant"
                ),
            }));
        }
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    for (group, resource, verb) in NEEDED {
        if !is_allowed(context, namespace, group, resource, verb).await? {
            let manifest = role_binding(context, namespace, TENANT_ROLE).await;
            return Ok(Some(Trouble {
                reason: ClusterReason::TenantRoleMissing,
                message: format!(
                    "Klamm may not {verb} {resource} in the namespace {namespace} of a tenant; apply this there:\n{manifest}"
                ),
            }));
        }
    }
    Ok(None)
}

async fn is_allowed(
    context: &Context,
    namespace: &Namespace,
    group: &str,
    resource: &str,
    verb: &str,
) -> Result<bool, kube::Error> {
    let review = SelfSubjectAccessReview {
        spec: SelfSubjectAccessReviewSpec {
            resource_attributes: Some(ResourceAttributes {
                namespace: Some(namespace.to_string()),
                group: Some(group.to_owned()),
                resource: Some(resource.to_owned()),
                verb: Some(verb.to_owned()),
                ..ResourceAttributes::default()
            }),
            non_resource_attributes: None,
        },
        ..SelfSubjectAccessReview::default()
    };
    let reviews: Api<SelfSubjectAccessReview> = Api::all(context.client.clone());
    let answer = reviews.create(&PostParams::default(), &review).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}

/// What to apply so that Klamm may work in the cluster's own namespace.
pub(super) async fn for_cluster_namespace(context: &Context, namespace: &Namespace) -> String {
    role_binding(context, namespace, CLUSTER_ROLE).await
}

async fn role_binding(context: &Context, namespace: &Namespace, role: &str) -> String {
    let reviews: Api<SelfSubjectReview> = Api::all(context.client.clone());
    let me = match reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await {
        Ok(review) => review.status.and_then(|status| status.user_info?.username),
        Err(error) => {
            tracing::debug!(error = chain(&error), "could not find out who this is");
            None
        }
    };
    manifest(namespace, role, me.as_deref().unwrap_or("system:serviceaccount:klamm:klamm"))
}

fn manifest(namespace: &Namespace, role: &str, user: &str) -> String {
    let service_account = user.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    let subject = match service_account {
        Some((namespace, name)) => json!({ "kind": "ServiceAccount", "namespace": namespace, "name": name }),
        None => json!({ "kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user }),
    };
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": { "name": role, "namespace": namespace.as_str() },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
        "subjects": [subject],
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_can_be_applied_as_it_stands() {
        let namespace = Namespace::new("orders").unwrap();
        let text = manifest(&namespace, TENANT_ROLE, "system:serviceaccount:klamm:operator");
        let object: k8s_openapi::api::rbac::v1::RoleBinding = serde_json::from_str(&text).unwrap();
        assert_eq!(object.metadata.namespace.as_deref(), Some("orders"));
        assert_eq!(object.role_ref.name, TENANT_ROLE);
        let subject = object.subjects.unwrap().remove(0);
        assert_eq!((subject.kind.as_str(), subject.namespace.as_deref()), ("ServiceAccount", Some("klamm")));

        let text = manifest(&namespace, TENANT_ROLE, "kubernetes-admin");
        let object: k8s_openapi::api::rbac::v1::RoleBinding = serde_json::from_str(&text).unwrap();
        assert_eq!(object.subjects.unwrap().remove(0).kind, "User");
    }
}
