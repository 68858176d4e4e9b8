//! The object of a request in Kubernetes: read, written with our own field manager, deleted.

use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::{Problem, ProblemKind};
use klamm_resources::{
    KafkaGrant, KafkaTopic, KafkaUser, ManifestError, ObjectManifest, config_map_manifest, kafka_grant_manifest,
    kafka_topic_manifest, kafka_user_manifest, names::MANAGER_PORTAL,
};
use klamm_store::RequestObject;
use kube::{
    Api, Client, Resource,
    api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions},
};
use serde_json::Value;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum TargetError {
    /// Another manager holds fields that the request would change.
    #[error("{0}")]
    Owned(String),
    /// The object changed between reading and writing.
    #[error("the object changed while it was being written")]
    Raced,
    /// Kubernetes says no, and will again.
    #[error("Kubernetes refuses it: {0}")]
    Refused(String),
    /// Kubernetes does not answer, or not now.
    #[error("Kubernetes does not answer: {0}")]
    Away(#[source] kube::Error),
    /// The object does not print.
    #[error("the object cannot be read")]
    Unreadable(#[from] ManifestError),
}

/// An object as it stands.
pub(super) struct Standing {
    pub(super) object: DynamicObject,
    /// As somebody would write it down.
    pub(super) manifest: ObjectManifest,
}

impl Standing {
    pub(super) fn generation(&self) -> Option<i64> {
        self.object.metadata.generation
    }

    /// Whether we have written it before.
    pub(super) fn is_ours(&self) -> bool {
        let managers = self.object.metadata.managed_fields.iter().flatten();
        managers.into_iter().any(|fields| fields.manager.as_deref() == Some(MANAGER_PORTAL))
    }
}

/// Whether fields of others may be taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflicts {
    /// They are told, and nothing is written.
    Told,
    /// The object goes; its own policy for that is ours to set.
    Taken,
}

/// Where the object of a request is.
pub(super) struct Target {
    api: Api<DynamicObject>,
    kind: Kind,
    name: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Topic,
    ConfigMap,
    User,
    Grant,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "KafkaTopic" => Some(Self::Topic),
            "ConfigMap" => Some(Self::ConfigMap),
            "KafkaUser" => Some(Self::User),
            "KafkaGrant" => Some(Self::Grant),
            _ => None,
        }
    }

    fn resource(self) -> ApiResource {
        fn of<K: Resource<DynamicType = ()>>() -> ApiResource {
            ApiResource::erase::<K>(&())
        }
        match self {
            Self::Topic => of::<KafkaTopic>(),
            Self::ConfigMap => of::<ConfigMap>(),
            Self::User => of::<KafkaUser>(),
            Self::Grant => of::<KafkaGrant>(),
        }
    }

    fn manifest(self, object: &DynamicObject) -> Result<ObjectManifest, ManifestError> {
        let value = serde_json::to_value(object)?;
        match self {
            Self::Topic => kafka_topic_manifest(&serde_json::from_value(value)?),
            Self::ConfigMap => config_map_manifest(&serde_json::from_value(value)?),
            Self::User => kafka_user_manifest(&serde_json::from_value(value)?),
            Self::Grant => kafka_grant_manifest(&serde_json::from_value(value)?),
        }
    }
}

impl Target {
    pub(super) fn of(client: &Client, object: &RequestObject) -> Result<Self, Problem> {
        let kind = Kind::named(&object.kind).ok_or_else(|| {
            Problem::new(ProblemKind::Internal, format!("Klamm does not know how to write a {}.", object.kind))
        })?;
        let api = Api::namespaced_with(client.clone(), object.namespace.as_str(), &kind.resource());
        Ok(Self { api, kind, name: object.name.clone() })
    }

    pub(super) async fn read(&self) -> Result<Option<Standing>, TargetError> {
        let object = self.api.get_opt(&self.name).await.map_err(classified)?;
        object.map(|object| Ok(Standing { manifest: self.kind.manifest(&object)?, object })).transpose()
    }

    /// Server-side apply with our own field manager, of the object that was read or of one that was not there.
    pub(super) async fn apply(
        &self,
        manifest: &ObjectManifest,
        seen: Option<&Standing>,
        conflicts: Conflicts,
    ) -> Result<Standing, TargetError> {
        let mut patch: Value = serde_json::from_str(manifest.json()).map_err(ManifestError::Values)?;
        if let Some(version) = seen.and_then(|seen| seen.object.metadata.resource_version.clone()) {
            patch["metadata"]["resourceVersion"] = Value::from(version);
        }
        let mut parameters = PatchParams::apply(MANAGER_PORTAL);
        parameters.force = conflicts == Conflicts::Taken;
        let object = self.api.patch(&self.name, &parameters, &Patch::Apply(patch)).await.map_err(classified)?;
        Ok(Standing { manifest: self.kind.manifest(&object)?, object })
    }

    /// Deletes the very object that was read.
    pub(super) async fn delete(&self, seen: &Standing) -> Result<(), TargetError> {
        let preconditions = Preconditions { uid: seen.object.metadata.uid.clone(), resource_version: None };
        let parameters = DeleteParams { preconditions: Some(preconditions), ..DeleteParams::default() };
        match self.api.delete(&self.name, &parameters).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
            Err(error) => Err(classified(error)),
        }
    }
}

fn classified(error: kube::Error) -> TargetError {
    let kube::Error::Api(status) = &error else { return TargetError::Away(error) };
    match status.code {
        409 => {
            let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
            let fields: Vec<String> = causes
                .iter()
                .filter(|cause| cause.reason == "FieldManagerConflict")
                .map(|cause| format!("{} ({})", cause.field.trim_start_matches('.'), cause.message))
                .collect();
            if fields.is_empty() {
                TargetError::Raced
            } else {
                TargetError::Owned(format!(
                    "somebody else manages what would be changed: {}. Change it where it is kept, such as in Git, or have them give the field up",
                    fields.join("; ")
                ))
            }
        }
        400 | 403 | 404 | 405 | 413 | 415 | 422 => TargetError::Refused(status.message.clone()),
        _ => TargetError::Away(error),
    }
}
