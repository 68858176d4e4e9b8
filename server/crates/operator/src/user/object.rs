//! A KafkaUser as last seen, read once.

use crate::batch::{ObjectKey, version_of};
use jiff::Timestamp;
use klamm_model::{ClusterRef, ObjectName};
use klamm_planner::{
    topics::ClaimLife,
    users::{Grace, Half, PasswordDigest, Recorded},
};
use klamm_resources::{ConditionType, KafkaUser, KafkaUserStatus, ValidatedUser, holds, injection::InjectedFor};
use kube::core::{DeserializeGuard, error_boundary::InvalidObject};

/// Which KafkaUser.
pub(super) type UserKey = ObjectKey;

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
    pub(super) fn read(key: UserKey, object: DeserializeGuard<KafkaUser>) -> Self {
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
        Self {
            key,
            uid: meta.uid.unwrap_or_default(),
            version: version_of(meta.resource_version.as_deref()),
            generation: meta.generation,
            life: if meta.deletion_timestamp.is_some() { ClaimLife::Leaving } else { ClaimLife::Living },
            finalizers: meta.finalizers.unwrap_or_default(),
            reading,
            status,
        }
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

    /// One of its two names in Kafka.
    pub(super) fn username(&self, half: Half) -> String {
        match half {
            Half::First => klamm_resources::username(&self.key.namespace, &self.key.name),
            Half::Second => klamm_resources::second_username(&self.key.namespace, &self.key.name),
        }
    }

    /// Which of its names that is.
    pub(super) fn half(&self, username: &str) -> Option<Half> {
        Half::BOTH.into_iter().find(|half| self.username(*half) == username)
    }

    /// The Secret it has, as written down.
    pub(super) fn recorded_secret(&self) -> Option<ObjectName> {
        self.status.secret_name.as_deref().and_then(|name| name.parse().ok())
    }

    /// The Secret it asks for; while nobody can tell, the one it has.
    pub(super) fn wanted_secret(&self) -> ObjectName {
        let wanted = self.reading.as_ref().ok().map(|user| user.secret_name.clone());
        wanted.or_else(|| self.recorded_secret()).unwrap_or_else(|| self.key.name.clone())
    }

    /// When the user of before a rotation goes.
    pub(super) fn previous_until(&self) -> Option<Timestamp> {
        self.status.previous_until.as_deref().and_then(|text| text.parse().ok())
    }

    /// What we wrote down, as far as it is readable.
    pub(super) fn recorded(&self, now: Timestamp) -> Recorded {
        let half = |name: &Option<String>| self.half(name.as_deref()?);
        let grace = match self.previous_until() {
            Some(end) if now < end => Grace::Running,
            Some(_) | None => Grace::Over,
        };
        let digest = self.status.password_digest.clone().map(PasswordDigest);
        Recorded {
            current: digest.map(|digest| (half(&self.status.username).unwrap_or(Half::First), digest)),
            previous: half(&self.status.previous_username).map(|half| (half, grace)),
            next: half(&self.status.next_username),
            answers: self.status.rotated.clone(),
        }
    }
}
