//! Somebody has an operation stop, go on or end: a field of its object says so, and the operator heeds it before its next act.

use super::view::view;
use crate::{Action, Asker, Object, Portal};
use klamm_model::{Actor, ClusterRef, ObjectName, OperationView, Problem, ProblemKind, error_chain};
use klamm_monitor::OperationObject;
use klamm_resources::{KafkaOperation, names::MANAGER_PORTAL};
use kube::{
    Api,
    api::{Patch, PatchParams},
};
use serde_json::{Value, json};
use std::net::IpAddr;

/// What somebody wants of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steer {
    /// That it stops after the running step.
    Pause,
    /// That it goes on.
    Resume,
    /// That it ends after the running step.
    Cancel,
}

impl Steer {
    fn action(self) -> Action {
        match self {
            Self::Pause => Action::Pause,
            Self::Resume => Action::Resume,
            Self::Cancel => Action::Cancel,
        }
    }

    fn patch(self) -> Value {
        match self {
            Self::Pause => json!({ "spec": { "paused": true } }),
            Self::Resume => json!({ "spec": { "paused": false } }),
            Self::Cancel => json!({ "spec": { "cancel": true } }),
        }
    }

    /// Whether it is so already.
    fn is_so(self, operation: &OperationView) -> bool {
        match self {
            Self::Pause => operation.paused,
            Self::Resume => !operation.paused,
            Self::Cancel => operation.cancel,
        }
    }
}

impl Portal {
    /// Has an operation stop, go on or end. What is so already is as good as done.
    pub async fn steer_operation(
        &self,
        actor: &Actor,
        (cluster, name): (&ClusterRef, &ObjectName),
        steer: Steer,
        from: Option<IpAddr>,
    ) -> Result<OperationView, Problem> {
        self.may_see_operations(actor, cluster)?;
        let object = Object::operation(cluster, name.as_str());
        let permit = self.permit(Asker::Actor(actor), steer.action(), object, from).await?;
        self.during(&permit, from, async {
            let operation = view((name, &*self.operation_object(cluster, name)?), None);
            if operation.phase.is_over() {
                let detail = format!("{name} is {} by now.", operation.phase.name());
                return Err(Problem::new(ProblemKind::Conflict, detail));
            }
            if steer.is_so(&operation) {
                return Ok(operation);
            }
            if operation.cancel {
                let detail = format!("{name} was cancelled, and ends after the running step.");
                return Err(Problem::new(ProblemKind::Conflict, detail));
            }
            let written = self.patch_operation(cluster, name, &steer.patch()).await?;
            Ok(OperationObject::read(&written).map_or(operation, |object| view((name, &object), None)))
        })
        .await
    }

    async fn patch_operation(
        &self,
        cluster: &ClusterRef,
        name: &ObjectName,
        patch: &Value,
    ) -> Result<KafkaOperation, Problem> {
        let client = self.kubernetes.get().ok_or_else(away)?.clone();
        let api: Api<KafkaOperation> = Api::namespaced(client, cluster.namespace.as_str());
        let parameters = PatchParams { field_manager: Some(MANAGER_PORTAL.to_owned()), ..PatchParams::default() };
        api.patch(name.as_str(), &parameters, &Patch::Merge(patch)).await.map_err(|error| match &error {
            kube::Error::Api(status) if status.code == 404 => {
                Problem::new(ProblemKind::NotFound, format!("There is no operation {name} of {cluster} any more."))
            }
            kube::Error::Api(status) if matches!(status.code, 400 | 403 | 422) => {
                tracing::warn!(operation = %name, error = error_chain(&error), "Kubernetes refused to steer an operation");
                Problem::new(ProblemKind::Conflict, format!("Kubernetes refuses it: {}", status.message))
            }
            _ => {
                tracing::warn!(operation = %name, error = error_chain(&error), "an operation could not be steered");
                away()
            }
        })
    }
}

fn away() -> Problem {
    Problem::new(ProblemKind::Unavailable, "Kubernetes does not answer just now. Try again in a moment.")
}
