//! A KafkaGrant as last seen, read once.

use crate::batch::{ObjectKey, version_of};
use k8s_openapi::api::core::v1::ObjectReference;
use klamm_model::ClusterRef;
use klamm_resources::{KafkaGrant, KafkaGrantStatus, ValidatedGrant};
use kube::{
    Resource,
    core::{DeserializeGuard, error_boundary::InvalidObject},
};

/// A KafkaGrant as last seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) key: ObjectKey,
    pub(super) uid: String,
    pub(super) version: u64,
    pub(super) generation: Option<i64>,
    pub(super) life: Life,
    /// What it declares, or why nobody can tell.
    pub(super) reading: Result<ValidatedGrant, String>,
    /// What we wrote down about it.
    pub(super) status: KafkaGrantStatus,
}

/// Whether the object is being deleted: it grants nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Living,
    Leaving,
}

impl Declared {
    pub(super) fn read(key: ObjectKey, object: DeserializeGuard<KafkaGrant>) -> Self {
        let (meta, reading, status) = match object.0 {
            Ok(grant) => {
                let reading = ValidatedGrant::from_resource(&grant).map_err(|invalid| invalid.to_string());
                (grant.metadata, reading, grant.status.unwrap_or_default())
            }
            Err(InvalidObject { error, metadata }) => {
                let reading = Err(format!(
                    "the object cannot be read: {error}; correct it as `kubectl explain kafkagrant.spec` says"
                ));
                (metadata, reading, KafkaGrantStatus::default())
            }
        };
        Self {
            key,
            uid: meta.uid.unwrap_or_default(),
            version: version_of(meta.resource_version.as_deref()),
            generation: meta.generation,
            life: if meta.deletion_timestamp.is_some() { Life::Leaving } else { Life::Living },
            reading,
            status,
        }
    }

    /// What it grants, if it may be read and stays.
    pub(super) fn consent(&self) -> Option<&ValidatedGrant> {
        self.reading.as_ref().ok().filter(|_| self.life == Life::Living)
    }

    /// The cluster whose topics it speaks of.
    pub(super) fn cluster(&self) -> Option<&ClusterRef> {
        self.reading.as_ref().ok().map(|grant| &grant.cluster)
    }

    /// How Events name the object.
    pub(super) fn reference(&self) -> ObjectReference {
        ObjectReference {
            api_version: Some(KafkaGrant::api_version(&()).into_owned()),
            kind: Some(KafkaGrant::kind(&()).into_owned()),
            namespace: Some(self.key.namespace.to_string()),
            name: Some(self.key.name.to_string()),
            uid: Some(self.uid.clone()),
            ..ObjectReference::default()
        }
    }
}
