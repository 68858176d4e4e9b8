//! An estate that a portal shows: declared in a sandbox, and growing.

use super::Estate;
use crate::{TestSandbox, eventually};
use anyhow::{Context, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client,
    api::{DynamicObject, Patch, PatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;
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
        self.show_exporters(&client).await?;
        wait_until_ready(&client).await
    }

    /// Pods that stand for the brokers, with the addresses of their exporters. Nobody runs them: they wait for a gate that
    /// nobody opens.
    async fn show_exporters(&self, client: &Client) -> anyhow::Result<()> {
        let pods: Api<Pod> = Api::namespaced(client.clone(), Self::NAMESPACE);
        for (id, address) in (1..).zip(self.exporters()) {
            let name = format!("{}-{id}", Self::NAME);
            let pod = json!({
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {
                    "name": name,
                    "annotations": {
                        "klamm.dev/cluster": Self::NAME,
                        "prometheus.io/scrape": "true",
                        "prometheus.io/port": address.port().to_string(),
                    },
                },
                "spec": {
                    "schedulingGates": [{ "name": "klamm.dev/stand-in" }],
                    "containers": [{ "name": "exporter", "image": "klamm.dev/shell:1" }],
                },
            });
            let apply = PatchParams::apply("klamm-tests").force();
            // A new namespace gets the account that pods need a moment later.
            eventually("the pod of an exporter to be made", Duration::from_mins(1), || async {
                pods.patch(&name, &apply, &Patch::Apply(&pod)).await.context("make the pod of an exporter").map(drop)
            })
            .await?;
            let ip = address.ip().to_string();
            let status = json!({ "status": { "podIP": ip, "podIPs": [{ "ip": ip }] } });
            let status = pods.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status)).await;
            status.context("say where an exporter listens")?;
        }
        Ok(())
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
