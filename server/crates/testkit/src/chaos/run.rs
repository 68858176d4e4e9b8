//! Breaks what a schedule says, in a real sandbox.

use super::schedule::{Mischief, Turn};
use crate::{TestSandbox, eventually, watcher::Watcher};
use anyhow::Context;
use k8s_openapi::api::core::v1::Pod;
use klamm_resources::names::label;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams},
};
use std::time::{Duration, Instant};

/// How long what was taken may take to come back.
const BACK_WITHIN: Duration = Duration::from_mins(8);
/// Kubernetes may have been away the moment before.
const KUBERNETES_WITHIN: Duration = Duration::from_mins(3);

/// Who breaks things.
pub struct Chaos<'a> {
    /// Where.
    pub sandbox: &'a TestSandbox,
    /// Who has to be told before.
    pub watcher: &'a Watcher,
    /// Kubernetes.
    pub client: Client,
    /// The namespace of the cluster.
    pub namespace: String,
    /// Its name.
    pub cluster: String,
}

/// A fault that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When, since the beginning of the chaos.
    pub at: Duration,
    /// What.
    pub what: Mischief,
    /// How long it took until everything it had taken ran again.
    pub back_after: Duration,
}

impl Chaos<'_> {
    /// Breaks one thing after the other.
    pub async fn run(&self, turns: &[Turn]) -> anyhow::Result<Vec<Happened>> {
        let began = Instant::now();
        let mut happened = Vec::new();
        for Turn { quiet, what } in turns {
            // The schedule says how long; there is no state to wait for.
            tokio::time::sleep(*quiet).await;
            let at = began.elapsed();
            self.one(what).await.with_context(|| what.to_string())?;
            happened.push(Happened { at, what: what.clone(), back_after: began.elapsed().saturating_sub(at) });
        }
        Ok(happened)
    }

    /// Announces and makes one fault, and returns when all that it took runs again.
    pub async fn one(&self, what: &Mischief) -> anyhow::Result<()> {
        let taken = match what {
            Mischief::HostStopped { host, .. } => self.nodes_on(host).await?,
            Mischief::NodeKilled { node } | Mischief::PodDeleted { node } => vec![*node],
            Mischief::Killed(_) | Mischief::Frozen { .. } => Vec::new(),
        };
        self.watcher.fault(&what.to_string(), taken.iter().copied());
        match what {
            Mischief::HostStopped { host, lasts } => {
                self.sandbox.stop_node(host).await?;
                tokio::time::sleep(*lasts).await;
                self.sandbox.start_node(host).await?;
            }
            Mischief::NodeKilled { node } => self.delete_pod(*node, &DeleteParams::default().grace_period(0)).await?,
            Mischief::PodDeleted { node } => self.delete_pod(*node, &DeleteParams::default()).await?,
            Mischief::Killed(service) => self.sandbox.kill_service(*service).await?,
            Mischief::Frozen { service, lasts } => {
                self.sandbox.freeze_service(*service).await?;
                tokio::time::sleep(*lasts).await;
                self.sandbox.thaw_service(*service).await?;
            }
        }
        self.watcher.until_back(&taken, BACK_WITHIN).await?;
        self.watcher.fault_over();
        Ok(())
    }

    async fn pods(&self) -> anyhow::Result<Vec<Pod>> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_cluster = ListParams::default().labels(&format!("{}={}", label::CLUSTER, self.cluster));
        eventually("Kubernetes to list pods", KUBERNETES_WITHIN, || async {
            Ok(pods.list(&of_cluster).await.context("list pods")?.items)
        })
        .await
    }

    async fn nodes_on(&self, host: &str) -> anyhow::Result<Vec<i32>> {
        let pods = self.pods().await?;
        let there =
            pods.iter().filter(|pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.as_deref() == Some(host)));
        Ok(there.filter_map(node_of).collect())
    }

    /// Deletes the pod of a node as it is now, and waits until that one is gone. A node without a pod has nothing to lose, and who
    /// deletes it a moment earlier has done it.
    async fn delete_pod(&self, node: i32, how: &DeleteParams) -> anyhow::Result<()> {
        let Some(pod) = self.pods().await?.into_iter().find(|pod| node_of(pod) == Some(node)) else { return Ok(()) };
        let (name, uid) = (pod.metadata.name.unwrap_or_default(), pod.metadata.uid);
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let this_one = kube::api::Preconditions { uid: uid.clone(), resource_version: None };
        match pods.delete(&name, &how.clone().preconditions(this_one)).await {
            Ok(_) => {}
            Err(kube::Error::Api(refused)) if refused.code == 404 || refused.code == 409 => {}
            Err(error) => return Err(error).with_context(|| format!("delete {name}")),
        }
        eventually("the pod to be gone", BACK_WITHIN, || async {
            let now = pods.get_opt(&name).await?.and_then(|pod| pod.metadata.uid);
            anyhow::ensure!(now != uid, "{name} is still there");
            Ok(())
        })
        .await
    }
}

fn node_of(pod: &Pod) -> Option<i32> {
    pod.metadata.labels.as_ref()?.get(label::NODE_ID)?.parse().ok()
}
