//! Operations on a real cluster of three, under load, before the eyes of the watcher.
//!
//! What all of them stand on is in [`stage`]; each ends with [`crate::three::Three::sound`], or says why not.

mod chaos;
mod cordon;
mod factor;
mod faults;
mod full;
mod reconfigure;
mod restart;
mod scale;
mod stage;
mod upgrade;
mod versions;

use crate::three::{CLUSTER, Three};
use anyhow::ensure;
use k8s_openapi::api::core::v1::Pod;
use klamm_resources::{KafkaOperation, KafkaOperationStatus, OperationPhase};
use klamm_testkit::{eventually, wait_for_object};
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams},
};
use serde_json::{Value, json};
use stage::{A_ROLL, NOTICED, reasons};
use std::{collections::BTreeMap, time::Duration};

/// A roll of three nodes, each of which comes back, is in sync, leads again and soaks.
pub(super) const A_ROLL: Duration = Duration::from_mins(10);
/// Until the operator has noticed something and said so.
pub(super) const NOTICED: Duration = Duration::from_mins(2);

impl Three {
    pub(super) fn operations(&self) -> Api<KafkaOperation> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Makes an operation; `spec` lacks the cluster.
    pub(super) async fn operate(&self, name: &str, mut spec: Value) {
        spec["cluster"] = json!({ "name": CLUSTER });
        let operation = json!({ "apiVersion": "klamm.dev/v1alpha1", "kind": "KafkaOperation",
            "metadata": { "name": name }, "spec": spec });
        self.sandbox.apply(&self.client, &self.namespace, &operation.to_string()).await.unwrap();
    }

    /// Changes the spec of an operation.
    pub(super) async fn change(&self, name: &str, spec: Value) {
        let patch = Patch::Merge(json!({ "spec": spec }));
        self.operations().patch(name, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Changes the spec of the cluster.
    pub(super) async fn declare(&self, spec: Value) {
        let clusters: Api<klamm_resources::KafkaCluster> = Api::namespaced(self.client.clone(), &self.namespace);
        let patch = Patch::Merge(json!({ "spec": spec }));
        clusters.patch(CLUSTER, &PatchParams::default(), &patch).await.unwrap();
    }

    /// Waits until an operation is in that phase.
    pub(super) async fn phase(&self, name: &str, phase: OperationPhase, within: Duration) -> KafkaOperationStatus {
        let is_there = |operation: &KafkaOperation| operation.status.as_ref().is_some_and(|s| s.phase == Some(phase));
        let reached = wait_for_object(&self.operations(), name, within, is_there).await;
        reached.unwrap().status.unwrap()
    }

    /// Waits until the operator has made an operation of that kind, and answers its name.
    pub(super) async fn made(&self, kind: &str) -> String {
        eventually(&format!("an operation of kind {kind}"), NOTICED, || async {
            let all = self.operations().list(&ListParams::default()).await?;
            let found = all.into_iter().find(|operation| operation.spec.kind.name() == kind);
            found.map(|operation| operation.name_any()).ok_or_else(|| anyhow::anyhow!("none of kind {kind}"))
        })
        .await
        .unwrap()
    }

    /// The uids of the pods, by name.
    pub(super) async fn uids(&self) -> BTreeMap<String, String> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_cluster = ListParams::default().labels(&format!("klamm.dev/cluster={CLUSTER}"));
        let pods = pods.list(&of_cluster).await.unwrap();
        pods.into_iter().map(|pod| (pod.name_any(), pod.uid().unwrap())).collect()
    }

    /// Waits until so many pods differ from those.
    pub(super) async fn replaced(&self, before: &BTreeMap<String, String>, at_least: usize, within: Duration) {
        eventually("pods to be replaced", within, || async {
            let now = self.uids().await;
            let replaced = now.iter().filter(|(name, uid)| before.get(*name).is_some_and(|old| old != *uid)).count();
            ensure!(replaced >= at_least, "{replaced} of {at_least}");
            Ok(())
        })
        .await
        .unwrap();
    }
}

/// Reasons an operation waits for.
pub(super) fn reasons(status: &KafkaOperationStatus) -> Vec<&str> {
    status.waiting_on.iter().map(|waiting| waiting.reason.as_str()).collect()
}
