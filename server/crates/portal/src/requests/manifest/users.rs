//! Credentials: KafkaUsers.

use super::{Known, Wish, about, read, refused, written};
use crate::{
    requests::spec::{CredentialSpec, NamedCredential},
    views::{paging::invalid, tenants::tenancy},
};
use k8s_openapi::apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString};
use klamm_model::{ClusterRef, Namespace, Problem, RequestKind, TeamName};
use klamm_resources::{ClusterReference, KafkaUser, KafkaUserSpec, ValidatedUser, kafka_user_manifest};

impl Known<'_> {
    pub(super) fn credential(
        &self,
        kind: RequestKind,
        spec: &CredentialSpec,
        team: &TeamName,
    ) -> Result<Wish, Problem> {
        let owner = self.tenant(&spec.namespace, team)?;
        let standing = self.declarations.user(&spec.namespace, &spec.name);
        let (object, base) = match (kind, standing) {
            (RequestKind::CredentialChange, Some(user)) if user.cluster == *self.cluster() => {
                let mut object: KafkaUser = read(&user.manifest)?;
                object.spec.grants.clone_from(&spec.grants);
                if spec.quotas.is_some() {
                    object.spec.quotas.clone_from(&spec.quotas);
                }
                (object, Some(user.manifest.clone()))
            }
            (RequestKind::CredentialChange, _) => {
                return Err(refused(&format!("there is no credential {}/{} here", spec.namespace, spec.name)));
            }
            (_, Some(_)) => {
                return Err(refused(&format!(
                    "there is a credential {}/{} already; ask to change it",
                    spec.namespace, spec.name
                )));
            }
            (_, None) => (new_user(self.cluster(), spec), None),
        };
        // What Kubernetes would refuse is refused before anybody is asked.
        ValidatedUser::from_resource(&object).map_err(|error| invalid(&format!("spec: {error}")))?;
        let manifest = written(kafka_user_manifest(&object))?;
        if base.as_ref() == Some(&manifest) {
            return Err(refused(&format!(
                "{}/{} is so already; there is nothing to change",
                spec.namespace, spec.name
            )));
        }
        Ok(Wish {
            subject: format!("{}.{}", spec.namespace, spec.name),
            object: about("KafkaUser", &spec.namespace, &spec.name),
            owner,
            topic: None,
            reset: None,
            operation: None,
            manifest,
            base,
        })
    }

    /// The team of a namespace that the cluster admits.
    fn tenant(&self, namespace: &Namespace, team: &TeamName) -> Result<TeamName, Problem> {
        tenancy(self.seen).admits(namespace).map_err(|error| invalid(&format!("spec.namespace: {error}")))?;
        self.own(namespace, team, &format!("namespace {namespace}"))
    }

    pub(super) fn named_credential(
        &self,
        kind: RequestKind,
        named: &NamedCredential,
        team: &TeamName,
    ) -> Result<Wish, Problem> {
        let (namespace, name) = (&named.namespace, &named.name);
        let owner = self.tenant(namespace, team)?;
        let user = self.declarations.user(namespace, name).filter(|user| user.cluster == *self.cluster());
        let user = user.ok_or_else(|| refused(&format!("there is no credential {namespace}/{name} here")))?;
        if let Some(workload) = &user.told.injected_for {
            return Err(refused(&format!("this credential is made for {workload} by its annotations; change those")));
        }
        let mut object: KafkaUser = read(&user.manifest)?;
        if kind == RequestKind::CredentialRotate {
            let rotate =
                named.rotate.clone().ok_or_else(|| invalid("spec.rotate: say what tells it from the one before"))?;
            object.spec.rotate = Some(IntOrString::String(rotate));
        }
        Ok(Wish {
            subject: format!("{namespace}.{name}"),
            object: about("KafkaUser", namespace, name),
            owner,
            topic: None,
            reset: None,
            operation: None,
            manifest: written(kafka_user_manifest(&object))?,
            base: Some(user.manifest.clone()),
        })
    }
}

fn new_user(cluster: &ClusterRef, spec: &CredentialSpec) -> KafkaUser {
    KafkaUser {
        metadata: ObjectMeta {
            name: Some(spec.name.to_string()),
            namespace: Some(spec.namespace.to_string()),
            ..ObjectMeta::default()
        },
        spec: KafkaUserSpec {
            cluster: ClusterReference::to(cluster),
            grants: spec.grants.clone(),
            acls: Vec::new(),
            quotas: spec.quotas.clone(),
            secret_name: None,
            rotate: None,
        },
        status: None,
    }
}
