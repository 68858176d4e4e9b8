//! An estate that a portal shows: declared in a sandbox, and growing.

use super::Estate;
use crate::{TestSandbox, eventually};
use anyhow::ensure;
use kube::{
    Api, Client,
    api::DynamicObject,
    core::{ApiResource, GroupVersionKind},
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

impl Estate {
    /// Namespace of the `KafkaCluster` that [`Self::declare_in`] makes.
    pub const NAMESPACE: &'static str = "kafka";
    /// Its name.
    pub const NAME: &'static str = "estate";

    /// Lets records come in, second by second, until the task is aborted.
    pub fn live(self: Arc<Self>) -> JoinHandle<()> {
        tokio::spawn(async move {
            let mut seconds = tokio::time::interval(Duration::from_secs(1));
            loop {
                seconds.tick().await;
                self.grow_older(1);
            }
        })
    }

    /// Declares the estate as an external cluster in a sandbox with Klamm, and waits until it is Ready.
    pub async fn declare_in(&self, sandbox: &TestSandbox) -> anyhow::Result<()> {
        let client = sandbox.client().await?;
        sandbox.make_namespace(&client, Self::NAMESPACE).await?;
        let manifest = format!(
            "apiVersion: klamm.dev/v1alpha1\nkind: KafkaCluster\nmetadata:\n  name: {}\nspec:\n  default: true\n  \
             environment: dev\n  external:\n    bootstrapServers: {}\n    authentication: none\n",
            Self::NAME,
            self.bootstrap_servers()
        );
        sandbox.apply(&client, Self::NAMESPACE, &manifest).await?;
        wait_until_ready(&client).await
    }
}

async fn wait_until_ready(client: &Client) -> anyhow::Result<()> {
    let kind = ApiResource::from_gvk(&GroupVersionKind::gvk("klamm.dev", "v1alpha1", "KafkaCluster"));
    let clusters: Api<DynamicObject> = Api::namespaced_with(client.clone(), Estate::NAMESPACE, &kind);
    eventually("the estate to be Ready", Duration::from_mins(2), || async {
        let cluster = clusters.get(Estate::NAME).await?;
        let conditions = cluster.data["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let ready = conditions.iter().any(|c| c["type"] == "Ready" && c["status"] == "True");
        ensure!(ready, "{conditions:?}");
        Ok(())
    })
    .await
}
