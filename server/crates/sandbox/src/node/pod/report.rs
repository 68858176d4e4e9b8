//! Telling the API server: one writer per pod, always the latest status, again and again until it is taken.

use std::time::Duration;

use k8s_openapi::api::core::v1::{Pod, PodStatus};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use kube::{Api, Client, ResourceExt as _};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::task::AbortOnDropHandle;

/// What there is to say about a pod.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Report {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Its status. The number rises when the same is to be said again.
    Status(Box<PodStatus>, u64),
    /// Its last status; the object may go.
    Ended(Option<Box<PodStatus>>),
}

const PATIENCE: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_secs(1);

/// Reports whatever is put in, for as long as the handle lives.
pub(super) fn reporter(client: &Client, pod: &Pod, reports: watch::Receiver<Report>) -> AbortOnDropHandle<()> {
    let pods: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace().unwrap_or_default());
    let writer = Writer { pods, name: pod.name_any(), uid: pod.uid().unwrap_or_default() };
    AbortOnDropHandle::new(tokio::spawn(writer.write(reports)))
}

struct Writer {
    pods: Api<Pod>,
    name: String,
    uid: String,
}

impl Writer {
    async fn write(self, mut reports: watch::Receiver<Report>) {
        loop {
            let report = reports.borrow_and_update().clone();
            match timeout(PATIENCE, self.send(&report)).await {
                Ok(Ok(())) => {
                    if reports.changed().await.is_err() {
                        return;
                    }
                    continue;
                }
                Ok(Err(error)) => tracing::debug!(%error, pod = self.name, "a pod's status is not taken yet"),
                Err(_) => tracing::debug!(pod = self.name, "the API server takes its time"),
            }
            sleep(AGAIN).await;
        }
    }

    async fn send(&self, report: &Report) -> Result<(), kube::Error> {
        match report {
            Report::Nothing => Ok(()),
            Report::Status(status, _) => self.patch(status).await,
            Report::Ended(status) => {
                if let Some(status) = status {
                    self.patch(status).await?;
                }
                let preconditions = Preconditions { uid: Some(self.uid.clone()), resource_version: None };
                let now = DeleteParams {
                    grace_period_seconds: Some(0),
                    preconditions: Some(preconditions),
                    ..DeleteParams::default()
                };
                self.pods.delete(&self.name, &now).await.map(drop).or_else(gone)
            }
        }
    }

    async fn patch(&self, status: &PodStatus) -> Result<(), kube::Error> {
        // The uid makes the API server refuse it if the name belongs to another pod by now. A strategic patch leaves
        // alone what others say in conditions of their own.
        let patch = json!({"metadata": {"uid": self.uid}, "status": forgetting(status)});
        self.pods
            .patch_status(&self.name, &PatchParams::default(), &Patch::Strategic(patch))
            .await
            .map(drop)
            .or_else(gone)
    }
}

/// A condition that has no reason and message any more must say so: a patch leaves alone what it does not mention.
fn forgetting(status: &PodStatus) -> serde_json::Value {
    let mut status = json!(status);
    for condition in status.get_mut("conditions").and_then(serde_json::Value::as_array_mut).into_iter().flatten() {
        if let Some(condition) = condition.as_object_mut() {
            for field in ["reason", "message"] {
                condition.entry(field).or_insert(serde_json::Value::Null);
            }
        }
    }
    status
}

/// Nobody is left to be told: no such pod, or another one of that name.
fn gone(error: kube::Error) -> Result<(), kube::Error> {
    match &error {
        kube::Error::Api(status) if matches!(status.code, 404 | 409) => Ok(()),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::PodCondition;

    use super::*;

    #[test]
    fn what_a_condition_no_longer_says_is_taken_back() {
        let condition = |reason: Option<&str>| PodCondition {
            type_: "Ready".to_owned(),
            status: "True".to_owned(),
            reason: reason.map(str::to_owned),
            ..PodCondition::default()
        };
        let status =
            PodStatus { conditions: Some(vec![condition(None), condition(Some("Because"))]), ..PodStatus::default() };
        let patch = forgetting(&status);
        assert_eq!(patch["conditions"][0].get("reason"), Some(&serde_json::Value::Null));
        assert_eq!(patch["conditions"][0].get("message"), Some(&serde_json::Value::Null));
        assert_eq!(patch["conditions"][1]["reason"], "Because");
    }
}
