//! Reads and writes `KafkaOperation`s.

use crate::runtime::{self, Context, explain};
use klamm_model::{ClusterRef, Namespace};
use klamm_resources::{KafkaOperation, KafkaOperationStatus, names::FINALIZER};
use kube::{
    Api, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions},
};
use serde_json::json;
use std::sync::{Mutex, PoisonError};

/// Why an operation could not be read or written.
#[derive(Debug, thiserror::Error)]
pub(super) enum OperationError {
    /// Kubernetes did not answer, or refused.
    #[error("could not {attempt}")]
    Kubernetes {
        /// What was attempted.
        attempt: String,
        /// Why not.
        #[source]
        source: Box<kube::Error>,
    },
    /// Somebody else has written an operation since it was read: whatever was concluded from it counts for nothing.
    #[error("somebody else has written the KafkaOperation {0} since it was read")]
    Overtaken(String),
}

impl OperationError {
    /// What people read.
    pub(super) fn sentence(&self) -> String {
        match self {
            Self::Kubernetes { source, .. } => format!("{self}: {}", explain(source)),
            Self::Overtaken(_) => self.to_string(),
        }
    }
}

fn failed(attempt: impl Into<String>) -> impl FnOnce(kube::Error) -> OperationError {
    let attempt = attempt.into();
    move |source| OperationError::Kubernetes { attempt, source: Box::new(source) }
}

/// The version of an operation that was read last, or made by a write of ours, within one look. Everything that is written stands on
/// it, and so does every act: a Klamm that stood still meanwhile, and does not know yet that another one acts by now, must not
/// write over what that one has set going.
#[derive(Debug)]
pub(super) struct Version(Mutex<String>);

impl Version {
    /// As it was read.
    pub(super) fn of(operation: &KafkaOperation) -> Self {
        Self(Mutex::new(operation.resource_version().unwrap_or_default()))
    }

    fn last(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_now(&self, written: &KafkaOperation) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = written.resource_version().unwrap_or_default();
    }
}

fn api(context: &Context, namespace: &Namespace) -> Api<KafkaOperation> {
    Api::namespaced(context.client.clone(), namespace.as_str())
}

/// The operations of a cluster, which live in its namespace, freshly read.
pub(super) async fn operations(context: &Context, cluster: &ClusterRef) -> Result<Vec<KafkaOperation>, OperationError> {
    let all = api(context, &cluster.namespace).list(&ListParams::default()).await;
    let is_of_cluster = |operation: &KafkaOperation| {
        operation.spec.cluster.resolve(&cluster.namespace).is_ok_and(|named| named == *cluster)
    };
    Ok(all.map_err(failed("read the KafkaOperations"))?.into_iter().filter(is_of_cluster).collect())
}

/// Makes one. That it is there already is no error: then it is read with the next look.
pub(super) async fn create(
    context: &Context,
    cluster: &ClusterRef,
    operation: &KafkaOperation,
) -> Result<Option<KafkaOperation>, OperationError> {
    match runtime::create(&api(context, &cluster.namespace), operation).await {
        Ok(made) => Ok(Some(made)),
        Err(error) if runtime::is_conflict(&error) => Ok(None),
        Err(error) => Err(failed(format!("make the KafkaOperation {}", operation.name_any()))(error)),
    }
}

/// Deletes one that was judged.
pub(super) async fn delete(
    context: &Context,
    cluster: &ClusterRef,
    operation: &KafkaOperation,
) -> Result<(), OperationError> {
    let preconditions = Some(Preconditions { uid: operation.uid(), resource_version: None });
    let parameters = DeleteParams { preconditions, ..DeleteParams::default() };
    let name = operation.name_any();
    match api(context, &cluster.namespace).delete(&name, &parameters).await {
        Err(error) if !runtime::is_not_found(&error) && !runtime::is_conflict(&error) => {
            Err(failed(format!("delete the KafkaOperation {name}"))(error))
        }
        _ => Ok(()),
    }
}

/// Writes a status that differs from the one before.
pub(super) async fn write_status(
    context: &Context,
    cluster: &ClusterRef,
    operation: &KafkaOperation,
    version: &Version,
    previous: &KafkaOperationStatus,
    status: &KafkaOperationStatus,
) -> Result<(), OperationError> {
    if previous == status {
        return Ok(());
    }
    let (name, reference) = (operation.name_any(), operation.object_ref(&()));
    match runtime::apply_status_on(&api(context, &cluster.namespace), &reference, &version.last(), status).await {
        Ok(written) => {
            version.is_now(&written);
            Ok(())
        }
        // Deleted meanwhile, with nothing of its doing left, or it could not be.
        Err(error) if runtime::is_not_found(&error) => Ok(()),
        Err(error) if runtime::is_conflict(&error) => Err(OperationError::Overtaken(name)),
        Err(error) => Err(failed(format!("write the status of the KafkaOperation {name}"))(error)),
    }
}

/// Sees to it that nobody has written the operation since: directly before an act, whose own writes may have had nothing to tell.
pub(super) async fn stands(
    context: &Context,
    cluster: &ClusterRef,
    operation: &KafkaOperation,
    version: &Version,
) -> Result<(), OperationError> {
    let name = operation.name_any();
    let there = api(context, &cluster.namespace).get_metadata_opt(&name).await;
    let there = there.map_err(failed(format!("look whether the KafkaOperation {name} is as it was read")))?;
    let is_newest = there.is_some_and(|there| there.metadata.resource_version.unwrap_or_default() == version.last());
    if is_newest { Ok(()) } else { Err(OperationError::Overtaken(name)) }
}

/// Whether an operation that is deleted has to be set right first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// It has set something going.
    Hold,
    /// It has not, or no more.
    Release,
}

/// Sees to it that the operation cannot vanish while something of its doing is left in Kafka, and can when nothing is.
pub(super) async fn hold(
    context: &Context,
    cluster: &ClusterRef,
    operation: &KafkaOperation,
    version: &Version,
    hold: Hold,
) -> Result<(), OperationError> {
    let is_held = operation.finalizers().iter().any(|finalizer| finalizer == FINALIZER);
    let mut finalizers: Vec<String> = operation.finalizers().to_vec();
    match (hold, is_held) {
        (Hold::Hold, true) | (Hold::Release, false) => return Ok(()),
        (Hold::Hold, false) => finalizers.push(FINALIZER.to_owned()),
        (Hold::Release, true) => finalizers.retain(|finalizer| finalizer != FINALIZER),
    }
    let name = operation.name_any();
    // Only of the version that was read: somebody else's finalizer must not be lost.
    let metadata = json!({ "uid": operation.uid(), "resourceVersion": version.last(), "finalizers": finalizers });
    let patch = Patch::Merge(json!({ "metadata": metadata }));
    match api(context, &cluster.namespace).patch(&name, &PatchParams::default(), &patch).await {
        Ok(written) => {
            version.is_now(&written);
            Ok(())
        }
        Err(error) if hold == Hold::Release && runtime::is_not_found(&error) => Ok(()),
        Err(error) if runtime::is_conflict(&error) => Err(OperationError::Overtaken(name)),
        Err(error) => Err(failed(format!("mark the KafkaOperation {name} as one that must be set right first"))(error)),
    }
}

#[cfg(test)]
mod tests;
