//! The object of a request in Kubernetes: read, written with our own field manager, deleted.

use k8s_openapi::api::core::v1::ConfigMap;
use klamm_model::{Problem, ProblemKind};
use klamm_resources::{
    KafkaCluster, KafkaGrant, KafkaOperation, KafkaTopic, KafkaUser, ManifestError, ObjectManifest,
    config_map_manifest, kafka_cluster_part, kafka_grant_manifest, kafka_operation_manifest, kafka_topic_manifest,
    kafka_user_manifest, names::MANAGER_PORTAL,
};
use klamm_store::{RequestObject, RequestRow};
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
    /// Of a cluster, the fields of its `spec` that the request is about; all others are nobody's business here.
    part: Value,
}

#[derive(Clone, Copy)]
enum Kind {
    Topic,
    ConfigMap,
    User,
    Grant,
    Cluster,
    Operation,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "KafkaTopic" => Some(Self::Topic),
            "ConfigMap" => Some(Self::ConfigMap),
            "KafkaUser" => Some(Self::User),
            "KafkaGrant" => Some(Self::Grant),
            "KafkaCluster" => Some(Self::Cluster),
            "KafkaOperation" => Some(Self::Operation),
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
            Self::Cluster => of::<KafkaCluster>(),
            Self::Operation => of::<KafkaOperation>(),
        }
    }

    fn manifest(self, object: &DynamicObject, part: &Value) -> Result<ObjectManifest, ManifestError> {
        let value = serde_json::to_value(object)?;
        match self {
            Self::Topic => kafka_topic_manifest(&serde_json::from_value(value)?),
            Self::ConfigMap => config_map_manifest(&serde_json::from_value(value)?),
            Self::User => kafka_user_manifest(&serde_json::from_value(value)?),
            Self::Grant => kafka_grant_manifest(&serde_json::from_value(value)?),
            Self::Cluster => kafka_cluster_part(&serde_json::from_value(value)?, part),
            Self::Operation => kafka_operation_manifest(&serde_json::from_value(value)?),
        }
    }
}

impl Kind {
    /// Whether only people with kubectl, or Klamm itself, have set what stands in the way. A cluster that is kept in Git is
    /// changed there; one that somebody made by hand has no other place than here.
    fn is_set_by_hand(self, error: &kube::Error) -> bool {
        let holders = holders(error);
        let by_hand = |manager: &&str| manager.starts_with("kubectl") || manager.starts_with("klamm");
        match self {
            Self::Cluster => !holders.is_empty() && holders.iter().all(by_hand),
            Self::Topic | Self::ConfigMap | Self::User | Self::Grant | Self::Operation => false,
        }
    }
}

impl Target {
    pub(super) fn of(client: &Client, row: &RequestRow) -> Result<Self, Problem> {
        let manifest: Value = serde_json::from_str(&row.request.body.manifest_json).unwrap_or_default();
        Ok(Self { part: manifest["spec"].clone(), ..Self::named(client, &row.request.object)? })
    }

    fn named(client: &Client, object: &RequestObject) -> Result<Self, Problem> {
        let kind = Kind::named(&object.kind).ok_or_else(|| {
            Problem::new(ProblemKind::Internal, format!("Klamm does not know how to write a {}.", object.kind))
        })?;
        let api = Api::namespaced_with(client.clone(), object.namespace.as_str(), &kind.resource());
        Ok(Self { api, kind, name: object.name.clone(), part: Value::Null })
    }

    pub(super) async fn read(&self) -> Result<Option<Standing>, TargetError> {
        let object = self.api.get_opt(&self.name).await.map_err(classified)?;
        object.map(|object| Ok(Standing { manifest: self.kind.manifest(&object, &self.part)?, object })).transpose()
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
        let object = self.written(patch, conflicts).await.map_err(classified)?;
        Ok(Standing { manifest: self.kind.manifest(&object, &self.part)?, object })
    }

    async fn written(&self, patch: Value, conflicts: Conflicts) -> Result<DynamicObject, kube::Error> {
        let mut parameters = PatchParams::apply(MANAGER_PORTAL);
        // Server-side apply takes away what its manager has set before, and nothing else: settings of a cluster are others'.
        if takes_away(&patch) {
            parameters = PatchParams { field_manager: parameters.field_manager, ..PatchParams::default() };
            return self.api.patch(&self.name, &parameters, &Patch::Merge(patch)).await;
        }
        parameters.force = conflicts == Conflicts::Taken;
        match self.api.patch(&self.name, &parameters, &Patch::Apply(&patch)).await {
            Err(error) if self.kind.is_set_by_hand(&error) => {
                parameters.force = true;
                self.api.patch(&self.name, &parameters, &Patch::Apply(&patch)).await
            }
            done => done,
        }
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

/// Whether settings of a cluster are taken away.
fn takes_away(patch: &Value) -> bool {
    let is_cluster = patch["kind"] == "KafkaCluster";
    is_cluster && patch["spec"]["config"].as_object().is_some_and(|keys| keys.values().any(Value::is_null))
}

/// Who manages fields that stand in the way.
fn holders(error: &kube::Error) -> Vec<&str> {
    let kube::Error::Api(status) = error else { return Vec::new() };
    let causes = status.details.as_ref().map(|details| details.causes.as_slice()).unwrap_or_default();
    let conflicts = causes.iter().filter(|cause| cause.reason == "FieldManagerConflict");
    // `conflict with "kubectl-patch" using klamm.dev/v1alpha1`
    conflicts.filter_map(|cause| cause.message.split('"').nth(1)).collect()
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
