use super::{LABEL_GENERATOR, Workload};
use crate::names::annotation;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

/// The workload a KafkaUser was made for, as its metadata says.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectedFor {
    /// Which.
    pub workload: Workload,
    /// The reference to it: when it goes, the KafkaUser goes.
    pub owner: OwnerReference,
    /// The name of the operator that made it.
    pub generator: String,
    /// When it was made.
    pub since: Option<Timestamp>,
}

impl InjectedFor {
    /// Reads the mark. There is none where annotation, owner and name do not say the same: copied to another object it
    /// means nothing.
    pub fn of(meta: &ObjectMeta) -> Option<Self> {
        let workload: Workload = meta.annotations.as_ref()?.get(annotation::INJECTED_FOR)?.parse().ok()?;
        if meta.name.as_deref() != Some(workload.user_name().ok()?.as_str()) {
            return None;
        }
        let owner = meta.owner_references.iter().flatten().find(|owner| {
            owner.kind == workload.kind.as_str()
                && owner.api_version == workload.kind.api_version()
                && owner.name == workload.name.as_str()
        })?;
        let generator = meta.labels.as_ref().and_then(|labels| labels.get(LABEL_GENERATOR));
        Some(Self {
            owner: owner.clone(),
            generator: generator.cloned().unwrap_or_else(|| super::DEFAULT_GENERATOR.to_owned()),
            since: meta.creation_timestamp.as_ref().map(|time| time.0),
            workload,
        })
    }
}
