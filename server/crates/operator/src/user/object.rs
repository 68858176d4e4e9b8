//! A KafkaUser as last seen, read once.

use klamm_model::{ClusterRef, Namespace, ObjectName};
use klamm_planner::topics::ClaimLife;
use klamm_resources::{ConditionType, KafkaUser, KafkaUserStatus, ValidatedUser, holds, injection::InjectedFor};
use kube::core::{DeserializeGuard, error_boundary::InvalidObject};
use std::fmt;

/// Which KafkaUser.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct UserKey {
    pub(super) namespace: Namespace,
    pub(super) name: ObjectName,
}

impl fmt::Display for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KafkaUser {}/{}", self.namespace, self.name)
    }
}

/// A KafkaUser as last seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) key: UserKey,
    pub(super) uid: String,
    pub(super) version: u64,
    pub(super) generation: Option<i64>,
    pub(super) life: ClaimLife,
    pub(super) finalizers: Vec<String>,
    /// What it declares, or why nobody can tell.
    pub(super) reading: Result<ValidatedUser, String>,
    /// What we wrote down about it.
    pub(super) status: KafkaUserStatus,
}

impl Declared {
    pub(super) fn read(object: DeserializeGuard<KafkaUser>) -> Option<Self> {
        let (meta, reading, status) = match object.0 {
            Ok(user) => {
                let reading = ValidatedUser::from_resource(&user).map_err(|invalid| invalid.to_string());
                (user.metadata, reading, user.status.unwrap_or_default())
            }
            Err(InvalidObject { error, metadata }) => {
                let reading = Err(format!(
                    "the object cannot be read: {error}; correct it as `kubectl explain kafkauser.spec` says"
                ));
                (metadata, reading, KafkaUserStatus::default())
            }
        };
        Some(Self {
            key: UserKey { namespace: meta.namespace?.parse().ok()?, name: meta.name?.parse().ok()? },
            uid: meta.uid.unwrap_or_default(),
            version: meta.resource_version.and_then(|text| text.parse().ok()).unwrap_or(0),
            generation: meta.generation,
            life: if meta.deletion_timestamp.is_some() { ClaimLife::Leaving } else { ClaimLife::Living },
            finalizers: meta.finalizers.unwrap_or_default(),
            reading,
            status,
        })
    }

    /// Whether the two differ in anything that matters to the user.
    pub(super) fn same_wish(&self, other: &Self) -> bool {
        self.uid == other.uid
            && self.generation == other.generation
            && self.life == other.life
            && self.injected_for() == other.injected_for()
    }

    /// Whether its declaration, as it stands, was carried out and that was told.
    pub(super) fn is_in_order(&self) -> bool {
        self.life == ClaimLife::Living
            && self.generation.is_some()
            && self.status.observed_generation == self.generation
            && holds(&self.status.conditions, ConditionType::Ready)
    }

    /// The cluster it is bound to, or would be.
    pub(super) fn cluster(&self) -> Option<ClusterRef> {
        let bound = self.status.cluster.as_deref().and_then(|cluster| cluster.parse().ok());
        bound.or_else(|| self.reading.as_ref().ok().map(|user| user.cluster.clone()))
    }

    /// The workload it was made for.
    pub(super) fn injected_for(&self) -> Option<&InjectedFor> {
        self.reading.as_ref().ok()?.injected_for.as_ref()
    }

    /// Its name in Kafka.
    pub(super) fn username(&self) -> String {
        klamm_resources::username(&self.key.namespace, &self.key.name)
    }

    /// Its Secret: the one it has, else the one it asks for.
    pub(super) fn secret_name(&self) -> ObjectName {
        // Before there was a password there was no Secret that could be left behind.
        let recorded = self.status.secret_name.as_deref().filter(|_| self.status.password_digest.is_some());
        let recorded = recorded.and_then(|name| name.parse().ok());
        let wanted = || self.reading.as_ref().ok().map(|user| user.secret_name.clone());
        recorded.or_else(wanted).unwrap_or_else(|| self.key.name.clone())
    }
}
